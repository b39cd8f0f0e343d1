// Whether what is published is what it says it is: HTML by the Nu checker, feeds by RFC 4287, site maps by sitemaps.org, pictures by exiftool;
// and what a check tells machines, by SARIF's schema.
// In: a finished build; the schemas in schema/. Out: findings with file and line.

import assert from 'node:assert/strict';
import { execFile } from 'node:child_process';
import { appendFileSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { createRequire } from 'node:module';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, before, describe, test } from 'node:test';
import { promisify } from 'node:util';
import Ajv from 'ajv';
import addFormats from 'ajv-formats';
import { addressOf, contentOf, expectNone, fileAt, files, isInternal, OUT, Page, REPOSITORY, siteFolders } from './support/build.mjs';
import { startBrowser } from './support/browser.mjs';

const run = promisify(execFile);
const NU = join(createRequire(import.meta.url).resolve('vnu-jar/package.json'), '../build/dist/vnu.jar');
/** Far below the system's limit for a command line, yet few starts of a Java machine. */
const BATCH = 1000;

/** The Nu checker's messages about files. */
async function check(paths) {
  const messages = [];
  for (let i = 0; i < paths.length; i += BATCH) {
    const args = ['-Xss4m', '-jar', NU, '--format', 'json', '--stdout', '--exit-zero-always', ...paths.slice(i, i + BATCH)];
    const { stdout } = await run('java', args, { maxBuffer: 1 << 29 });
    messages.push(...JSON.parse(stdout).messages);
  }
  return messages;
}

const place = (m) => `${decodeURIComponent(m.url.replace(/^file:/, '')).replace(`${OUT}/`, '')}:${m.lastLine ?? 0}: ${m.message}`;

describe('HTML', () => {
  test('every page of every site is valid', async (t) => {
    const pages = files.filter((f) => f.endsWith('.html')).map((f) => join(OUT, f));
    assert.ok(pages.length > 0, 'the build has no pages');
    const messages = await check(pages);
    const errors = messages.filter((m) => m.type !== 'info');
    t.diagnostic(`${pages.length} pages, ${errors.length} errors, ${messages.length - errors.length} warnings`);
    for (const warning of messages.filter((m) => m.type === 'info').slice(0, 20)) t.diagnostic(place(warning));
    expectNone(errors.map(place), 'errors of HTML');
  });

  test('the checker reports a page that is broken on purpose', async () => {
    const folder = mkdtempSync(join(tmpdir(), 'portico-html-'));
    try {
      const file = join(folder, 'broken.html');
      writeFileSync(file, '<!DOCTYPE html><html lang="zh-CN"><head><title>x</title></head><body><ul><p>x</p></ul></body></html>');
      const messages = await check([file]);
      assert.ok(messages.some((m) => m.type === 'error'), 'the Nu checker found nothing in a broken page');
    } finally {
      rmSync(folder, { recursive: true });
    }
  });
});

const SCHEMA = new URL('./schema/', import.meta.url).pathname;

/** What xmllint says against files that a schema (`--schema x.xsd`, `--relaxng x.rng`) does not allow. */
async function against(kind, schema, paths) {
  assert.ok(paths.length > 0, `no files for ${schema}`);
  const found = [];
  for (let i = 0; i < paths.length; i += BATCH) {
    const { stderr } = await run('xmllint', ['--noout', '--nonet', kind, join(SCHEMA, schema), ...paths.slice(i, i + BATCH)], { maxBuffer: 1 << 26 }).catch((failed) => failed);
    found.push(...stderr.split('\n').filter((line) => line && !line.endsWith(' validates')));
  }
  return found.map((line) => line.replace(`${OUT}/`, ''));
}

