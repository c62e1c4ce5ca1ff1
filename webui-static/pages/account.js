/*
 * account - oneself: what one may do, the password, the tokens.
 */
import { html, useState } from "../vendor/preact-htm.js";
import { changeOwnPassword } from "../api.js";
import { rightWords, roleWords } from "../access_words.js";
import { dayAndTime, isKnown, text } from "../format.js";
import { useStore } from "../hooks.js";
import { Icon } from "../parts/icon.js";
import { PasswordField } from "../parts/password_field.js";
import { TokenPanel } from "../parts/token_panel.js";
import { Trouble, useWork } from "../parts/trouble.js";
import { logout, session } from "../session.js";
import { clock } from "../settings.js";

function Me() {
  const { user, role, rights, expires } = useStore(session);
  const zone = useStore(clock);

  return html`<section class="panel" aria-labelledby="me">
    <h2 id="me"><bdi>${text(user, 64)}</bdi> <span class="tag">${text(role, 20)}</span></h2>
    <p>The role of ${text(role, 20)}: ${roleWords(role)}.</p>
    <ul class="rights">${rights.map((right) => html`<li key=${right}><${Icon} name="check" />${rightWords(right)}</li>`)}</ul>
    ${isKnown(expires) ? html`<p class="quiet">This session ends when it has been idle, now at ${dayAndTime(expires, zone)}.</p>` : null}
    <p><button type="button" onClick=${logout}>Log out</button></p>
  </section>`;
}

function Password() {
  const { user } = useStore(session);
  const [old, setOld] = useState("");
  const [next, setNext] = useState("");
  const [done, setDone] = useState(false);
  const { busy, error, act } = useWork();
  const submit = (event) => {
    event.preventDefault();
    setDone(false);
    if (busy) return;
    act(() => changeOwnPassword(old, next), () => {
      setOld("");
      setNext("");
      setDone(true);
    });
  };

  return html`<section class="panel" aria-labelledby="password-title">
    <h2 id="password-title">Password</h2>
    <form onSubmit=${submit}>
      <input class="offscreen" tabindex="-1" aria-hidden="true" autocomplete="username" readonly value=${user ?? ""} />
      <${PasswordField} id="old" label="The one now" value=${old} onInput=${setOld} />
      <${PasswordField} id="next" label="The new one" isNew value=${next} onInput=${setNext} />
      <${Trouble} error=${error} />
      <p role="status">${done ? "It is changed. Your other sessions have ended." : ""}</p>
      <button class="button primary" disabled=${busy}>Change it</button>
    </form>
  </section>`;
}

export function AccountPage() {
  return html`<main id="main" class="page account-page" tabindex="-1">
    <h1>My account</h1>
    <div class="account-grid"><${Me} /><${Password} /></div>
    <${TokenPanel} />
  </main>`;
}
