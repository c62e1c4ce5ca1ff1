/*
 * sdp_table - an offer and its answer side by side; a sign, not only a colour, says where they differ.
 */
import { html } from "../vendor/preact-htm.js";
import { text } from "../format.js";
import { bodyOf, compareSdp, parseSdp } from "../sdp.js";

const SIGNS = { same: ["", ""], changed: ["≠", "differs"], offered: ["−", "not in the answer"], answered: ["+", "not in the offer"] };
const SHOWN = 200;

function Value({ value }) {
  return value === null ? html`<td class="quiet">–</td>` : html`<td><bdi>${text(value, 300)}</bdi></td>`;
}

/* offer, answer: messages; answer null: none was seen. go: to a message, by its index. */
export function SdpTable({ offer, answer, offerIndex, answerIndex, go }) {
  const [a, b] = [offer, answer].map((message) => (message ? parseSdp(bodyOf(message.raw)) : null));
  const name = (message) => `${message.status ?? ""} ${message.status ? text(message.reason, 20) : text(message.method, 20)}`.trim();
  const head = (what, message, index) =>
    html`<th scope="col">${what}${message ? html` <button type="button" class="link" onClick=${() => go(index)}>${name(message)}</button>` : html` <span class="quiet">none seen</span>`}</th>`;

  if (a === null && b === null) return html`<p class="quiet pane-note">The description cannot be read.</p>`;
  return html`<div class="scroll-x sdp-scroll" tabindex="0" role="region" aria-label="Offer and answer">
    <table class="sdp">
      <thead><tr><td></td>${head("Offer", offer, offerIndex)}${head("Answer", answer, answerIndex)}</tr></thead>
      ${compareSdp(a, b).map(
        ({ title, refused, rows }) => html`<tbody>
          <tr class="group"><th scope="rowgroup" colspan="3"><bdi>${text(title, 40)}</bdi>${refused ? " · refused, port 0" : ""}</th></tr>
          ${rows.slice(0, SHOWN).map(({ what, offered, answered, mark }) => {
            const [sign, said] = answer === null ? SIGNS.same : SIGNS[mark];
            return html`<tr class=${sign ? `sdp-${mark}` : ""}>
              <th scope="row"><span class="sign" aria-hidden="true">${sign}</span>${said ? html`<span class="offscreen">${said}: </span>` : null}<bdi>${text(what, 40)}</bdi></th>
              <${Value} value=${offered} /><${Value} value=${answered} />
            </tr>`;
          })}
        </tbody>`,
      )}
    </table>
  </div>`;
}
