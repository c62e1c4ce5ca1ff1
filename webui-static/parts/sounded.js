/*
 * sounded - how a call sounded, whole: to hear, over time, in figures, and why.
 */
import { html, useEffect, useMemo } from "../vendor/preact-htm.js";
import { silentDirection } from "../series.js";
import { kindsOf } from "../stream_kinds.js";
import { burstMarks, marksOf, requestMarks } from "../marks.js";
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

/* pinned: the second that the address names; change: of the address. */
function Chart({ call, tracks, own, start, messages, moment, pinned, change }) {
  const end = tracksEnd(tracks, own, start);
  const marks = useMemo(
    () => [...marksOf(call, own), ...burstMarks(tracks, start), ...requestMarks(messages)].filter(({ time }) => time >= start && time <= start + end).sort((a, b) => a.time - b.time),
    [call, own, tracks, messages],
  );
  const pin = (second) => {
    if (second !== undefined) change({ at: second.toFixed(1) });
    else moment.set(pinned === null ? null : start + pinned);
  };

  useEffect(() => {
    if (pinned !== null) moment.set(start + pinned);
  }, [pinned, start]);

  if (!tracks.some(({ cells }) => cells.length))
    return html`<p class="panel quiet">Too short to be drawn over time.</p>`;
  return html`<div class="panel"><${TimeChart} ...${{ tracks, marks, start, end, moment, pin }} /></div>`;
}

const NONE_SENT = [];

/* streams: in the order in which they are shown; listen: see player.js; query, change: of the address; moment: see time_chart.js;
 * messages: of the ladder; later: whether what nobody sees at first is drawn too. */
export function Sounded({ call, streams, listen, query, change, moment, messages = NONE_SENT, later = true }) {
  const { own, audio, video, fax, foreign } = useMemo(() => kindsOf(streams), [streams]);
  const sounding = useMemo(() => [...audio, ...video], [audio, video]);
  const start = mediaStart(own);
  const tracks = useMemo(() => (start === null ? [] : tracksOf(sounding, start)), [sounding, start]);
  const silent = silentDirection(audio);
  const at = Number.parseFloat(query.at);
  const pinned = Number.isFinite(at) && at >= 0 ? at : null;

  if (streams.length === 0)
    return html`<div class="sounded">
      <p class="quiet panel">No audio or video was seen.</p>
      <${PhoneReports} call=${call} />
      <${Keypresses} call=${call} />
    </div>`;
  return html`<div class="sounded">
    <${Player} call=${call} listen=${listen} tracks=${tracks} start=${start} />
    ${sounding.length ? html`<${Chart} ...${{ call, tracks, own, start, messages, moment, pinned, change }} />` : null}
    ${later ? html`<div class="glances">
      ${sounding.map((stream) => html`<${Glance} key=${stream.id} stream=${stream} />`)}
      ${silent ? html`<${Missing} direction=${silent} />` : null}
    </div>
    <${Fax} streams=${fax} />
    <${Foreign} streams=${foreign} />
    <${Budgets} streams=${audio} buffer=${query.buffer} choose=${(buffer) => change({ buffer })} />
    <${Reported} streams=${sounding} />
    <${PhoneReports} call=${call} />
    <${Keypresses} call=${call} />
    <${EventList} streams=${own} />
    <h2>Streams</h2>
    <${StreamTable} streams=${streams} />` : null}
  </div>`;
}