describe('schemas', () => {
  const feeds = files.filter((f) => f.endsWith('feed.xml'));
  const maps = files.filter((f) => /(^|\/)sitemap[^/]*\.xml$/.test(f));
  const inOut = (f) => join(OUT, f);

  test('every feed of every site is what RFC 4287 allows', async (t) => {
    t.diagnostic(`${feeds.length} feeds`);
    expectNone(await against('--relaxng', 'atom.rng', feeds.map(inOut)), 'violations of RFC 4287');
  });

  test('every site map of every site is what the protocol’s schema allows', async (t) => {
    t.diagnostic(`${maps.length} site maps of ${siteFolders.length} sites`);
    const isIndex = (f) => contentOf(f).includes('<sitemapindex');
    const indexes = maps.filter(isIndex);
    const found = await against('--schema', 'sitemap.xsd', maps.filter((f) => !isIndex(f)).map(inOut));
    if (indexes.length) found.push(...(await against('--schema', 'sitemap-index.xsd', indexes.map(inOut))));
    expectNone(found, 'violations of the site map schema');
  });

  test('what a schema does not allow is told', async () => {
    const folder = mkdtempSync(join(tmpdir(), 'portico-schema-'));
    const broken = (name, text) => (writeFileSync(join(folder, name), text), [join(folder, name)]);
    try {
      const [feed, map] = [contentOf('www/feed.xml'), contentOf('www/sitemap.xml')];
      for (const text of [feed.replace(/<updated>.*?<\/updated>/, ''), feed.replace(/<id>.*?<\/id>/, '<id>here</id>'), feed.replace('<entry>', '<entry><price>1</price>')]) {
        assert.notDeepEqual(await against('--relaxng', 'atom.rng', broken('feed.xml', text)), []);
      }
      for (const text of [map.replace('<loc>https:', '<loc>ftp:'), map.replace('</loc>', '</loc><lastmod>gestern</lastmod>'), map.replace('<url>', '<url><title>x</title>')]) {
        assert.notDeepEqual(await against('--schema', 'sitemap.xsd', broken('map.xml', text)), []);
      }
      const index = '<sitemapindex xmlns="http://www.sitemaps.org/schemas/sitemap/0.9"><sitemap><loc>https://www.a.example/sitemap-1.xml</loc></sitemap></sitemapindex>';
      assert.deepEqual(await against('--schema', 'sitemap-index.xsd', broken('index.xml', index)), []);
      assert.notDeepEqual(await against('--schema', 'sitemap-index.xsd', broken('index.xml', index.replaceAll('loc>', 'lock>'))), []);
    } finally {
      rmSync(folder, { recursive: true });
    }
  });
});

/** Validates a SARIF 2.1.0 document. The schema is as OASIS publishes it, but for a pattern of languages with a bracket too many, which no validator accepts. */
function sarifSchema() {
  const text = readFileSync(join(SCHEMA, 'sarif-2.1.0.json'), 'utf8');
  assert.ok(text.includes('[a-zA-Z]{2}]?$'), 'the schema has been mended: so can be this');
  const ajv = new Ajv({ strict: false, allErrors: true });
  addFormats(ajv);
  return ajv.compile(JSON.parse(text.replaceAll('[a-zA-Z]{2}]?$', '[a-zA-Z]{2}$')));
}

describe('SARIF', () => {
  test('what a check tells machines is what the schema allows, findings and accepted ones alike', async () => {
    const folder = mkdtempSync(join(tmpdir(), 'portico-sarif-'));
    const portico = (...words) => run(join(REPOSITORY, 'target/release/portico'), words, { maxBuffer: 1 << 26 }).catch((failed) => failed);
    try {
      await portico('new', join(folder, 'group'));
      const root = join(folder, 'group');
      writeFileSync(join(root, 'content/www/news/planted.md'), '---\ntitle: 通知\ndate: 2026-11-02\n---\n电话13987654321。[点击这里](https://www.gov.example/)\n');
      appendFileSync(join(root, 'sites/group.yaml'), 'check: {suppress: [{rule: click-here, path: content/www, reason: 市领导同意, until: 2030-01-01}]}\n');
      const { stdout } = await portico('check', '--root', root, '--at', '2026-11-20', '--format', 'sarif');
      const [sarif, valid] = [JSON.parse(stdout), sarifSchema()];
      assert.ok(valid(sarif), JSON.stringify(valid.errors));
      const { results } = sarif.runs[0];
      assert.ok(results.some((r) => r.ruleId === 'private-mobile' && r.level === 'error'), stdout);
      assert.ok(results.some((r) => r.ruleId === 'click-here' && r.suppressions[0].justification === '市领导同意'), stdout);
      for (const spoil of [(s) => (s.runs[0].results[0].level = 'grave'), (s) => delete s.runs[0].tool, (s) => (s.version = '2.0.0')]) {
        const spoilt = structuredClone(sarif);
        spoil(spoilt);
        assert.ok(!valid(spoilt), spoil);
      }
    } finally {
      rmSync(folder, { recursive: true });
    }
  });
});

