/*
 * notice - what is said in place of content: nothing here, still coming, gone wrong.
 */
import { html } from "../vendor/preact-htm.js";
import { Icon } from "./icon.js";

export function Empty({ title, children }) {
  return html`<div class="empty">
    <svg class="empty-drawing" viewBox="0 0 96 48" aria-hidden="true" focusable="false">
      <path d="M2 24h20l5-9 7 20 8-30 8 38 7-24 5 9 4-4h28" />
    </svg>
    <h2>${title}</h2>
    <div>${children}</div>
  </div>`;
}

export function Loading({ what }) {
  return html`<p class="loading" role="status"><span class="spinner"></span>Fetching ${what}.</p>`;
}

/* error: an ApiError, whose message is a sentence's end. */
export function Failure({ what, error, retry }) {
  return html`<div class="failure" role="alert">
    <${Icon} name="warning" />
    <p><b>${what} could not be fetched:</b> ${error.message}.</p>
    ${retry ? html`<button type="button" onClick=${retry}>Try again</button>` : null}
  </div>`;
}

/* asked: of useAsked. children: what is made of its answer. */
export function Answer({ asked, what, children }) {
  const { answer, error, again } = asked;

  return html`${error ? html`<${Failure} what=${what} error=${error} retry=${again} />` : null}
    ${!answer && !error ? html`<${Loading} what=${what.toLowerCase()} />` : null}
    ${answer ? children(answer) : null}`;
}
