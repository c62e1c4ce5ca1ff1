/*
 * sheet - a dialog over the page: a head with its title and a cross, what it holds, gone with Esc.
 */
import { html, useEffect, useRef } from "../vendor/preact-htm.js";
import { Icon } from "./icon.js";

export function Sheet({ title, close, wide = false, children }) {
  const dialog = useRef(null);

  useEffect(() => dialog.current.showModal(), []);
  return html`<dialog class=${wide ? "sheet wide-sheet" : "sheet"} ref=${dialog} onClose=${close} aria-labelledby="sheet-title">
    <header>
      <h2 id="sheet-title">${title}</h2>
      <button type="button" class="round" aria-label="Close" onClick=${() => dialog.current.close()}><${Icon} name="cross" /></button>
    </header>
    ${children}
  </dialog>`;
}
