// Finds in a whole column, or in a whole table, what a page of it does not show.
// In: a form.filter with the address of an index (JSON) or a table (CSV). Out: what was found, in place of the page's own list.

const MOST = 200;
const form = document.querySelector('form.filter');
const output = form.querySelector('output');
const make = (name, properties, ...children) => {
  const element = Object.assign(document.createElement(name), properties);
  element.append(...children);
  return element;
};
const folded = (text) => text.normalize('NFKC').toLowerCase().replace(/\s+/g, '');
const getter = (address, type) => {
  let got;
  return () => (got ??= fetch(address).then((answer) => (answer.ok ? answer[type]() : Promise.reject(answer.status))));
};

/** Rows of a CSV text: quotes may hold commas, line breaks and doubled quotes. */
function rows(text) {
  const table = [[]];
  for (const [, quoted, plain, end] of text.replace(/^\uFEFF/, '').matchAll(/(?:"((?:[^"]|"")*)"|([^",\r\n]*))(,|\r?\n|$)/g)) {
    table.at(-1).push(quoted?.replaceAll('""', '"') ?? plain);
    if (end !== ',') table.push([]);
  }
  return table.filter((row) => row.length > 1 || row[0]);
}

/** What is searched, and how what is found is shown; the page's own list comes back when nothing is asked. */
async function ofIndex() {
  const get = getter(form.dataset.index, 'json');
  const { items } = await get();
  const texts = items.map(({ title, note, words }) => folded(`${title} ${note} ${words}`));
  const own = [...document.querySelectorAll('main > :is(.rows, .list, .group, .scroll, .sections, .pager)')];
  const list = make('ul', { className: 'list found', hidden: true });
  form.after(list);
  return {
    find: (words) => (words.length ? items.filter((_, i) => words.every((word) => texts[i].includes(word))) : null),
    show(found) {
      for (const element of own) element.hidden = Boolean(found);
      list.hidden = !found;
      list.replaceChildren(
        ...(found ?? []).slice(0, MOST).map(({ title, url, day, note }) =>
          make('li', {}, make('span', {}, make('a', { href: url, textContent: title }), ...(note && note !== title ? [' ', make('span', { className: 'note', textContent: note })] : [])), ' ', make('time', { dateTime: day, textContent: day })),
        ),
      );
    },
  };
}

async function ofTable() {
  const get = getter(form.dataset.csv, 'text');
  const table = document.querySelector('table.data');
  const [headings, ...records] = rows(await get());
  const shown = [...table.tHead.rows[0].cells].map((cell) => headings.indexOf(cell.textContent));
  const texts = records.map((record) => folded(shown.map((i) => record[i]).join(' ')));
  const body = table.tBodies[0];
  const own = [...body.rows];
  const others = [...document.querySelectorAll('main .pager, main .table-note')];
  const labelled = table.classList.contains('records');
  return {
    find: (words) => (words.length ? records.filter((_, i) => words.every((word) => texts[i].includes(word))) : null),
    show(found) {
      for (const element of others) element.hidden = Boolean(found);
      const cell = (text, i) => {
        const made = make(i ? 'td' : 'th', { textContent: text });
        if (!i) made.scope = 'row';
        else if (labelled) made.dataset.l = headings[shown[i]];
        return made;
      };
      body.replaceChildren(...(found?.slice(0, MOST).map((record) => make('tr', {}, ...shown.map((at, i) => cell(record[at], i)))) ?? own));
    },
  };
}

let search;
async function filter() {
  try {
    search ??= form.dataset.index ? ofIndex() : ofTable();
    const { find, show } = await search;
    const words = form.elements.q.value.split(/\s+/).map(folded).filter(Boolean);
    const found = find(words);
    show(found);
    output.textContent = found ? form.dataset.count.replace('{number}', found.length) : '';
  } catch {
    search = undefined;
    output.textContent = form.dataset.failed;
  }
}

// With a service behind it the form leads there.
if (!form.hasAttribute('action')) form.addEventListener('submit', (event) => event.preventDefault());
form.addEventListener('input', filter);
