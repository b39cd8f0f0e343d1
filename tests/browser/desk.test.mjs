// A desk in a real browser: a letter from its form to the page that shows its reply, without script for the citizen; axe and layout on every
// page of citizens and of the office.
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
const PASSWORD = 'yunxiu-browser-test';

let preview;
let browser;
/** What the preview tells on its terminal. */
let told = '';

before(async () => {
  [preview, browser] = await Promise.all([Preview.start(), startBrowser()]);
  for (const stream of [preview.process.stdout, preview.process.stderr]) stream.on('data', (bytes) => (told += bytes));
  // The desks start with the first request for them, and tell the first account's password.
  await preview.raw('/-/');
  const password = told.match(/密码 (\w+)/)?.[1];
  assert.ok(password, told);
  await withPage({ ...WIDE }, async (page) => {
    await signIn(page, 'preview', password);
    for (const [name, full, grants] of [['wang', '王敏', 'centre@www'], ['chen', '陈立', 'officer@jtj'], ['zhao', '赵宁', 'centre@www admin@* auditor@*']]) await addAccount(page, name, full, grants);
  });
});
after(async () => {
  await browser?.close();
  await preview?.stop();
});

/** Runs `walk` in a fresh window; whatever a page must not do by its Content-Security-Policy fails it. */
async function withPage(options, walk) {
  const context = await browser.newContext({ locale: 'zh-CN', ...options });
  const trouble = [];
  context.on('weberror', (mistake) => trouble.push(String(mistake.error())));
  context.on('console', (message) => message.type() === 'error' && !/status of 4(0[34]|22)/.test(message.text()) && trouble.push(message.text()));
  try {
    await walk(await context.newPage());
  } finally {
    await context.close();
  }
  expectNone(trouble, 'troubles');
}

const at = (path, host = 'www') => preview.address(host, path);
const shot = (page, name) => page.screenshot({ path: join(process.env.PORTICO_SHOTS ?? '/tmp', `desk-${name}.png`), fullPage: true });

async function signIn(page, name, password) {
  await page.goto(at('/-/office'));
  await page.getByLabel('用户名').fill(name);
  await page.getByLabel('密码').fill(password);
  await page.getByRole('button', { name: '登录', exact: true }).click();
  await page.waitForURL(/\/-\/office$/);
}

async function addAccount(page, name, full, grants) {
  await page.goto(at('/-/office/accounts'));
  const form = page.locator('form', { has: page.getByRole('button', { name: '新增', exact: true }) });
  for (const [label, value] of [['用户名', name], ['姓名', full], ['角色', grants], ['密码', PASSWORD]]) await form.getByLabel(label).fill(value);
  await form.getByRole('button').click();
  await page.getByText(`已保存 ${name}`).waitFor();
}

/** Fills the mayor's form in; a person takes longer than the two seconds under which it is taken for a program. */
async function fillIn(page, letter) {
  await page.getByLabel('交通出行').check();
  for (const [label, value] of Object.entries(letter)) await page.getByRole('textbox', { name: label }).fill(value);
  await page.waitForTimeout(2100);
}

const LETTER = {
  标题: '茶马街公交站候车亭漏雨',
  内容: '茶马街中段公交站的候车亭顶棚破了两处，下雨天老人没有地方躲雨，请尽快修补。\n我的电话是 13900001234。',
  姓名: '周若兰',
  手机或固定电话: '13900001234',
};

/** Does something with the case that is open, by keyboard alone. */
async function deal(page, name, text = '') {
  await page.locator('.office-deeds summary', { hasText: new RegExp(`^${name}$`) }).focus();
  await page.keyboard.press('Enter');
  if (text) {
    await page.keyboard.press('Tab');
    await page.keyboard.type(text);
  }
  const button = page.locator('.office-deeds details[open] button');
  while (!(await button.evaluate((e) => e === document.activeElement))) await page.keyboard.press('Tab');
  await page.keyboard.press('Enter');
  await page.getByRole('status').filter({ hasText: `已${name}` }).waitFor();
}

/** Waits for builds until `holds`: each build ends with an event, so nothing is missed between asking and listening. */
async function afterABuild(holds) {
  for (;;) {
    const { built } = await preview.listen();
    if (await holds()) return;
    await built;
  }
}

