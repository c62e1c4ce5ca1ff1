/*
 * about_panel - what the program is made of, how it is configured, and which rules have a fault.
 */
import { html } from "../vendor/preact-htm.js";
import { count, text } from "../format.js";
import { configSections } from "../rooms.js";
import { Icon } from "./icon.js";

export function LibraryPanel({ probe }) {
  const libraries = Array.isArray(probe.libraries) ? probe.libraries : [];

  return html`<section class="panel" aria-labelledby="libraries">
    <h2 id="libraries">Earshot ${text(probe.version, 30)}</h2>
    <p class="quiet">${text(probe.build?.compiler, 60)}, ${text(probe.build?.kind, 60)}</p>
    <dl class="pairs">
      ${libraries.map(({ name, version, purpose }) => html`<div key=${name}><dt>${text(name, 40)} <span class="quiet">${text(purpose, 60)}</span></dt><dd>${version === null ? html`<span class="quiet">not built in</span>` : text(version, 60)}</dd></div>`)}
    </dl>
  </section>`;
}

function Section({ name, options, changed }) {
  return html`<details open=${changed > 0}>
    <summary><b>${text(name, 30)}</b> <span class="quiet">${changed > 0 ? `${count(changed)} of ${count(options.length)} set` : `${count(options.length)}, all as they come`}</span></summary>
    <dl class="pairs">
      ${options.map((each) => html`<div key=${each.option}><dt class=${each.default ? "quiet" : ""}>${each.default ? "" : html`<${Icon} name="check" /> `}<code>${text(each.option, 60)}</code></dt><dd><bdi>${text(each.value, 400)}</bdi></dd></div>`)}
    </dl>
  </details>`;
}

export function ConfigPanel({ probe }) {
  const sections = configSections(probe.config);

  if (sections.length === 0) return null;
  return html`<section class="panel" aria-labelledby="config">
    <h2 id="config">Configuration in force</h2>
    <p class="quiet">${probe.config_file ? html`From <code><bdi>${text(probe.config_file, 120)}</bdi></code>, and the options of the command line. ` : html`No file, only the options of the command line. `}
      Secrets are never shown; <code>earshot run --print-config</code> prints all of it with its help.</p>
    ${sections.map((section) => html`<${Section} key=${section.name} ...${section} />`)}
  </section>`;
}

/* Rules that the probe could not read: those of before stay in force. */
export function FaultPanel({ rules }) {
  const faulty = (Array.isArray(rules?.rules) ? rules.rules : []).filter(({ error }) => typeof error === "string");

  if (faulty.length === 0) return null;
  return html`<section class="panel" aria-labelledby="faults">
    <h2 id="faults" class="level-bad"><${Icon} name="warning" /> ${faulty.length === 1 ? "One rule has" : `${count(faulty.length)} rules have`} a fault</h2>
    <ul>${faulty.map(({ name, error }) => html`<li key=${name}><b><bdi>${text(name, 64)}</bdi></b>: <bdi>${text(error, 300)}</bdi></li>`)}</ul>
    <p class="quiet">The probe goes on with what it read before. <code>earshot rules check</code> says the same; <a href="#/alerts?tab=rules">all rules</a></p>
  </section>`;
}
