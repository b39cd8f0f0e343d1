// A lot as it happens: server-sent events fill the places marked data-show. The time is the server's: the reader's own clock only measures
// how long ago the server has told it. Without this script the page is fetched again every few seconds.

const lot = document.querySelector('.lot');
const places = (name) => lot.querySelectorAll(`[data-show="${name}"]`);
const show = (name, text) => places(name).forEach((place) => place.textContent !== text && (place.textContent = text));
const yuan = (fen) => (fen / 100).toLocaleString('zh-CN', { minimumFractionDigits: 2, maximumFractionDigits: 2 });
const zone = new Intl.DateTimeFormat('sv-SE', { timeZone: 'Asia/Shanghai', dateStyle: 'short', timeStyle: 'medium' });
const two = (n) => String(n).padStart(2, '0');

const state = { opens: +lot.dataset.opens, closes: +lot.dataset.closes, ended: !['announced', 'open', 'closed'].includes(lot.dataset.phase) };
let ahead = +lot.dataset.now - performance.now();

function tick() {
  const now = performance.now() + ahead;
  show('clock', zone.format(now));
  if (state.ended) return;
  const [word, until] = now < state.opens ? ['距开始', state.opens] : now < state.closes ? ['距截止', state.closes] : ['已截止', now];
  const left = Math.max(0, Math.ceil((until - now) / 1000));
  show('until', word);
  show('countdown', `${two(Math.floor(left / 3600))}:${two(Math.floor(left / 60) % 60)}:${two(left % 60)}`);
}

function row(line) {
  const tr = document.createElement('tr');
  for (const text of [line.index, zone.format(line.at), yuan(line.fen), line.who]) tr.insertCell().textContent = text;
  return tr;
}

let drawn = -1;
let drawing = 0;
async function draw(bids) {
  if (bids === drawn || bids === 0 || performance.now() < drawing) return;
  drawing = performance.now() + 5000 + Math.random() * 2000;
  drawn = bids;
  const course = await (await fetch(`/-/lot/${lot.dataset.lot}/course.json`)).json();
  if (!course) return;
  const svg = document.querySelector('#course svg');
  const make = (name, attributes, text = '') => {
    const element = document.createElementNS('http://www.w3.org/2000/svg', name);
    for (const [key, value] of Object.entries(attributes)) element.setAttribute(key, value);
    element.textContent = text;
    return element;
  };
  const [left, right] = course.frame;
  const rules = course.prices.flatMap(([y, fen]) => [
    make('path', { class: 'rule', d: `M${left} ${y}H${right}` }),
    make('text', { class: 'end', x: left - 6, y: y + 4 }, Math.floor(fen / 100).toLocaleString('zh-CN')),
  ]);
  svg.replaceChildren(...rules, make('path', { class: 'series series-1', d: course.path }));
  document.querySelector('#course').hidden = false;
}

function told(view) {
  ahead = view.now - performance.now();
  Object.assign(state, { opens: view.opens_at, closes: view.closes_at, ended: !['announced', 'open', 'closed'].includes(view.phase) });
  show('phase_name', view.phase_name);
  show('leading', view.leading_fen === null ? '—' : yuan(view.leading_fen));
  show('bids', String(view.bids));
  show('most', yuan(Math.max(0, view.most_fen)));
  show('closes', zone.format(view.closes_at));
  show('size', String(view.size));
  show('root', view.root);
  document.querySelector('#bids').replaceChildren(...view.lines.map(row));
  const own = lot.querySelector('[data-show="own"]');
  if (own?.dataset.number) own.textContent = view.lines[0]?.who === `供应商 ${own.dataset.number}` ? '您目前报价最低。' : '您目前不是最低报价。';
  draw(view.bids).catch(() => {});
  tick();
}

// The browser connects again by itself; the first event then tells everything anew.
const source = new EventSource(`/-/lot/${lot.dataset.lot}/live`);
source.addEventListener('lot', (event) => told(JSON.parse(event.data)));
tick();
setInterval(tick, 250);