test('a letter becomes a page of the portal, without script for its citizen', async () => {
  let number;
  let code;
  await withPage({ ...PHONE, javaScriptEnabled: false }, async (citizen) => {
    await citizen.goto(at('/interact/'));
    await follow(citizen.locator('a:visible', { hasText: '我要写信' }).first());
    await follow(citizen.getByRole('link', { name: /市长信箱/ }));
    await fillIn(citizen, { ...LETTER, 手机或固定电话: '不想留' });
    await citizen.getByLabel('同意在网站公开答复').check();
    await citizen.getByRole('button', { name: '提交' }).click();
    // What is wrong is told, and what was typed is there.
    await citizen.getByRole('alert').getByText('请填写正确的电话号码').waitFor();
    assert.equal(await citizen.getByRole('textbox', { name: '标题' }).inputValue(), LETTER.标题);
    assert.equal(await citizen.getByRole('textbox', { name: '内容' }).inputValue(), LETTER.内容);
    assert.ok(await citizen.getByLabel('同意在网站公开答复').isChecked());
    await fillIn(citizen, { 手机或固定电话: LETTER.手机或固定电话 });
    await citizen.getByRole('button', { name: '提交' }).click();
    await citizen.getByRole('heading', { name: '提交成功' }).waitFor();
    [number, code] = await citizen.locator('.desk-receipt code').allTextContents();
    await shot(citizen, 'receipt-phone');
    assert.ok(!citizen.url().includes(code));
  });
  const office = async (name, walk) =>
    withPage({ ...WIDE }, async (page) => {
      await signIn(page, name, PASSWORD);
      await page.goto(at(`/-/office/case/${number}`));
      await walk(page);
    });
  await office('wang', async (page) => {
    await page.goto(at('/-/office'));
    await follow(page.getByRole('link', { name: LETTER.标题 }));
    await deal(page, '受理');
    await deal(page, '转办');
    assert.match(await page.locator('.desk-head').innerText(), /办理中[\s\S]*承办：市交通运输局/);
  });
  await office('chen', async (page) => {
    await deal(page, '答复', '您好！候车亭顶棚已于今日修补完毕。如有问题请拨打 0630-8812345。');
    await page.goto(at('/-/office/log'));
    await page.getByText('您没有权限').waitFor();
  });
  await office('wang', async (page) => {
    for (const deed of ['审核通过', '办结', '公开答复']) await deal(page, deed);
    await shot(page, 'case-wide');
  });
  const path = `/interact/mayor/${number}.html`;
  await afterABuild(async () => (await preview.raw(path, `www.localhost:${preview.port}`)).status === 200);
  await withPage({ ...WIDE, javaScriptEnabled: false }, async (reader) => {
    await reader.goto(at('/interact/mayor/'));
    await follow(reader.getByRole('link', { name: LETTER.标题 }).first());
    assert.equal(new URL(reader.url()).pathname, path);
    const page = await reader.locator('main').innerText();
    for (const shown of [LETTER.标题, '顶棚破了两处', '已于今日修补完毕', '周**', '市交通运输局']) assert.ok(page.includes(shown), `${shown} in ${page}`);
    for (const secret of ['周若兰', '13900001234', '8812345', code]) assert.ok(!page.includes(secret), `${secret} is public`);
    await shot(reader, 'published-wide');
  });
  // On the desk's site, and on no other.
  assert.equal((await preview.raw(path, `jtj.localhost:${preview.port}`)).status, 404);
  await withPage({ ...PHONE, javaScriptEnabled: false }, async (citizen) => {
    await citizen.goto(at('/-/status'));
    await citizen.getByLabel('编号').fill(number);
    await citizen.getByLabel('查询码').fill(code.toLowerCase());
    await citizen.getByRole('button', { name: '查询' }).click();
    await citizen.getByText('已于今日修补完毕').waitFor();
    await citizen.getByLabel('非常满意').check();
    await citizen.getByRole('button', { name: '提交评价' }).click();
    await citizen.getByText('感谢您的评价').waitFor();
    await shot(citizen, 'case-phone');
  });
  await office('wang', (page) => deal(page, '撤下公开', '来信人要求'));
  await afterABuild(async () => (await preview.raw(path, `www.localhost:${preview.port}`)).status === 404);
});

