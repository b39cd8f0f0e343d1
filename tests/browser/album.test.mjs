// An album in a real browser: by keyboard with the viewer, as plain links without a script.
// In: target/release/portico; a copy of the sample group. Out: what a person would stumble over; screenshots in PORTICO_SHOTS.

import assert from 'node:assert/strict';
import { join } from 'node:path';
import { after, before, test } from 'node:test';
import { PHONE, WIDE, startBrowser } from './support/browser.mjs';
import { Preview } from './support/preview.mjs';

let preview;
let browser;

before(async () => {
  [preview, browser] = await Promise.all([Preview.start(), startBrowser()]);
});
after(async () => {
  await browser?.close();
  await preview?.stop();
});

const ALBUM = ['xiufeng', '/album/tea-spring.html'];

/** The picture, the caption, the credit and the count that the viewer shows, once the picture is there. */
const shown = (page) =>
  page.locator('dialog.viewer[open]').evaluate(async (dialog) => {
    const image = dialog.querySelector('img');
    await image.decode();
    const text = (part) => dialog.querySelector(`.viewer-${part}`).textContent;
    return { picture: new URL(image.currentSrc).pathname, width: image.naturalWidth, caption: text('caption'), credit: text('credit'), count: text('count') };
  });

test('an album is paged through by keyboard', async () => {
  const page = await browser.newPage(WIDE);
  const mistakes = [];
  page.on('pageerror', (mistake) => mistakes.push(String(mistake)));
  await page.goto(preview.address(...ALBUM));
  const links = page.locator('.photos figure > a');
  const last = (await links.count()) - 1;
  assert.ok(last > 5, 'hardly any photographs');
  await links.nth(0).focus();
  await page.keyboard.press('Enter');
  const first = await shown(page);
  assert.deepEqual([first.caption, first.credit, first.count], ['清晨茶山起雾', '摄影：柏青山', `第 1 张，共 ${last + 1} 张`]);
  assert.match(first.picture, /\/01\.jpg\.[0-9a-f]{8}-\d+\.webp$/);
  assert.ok(first.width > 900, `${first.width} pixels on a wide screen`);
  await page.screenshot({ path: join(process.env.PORTICO_SHOTS ?? '/tmp', 'album-viewer-wide.png') });
  await page.keyboard.press('ArrowRight');
  assert.equal((await shown(page)).caption, '第一篮鲜叶');
  await page.keyboard.press('ArrowLeft');
  await page.keyboard.press('ArrowLeft');
  assert.equal((await shown(page)).count, `第 ${last + 1} 张，共 ${last + 1} 张`);
  await page.keyboard.press('Home');
  await page.keyboard.press('End');
  // Every button is reached by Tab, and none is left.
  const names = new Set();
  for (let i = 0; i < 6; i++) {
    await page.keyboard.press('Tab');
    names.add(await page.evaluate(() => document.activeElement.getAttribute('aria-label')));
  }
  for (const name of ['上一张', '下一张', '关闭']) assert.ok(names.has(name), `${name}: ${[...names]}`);
  await page.keyboard.press('Escape');
  await page.locator('dialog.viewer').waitFor({ state: 'hidden' });
  // The focus is where the viewer was left. A dialog tells that it is closed in a task of its own, a moment after it is.
  await links.nth(last).and(page.locator(':focus')).waitFor({ timeout: 10_000 });
  assert.deepEqual(mistakes, []);
  await page.close();
});

test('on a phone the viewer shows the whole photograph and what is said of it', async () => {
  const page = await browser.newPage(PHONE);
  await page.goto(preview.address(...ALBUM));
  await page.locator('.photos figure > a').nth(1).tap();
  assert.equal((await shown(page)).caption, '第一篮鲜叶');
  const boxes = await page.locator('dialog.viewer').evaluate((dialog) => {
    const box = (part) => dialog.querySelector(part).getBoundingClientRect();
    const [image, text] = [box('img'), box('.viewer-text')];
    return { inside: image.left >= 0 && image.right <= innerWidth + 1 && text.bottom <= innerHeight + 1, apart: image.bottom <= text.top + 1 };
  });
  assert.deepEqual(boxes, { inside: true, apart: true });
  await page.screenshot({ path: join(process.env.PORTICO_SHOTS ?? '/tmp', 'album-viewer-phone.png') });
  await page.close();
});

test('without a script every photograph is a plain link to its largest size', async () => {
  const context = await browser.newContext({ ...WIDE, javaScriptEnabled: false });
  const page = await context.newPage();
  await page.goto(preview.address(...ALBUM));
  const answered = page.waitForResponse((answer) => /-\d+\.jpg$/.test(answer.url()) && answer.request().isNavigationRequest());
  await page.locator('.photos figure > a').nth(2).click();
  const answer = await answered;
  assert.deepEqual([answer.status(), answer.headers()['content-type']], [200, 'image/jpeg']);
  await context.close();
});
