// The album's viewer. Without this script every photograph is a plain link to its largest size; with it, the link opens a dialog that
// pages through the album: arrow keys, Home, End, Escape, buttons, a swipe. Nothing is loaded but the photographs themselves.
(() => {
  "use strict";
  const album = document.querySelector("[data-album]");
  if (!album || typeof HTMLDialogElement !== "function") return;
  const links = [...album.querySelectorAll("figure > a")];
  const words = album.dataset;

  const element = (name, className, text) => Object.assign(document.createElement(name), { className, textContent: text ?? "" });
  const button = (className, label, sign, act) => {
    const made = element("button", className, sign);
    made.type = "button";
    made.setAttribute("aria-label", label);
    made.addEventListener("click", act);
    return made;
  };

  const dialog = element("dialog", "viewer");
  dialog.setAttribute("aria-label", words.album);
  const picture = element("picture", "viewer-picture");
  const text = element("div", "viewer-text");
  const caption = element("p", "viewer-caption");
  const credit = element("p", "viewer-credit");
  const count = element("p", "viewer-count");
  text.setAttribute("aria-live", "polite");
  text.append(count, caption, credit);
  dialog.append(
    picture,
    text,
    button("viewer-previous", words.previous, "‹", () => show(at - 1)),
    button("viewer-next", words.next, "›", () => show(at + 1)),
    button("viewer-close", words.close, "×", () => dialog.close()),
  );
  document.body.append(dialog);

  let at = 0;
  const show = (number) => {
    at = (number + links.length) % links.length;
    const figure = links[at].parentElement;
    const part = (name) => figure.querySelector(name)?.textContent ?? "";
    picture.replaceChildren(...sources(links[at]));
    caption.textContent = part(".caption");
    credit.textContent = part(".credit");
    count.textContent = words.count.replace("{number}", at + 1).replace("{total}", links.length);
  };

  // The thumbnail's own candidates, over the whole window.
  const sources = (link) => {
    const image = element("img");
    const webp = link.querySelector("source")?.cloneNode();
    if (webp) webp.sizes = "100vw";
    image.alt = link.querySelector("img").alt;
    image.src = link.href;
    return webp ? [webp, image] : [image];
  };

  links.forEach((link, number) => link.addEventListener("click", (event) => {
    if (event.ctrlKey || event.metaKey || event.shiftKey || event.altKey) return;
    event.preventDefault();
    show(number);
    dialog.showModal();
  }));

  const keys = { ArrowLeft: () => at - 1, ArrowRight: () => at + 1, Home: () => 0, End: () => links.length - 1 };
  dialog.addEventListener("keydown", (event) => {
    if (!keys[event.key] || event.ctrlKey || event.metaKey || event.altKey) return;
    event.preventDefault();
    show(keys[event.key]());
  });

  let from = null;
  dialog.addEventListener("pointerdown", (event) => { from = event.pointerType === "mouse" ? null : event.clientX; });
  dialog.addEventListener("pointerup", (event) => {
    const moved = from === null ? 0 : event.clientX - from;
    if (Math.abs(moved) > 60) show(at - Math.sign(moved));
    from = null;
  });
  dialog.addEventListener("click", (event) => { if (event.target === dialog) dialog.close(); });
  // Whoever closes the viewer stands where the viewer stood.
  dialog.addEventListener("close", () => { picture.replaceChildren(); links[at].focus(); });
})();
