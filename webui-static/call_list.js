/*
 * call_list - the calls that the Calls page holds: fetched page by page, joined by live records.
 *
 * A list belongs to one filter. It outlives the page, so that coming back from a call finds the
 * same rows at the same place.
 */
import { fetchCalls } from "./api.js";
import { filterParams, isNewestFirst, matchesCall, readFilter } from "./call_filter.js";
import { createStore } from "./store.js";

const PAGE_ROWS = 100;
/* More live calls than this wait for a reload of the list instead of each being kept. */
const WAITING_MAX = 5000;

/* Live calls of which only the server knows whether they fit are asked for so often; less often
 * where its answer takes long. */
const ASK_MS = 1500;
const ASK_TIMES = 10;

const EMPTY = { calls: [], waiting: [], next: null, loading: true, error: null, fresh: new Set() };

/* The live record over the stored one; `event` and `type` are the feed's own. */
function merged(old, record) {
  const { event, type, ...fields } = record;
  return { ...old, ...fields };
}

/* Ids begin with the time, so the newest call has the highest: the order of the server's pages. */
const byNewest = (a, b) => (a.id < b.id ? 1 : -1);

/* Live records into a list: known calls are updated in place, new ones wait, each id once. What
 * belongs below the last row that was fetched is left to the pages that will be. fits: whether a
 * new one belongs to the list. */
export function joinLive({ calls, waiting, next }, records, filter, fits = matchesCall) {
  const latest = new Map();
  for (const record of records) latest.set(record.id, merged(latest.get(record.id), record));
  const take = (call) => {
    const record = latest.get(call.id);
    latest.delete(call.id);
    return record ? merged(call, record) : call;
  };
  const kept = calls.map(take);
  const held = waiting.map(take);
  const end = next === null ? "" : (kept.at(-1)?.id ?? "");
  const added = [...latest.values()].filter((call) => call.id > end && fits(call, filter));

  return { calls: kept, waiting: [...added, ...held].sort(byNewest).slice(0, WAITING_MAX) };
}

export function createCallList(query) {
  const store = createStore(EMPTY);
  let filter = readFilter(query, Date.now() / 1000);
  const abort = new AbortController();
  let busy = false;
  let due = null;
  let tookMs = 0;

  async function page(cursor) {
    const params = { ...filterParams(filter), limit: PAGE_ROWS };
    if (cursor) params.cursor = cursor;
    return fetchCalls(params, abort.signal);
  }

  /* silent: nobody waits for it, so nothing is shown of its going on. */
  async function ask(cursor, take, { silent = false } = {}) {
    if (busy) return;
    busy = true;
    if (!silent) store.update((now) => ({ ...now, loading: true, error: null }));
    try {
      const begun = performance.now();
      const got = await page(cursor);
      tookMs = performance.now() - begun;
      store.update((now) => ({ ...now, ...take(now, got), loading: false }));
    } catch (error) {
      if (error.name !== "AbortError" && !silent) store.update((now) => ({ ...now, loading: false, error }));
    } finally {
      busy = false;
    }
  }

  /* Whether a new call belongs here is said by the server, which has it a second later. */
  function askSoon(show) {
    due ??= setTimeout(() => {
      due = null;
      list.refresh(show);
    }, Math.max(ASK_MS, ASK_TIMES * tookMs));
  }

  const list = {
    store,
    scroll: 0,
    selected: null,
    start: () => ask(null, (now, got) => ({ calls: got.calls, waiting: [], next: got.next })),
    more() {
      const { next, error } = store.get();
      if (next === null || error) return;
      ask(next, (now, got) => {
        const known = new Set(now.calls.map((call) => call.id));
        return { calls: [...now.calls, ...got.calls.filter(({ id }) => !known.has(id))], next: got.next };
      });
    },
    retry() {
      const { calls } = store.get();
      store.update((now) => ({ ...now, error: null }));
      if (calls.length) list.more();
      else list.start();
    },
    /* After a break of the feed: what it would have told. Too much of it, and the list is new. */
    refresh(show) {
      if (!isNewestFirst(filter)) return;
      ask(null, (now, got) => {
        const known = new Set(now.calls.map((call) => call.id));
        const joins = now.calls.length > 0 && got.calls.some((call) => known.has(call.id));
        return joins ? joinLive(now, got.calls, filter) : { calls: got.calls, waiting: [], next: got.next };
      }, { silent: true }).then(() => show && list.showWaiting());
    },
    /* show: new calls go straight to the top instead of waiting to be asked for. */
    takeLive(records, show) {
      filter = readFilter(query, Date.now() / 1000);
      const isOurs = filter.text === "" && isNewestFirst(filter);
      store.update((now) => ({ ...now, ...joinLive(now, records, filter, isOurs ? matchesCall : () => false) }));
      const known = new Set(store.get().calls.map((call) => call.id));
      if (!isOurs && isNewestFirst(filter) && records.some(({ id }) => !known.has(id))) askSoon(show);
      if (show) list.showWaiting();
    },
    showWaiting() {
      if (store.get().waiting.length === 0) return;
      store.update((now) => ({
        ...now,
        calls: [...now.waiting, ...now.calls].sort(byNewest),
        waiting: [],
        fresh: new Set(now.waiting.map((call) => call.id)),
      }));
    },
    stop() {
      clearTimeout(due);
      abort.abort();
    },
  };
  return list;
}
