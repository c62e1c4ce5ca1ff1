/*
 * keys - the keyboard, in one place.
 *
 * A layer answers a key's name with a handler or nothing; the layer added last is asked first. A
 * handler that returns false passes the key on. Keys typed into a field stay there, but for Escape. The second
 * key of a chord ("g a") is the whole page's before it is anybody else's.
 */
const layers = [];
let chordUntil = 0;

export function beginChord(ms) {
  chordUntil = Date.now() + ms;
}

/* bottom: asked last, whoever came when. */
export function bindKeys(layer, bottom = false) {
  if (bottom) layers.unshift(layer);
  else layers.push(layer);
  return () => layers.splice(layers.indexOf(layer), 1);
}

function isField(element) {
  return element instanceof HTMLElement && element.matches("input, select, textarea");
}

function isControl(element) {
  return element instanceof Element && element.closest("button, a, [role=button], summary") !== null;
}

function handleKey(event) {
  if (event.ctrlKey || event.metaKey || event.altKey || event.defaultPrevented) return;
  if (document.querySelector("dialog[open], :popover-open")) return;
  if (isField(event.target)) {
    if (event.key === "Escape") event.target.blur();
    return;
  }
  if (event.key === "Enter" && isControl(event.target)) return;
  const asked = Date.now() < chordUntil ? [...layers] : [...layers].reverse();

  chordUntil = 0;
  for (const layer of asked) {
    const handler = layer(event.key);

    if (handler && handler(event) !== false) {
      event.preventDefault();
      return;
    }
  }
}

export function listenForKeys() {
  document.addEventListener("keydown", handleKey);
}
