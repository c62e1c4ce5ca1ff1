/*
 * unknown - an address that means nothing.
 */
import { html } from "../vendor/preact-htm.js";
import { Empty } from "../parts/notice.js";
import { landing } from "../session.js";

export function UnknownPage() {
  return html`<main id="main" class="page" tabindex="-1">
    <h1 class="offscreen">Not found</h1>
    <${Empty} title="There is no such page">
      <p><a href=${`#/${landing()}`}>Go to where one begins</a></p>
    <//>
  </main>`;
}
