/*
 * mirror_panel - "is my SPAN port right?": four checks, each complaint with its fix.
 */
import { html } from "../vendor/preact-htm.js";
import { Icon } from "./icon.js";
import { count, percent, text } from "../format.js";
import { checksOf, sharesOf } from "../mirror.js";

function Check({ check }) {
  return html`<li class=${`drop ${check.bad ? "drop-bad" : ""}`}>
    <${Icon} name=${check.bad ? "warning" : check.judged ? "check" : "dots"} />
    <div>
      <b>${percent(check.share)}</b>${" "}<span>of the ${check.what} ${check.title}</span>
      ${check.judged ? html`<span class="quiet"> · ${count(check.value)} of ${count(check.total)}</span>` : null}
      ${check.bad ? html`<p class="quiet">${check.fix}</p>` : null}
    </div>
  </li>`;
}

function Shares({ name, counts, none }) {
  const { shown, more } = sharesOf(counts);

  return html`<div class="fact">
    <dt>${name}</dt>
    <dd>
      ${shown.length === 0 ? none : shown.map(([key, share], at) =>
        html`${at ? ", " : ""}<bdi>${text(key, 40)}</bdi>${" "}<span class="quiet">${percent(share)}</span>`)}
      ${more > 0 ? html`<span class="quiet"> and ${count(more)} more</span>` : null}
    </dd>
  </div>`;
}

export function MirrorPanel({ mirror }) {
  const { known, others, bad } = checksOf(mirror);
  const judged = mirror.conversations > 0 || bad > 0;

  return html`<section class="panel mirror">
    <h2>Is my SPAN port right?</h2>
    <p class="big">
      <b>${!judged ? "Too little was heard" : bad === 0 ? "It looks right" : bad === 1 ? "One complaint" : `${count(bad)} complaints`}</b>
    </p>
    <p class="quiet">
      A mirror that delivers twice, half or cut packets makes every figure wrong, and looks like a bad network.
    </p>
    <ul class="drops">
      ${known.map((check) => html`<${Check} key=${check.complaint} check=${check} />`)}
      ${others.map(
        (name) => html`<li key=${name} class="drop drop-bad"><${Icon} name="warning" /><div>${text(name.replaceAll("_", " "), 60)}</div></li>`,
      )}
    </ul>
    <dl class="facts small">
      <${Shares} name="VLANs" counts=${mirror.vlans} none="none heard" />
      <${Shares} name="Tunnels" counts=${mirror.tunnels} none="none" />
    </dl>
  </section>`;
}
