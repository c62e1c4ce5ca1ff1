/*
 * users - who may log in, as what; links to set a password; everybody's tokens. For administrators.
 */
import { html, useState } from "../vendor/preact-htm.js";
import { ROLES, roleWords } from "../access_words.js";
import { addUser, changeUser, fetchUsers, removeUser } from "../api.js";
import { count, dayAndTime, isKnown, text } from "../format.js";
import { useAsked, useStore } from "../hooks.js";
import { Icon } from "../parts/icon.js";
import { Answer } from "../parts/notice.js";
import { Once } from "../parts/once.js";
import { Sheet } from "../parts/sheet.js";
import { TokenPanel } from "../parts/token_panel.js";
import { Trouble, useWork } from "../parts/trouble.js";
import { formatRoute } from "../router.js";
import { session } from "../session.js";
import { clock } from "../settings.js";

/* Only here does the key stand: the server keeps a hash of it. */
const setupAddress = (key, name) => new URL(formatRoute({ page: "setup", query: { key, name } }), location.href).href;

function RoleSelect({ value, onChange, ...rest }) {
  return html`<select value=${value} onChange=${(event) => onChange(event.target.value)} ...${rest}>
    ${Object.keys(ROLES).map((role) => html`<option value=${role}>${role}</option>`)}
  </select>`;
}

function NewUser({ work, made }) {
  const [name, setName] = useState("");
  const [role, setRole] = useState("viewer");
  const submit = (event) => {
    event.preventDefault();
    if (!work.busy) work.act(() => addUser({ name: name.trim(), role }), (answer) => (setName(""), made(answer)));
  };

  return html`<form class="panel new" onSubmit=${submit}>
    <div class="fields">
      <label class="field wide">Name<input required maxlength="64" pattern="[A-Za-z0-9_\\-][A-Za-z0-9_.\\-]*" title="letters, digits, - _ and ." autocomplete="off" autocapitalize="none" spellcheck=${false} value=${name} onInput=${(event) => setName(event.target.value)} /></label>
      <label class="field">Role<${RoleSelect} value=${role} onChange=${setRole} aria-describedby="role-words" /></label>
      <button class="button primary" disabled=${work.busy}>Add</button>
    </div>
    <p class="quiet" id="role-words"><b>${role}</b>: ${roleWords(role)}.</p>
  </form>`;
}

function State({ user }) {
  if (user.disabled) return html`<span class="mark-word"><${Icon} name="stop" />disabled</span>`;
  if (!isKnown(user.last_login)) return html`<span class="mark-word"><${Icon} name="dots" />never logged in</span>`;
  return html`<span class="mark-word mark-done"><${Icon} name="check" />may log in</span>`;
}

/* at: its place in the list, for ids: a name may not become part of an attribute. */
function Row({ user, at, isMe, work, made, onRemove }) {
  const zone = useStore(clock);
  const change = (what) => work.act(() => changeUser(user.name, what), made);

  return html`<tr>
    <th scope="row"><bdi id=${`user-${at}`}>${text(user.name, 64)}</bdi>${isMe ? html` <span class="tag">you</span>` : null}</th>
    <td><${RoleSelect} value=${user.role} disabled=${work.busy} onChange=${(role) => change({ role })} aria-labelledby=${`role-title user-${at}`} /></td>
    <td><${State} user=${user} /></td>
    <td class="nowrap">${dayAndTime(user.last_login, zone)}</td>
    <td class="number">${count(user.sessions)}</td>
    <td class="number">${count(user.tokens)}</td>
    <td class="row-tools">
      <button type="button" disabled=${work.busy} onClick=${() => change({ reset: true })}>New link</button>
      <button type="button" disabled=${work.busy || isMe} onClick=${() => change({ disabled: !user.disabled })}>${user.disabled ? "Enable" : "Disable"}</button>
      <button type="button" disabled=${work.busy || isMe} onClick=${() => onRemove(user)}>Remove…</button>
    </td>
  </tr>`;
}

function RemoveSheet({ user, close, work }) {
  const remove = () => work.act(() => removeUser(user.name), close);

  return html`<${Sheet} title=${`Remove ${text(user.name, 64)}?`} close=${close}>
    <p>The sessions and tokens end at once. What was done under this name stays in the audit trail. To keep the name and only shut it out, disable it.</p>
    <${Trouble} error=${work.error} />
    <p class="sheet-foot"><button type="button" class="button primary" disabled=${work.busy} onClick=${remove}>Remove</button></p>
  <//>`;
}

export function UsersPage() {
  const me = useStore(session).user;
  const asked = useAsked(fetchUsers, { everyMs: 10000 });
  const [link, setLink] = useState(null);
  const [removed, setRemoved] = useState(null);
  const work = useWork(asked.again);
  const made = ({ user, link_key: key }) => setLink(key ? { name: user?.name, address: setupAddress(key, user?.name) } : null);

  return html`<main id="main" class="page users-page" tabindex="-1">
    <h1>Users</h1>
    ${link
      ? html`<${Once} title="A link, good for one use" value=${link.address} what="Link" close=${() => setLink(null)}>Send it to <b><bdi>${text(link.name, 64)}</bdi></b>, who
          chooses a password with it. It is not shown again.<//>`
      : null}
    ${removed ? null : html`<${Trouble} error=${work.error} />`}
    <${NewUser} work=${work} made=${made} />
    <${Answer} asked=${asked} what="Users">
      ${({ users }) => html`<div class="panel scroll-x" tabindex="0" role="region" aria-label="Users">
        <table class="plain-table">
          <thead><tr><th scope="col">Name</th><th scope="col" id="role-title">Role</th><th scope="col">State</th><th scope="col">Last login</th><th scope="col" class="number">Sessions</th>
            <th scope="col" class="number">Tokens</th><th scope="col"><span class="offscreen">Change</span></th></tr></thead>
          <tbody>
            ${users.map((user, at) => html`<${Row} key=${user.name} user=${user} at=${at} isMe=${user.name === me} work=${work} made=${made} onRemove=${setRemoved} />`)}
          </tbody>
        </table>
      </div>`}
    <//>
    <${TokenPanel} all />
    ${removed ? html`<${RemoveSheet} user=${removed} work=${work} close=${() => setRemoved(null)} />` : null}
  </main>`;
}
