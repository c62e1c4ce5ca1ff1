/*
 * trend - a small line of a figure over the window; gaps where it is not known.
 */
import { html } from "../vendor/preact-htm.js";
import { isKnown } from "../format.js";
import { trendPath } from "../overview.js";

/* values: numbers or null; top: what the upper end means; by itself the largest. */
export function Trend({ values, label, top = null, width = 96, height = 22 }) {
  const most = top ?? Math.max(0, ...values.filter(isKnown));

  if (!values.some(isKnown)) return null;
  return html`<svg class="trend" viewBox=${`0 0 ${width} ${height}`} preserveAspectRatio="none" role="img" aria-label=${label}>
    <path d=${trendPath(values.map((value) => (isKnown(value) ? (most > 0 ? value / most : 0) : null)), width, height)} />
  </svg>`;
}
