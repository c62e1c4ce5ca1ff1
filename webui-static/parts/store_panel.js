/*
 * store_panel - what the store holds and takes, how far back it reaches, and how long the disk lasts.
 */
import { html } from "../vendor/preact-htm.js";
import { useStore } from "../hooks.js";
import { bytes, count, dayAndTime, fixed, isKnown, NONE, own, percent, text } from "../format.js";
import { countsOf } from "../ledger.js";
import { clock } from "../settings.js";
import { Icon } from "./icon.js";

const KINDS = [
  ["rows", "Rows: calls, streams, figures"],
  ["signalling", "SIP packets"],
  ["media", "RTP headers, RTCP"],
  ["audio", "RTP payload: sound"],
];

const STEPS = {
  full: ["check", "good", "everything that is configured is stored"],
  headers: ["warning", "poor", "of media only the RTP headers are stored"],
  metrics: ["cross", "bad", "no media is stored"],
};
const CAUSES = { disk_full: "the disk is full", budget: "the size limit is reached", disk_slow: "the disk does not keep up", disk_error: "writing fails" };

function Step({ newest }) {
  const [icon, level, words] = Object.hasOwn(STEPS, newest?.step ?? "") ? STEPS[newest.step] : ["dots", "quiet", "not known: no probe has said"];
  const cause = isKnown(newest?.step_cause) ? (own(CAUSES, newest.step_cause) ?? text(newest.step_cause, 40)) : null;

  return html`<span class=${`state-mark level-${level}`}><${Icon} name=${icon} />${words}${cause ? `: ${cause}` : ""}</span>`;
}

function lasts(days) {
  if (!isKnown(days)) return "it does not grow, or nobody knows yet";
  if (days < 1) return html`<span class="level-bad"><${Icon} name="warning" /> ${fixed(days * 24, 1)} hours</span>`;
  return `${days < 10 ? fixed(days, 1) : count(days)} days`;
}

export function StorePanel({ stats, store }) {
  const zone = useStore(clock);
  const { now, newest } = store ?? {};
  const total = KINDS.reduce((all, [name]) => all + (now?.[`${name}_bytes`] ?? 0), 0);
  const losses = countsOf(newest?.losses).filter(([, value]) => value > 0);
  const fact = (name, value) => html`<div class="fact"><dt>${name}</dt><dd>${value}</dd></div>`;

  return html`<section class="panel" aria-labelledby="store">
    <h2 id="store">Store</h2>
    <p class="big"><b>${count(stats.store?.calls)}</b> calls, <b>${bytes(isKnown(now) ? total : stats.store?.bytes)}</b></p>
    <p><${Step} newest=${newest} /></p>
    ${now
      ? html`<ul class="bar-list">
          ${KINDS.map(([name, word]) => html`<li key=${name}>
            <span class="bar-name">${word} <span class="quiet">since ${isKnown(now[`oldest_${name}_time`]) ? dayAndTime(now[`oldest_${name}_time`], zone) : NONE}</span></span>
            <span class="bar-value">${bytes(now[`${name}_bytes`])}</span>
            <span class="bar-share">${percent(total > 0 ? (now[`${name}_bytes`] ?? 0) / total : null)}</span>
            <span class="bar-track" aria-hidden="true"><span style=${{ width: `${total > 0 ? ((now[`${name}_bytes`] ?? 0) / total) * 100 : 0}%` }}></span></span>
          </li>`)}
        </ul>`
      : null}
    <dl class="facts small">
      ${fact("Until something must go", lasts(newest?.days_left))}
      ${fact("Grows by", isKnown(newest?.growth_bytes_s) ? `${bytes(newest.growth_bytes_s * 86400)} a day` : NONE)}
      ${fact("Disk", now ? html`${bytes(now.disk_free_bytes)} free <span class="quiet">of ${bytes(now.disk_bytes)}</span>` : NONE)}
      ${fact("Days", count(stats.store?.days))}
      ${fact("Pinned calls", html`${count(now?.pinned_calls)} <span class="quiet">retention leaves them</span>`)}
      ${fact("Alerts", count(stats.store?.alerts))}
      ${fact("Oldest call", dayAndTime(stats.store?.first_time, zone))}
      ${fact("Newest call", dayAndTime(stats.store?.last_time, zone))}
      ${fact("Removed by retention", isKnown(newest?.removed_bytes) ? bytes(newest.removed_bytes) : NONE)}
    </dl>
    ${losses.length > 0
      ? html`<p class="level-bad"><${Icon} name="warning" /> Lost on the way to the disk: ${losses.map(([name, value], at) => html`${at ? ", " : ""}${text(name.replaceAll("_", " "), 60)} ${count(value)}`)}</p>`
      : null}
  </section>`;
}