async function violations(page) {
  await page.evaluate(AXE);
  const { violations: found } = await page.evaluate((values) => globalThis.axe.run(document, { runOnly: { type: 'tag', values } }), RULES);
  return found.flatMap(({ id, help, nodes }) => nodes.map((node) => `${id} (${help}): ${node.target.join(' ')} ${node.html.slice(0, 120)}`));
}

/** The pages that answer a form, each with the way to it. */
const ANSWERS = {
  'form-mistakes': async (page) => {
    await page.goto(at('/-/desk/mayor'));
    await page.getByRole('button', { name: '提交' }).click();
    await page.getByRole('alert').waitFor();
  },
  receipt: async (page) => {
    await page.goto(at('/-/desk/mayor'));
    await fillIn(page, LETTER);
    await page.getByRole('button', { name: '提交' }).click();
    await page.getByRole('heading', { name: '提交成功' }).waitFor();
  },
  status: async (page) => {
    const [number, code] = await page.locator('.desk-receipt code').allTextContents();
    await page.goto(at('/-/status'));
    await page.getByLabel('编号').fill(number);
    await page.getByLabel('查询码').fill(code);
    await page.getByRole('button', { name: '查询' }).click();
    await page.getByRole('heading', { name: '办理过程' }).waitFor();
  },
  'status-wrong': async (page) => {
    await page.goto(at('/-/status'));
    await page.getByLabel('编号').fill('20261121-0000-0000');
    await page.getByLabel('查询码').fill('x');
    await page.getByRole('button', { name: '查询' }).click();
    await page.getByRole('alert').waitFor();
  },
  case: async (page) => {
    await page.goto(at('/-/office'));
    await follow(page.getByRole('link', { name: LETTER.标题 }).first());
    for (const details of await page.locator('.office-deeds details').all()) await details.evaluate((e) => e.removeAttribute('name') || (e.open = true));
  },
  phrases: async (page) => {
    await page.goto(at('/-/office/phrases'));
    await page.getByLabel('新增常用语').fill('感谢您对我们工作的关心和支持。');
    await follow(page.getByRole('button', { name: '新增' }));
    await page.locator('details.office-account').first().evaluate((e) => (e.open = true));
  },
};
/** A desk of another site is on that site's host. */
const PLAIN = ['/-/', '/-/desk/mayor', '/-/desk/forms', ['/-/desk/tax-report', 'swjj'], '/-/status', '/-/desk/nothing'];
const OFFICE = ['/-/office', '/-/office?state=all', '/-/office/enter/proposals', '/-/office/accounts', '/-/office/me', '/-/office/log'];

for (const [name, options] of [['light', WIDE], ['dark', { ...WIDE, colorScheme: 'dark' }], ['phone', PHONE]]) {
  test(`axe finds nothing on the desks' pages, and nothing lies on anything else: ${name}`, () =>
    withPage({ ...options, bypassCSP: true }, async (page) => {
      const found = [];
      const look = async (what) => {
        found.push(...(await violations(page)).map((wrong) => `${what}: ${wrong}`));
        found.push(...(await overflowing(page)).map((wrong) => `${what}: ${wrong}`));
        found.push(...(await overlapping(page)).map((wrong) => `${what}: ${wrong}`));
        await shot(page, `${what.replace(/\W+/g, '-')}-${name}`);
      };
      const visit = async (where) => {
        const [path, host] = [where].flat();
        await page.goto(at(path, host));
        await look(path);
      };
      for (const path of PLAIN) await visit(path);
      for (const answer of ['form-mistakes', 'receipt', 'status', 'status-wrong']) await ANSWERS[answer](page).then(() => look(answer));
      await visit('/-/office/sign-in');
      await signIn(page, 'zhao', PASSWORD);
      for (const path of OFFICE) await visit(path);
      for (const answer of ['case', 'phrases']) await ANSWERS[answer](page).then(() => look(answer));
      expectNone(found, 'findings');
    }));
}
