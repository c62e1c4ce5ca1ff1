/*
 * certificates - the page of certificates: which end soon, which are for another name, which cannot be seen.
 */
import { html } from "../vendor/preact-htm.js";
import { fetchCertificates } from "../api.js";
import { CERTIFICATE_TABS, certificatesOf } from "../certificates.js";
import { count, dayAndTime } from "../format.js";
import { useAsked, useKeys, useStore } from "../hooks.js";
import { CertificateTable, Unobservable, Unseen } from "../parts/certificate_table.js";
import { Icon } from "../parts/icon.js";
import { Answer, Empty } from "../parts/notice.js";
import { backToCalls, formatRoute } from "../router.js";
import { clock } from "../settings.js";

const ASK_MS = 15000;
const SHOWN = 500;

const ask = (signal) => fetchCertificates({ sort: "days_left", limit: SHOWN }, signal);

function Tabs({ certificates, chosen }) {
  return html`<nav class="tabs" aria-label="Certificates">
    ${CERTIFICATE_TABS.map(({ name, word, icon, takes }) => html`<a href=${formatRoute({ page: "certificates", query: { show: name } })} aria-current=${name === chosen.name ? "page" : null}>
      ${icon ? html`<${Icon} name=${icon} /> ` : null}${word} <span class="tab-count">${count(certificates.filter(takes).length)}</span></a>`)}
  </nav>`;
}

export function CertificatesPage({ query }) {
  const zone = useStore(clock);
  const asked = useAsked(ask, { everyMs: ASK_MS });
  const chosen = CERTIFICATE_TABS.find(({ name }) => name === (query.show ?? "")) ?? CERTIFICATE_TABS[0];

  useKeys({ Escape: backToCalls });
  return html`<main id="main" class="page rooms-page" tabindex="-1">
    <header class="overview-head"><h1>Certificates</h1>
      ${asked.answer ? html`<p class="quiet">days left as of ${dayAndTime(asked.answer.as_of, zone).slice(0, 16)}</p>` : null}</header>
    <${Answer} asked=${asked} what="Certificates">
      ${(answer) => {
        const certificates = certificatesOf(answer);
        const hidden = Array.isArray(answer.unobservable) ? answer.unobservable : [];
        const watched = Array.isArray(answer.watched) ? answer.watched : [];
        const rows = certificates.filter(chosen.takes);

        if (certificates.length + hidden.length + watched.length === 0)
          return html`<${Empty} title="No certificate was seen">
            <p>They show themselves in TLS and DTLS handshakes up to 1.2, on any port, when such a handshake passes the mirror. TLS 1.3 encrypts them:
              name the servers that matter in <code>certificates.watch: [sbc.example.com:5061]</code>, and Earshot asks them itself every few hours.</p><//>`;
        return html`<${Unseen} watched=${watched} />
          ${certificates.length > 0
            ? html`<${Tabs} certificates=${certificates} chosen=${chosen} />
                <section class="panel">${rows.length > 0 ? html`<${CertificateTable} certificates=${rows} />` : html`<p class="quiet"><${Icon} name="check" /> None of them.</p>`}</section>`
            : null}
          <${Unobservable} servers=${hidden} />
          ${answer.cut ? html`<p class="quiet">There are more than are shown: these end first.</p>` : null}`;
      }}
    <//>
  </main>`;
}
