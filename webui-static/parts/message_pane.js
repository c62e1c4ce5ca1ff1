/*
 * message_pane - one SIP message as it was on the wire, its names set off from its values.
 */
import { html, useState } from "../vendor/preact-htm.js";
import { CopyButton } from "./copy_button.js";
import { Icon } from "./icon.js";
import { LegBadge } from "./leg_badge.js";
import { useStore } from "../hooks.js";
import { clock } from "../settings.js";
import { count, text, time } from "../format.js";

const LINES_AT_FIRST = 400;
const LINE_MAX = 8192;

/* [{kind: start | header | folded | blank | sdp | body, name, value}] of a message's text. */
export function splitMessage(raw) {
  let inBody = false;
  let sdp = false;

  return raw.split(/\r\n|\n|\r/).map((line, at) => {
    if (at === 0) return { kind: "start", name: "", value: line };
    if (inBody) {
      const field = sdp ? /^([a-z])=(.*)$/s.exec(line) : null;
      if (field) return { kind: "sdp", name: `${field[1]}=`, value: field[2] };
      return { kind: line === "" ? "blank" : "body", name: "", value: line };
    }
    if (line === "") {
      inBody = true;
      return { kind: "blank", name: "", value: "" };
    }
    if (/^[ \t]/.test(line)) return { kind: "folded", name: "", value: line };
    const header = /^([^:]{1,80}):(.*)$/s.exec(line);
    if (!header) return { kind: "body", name: "", value: line };
    if (/^(content-type|c)$/i.test(header[1].trim())) sdp = /application\/sdp/i.test(header[2]);
    return { kind: "header", name: `${header[1]}:`, value: header[2] };
  });
}

/* Tabs stay tabs; all else that shows nothing is shown. */
function wire(value) {
  return value === "" ? "" : value.split("\t").map((part) => (part === "" ? "" : text(part, LINE_MAX))).join("\t");
}

function Line({ line }) {
  return html`<span class=${`line line-${line.kind}`}>
    ${line.name ? html`<span class="line-name">${wire(line.name)}</span>` : null}${wire(line.value)}${"\n"}
  </span>`;
}

/* leg: whose it is, where the ladder shows several. */
export function MessagePane({ message, leg = null, index, total, step, close }) {
  const zone = useStore(clock);
  const [whole, setWhole] = useState(false);
  const raw = typeof message.raw === "string" ? message.raw : "";
  const lines = splitMessage(raw.replace(/(\r\n|\n|\r)+$/, ""));
  const shown = whole ? lines : lines.slice(0, LINES_AT_FIRST);

  return html`<aside class="message-pane" aria-label="Message">
    <header>
      <div class="message-where">
        <b>${leg ? html`<${LegBadge} leg=${leg} /> ` : null}${time(message.time, zone, 6)}</b>
        <span class="quiet">${text(message.src)} → ${text(message.dst)}</span>
      </div>
      <div class="message-tools">
        <span class="quiet">${index + 1} of ${total}</span>
        <button type="button" class="round" aria-label="Previous message" disabled=${index === 0}
          onClick=${() => step(-1)}><${Icon} name="left" /></button>
        <button type="button" class="round" aria-label="Next message" disabled=${index === total - 1}
          onClick=${() => step(1)}><${Icon} name="right" /></button>
        <${CopyButton} value=${raw}>Copy<//>
        <button type="button" class="round" aria-label="Close the message" onClick=${close}>
          <${Icon} name="cross" />
        </button>
      </div>
    </header>
    <pre class="message-raw" tabindex="0">${shown.map((line) => html`<${Line} line=${line} />`)}</pre>
    ${shown.length < lines.length
      ? html`<button type="button" onClick=${() => setWhole(true)}>
          Show the other ${count(lines.length - shown.length)} lines
        </button>`
      : null}
  </aside>`;
}
