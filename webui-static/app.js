/*
 * app - the dashboard: one bar, one page, notes on top. Started by index.html.
 */
import { html, render, useEffect, useState } from "./vendor/preact-htm.js";
import { startAlerts } from "./alerts.js";
import { useKeys, useStore } from "./hooks.js";
import { beginChord, listenForKeys } from "./keys.js";
import { connectLive } from "./live.js";
import { Banner } from "./parts/banner.js";
import { Help } from "./parts/help.js";
import { Empty, Failure } from "./parts/notice.js";
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

/* load: a page's code comes when it is first opened. */
const PAGES = {
  overview: { title: "Overview", load: async () => (await import("./pages/overview.js")).OverviewPage },
  calls: { title: "Calls", load: async () => (await import("./pages/calls.js")).CallsPage },
  call: { title: "Call", load: async () => (await import("./pages/call.js")).CallPage },
  alerts: { title: "Alerts", load: async () => (await import("./pages/alerts.js")).AlertsPage },
  trunks: { title: "Trunks", load: async () => (await import("./pages/trunks.js")).TrunksPage },
  registrations: { title: "Registrations", load: async () => (await import("./pages/registrations.js")).RegistrationsPage },
  security: { title: "Security", load: async () => (await import("./pages/security.js")).SecurityPage },
  certificates: { title: "Certificates", load: async () => (await import("./pages/certificates.js")).CertificatesPage },
  probe: { title: "Probe", load: async () => (await import("./pages/probe.js")).ProbePage },
  users: { title: "Users", load: async () => (await import("./pages/users.js")).UsersPage },
  audit: { title: "Audit trail", load: async () => (await import("./pages/audit.js")).AuditPage },
  unknown: { title: "Not found", load: async () => UnknownPage },
};

/* The code of a page once it is there: {Page} or {error}; null while it is on its way. */
function usePage(page) {
  const [loaded, setLoaded] = useState({ page: null });

  useEffect(() => {
    let left = false;
    const set = (what) => left || setLoaded({ page, ...what });
    PAGES[page].load().then(
      (Page) => set({ Page }),
      () => set({ error: new Error("its code could not be loaded from the server") }),
    );
    return () => {
      left = true;
    };
  }, [page]);
  return loaded.page === page ? loaded : null;
}

function search() {
  backToCalls();
  setTimeout(() => document.getElementById("omnibox")?.select(), 60);
}

function App() {
  const { page, id, query } = useStore(route);
  const [help, setHelp] = useState(false);
  const [chordUntil, setChordUntil] = useState(0);
  const { title } = PAGES[page];
  const loaded = usePage(page);
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
    ${loaded?.Page ? html`<${loaded.Page} key=${`${page}/${id}`} id=${id} query=${query} />` : null}
    ${loaded?.error ? html`<main id="main" class="page" tabindex="-1"><${Failure} what="This page" error=${loaded.error} retry=${() => location.reload()} /></main>` : null}
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
