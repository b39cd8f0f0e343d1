// Search in a real browser: results, a facet, the second page, a table, without script and on a phone; axe and layout on every page.
// In: target/release/portico; a copy of the sample group. Out: what a person would stumble over; screenshots in PORTICO_SHOTS.

import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import { createRequire } from 'node:module';
import { join } from 'node:path';
import { after, before, test } from 'node:test';
import { PHONE, WIDE, follow, startBrowser } from './support/browser.mjs';
import { expectNone } from './support/build.mjs';
import { overflowing, overlapping } from './support/layout.mjs';
import { Preview } from './support/preview.mjs';

const AXE = readFileSync(createRequire(import.meta.url).resolve('axe-core/axe.min.js'), 'utf8');
const RULES = ['wcag2a', 'wcag2aa', 'wcag21a', 'wcag21aa', 'wcag22aa', 'best-practice'];

let preview;
let browser;

before(async () => {
  [preview, browser] = await Promise.all([Preview.start(), startBrowser()]);
  // The service starts with the first request, and says so while it makes its index.
  for (let tries = 0; (await preview.raw('/-/api/search?q=a')).status === 503; tries++) {
    assert.ok(tries < 300, 'the index is made within a minute');
    await new Promise((done) => setTimeout(done, 200));
  }
});
after(async () => {
  await browser?.close();
  await preview?.stop();
});

async function withPage(options, walk) {
  const context = await browser.newContext({ locale: 'zh-CN', ...options });
  const trouble = [];
  context.on('weberror', (mistake) => trouble.push(String(mistake.error())));
  context.on('console', (message) => message.type() === 'error' && trouble.push(message.text()));
  try {
    await walk(await context.newPage());
  } finally {
    await context.close();
  }
  expectNone(trouble, 'troubles');
}

const at = (words, more = '', host = 'www') => preview.address(host, `/-/search?q=${encodeURIComponent(words)}${more}`);

async function expectSound(page, name) {
  await page.screenshot({ path: join(process.env.PORTICO_SHOTS ?? '/tmp', `find-${name}.png`), fullPage: true });
  expectNone(await overflowing(page), `${name} overflows`);
  expectNone(await overlapping(page), `${name} overlaps`);
  await page.evaluate(AXE);
  const { violations } = await page.evaluate((rules) => globalThis.axe.run({ runOnly: rules }), RULES);
  expectNone(violations.map((v) => `${v.id}: ${v.nodes.map((n) => n.target).join(' ')}`), `${name} axe`);
}

const total = async (page) => Number((await page.locator('.find-sum h2').textContent()).match(/\d+/)[0]);

test('from words to a page, by a facet and the second page, without script', async () => {
  await withPage({ ...WIDE, javaScriptEnabled: false }, async (page) => {
    await page.goto(preview.address('www', '/-/search'));
    await page.locator('#find-words').fill('通知');
    await follow(page.locator('.find-form').getByRole('button', { name: '搜索' }));
    const all = await total(page);
    assert.ok(all > 20, `${all}`);
    assert.ok((await page.locator('.find-list mark').count()) > 0);
    await follow(page.getByRole('link', { name: '下一页' }));
    assert.equal(await page.locator('.find-pages [aria-current]').textContent(), '2');
    const entry = page.locator('.find-facets li a').first();
    const count = Number(await entry.locator('span').textContent());
    await follow(entry);
    assert.equal(await total(page), count);
    await follow(page.getByRole('link', { name: /^取消/ }));
    assert.equal(await total(page), all);
    const first = page.locator('.find-list h3 a').first();
    const title = (await first.textContent()).trim();
    await follow(first);
    assert.ok((await page.title()).includes(title.slice(0, 8)), `${await page.title()}: ${title}`);
  });
});

test('one site or all of them', async () => {
  await withPage(WIDE, async (page) => {
    await page.goto(at('报名', '&site=jyj', 'jyj'));
    const own = await total(page);
    await follow(page.locator('.find-scopes').getByRole('link', { name: '站群' }));
    assert.ok((await total(page)) > own);
    assert.match(await page.title(), /云岫市教育局$/);
  });
});

for (const [name, options] of [['wide', WIDE], ['phone', PHONE]]) {
  test(`every state is sound on a ${name} screen`, async () => {
    await withPage(options, async (page) => {
      const table = JSON.parse(readFileSync(join(preview.root, '.portico/search/meta.json'), 'utf8')).payload;
      const { key } = JSON.parse(table.replace(/"key":(\d+)/g, '"key":"$1"')).tables.find((t) => t.rows > 10);
      const rows = preview.address('www', `/-/search?table=${BigInt(key).toString(16).padStart(16, '0')}`);
      const states = {
        results: at('通知'), guide: at('身份证办理'), office: at('教育局'), none: at('飞碟租赁'), empty: preview.address('www', '/-/search'), near: at('居民身份证补办换领须知办法'), rows,
      };
      for (const [state, address] of Object.entries(states)) {
        await page.goto(address);
        await expectSound(page, `${state}-${name}`);
      }
    });
  });
}
