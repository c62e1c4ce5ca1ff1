/*
 * figures - how a call sounded in figures, and why; and its record. What nobody sees at first: its code comes after the rest.
 */
import { html } from "../vendor/preact-htm.js";
import { silentDirection } from "../series.js";
import { Budgets } from "./budget.js";
import { EventList } from "./event_list.js";
import { Fax } from "./fax.js";
import { Foreign } from "./foreign.js";
import { Glance, Missing } from "./glance.js";
import { Keypresses } from "./keypresses.js";
import { PhoneReports } from "./phone_reports.js";
import { Reported } from "./reported.js";
import { StreamTable } from "./stream_table.js";

export { StreamPane } from "./stream_pane.js";

/* kinds: of stream_kinds.js; sounding: its audio and video; buffer, choose: the one of the what-if. */
export function Figures({ call, streams, kinds, sounding, buffer, choose }) {
  const { own, audio, fax, foreign } = kinds;
  const silent = silentDirection(audio);

  return html`${streams.length
      ? html`<div class="glances">
            ${sounding.map((stream) => html`<${Glance} key=${stream.id} stream=${stream} />`)}
            ${silent ? html`<${Missing} direction=${silent} />` : null}
          </div>
          <${Fax} streams=${fax} />
          <${Foreign} streams=${foreign} />
          <${Budgets} streams=${audio} buffer=${buffer} choose=${choose} />
          <${Reported} streams=${sounding} />`
      : null}
    <${PhoneReports} call=${call} />
    <${Keypresses} call=${call} />
    ${streams.length
      ? html`<${EventList} streams=${own} />
          <h2>Streams</h2>
          <${StreamTable} streams=${streams} />`
      : null}`;
}
