/*
 * sounded - how a call sounded: to hear, over time, and, as soon as they are there, in figures.
 */
import { html, useEffect, useMemo } from "../vendor/preact-htm.js";
import { kindsOf } from "../stream_kinds.js";
import { burstMarks, marksOf, requestMarks } from "../marks.js";
import { mediaStart, tracksEnd, tracksOf } from "../tracks.js";
import { Player } from "./player.js";
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
 * messages: of the ladder; Figures: see figures.js; null as long as its code is on its way. */
export function Sounded({ call, streams, listen, query, change, moment, messages = NONE_SENT, Figures }) {
  const kinds = useMemo(() => kindsOf(streams), [streams]);
  const { own, audio, video } = kinds;
  const sounding = useMemo(() => [...audio, ...video], [audio, video]);
  const start = mediaStart(own);
  const tracks = useMemo(() => (start === null ? [] : tracksOf(sounding, start)), [sounding, start]);
  const at = Number.parseFloat(query.at);
  const pinned = Number.isFinite(at) && at >= 0 ? at : null;

  return html`<div class="sounded">
    ${streams.length === 0 ? html`<p class="quiet panel">No audio or video was seen.</p>` : null}
    <${Player} call=${call} listen=${listen} tracks=${tracks} start=${start} />
    ${sounding.length ? html`<${Chart} ...${{ call, tracks, own, start, messages, moment, pinned, change }} />` : null}
    ${Figures ? html`<${Figures} ...${{ call, streams, kinds, sounding }} buffer=${query.buffer} choose=${(buffer) => change({ buffer })} />` : null}
  </div>`;
}
