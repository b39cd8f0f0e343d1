// What a Chinese government site owes its readers and its inspectors, on every page.
// In: a finished build. Out: pages without page tags (网页标签), footer duties, one heading, a language, or with inline code.

import { createHash } from 'node:crypto';
import { before, describe, test } from 'node:test';
import { addressOf, attribute, contentOf, elementsOf, expectNone, fileAt, files, hosts, isInternal, lineOf, pages, siteFolders, siteOf, text } from './support/build.mjs';

const clean = (s) => s.replace(/\s+/g, ' ').trim();

/** The address of a site without its scheme, as `SiteDomain` has to say it. */
const domainOf = (site) => addressOf(`${site}/index.html`).replace(/^https:\/\//, '').replace(/\/$/, '');

/** Questions by name; each gives what is wrong with a page. */
const questions = {
  'has one <h1> and one <main>, both with something in them': function* (page) {
    for (const name of ['h1', 'main']) {
      const all = page.all(name);
      if (all.length !== 1) yield `${all.length} <${name}>`;
      else if (!clean(text(all[0]))) yield `an empty <${name}>`;
    }
  },

  'names its language': function* (page) {
    const language = attribute(page.all('html')[0], 'lang');
    if (!/^[a-z]{2,3}(-[A-Za-z0-9]{2,8})*$/.test(language ?? '')) yield `lang is ${language}`;
  },

  'has no inline script and no inline style': function* (page) {
    for (const element of page.elements) {
      const where = `line ${lineOf(element)}: <${element.nodeName}>`;
      if (element.nodeName === 'style') yield where;
      // Data is no code: no browser runs it.
      if (element.nodeName === 'script' && !attribute(element, 'src') && attribute(element, 'type') !== 'application/ld+json') yield where;
      for (const { name, value } of element.attrs) {
        if (name === 'style' || /^on/.test(name) || name === 'srcdoc') yield `${where} ${name}="${value}"`;
        if (['href', 'src', 'action', 'formaction', 'data'].includes(name) && /^[\s\p{Cc}]*(javascript|vbscript|data:text\/html)/iu.test(value)) yield `${where} ${name}="${value}"`;
      }
    }
  },

  'names its site in three page tags': function* (page) {
    if (page.kind === 'stub') return;
    const wanted = { SiteName: /\S/, SiteDomain: { test: (value) => value === domainOf(siteOf(page.file)) }, SiteIDCode: /^[0-9A-Za-z]{10}$/ };
    yield* tags(page, wanted);
  },

  'names its column in four page tags, when it belongs to one': function* (page) {
    if (!['column', 'article'].includes(page.kind)) return;
    yield* tags(page, { ColumnName: /\S/, ColumnDescription: /\S/, ColumnKeywords: /\S/, ColumnType: /\S/ });
    const [name] = page.metas('ColumnName');
    const heading = clean(page.all('h1').map(text).join(''));
    if (page.kind === 'column' && name && !heading.startsWith(clean(name))) yield `ColumnName is “${name}”, the heading “${heading}”`;
  },

  'says in page tags what article it is, when it is one, and only then': function* (page) {
    if (page.kind !== 'article') {
      for (const name of ['ArticleTitle', 'PubDate', 'ContentSource']) if (page.metas(name).length > 0) yield `a ${page.kind} page has ${name}`;
      return;
    }
    yield* tags(page, { ArticleTitle: /\S/, PubDate: /^\d{4}-(0\d|1[0-2])-([0-2]\d|3[01]) ([01]\d|2[0-3]):[0-5]\d$/, ContentSource: /\S/ });
    const heading = clean(page.all('h1').map(text).join(''));
    if (clean(page.metas('ArticleTitle')[0] ?? '') !== heading) yield `ArticleTitle is “${page.metas('ArticleTitle')[0]}”, the heading “${heading}”`;
    for (const optional of ['Keywords', 'Author', 'Description', 'Url', 'Image']) for (const value of page.metas(optional)) if (!value.trim()) yield `${optional} is empty`;
    for (const url of page.metas('Url')) if (url !== page.address) yield `Url is ${url}`;
  },

  'shows an article with its date, its source, its place and its neighbours': function* (page) {
    if (page.kind !== 'article') return;
    const main = page.all('main')[0];
    const shown = clean(text(main));
    // A person and a collection have no source; they show what matters about them instead.
    if (page.withClass('article-leader').length + page.withClass('article-topic').length === 0) {
      const [date, source] = [page.metas('PubDate')[0], page.metas('ContentSource')[0]];
      if (!shown.includes(`发布时间：${date}`)) yield `发布时间 ${date} is not shown`;
      if (!shown.includes(`来源：${clean(source ?? '')}`)) yield `来源 ${source} is not shown`;
    }
    yield* place(page);
    const neighbours = page.all('a').filter((a) => /^(prev|next)$/.test(attribute(a, 'rel') ?? ''));
    if (neighbours.length === 0 && (articlesIn.get(folderOf(page.file)) ?? 0) > 1) yield 'neither 上一篇 nor 下一篇, in a column with several articles';
  },

  'shows where a column lies': function* (page) {
    if (page.kind === 'column') yield* place(page);
  },

  'tells machines what it is: Open Graph, and JSON-LD that can be read': function* (page) {
    if (page.kind === 'stub') return;
    const graph = (name) => page.all('meta').filter((e) => attribute(e, 'property') === name).map((e) => attribute(e, 'content'));
    for (const name of ['og:type', 'og:title', 'og:site_name']) if (graph(name).length !== 1 || !graph(name)[0]) yield `${graph(name).length} tags ${name}`;
    if (page.kind !== 'missing' && graph('og:url')[0] !== page.canonical) yield `og:url is ${graph('og:url')}`;
    for (const image of graph('og:image')) if (!/^https:/.test(image)) yield `og:image is ${image}`;
    const wanted = { home: 'GovernmentOrganization', column: 'BreadcrumbList', article: 'BreadcrumbList' }[page.kind];
    const data = page.all('script').filter((e) => attribute(e, 'type') === 'application/ld+json');
    if (wanted && data.length !== 1) return void (yield `${data.length} pieces of JSON-LD`);
    for (const piece of data) {
      try {
        const told = JSON.parse(text(piece));
        const types = (told['@graph'] ?? [told]).map((thing) => thing['@type']).flat();
        if (wanted && !types.includes(wanted)) yield `JSON-LD tells of ${types.join(', ')}, not of a ${wanted}`;
        for (const { item } of told['@graph']?.find((thing) => thing['@type'] === 'BreadcrumbList')?.itemListElement ?? []) if (!/^https:/.test(item)) yield `a breadcrumb leads to ${item}`;
      } catch (mistake) {
        yield `JSON-LD cannot be read: ${mistake.message}`;
      }
    }
  },

  'loads no script and no style sheet but as it was published (integrity)': function* (page) {
    const loaded = page.all('script', 'link').filter((e) => attribute(e, 'src') || /\bstylesheet\b/.test(attribute(e, 'rel') ?? ''));
    for (const element of loaded) {
      const address = attribute(element, 'src') ?? attribute(element, 'href');
      if (attribute(element, 'integrity') !== sealOf(fileAt(new URL(address, page.address)))) yield `${address} has integrity ${attribute(element, 'integrity')}`;
    }
  },

  'is small: under 100 KB without its pictures': function* (page) {
    const bytes = Buffer.byteLength(page.source);
    if (bytes > 100_000) yield `${bytes} bytes`;
  },

  'carries all duties in its footer': function* (page) {
    if (page.kind === 'stub') return;
    const footers = page.all('footer').filter((f) => (attribute(f, 'class') ?? '').split(' ').includes('foot'));
    if (footers.length !== 1) return void (yield `${footers.length} page footers`);
    const inside = [...elementsOf(footers[0])];
    const words = clean(text(footers[0]));
    const links = inside.filter((e) => e.nodeName === 'a');
    const code = page.metas('SiteIDCode')[0] ?? '';
    for (const duty of ['主办单位', '承办单位', '联系方式']) if (!new RegExp(`${duty}：\\S`).test(words)) yield `no ${duty}`;
    if (!code || !words.includes(`网站标识码：${code}`)) yield 'no 网站标识码 that equals SiteIDCode';
    if (!/ICP备\d+号/.test(words)) yield 'no ICP备案号';
    const police = inside.find((e) => /公网安备 ?\d{14}号/.test(text(e)) && [...elementsOf(e)].some((c) => c.nodeName === 'img'));
    if (!police) yield 'no 公安机关备案号 with its mark';
    const mark = links.find((a) => [...elementsOf(a)].some((c) => c.nodeName === 'img' && /党政机关/.test(attribute(c, 'alt') ?? '')));
    if (!mark) yield 'no 党政机关 mark that leads to its proof';
    const map = links.find((a) => clean(text(a)) === '站点地图');
    const target = map && new URL(attribute(map, 'href'), page.address);
    if (!target || !isInternal(target) || fileAt(target) !== `${siteOf(page.file)}/map.html`) yield "no link to the site's own 站点地图";
    const report = links.find((a) => clean(text(a)) === '政府网站找错');
    if (!report) yield 'no 政府网站找错';
    else if (!attribute(report, 'href').includes(code)) yield `政府网站找错 does not carry the site's code ${code}: ${attribute(report, 'href')}`;
  },

  "has a title with its site's name, unlike its neighbours'": function* (page) {
    const title = clean(page.title);
    if (!title) return void (yield 'no title');
    const name = page.metas('SiteName')[0];
    if (name && !title.includes(clean(name))) yield `the title “${title}” lacks “${name}”`;
    if (page.kind === 'stub') return;
    // A column and its only article may well be called the same.
    const key = `${page.kind}\n${folderOf(page.file)}\n${title}`;
    if (titles.has(key)) yield `the same title as ${titles.get(key)}: “${title}”`;
    titles.set(key, page.file);
  },
};

const seals = new Map();
/** What a browser holds a file against, by the specification: Subresource Integrity. */
function sealOf(file) {
  if (!seals.has(file)) seals.set(file, `sha384-${createHash('sha384').update(contentOf(file)).digest('base64')}`);
  return seals.get(file);
}

const folderOf = (file) => file.slice(0, file.lastIndexOf('/'));
const count = (map, key) => map.set(key, (map.get(key) ?? 0) + 1);
/** Number of articles by folder, further pages of tables not counted. */
const articlesIn = new Map();
const titles = new Map();

/** What a site's frame lacks is lacking on all its pages: one line for all of them. */
const note = (map, wrong, file) => map.set(wrong, [...(map.get(wrong) ?? []), file]);

/** What is wrong with page tags that must stand exactly once and match. */
function* tags(page, wanted) {
  for (const [name, pattern] of Object.entries(wanted)) {
    const values = page.metas(name);
    if (values.length !== 1) yield `${values.length} tags ${name}`;
    else if (!pattern.test(values[0])) yield `${name} is “${values[0]}”`;
  }
}

/** Breadcrumbs begin at the site's home page and lead through existing pages. */
function* place(page) {
  const crumbs = page.withClass('crumbs').flatMap((e) => [...elementsOf(e)]).filter((e) => e.nodeName === 'a');
  const home = new URL(addressOf(`${siteOf(page.file)}/index.html`)).pathname;
  if (crumbs.length < 2) yield `${crumbs.length} links in the breadcrumbs`;
  else if (attribute(crumbs[0], 'href') !== home) yield `the breadcrumbs begin at ${attribute(crumbs[0], 'href')}`;
}

describe('every page', () => {
  const findings = new Map(Object.keys(questions).map((name) => [name, new Map()]));
  const seen = new Map();

  before(() => {
    // Neighbours can only be judged when all articles of a column have been counted.
    for (const page of pages()) {
      count(seen, page.kind);
      if (page.kind === 'article' && !/\.page-\d+\.html$/.test(page.file)) count(articlesIn, folderOf(page.file));
    }
    for (const page of pages()) {
      for (const [name, ask] of Object.entries(questions)) for (const wrong of ask(page)) note(findings.get(name), wrong, page.file);
    }
  });

  test('is of a known kind, and every kind is there', (t) => {
    t.diagnostic([...seen].map(([kind, number]) => `${number} ${kind}`).join(', '));
    const lacking = ['home', 'column', 'article', 'map', 'missing'].filter((kind) => !seen.get(kind));
    expectNone(lacking, 'kinds of page without a page');
    expectNone(siteFolders.length === seen.get('home') ? [] : [`${siteFolders.length} sites, ${seen.get('home')} home pages`], 'sites without a home page');
  });

  test('has a style sheet under 30 KB, and a security.txt on every host with its own name', () => {
    const sheets = files.filter((f) => /\/assets\/css\/.*\.css$/.test(f));
    expectNone(sheets.filter((f) => contentOf(f).length > 30_000).map((f) => `${f}: ${contentOf(f).length} bytes`), 'style sheets that are too large');
    const findings = [];
    for (const host of hosts) {
      const file = `${host}/.well-known/security.txt`;
      if (!files.includes(`${host}/404.html`)) continue;
      if (!files.includes(file)) findings.push(`${host} has none`);
      else for (const line of [/^Contact: (mailto:|https:)\S+$/m, /^Expires: \d{4}-\d{2}-\d{2}T[\d:]{8}\+\d{2}:\d{2}$/m, new RegExp(`^Canonical: ${addressOf(file)}$`, 'm')]) if (!line.test(contentOf(file))) findings.push(`${file}: no ${line}`);
    }
    expectNone(findings, 'mistakes in security.txt');
  });

  for (const name of Object.keys(questions)) test(name, () => expectNone([...findings.get(name)].map(([wrong, files]) => `${files[0]}${files.length > 1 ? ` and ${files.length - 1} more` : ''}: ${wrong}`), 'findings'));
});
