/*
 * ladder_tools - above the ladder: which legs, how far apart, what is sought in its messages, and it as text.
 */
import { html, useEffect, useState } from "../vendor/preact-htm.js";
import { count } from "../format.js";
import { CopyButton } from "./copy_button.js";

const SETTLE_MS = 150;

function Press({ on, press, children, title }) {
  return html`<button type="button" title=${title} aria-pressed=${on ? "true" : "false"} onClick=${press}>${children}</button>`;
}

/* The box says what the address says, but not while somebody writes in it. */
function Find({ sought, seek, found, next }) {
  const [typed, setTyped] = useState(sought);

  useEffect(() => setTyped(sought), [sought]);
  useEffect(() => {
    if (typed === sought) return undefined;
    const timer = setTimeout(() => seek(typed), SETTLE_MS);
    return () => clearTimeout(timer);
  }, [typed]);
  const press = (event) => {
    if (event.key !== "Enter") return;
    event.preventDefault();
    if (typed === sought) next(event.shiftKey ? -1 : 1);
    else seek(typed);
  };
  return html`<label class="ladder-find">
    <span class="offscreen">Find in the messages</span>
    <input id="find" type="search" placeholder="Find in the messages (f)" maxlength="200" value=${typed} onInput=${(event) => setTyped(event.currentTarget.value)} onKeyDown=${press} />
    <span class="quiet" role="status">${found === null ? "" : found.size === 0 ? "in none" : `in ${count(found.size)}`}</span>
  </label>`;
}

/* legs: whether there are several; view: {alone, spacing, zoom, sought}; change: of the address; found, next: see Find;
 * asText: makes the ladder as text. */
export function LadderTools({ legs, view, change, zoom, found, next, asText }) {
  return html`<div class="ladder-tools">
    <${Find} sought=${view.sought} seek=${(find) => change({ find })} found=${found} next=${next} />
    ${legs
      ? html`<div class="ladder-switch" role="group" aria-label="Which legs the ladder shows">
          <${Press} on=${!view.alone} press=${() => change({ legs: "", message: "", compare: "" })} title="One ladder over all legs (l)">All legs<//>
          <${Press} on=${view.alone} press=${() => change({ legs: "own", message: "", compare: "" })} title="The messages of this call (l)">This call alone<//>
        </div>`
      : null}
    <div class="ladder-switch" role="group" aria-label="How far apart its rows are">
      <${Press} on=${view.spacing === "even"} press=${() => change({ spacing: "" })} title="One row under the other (t)">Even<//>
      <${Press} on=${view.spacing === "time"} press=${() => change({ spacing: "time" })} title="As far apart as the times are (t)">In time<//>
    </div>
    <div class="ladder-switch" role="group" aria-label="Zoom">
      <button type="button" aria-label="Smaller" title="Smaller (−)" onClick=${() => zoom(-1)}>−</button>
      <${Press} on=${view.zoom === "fit"} press=${() => zoom("fit")} title="All of it at once (0)">Fit<//>
      <button type="button" aria-label="Larger" title="Larger (+)" onClick=${() => zoom(1)}>+</button>
    </div>
    <${CopyButton} value=${asText}>Ladder as text<//>
  </div>`;
}
