// Searching without the service: the page for searching and its index, in a real browser.
// In: target/release/portico; a group of 420 items built for this test, and the finished sample build. Out: questions without their answer.

import assert from 'node:assert/strict';
import { execFileSync } from 'node:child_process';
import { existsSync, mkdirSync, mkdtempSync, readFileSync, rmSync, statSync, writeFileSync } from 'node:fs';
import { createServer } from 'node:http';
import { createRequire } from 'node:module';
import { tmpdir } from 'node:os';
import { extname, join } from 'node:path';
import { after, before, describe, test } from 'node:test';
import { follow, startBrowser, PHONE, WIDE } from './support/browser.mjs';
import { expectNone, OUT, REPOSITORY } from './support/build.mjs';
import { overflowing, overlapping } from './support/layout.mjs';

const AXE = readFileSync(createRequire(import.meta.url).resolve('axe-core/axe.min.js'), 'utf8');
const RULES = ['wcag2a', 'wcag2aa', 'wcag21a', 'wcag21aa', 'wcag22aa', 'best-practice'];
const TYPES = { '.html': 'text/html; charset=utf-8', '.css': 'text/css', '.js': 'text/javascript', '.json': 'application/json', '.svg': 'image/svg+xml', '.xml': 'application/xml' };
const SHOTS = process.env.PORTICO_SHOTS ?? tmpdir();
const ITEMS = 420;

/** Serves an output folder, one folder a host; `down` answers the service's address as the web servers do while it is down. */
function serve(folder) {
  const server = createServer((asked, answer) => {
    const { pathname } = new URL(asked.url, 'http://localhost');
    const down = pathname === '/-/search';
    const path = down ? '/search.html' : decodeURIComponent(pathname);
    const file = join(folder, asked.headers.host.split('.')[0], path.endsWith('/') ? `${path}index.html` : path);
    const there = existsSync(file) && statSync(file).isFile();
    answer.writeHead(there ? (down ? 503 : 200) : 404, { 'content-type': TYPES[extname(file)] ?? 'application/octet-stream' });
    answer.end(there ? readFileSync(file) : '');
  });
  return new Promise((resolve) => server.listen(0, '127.0.0.1', () => resolve(server)));
}

const front = (fields) => `---\n${Object.entries(fields).map(([key, value]) => `${key}: ${value}\n`).join('')}---\n\n正文。\n`;

/** A group without the service: the main site with seven blocks of items, and a township inside it. */
function build() {
  const root = mkdtempSync(join(tmpdir(), 'portico-search-'));
  const write = (path, text) => {
    mkdirSync(join(root, path, '..'), { recursive: true });
    writeFileSync(join(root, path), text);
  };
  write('sites/group.yaml', '{name: 云岫市网站群, domain: yunxiu.gov.example, main: www}\n');
  write('sites/www.yaml', 'name: 云岫市人民政府\nkind: portal\nat: www\ncolumns:\n  - {id: news, name: 要闻}\n  - {id: policy, name: 政策文件, type: policy}\n');
  write('sites/luotian.yaml', 'name: 罗田乡人民政府\nkind: township\nat: www/xz/luotian\ncolumns:\n  - {id: news, name: 乡里动态}\n');
  for (let i = 0; i < ITEMS; i++) {
    const date = new Date(Date.UTC(2024, 0, 1 + i)).toISOString().slice(0, 10);
    write(`content/www/news/n${i}.md`, front({ title: `云岫市第${i + 1}期茶叶质量抽检公告`, date }));
  }
  write('content/www/policy/p1.md', front({ title: '云岫市人民政府关于保护古茶树的规定', date: '2024-03-01', document_number: '云政发〔2024〕12号', issuing_agency: '云岫市人民政府' }));
  write('content/www/news/old.md', front({ title: '岫峰大橋建成通車', date: '2023-12-30' }));
  write('content/www/news/停水.md', front({ title: 'ＷＴＯ 咨询点停水通知', date: '2025-01-02' }));
  write('content/luotian/news/fair.md', front({ title: '罗田乡山货节开市', date: '2025-01-03' }));
  execFileSync(join(REPOSITORY, 'target/release/portico'), ['build', '--root', root, '--out', join(root, 'out'), '--at', '2026-11-20'], { stdio: 'pipe' });
  return root;
}

