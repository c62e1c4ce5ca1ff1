/*
 * copy_button - copies a text and says so.
 */
import { html, useEffect, useState } from "../vendor/preact-htm.js";
import { Icon } from "./icon.js";
import { copyText } from "../copy.js";

const SAID_MS = 1600;

/* value: a text, or what makes it when it is wanted; children: what is copied, in words of our own ("Call-ID"). */
export function CopyButton({ value, children }) {
  const [said, setSaid] = useState(null);

  useEffect(() => {
    if (said === null) return undefined;
    const timer = setTimeout(() => setSaid(null), SAID_MS);
    return () => clearTimeout(timer);
  }, [said]);
  const copy = async () => setSaid((await copyText(typeof value === "function" ? value() : value)) ? "copied" : "not allowed");

  return html`<button type="button" class="copy" onClick=${copy}>
    <${Icon} name=${said === "copied" ? "check" : "copy"} />
    <span>${children}</span>
    <span class="copy-said" role="status">${said ?? ""}</span>
  </button>`;
}
