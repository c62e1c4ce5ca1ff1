/*
 * alert_actions - what a person does about an alert: takes it upon himself, or wants to hear no more of it.
 */
import { html, useState } from "../vendor/preact-htm.js";
import { isOpen, tellHandled } from "../alerts.js";
import { acknowledge, addSilence, endSilence, takeBackAck } from "../api.js";
import { text } from "../format.js";
import { Icon } from "./icon.js";
import { Sheet } from "./sheet.js";
import { Trouble, useWork } from "./trouble.js";

const HOUR_S = 3600;
const ENDS = [
  [1, "1 hour"],
  [4, "4 hours"],
  [12, "12 hours"],
  [24, "1 day"],
  [24 * 7, "1 week"],
  [24 * 30, "30 days"],
];
const COMMENT_MAX = 499;

/* What a button asks for; whoever shows alerts hears that it is done. */
export const useDoing = () => useWork(tellHandled);

/* labels: [{name, value, word, chosen}], or none: then they are written by hand. */
export function SilenceSheet({ labels, close }) {
  const [chosen, setChosen] = useState(() => labels.map((label) => label.chosen));
  const [written, setWritten] = useState("");
  const [hours, setHours] = useState(4);
  const [comment, setComment] = useState("");
  const { busy, error, act } = useDoing();
  const words = labels.length ? labels.filter((_, at) => chosen[at]).map(({ word }) => word).join(" ") : written.trim();
  const save = () => {
    if (words === "" || busy) return;
    act(() => addSilence({ labels: words, until: Math.floor(Date.now() / 1000) + hours * HOUR_S, comment }), close);
  };

  return html`<${Sheet} title="Silence alerts" close=${close}>
    <p class="quiet">Whatever has all of these labels is raised and shown as ever, but nobody is told until it ends.</p>
    ${labels.length
      ? html`<ul class="choices">
          ${labels.map(
            ({ name, value }, at) => html`<li>
              <label
                ><input
                  type="checkbox"
                  checked=${chosen[at]}
                  onChange=${(event) => setChosen((now) => now.map((each, index) => (index === at ? event.target.checked : each)))}
                /><span class="quiet">${text(name, 40)}</span> <bdi class="mono">${text(value, 80)}</bdi></label
              >
            </li>`,
          )}
        </ul>`
      : html`<label class="field"
          >Labels<input type="text" class="mono" placeholder="trunk=carrier-a severity!=critical" maxlength="511" value=${written}
            onInput=${(event) => setWritten(event.target.value)}
        /></label>`}
    <div class="fields">
      <label class="field"
        >For<select value=${String(hours)} onChange=${(event) => setHours(Number(event.target.value))}>
          ${ENDS.map(([value, word]) => html`<option value=${String(value)}>${word}</option>`)}
        </select></label
      >
      <label class="field wide"
        >Why<input type="text" maxlength=${COMMENT_MAX} placeholder="carrier maintenance until 6:00" value=${comment}
          onInput=${(event) => setComment(event.target.value)}
      /></label>
    </div>
    <p class="mono silence-words">${text(words, 511)}</p>
    <${Trouble} error=${error} />
    <p class="sheet-foot"><button type="button" class="button primary" disabled=${words === "" || busy} onClick=${save}>Silence</button></p>
  <//>`;
}

/* onSilence: asks for the sheet, which the page holds, since a key opens it too. */
export function AlertActions({ alert, onSilence, doing }) {
  const { busy, error, act } = doing;
  const { ack, silence } = alert;

  return html`<div class="alert-actions">
    ${ack
      ? html`<button type="button" disabled=${busy} onClick=${() => act(() => takeBackAck(alert.id))}><${Icon} name="turn" />Take back</button>`
      : isOpen(alert)
        ? html`<button type="button" class="button primary" disabled=${busy} onClick=${() => act(() => acknowledge(alert.id))}
            ><${Icon} name="check" />Acknowledge</button
          >`
        : null}
    ${silence
      ? html`<button type="button" disabled=${busy} onClick=${() => act(() => endSilence(silence.id))}><${Icon} name="bell" />End the silence</button>`
      : html`<button type="button" onClick=${onSilence}><${Icon} name="bell" />Silence…</button>`}
    <${Trouble} error=${error} />
  </div>`;
}
