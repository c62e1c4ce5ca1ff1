/*
 * gate - the frame of what is shown to who is not logged in.
 */
import { html } from "../vendor/preact-htm.js";

export function Gate({ title, children }) {
  return html`<main id="main" class="gate" tabindex="-1">
    <div class="panel">
      <p class="brand"><img src="logo.svg" alt="" width="28" height="28" /><span>Earshot</span></p>
      <h1>${title}</h1>
      ${children}
    </div>
  </main>`;
}
