/*
 * login - who are you? Stands in the place of any page, whose address stays.
 */
import { html, useEffect, useRef, useState } from "../vendor/preact-htm.js";
import { useStore, useTitle } from "../hooks.js";
import { Gate } from "../parts/gate.js";
import { PasswordField } from "../parts/password_field.js";
import { Trouble, useWork } from "../parts/trouble.js";
import { login, session } from "../session.js";

function NoUserYet() {
  return html`<${Gate} title="Nobody can log in yet">
    <p>Earshot has no user and no default password. Its first start has printed a link, good for one use: open it to
      become the first administrator.</p>
    <p>The link is gone? In a shell on the probe's machine, this prints a new one:</p>
    <pre>earshot user add NAME --role admin --store DIR</pre>
  <//>`;
}

export function LoginPage() {
  const { ended, setup } = useStore(session);
  const [name, setName] = useState("");
  const [password, setPassword] = useState("");
  const field = useRef(null);
  const { busy, error, act } = useWork();
  const submit = (event) => {
    event.preventDefault();
    if (!busy) act(() => login(name.trim(), password));
  };

  useTitle("Log in");
  useEffect(() => field.current?.focus(), []);
  if (setup) return html`<${NoUserYet} />`;
  return html`<${Gate} title="Log in to Earshot">
    ${ended ? html`<p class="unsure" role="status">Your session has ended. Log in to go on where you were.</p>` : null}
    <form onSubmit=${submit}>
      <div class="field">
        <label for="name">Name</label>
        <input id="name" ref=${field} required maxlength="64" autocomplete="username" autocapitalize="none" spellcheck=${false} value=${name}
          onInput=${(event) => setName(event.target.value)} />
      </div>
      <${PasswordField} id="password" label="Password" value=${password} onInput=${setPassword} />
      <${Trouble} error=${error} />
      <button class="button primary" disabled=${busy}>${busy ? "One moment" : "Log in"}</button>
    </form>
    <p class="quiet">Forgotten? Whoever administers Earshot can give you a link to set a new password.</p>
  <//>`;
}
