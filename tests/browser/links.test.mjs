// Where pages lead, and what they load.
// In: a finished build, all hosts together. Out: links that lead nowhere, and anything loaded from another host.

import assert from 'node:assert/strict';
import { before, describe, test } from 'node:test';
import { addressOf, attribute, contentOf, DOMAIN, expectNone, fileAt, files, isInternal, lineOf, pages } from './support/build.mjs';

/** Attributes with one address. */
const ADDRESSES = ['href', 'src', 'poster', 'data', 'action', 'formaction', 'cite', 'xlink:href', 'background', 'longdesc'];
/** Kinds of `<link>` whose target a browser fetches by itself. */
const FETCHED = /\b(stylesheet|icon|apple-touch-icon|preload|prefetch|modulepreload|manifest|preconnect|dns-prefetch)\b/i;
/** Elements whose addresses a browser fetches by itself. */
const LOADERS = new Set(['script', 'img', 'source', 'video', 'audio', 'track', 'iframe', 'frame', 'embed', 'object', 'input', 'use', 'image', 'body', 'table', 'td']);

/** Addresses in an element, with whether the browser fetches them when the page is shown. */
function* addressesOf(element) {
  for (const name of ADDRESSES) {
    const value = attribute(element, name);
    if (value === undefined) continue;
    const loads = element.nodeName === 'link' ? FETCHED.test(attribute(element, 'rel') ?? '') : LOADERS.has(element.nodeName) && name !== 'cite';
    yield { value, loads };
  }
  for (const part of (attribute(element, 'srcset') ?? '').split(',')) {
    if (part.trim()) yield { value: part.trim().split(/\s+/)[0], loads: true };
  }
  for (const { 1: value } of (attribute(element, 'style') ?? '').matchAll(/url\(\s*["']?([^"')]+)/g)) yield { value, loads: true };
}

/** Addresses a style sheet fetches. */
function* addressesOfCss(css) {
  for (const { 1: value } of css.matchAll(/url\(\s*["']?([^"')]+)/g)) yield value;
  for (const { 1: value } of css.matchAll(/@import\s+["']([^"']+)/g)) yield value;
}

describe('links', () => {
  /** Addresses found nowhere or wrong; what is loaded from elsewhere; mistakes of redirects; fragments to look up. */
  const dead = [];
  const foreign = [];
  const moved = [];
  const stubs = new Map();
  const fragments = [];
  const misnamed = [];
  const ids = new Map();
  let counted = 0;

  // One walk for all questions: reading a whole group five times would take minutes.
  before(() => {
    for (const page of pages()) {
      ids.set(page.file, new Set(page.elements.flatMap((e) => [attribute(e, 'id'), e.nodeName === 'a' ? attribute(e, 'name') : undefined]).filter(Boolean)));
      const host = new URL(page.address).host;
      for (const element of page.elements) {
        for (const { value, loads } of addressesOf(element)) {
          const where = `${page.file}:${lineOf(element)}: ${value}`;
          if (!URL.canParse(value, page.address)) {
            dead.push(`${where} is no address`);
            continue;
          }
          const url = new URL(value, page.address);
          counted += 1;
          // The desks are served by the sidecar, which no build makes.
          if (isInternal(url) && url.pathname.startsWith('/-/')) continue;
          // Lists of several sites show pictures of their items: these stay on their own hosts.
          const picture = ['img', 'video'].includes(element.nodeName) && isInternal(url);
          if (loads && url.protocol !== 'data:' && url.host !== host && !picture) foreign.push(where);
          if (!['http:', 'https:'].includes(url.protocol) || !isInternal(url)) continue;
          const file = fileAt(url);
          if (!file) dead.push(where);
          else if (url.hash.length > 1) fragments.push({ file, id: decodeURIComponent(url.hash.slice(1)), where });
        }
      }
      if (page.movedTo !== undefined) stubs.set(page.file, page);
      else if (page.kind !== 'missing' && page.canonical !== page.address) misnamed.push(`${page.file}: ${page.canonical}`);
    }
  });

  test('every internal link of every page leads to a file', (t) => {
    t.diagnostic(`${counted} links`);
    assert.ok(counted > 0, 'no links were found at all');
    expectNone(dead, 'dead links');
  });

  test('every fragment leads to an element with its id', () => {
    expectNone(fragments.filter(({ file, id }) => file.endsWith('.html') && !ids.get(file).has(id)).map((f) => f.where), 'dead fragments');
  });

  test('no page loads anything from another host, but for pictures of the group', () => expectNone(foreign, 'foreign requests'));

  test('no style sheet or picture loads anything from another host, and what they load exists', () => {
    const found = [];
    for (const file of files.filter((f) => /\.(css|svg)$/.test(f))) {
      const here = addressOf(file);
      for (const value of file.endsWith('.css') ? addressesOfCss(contentOf(file)) : svgAddresses(contentOf(file))) {
        const url = new URL(value, here);
        if (url.protocol === 'data:' || value.startsWith('#')) continue;
        if (url.host !== new URL(here).host) found.push(`${file}: ${value} is on another host`);
        else if (!fileAt(url)) found.push(`${file}: ${value} does not exist`);
      }
    }
    expectNone(found, 'mistakes in style sheets and pictures');
  });

  test('every redirect leads straight to a page of the group', (t) => {
    t.diagnostic(`${stubs.size} redirects`);
    for (const page of stubs.values()) {
      const url = new URL(page.movedTo, page.address);
      const target = isInternal(url) ? fileAt(url) : undefined;
      if (!target) moved.push(`${page.file} → ${page.movedTo} does not exist`);
      else if (stubs.has(target)) moved.push(`${page.file} → ${page.movedTo} is a redirect itself`);
      // Who has switched refreshing off still needs a way on.
      if (!page.all('a').some((a) => new URL(attribute(a, 'href'), page.address).href === url.href)) moved.push(`${page.file}: no link to ${page.movedTo}`);
      if (new URL(page.canonical, page.address).href !== url.href) moved.push(`${page.file}: canonical ${page.canonical}`);
    }
    expectNone(moved, 'mistakes in redirects');
  });

  test("every page's canonical address is its own", () => expectNone(misnamed, `pages with another canonical address (domain ${DOMAIN})`));
});

function* svgAddresses(svg) {
  for (const { 1: value } of svg.matchAll(/\b(?:xlink:)?href\s*=\s*["']([^"']+)/g)) yield value;
  yield* addressesOfCss(svg);
}