describe('pictures', () => {
  test('no published picture tells where, when or with what it was taken', async (t) => {
    const asked = ['-r', '-q', '-q', '-json', '-G1', '-EXIF:all', '-GPS:all', '-XMP:all', '-IPTC:all', '-Comment', '-ext', 'jpg', '-ext', 'png', '-ext', 'webp', '-ext', 'gif', OUT];
    const { stdout } = await run('exiftool', asked, { maxBuffer: 1 << 28 });
    const told = JSON.parse(stdout);
    t.diagnostic(`${told.length} pictures`);
    assert.ok(told.length > 100, 'hardly any pictures were looked at');
    expectNone(told.filter((file) => Object.keys(file).length > 1).map((file) => JSON.stringify(file)), 'pictures with metadata');
  });
});

// The browser's own XML parser reads the files: it is strict, and it is there anyway.
describe('XML', () => {
  let browser;
  let page;
  before(async () => {
    browser = await startBrowser();
    page = await browser.newPage();
  });
  after(() => browser?.close());

  /** A file as `{name, namespace, attributes, text, children}`, or `{mistake}` when it is not well-formed. */
  const read = (source) =>
    page.evaluate((xml) => {
      const root = new DOMParser().parseFromString(xml, 'application/xml');
      const mistake = root.querySelector('parsererror');
      if (mistake) return { mistake: mistake.textContent };
      const tree = (e) => ({
        name: e.localName,
        namespace: e.namespaceURI,
        attributes: Object.fromEntries([...e.attributes].map((a) => [a.name, a.value])),
        text: e.textContent.trim(),
        children: [...e.children].map(tree),
      });
      return tree(root.documentElement);
    }, source);

  test('a file that is not well-formed is recognised', async () => {
    assert.ok((await read('<a>&nbsp;</a>')).mistake);
    assert.ok((await read('<a><b></a>')).mistake);
    assert.equal((await read('<a>&amp;</a>')).mistake, undefined);
  });

  test('every feed is a complete Atom feed whose entries lead to pages', async (t) => {
    const feeds = files.filter((f) => f.endsWith('feed.xml'));
    for (const folder of siteFolders) assert.ok(feeds.includes(`${folder}/feed.xml`), `${folder} has no feed`);
    const findings = [];
    for (const file of feeds) findings.push(...feedFindings(file, await read(contentOf(file))).map((f) => `${file}: ${f}`));
    t.diagnostic(`${feeds.length} feeds`);
    expectNone(findings, 'mistakes in feeds');
  });

  test('every site map is complete, and all its addresses are pages of its own host', async (t) => {
    const maps = files.filter((f) => /(^|\/)sitemap[^/]*\.xml$/.test(f));
    for (const folder of siteFolders) assert.ok(maps.includes(`${folder}/sitemap.xml`), `${folder} has no sitemap.xml`);
    const listed = new Set();
    const findings = [];
    for (const file of maps) findings.push(...mapFindings(file, await read(contentOf(file)), listed).map((f) => `${file}: ${f}`));
    t.diagnostic(`${maps.length} site maps, ${listed.size} addresses`);
    // Search engines have to be told of every article; who adds a kind of page without listing it learns of it here.
    for (const file of files.filter((f) => f.endsWith('.html'))) {
      const kind = new Page(file).kind;
      if (['home', 'article'].includes(kind) && !isTablePage(file) && !listed.has(addressOf(file))) findings.push(`${file}: in no site map`);
      if (['stub', 'missing'].includes(kind) && listed.has(addressOf(file))) findings.push(`${file}: a ${kind} page in a site map`);
    }
    expectNone(findings, 'mistakes in site maps');
  });

  test('robots.txt of every host names the site maps of all its sites by their full addresses', () => {
    const findings = [];
    for (const folder of siteFolders.filter((f) => !f.includes('/'))) {
      const robots = files.includes(`${folder}/robots.txt`) ? contentOf(`${folder}/robots.txt`) : '';
      const named = [...robots.matchAll(/^Sitemap: (\S+)$/gim)].map((m) => m[1]);
      if (named.length === 0) findings.push(`${folder}/robots.txt names no site map`);
      for (const address of named) if (!fileAt(new URL(address))) findings.push(`${folder}/robots.txt: ${address} does not exist`);
      // A site that lives in a path has no robots.txt of its own: its host's has to speak for it.
      for (const site of siteFolders.filter((f) => f === folder || f.startsWith(`${folder}/`))) {
        const address = addressOf(`${site}/sitemap.xml`);
        if (!named.includes(address)) findings.push(`${folder}/robots.txt does not name ${address}`);
      }
    }
    expectNone(findings, 'mistakes in robots.txt');
  });
});

