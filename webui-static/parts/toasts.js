/*
 * toasts - a note for each alert that fires, on whatever page one is.
 */
import { html, useEffect, useLayoutEffect, useState } from "../vendor/preact-htm.js";
import { newestAlert } from "../alerts.js";
import { isId } from "../api.js";
import { text } from "../format.js";
import { useStore } from "../hooks.js";
import { route } from "../router.js";
import { Icon } from "./icon.js";
import { SeverityIcon, severityOf } from "./severity.js";

const SHOWN_MAX = 3;
const SHOWN_MS = 15000;

function Toast({ alert, close }) {
  useEffect(() => {
    const timer = setTimeout(close, SHOWN_MS);
    return () => clearTimeout(timer);
  }, []);

  return html`<div class=${`toast severity-${severityOf(alert)}`}>
    <${SeverityIcon} alert=${alert} />
    <div>
      <b>${text(alert.summary, 160)}</b>
      <a href=${isId(alert.id) ? `#/alerts/${alert.id}` : "#/alerts"} onClick=${close}>See the alert</a>
    </div>
    <button type="button" class="round" aria-label="Close this note" onClick=${close}>
      <${Icon} name="cross" />
    </button>
  </div>`;
}

export function Toasts() {
  const [shown, setShown] = useState([]);
  const { page, id: opened } = useStore(route);

  useLayoutEffect(
    () =>
      newestAlert.subscribe((alert) => {
        setShown((now) => [alert, ...now.filter(({ id }) => id !== alert.id)].slice(0, SHOWN_MAX));
      }),
    [],
  );
  const close = (alert) => setShown((now) => now.filter(({ id }) => id !== alert.id));

  return html`<div class="toasts" role="log" aria-live="assertive" aria-label="New alerts">
    ${shown.filter(({ id }) => page !== "alerts" || id !== opened).map((alert) => html`<${Toast} key=${alert.id} alert=${alert} close=${() => close(alert)} />`)}
  </div>`;
}
