/*
 * certificate_table - the certificates that servers showed, those that end first on top.
 */
import { html } from "../vendor/preact-htm.js";
import { useStore } from "../hooks.js";
import { clock } from "../settings.js";
import { count, day, dayAndTime, isKnown, NONE, text } from "../format.js";
import { certificateNames, daysLeft, issuerName } from "../certificates.js";
import { Icon } from "./icon.js";

function Left({ certificate }) {
  const zone = useStore(clock);
  const { icon, level, words } = daysLeft(certificate);

  return html`<span class=${`left-mark level-${level}`}><${Icon} name=${icon} />${words}</span>
    ${isKnown(certificate.not_after) ? html`<span class="quiet nowrap">${" "}${day(certificate.not_after, zone)}</span>` : null}`;
}

/* Who it is for; and whether that is who was asked for. */
function Subject({ certificate }) {
  const { name, more } = certificateNames(certificate);

  return html`<bdi>${text(name, 80)}</bdi>${more > 0 ? html`<span class="quiet"> and ${count(more)} more</span>` : null}
    ${certificate.name_matches === false ? html`<span class="why level-bad"><${Icon} name="warning" /> for another name: ${text(certificate.subject, 120)}</span>` : null}`;
}

const keyOf = ({ key_type: type, key_bits: bits }) =>
  isKnown(type) ? `${text(type, 12)}${isKnown(bits) ? ` ${count(bits).replaceAll(",", "")}` : ""}` : NONE;

function Row({ certificate }) {
  const zone = useStore(clock);

  return html`<tr>
    <th scope="row"><bdi class="mono">${text(certificate.server, 60)}</bdi></th>
    <td class="c-name"><${Subject} certificate=${certificate} /></td>
    <td class="c-left"><${Left} certificate=${certificate} /></td>
    <td class="c-issuer"><bdi>${text(issuerName(certificate.issuer), 80)}</bdi></td>
    <td class="c-minor">${certificate.origin === "watch" ? html`<${Icon} name="search" /> asked for` : "in passing"}</td>
    <td class="c-minor">${text(certificate.transport, 8).toUpperCase()}${" "}${text(certificate.tls_version, 8)}</td>
    <td class="c-minor">${keyOf(certificate)}</td>
    <td class="c-minor number">${count(certificate.seen_count)}</td>
    <td class="c-minor">${dayAndTime(certificate.last_seen, zone)}</td>
  </tr>`;
}

export function CertificateTable({ certificates }) {
  return html`<div class="scroll-x" tabindex="0" role="region" aria-label="Certificates">
    <table class="dense certificate-table">
      <thead><tr>
        <th scope="col">Server</th><th scope="col">Name</th><th scope="col">Valid for</th><th scope="col">Issuer</th><th scope="col" class="c-minor">Seen</th>
        <th scope="col" class="c-minor">By</th><th scope="col" class="c-minor">Key</th><th scope="col" class="c-minor number">Times</th><th scope="col" class="c-minor">Last</th>
      </tr></thead>
      <tbody>${certificates.map((certificate) => html`<${Row} key=${certificate.id} certificate=${certificate} />`)}</tbody>
    </table>
  </div>`;
}

/* TLS 1.3 shows its certificate to the two alone: we have to ask. */
export function Unobservable({ servers }) {
  const zone = useStore(clock);

  if (servers.length === 0) return null;
  return html`<section class="panel" aria-labelledby="hidden">
    <h2 id="hidden"><${Icon} name="stop" /> Not observable <span class="quiet">${count(servers.length)}</span></h2>
    <p>TLS 1.3 and DTLS 1.3 encrypt the certificate, and a session that is taken up again shows none: a mirror port cannot see it. Let Earshot ask these servers itself,
      every few hours, in the configuration:</p>
    <pre>certificates:
  watch: [${servers.slice(0, 3).map(({ server }) => text(server, 60)).join(", ")}]</pre>
    <div class="scroll-x" tabindex="0" role="region" aria-label="Servers whose certificate cannot be seen">
      <table class="dense">
        <thead><tr><th scope="col">Server</th><th scope="col">Asked for as</th><th scope="col">Why</th><th scope="col" class="number">Handshakes</th><th scope="col">Last</th></tr></thead>
        <tbody>${servers.map((each) => html`<tr key=${each.server}>
          <th scope="row"><bdi class="mono">${text(each.server, 60)}</bdi></th><td><bdi>${text(each.server_name, 80)}</bdi></td>
          <td>${text(each.version, 12)}${each.resumed ? ", session taken up again" : ""}</td><td class="number">${count(each.seen_count)}</td><td>${dayAndTime(each.last, zone)}</td>
        </tr>`)}</tbody>
      </table>
    </div>
  </section>`;
}

/* Those of certificates.watch that showed none. */
export function Unseen({ watched }) {
  return watched
    .filter(({ error }) => isKnown(error))
    .map(({ target, error }) => html`<p key=${target} class="panel unseen"><${Icon} name="warning" /> <span><bdi class="mono">${text(target, 80)}</bdi> was asked and showed none: <bdi>${text(error, 160)}</bdi></span></p>`);
}
