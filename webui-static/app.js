/*
 * app - the dashboard: one bar, one page, notes on top; or the login. Started by index.html.
 */
import { html, render, useEffect, useLayoutEffect, useState } from "./vendor/preact-htm.js";
import { startAlerts } from "./alerts.js";
import { useKeys, useStore, useTitle } from "./hooks.js";
import { beginChord, listenForKeys } from "./keys.js";
import { connectLive, disconnectLive } from "./live.js";
import { loadPage, loadStyles, PAGES } from "./pages.js";
import { Banner } from "./parts/banner.js";
import { Empty, Failure } from "./parts/notice.js";
import { Toasts } from "./parts/toasts.js";
import { TopBar } from "./parts/topbar.js";
import { backToCalls, navigate, route, startRouter } from "./router.js";
import { isIn, landing, loadSession, may, session } from "./session.js";

/* A second key counts this long after "g". */
const CHORD_MS = 1200;
/* The first view has been painted by then. */
const AHEAD_MS = 1500;

/* What a module exports once it is there: {it} or {error}; {} while it is on its way. */
function useCode(name, load) {
  const [loaded, setLoaded] = useState({ name: null });

  useEffect(() => {
    let left = false;
    const set = (what) => left || setLoaded({ name, ...what });
    load(name).then(
      (it) => set({ it }),
      () => set({ error: new Error("its code could not be loaded from the server") }),
    );
    return () => {
      left = true;
    };
  }, [name]);
  return loaded.name === name ? loaded : {};
}

const again = () => location.reload();

function Notice({ children }) {
  return html`<main id="main" class="page" tabindex="-1">${children}</main>`;
}

function Forbidden({ title }) {
  return html`<${Notice}>
    <h1 class="offscreen">${title}</h1>
    <${Empty} title="That is not for your role">
      <p>${title} needs a right that ${session.get().role} does not have. Who administers Earshot can give it.</p>
      <p><a href=${`#/${landing()}`}>Go to ${PAGES[landing()].title}</a></p>
    <//>
  <//>`;
}

let shownBefore = false;

/* Who came by a link or a key goes on reading where the page begins. */
function Shown({ Page, id, query }) {
  useEffect(() => {
    const { activeElement: now } = document;
    if (shownBefore && (now === document.body || now?.closest("header") !== null))
      document.getElementById("main")?.focus({ preventScroll: true });
    shownBefore = true;
  }, []);
  return html`<${Page} id=${id} query=${query} />`;
}

function Content({ page, id, query }) {
  const { it: Page, error } = useCode(page, loadPage);

  if (error) return html`<${Notice}><${Failure} what="This page" error=${error} retry=${again} /><//>`;
  return Page ? html`<${Shown} key=${`${page}/${id}`} Page=${Page} id=${id} query=${query} />` : html`<${Notice} />`;
}

function Help({ page, close }) {
  const { it: Sheet, error } = useCode("help", async () => (await Promise.all([import("./parts/help.js"), loadStyles()]))[0].Help);

  useEffect(() => error && close(), [error]);
  return Sheet ? html`<${Sheet} page=${page} close=${close} />` : null;
}

function search() {
  backToCalls();
  setTimeout(() => document.getElementById("omnibox")?.select(), 60);
}

/* What is asked for again and again, as long as somebody is there who may see it. */
function useFeed(sees) {
  useEffect(() => {
    if (!sees) return undefined;
    startAlerts();
    connectLive();
    return disconnectLive;
  }, [sees]);
}

function Inside({ page, id, query }) {
  const [help, setHelp] = useState(false);
  const [chordUntil, setChordUntil] = useState(0);
  const { title, right } = PAGES[page];
  const go = ([name, { key, right: needed }]) => [
    key,
    () => {
      if (Date.now() > chordUntil || !may(needed)) return false;
      navigate({ page: name });
      return true;
    },
  ];

  useFeed(may("see"));
  useKeys(
    {
      ...Object.fromEntries(Object.entries(PAGES).filter(([, { key }]) => key).map(go)),
      "?": () => setHelp(true),
      "/": () => may("see") && search(),
      Escape: () => may("see") && page !== "calls" && backToCalls(),
      g: () => {
        setChordUntil(Date.now() + CHORD_MS);
        beginChord(CHORD_MS);
      },
    },
    { bottom: true },
  );
  useTitle(title, page + id);
  useLayoutEffect(() => {
    if (page !== "calls") scrollTo(0, 0);
  }, [page, id]);

  return html`<${TopBar} page=${page} help=${() => setHelp(true)} />
    ${may("see") ? html`<${Banner} />` : null}
    ${right && !may(right) ? html`<${Forbidden} title=${title} />` : html`<${Content} page=${page} id=${id} query=${query} />`}
    <${Toasts} />
    ${help ? html`<${Help} page=${page} close=${() => setHelp(false)} />` : null}`;
}

function Begin() {
  useLayoutEffect(() => navigate({ page: landing() }, { replace: true }), []);
  return null;
}

function App() {
  const who = useStore(session);
  const at = useStore(route);

  if (at.page === "setup") return html`<${Content} ...${at} />`;
  if (who.error)
    return html`<${Notice}><${Failure} what="Who is logged in" error=${who.error} retry=${loadSession} /><//>`;
  if (!isIn(who)) return html`<${Content} page="login" />`;
  return at.page === "" ? html`<${Begin} />` : html`<${Inside} ...${at} />`;
}

startRouter();
listenForKeys();
const place = document.getElementById("app");
await loadSession();
place.replaceChildren();
render(html`<${App} />`, place);
/* Who looks elsewhere first comes to the calls next: their code is there then. */
setTimeout(() => may("see") && loadPage("calls").catch(() => {}), AHEAD_MS);
