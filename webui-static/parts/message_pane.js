/*
 * message_pane - one SIP message as it was on the wire, its names set off from its values; its session description beside
 * the one that answers it; what another message has that it has not.
 */
import { html, useEffect, useMemo, useRef, useState } from "../vendor/preact-htm.js";
import { CopyButton } from "./copy_button.js";
import { Icon } from "./icon.js";
import { LegBadge } from "./leg_badge.js";
import { SdpTable } from "./sdp_table.js";
import { useStore } from "../hooks.js";
import { diffLine, diffTexts } from "../diff.js";
import { placesOf, splitMessage } from "../message_text.js";
import { clock } from "../settings.js";
import { count, delta, text, time } from "../format.js";
import { pairOf, sdpPairs } from "../sdp.js";

const LINES_AT_FIRST = 400;
const LINE_MAX = 8192;

const rawOf = (message) => (typeof message.raw === "string" ? message.raw : "");
const trimmed = (message) => rawOf(message).replace(/(\r\n|\n|\r)+$/, "");

/* Tabs stay tabs; all else that shows nothing is shown. */
function wire(value) {
  return value === "" ? "" : value.split("\t").map((part) => (part === "" ? "" : text(part, LINE_MAX))).join("\t");
}

/* Part of a line, from that character on, with the places set off: text nodes, and marks around text nodes. */
function marked(part, from, places) {
  const out = [];
  let at = 0;

  for (const [begin, end] of places) {
    const [a, b] = [Math.max(begin - from, at), Math.min(end - from, part.length)];
    if (a >= b) continue;
    out.push(wire(part.slice(at, a)), html`<mark>${wire(part.slice(a, b))}</mark>`);
    at = b;
  }
  return [...out, wire(part.slice(at))];
}

function Line({ line, sought }) {
  const { name, value } = line;
  const places = placesOf(name + value, sought);

  return html`<span class=${`line line-${line.kind}`}>
    ${name ? html`<span class="line-name">${marked(name, 0, places)}</span>` : null}<bdi>${marked(value, name.length, places)}</bdi>${"\n"}
  </span>`;
}

function Raw({ message, sought }) {
  const [whole, setWhole] = useState(false);
  const place = useRef(null);
  const lines = useMemo(() => splitMessage(trimmed(message)), [message]);
  const shown = whole ? lines : lines.slice(0, LINES_AT_FIRST);

  useEffect(() => {
    if (sought) place.current?.querySelector("mark")?.scrollIntoView({ block: "nearest" });
  }, [message, sought]);
  return html`<pre class="message-raw" tabindex="0" ref=${place}>${shown.map((line) => html`<${Line} line=${line} sought=${sought} />`)}</pre>
    ${shown.length < lines.length
      ? html`<button type="button" onClick=${() => setWhole(true)}>
          Show the other ${count(lines.length - shown.length)} lines
        </button>`
      : null}`;
}

const SIGNS = { same: " ", gone: "−", added: "+" };

function DiffRow({ kind, value, inner = null }) {
  return html`<span class=${`line diff-${kind}`}><span class="sign">${SIGNS[kind]} </span><bdi>${inner ? html`${wire(inner[0])}<b>${wire(inner[1])}</b>${wire(inner[2])}` : wire(value)}</bdi>${"\n"}</span>`;
}

/* Unified: what only the one has, what only the other has, what both share. */
function Diff({ before, after }) {
  const rows = useMemo(() => diffTexts(trimmed(before), trimmed(after)), [before, after]);
  const differ = rows.filter(({ kind }) => kind !== "same").length;

  return html`<p class="pane-note quiet">${differ === 0 ? "Both are the same, byte for byte." : `− only the compared one, + only this one: ${count(differ)} of ${count(rows.length)} lines differ.`}</p>
    <pre class="message-raw message-diff" tabindex="0">${rows.map(({ kind, a, b }) => {
      if (kind !== "changed") return html`<${DiffRow} kind=${kind} value=${a ?? b} />`;
      const at = diffLine(a, b);
      return html`<${DiffRow} kind="gone" inner=${[at.before, at.a, at.after]} /><${DiffRow} kind="added" inner=${[at.before, at.b, at.after]} />`;
    })}</pre>`;
}

const nameOf = (message) => (message.status ? `${message.status} ${text(message.reason, 26)}` : text(message.method, 20));

function Views({ message, view, show, compared, compare, index }) {
  const button = (name, title, pressed, press) => html`<button type="button" title=${title} aria-pressed=${pressed ? "true" : "false"} onClick=${press}>${name}</button>`;

  return html`<div class="message-views" role="group" aria-label="What is shown of it">
    ${button("Text", "As it was on the wire", view === "raw", () => show("raw"))}
    ${message.has_sdp ? button("SDP", "Offer against answer (s)", view === "sdp", () => show("sdp")) : null}
    ${compared === null || compared === index
      ? button("Compare", "With another message (c)", compared === index, () => compare(compared === index ? null : index))
      : button("Difference", "What differs from the one that is compared", view === "diff", () => show("diff"))}
    ${compared !== null && compared !== index ? button("End", "End the comparison", false, () => compare(null)) : null}
  </div>`;
}

/* leg: whose it is, where the ladder shows several; compared: the index of another, or null; sought: in lower case. */
export function MessagePane({ messages, index, leg = null, view, show, compared, compare, sought, go, close }) {
  const zone = useStore(clock);
  const message = messages[index];
  const pairs = useMemo(() => sdpPairs(messages), [messages]);
  const pair = message.has_sdp ? pairOf(pairs, index) : null;
  const other = compared !== null && compared !== index ? (messages[compared] ?? null) : null;
  const shown = view === "sdp" && pair ? "sdp" : view === "diff" && other ? "diff" : "raw";

  return html`<aside class="message-pane" aria-label="Message">
    <header>
      <div class="message-where">
        <b>${leg ? html`<${LegBadge} leg=${leg} /> ` : null}${nameOf(message)} <span class="message-time">${time(message.time, zone, 6)}</span></b>
        <span class="quiet">${text(message.src)} → ${text(message.dst)}${index > 0 ? `, ${delta(message.time - messages[index - 1].time)} s` : ""}</span>
      </div>
      <div class="message-tools">
        <span class="quiet">${index + 1} of ${messages.length}</span>
        <button type="button" class="round" aria-label="Previous message" disabled=${index === 0}
          onClick=${() => go(index - 1)}><${Icon} name="left" /></button>
        <button type="button" class="round" aria-label="Next message" disabled=${index === messages.length - 1}
          onClick=${() => go(index + 1)}><${Icon} name="right" /></button>
        <${CopyButton} value=${rawOf(message)}>Copy<//>
        <button type="button" class="round" aria-label="Close the message" onClick=${close}>
          <${Icon} name="cross" />
        </button>
      </div>
      <${Views} message=${message} view=${shown} show=${show} compared=${compared} compare=${compare} index=${index} />
    </header>
    ${compared === index ? html`<p class="pane-note" role="status">Choose another message to see what differs.</p>` : null}
    ${shown === "sdp"
      ? html`<${SdpTable} offer=${messages[pair.offer]} answer=${pair.answer === null ? null : messages[pair.answer]} offerIndex=${pair.offer} answerIndex=${pair.answer} go=${go} />`
      : shown === "diff"
        ? html`<${Diff} before=${other} after=${message} />`
        : html`<${Raw} key=${index} message=${message} sought=${sought} />`}
  </aside>`;
}
