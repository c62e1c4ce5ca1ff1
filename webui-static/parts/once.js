/*
 * once - a secret that is shown now and never again, to be copied.
 */
import { html, useEffect, useRef } from "../vendor/preact-htm.js";
import { CopyButton } from "./copy_button.js";
import { Icon } from "./icon.js";

export function Once({ title, value, what, close, children }) {
  const place = useRef(null);

  useEffect(() => place.current.focus(), [value]);
  return html`<section class="panel once" aria-label=${title} tabindex="-1" ref=${place}>
    <h2><${Icon} name="lock" />${title}</h2>
    <p>${children}</p>
    <p class="once-line"><code>${value}</code><${CopyButton} value=${value}>${what}<//><button type="button" onClick=${close}>I have it</button></p>
  </section>`;
}
