// Finds items by their titles and numbers without a service, reading a few small parts of the site's index.
// In: the question in the page's address (?q=…), and the address of the index. Out: a list of what was found, the newest first.
// Letters, pairs and shards are as the generator makes them (src/source/folding.rs, src/plan/finder.rs).

/** Results that are enough for once, blocks read for them at most, and pairs of letters looked up at most. */
const [ENOUGH, BLOCKS, PAIRS] = [20, 8, 6];
const area = document.querySelector('.results');
const [output, list, more] = ['output', 'ul', 'button'].map((name) => area.querySelector(name));
const index = new URL(area.dataset.index, location.href);
const question = (new URLSearchParams(location.search).get('q') ?? '').trim().slice(0, 80);

const make = (name, properties, ...children) => {
  const element = Object.assign(document.createElement(name), properties);
  element.append(...children);
  return element;
};

const asked = new Map();
/** A part of the index. One that a newer release no longer has is as if it were empty. */
function part(name, empty) {
  if (!asked.has(name)) {
    const read = (answer) => (answer.ok ? answer.json() : answer.status === 404 ? empty : Promise.reject(new Error(answer.status)));
    asked.set(name, fetch(new URL(name, index)).then(read));
  }
  return asked.get(name);
}

let simplified = new Map();
/** The plain form of a letter: of ordinary width, lower case, simplified; '' for what is no letter. */
function folded(letter) {
  const code = letter.codePointAt(0);
  const plain = code >= 0xff01 && code <= 0xff5e ? String.fromCharCode(code - 0xfee0) : letter;
  if (!/[\p{Alphabetic}\p{N}]/u.test(plain)) return '';
  const lower = plain.toLowerCase();
  return simplified.get(plain) ?? ([...lower].length === 1 ? lower : plain);
}
const fold = (text) => [...text].map(folded).join('');
const wordsOf = (text) => text.split(/\s+/).map(fold).filter(Boolean);

function shardOf(pair, shards) {
  let hash = 0x811c9dc5;
  for (let i = 0; i < pair.length; i++) hash = Math.imul(hash ^ pair.charCodeAt(i), 0x01000193);
  return (hash ^ (hash >>> 16)) & (shards - 1);
}

/** The blocks in which all words may stand, the newest first. Of many pairs some are looked up, from the whole length of the question. */
async function blocksOf(words, { blocks, shards }) {
  const all = Array.from({ length: blocks }, (_, i) => blocks - 1 - i);
  const pairs = [...new Set(words.flatMap((word) => [...word].slice(1).map((letter, i) => [...word][i] + letter)))];
  if (!shards || !pairs.length) return all;
  const some = pairs.filter((_, i) => Math.floor((i * PAIRS) / pairs.length) !== Math.floor(((i - 1) * PAIRS) / pairs.length));
  const places = some.map(async (pair) => {
    const shard = await part(`s${shardOf(pair, shards)}.json`, {});
    let block = 0;
    return new Set((shard[pair] ?? []).map((distance) => (block += distance)));
  });
  const found = await Promise.all(places);
  return all.filter((block) => found.every((blocks) => blocks.has(block)));
}

/** A title with the words in it marked. */
function marked(title, words) {
  const letters = [...title];
  const at = letters.flatMap((letter, i) => [...Array(folded(letter).length).keys()].map(() => i));
  const plain = fold(title);
  const hits = new Set();
  for (const word of words) {
    for (let from = plain.indexOf(word); from >= 0; from = plain.indexOf(word, from + 1)) {
      for (let i = at[from]; i <= at[from + word.length - 1]; i++) hits.add(i);
    }
  }
  const runs = [];
  letters.forEach((letter, i) => {
    if (i > 0 && hits.has(i) === hits.has(i - 1)) runs.at(-1).text += letter;
    else runs.push({ text: letter, hit: hits.has(i) });
  });
  return runs.map(({ text, hit }) => (hit ? make('mark', { textContent: text }) : text));
}

function line([title, file, day, column, numbers], columns, words) {
  const [name, address] = columns[column];
  const link = make('a', { href: address + file }, ...marked(title, words));
  const known = numbers.filter((text) => !title.includes(text)).join('　');
  const number = known ? [make('span', { className: 'note' }, ...marked(known, words))] : [];
  return make('li', {}, make('span', {}, make('span', { className: 'from', textContent: name }), link, ...number), ' ', make('time', { dateTime: day, textContent: day }));
}

/** Goes on through the blocks that are left, until there is enough. */
async function goOn(words, left) {
  let found = 0;
  for (let read = 0; left.length && read < BLOCKS && found < ENOUGH; read++) {
    const { columns, items } = await part(`b${left.shift()}.json`, { columns: [], items: [] });
    const holds = ([title, , , , numbers, plain]) => {
      const texts = [plain || title, ...numbers].map(fold);
      return words.every((word) => texts.some((text) => text.includes(word)));
    };
    const hits = items.filter(holds).reverse();
    list.append(...hits.map((item) => line(item, columns, words)));
    found += hits.length;
  }
  return found;
}

/** Says how much there is, once nothing more is looked for. */
function tell(left) {
  const number = list.children.length;
  more.hidden = !left.length;
  output.textContent = (left.length ? area.dataset.part : number ? area.dataset.count : area.dataset.none).replace('{number}', number);
}

async function search() {
  const front = await part('index.json');
  let words = wordsOf(question);
  let left = words.length ? await blocksOf(words, front) : [];
  if (!(await goOn(words, left)) && !left.length && /[^\0-\x7f]/.test(question)) {
    // Perhaps it is written in traditional characters: their table is read for those who need it only.
    const letters = [...(await part(front.letters, ''))];
    simplified = new Map(letters.flatMap((letter, i) => (i % 2 ? [] : [[letter, letters[i + 1]]])));
    const plain = wordsOf(question);
    if (plain.join(' ') !== words.join(' ')) {
      words = plain;
      left = await blocksOf(words, front);
      await goOn(words, left);
    }
  }
  tell(left);
  more.addEventListener('click', async () => {
    const before = list.children.length;
    await goOn(words, left).then(() => tell(left), fail);
    list.children[before]?.querySelector('a').focus();
  });
}

function fail() {
  output.textContent = area.dataset.failed;
}

if (question) {
  document.querySelector('main [name=q]').value = question;
  document.title = `${question} - ${document.title}`;
  area.hidden = false;
  search().catch(fail);
}
