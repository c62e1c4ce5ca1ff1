/*
 * sounded - how a call sounded, whole: to hear, over time, in figures, and why.
 */
import { html, useMemo } from "../vendor/preact-htm.js";
import { silentDirection } from "../series.js";
import { kindsOf } from "../stream_kinds.js";
import { marksOf } from "../marks.js";
import { mediaStart, tracksEnd, tracksOf } from "../tracks.js";
import { Budgets } from "./budget.js";
import { EventList } from "./event_list.js";
import { Fax } from "./fax.js";
import { Foreign } from "./foreign.js";
import { Glance, Missing } from "./glance.js";
import { Keypresses } from "./keypresses.js";
import { PhoneReports } from "./phone_reports.js";
import { Player } from "./player.js";
import { Reported } from "./reported.js";
import { StreamTable } from "./stream_table.js";
import { TimeChart } from "./time_chart.js";

function Chart({ call, tracks, own, start }) {
  const end = tracksEnd(tracks, own, start);
  const marks = useMemo(() => marksOf(call, own).filter(({ time }) => time >= start && time <= start + end), [call, own]);

  if (!tracks.some(({ cells }) => cells.length))
    return html`<p class="panel quiet">Too short to be drawn over time.</p>`;
  return html`<div class="panel"><${TimeChart} tracks=${tracks} marks=${marks} start=${start} end=${end} /></div>`;
}

/* streams: in the order in which they are shown; listen: see player.js. */
export function Sounded({ call, streams, listen }) {
  const { own, audio, video, fax, foreign } = useMemo(() => kindsOf(streams), [streams]);
  const sounding = useMemo(() => [...audio, ...video], [audio, video]);
  const start = mediaStart(own);
  const tracks = useMemo(() => (start === null ? [] : tracksOf(sounding, start)), [sounding, start]);
  const silent = silentDirection(audio);

  if (streams.length === 0)
    return html`<div class="sounded">
      <p class="quiet panel">No audio or video was seen.</p>
      <${PhoneReports} call=${call} />
      <${Keypresses} call=${call} />
    </div>`;
  return html`<div class="sounded">
    <${Player} call=${call} listen=${listen} tracks=${tracks} start=${start} />
    ${sounding.length ? html`<${Chart} call=${call} tracks=${tracks} own=${own} start=${start} />` : null}
    <div class="glances">
      ${sounding.map((stream) => html`<${Glance} key=${stream.id} stream=${stream} />`)}
      ${silent ? html`<${Missing} direction=${silent} />` : null}
    </div>
    <${Fax} streams=${fax} />
    <${Foreign} streams=${foreign} />
    <${Budgets} streams=${audio} />
    <${Reported} streams=${sounding} />
    <${PhoneReports} call=${call} />
    <${Keypresses} call=${call} />
    <${EventList} streams=${own} />
    <h2>Streams</h2>
    <${StreamTable} streams=${streams} />
  </div>`;
}