let browser;
let root;
let own;
let sample;
before(async () => {
  root = build();
  [browser, own, sample] = await Promise.all([startBrowser(), serve(join(root, 'out')), serve(OUT)]);
});
after(async () => {
  await browser?.close();
  own?.close();
  sample?.close();
  if (root) rmSync(root, { recursive: true });
});

const address = (server, path) => `http://www.localhost:${server.address().port}${path}`;

/** Pictures of other hosts are not served here. */
async function visit(options, walk) {
  const context = await browser.newContext({ locale: 'zh-CN', ...options });
  const trouble = [];
  context.on('weberror', (mistake) => trouble.push(String(mistake.error())));
  context.on('console', (message) => message.type() === 'error' && !/status of (404|503)|ERR_NAME_NOT_RESOLVED|ERR_FAILED/.test(message.text()) && trouble.push(message.text()));
  try {
    await walk(await context.newPage());
  } finally {
    await context.close();
  }
  expectNone(trouble, 'troubles');
}

/** Asks, and gives the titles found; the parts of the index that were fetched are added to `parts`. */
async function ask(page, question, parts = []) {
  const note = (answer) => /\/search\/[bs]\d+\.json$/.test(answer.url()) && parts.push(answer);
  page.on('response', note);
  await page.goto(address(own, `/search.html?q=${encodeURIComponent(question)}`));
  await page.locator('.results output', { hasText: /./ }).waitFor();
  page.off('response', note);
  return page.locator('.results li a').allInnerTexts();
}

describe('the page for searching finds', () => {
  test('a part of a title, and leads there', () =>
    visit(WIDE, async (page) => {
      assert.deepEqual(await ask(page, '古茶树'), ['云岫市人民政府关于保护古茶树的规定']);
      assert.equal(await page.locator('.results mark').first().innerText(), '古茶树');
      await follow(page.locator('.results li a'));
      assert.equal(await page.locator('h1').innerText(), '云岫市人民政府关于保护古茶树的规定');
    }));

  test('a document number in any brackets and widths, several words in any order, whatever stands between letters', () =>
    visit(WIDE, async (page) => {
      for (const question of ['云政发（２０２４）12号', '云政发[2024] 12 号', '规定 古茶树', '2024〕12', 'wto咨询', '停水', 'ＷＴＯ']) {
        assert.equal((await ask(page, question)).length, 1, question);
      }
    }));

  test('what is asked or written in traditional characters', () =>
    visit(WIDE, async (page) => {
      assert.deepEqual(await ask(page, '保護古茶樹'), ['云岫市人民政府关于保护古茶树的规定']);
      assert.deepEqual(await ask(page, '大桥建成通车'), ['岫峰大橋建成通車']);
    }));

  test('one of hundreds by reading a few parts of the index', () =>
    visit(WIDE, async (page) => {
      const parts = [];
      assert.deepEqual(await ask(page, '第7期', parts), ['云岫市第7期茶叶质量抽检公告']);
      const blocks = parts.filter((part) => /\/b\d+\.json$/.test(part.url()));
      // 第7, 7期: both stand together in the blocks of 7, 17, 27, … only.
      assert.ok(blocks.length <= 7 && parts.length - blocks.length <= 2, parts.map((part) => part.url()).join('\n'));
    }));

  test('the newest of many first, and older ones when asked to go on, by keyboard', () =>
    visit(WIDE, async (page) => {
      const found = await ask(page, '抽检公告');
      assert.ok(found.length >= 20 && found.length < 100, `${found.length}`);
      assert.equal(found[0], `云岫市第${ITEMS}期茶叶质量抽检公告`);
      assert.match(await page.locator('.results output').innerText(), /更早的尚未查找/);
      for (let tries = 0; tries < 8 && (await page.locator('.results button').isVisible()); tries++) {
        const before = await page.locator('.results li').count();
        await page.locator('.results button').focus();
        await page.keyboard.press('Enter');
        await page.waitForFunction((n) => document.querySelectorAll('.results li').length > n || document.querySelector('.results button').hidden, before);
        const focused = await page.evaluate(() => document.activeElement.textContent);
        assert.equal(focused, await page.locator('.results li a').nth(before).innerText(), 'the focus is not on the first new one');
      }
      assert.equal(await page.locator('.results li').count(), ITEMS);
      assert.equal(await page.locator('.results output').innerText(), `找到 ${ITEMS} 条`);
    }));

  test('nothing, and shows ways on', () =>
    visit(WIDE, async (page) => {
      assert.deepEqual(await ask(page, '月球基地'), []);
      assert.match(await page.locator('.results output').innerText(), /没有找到/);
      assert.equal(await page.locator('.ways a', { hasText: '政策文件' }).getAttribute('href'), '/policy/');
      assert.equal(await page.locator('.ways a', { hasText: '站点地图' }).getAttribute('href'), '/map.html');
      for (const question of ['“——”', '<img src=x onerror=alert(1)>', '%', '天'.repeat(300)]) assert.deepEqual(await ask(page, question), [], question);
    }));

  test('what a site inside another has, from its own box', () =>
    visit(WIDE, async (page) => {
      await page.goto(address(own, '/xz/luotian/'));
      await page.locator('.find [name=q]').fill('山货节');
      await page.keyboard.press('Enter');
      await follow(page.locator('.results li a'));
      assert.match(page.url(), /\/xz\/luotian\/news\/fair\.html$/);
    }));
});

