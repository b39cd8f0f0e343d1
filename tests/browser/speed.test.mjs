// Lighthouse on the pages people come by first, as a phone on a slow network.
// In: target/release/portico and a copy of the sample group. Out: categories that fall short, with what costs them.

import assert from 'node:assert/strict';
import { after, before, describe, test } from 'node:test';
import lighthouse from 'lighthouse';
import { startBrowser } from './support/browser.mjs';
import { Preview } from './support/preview.mjs';

/** What each category has to reach. */
const WANTED = { performance: 0.95, accessibility: 1, 'best-practices': 1, seo: 1 };
const PAGES = { home: ['www', '/'], column: ['www', '/open/policy/'], article: ['www', '/news/headlines/n20261120.html'], album: ['www', '/city/album/four-seasons.html'] };
const PORT = 9333;

let preview;
let browser;
before(async () => {
  [preview, browser] = await Promise.all([Preview.start(), startBrowser([`--remote-debugging-port=${PORT}`])]);
});
after(async () => {
  await browser?.close();
  await preview?.stop();
});

describe('Lighthouse', () => {
  for (const [name, [host, path]] of Object.entries(PAGES)) {
    test(name, async (t) => {
      const { lhr } = await lighthouse(preview.address(host, path), { port: PORT, output: 'json', logLevel: 'error', formFactor: 'mobile', onlyCategories: Object.keys(WANTED) });
      const scores = Object.entries(lhr.categories).map(([category, { score }]) => [category, score]);
      t.diagnostic(scores.map(([category, score]) => `${category} ${score}`).join(', '));
      const costly = Object.values(lhr.audits).filter((a) => a.score !== null && a.score < 0.9 && a.scoreDisplayMode !== 'informative').map((a) => `${a.id}: ${a.displayValue ?? a.title}`);
      for (const [category, score] of scores) assert.ok(score >= WANTED[category], `${category} is ${score}: ${costly.join('; ')}`);
    });
  }
});
