/*
 * help - every key of every page, and what the marks and colours mean, on a sheet of their own.
 */
import { html } from "../vendor/preact-htm.js";
import { PAGES } from "../pages.js";
import { may } from "../session.js";
import { MosChip, StatusChip, VerdictChip } from "./chip.js";
import { SeverityChip } from "./alert_marks.js";
import { Sheet } from "./sheet.js";

/* A title; the pages that it is about; keys, and what they do. */
const KEYS = [
  ["Everywhere", [], [
    ["/", "search the calls"],
    ["?", "this sheet"],
    ["Esc", "close what is open, then back to the calls"],
  ]],
  ["Overview", ["overview"], [
    ["[  ]", "the window before, the next"],
  ]],
  ["Calls", ["calls"], [
    ["F7", "the filter"],
    ["↓  Tab", "in the box: choose and take a proposal"],
    ["f", "facets beside the table, or none"],
    ["j  k", "down, up"],
    ["Enter", "open"],
    ["x  X", "choose it; all up to it (Shift with a click)"],
    ["F2", "save what is chosen, or found"],
    ["d", "download its pcap"],
    ["p", "pause, resume the live tail"],
    ["n", "show the new ones"],
  ]],
  ["One call", ["call"], [
    ["j  k", "the next, the previous call of the list"],
    ["m", "the messages, and back"],
    ["↓  ↑", "the next, the previous message"],
    ["c", "compare two: this one, then another"],
    ["s", "its SDP, offer beside answer"],
    ["f  F7", "find in the messages"],
    ["t", "rows as far apart as their times"],
    ["l", "all legs, or this one alone"],
    ["+  −  0", "the ladder larger, smaller, as it fits"],
    ["d", "download the pcap"],
    ["F2", "all that can be taken away"],
    ["Space", "play, pause, once the waveform is open"],
    ["←  →", "in the chart or the waveform: a step"],
  ]],
  ["Registrations", ["registrations"], [
    ["/", "find one"],
    ["j  k", "down, up"],
    ["Enter", "its history, and away again"],
  ]],
  ["Alerts", ["alerts"], [
    ["j  k", "down, up"],
    ["Enter", "open"],
    ["a", "acknowledge"],
    ["s", "silence"],
    ["Esc", "back to the list"],
  ]],
];

const MARKS = [
  [() => html`<${StatusChip} call=${{ state: "completed", final_status: 200 }} />`, "answered: the last answer's code, and how the call ended"],
  [() => html`<${StatusChip} call=${{ state: "cancelled", final_status: 487 }} />`, "the caller hung up first: nobody's fault"],
  [() => html`<${StatusChip} call=${{ state: "failed", final_status: 486 }} />`, "refused by the callee's side, 4xx"],
  [() => html`<${StatusChip} call=${{ state: "failed", final_status: 503 }} />`, "a server failed, 5xx or 6xx"],
  [() => html`<${StatusChip} call=${{ state: "ringing" }} />`, "going on now"],
  [() => html`<${MosChip} mos=${4.2} word />`, "MOS from 4.03: four bars"],
  [() => html`<${MosChip} mos=${3.8} word />`, "from 3.6: three bars"],
  [() => html`<${MosChip} mos=${3.3} word />`, "from 3.1: two bars"],
  [() => html`<${MosChip} mos=${2.1} word />`, "below 3.1: one bar. Always the worse direction's, behind a 200 ms buffer"],
  [() => html`<${VerdictChip} verdict="one_way" />`, "the verdict on the media: which side was not heard is in the call's story"],
  [() => html`<${SeverityChip} alert=${{ severity: "critical" }} />`, "an alert that should wake somebody; a triangle: a warning; an i: to know"],
  [() => html`<b>–</b>`, "not known. Never zero"],
  [() => html`<b>⟨202E⟩</b>`, "a character that shows nothing or turns text around, made visible"],
];

function Keys({ title, keys, here }) {
  return html`<section class=${here ? "here" : ""}>
    <h3>${title}</h3>
    <dl>
      ${keys.map(([key, what]) => html`<div><dt><kbd>${key}</kbd></dt><dd>${what}</dd></div>`)}
    </dl>
  </section>`;
}

export function Help({ page, close }) {
  const go = Object.values(PAGES).filter(({ key, right }) => key && may(right)).map(({ title, key }) => [`g ${key}`, title]);
  const own = KEYS.filter(([, pages]) => pages.includes(page));
  const rest = KEYS.filter(([, pages]) => pages.length > 0 && !pages.includes(page)).filter(() => may("see"));

  return html`<${Sheet} title="Keys and marks" close=${close} wide>
    <div class="help-groups">
      ${own.map(([title, , keys]) => html`<${Keys} here title=${title} keys=${keys} />`)}
      <${Keys} title=${KEYS[0][0]} keys=${KEYS[0][2]} />
      <${Keys} title="Go to" keys=${go} />
      ${rest.map(([title, , keys]) => html`<${Keys} title=${title} keys=${keys} />`)}
    </div>
    <section class="help-marks">
      <h3>Marks and colours</h3>
      <dl class="mark-list">
        ${MARKS.map(([Mark, what]) => html`<div><dt><${Mark} /></dt><dd>${what}</dd></div>`)}
      </dl>
    </section>
  <//>`;
}
