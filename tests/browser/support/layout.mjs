// What is wrong with how a page lies on the screen; runs inside the browser.
// In: a loaded Playwright page. Out: what reaches beyond the right edge, and pairs of things that lie on one another.

/** Texts that reach beyond the page's right or left edge and cannot be scrolled to inside a box of their own. */
export const overflowing = (page) =>
  page.evaluate(() => {
    const width = document.documentElement.clientWidth;
    const scrolls = (e) => /auto|scroll|hidden|clip/.test(getComputedStyle(e).overflowX);
    const inScroller = (e) => e !== document.body && e !== document.documentElement && (scrolls(e) || (e.parentElement && inScroller(e.parentElement)));
    const found = [];
    if (document.documentElement.scrollWidth > width) found.push(`the page is ${document.documentElement.scrollWidth} wide, the screen ${width}`);
    for (const element of document.body.querySelectorAll('*')) {
      const box = element.getBoundingClientRect();
      if (box.width === 0 || box.height === 0 || !element.checkVisibility() || box.right <= width + 1) continue;
      if (!inScroller(element)) found.push(`<${element.localName} class="${element.className}"> ends at ${Math.round(box.right)}: ${element.textContent.trim().slice(0, 30)}`);
    }
    return found;
  });

/** Pairs of visible lines of text, controls or pictures that cover one another. */
export const overlapping = (page) =>
  page.evaluate(() => {
    const clipped = (box, element) => {
      // What is cut off by a box around it cannot be seen, so it cannot cover anything.
      for (let e = element; e && e !== document.body; e = e.parentElement) {
        const style = getComputedStyle(e);
        if (style.clipPath !== 'none') return null;
        if (style.overflowX === 'visible') continue;
        const around = e.getBoundingClientRect();
        box = {
          left: Math.max(box.left, around.left),
          right: Math.min(box.right, around.right),
          top: Math.max(box.top, around.top),
          bottom: Math.min(box.bottom, around.bottom),
        };
      }
      return box.right - box.left > 2 && box.bottom - box.top > 2 ? box : null;
    };
    const lines = [];
    const texts = document.createTreeWalker(document.body, NodeFilter.SHOW_TEXT);
    for (let node = texts.nextNode(); node; node = texts.nextNode()) {
      const element = node.parentElement;
      if (!node.data.trim() || !element.checkVisibility({ visibilityProperty: true, opacityProperty: true })) continue;
      const range = document.createRange();
      range.selectNodeContents(node);
      for (const rect of range.getClientRects()) {
        // A font's box is taller than its letters: neighbouring lines may share its edges.
        const box = clipped({ left: rect.left, right: rect.right, top: rect.top + rect.height * 0.25, bottom: rect.bottom - rect.height * 0.25 }, element);
        if (box) lines.push({ ...box, element, name: `“${node.data.trim().slice(0, 24)}”`, text: true });
      }
    }
    for (const element of document.body.querySelectorAll('input, select, textarea, button, video, iframe, main img')) {
      const box = element.checkVisibility() && clipped(element.getBoundingClientRect().toJSON(), element);
      if (box) lines.push({ ...box, element, name: `<${element.localName} ${element.getAttribute('src') ?? ''}>`, text: false });
    }
    lines.sort((a, b) => a.top - b.top);
    const found = [];
    for (let i = 0; i < lines.length; i++) {
      for (let j = i + 1; j < lines.length && lines[j].top < lines[i].bottom; j++) {
        const [a, b] = [lines[i], lines[j]];
        if (a.element === b.element || a.element.contains(b.element) || b.element.contains(a.element)) continue;
        // A caption inside the link of its picture lies on it by design.
        if (a.text !== b.text && (a.element.closest('a, figure') ?? a) === (b.element.closest('a, figure') ?? b)) continue;
        const wide = Math.min(a.right, b.right) - Math.max(a.left, b.left);
        const high = Math.min(a.bottom, b.bottom) - Math.max(a.top, b.top);
        if (wide > 2 && high > 2) found.push(`${a.name} and ${b.name} share ${Math.round(wide)}×${Math.round(high)} px at ${Math.round(Math.max(a.left, b.left))}, ${Math.round(Math.max(a.top, b.top) + scrollY)}`);
      }
    }
    return found;
  });
