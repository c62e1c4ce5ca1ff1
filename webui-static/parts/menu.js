/*
 * menu - a button, and what it opens below itself; gone with Esc, or with a click elsewhere.
 */
import { html } from "../vendor/preact-htm.js";
import { Icon } from "./icon.js";

/* Below its button, and within the window. */
function place(event) {
  if (event.newState !== "open") return;
  const menu = event.currentTarget;
  const { bottom, right } = menu.previousElementSibling.getBoundingClientRect();

  menu.style.top = `${Math.round(bottom + 4)}px`;
  menu.style.right = `${Math.max(8, Math.round(document.documentElement.clientWidth - right))}px`;
  menu.style.maxHeight = `${Math.round(innerHeight - bottom - 16)}px`;
}

export function Menu({ id, title, icon, children }) {
  return html`<button type="button" class="tool-button" popovertarget=${id}><${Icon} name=${icon} /><span>${title}</span></button>
    <div class="menu menu-drop" id=${id} popover="auto" aria-label=${title} onBeforeToggle=${place}>${children}</div>`;
}

export const openMenu = (id) => document.getElementById(id)?.showPopover();
export const closeMenu = (id) => document.getElementById(id)?.hidePopover();
