/*
 * take_away - what can be taken from a call: downloads, and lines for Wireshark and a shell. What a person may not have is
 * not offered, and said.
 */
import { html } from "../vendor/preact-htm.js";
import { keptSentence } from "../call_words.js";
import { may } from "../session.js";
import { curlLine, downloadsOf, wiresharkFilter } from "../take.js";
import { CopyButton } from "./copy_button.js";
import { Icon } from "./icon.js";

const base = () => location.href.split("#", 1)[0];

function Line({ name, value, children }) {
  return html`<li>
    <${CopyButton} value=${value}>${name}<//>
    <code><bdi>${value}</bdi></code>
    ${children}
  </li>`;
}

function Packets({ call, legs }) {
  const { id } = call;

  if (!may("packets")) return html`<p class="quiet"><${Icon} name="lock" /> Packets are not for this role: an engineer may download them.</p>`;
  return html`${keptSentence(call) ? html`<p class="quiet">${keptSentence(call)}</p>` : null}
    <div class="take-files">
      ${downloadsOf(id, legs).map(([name, address, why]) => html`<a class="button" href=${address} download title=${why}><${Icon} name="download" />${name}</a>`)}
    </div>
    <ul><${Line} name="curl to Wireshark" value=${curlLine(base(), id, legs)} /></ul>`;
}

/* conversation: of legs.js; alone: of this call only; streams: those whose packets are meant; listen: whether sound is made. */
export function TakeAway({ call, conversation, alone, setAlone, streams, listen, soundAddress }) {
  const several = conversation.legs.length > 0;
  const legs = several && !alone;
  const callIds = legs ? conversation.legs.map((leg) => leg.call.call_id) : [call.call_id];
  const known = callIds.filter((id) => typeof id === "string" && id !== "");

  return html`<details class="take">
    <summary class="button"><${Icon} name="copy" />Take away</summary>
    <div class="take-sheet">
      ${several
        ? html`<div class="ladder-switch" role="group" aria-label="Of which calls">
            <button type="button" aria-pressed=${legs ? "true" : "false"} onClick=${() => setAlone(false)}>All ${conversation.legs.length} legs</button>
            <button type="button" aria-pressed=${legs ? "false" : "true"} onClick=${() => setAlone(true)}>This leg alone</button>
          </div>`
        : null}
      <${Packets} call=${call} legs=${legs} />
      <div class="take-files">
        <a class="button" href=${`api/v1/calls/${call.id}`} download=${`${call.id}.json`}><${Icon} name="download" />Record as JSON</a>
        ${listen && may("sound") ? html`<a class="button" href=${soundAddress} download title="Is recorded: who, when, which call"><${Icon} name="download" />WAV</a>` : null}
      </div>
      ${listen && !may("sound") ? html`<p class="quiet"><${Icon} name="lock" /> Sound is not for this role: ask who has the role media.</p>` : null}
      <ul>
        ${may("packets") ? html`<${Line} name="Wireshark filter" value=${wiresharkFilter(known, streams)} />` : null}
        <${Line} name="Link to this view" value=${location.href} />
      </ul>
    </div>
  </details>`;
}
