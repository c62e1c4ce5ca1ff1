/*
 * setup - a one-time link has been opened: the first administrator, or somebody invited, chooses a password.
 */
import { html, useEffect, useRef, useState } from "../vendor/preact-htm.js";
import { useStore, useTitle } from "../hooks.js";
import { Gate } from "../parts/gate.js";
import { PasswordField } from "../parts/password_field.js";
import { Trouble, useWork } from "../parts/trouble.js";
import { session, setup } from "../session.js";

export function SetupPage({ query }) {
  const who = useStore(session);
  /* Of somebody invited the link itself says who he is; what stands here is for his password manager. */
  const invited = !who.setup;
  const [name, setName] = useState(invited ? (query.name ?? "") : "");
  const [password, setPassword] = useState("");
  const field = useRef(null);
  const { busy, error, act } = useWork();
  const submit = (event) => {
    event.preventDefault();
    if (!busy) act(() => setup(query.key, invited ? undefined : name.trim(), password));
  };

  useTitle("Set a password");
  useEffect(() => field.current?.focus(), []);
  if (!query.key)
    return html`<${Gate} title="This link is not whole">
      <p>It should end in <code>#/setup?key=…</code>. Copy all of it, or ask for a new one.</p>
    <//>`;
  return html`<${Gate} title=${who.setup ? "Welcome to Earshot" : "Set your password"}>
    <p>${who.setup
      ? "You are the first: choose a name and a password, and you administer Earshot."
      : "Choose a password, and you are in. The link works once."}</p>
    <form onSubmit=${submit}>
      ${invited && !query.name
        ? null
        : html`<div class="field">
            <label for="name">Name</label>
            <input id="name" ref=${field} required readonly=${invited} maxlength="64" pattern="[A-Za-z0-9_\\-][A-Za-z0-9_.\\-]*" title="letters, digits, - _ and ." autocomplete="username"
              autocapitalize="none" spellcheck=${false} value=${name} onInput=${(event) => setName(event.target.value)} />
          </div>`}
      <${PasswordField} id="password" label="New password" isNew value=${password} onInput=${setPassword} />
      <${Trouble} error=${error} />
      <button class="button primary" disabled=${busy}>${busy ? "One moment" : "Set it and log in"}</button>
    </form>
  <//>`;
}
