// A finished build as the tests see it.
// In: the folder in PORTICO_OUT and the domain in sites/group.yaml. Out: its files, its parsed pages, and the file an address leads to.

import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { parse } from 'parse5';

export const REPOSITORY = new URL('../../../', import.meta.url).pathname;
export const OUT = process.env.PORTICO_OUT;
if (!OUT) throw new Error('PORTICO_OUT is not set: start the tests with tests/browser/run OUT_DIR');

const setting = (name) => {
  const found = readFileSync(join(REPOSITORY, 'sites/group.yaml'), 'utf8').match(new RegExp(`^${name}: *(\\S+)`, 'm'));
  if (!found) throw new Error(`sites/group.yaml names no ${name}`);
  return found[1];
};
export const DOMAIN = setting('domain');

/** Every file of the build, relative to it, in a stable order. */
export const files = readdirSync(OUT, { recursive: true, withFileTypes: true })
  .filter((entry) => entry.isFile())
  .map((entry) => join(entry.parentPath, entry.name).slice(OUT.length + 1))
  .sort();
const known = new Set(files);

/** Folders (`www`, `www/xz/qingshi`) where a site lives: only a site's own folder has a page for what is missing. */
export const siteFolders = files.filter((f) => f.endsWith('/404.html')).map((f) => f.slice(0, -'/404.html'.length));

export const siteOf = (file) => siteFolders.filter((folder) => file.startsWith(`${folder}/`)).sort((a, b) => b.length - a.length)[0];

export const hosts = new Set(files.map((f) => f.split('/')[0]));

export const contentOf = (file) => readFileSync(join(OUT, file), 'utf8');

/** The public address of a file: `www/news/index.html` is `https://www.<domain>/news/`. */
export function addressOf(file) {
  const [host, ...path] = file.split('/');
  const plain = path.join('/').replace(/(^|\/)index\.html$/, '$1');
  return new URL(`https://${host}.${DOMAIN}/${plain.split('/').map(encodeURIComponent).join('/')}`).href;
}

/** Whether an address belongs to the group: every name below its domain must be one of its sites. */
export const isInternal = (url) => url.hostname === DOMAIN || url.hostname.endsWith(`.${DOMAIN}`);

/** The file an internal address leads to; undefined when there is none. */
export function fileAt(url) {
  const host = url.hostname.slice(0, -DOMAIN.length - 1);
  const path = decodeURIComponent(url.pathname).slice(1);
  const file = `${host}/${path}${path === '' || path.endsWith('/') ? 'index.html' : ''}`;
  return known.has(file) ? file : undefined;
}

/** An HTML document with the few questions the tests ask. */
export class Page {
  constructor(file) {
    this.file = file;
    this.address = addressOf(file);
    this.source = contentOf(file);
    this.elements = [...elementsOf(parse(this.source, { sourceCodeLocationInfo: true }))];
  }

  all(...names) {
    return this.elements.filter((e) => names.includes(e.nodeName));
  }

  withClass(name) {
    return this.elements.filter((e) => (attribute(e, 'class') ?? '').split(/\s+/).includes(name));
  }

  /** All values of `<meta name=…>`. */
  metas(name) {
    return this.all('meta').filter((e) => attribute(e, 'name') === name).map((e) => attribute(e, 'content') ?? '');
  }

  get title() {
    return this.all('title').map(text).join('');
  }

  get canonical() {
    return this.all('link').filter((e) => attribute(e, 'rel') === 'canonical').map((e) => attribute(e, 'href'))[0];
  }

  /** Where a redirect stub sends its readers; undefined on a real page. */
  get movedTo() {
    const refresh = this.all('meta').find((e) => attribute(e, 'http-equiv')?.toLowerCase() === 'refresh');
    return refresh && attribute(refresh, 'content').replace(/^.*?url=/i, '');
  }

  /**
   * By the file's place alone, so that missing tags cannot hide a page from its test:
   * home, column, article, map, search or missing; stub for a redirect.
   */
  get kind() {
    if (this.movedTo !== undefined) return 'stub';
    const path = this.file.slice(siteOf(this.file).length + 1);
    if (path === 'index.html') return 'home';
    if (path === 'map.html') return 'map';
    if (path === 'search.html') return 'search';
    if (path === '404.html') return 'missing';
    return /(^|\/)(index|page-\d+|by-[a-z]+\/[^/]+)\.html$/.test(path) ? 'column' : 'article';
  }
}

/** Every page of the build, one after another: a big group's pages don't fit in memory together. */
export function* pages() {
  for (const file of files) if (file.endsWith('.html')) yield new Page(file);
}

export const attribute = (element, name) => element.attrs?.find((a) => (a.prefix ? `${a.prefix}:${a.name}` : a.name) === name)?.value;

export const lineOf = (element) => element.sourceCodeLocation?.startLine ?? 0;

export function* elementsOf(node) {
  if (node.tagName) yield node;
  for (const child of node.childNodes ?? []) yield* elementsOf(child);
  if (node.content) yield* elementsOf(node.content);
}

export function text(node) {
  if (node.nodeName === '#text') return node.value;
  return (node.childNodes ?? []).map(text).join('');
}

/** Fails with the first findings in full and the number of all. */
export function expectNone(findings, what) {
  if (findings.length === 0) return;
  const shown = findings.slice(0, 20).map((f) => `  ${f}`).join('\n');
  throw new Error(`${findings.length} ${what}:\n${shown}${findings.length > 20 ? `\n  … and ${findings.length - 20} more` : ''}`);
}
