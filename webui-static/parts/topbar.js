/*
 * topbar - where one is, who one is, which clock and colours.
 */
import { html } from "../vendor/preact-htm.js";
import { useStore } from "../hooks.js";
import { alerts, countFiring } from "../alerts.js";
import { count, text } from "../format.js";
import { PAGES } from "../pages.js";
import { landing, logout, may, session } from "../session.js";
import { clock, theme } from "../settings.js";
import { Icon } from "./icon.js";

const THEME_ICONS = { system: "auto", dark: "moon", light: "sun" };
/* Pages that belong to one of the bar. */
const UNDER = { call: "calls" };

function Badge() {
  const firing = countFiring(useStore(alerts).list);

  if (firing === 0) return null;
  return html`<span class="badge" title=${`${count(firing)} firing`}>${count(firing)}<span class="offscreen"> firing</span></span>`;
}

const close = (event) => event.currentTarget.closest("[popover]")?.hidePopover();

/* In the bar, and where that is too narrow in the menu. */
function Links({ page }) {
  const here = UNDER[page] ?? page;

  return Object.entries(PAGES)
    .filter(([, { key, right }]) => key && may(right))
    .map(
      ([name, { title, key }]) =>
        html`<a href=${`#/${name}`} onClick=${close} aria-current=${name === here ? "page" : null}
          >${title}${name === "alerts" ? html`<${Badge} />` : null}<kbd class="menu-key" aria-hidden="true">g ${key}</kbd></a
        >`,
    );
}

function Account() {
  const { user, role } = useStore(session);

  return html`<div>
    <button type="button" class="tool" popovertarget="account-menu">
      <${Icon} name="person" /><span class="offscreen">Account: </span><bdi class="account-name">${text(user, 20)}</bdi>
    </button>
    <div class="menu menu-right" id="account-menu" popover="auto">
      <p class="menu-who"><b><bdi>${text(user, 64)}</bdi></b> <span class="tag">${text(role, 20)}</span></p>
      <a href="#/account" onClick=${close}>My account, password, tokens</a>
      <button type="button" onClick=${logout}>Log out</button>
    </div>
  </div>`;
}

function skip(event) {
  event.preventDefault();
  document.getElementById("main")?.focus();
}

export function TopBar({ page, help }) {
  const zone = useStore(clock);
  const colours = useStore(theme);

  return html`<header class="topbar">
    <a class="skip" href="#main" onClick=${skip}>Skip to the content</a>
    <a class="brand" href=${`#/${landing()}`}><img src="logo.svg" alt="" width="24" height="24" /><span>Earshot</span></a>
    <button type="button" class="tool menu-button" popovertarget="pages-menu">
      <${Icon} name="menu" /><span class="offscreen">Pages. This is </span><span>${PAGES[page].title}</span><${Badge} />
    </button>
    <nav class="bar-links" aria-label="Pages"><${Links} page=${page} /></nav>
    <nav class="menu" id="pages-menu" popover="auto" aria-label="Pages"><${Links} page=${page} /></nav>
    <div class="topbar-tools">
      <button type="button" class="tool" onClick=${clock.next} aria-label=${`Clock: ${zone === "utc" ? "UTC" : "local time"}. Change it`}>
        <${Icon} name="clock" /><span>${zone === "utc" ? "UTC" : "local"}</span>
      </button>
      <button type="button" class="tool" onClick=${theme.next} aria-label=${`Colours: ${colours}. Change them`} title=${`Colours: ${colours}`}>
        <${Icon} name=${THEME_ICONS[colours]} />
      </button>
      <button type="button" class="tool" onClick=${help} aria-label="Keys and marks"><b>?</b></button>
      <${Account} />
    </div>
  </header>`;
}
