/*
 * banner - says when the server is gone, and when it is tried again.
 */
import { html, useEffect, useState } from "../vendor/preact-htm.js";
import { useStore } from "../hooks.js";
import { reachable } from "../api.js";
import { connectLive, connection } from "../live.js";
import { Icon } from "./icon.js";

/* A break this short heals itself: no need to alarm anybody. */
const PATIENCE_MS = 1500;

function useLost() {
  const { phase } = useStore(connection);
  const answered = useStore(reachable);
  const [lost, setLost] = useState(false);

  useEffect(() => {
    if (phase === "open") {
      reachable.set(true);
      setLost(false);
      return undefined;
    }
    const timer = setTimeout(() => setLost(true), PATIENCE_MS);
    return () => clearTimeout(timer);
  }, [phase === "open"]);
  return { lost, answered };
}

function Countdown({ retryAt }) {
  const [now, setNow] = useState(Date.now());

  useEffect(() => {
    const timer = setInterval(() => setNow(Date.now()), 500);
    return () => clearInterval(timer);
  }, []);
  const seconds = retryAt === null ? 0 : Math.max(0, Math.ceil((retryAt - now) / 1000));
  return html`<span aria-hidden="true">${seconds > 0 ? `Next try in ${seconds} s.` : "Trying now."}</span>`;
}

export function Banner() {
  const { lost, answered } = useLost();
  const { retryAt } = useStore(connection);

  return html`<div role="status">
    ${lost
      ? html`<div class="banner">
          <${Icon} name="warning" />
          <span>
            ${answered
              ? "The live feed is interrupted: what you see may be a little old."
              : "Earshot's server does not answer. What you see is what it said last."}
          </span>
          <${Countdown} retryAt=${retryAt} />
          <button type="button" onClick=${connectLive}>Try now</button>
        </div>`
      : null}
  </div>`;
}