test('without a script the page says so and leads on', () =>
  visit({ ...WIDE, javaScriptEnabled: false }, async (page) => {
    await page.goto(address(own, '/search.html?q=%E8%8C%B6'));
    assert.match(await page.locator('.unscripted').innerText(), /没有启用脚本/);
    assert.equal(await page.locator('.results').isVisible(), false);
    await follow(page.locator('.ways a', { hasText: '要闻' }));
    assert.equal(await page.locator('h1').innerText(), '要闻');
  }));

test('when the index cannot be read the page says so', () =>
  visit(WIDE, async (page) => {
    await page.route('**/search/*.json', (route) => route.abort());
    await page.goto(address(own, '/search.html?q=%E8%8C%B6%E5%8F%B6'));
    await page.locator('.results output', { hasText: '暂时无法查找' }).waitFor();
  }));

test('in the sample group the box leads to the service, and its page answers while the service is down', () =>
  visit(WIDE, async (page) => {
    await page.goto(address(sample, '/'));
    await page.locator('.top .find [name=q]').fill('公共租赁');
    await page.locator('.top .find button').click();
    await page.locator('.results li a').first().waitFor();
    assert.match(page.url(), /\/-\/search\?site=www&q=/);
    assert.match((await page.locator('.results li a').allInnerTexts()).join('\n'), /公共租赁/);
    assert.equal(await page.locator('main [name=q]').inputValue(), '公共租赁');
    await page.screenshot({ path: join(SHOTS, 'search-wide.png'), fullPage: true });
  }));

for (const [name, options] of [['light', WIDE], ['dark', { ...WIDE, colorScheme: 'dark' }], ['phone', PHONE], ['small dark phone', { ...PHONE, viewport: { width: 320, height: 640 }, colorScheme: 'dark' }]]) {
  test(`whoever searches can read it: ${name}`, () =>
    visit({ ...options, bypassCSP: true }, async (page) => {
      const found = [];
      for (const path of ['/search.html', '/search.html?q=%E4%BA%91%E5%B2%AB', '/search.html?q=%E6%9C%88%E7%90%83%E5%9F%BA%E5%9C%B0', '/']) {
        await page.goto(address(sample, path));
        if (path.includes('?')) await page.locator('.results output', { hasText: /./ }).waitFor();
        await page.evaluate(AXE);
        const { violations } = await page.evaluate((values) => globalThis.axe.run(document, { runOnly: { type: 'tag', values } }), RULES);
        found.push(...violations.flatMap(({ id, nodes }) => nodes.map((node) => `${path}: ${id} ${node.target.join(' ')}`)));
        found.push(...(await overflowing(page)).map((wrong) => `${path}: ${wrong}`), ...(await overlapping(page)).map((wrong) => `${path}: ${wrong}`));
        if (path.includes('E4')) await page.screenshot({ path: join(SHOTS, `search-${name.replaceAll(' ', '-')}.png`), fullPage: true });
      }
      expectNone(found, 'mistakes');
    }));
}
