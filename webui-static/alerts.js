/*
 * alerts - every alert that this page has heard of: asked for once, kept up to date by the feed.
 */
import { fetchAlerts } from "./api.js";
import { onLive } from "./live.js";
import { createStore } from "./store.js";

const KEPT_MAX = 2000;

/* {list: newest first, next: cursor or null, loaded, error} */
export const alerts = createStore({ list: [], next: null, loaded: false, error: null });
/* The alert that a toast is to tell about. */
export const newestAlert = createStore(null);

/* One of each id, the newer word on it counts; firing before resolved, then newest first. */
export function mergeAlerts(old, added) {
  const byId = new Map(old.map((alert) => [alert.id, alert]));

  for (const alert of added) byId.set(alert.id, alert);
  const rank = (alert) => (alert.state === "firing" ? 0 : 1);
  return [...byId.values()]
    .sort((a, b) => rank(a) - rank(b) || (b.time ?? 0) - (a.time ?? 0))
    .slice(0, KEPT_MAX);
}

export function countFiring(list) {
  return list.filter((alert) => alert.state === "firing").length;
}

/* announce: those that were not known are told about like live ones. */
async function load(cursor, announce = false) {
  try {
    const page = await fetchAlerts(cursor ? { cursor } : null);
    const known = new Set(alerts.get().list.map(({ id }) => id));
    const unheard = page.alerts.filter(({ id }) => !known.has(id));

    alerts.update((now) => ({
      list: mergeAlerts(now.list, page.alerts),
      next: cursor || !now.loaded ? page.next : now.next,
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

export function startAlerts() {
  onLive("alert", (alert) => {
    alerts.update((now) => ({ ...now, list: mergeAlerts(now.list, [alert]) }));
    if (alert.state === "firing") newestAlert.set(alert);
  });
  onLive("reopened", () => load(null, true));
  onLive("quiet", () => load(null, true));
  loadAlerts();
}
