// Whether everyone can use the pages: axe on every kind of page in every dress, the tools for readers, and what they come for.
// In: target/release/portico and a copy of the sample group. Out: violations of WCAG 2.2 AA, and journeys that do not arrive.

import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import { createRequire } from 'node:module';
import { after, before, describe, test } from 'node:test';
import { startBrowser, PHONE, WIDE } from './support/browser.mjs';
import { expectNone } from './support/build.mjs';
import { Preview } from './support/preview.mjs';

const AXE = readFileSync(createRequire(import.meta.url).resolve('axe-core/axe.min.js'), 'utf8');
const RULES = ['wcag2a', 'wcag2aa', 'wcag21a', 'wcag21aa', 'wcag22aa', 'best-practice'];

/** One page for every template, and for every look a list can have. */
const KINDS = [
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
      await page.locator('.entries a', { hasText: '表格下载' }).click();
      await page.locator('.rows a, .grid th a').first().click();
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
      await page.locator('.part', { hasText: '政策解读' }).locator('a').first().click();
      await page.locator('.part', { hasText: '解读的政策文件' }).locator('a').first().click();
      assert.equal(await page.locator('h1').innerText(), title);
      await page.goto(preview.address('www', '/open/policy/'));
      await page.locator('.rows li', { has: page.locator('.tag', { hasText: '已废止' }) }).locator('a').first().click();
      const old = await page.locator('h1').innerText();
      await page.locator('.notice a').first().click();
      assert.ok(await page.locator('.part', { hasText: '废止的文件' }).locator('a', { hasText: old }).isVisible(), 'no way back to the repealed one');
    }));

  test('filters policies by year, and the whole archive catalogue by a word', () =>
    visit(WIDE, async (page) => {
      await page.goto(preview.address('www', '/open/policy/'));
      const all = await page.locator('main .rows li').count();
      await page.locator('.filter select').first().selectOption({ label: '2026' });
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

  test('prints the text with its address and without the menus', () =>
    visit(WIDE, async (page) => {
      await page.goto(preview.address('www', '/open/policy/2026-21.html'));
      await page.emulateMedia({ media: 'print' });
      for (const gone of ['.menu', '.side', '.tools', '.crumbs', '.bar']) assert.equal(await page.locator(gone).first().isVisible(), false, gone);
      assert.match(await page.locator('.address').innerText(), /open\/policy\/2026-21\.html/);
      assert.ok((await page.pdf({ format: 'A4' })).length > 10_000);
    }));
});
