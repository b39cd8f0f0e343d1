// What a reader can do with a page: size, contrast, plain view, print, reading aloud, copying, the interface's other language.
// In: the page; choices kept in this browser's local storage. Out: data attributes on <html>, which the style sheet follows.

const root = document.documentElement;
const all = (selector) => [...document.querySelectorAll(selector)];

const chosen = (() => {
  try {
    return JSON.parse(localStorage.getItem('reader') ?? '{}');
  } catch {
    return {};
  }
})();

function choose(key, value) {
  if (value) chosen[key] = value;
  else delete chosen[key];
  try {
    localStorage.setItem('reader', JSON.stringify(chosen));
  } catch {
    // Then it holds for this page.
  }
  show();
}

function show() {
  for (const key of ['size', 'contrast', 'plain']) {
    if (chosen[key]) root.dataset[key] = chosen[key];
    else delete root.dataset[key];
  }
  for (const button of all('[data-size]')) if (button !== root) button.setAttribute('aria-pressed', String(button.dataset.size === (chosen.size ?? '')));
  for (const button of all('[data-switch]')) button.setAttribute('aria-pressed', String(Boolean(chosen[button.dataset.switch])));
}

/** A button says something else for a while. */
function say(button, text) {
  const before = button.textContent;
  if (button.dataset.saying) return;
  button.dataset.saying = '1';
  button.textContent = text;
  setTimeout(() => {
    button.textContent = before;
    delete button.dataset.saying;
  }, 2000);
}

async function copy(button) {
  await navigator.clipboard?.writeText(button.dataset.text).then(
    () => say(button, button.dataset.done),
    () => prompt('', button.dataset.text),
  );
}

// Reading aloud: piece by piece, since long utterances break off in some browsers, and so that a pause can go on where it began.
const voice = window.speechSynthesis;

/** What is read, in the order of the page: sentences, none longer than some browsers can bear. */
function pieces() {
  const parts = all('main :is(h1, h2, h3, p, li, dt, dd, th, td, figcaption)');
  const whole = parts.filter((e) => !e.closest('nav, .tools, .share, form, .chart, .address, .scripted') && !e.querySelector('p, li') && e.checkVisibility());
  return whole.flatMap((e) => e.innerText.match(/.{1,160}?(?:[。！？；!?;]|\.(?!\d)|$)|.{1,160}/gmu) ?? []).filter((text) => text.trim());
}

/** '' (silent), 'reading' or 'paused'. */
let reading = '';
let left = [];
let spoken;

function read(state) {
  if (!reading) left = pieces();
  reading = state;
  spoken = undefined;
  voice.cancel();
  for (const button of all('[data-do="read"]')) {
    button.dataset.start ??= button.textContent;
    button.textContent = button.dataset[{ '': 'start', reading: 'pause', paused: 'resume' }[state]];
  }
  for (const button of all('[data-do="stop"]')) button.hidden = !state;
  if (state === 'reading') speak();
}

function speak() {
  if (!left.length) return read('');
  const speech = new SpeechSynthesisUtterance(left[0]);
  spoken = speech;
  speech.lang = root.lang;
  // Some browsers tell the end of what was broken off too.
  speech.onend = () => spoken === speech && (left.shift(), speak());
  speech.onerror = () => spoken === speech && read('');
  voice.speak(speech);
}

// The interface in another language: what is exactly one of the theme's words becomes the same word of the other language.
async function translate(button) {
  const words = async (address) => (await fetch(address)).json();
  const [from, to] = await Promise.all([words(button.dataset.from), words(button.dataset.to)]);
  const other = new Map();
  for (const [key, text] of Object.entries(from)) if (to[key] && text.trim()) other.set(text, to[key]);
  const language = button.dataset.other;
  /** A word, a word with a colon after it, or nothing. */
  const found = (text) => {
    const colon = from.colon && text.endsWith(from.colon) ? to.colon : '';
    const word = other.get(colon ? text.slice(0, -from.colon.length) : text);
    return word && word + colon;
  };
  const skipped = '.prose, h1, [data-do="language"], script, style, .brand, .list a, .rows-title a, .pictures a, .card-title, svg';
  const walker = document.createTreeWalker(document.body, NodeFilter.SHOW_TEXT);
  for (let node = walker.nextNode(); node; node = walker.nextNode()) {
    const text = node.data.trim();
    if (!text || node.parentElement.closest(skipped)) continue;
    const word = found(text);
    const [label] = word ? [] : text.split(from.colon);
    if (word) node.parentElement.lang = language;
    if (word) node.data = node.data.replace(text, word);
    else if (text.includes(from.colon) && other.has(label)) node.data = node.data.replace(label + from.colon, other.get(label) + to.colon);
  }
  for (const name of ['aria-label', 'title', 'alt', 'placeholder', 'data-pause', 'data-resume', 'data-start', 'data-done', 'data-count', 'data-part', 'data-none', 'data-failed']) {
    for (const element of all(`[${name}]`)) {
      const word = found(element.getAttribute(name));
      if (word) element.setAttribute(name, word);
    }
  }
  button.textContent = button.dataset.back;
  button.lang = button.dataset.own;
}

const acts = {
  print: () => print(),
  copy,
  read: () => read(reading === 'reading' ? 'paused' : 'reading'),
  stop: () => read(''),
  reset: () => ['size', 'contrast', 'plain'].forEach((key) => choose(key)),
  language: (button) => {
    const on = chosen.language !== button.dataset.other;
    choose('language', on ? button.dataset.other : '');
    if (on) translate(button);
    else location.reload();
  },
};

document.addEventListener('click', ({ target }) => {
  const button = target.closest('button');
  if (button?.dataset.size !== undefined) choose('size', button.dataset.size);
  else if (button?.dataset.switch) choose(button.dataset.switch, chosen[button.dataset.switch] ? '' : 'on');
  else if (button?.dataset.do) acts[button.dataset.do](button);
  // Panels close when one goes on elsewhere.
  for (const panel of all('header details[open], .share[open]')) if (!panel.contains(target)) panel.open = false;
});

document.addEventListener('keydown', ({ key }) => {
  if (key !== 'Escape') return;
  for (const panel of all('header details[open], .share[open]')) {
    panel.open = false;
    panel.querySelector('summary').focus();
  }
});

if (!voice) for (const button of all('[data-do="read"], [data-do="stop"]')) button.remove();
addEventListener('pagehide', () => voice?.cancel());
show();
const language = document.querySelector('[data-do="language"]');
if (language && chosen.language === language.dataset.other) translate(language);
