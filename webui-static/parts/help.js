/*
 * help - the keys, on a sheet of their own.
 */
import { html, useEffect, useRef } from "../vendor/preact-htm.js";
import { Icon } from "./icon.js";

const KEYS = [
  ["Everywhere", [
    ["/", "search"],
    ["g c · g a · g p", "go to calls, alerts, probe"],
    ["?", "this sheet"],
    ["Esc", "back, close"],
  ]],
  ["Calls", [
    ["↓  Tab", "in the box: choose and take a proposal"],
    ["j  k", "down, up"],
    ["Enter", "open"],
    ["d", "download its pcap"],
    ["n", "show the new ones"],
  ]],
  ["Alerts", [
    ["j  k", "down, up"],
    ["Enter", "open"],
    ["a", "acknowledge"],
    ["s", "silence"],
    ["Esc", "back to the list"],
  ]],
  ["One call", [
    ["j  k", "next, previous message"],
    ["d", "download the pcap"],
    ["Space", "play, pause, once the waveform is open"],
    ["←  →", "in the chart or the waveform: a step"],
    ["Esc", "close the message, then back"],
  ]],
];

export function Help({ close }) {
  const dialog = useRef(null);

  useEffect(() => dialog.current.showModal(), []);
  return html`<dialog class="help" ref=${dialog} onClose=${close} aria-labelledby="help-title">
    <header>
      <h2 id="help-title">Keys</h2>
      <button type="button" class="round" aria-label="Close" onClick=${() => dialog.current.close()}>
        <${Icon} name="cross" />
      </button>
    </header>
    <div class="help-groups">
      ${KEYS.map(
        ([group, keys]) =>
          html`<section>
            <h3>${group}</h3>
            <dl>
              ${keys.map(([key, what]) => html`<div><dt><kbd>${key}</kbd></dt><dd>${what}</dd></div>`)}
            </dl>
          </section>`,
      )}
    </div>
    <section class="help-marks">
      <h3>Marks</h3>
      <p>
        MOS, 1 to 4.5: good from 4.03, fair from 3.6, poor from 3.1, bad below; four bars to one. It
        is the worse direction's, behind a 200 ms buffer. A dash (–) is not zero: it is not known.
      </p>
    </section>
  </dialog>`;
}
