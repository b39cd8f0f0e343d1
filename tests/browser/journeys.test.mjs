// Walks through the preview as a visitor and as an author, in a real browser.
// In: target/release/portico; a copy of the sample group, which the tests edit. Out: what a person would stumble over, and
// screenshots of every kind of page, wide and on a phone, in PORTICO_SHOTS.

import assert from 'node:assert/strict';
import { mkdirSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { after, before, describe, test } from 'node:test';
import { startBrowser, PHONE, WIDE } from './support/browser.mjs';
import { expectNone } from './support/build.mjs';
import { overflowing, overlapping } from './support/layout.mjs';
import { Preview } from './support/preview.mjs';

/** One page of every kind: name, host, path. */
const KINDS = [
  ['portal-home', 'www', '/'],
  ['parent-column', 'www', '/news/'],
  ['policy-column', 'www', '/open/policy/'],
  ['article', 'www', '/news/headlines/n20261120.html'],
  ['policy', 'www', '/open/policy/2026-21.html'],
  ['guide', 'www', '/services/person/public-housing.html'],
  ['album', 'www', '/city/album/four-seasons.html'],
  ['leaders', 'www', '/open/leaders/'],
  ['topic', 'www', '/topics/old-communities.html'],
  ['auction', 'www', '/market/trade/yx-jj-2026-027.html'],
  ['reply', 'www', '/interact/mayor/sz-0412.html'],
  ['map', 'www', '/map.html'],
  ['department-home', 'jyj', '/'],
  ['table', 'daj', '/catalogue/1950-1995.html'],
  ['path-site-home', 'www', '/xz/qingshi/'],
  ['missing', 'www', '/no-such-page.html'],
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

/** Runs `walk` in a fresh window; mistakes of scripts and requests to other machines fail it. */
async function visit(options, walk) {
  const context = await browser.newContext({ locale: 'zh-CN', ...options });
  const trouble = [];
  context.on('request', (request) => {
    const { protocol, hostname } = new URL(request.url());
    if (protocol.startsWith('http') && hostname !== 'localhost' && !hostname.endsWith('.localhost')) trouble.push(`a request to ${request.url()}`);
  });
  context.on('weberror', (mistake) => trouble.push(String(mistake.error())));
  try {
    await walk(await context.newPage());
  } finally {
    await context.close();
  }
  expectNone(trouble, 'troubles');
}

const heading = (page) => page.locator('h1').first().innerText();

/** The element with the focus, as one can see it. */
const focused = (page) =>
  page.evaluate(() => {
    const element = document.activeElement;
    const style = getComputedStyle(element);
    const box = element.getBoundingClientRect();
    return {
      name: element.localName,
      text: element.textContent.trim(),
      id: element.id,
      outlined: style.outlineStyle !== 'none' && parseFloat(style.outlineWidth) > 0,
      visible: element.checkVisibility() && box.width > 1 && box.height > 1 && box.right > 0 && box.bottom > 0,
    };
  });

/** Presses Tab until `there` holds for the element with the focus; every stop on the way must be visible. */
async function tabTo(page, there, most = 60) {
  for (let i = 0; i < most; i++) {
    await page.keyboard.press('Tab');
    const now = await focused(page);
    if (there(now)) {
      assert.ok(now.visible, `${now.name} “${now.text}” has the focus but cannot be seen`);
      assert.ok(now.outlined, `${now.name} “${now.text}” has the focus but does not show it`);
      return now;
    }
    assert.ok(now.name === 'body' || now.visible, `${now.name} “${now.text.slice(0, 30)}” has the focus but cannot be seen`);
  }
  return assert.fail(`not reached with ${most} presses of Tab`);
}

describe('a visitor', () => {
  test('finds the main site at localhost and at its own name', () =>
    visit(WIDE, async (page) => {
      for (const host of ['', 'www']) {
        const answer = await page.goto(preview.address(host));
        assert.equal(answer.status(), 200);
        assert.equal(await page.title(), '云岫市人民政府门户网站');
        assert.ok((await page.locator('main .block').count()) > 5, 'the home page has hardly any blocks');
      }
    }));

  test('goes from the main site to a department on its own host, and back', () =>
    visit(WIDE, async (page) => {
      await page.goto(preview.address(''));
      await page.locator('.bar a', { hasText: '部门网站' }).click();
      await page.waitForURL(preview.address('', '/map.html#department'));
      await page.locator('#department a', { hasText: '市教育局' }).click();
      await page.waitForURL(preview.address('jyj'));
      assert.equal(await heading(page), '云岫市教育局');
      await page.locator('.bar-name').click();
      await page.waitForURL(preview.address('www'));
    }));

  test("reads a site that lives as a path under another site's name, with its own menu", () =>
    visit(WIDE, async (page) => {
      await page.goto(preview.address('www', '/xz/qingshi/'));
      assert.equal(await heading(page), '云岫市青石镇人民政府');
      await page.locator('.menu a', { hasText: '通知公告' }).click();
      await page.waitForURL(preview.address('www', '/xz/qingshi/notices/'));
      assert.equal(await heading(page), '通知公告');
    }));

  test('who comes by an old address of a moved site reaches the new one', () =>
    visit(WIDE, async (page) => {
      await page.goto(preview.address('qingshi', '/notices/'));
      await page.waitForURL(preview.address('www', '/xz/qingshi/notices/'));
      assert.equal(await heading(page), '通知公告');
    }));

  test('reaches text, group bar and menus by keyboard alone', () =>
    visit(WIDE, async (page) => {
      await page.goto(preview.address('www'));
      const first = await tabTo(page, () => true);
      assert.equal(first.text, '跳到正文');
      await page.keyboard.press('Enter');
      assert.equal((await focused(page)).id, 'main', 'the skip link does not move the focus into the text');

      await page.goto(preview.address('www'));
      await tabTo(page, (e) => e.name === 'a' && e.text === '部门网站');
      await page.keyboard.press('Enter');
      await page.waitForURL(preview.address('www', '/map.html#department'));

      await page.goto(preview.address('www'));
      await tabTo(page, (e) => e.name === 'summary' && e.text === '展开子栏目：新闻中心');
      await page.keyboard.press('Space');
      const link = page.locator('.menu .panel a', { hasText: '公告公示' });
      assert.ok(await link.isVisible(), 'Space does not open the sub-columns');
      await tabTo(page, (e) => e.text === '公告公示');
      await page.keyboard.press('Enter');
      await page.waitForURL(preview.address('www', '/news/notices/'));
    }));

  test('shares a page with its whole title and its address', () =>
    visit(WIDE, async (page) => {
      await page.goto(preview.address('xxzx', '/news/n20261118.html'));
      const title = await page.locator('h1').textContent();
      assert.match(title, /“.*”/, 'a title without the characters that are hard to share');
      const address = await page.locator('link[rel=canonical]').getAttribute('href');
      // As the browser would follow them: encoded, whatever the page holds.
      const [weibo, mail] = await page.locator('.share a').evaluateAll((links) => links.map((link) => link.href));
      for (const [link, named] of [[weibo, ['title', 'url']], [mail, ['subject', 'body']]]) {
        assert.match(link, /^[!-~]+$/);
        const asked = new URL(link).searchParams;
        assert.deepEqual(named.map((name) => asked.get(name)), [title, address]);
      }
    }));

  test('opening a menu closes the one that was open, so that none covers another', () =>
    visit(WIDE, async (page) => {
      await page.goto(preview.address('www'));
      const open = page.locator('.menu details[open]');
      await page.locator('.menu summary', { hasText: '新闻中心' }).click();
      assert.equal(await open.count(), 1);
      await page.locator('.menu summary', { hasText: '办事服务' }).click();
      assert.equal(await open.count(), 1);
      assert.match(await open.locator('summary').innerText(), /办事服务/);
    }));

  test('whoever asks for a page that is not there gets its site’s own page and status 404', () =>
    visit(WIDE, async (page) => {
      for (const [host, path, home] of [['www', '/no/such.html', '/'], ['jyj', '/no/such.html', '/'], ['www', '/xz/qingshi/no.html', '/xz/qingshi/']]) {
        const answer = await page.goto(preview.address(host, path));
        assert.equal(answer.status(), 404);
        assert.ok(await page.locator('main.missing').isVisible());
        await page.locator('main a', { hasText: '首页' }).click();
        await page.waitForURL(preview.address(host, home));
      }
    }));

  test('no site has the name that was asked for: status 404', async () => {
    const answer = await preview.raw('/', `nosuch.localhost:${preview.port}`);
    assert.equal(answer.status, 404);
  });
});

describe('the screen', () => {
  for (const [size, options] of [['wide', WIDE], ['phone', PHONE]]) {
    test(`${size}: on every kind of page nothing is cut off and nothing lies on anything else`, () =>
      visit(options, async (page) => {
        mkdirSync(process.env.PORTICO_SHOTS ?? '', { recursive: true });
        const found = [];
        for (const [name, host, path] of KINDS) {
          const answer = await page.goto(preview.address(host, path), { waitUntil: 'load' });
          assert.equal(answer.status(), name === 'missing' ? 404 : 200, `${host}${path}`);
          for (const wrong of [...(await overflowing(page)), ...(await overlapping(page))]) found.push(`${name} (${host}${path}): ${wrong}`);
          // Pictures further down are loaded when they come near; a screenshot should show them.
          await page.evaluate(() => Promise.all([...document.images].map((image) => ((image.loading = 'eager'), image.decode().catch(() => {})))));
          await page.screenshot({ path: join(process.env.PORTICO_SHOTS, `${name}-${size}.png`), fullPage: true });
          const broken = await page.evaluate(() => [...document.images].filter((image) => image.complete && image.naturalWidth === 0).map((image) => image.src));
          for (const src of broken) found.push(`${name}: ${src} is not shown`);
        }
        expectNone(found, 'flaws of layout');
      }));

    test(`${size}: an open menu stays inside the screen`, () =>
      visit(options, async (page) => {
        await page.goto(preview.address('www'));
        for (const menu of ['.menu details']) {
          for (const details of await page.locator(menu).all()) {
            await details.locator('summary').click();
            const box = await details.locator('.panel').boundingBox();
            assert.ok(box.x >= 0 && box.x + box.width <= options.viewport.width, `a panel reaches from ${box.x} to ${box.x + box.width}`);
            expectNone(await overflowing(page), 'flaws of layout');
            await details.locator('summary').click();
          }
        }
      }));
  }

  test('a page that is too wide, and texts that lie on one another, are recognised', () =>
    visit(PHONE, async (page) => {
      await page.setContent('<meta name="viewport" content="width=device-width"><p>甲乙丙丁</p><p style="margin-top:-2.5em">戊己庚辛</p>');
      assert.equal((await overlapping(page)).length, 1);
      assert.deepEqual(await overflowing(page), []);
      await page.setContent('<meta name="viewport" content="width=device-width"><p style="width:900px">甲</p>');
      assert.notDeepEqual(await overflowing(page), []);
    }));

  test('without JavaScript every kind of page reads the same', async () => {
    const texts = [];
    for (const javaScriptEnabled of [true, false]) {
      await visit({ ...WIDE, javaScriptEnabled }, async (page) => {
        const all = [];
        for (const [name, host, path] of KINDS) {
          await page.goto(preview.address(host, path));
          // Tools that need scripts are there only with scripts.
          await page.evaluate(() => document.querySelectorAll('.scripted, .scripted *').forEach((e) => (e.hidden = true)));
          all.push([name, (await page.locator('main').innerText()).replace(/\s+/g, ' ')]);
        }
        // Menus are <details>: they open without a script.
        await page.goto(preview.address('www'));
        await page.locator('.menu summary', { hasText: '新闻中心' }).click();
        assert.ok(await page.locator('.menu .panel a', { hasText: '公告公示' }).isVisible());
        texts.push(all);
      });
    }
    for (const [name, shown] of texts[1]) assert.ok(shown.trim().length > 20, `${name} is nearly empty: “${shown}”`);
    assert.deepEqual(texts[1], texts[0]);
  });
});

describe('a request', () => {
  const SECRET = '此处机密';

  before(() => {
    // Beside the hosts' folders, above them, and in the folder of another host.
    mkdirSync(join(preview.root, '.portico/preview'), { recursive: true });
    for (const file of ['secret.txt', '.portico/secret.txt', '.portico/preview/secret.txt']) writeFileSync(join(preview.root, file), SECRET);
    writeFileSync(join(preview.root, '.portico/preview/jyj/secret.txt'), SECRET);
  });

  test('that tries to leave its site’s folder is refused', async () => {
    const ups = ['..', '%2e%2e', '%2E.', '.%2e', '..%2f..', '..%5c..', '..\\..', '%c0%ae%c0%ae', '%252e%252e', '%00', 'news/..', 'news/%2e%2e/..', './..', '//..'];
    for (const up of ups) {
      for (const depth of [1, 2, 3]) {
        for (const file of ['secret.txt', 'jyj/secret.txt', 'sites/group.yaml', 'etc/passwd']) {
          const path = `/${Array(depth).fill(up).join('/')}/${file}`;
          const answer = await preview.raw(path);
          assert.ok([400, 404].includes(answer.status), `${path} is answered with ${answer.status}`);
          assert.ok(!/此处机密|网站群：|^name:|root:x/m.test(answer.body), `${path} gives away a file`);
        }
      }
    }
  });

  test('whose host name is no site’s is refused', async () => {
    for (const host of ['..', '.', '../..', '..%2f', 'www/..', 'www/../..', '%2e%2e', '.portico', '']) {
      const answer = await preview.raw('/secret.txt', `${host}.localhost:${preview.port}`);
      assert.ok(answer.status >= 400, `host “${host}.localhost” is answered with ${answer.status}`);
      assert.ok(!answer.body.includes(SECRET), `host “${host}.localhost” gives away a file`);
    }
  });

  test('for a folder without its final slash is sent to the folder, never to another host', async () => {
    assert.equal((await preview.raw('/news')).headers.location, '/news/');
    for (const path of ['//news', '///news', '/./news', '//news?x', '/%2fnews']) {
      const { headers } = await preview.raw(path);
      if (headers.location) assert.equal(new URL(headers.location, preview.address('')).host, `localhost:${preview.port}`, `${path} is sent to ${headers.location}`);
    }
  });

  test('that would change something is refused', async () => {
    for (const method of ['POST', 'PUT', 'DELETE']) assert.equal((await preview.raw('/', undefined, method)).status, 405, method);
  });

  test('for the guarded file under its own host is answered: the attacks above aim at something that is there', async () => {
    const answer = await preview.raw('/secret.txt', `jyj.localhost:${preview.port}`);
    assert.equal(answer.status, 200);
    assert.equal(answer.body, SECRET);
  });
});

describe('an author', () => {
  const FILE = 'content/jyj/news/n20261117.md';
  const PATH = '/news/n20261117.html';
  const TITLE = '全市中小学劳动教育现场推进会在岫峰镇召开';

  /** Waits until a page hears of builds: a change before that would pass it by. */
  const listening = (page) => page.waitForResponse((answer) => answer.url().endsWith('/__portico/events'));

  /** Opens a page that hears of builds. */
  async function open(page, host, path) {
    const ready = listening(page);
    await page.goto(preview.address(host, path));
    await ready;
  }

  /** Changes the group, and waits until the page has reloaded itself and hears of builds again. */
  async function change(page, edit) {
    const ready = listening(page);
    edit();
    await ready;
  }

  /** The lines of the error report in the page; none when there is no report. */
  const report = async (page) => {
    const answer = await preview.raw('/__portico/report');
    const { diagnostics } = JSON.parse(answer.body);
    const errors = diagnostics.filter((d) => d.severity === 'error').length;
    // What the page shows is drawn after it has asked for the same list.
    if (errors > 0) await page.locator('#portico-report p').nth(Math.min(errors, 50) - 1).waitFor({ state: 'attached' });
    else await page.locator('#portico-report').waitFor({ state: 'detached' });
    return page.locator('#portico-report p').allInnerTexts();
  };

  test('sees a changed text in the open page by itself', () =>
    visit(WIDE, async (page) => {
      await open(page, 'jyj', PATH);
      const before = preview.read(FILE);
      await change(page, () => preview.write(FILE, `${before}\n\n此段为浏览器测试新增。\n`));
      await page.getByText('此段为浏览器测试新增。').waitFor();
      await change(page, () => preview.write(FILE, before));
      await page.getByText('此段为浏览器测试新增。').waitFor({ state: 'detached' });
    }));

  test('sees a text that changed while the page was still being loaded', () =>
    visit(WIDE, async (page) => {
      const before = preview.read(FILE);
      // The page has come, but does not hear of builds yet.
      let hold;
      await page.route('**/__portico/events', (route) => (hold ? route.continue() : (hold = route)));
      const asked = page.waitForRequest((request) => request.url().endsWith('/__portico/events'));
      await page.goto(preview.address('jyj', PATH));
      await asked;
      const { built } = await preview.listen();
      preview.write(FILE, `${before}\n\n此段写于页面加载之时。\n`);
      await built;
      const repaired = await preview.listen();
      await hold.continue();
      try {
        await page.getByText('此段写于页面加载之时。').waitFor({ timeout: 5000 });
      } finally {
        preview.write(FILE, before);
        await repaired.built;
      }
    }));

  test('sees a new title in the lists of two sites by itself', () =>
    visit(WIDE, async (page) => {
      const before = preview.read(FILE);
      const retitled = before.replace(TITLE, '劳动教育推进会改了标题');
      assert.notEqual(retitled, before, `${FILE} has another title than the test expects`);
      await open(page, 'jyj', '/news/');
      // The main site collects the news of all departments.
      const other = await page.context().newPage();
      await open(other, 'www', '/news/departments/');
      const ready = listening(other);
      await change(page, () => preview.write(FILE, retitled));
      await ready;
      for (const shown of [page, other]) await shown.getByText('劳动教育推进会改了标题').waitFor();
      await change(page, () => preview.write(FILE, before));
      await page.getByText(TITLE).first().waitFor();
    }));

  test('sees a new article appear and go again with its file', () =>
    visit(WIDE, async (page) => {
      const file = 'content/jyj/news/browser-test.md';
      await open(page, 'jyj', '/news/');
      await change(page, () => preview.write(file, '---\ntitle: 浏览器测试稿件\ndate: 2026-11-19 09:00\n---\n\n正文一段。\n'));
      await page.getByText('浏览器测试稿件').click();
      await page.getByText('正文一段。').waitFor();
      await open(page, 'jyj', '/news/browser-test.html');
      await change(page, () => rmSync(join(preview.root, file)));
      await page.locator('main.missing').waitFor();
      await page.goto(preview.address('jyj', '/news/'));
      assert.equal(await page.getByText('浏览器测试稿件').count(), 0);
    }));

  test('sees a mistake in the page, in Chinese and with its file, and the old text stays until it is repaired', () =>
    visit(WIDE, async (page) => {
      const before = preview.read(FILE);
      await open(page, 'jyj', PATH);
      const known = await report(page);
      assert.ok(!known.some((line) => line.includes(FILE)), `${FILE} is not sound to begin with`);
      const text = await page.locator('main').innerText();

      await change(page, () => preview.write(FILE, before.replace(/^title:.*\n/m, '')));
      const shown = (await report(page)).filter((line) => !known.includes(line));
      assert.equal(shown.length, 1, `one new line was expected: ${shown.join('; ')}`);
      assert.match(shown[0], new RegExp(`${FILE}:\\d+:\\d+`));
      assert.match(shown[0], /title/);
      assert.match(shown[0], /[\u4e00-\u9fff]{3}/, 'the message is not in Chinese');
      assert.ok(await page.locator('#portico-report').isVisible());
      assert.equal(await page.locator('main').innerText(), text, 'the last good text is gone');
      await page.goto(preview.address('jyj', '/news/'));
      assert.equal(await page.locator('main').getByText(TITLE).count(), 1, 'the list has lost the broken article');

      await open(page, 'jyj', PATH);
      await change(page, () => preview.write(FILE, before));
      assert.deepEqual(await report(page), known);
    }));

  test('a mistake in one site’s settings leaves all sites readable', () =>
    visit(WIDE, async (page) => {
      const before = preview.read('sites/jyj.yaml');
      await open(page, 'www', '/');
      const known = await report(page);
      await change(page, () => preview.write('sites/jyj.yaml', `${before}\ncolumns: [\n`));
      const shown = (await report(page)).filter((line) => !known.includes(line));
      assert.ok(shown.some((line) => line.includes('sites/jyj.yaml')), `the report does not name sites/jyj.yaml: ${shown.slice(0, 5).join('; ')}`);
      for (const [host, path] of [['www', '/'], ['mzj', '/'], ['jyj', '/'], ['jyj', PATH]]) {
        assert.equal((await preview.raw(path, `${host}.localhost:${preview.port}`)).status, 200, `${host}${path}`);
      }
      await change(page, () => preview.write('sites/jyj.yaml', before));
      assert.deepEqual(await report(page), known);
    }));

  test('a mistake in a template is shown, and repairing it brings the pages back', () =>
    visit(WIDE, async (page) => {
      const template = 'themes/default/templates/item.html';
      const before = preview.read(template);
      await open(page, 'jyj', PATH);
      const known = await report(page);
      await change(page, () => preview.write(template, before.replace('{{ item.title }}', '{{ item.title ')));
      await page.locator('#portico-report').getByText('item.html').first().waitFor();
      assert.equal(await heading(page), TITLE, 'the last good page is gone');
      await change(page, () => preview.write(template, before));
      assert.deepEqual(await report(page), known);
      assert.equal(await heading(page), TITLE);
    }));

  test('a site that moves into another takes its readers along', () =>
    visit(WIDE, async (page) => {
      const settings = 'sites/mzj.yaml';
      const before = preview.read(settings);
      const moved = before.replace(/^at: mzj$/m, 'at: www/bm/mzj\nformerly: [mzj]');
      assert.notEqual(moved, before);
      await open(page, 'www', '/');
      await change(page, () => preview.write(settings, moved));
      await page.goto(preview.address('mzj', '/news/'));
      await page.waitForURL(preview.address('www', '/bm/mzj/news/'));
      assert.equal(await page.locator('.brand strong').innerText(), '云岫市民政局');
      await open(page, 'www', '/');
      await change(page, () => preview.write(settings, before));
      assert.equal((await preview.raw('/bm/mzj/news/', `www.localhost:${preview.port}`)).status, 404);
      assert.equal((await preview.raw('/news/', `mzj.localhost:${preview.port}`)).status, 200);
    }));
});
