/*
 * topbar - where one is, how the connection is, which clock and colours.
 */
import { html } from "../vendor/preact-htm.js";
import { useStore } from "../hooks.js";
import { alerts, countFiring } from "../alerts.js";
import { clock, theme } from "../settings.js";
import { count } from "../format.js";
import { Icon } from "./icon.js";

const THEME_ICONS = { system: "auto", dark: "moon", light: "sun" };
const LINKS = [
  ["calls", "Calls", ["calls", "call"]],
  ["alerts", "Alerts", ["alerts"]],
  ["probe", "Probe", ["probe"]],
];

function Badge() {
  const firing = countFiring(useStore(alerts).list);

  if (firing === 0) return null;
  return html`<span class="badge" title=${`${count(firing)} firing`}>${count(firing)}<span class="offscreen"> firing</span></span>`;
}

export function TopBar({ page, help }) {
  const zone = useStore(clock);
  const colours = useStore(theme);

  return html`<header class="topbar">
    <a class="skip" href="#main" onClick=${(event) => {
      event.preventDefault();
      document.getElementById("main")?.focus();
    }}>Skip to the content</a>
    <a class="brand" href="#/calls"><img src="logo.svg" alt="" width="24" height="24" />Earshot</a>
    <nav aria-label="Pages">
      ${LINKS.map(
        ([name, title, pages]) =>
          html`<a href=${`#/${name}`} aria-current=${pages.includes(page) ? "page" : null}
            >${title}${name === "alerts" ? html`<${Badge} />` : null}</a
          >`,
      )}
    </nav>
    <div class="topbar-tools">
      <button type="button" class="tool" onClick=${clock.next} aria-label=${`Clock: ${zone === "utc" ? "UTC" : "local time"}. Change it`}>
        <${Icon} name="clock" /><span>${zone === "utc" ? "UTC" : "local"}</span>
      </button>
      <button type="button" class="tool" onClick=${theme.next} aria-label=${`Colours: ${colours}. Change them`}>
        <${Icon} name=${THEME_ICONS[colours]} /><span class="wide-only">${colours}</span>
      </button>
      <button type="button" class="tool" onClick=${help} aria-label="Keys and marks"><b>?</b></button>
    </div>
  </header>`;
}
