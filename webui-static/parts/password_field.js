/*
 * password_field - a password as it is typed or pasted, to be looked at if one likes. Password managers know it by its
 * autocomplete.
 */
import { html, useState } from "../vendor/preact-htm.js";

export const PASSWORD_MIN = 12;
export const PASSWORD_MAX = 256;

/* isNew: one that is chosen now, with the rules beside it. */
export function PasswordField({ id, label, value, onInput, isNew = false }) {
  const [shown, setShown] = useState(false);

  return html`<div class="field">
    <label for=${id}>${label}</label>
    <span class="password">
      <input
        id=${id}
        type=${shown ? "text" : "password"}
        required
        minlength=${isNew ? PASSWORD_MIN : undefined}
        maxlength=${PASSWORD_MAX}
        autocomplete=${isNew ? "new-password" : "current-password"}
        autocapitalize="none"
        spellcheck=${false}
        aria-describedby=${isNew ? `${id}-rules` : undefined}
        value=${value}
        onInput=${(event) => onInput(event.target.value)}
      />
      <button type="button" aria-pressed=${String(shown)} aria-label="Show the password" onClick=${() => setShown(!shown)}>${shown ? "Hide" : "Show"}</button>
    </span>
    ${isNew ? html`<span id=${`${id}-rules`}>${PASSWORD_MIN} characters or more, any that you like; four or five words are good. Not your name.</span>` : null}
  </div>`;
}
