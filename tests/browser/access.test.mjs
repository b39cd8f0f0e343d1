// Whether everyone can use the pages: axe on every kind of page in every dress, the tools for readers, and what they come for.
// In: target/release/portico and a copy of the sample group. Out: violations of WCAG 2.2 AA, and journeys that do not arrive.

import assert from 'node:assert/strict';
import { execFileSync } from 'node:child_process';
import { readFileSync } from 'node:fs';
import { createRequire } from 'node:module';
import { after, before, describe, test } from 'node:test';
import { follow, startBrowser, PHONE, WIDE } from './support/browser.mjs';
import { expectNone } from './support/build.mjs';
import { Preview } from './support/preview.mjs';

const AXE = readFileSync(createRequire(import.meta.url).resolve('axe-core/axe.min.js'), 'utf8');
const RULES = ['wcag2a', 'wcag2aa', 'wcag21a', 'wcag21aa', 'wcag22aa', 'best-practice'];

/** One page for every template, and for every look a list can have. */
const KINDS = [
  ['www', '/services/person/by-office/云岫市教育局.html'],
  ['daj', '/no-such-page.html'],
  ['www', '/'],
  ['jyj', '/'],
  ['www', '/xz/qingshi/'],
  ['baihe', '/'],
  ['www', '/news/'],
  ['www', '/news/headlines/'],
  ['www', '/open/'],
  ['www', '/open/policy/'],
  ['www', '/open/explainers/'],
  ['www', '/open/leaders/'],
  ['www', '/services/person/'],
  ['www', '/services/forms/'],
  ['www', '/services/query/'],
  ['www', '/interact/mayor/'],
  ['www', '/market/trade/'],
  ['www', '/market/vendors/'],
  ['www', '/topics/'],
  ['www', '/city/album/'],
  ['www', '/news/headlines/n20261120.html'],
  ['www', '/open/policy/2026-21.html'],
  ['www', '/services/person/public-housing.html'],
  ['www', '/city/album/four-seasons.html'],
  ['www', '/topics/old-communities.html'],
  ['www', '/market/trade/yx-jj-2026-027.html'],
  ['www', '/interact/mayor/sz-0412.html'],
  ['sthjj', '/data/air/2026.html'],
  ['www', '/data/monthly/power.html'],
  ['daj', '/catalogue/1950-1995.html'],
  ['www', '/map.html'],
  ['www', '/no-such-page.html'],
];

let preview;
let browser;
before(async () => {
  [preview, browser] = await Promise.all([Preview.start(), startBrowser()]);
});
after(async () => {
  await browser?.close();
  await preview?.stop();
});

/** Runs `walk` in a fresh window; whatever a page must not do by its Content-Security-Policy fails it. */
async function visit(options, walk) {
  const context = await browser.newContext({ locale: 'zh-CN', acceptDownloads: true, ...options });
  const trouble = [];
  context.on('weberror', (mistake) => trouble.push(String(mistake.error())));
  context.on('console', (message) => message.type() === 'error' && !/status of 404/.test(message.text()) && trouble.push(message.text()));
  try {
    await walk(await context.newPage());
  } finally {
    await context.close();
  }
  expectNone(trouble, 'troubles');
}

const choose = (chosen) => (page) => page.addInitScript((text) => localStorage.setItem('reader', text), JSON.stringify(chosen));

/** What axe finds on a page, each as one line. */
async function violations(page) {
  await page.evaluate(AXE);
  const { violations: found } = await page.evaluate((values) => globalThis.axe.run(document, { runOnly: { type: 'tag', values } }), RULES);
  return found.flatMap(({ id, help, nodes }) => nodes.map((node) => `${id} (${help}): ${node.target.join(' ')} ${node.html.slice(0, 120)}`));
}

describe('axe finds nothing on any template', () => {
  const dresses = [
    ['light', WIDE, {}],
    ['dark', { ...WIDE, colorScheme: 'dark' }, {}],
    ['phone', PHONE, {}],
    ['high contrast', WIDE, { contrast: 'on' }],
    ['plain and very large', PHONE, { plain: 'on', size: 'huge' }],
  ];
  for (const [name, options, chosen] of dresses) {
    test(name, () =>
      visit({ ...options, bypassCSP: true }, async (page) => {
        await choose(chosen)(page);
        const found = [];
        for (const [host, path] of KINDS) {
          await page.goto(preview.address(host, path));
          for (const panel of await page.locator('.ease details, .share').all()) await panel.evaluate((e) => (e.open = true));
          found.push(...(await violations(page)).map((wrong) => `${host}${path}: ${wrong}`));
        }
        expectNone(found, 'violations');
      }));
  }

  test('and is not blind', () =>
    visit({ ...WIDE, bypassCSP: true }, async (page) => {
      await page.goto(preview.address('www'));
      await page.evaluate(() => document.body.insertAdjacentHTML('beforeend', '<img src="x.png"><button></button>'));
      const found = await violations(page);
      assert.ok(found.some((f) => f.startsWith('image-alt')) && found.some((f) => f.startsWith('button-name')), found.join('\n'));
    }));
});

