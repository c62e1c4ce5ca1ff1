/*
 * token_panel - tokens for scripts: those that there are, until when; a new one, whose secret is shown once.
 */
import { html, useState } from "../vendor/preact-htm.js";
import { rightWords, SCOPES } from "../access_words.js";
import { addToken, endToken, fetchTokens } from "../api.js";
import { dayAndTime, text } from "../format.js";
import { useAsked, useStore } from "../hooks.js";
import { may, session } from "../session.js";
import { clock } from "../settings.js";
import { Answer } from "./notice.js";
import { Once } from "./once.js";
import { Trouble, useWork } from "./trouble.js";

const DAYS = [[1, "1 day"], [7, "1 week"], [30, "30 days"], [90, "90 days"], [365, "1 year"]];

function NewToken({ work, made }) {
  const [name, setName] = useState("");
  const [days, setDays] = useState(30);
  const [scopes, setScopes] = useState(["see"]);
  const toggle = (scope) => setScopes((now) => (now.includes(scope) ? now.filter((each) => each !== scope) : [...now, scope]));
  const submit = (event) => {
    event.preventDefault();
    const wanted = { name: name.trim(), scopes, days };
    if (!work.busy) work.act(() => addToken(wanted), (answer) => (setName(""), made(answer)));
  };

  return html`<form class="new" onSubmit=${submit}>
    <div class="fields">
      <label class="field wide">What for<input required maxlength="64" pattern="[A-Za-z0-9_.\\-]+" title="letters, digits, - _ and ." placeholder="nightly-export" value=${name} onInput=${(event) => setName(event.target.value)} /></label>
      <label class="field">Ends after<select value=${String(days)} onChange=${(event) => setDays(Number(event.target.value))}>
        ${DAYS.map(([value, word]) => html`<option value=${String(value)}>${word}</option>`)}
      </select></label>
    </div>
    <fieldset class="scopes">
      <legend>It may</legend>
      ${SCOPES.filter(may).map(
        (scope) => html`<label><input type="checkbox" checked=${scopes.includes(scope)} onChange=${() => toggle(scope)} />${rightWords(scope)} <code class="quiet">${scope}</code></label>`,
      )}
    </fieldset>
    <button class="button primary" disabled=${work.busy || scopes.length === 0}>Make a token</button>
  </form>`;
}

function Row({ token, work, all }) {
  const zone = useStore(clock);
  const over = token.expires * 1000 < Date.now();

  return html`<tr>
    <th scope="row"><bdi>${text(token.name, 64)}</bdi></th>
    ${all ? html`<td><bdi>${text(token.user, 64)}</bdi></td>` : null}
    <td class="mono">${Array.isArray(token.scopes) ? token.scopes.map((scope) => text(scope, 20)).join(" ") : text(null)}</td>
    <td class="nowrap">${dayAndTime(token.created, zone)}</td>
    <td class="nowrap">${dayAndTime(token.expires, zone)}${over ? html` <span class="tag tag-firing">over</span>` : null}</td>
    <td class="nowrap">${token.last_used === null ? "never" : dayAndTime(token.last_used, zone)}</td>
    <td><button type="button" disabled=${work.busy} onClick=${() => work.act(() => endToken(token.id))}>End now</button></td>
  </tr>`;
}

/* all: those of everybody, too. */
export function TokenPanel({ all = false }) {
  const { user } = useStore(session);
  const asked = useAsked(fetchTokens, { everyMs: 15000 });
  const [secret, setSecret] = useState(null);
  const work = useWork(asked.again);

  return html`<section aria-labelledby="tokens">
    <h2 id="tokens">${all ? "API tokens" : "My API tokens"}</h2>
    <p class="quiet intro">For scripts, Prometheus, Grafana: <code>Authorization: Bearer earshot_…</code>. A token speaks for its user and may do no more than its scopes.</p>
    ${secret
      ? html`<${Once} title="The new token" value=${secret} what="Token" close=${() => setSecret(null)}>Keep it now where secrets are kept: it is not shown again, and Earshot itself
          stores only a hash of it.<//>`
      : null}
    <${Trouble} error=${work.error} />
    <div class="panel"><${NewToken} work=${work} made=${(answer) => setSecret(String(answer.secret))} /></div>
    <${Answer} asked=${asked} what="Tokens">
      ${({ tokens }) => {
        const list = tokens.filter((token) => all || token.user === user);
        if (list.length === 0) return html`<p class="quiet">There is no token${all ? "" : " of yours"}.</p>`;
        return html`<div class="panel scroll-x" tabindex="0" role="region" aria-label="Tokens">
          <table class="plain-table">
            <thead><tr><th scope="col">What for</th>${all ? html`<th scope="col">User</th>` : null}<th scope="col">Scopes</th><th scope="col">Made</th><th scope="col">Ends</th>
              <th scope="col">Last used</th><th scope="col"><span class="offscreen">End</span></th></tr></thead>
            <tbody>${list.map((token) => html`<${Row} key=${token.id} token=${token} work=${work} all=${all} />`)}</tbody>
          </table>
        </div>`;
      }}
    <//>
  </section>`;
}
