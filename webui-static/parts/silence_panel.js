/*
 * silence_panel - what nobody is told of at present, until when and why; and a new silence.
 */
import { html } from "../vendor/preact-htm.js";
import { endSilence } from "../api.js";
import { dayAndTime, text } from "../format.js";
import { useStore } from "../hooks.js";
import { clock } from "../settings.js";
import { Trouble } from "./trouble.js";
import { Empty } from "./notice.js";

export function SilencePanel({ silences, doing, onNew }) {
  const zone = useStore(clock);

  return html`<section aria-label="Silences">
    <p><button type="button" onClick=${onNew}>New silence…</button></p>
    <${Trouble} error=${doing.error} />
    ${silences.length === 0
      ? html`<${Empty} title="Nothing is silenced">
          <p>A silence holds back messages of the alerts that have its labels, until its end. Begin one from an
            alert, or here for work that is to come.</p>
        <//>`
      : html`<div class="panel scroll-x" tabindex="0" role="region" aria-label="Silences in force">
          <table class="plain-table">
            <thead><tr><th scope="col">Labels</th><th scope="col">From</th><th scope="col">Until</th><th scope="col">Why</th>
              <th scope="col"><span class="offscreen">End</span></th></tr></thead>
            <tbody>
              ${silences.map(
                (each) => html`<tr key=${each.id}>
                  <th scope="row"><bdi class="mono">${text(each.labels, 300)}</bdi></th>
                  <td class="nowrap">${dayAndTime(each.from, zone)}${each.state === "to come" ? html` <span class="tag">to come</span>` : null}</td>
                  <td class="nowrap">${dayAndTime(each.until, zone)}</td>
                  <td><bdi>${text(each.comment, 200)}</bdi></td>
                  <td><button type="button" disabled=${doing.busy} onClick=${() => doing.act(() => endSilence(each.id))}>End now</button></td>
                </tr>`,
              )}
            </tbody>
          </table>
        </div>`}
  </section>`;
}
