/*
 * facts - who called whom, when, through what, and how sure the probe is.
 */
import { html } from "../vendor/preact-htm.js";
import { useStore } from "../hooks.js";
import { clock } from "../settings.js";
import { count, dayAndTime, duration, isKnown, milliseconds, NONE, text, time } from "../format.js";
import { attestationWords, endedWord, sideWord } from "../call_words.js";
import { sureOf } from "../story.js";
import { anomalyWord, confidenceSentence, reasonWord } from "../words.js";
import { Icon } from "./icon.js";

function Fact({ name, children }) {
  return html`<div class="fact"><dt>${name}</dt><dd>${children}</dd></div>`;
}

const yesNo = (value) => (isKnown(value) ? (value ? "yes" : "no") : NONE);

export function Facts({ call }) {
  const zone = useStore(clock);
  const at = (seconds) => time(seconds, zone, 3);
  const anomalies = Array.isArray(call.sip_anomalies) && call.sip_anomalies.length
    ? call.sip_anomalies.slice(0, 24).map((name) => anomalyWord(name)).join(", ") : null;
  const trunks = [call.trunk_in, call.trunk_out];
  const codecs = Array.isArray(call.codecs) && call.codecs.length ? call.codecs.join(", ") : null;

  return html`<dl class="facts">
    <${Fact} name="Began">${dayAndTime(call.invite_time, zone, 3)}<//>
    <${Fact} name="First sign of life">${at(call.first_18x_time)}<//>
    <${Fact} name="Answered">${at(call.answer_time)}<//>
    <${Fact} name="Ended">${at(call.end_time)}<//>
    <${Fact} name="Talked">${duration(call.duration_ms)}${call.duration_open === true ? " (no BYE seen)" : ""}<//>
    <${Fact} name="Post-dial delay">${milliseconds(call.post_dial_delay_ms)}<//>
    <${Fact} name="Set-up">${milliseconds(call.setup_ms)}<//>
    <${Fact} name="Rang">${milliseconds(call.ring_ms)}<//>
    <${Fact} name="Hang-up answered in">${milliseconds(call.disconnect_delay_ms)}<//>
    <${Fact} name="From"><bdi>${text(call.from_uri)}</bdi><//>
    <${Fact} name="To"><bdi>${text(call.to_uri)}</bdi><//>
    <${Fact} name="Asked for"><bdi>${text(call.request_uri)}</bdi><//>
    <${Fact} name="Numbers">
      <bdi>${text(call.from_number, 40)}</bdi> → <bdi>${text(call.to_number, 40)}</bdi><//>
    <${Fact} name="Destination">${text(call.destination, 80)}${isKnown(call.destination_prefix)
      ? html` <span class="quiet">+${text(call.destination_prefix, 20)}</span>` : null}<//>
    <${Fact} name="Trunks">${trunks.some(isKnown) ? html`<bdi>${text(trunks[0], 60)}</bdi> → <bdi>${text(trunks[1], 60)}</bdi>` : NONE}<//>
    <${Fact} name="Path">${text(call.src)} → ${text(call.dst)}${" "}<span class="quiet">${text(call.transport, 10)}</span><//>
    <${Fact} name="VLAN">${text(call.vlan, 40)}<//>
    <${Fact} name="Tunnel">${text(call.tunnel, 80)}<//>
    <${Fact} name="User agent"><bdi>${text(call.user_agent)}</bdi><//>
    <${Fact} name="Server"><bdi>${text(call.server)}</bdi><//>
    <${Fact} name="How it ended">${endedWord(call.ended_how) ?? NONE}${isKnown(call.ended_by)
      ? html` <span class="quiet">${sideWord(call.ended_by)}</span>` : null}<//>
    <${Fact} name="Q.850 cause">${count(call.q850_cause)}<//>
    <${Fact} name="Reason header"><bdi>${text(call.reason_header)}</bdi><//>
    <${Fact} name="Odd in its SIP">${text(anomalies)}<//>
    <${Fact} name="Codecs">${text(codecs)}<//>
    <${Fact} name="INVITEs">${count(call.invite_count)}${" "}
      <span class="quiet">· ${count(call.reinvite_count)} re-INVITEs · ${count(call.retransmissions)} sent again</span><//>
    <${Fact} name="Seen twice">${count(call.sightings)}${isKnown(call.sightings) ? html` <span class="quiet">messages at another point of their path</span>` : null}<//>
    <${Fact} name="Branches">${count(call.branches)}<//>
    <${Fact} name="On hold">${count(call.hold_count)}${isKnown(call.hold_count) ? (call.hold_count === 1 ? " time" : " times") : ""}${isKnown(call.hold_ms) && call.hold_ms > 0
      ? html` <span class="quiet">${duration(call.hold_ms)} in all</span>` : null}<//>
    <${Fact} name="Media before the answer">${yesNo(call.early_media)}<//>
    <${Fact} name="Offer in the answer">${yesNo(call.late_offer)}<//>
    <${Fact} name="Session timer">${isKnown(call.session_expires_s) ? duration(call.session_expires_s * 1000) : NONE}<//>
    <${Fact} name="Had to log in">${yesNo(call.auth_challenged)}${isKnown(call.challenged_by)
      ? html` <span class="quiet">asked by ${text(call.challenged_by, 60)}</span>` : null}<//>
    <${Fact} name="Identity (STIR)">${attestationWords(call.stir) ?? NONE}<//>
    <${Fact} name="Call-ID"><bdi class="mono">${text(call.call_id, 300)}</bdi><//>
  </dl>`;
}

/* Whether the numbers are the network's or the probe's own. */
export function Confidence({ call }) {
  const level = call.capture_confidence;
  const reasons = Array.isArray(call.capture_confidence_reasons) ? call.capture_confidence_reasons : [];

  const sure = sureOf(call);

  if (!isKnown(level)) return null;
  return html`<div class=${`confidence ${level === "high" ? "sure" : "unsure"}`}>
    <${Icon} name=${level === "high" ? "check" : "warning"} />
    <div>
      <b>Capture confidence: ${text(level, 20)}.</b>${" "}${sure ?? confidenceSentence(level)}
      ${sure === null && reasons.length
        ? html`<ul>
            ${reasons.map((reason) => html`<li>${reasonWord(reason)}</li>`)}
          </ul>`
        : null}
    </div>
  </div>`;
}
