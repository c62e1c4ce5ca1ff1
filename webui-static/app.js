/*
 * app - the dashboard: one bar, one page, notes on top. Started by index.html.
 */
import { html, render, useEffect, useState } from "./vendor/preact-htm.js";
import { startAlerts } from "./alerts.js";
import { useKeys, useStore } from "./hooks.js";
import { beginChord, listenForKeys } from "./keys.js";
import { connectLive } from "./live.js";
import { AlertsPage } from "./pages/alerts.js";
import { CallPage } from "./pages/call.js";
import { CallsPage } from "./pages/calls.js";
import { ProbePage } from "./pages/probe.js";
import { Banner } from "./parts/banner.js";
import { Help } from "./parts/help.js";
import { Empty } from "./parts/notice.js";
import { Toasts } from "./parts/toasts.js";
import { TopBar } from "./parts/topbar.js";
import { backToCalls, navigate, route, startRouter } from "./router.js";

/* A second key counts this long after "g". */
const CHORD_MS = 1200;
const GO = { c: "calls", a: "alerts", p: "probe" };

function UnknownPage() {
  return html`<main id="main" class="page" tabindex="-1">
    <${Empty} title="There is no such page">
      <p><a href="#/calls">Go to the calls</a></p>
    <//>
  </main>`;
}

const PAGES = {
  calls: { title: "Calls", Page: CallsPage },
  call: { title: "Call", Page: CallPage },
  alerts: { title: "Alerts", Page: AlertsPage },
  probe: { title: "Probe", Page: ProbePage },
  unknown: { title: "Not found", Page: UnknownPage },
};

function search() {
  backToCalls();
  setTimeout(() => document.getElementById("omnibox")?.select(), 60);
}

function App() {
  const { page, id, query } = useStore(route);
  const [help, setHelp] = useState(false);
  const [chordUntil, setChordUntil] = useState(0);
  const { title, Page } = PAGES[page];
  const go = (key) => () => {
    if (Date.now() > chordUntil) return false;
    navigate({ page: GO[key] });
    return true;
  };

  useKeys(
    {
      "?": () => setHelp(true),
      "/": search,
      g: () => {
        setChordUntil(Date.now() + CHORD_MS);
        beginChord(CHORD_MS);
      },
      c: go("c"),
      a: go("a"),
      p: go("p"),
    },
    { bottom: true },
  );
  useEffect(() => {
    document.title = `${title} · Earshot`;
    if (page !== "calls") scrollTo(0, 0);
  }, [page, id]);

  return html`<${TopBar} page=${page} help=${() => setHelp(true)} />
    <${Banner} />
    <${Page} key=${`${page}/${id}`} id=${id} query=${query} />
    <${Toasts} />
    ${help ? html`<${Help} close=${() => setHelp(false)} />` : null}`;
}

startRouter();
listenForKeys();
const place = document.getElementById("app");
place.replaceChildren();
render(html`<${App} />`, place);
/* Last, so that everybody already listens. */
startAlerts();
connectLive();