const ATOM = 'http://www.w3.org/2005/Atom';
const SITEMAP = 'http://www.sitemaps.org/schemas/sitemap/0.9';
const MOMENT = /^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d(\.\d+)?(Z|[+-]\d\d:\d\d)$/;
const DATE = /^\d{4}(-\d\d(-\d\d(T\d\d:\d\d(:\d\d(\.\d+)?)?(Z|[+-]\d\d:\d\d))?)?)?$/;

/** A further page of a table's rows: the article itself, without a number, is what is listed. */
const isTablePage = (file) => /\.page-\d+\.html$/.test(file);

function feedFindings(file, feed) {
  if (feed.mistake) return [feed.mistake];
  const found = [];
  const named = (parent, name) => parent.children.filter((c) => c.name === name && c.namespace === ATOM);
  const one = (parent, name, where) => {
    const all = named(parent, name);
    if (all.length !== 1 || !all[0].text) found.push(`${where} has ${all.length} <${name}>, one that is filled was expected`);
    return all[0]?.text ?? '';
  };
  const links = (parent, rel) => named(parent, 'link').filter((l) => (l.attributes.rel ?? 'alternate') === rel).map((l) => l.attributes.href);
  if (feed.name !== 'feed' || feed.namespace !== ATOM) return ['the root is no Atom feed'];
  one(feed, 'title', 'the feed');
  const identity = one(feed, 'id', 'the feed');
  if (!URL.canParse(identity)) found.push(`the feed's id is no address: ${identity}`);
  const updated = one(feed, 'updated', 'the feed');
  if (!MOMENT.test(updated)) found.push(`the feed's <updated> is no moment: ${updated}`);
  if (links(feed, 'self')[0] !== addressOf(file)) found.push(`the feed calls itself ${links(feed, 'self')[0]}`);
  const entries = named(feed, 'entry');
  const authored = named(feed, 'author').some((a) => named(a, 'name')[0]?.text);
  const identities = new Set();
  for (const entry of entries) {
    const title = one(entry, 'title', 'an entry');
    const id = one(entry, 'id', `“${title}”`);
    if (identities.has(id)) found.push(`two entries share the id ${id}`);
    identities.add(id);
    if (!MOMENT.test(one(entry, 'updated', `“${title}”`))) found.push(`“${title}” has no moment in <updated>`);
    if (!authored && !named(entry, 'author').some((a) => named(a, 'name')[0]?.text)) found.push(`“${title}” has no author`);
    const target = links(entry, 'alternate');
    if (target.length !== 1 || !URL.canParse(target[0])) found.push(`“${title}” has ${target.length} links to its page`);
    else if (isInternal(new URL(target[0])) && !fileAt(new URL(target[0]))) found.push(`“${title}” leads nowhere: ${target[0]}`);
    // RFC 4287, 4.1.2: the feed's moment is that of its last significant change.
    if (Date.parse(named(entry, 'updated')[0]?.text) > Date.parse(updated)) found.push(`“${title}” is newer than the feed`);
  }
  return found;
}

function mapFindings(file, map, listed) {
  if (map.mistake) return [map.mistake];
  if (map.namespace !== SITEMAP || !['urlset', 'sitemapindex'].includes(map.name)) return ['the root is no site map'];
  const found = [];
  const child = map.name === 'urlset' ? 'url' : 'sitemap';
  if (map.children.length === 0 || map.children.length > 50_000) found.push(`${map.children.length} entries`);
  for (const entry of map.children) {
    const values = (name) => entry.children.filter((c) => c.name === name && c.namespace === SITEMAP).map((c) => c.text);
    const [address] = values('loc');
    if (entry.name !== child || values('loc').length !== 1 || !URL.canParse(address)) {
      found.push(`an entry <${entry.name}> without one address`);
      continue;
    }
    const url = new URL(address);
    if (url.host !== new URL(addressOf(file)).host) found.push(`${address} is on another host`);
    if (!isInternal(url) || !fileAt(url)) found.push(`${address} does not exist`);
    if (values('lastmod').some((moment) => !DATE.test(moment))) found.push(`${address}: <lastmod> ${values('lastmod')} is no date`);
    if (child === 'url') {
      if (listed.has(url.href)) found.push(`${address} is listed twice`);
      listed.add(url.href);
    }
  }
  return found;
}