test('every template satisfies a policy without unsafe-inline, and its scripts and sheets are taken', () =>
  visit(WIDE, async (page) => {
    for (const [host, path] of KINDS) {
      const answer = await page.goto(preview.address(host, path));
      const policy = answer.headers()['content-security-policy'] ?? '';
      assert.match(policy, /script-src 'self'(;|$)/, `${host}${path}`);
      assert.match(policy, /style-src 'self'(;|$)/, `${host}${path}`);
      assert.doesNotMatch(policy, /unsafe/);
      assert.equal(await page.evaluate(() => [...document.styleSheets].filter((sheet) => sheet.cssRules.length === 0).length), 0, `${path}: a style sheet is not taken`);
      assert.notEqual(await page.evaluate(() => document.documentElement.dataset.js), undefined, `${path}: no script ran`);
    }
  }));

describe('a reader', () => {
  const fontSize = (page) => page.evaluate(() => parseFloat(getComputedStyle(document.documentElement).fontSize));
  const ease = async (page, name) => {
    await page.locator('.ease summary').click();
    await page.locator('.ease-panel').getByRole('button', { name, exact: true }).click();
  };

  test('chooses a larger text, which the next page still has, and goes back', () =>
    visit(WIDE, async (page) => {
      await page.goto(preview.address('www'));
      const usual = await fontSize(page);
      await ease(page, '特大');
      assert.equal(await fontSize(page), usual * 1.56);
      await page.goto(preview.address('www', '/news/headlines/n20261120.html'));
      assert.equal(await fontSize(page), usual * 1.56, 'forgotten on the next page');
      assert.equal(await page.locator('.tools button[data-size=huge]').getAttribute('aria-pressed'), 'true');
      await page.locator('.tools').getByRole('button', { name: '标准' }).click();
      assert.equal(await fontSize(page), usual);
    }));

  test('chooses high contrast and the plain view, and nothing of it is sent', () =>
    visit(WIDE, async (page) => {
      await page.goto(preview.address('www'));
      await ease(page, '高对比');
      assert.equal(await page.evaluate(() => getComputedStyle(document.body).backgroundColor), 'rgb(0, 0, 0)');
      await page.locator('.ease-panel').getByRole('button', { name: '简洁版' }).click();
      assert.equal(await page.locator('.slides').first().isVisible(), false);
      assert.ok(await page.locator('main a', { hasText: '市政府常务会议' }).first().isVisible(), 'the news are gone');
      await page.goto(preview.address('www', '/news/'));
      assert.equal(await page.evaluate(() => getComputedStyle(document.body).backgroundColor), 'rgb(0, 0, 0)');
      assert.deepEqual(await page.context().cookies(), []);
    }));

  test('reads the interface in English and in Chinese again', () =>
    visit(WIDE, async (page) => {
      await page.goto(preview.address('www', '/news/headlines/n20261120.html'));
      const title = await page.locator('h1').innerText();
      await page.getByRole('button', { name: 'English' }).click();
      await page.getByText('Published: 2026-11-20').waitFor();
      assert.equal(await page.locator('h1').innerText(), title, 'the content is not the interface');
      assert.equal(await page.locator('.side').getAttribute('aria-label'), 'In this section');
      await page.goto(preview.address('www', '/open/policy/2026-21.html'));
      await page.getByText('Document number').waitFor();
      await page.getByRole('button', { name: '中文' }).click();
      await page.getByText('发文字号').waitFor();
    }));

  test('finds a form in three clicks and downloads it', () =>
    visit(WIDE, async (page) => {
      await page.goto(preview.address('www'));
      await follow(page.locator('.entries a', { hasText: '表格下载' }));
      await follow(page.locator('.rows a, .grid th a').first());
      const [download] = await Promise.all([page.waitForEvent('download'), page.locator('.grid a[download]').first().click()]);
      assert.match(download.suggestedFilename(), /\.(docx?|xlsx?|pdf|wps|odt)$/);
      const { createHash } = await import('node:crypto');
      const digest = createHash('sha256').update(readFileSync(await download.path())).digest('hex');
      await page.locator('.seals summary').click();
      assert.equal(await page.locator('.seals code').first().innerText(), digest, 'the SHA-256 shown is not the file’s');
    }));

  test('goes from a policy to its explainer and back, and from a repealed one to what repeals it', () =>
    visit(WIDE, async (page) => {
      await page.goto(preview.address('www', '/open/policy/2026-21.html'));
      const title = await page.locator('h1').innerText();
      await follow(page.locator('.part', { hasText: '政策解读' }).locator('a').first());
      await follow(page.locator('.part', { hasText: '解读的政策文件' }).locator('a').first());
      assert.equal(await page.locator('h1').innerText(), title);
      await page.goto(preview.address('www', '/open/policy/'));
      await follow(page.locator('.rows li', { has: page.locator('.tag', { hasText: '已废止' }) }).locator('a').first());
      const old = await page.locator('h1').innerText();
      await follow(page.locator('.notice a').first());
      assert.ok(await page.locator('.part', { hasText: '废止的文件' }).locator('a', { hasText: old }).isVisible(), 'no way back to the repealed one');
    }));

  test('narrows columns down by year, issuer, life event, office and object without any script', () =>
    visit({ ...WIDE, javaScriptEnabled: false }, async (page) => {
      for (const [path, facet, value, wanted] of [
        ['/open/policy/', '年份', '2026', /〔2026〕/],
        ['/open/department-policy/', '发文机关', '云岫市教育局', /教育局/],
        ['/services/offices/', '生活事件', '入学', /学/],
        ['/services/offices/', '办理机构', '云岫市公安局', /./],
        ['/services/offices/', '服务对象', '法人', /./],
        ['/services/forms/', '提供部门', '云岫市住房和城乡建设局', /./],
      ]) {
        await page.goto(preview.address('www', path));
        const facets = page.locator(`.facets nav[aria-label="${facet}"]`);
        if (await facets.locator('summary').count()) await facets.locator('summary').click();
        await follow(facets.getByRole('link', { name: value, exact: true }));
        assert.equal(await page.locator('h1 small').first().innerText(), value, path);
        const found = await page.locator('main .list li').allInnerTexts();
        assert.ok(found.length > 0, `${path}: nothing by ${facet} ${value}`);
        for (const line of found) assert.match(line, wanted, `${path} by ${facet} ${value}`);
        assert.equal(await page.locator('.facets [aria-current=page]').innerText(), value);
      }
    }));

  test('finds policies by words, their year among them, and the whole archive catalogue by a word', () =>
    visit(WIDE, async (page) => {
      await page.goto(preview.address('www', '/open/policy/'));
      const all = await page.locator('main .rows li').count();
      await page.locator('.filter input').fill('2026 改造');
      await page.locator('.found li').first().waitFor();
      const found = await page.locator('.found li').count();
      assert.ok(found > 0 && found < all, `${found} of ${all}`);
      assert.equal(await page.locator('main .rows').isVisible(), false);
      await page.goto(preview.address('daj', '/catalogue/1950-1995.html'));
      await page.locator('.filter input').fill('教育 招生');
      await page.locator('.filter output', { hasText: /共 \d+ 条/ }).waitFor();
      for (const row of await page.locator('table.data tbody tr').allInnerTexts()) assert.match(row, /教育/);
      await page.locator('.filter input').fill('');
      assert.equal(await page.locator('table.data tbody tr').count(), 100);
      assert.ok(await page.locator('main .pager').isVisible());
    }));

  test('sees in the chart that days are missing', () =>
    visit(WIDE, async (page) => {
      await page.goto(preview.address('sthjj', '/data/air/2026.html'));
      const path = await page.locator('.chart .series-1').getAttribute('d');
      assert.equal(path.match(/M/g).length, 3, 'the line is drawn across missing days');
      assert.match(await page.locator('.chart').innerText(), /2026-08-27，2026-10-13，2026-10-14/);
    }));

  // No test machine has a voice, so one is put in the browser's place, which notes what it is given and speaks as long as the test wants.
  const voice = (page) =>
    page.addInitScript(() => {
      const said = [];
      let speaking;
      globalThis.SpeechSynthesisUtterance = class { constructor(text) { this.text = text; } };
      Object.defineProperty(globalThis, 'speechSynthesis', {
        value: { speak: (speech) => (said.push([speech.text, speech.lang]), (speaking = speech)), cancel: () => (speaking?.onerror?.({ error: 'canceled' }), (speaking = undefined)) },
      });
      globalThis.voice = { said, go: () => speaking?.onend() };
    });

  test('hears the text read aloud in its order, pauses, goes on where the pause began, and stops', () =>
    visit(WIDE, async (page) => {
      await voice(page);
      await page.goto(preview.address('www', '/open/policy/2026-21.html'));
      const read = page.locator('.tools [data-do=read]');
      const said = () => page.evaluate(() => globalThis.voice.said.map(([text]) => text));
      const go = () => page.evaluate(() => globalThis.voice.go());
      await read.click();
      for (let i = 0; i < 400 && (await read.innerText()) === '暂停朗读'; i++) await go();
      assert.equal(await read.innerText(), '朗读', 'does not come to its end');
      const all = await said();
      const whole = all.join('').replace(/\s/g, '');
      const paragraphs = (await page.locator('h1, .prose p').allInnerTexts()).map((text) => text.replace(/\s/g, ''));
      let at = -1;
      for (const paragraph of paragraphs) {
        const found = whole.indexOf(paragraph, at + 1);
        assert.ok(found > at, `not read, or not in its place: ${paragraph.slice(0, 40)}`);
        at = found;
      }
      for (const silent of ['首页', '复制链接', '打印', '政府信息公开指南']) assert.ok(!all.includes(silent), `“${silent}” is no part of the text`);
      assert.ok(all.every((text) => text.length <= 161), 'pieces longer than some browsers can read');
      assert.deepEqual([...new Set(await page.evaluate(() => globalThis.voice.said.map(([, lang]) => lang)))], ['zh-CN']);

      await read.click();
      await go();
      await read.click();
      assert.equal(await read.innerText(), '继续朗读');
      const paused = (await said()).length;
      await go();
      assert.equal((await said()).length, paused, 'speaks on in a pause');
      await read.click();
      assert.equal((await said()).at(-1), all[1], 'does not go on where the pause began');
      await page.locator('.tools [data-do=stop]').click();
      assert.deepEqual([await read.innerText(), await page.locator('.tools [data-do=stop]').isVisible()], ['朗读', false]);
      await read.click();
      assert.equal((await said()).at(-1), all[0], 'does not begin anew after a stop');
    }));

  test('sees no button for reading aloud where the browser has no voice', () =>
    visit(WIDE, async (page) => {
      await page.addInitScript(() => Object.defineProperty(globalThis, 'speechSynthesis', { value: undefined }));
      await page.goto(preview.address('www', '/open/policy/2026-21.html'));
      assert.equal(await page.locator('[data-do=read], [data-do=stop]').count(), 0);
      assert.ok(await page.locator('.tools [data-do=print]').isVisible(), 'the other tools are gone too');
    }));

  test('keeps the plain view on the next page and after closing it', () =>
    visit(PHONE, async (page) => {
      await page.goto(preview.address('www'));
      await ease(page, '简洁版');
      const other = await page.context().newPage();
      for (const path of ['/news/', '/open/policy/2026-21.html']) {
        await other.goto(preview.address('www', path));
        assert.equal(await other.evaluate(() => document.documentElement.dataset.plain), 'on', path);
        assert.equal(await other.locator('.side').isVisible(), false, `${path} is not plain`);
      }
    }));

  test('goes through the menu of a phone by touch to a form', () =>
    visit(PHONE, async (page) => {
      await page.goto(preview.address('www'));
      await page.locator('.menu summary', { hasText: '办事服务' }).tap();
      await page.locator('.menu .panel').getByRole('link', { name: '表格下载', exact: true }).tap();
      await page.waitForURL(preview.address('www', '/services/forms/'));
      assert.equal(await page.evaluate(() => document.documentElement.scrollWidth <= innerWidth), true, 'the page is wider than the phone');
    }));

  test('prints the text with its address and without the menus', () =>
    visit(WIDE, async (page) => {
      await page.goto(preview.address('www', '/open/policy/2026-21.html'));
      const menu = await page.locator('.menu a').allInnerTexts();
      const title = await page.locator('h1').innerText();
      await page.emulateMedia({ media: 'print' });
      for (const gone of ['.menu', '.side', '.tools', '.crumbs', '.bar']) assert.equal(await page.locator(gone).first().isVisible(), false, gone);
      assert.match(await page.locator('.address').innerText(), /open\/policy\/2026-21\.html/);
      const printed = execFileSync('pdftotext', ['-raw', '-', '-'], { input: await page.pdf({ format: 'A4' }) }).toString().replace(/\s/g, '');
      assert.ok(printed.includes(title.replace(/\s/g, '')), 'the title is not printed');
      assert.ok(printed.includes(preview.address('www', '/open/policy/2026-21.html')), 'the address is not printed');
      for (const entry of menu.filter((text) => text.length > 3)) assert.ok(!printed.includes(entry), `the menu is printed: ${entry}`);
    }));
});
