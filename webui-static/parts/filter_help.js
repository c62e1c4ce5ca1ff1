/*
 * filter_help - what a filter can ask for: the rules in six lines, and every field to click on.
 */
import { html } from "../vendor/preact-htm.js";
import { Loading } from "./notice.js";

const RULES = [
  ["from:+49* status:5xx", "words side by side must all hold"],
  ["status:486 or reason:busy", "or; and parentheses"],
  ["-trunk:carrier-a", "not; also a word"],
  ["*1234  *9301*  \"Busy Here\"", "the end, a part, with blanks"],
  ["mos<3.5  duration:30s..2min", "numbers, with units"],
  ["since:2h  time:yesterday", "times, in UTC"],
  ["has:mos", "it is known; what is not fits nothing"],
];

/* Fields under the heading that the first of each group has. */
function groupsOf(fields) {
  const groups = new Map();
  for (const field of fields) groups.set(field.group, [...(groups.get(field.group) ?? []), field]);
  return [...groups];
}

function FieldRow({ field, insert }) {
  return html`<li>
    <button type="button" onClick=${() => insert(field.example)}>
      <span class="offscreen">Add </span><code>${field.example}</code>
    </button>
    <span>${field.help}</span>
    ${field.values ? html`<span class="quiet">${field.values.join(" · ")}</span>` : null}
  </li>`;
}

export function FilterHelp({ fields, insert, close }) {
  const press = (event) => {
    if (event.key !== "Escape") return;
    event.preventDefault();
    close();
  };

  return html`<section class="filter-help panel" id="filter-help" aria-labelledby="filter-help-title" onKeyDown=${press}>
    <h2 id="filter-help-title">How to ask</h2>
    <dl class="filter-rules">
      ${RULES.map(([example, what]) => html`<div><dt><code>${example}</code></dt><dd>${what}</dd></div>`)}
    </dl>
    <p class="quiet">A word alone is an address, the beginning of a Call-ID, or a part of a number.</p>
    ${fields.length === 0 ? html`<${Loading} what="the fields" />` : null}
    <div class="filter-groups" tabindex="0" role="group" aria-label="Fields">
      <div class="filter-columns">
        ${groupsOf(fields).map(
          ([group, list]) =>
            html`<section>
              <h3>${group}</h3>
              <ul>
                ${list.map((field) => html`<${FieldRow} key=${field.name} field=${field} insert=${insert} />`)}
              </ul>
            </section>`,
        )}
      </div>
    </div>
  </section>`;
}
