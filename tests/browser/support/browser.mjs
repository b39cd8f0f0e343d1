// Chromium as the tests use it: no display, an empty profile, every *.localhost on this machine.
// In: nothing. Out: a Playwright browser; its new user-data-dir is made and removed by Playwright.

import { chromium } from 'playwright-core';

export const WIDE = { viewport: { width: 1280, height: 900 } };
export const PHONE = { viewport: { width: 390, height: 844 }, deviceScaleFactor: 2, isMobile: true, hasTouch: true };

/**
 * Clicks what leads to another page and comes back when that page is there.
 * A click by itself may come back while the old page is still shown, and what is read next would be read from it.
 */
export const follow = (link) => Promise.all([link.page().waitForEvent('domcontentloaded'), link.click()]);

/** `more` are further switches of the browser. */
export const startBrowser = (more = []) =>
  chromium.launch({
    executablePath: process.env.CHROMIUM ?? '/usr/bin/chromium',
    args: [
      '--headless',
      '--no-sandbox',
      '--disable-gpu',
      '--disable-quic',
      '--no-first-run',
      '--disable-background-networking',
      '--disable-component-update',
      '--disable-sync',
      '--host-resolver-rules=MAP *.localhost 127.0.0.1, MAP localhost 127.0.0.1',
      ...more,
    ],
  });
