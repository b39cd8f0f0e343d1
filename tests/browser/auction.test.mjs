// An auction from end to end, as people do it: a vendor registers, is certified and stands in the directory; two vendors bid against each other in two
// browsers while the public watches; it ends by itself; the result's page is built and its record verified.
// In: target/release/portico; a copy of the sample group. Takes about a minute and a half, most of it the auction itself.

import assert from 'node:assert/strict';
import { execFileSync } from 'node:child_process';
import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { after, before, test } from 'node:test';
import { follow, startBrowser, PHONE, WIDE } from './support/browser.mjs';
import { REPOSITORY } from './support/build.mjs';
import { overflowing, overlapping } from './support/layout.mjs';
import { Preview } from './support/preview.mjs';

const PASSWORD = 'yunxiu-test-password';
const VENDORS = [
  { code: '91539900MA6NCX9P0R', account: 'anlan', name: '云岫安澜科技有限公司' },
  { code: '91539900MA7BW2H45M', account: 'liantuo', name: '云岫联拓商贸有限公司' },
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

const at = (path) => preview.address('www', path);

async function someone(options = WIDE) {
  const context = await browser.newContext({ locale: 'zh-CN', timezoneId: 'Asia/Shanghai', ...options });
  return context.newPage();
}

async function signIn(page, name, password) {
  await page.goto(at('/-/office/sign-in'));
  await page.fill('[name=name]', name);
  await page.fill('[name=password]', password);
  await follow(page.locator('button').first());
}

async function register(page, vendor) {
  await page.goto(at('/-/vendor/register'));
  const fields = {
    code: vendor.code, name: vendor.name, legal_person: '安怀远', address: '云岫市高新区云栖路 12 号', phone: '0630-8810777',
    business_scope: '办公设备销售', products: '激光打印机 | A4 黑白 | 1560 元', contact: '安小雨', contact_phone: '0630-8810778',
    account: vendor.account, password: PASSWORD,
  };
  for (const [name, value] of Object.entries(fields)) await page.fill(`[name=${name}]`, value);
  await page.setInputFiles('[name=files]', { name: '营业执照.pdf', mimeType: 'application/pdf', buffer: Buffer.from('%PDF-1.7') });
  // A form is not taken before a person could have filled it in.
  await page.waitForTimeout(2100);
  await page.click('button:has-text("提交登记")');
  await page.getByRole('heading', { name: '登记已提交' }).waitFor();
}

async function bid(page, lot, price) {
  await page.goto(at(`/-/lot/${lot}`));
  await page.fill('[name=price]', price);
  await page.click('button:has-text("下一步")');
  await page.getByRole('heading', { name: '确认报价' }).waitFor();
  await page.click('button:has-text("确认报价")');
}

/** A moment of this machine on the group's calendar, as the form takes it. */
const local = (ms) => new Date(ms + 8 * 3600_000).toISOString().slice(0, 19);

/** Fetches a built page until it says what it should. */
async function built(path, text) {
  for (let i = 0; i < 200; i++) {
    const answer = await preview.raw(path, `www.localhost:${preview.port}`);
    if (answer.status === 200 && answer.body.includes(text)) return answer.body;
    await new Promise((done) => setTimeout(done, 100));
  }
  throw new Error(`${path} does not say ${text}`);
}

test('from registration to a verified result', { timeout: 280_000 }, async () => {
  // The desks start when they are first asked for, and tell the first account's password once.
  await preview.raw('/-/', `www.localhost:${preview.port}`);
  const password = preview.said.match(/密码 (\w+)/)[1];
  const [zhou, wu, first, second, public_] = await Promise.all([someone(), someone(), someone(), someone(PHONE), someone()]);
  await signIn(zhou, 'preview', password);

  // A second official.
  await zhou.goto(at('/-/office/accounts'));
  const form = zhou.locator('form').last();
  await form.locator('[name=name]').fill('wu');
  await form.locator('[name=grants]').fill('procurement@www');
  await form.locator('[name=password]').fill(PASSWORD);
  await follow(form.locator('button'));
  await signIn(wu, 'wu', PASSWORD);

  for (const [page, vendor] of [[first, VENDORS[0]], [second, VENDORS[1]]]) {
    await register(page, vendor);
    await zhou.goto(at(`/-/office/vendor/${vendor.code}`));
    await follow(zhou.locator('button:has-text("通过认证")'));
    await signIn(page, vendor.account, PASSWORD);
    await page.getByText('已认证').waitFor();
    await built(`/market/vendors/${vendor.code.toLowerCase()}.html`, vendor.name);
  }
  assert.match(await built('/market/vendors/', VENDORS[0].name), /激光|办公设备/);

  // One drafts, the other approves.
  await wu.goto(at('/-/office/lots/draft'));
  const opens = Date.now() + 12_000;
  const fields = {
    title: '市档案馆扫描设备', goods: '高速文档扫描仪', quantity: '6 台', specification: 'A3 幅面，双面彩色，不低于 80 页/分。',
    budget: '120000', ceiling: '110000', step: '500', opens_at: local(opens), closes_at: local(opens + 61_000),
  };
  for (const [name, value] of Object.entries(fields)) await wu.fill(`[name=${name}]`, value);
  await wu.selectOption('[name=department]', 'daj');
  await wu.click('button:has-text("保存草稿")');
  await wu.getByText('须由另一人审批').waitFor();
  const lot = wu.url().split('/').pop();
  await zhou.goto(at(`/-/office/lot/${lot}`));
  await zhou.click('button:has-text("审批通过并公告")');
  await built(`/market/trade/${lot.toLowerCase()}.html`, '市档案馆扫描设备');

  // The public watches; the page fills itself.
  await public_.goto(at(`/-/lot/${lot}`));
  const leading = public_.locator('[data-show=leading]');
  await public_.locator('[data-show=phase_name]:text("竞价中")').waitFor({ timeout: 30_000 });
  await bid(first, lot, '110000');
  await first.getByText('报价成功').waitFor();
  await public_.locator('[data-show=leading]:text("110,000.00")').waitFor({ timeout: 3000 });
  await bid(second, lot, '109800');
  await second.getByText('报价不够低').waitFor();
  await bid(second, lot, '10950');
  await second.getByText('这个价格低了三成以上').waitFor();
  await bid(second, lot, '109500');
  await second.getByText('报价成功').waitFor();
  await public_.locator('[data-show=leading]:text("109,500.00")').waitFor({ timeout: 3000 });
  await first.goto(at(`/-/lot/${lot}`));
  await first.getByText('您目前不是最低报价').waitFor();
  await bid(first, lot, '105000');
  await first.getByText('报价成功').waitFor();
  const [download] = await Promise.all([first.waitForEvent('download'), first.click('a:has-text("下载回执")')]);
  const receipt = join(preview.root, 'receipt.json');
  await download.saveAs(receipt);
  await public_.locator('[data-show=leading]:text("105,000.00")').waitFor({ timeout: 3000 });
  assert.match(await public_.locator('#bids').innerText(), /供应商 1[^]*供应商 2/, 'numbers, not names');
  assert.doesNotMatch(await public_.content(), /安澜/);
  if (process.env.PORTICO_SHOTS) {
    await public_.screenshot({ path: join(process.env.PORTICO_SHOTS, 'auction-live.png'), fullPage: true });
    await second.screenshot({ path: join(process.env.PORTICO_SHOTS, 'auction-bidder-phone.png'), fullPage: true });
  }
  for (const page of [public_, second]) {
    assert.deepEqual(await overflowing(page), []);
    assert.deepEqual(await overlapping(page), []);
  }

  // It ends by itself.
  await public_.locator('[data-show=phase_name]:text("已截止")').waitFor({ timeout: 90_000 });
  assert.equal(await leading.innerText(), '105,000.00');
  await public_.waitForTimeout(10_500);
  await wu.goto(at(`/-/office/lot/${lot}`));
  await wu.click('button:has-text("确认成交")');
  const page = await built(`/market/trade/${lot.toLowerCase()}.html`, VENDORS[0].name);
  assert.match(page, /series series-1/, 'the chart');
  const link = page.match(/href="([^"]+\.json)"/)[1];
  const record = join(preview.root, 'record.json');
  writeFileSync(record, (await preview.raw(new URL(link, at(`/market/trade/${lot.toLowerCase()}.html`)).pathname, `www.localhost:${preview.port}`)).body);
  const told = execFileSync(join(REPOSITORY, 'target/release/portico'), ['--lang', 'zh', 'verify-auction', record, '--receipt', receipt], { encoding: 'utf8' });
  assert.match(told, /5 条记录全部核验通过，报价 3 次，最低 105,000.00 元，已成交；回执 1 份相符/);
});
