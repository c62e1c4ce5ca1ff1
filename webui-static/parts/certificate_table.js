/*
 * certificate_table - the certificates that servers showed, those that end first on top.
 */
import { html } from "../vendor/preact-htm.js";
import { useStore } from "../hooks.js";
import { clock } from "../settings.js";
import { count, day, dayAndTime, isKnown, NONE, text } from "../format.js";
import { certificateNames, daysLeft, sortCertificates } from "../certificates.js";
import { Icon } from "./icon.js";

function Left({ certificate }) {
  const zone = useStore(clock);
  const { icon, level, words } = daysLeft(certificate);

  return html`<span class=${`left-mark level-${level}`}><${Icon} name=${icon} />${words}</span>
    ${isKnown(certificate.not_after)
      ? html`<span class="quiet nowrap">${" "}${day(certificate.not_after, zone)}</span>`
      : null}`;
}

/* Who it is for, and what a person compares it by. */
function Subject({ certificate }) {
  const { name, more } = certificateNames(certificate);
  const title = [certificate.subject, certificate.issuer && `issued by ${certificate.issuer}`]
    .filter(isKnown)
    .map((each) => text(each, 300))
    .join("\n");

  return html`<span title=${title}><bdi>${text(name, 80)}</bdi>${more > 0
    ? html`<span class="quiet"> and ${count(more)} more</span>`
    : null}</span>`;
}

const keyOf = ({ key_type: type, key_bits: bits }) =>
  isKnown(type) ? `${text(type, 12)}${isKnown(bits) ? ` ${count(bits).replaceAll(",", "")}` : ""}` : NONE;

function Row({ certificate }) {
  const zone = useStore(clock);

  return html`<tr>
    <td><bdi class="mono">${text(certificate.server, 60)}</bdi></td>
    <td class="c-name"><${Subject} certificate=${certificate} /></td>
    <td><${Left} certificate=${certificate} /></td>
    <td class="c-minor">${text(certificate.transport, 8)}${" "}${text(certificate.tls_version, 8)}</td>
    <td class="c-minor">${keyOf(certificate)}</td>
    <td class="c-minor c-number">${count(certificate.seen_count)}</td>
    <td class="c-minor">${dayAndTime(certificate.last_seen, zone)}</td>
  </tr>`;
}

/* TLS 1.3 shows its certificate to the two alone: we have to ask. */
function Hidden({ certificates }) {
  if (!certificates.some(({ state }) => state === "not_observable")) return null;
  return html`<p class="quiet">What is not observable is encrypted (TLS 1.3): a mirror port cannot see it. With
    <code>certificates.watch</code> in the configuration Earshot asks these servers itself, every few hours; that is
    off unless you list them.</p>`;
}

function Unseen({ watched }) {
  return watched
    .filter(({ error }) => isKnown(error))
    .map(({ target, error }) => html`<p key=${target} class="quiet"><${Icon} name="warning" /> <bdi class="mono">${text(target, 80)}</bdi>
      ${" "}was asked and showed none: <bdi>${text(error, 160)}</bdi></p>`);
}

export function CertificatePanel({ certificates: passing, watched = [], more }) {
  const asked = watched.map(({ certificate }) => certificate).filter(isKnown);
  const certificates = [...passing, ...asked];

  return html`<section class="panel wide">
    <h2>${asked.length > 0 ? "Certificates" : "Certificates seen in passing"}</h2>
    ${certificates.length === 0
      ? html`<p class="quiet">No server has shown one: there was no TLS or DTLS handshake.</p>`
      : html`<div class="scroll-x" tabindex="0" role="region" aria-label="Certificates">
          <table class="certificate-table">
            <thead>
              <tr>
                <th scope="col">Server</th>
                <th scope="col">Name</th>
                <th scope="col">Valid for</th>
                <th scope="col" class="c-minor">TLS</th>
                <th scope="col" class="c-minor">Key</th>
                <th scope="col" class="c-minor c-number">Seen</th>
                <th scope="col" class="c-minor">Last</th>
              </tr>
            </thead>
            <tbody>
              ${sortCertificates(certificates).map(
                (certificate) => html`<${Row} key=${certificate.id} certificate=${certificate} />`,
              )}
            </tbody>
          </table>
        </div>`}
    <${Hidden} certificates=${passing} />
    <${Unseen} watched=${watched} />
    ${more ? html`<p class="quiet">These are the newest; the API has the others.</p>` : null}
  </section>`;
}
