/*
 * sparkline - the last two minutes of one number, as a line.
 */
import { html, useState } from "../vendor/preact-htm.js";
import { useLive } from "../hooks.js";

const POINTS = 120;
const WIDTH = 480;
const HEIGHT = 64;

export function useHistory(type, read) {
  const [values, setValues] = useState([]);

  useLive(type, (message) => {
    const value = read(message);
    if (typeof value === "number") setValues((now) => [...now, value].slice(-POINTS));
  });
  return values;
}

export function Sparkline({ values, label }) {
  const top = Math.max(1, ...values);
  const step = WIDTH / (POINTS - 1);
  const points = values.map((value, at) => {
    const x = WIDTH - (values.length - 1 - at) * step;
    return `${x.toFixed(1)} ${(HEIGHT - 2 - (value / top) * (HEIGHT - 6)).toFixed(1)}`;
  });

  if (points.length < 2) return html`<p class="quiet sparkline-wait">Waiting for the probe's next second.</p>`;
  const first = points[0].split(" ")[0];
  return html`<svg class="sparkline" viewBox=${`0 0 ${WIDTH} ${HEIGHT}`} preserveAspectRatio="none" role="img" aria-label=${label}>
    <path class="sparkline-area" d=${`M${first} ${HEIGHT}L${points.join("L")}L${WIDTH} ${HEIGHT}z`} />
    <path class="sparkline-line" d=${`M${points.join("L")}`} />
  </svg>`;
}
