/*
 * span_nav - which stretch of time a page looks at, as links.
 */
import { html } from "../vendor/preact-htm.js";
import { formatRoute } from "../router.js";
import { SPANS } from "../rooms.js";

export function SpanNav({ page, query, span }) {
  return html`<nav class="windows" aria-label="Span">
    ${SPANS.map(
      ([name, words]) => html`<a href=${formatRoute({ page, query: { ...query, span: name } })} aria-current=${name === span.name ? "true" : null}>${words}</a>`,
    )}
  </nav>`;
}
