/*
 * alerts - every alert that this page has heard of: asked for once, kept up to date by the feed.
 */
import { fetchAlerts } from "./api.js";
import { onLive } from "./live.js";
import { createStore } from "./store.js";

const KEPT_MAX = 2000;
/* After a message of an alert the server is asked what is silenced, acknowledged, delivered: once for many. */
const ASK_MS = 1500;
const OPEN_MAX = 1000;

/* {list: what is open first, then newest first; next: cursor or null, loaded, error} */
export const alerts = createStore({ list: [], next: null, loaded: false, error: null });
/* The alert that a toast is to tell about. */
export const newestAlert = createStore(null);
/* Grows when people or receivers did something: what is shown of it must be asked for again. */
export const handled = createStore(0);

const RANKS = { firing: 0, pending: 1 };
const rank = ({ state }) => (Object.hasOwn(RANKS, state ?? "") ? RANKS[state] : 2);

export const isOpen = (alert) => rank(alert) < 2;

/* Of those that are open: what another one explains, or somebody has taken, waits behind the rest. */
const isHeld = (alert) => (isOpen(alert) && (alert.muted_by || alert.silence || alert.ack) ? 1 : 0);

/* One of each id, the newer word on it counts, and what it does not speak of stays; firing before pending
 * before the rest, then what nobody has seen to, then newest first. */
export function mergeAlerts(old, added) {
  const byId = new Map(old.map((alert) => [alert.id, alert]));

  for (const alert of added) byId.set(alert.id, { ...byId.get(alert.id), ...alert });
  return [...byId.values()]
    .sort((a, b) => rank(a) - rank(b) || isHeld(a) - isHeld(b) || (b.time ?? 0) - (a.time ?? 0))
    .slice(0, KEPT_MAX);
}

export function countFiring(list) {
  return list.filter((alert) => alert.state === "firing").length;
}

/* Is it news for who looks elsewhere? What is explained, silenced or taken care of is none. */
export function isNews(alert) {
  return alert.state === "firing" && !alert.muted_by && !alert.silence && !alert.ack;
}

/* What was open here, and is not among all that are open there, is over. */
async function closeMissing(open) {
  const there = new Set(open.map(({ id }) => id));
  const gone = alerts.get().list.filter((alert) => isOpen(alert) && !there.has(alert.id));

  if (gone.length === 0) return [];
  const oldest = gone.map(({ id }) => id).sort()[0];
  const { alerts: again } = await fetchAlerts({ state: "resolved,passed", limit: OPEN_MAX });
  return again.filter(({ id }) => id >= oldest);
}

/* announce: those that were not known are told about like live ones. */
async function load(cursor, announce = false) {
  try {
    const pages = cursor
      ? [await fetchAlerts({ state: "resolved", cursor })]
      : await Promise.all([fetchAlerts({ state: "resolved" }), fetchAlerts({ state: "firing,pending", limit: OPEN_MAX })]);
    const over = cursor ? [] : await closeMissing(pages[1].alerts);
    const got = [...over, ...pages.flatMap((page) => page.alerts)];
    const known = new Map(alerts.get().list.map((alert) => [alert.id, alert.state]));
    const unheard = got.filter((alert) => isNews(alert) && known.get(alert.id) !== "firing");

    alerts.update((now) => ({
      list: mergeAlerts(now.list, got),
      next: cursor || !now.loaded ? pages[0].next : now.next,
      loaded: true,
      error: null,
    }));
    if (announce) for (const alert of unheard.reverse()) newestAlert.set(alert);
  } catch (error) {
    alerts.update((now) => ({ ...now, loaded: true, error }));
  }
}

export const loadAlerts = () => load(null);
export const loadOlderAlerts = () => load(alerts.get().next);

let due = null;

function askSoon() {
  due ??= setTimeout(() => {
    due = null;
    handled.update((times) => times + 1);
    load(null);
  }, ASK_MS);
}

/* A page has done something itself, and does not want to wait. */
export function tellHandled() {
  handled.update((times) => times + 1);
  load(null);
}

let started = false;

export function startAlerts() {
  loadAlerts();
  if (started) return;
  started = true;
  onLive("alert", (alert, isSnapshot) => {
    const before = alerts.get().list.find(({ id }) => id === alert.id);

    alerts.update((now) => ({ ...now, list: mergeAlerts(now.list, [alert]) }));
    if (isSnapshot) return;
    if (isNews({ ...before, ...alert }) && before?.state !== "firing") newestAlert.set(alert);
    askSoon();
  });
  /* "alerts": the web process has raised one itself. */
  onLive("handled", ({ what }) => (what === "alerts" ? load(null, true) : askSoon()));
  onLive("dropped", askSoon);
  onLive("reopened", () => load(null, true));
  onLive("quiet", () => load(null, true));
}
