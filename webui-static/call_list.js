/*
 * call_list - the calls that the Calls page scrolls through: pages of the server's, of which those far away are
 * dropped and asked for again, and what arrives live on top.
 *
 * A list belongs to one filter and one order. It outlives the page, so that coming back from a call finds the
 * same rows at the same place.
 *
 * Memory  KEPT_PAGES pages, HEAD_MAX live calls, WAITING_MAX that wait; of all others the cursor of their page.
 */
import { fetchCalls } from "./api.js";
import { filterParams, isNewestFirst } from "./call_filter.js";
import { createStore } from "./store.js";

export const PAGE_ROWS = 200;
/* What fills a window is there sooner. */
const FIRST_ROWS = 60;
const KEPT_PAGES = 12;
const HEAD_MAX = 2000;
const WAITING_MAX = 2000;
/* The next page is asked for when so many rows or fewer are left below. */
const AHEAD_ROWS = 250;

/* Live calls of which only the server knows whether they fit are asked for so often; less often where its
 * answer takes long. */
const ASK_MS = 1500;
const ASK_TIMES = 10;

/* What the table shows of a call; nothing else is asked for. */
export const MEMBERS = [
  "id", "call_id", "state", "from_user", "to_user", "src", "dst", "user_agent", "server", "invite_time", "final_status",
  "final_reason", "ended_by", "post_dial_delay_ms", "duration_ms", "duration_open", "outcome", "codecs", "media_verdict",
  "mos_lq", "jitter_ms_p95", "loss_ratio", "bad_seconds", "trunk_in", "trunk_out", "destination", "leg_group", "kept",
];

/* The live record over the stored one, without what no row shows. */
function merged(old, record) {
  const call = { ...old };
  for (const name of MEMBERS) if (record[name] !== undefined) call[name] = record[name];
  return call;
}

/* Ids begin with the time, so the newest call has the highest: the order of the server's pages. */
const byNewest = (a, b) => (a.id < b.id ? 1 : -1);

/* A cursor ends in the id of the last call before it. */
const cursorId = (cursor) => cursor.slice(-16);

/* Rows of a page that was asked for again: what belongs to the next one, because one of these is gone, is cut off. */
export function cutPage(calls, next) {
  const end = next === null ? -1 : calls.findIndex(({ id }) => id === cursorId(next));
  return end < 0 ? calls : calls.slice(0, end + 1);
}

const EMPTY = {
  head: [], /* came live, newest first; above the pages */
  pages: [], /* {cursor, next, first: its first id, count, calls or null}, without a gap */
  count: 0,
  next: null,
  waiting: [],
  missed: 0, /* live calls that are neither shown nor waiting, since the list has another order or there were too many */
  paused: false,
  loading: true,
  error: null,
  fresh: new Set(),
  version: 0,
};

const sum = (pages) => pages.reduce((rows, { count }) => rows + count, 0);
const counted = (now) => ({ ...now, count: now.head.length + sum(now.pages), version: now.version + 1 });

/* The call of a row; null: it is on its way. */
export function callAt({ head, pages }, index) {
  let at = index - head.length;

  if (at < 0) return head[index] ?? null;
  for (const { count, calls } of pages) {
    if (at < count) return calls?.[at] ?? null;
    at -= count;
  }
  return null;
}

/* The row of a call among those that are there; −1: none. */
export function rowOf({ head, pages }, id) {
  let at = head.findIndex((call) => call.id === id);
  let before = head.length;

  for (const { count, calls } of pages) {
    if (at >= 0) return at;
    const found = calls?.findIndex((call) => call.id === id) ?? -1;
    if (found >= 0) at = before + found;
    before += count;
  }
  return at;
}

/* Below this id a call belongs to pages that are still to come, or to come again. */
function endOfTop({ head, pages: [page] }) {
  if (page?.calls) return page.next === null ? "" : (page.calls.at(-1)?.id ?? "");
  return head.at(-1)?.id ?? page?.first ?? "";
}

/* Those that wait, each in its place: one that fits only now may have begun before others. */
export function joinWaiting({ head, pages, waiting, ...rest }) {
  const [page, ...below] = pages;
  const first = page?.first ?? "";
  const inside = page?.calls ? waiting.filter(({ id }) => id < first) : [];
  const calls = inside.length ? [...page.calls, ...inside].sort(byNewest) : page?.calls;

  return {
    ...rest,
    head: [...waiting.filter(({ id }) => id > first), ...head].sort(byNewest),
    pages: inside.length ? [{ ...page, calls, count: calls.length }, ...below] : pages,
    waiting: [],
    fresh: new Set(waiting.map(({ id }) => id)),
  };
}

/* Live records into what is there: known calls are updated in place, new ones wait, each id once. What belongs
 * below the first page is left to the pages. fits: whether a new one belongs here. */
export function joinLive(now, records, fits) {
  const latest = new Map();
  for (const record of records) latest.set(record.id, merged(latest.get(record.id), record));
  let touched = false;
  const take = (call) => {
    const record = latest.get(call.id);
    if (!record) return call;
    latest.delete(call.id);
    touched = true;
    return merged(call, record);
  };
  const all = (calls) => {
    touched = false;
    const next = calls.map(take);
    return touched ? next : calls;
  };
  const head = all(now.head);
  const pages = now.pages.map((page) => {
    const calls = page.calls && all(page.calls);
    return calls === page.calls ? page : { ...page, calls };
  });
  const held = all(now.waiting);
  const end = endOfTop({ head, pages });
  const added = fits ? [...latest.values()].filter(({ id }) => id > end) : [];
  const waiting = added.length ? [...added, ...held].sort(byNewest) : held;

  return { ...now, head, pages, waiting: waiting.slice(0, WAITING_MAX), missed: now.missed + Math.max(0, waiting.length - WAITING_MAX) };
}

/* Pages far from the rows that are looked at lose their calls. */
export function dropFar(now, [first, last]) {
  let at = now.head.length;
  const places = now.pages.map((page) => {
    const from = at;
    at += page.count;
    return { page, away: Math.max(from - last, first - at, 0) };
  });
  const kept = new Set(places.filter(({ page }) => page.calls).sort((a, b) => a.away - b.away).slice(0, KEPT_PAGES).map(({ page }) => page));

  if (places.every(({ page }) => !page.calls || kept.has(page))) return now;
  return { ...now, pages: now.pages.map((page) => (page.calls && !kept.has(page) ? { ...page, calls: null } : page)) };
}

/* What to ask for next: the index of a page, or that of the one behind the last; null: nothing. */
export function nextPage({ head, pages, count, next }, [first, last]) {
  let at = head.length;

  for (const [index, page] of pages.entries()) {
    if (!page.calls && at < last && at + page.count > first) return index;
    at += page.count;
  }
  return next !== null && last >= count - AHEAD_ROWS ? pages.length : null;
}

export function createCallList(query) {
  const store = createStore(EMPTY);
  const params = { ...filterParams(query), fields: MEMBERS.join(",") };
  const ordered = !isNewestFirst(query);
  const plain = !params.filter && !ordered;
  let abort = new AbortController();
  let busy = false;
  let due = null;
  let tookMs = 0;
  let wanted = [0, FIRST_ROWS];

  const change = (how) => store.update((now) => counted(how(now)));

  async function fetchPage(cursor, limit) {
    const begun = performance.now();
    const got = await fetchCalls({ ...params, limit, ...(cursor ? { cursor } : {}) }, abort.signal);
    tookMs = performance.now() - begun;
    return got;
  }

  function takePage(index, cursor, got) {
    change((now) => {
      const isLast = index === now.pages.length;
      const known = isLast ? null : now.pages[index];
      const calls = isLast ? got.calls : cutPage(got.calls, known.next);
      const page = { cursor, next: isLast ? got.next : known.next, first: calls[0]?.id ?? known?.first, count: calls.length, calls };
      const pages = isLast ? [...now.pages, page] : now.pages.with(index, page);
      return dropFar({ ...now, pages, next: isLast ? got.next : now.next, loading: false }, wanted);
    });
  }

  /* One page at a time, and always that which is looked at now. */
  async function work() {
    if (busy) return;
    busy = true;
    const { signal } = abort;
    try {
      for (let index = nextPage(store.get(), wanted); index !== null && !signal.aborted; index = nextPage(store.get(), wanted)) {
        const now = store.get();
        const cursor = index < now.pages.length ? now.pages[index].cursor : now.next;
        if (!now.loading) store.set({ ...now, loading: true, error: null });
        const got = await fetchPage(cursor, PAGE_ROWS);
        if (!signal.aborted) takePage(index, cursor, got);
      }
    } catch (error) {
      if (!signal.aborted) store.update((now) => ({ ...now, loading: false, error }));
    } finally {
      if (!signal.aborted) busy = false;
    }
  }

  /* Anew, from the first row. silent: what is there stays until the answer is. */
  async function start({ silent = false } = {}) {
    abort.abort();
    abort = new AbortController();
    const { signal } = abort;
    busy = true;
    wanted = [0, FIRST_ROWS];
    if (!silent) store.update((now) => ({ ...now, loading: true, error: null }));
    try {
      const got = await fetchPage(null, FIRST_ROWS);
      if (signal.aborted) return;
      const { paused } = store.get();
      const page = { cursor: null, next: got.next, first: got.calls[0]?.id, count: got.calls.length, calls: got.calls };
      store.set(counted({ ...EMPTY, paused, version: store.get().version, pages: [page], next: got.next, loading: false }));
    } catch (error) {
      if (!signal.aborted && !silent) store.update((now) => ({ ...now, loading: false, error }));
    } finally {
      if (!signal.aborted) busy = false;
    }
    if (!signal.aborted && !store.get().error) work();
  }

  /* The newest page, for what came meanwhile; too much of it, and the list is new. */
  async function refresh(show) {
    if (ordered || busy) return;
    const { signal } = abort;
    try {
      const got = await fetchPage(null, FIRST_ROWS);
      if (signal.aborted) return;
      const now = store.get();
      const joins = now.count > 0 && got.calls.some(({ id }) => rowOf(now, id) >= 0 || now.waiting.some((call) => call.id === id));
      if (joins) change((before) => joinLive(before, got.calls, true));
      else if (now.count === 0 || show) await start({ silent: true });
      else change((before) => ({ ...before, missed: before.missed + got.calls.length }));
    } catch {
      /* Nobody waits for it; what is shown stays. */
    }
    if (show) list.showWaiting();
  }

  const list = {
    store,
    params,
    scroll: 0,
    offset: 0,
    selected: null,
    start,
    refresh: (show) => refresh(show),
    stop() {
      clearTimeout(due);
      abort.abort();
    },
    /* Rows [first, last) are looked at. */
    look(range) {
      wanted = range;
      if (!store.get().error) work();
    },
    retry() {
      store.update((now) => ({ ...now, error: null }));
      if (store.get().count) work();
      else start();
    },
    pause(paused) {
      change((now) => ({ ...now, paused }));
    },
    /* show: new calls go straight to the top instead of waiting to be asked for. */
    takeLive(records, show) {
      const before = store.get();
      change((now) => joinLive(now, records, plain));
      const now = store.get();
      const news = records.filter(({ id, event }) => event === "opened" && rowOf(before, id) < 0).length;
      if (ordered && news) change((then) => ({ ...then, missed: then.missed + news }));
      else if (!plain && records.some(({ id }) => rowOf(now, id) < 0)) {
        /* Whether a new call belongs here is said by the server, which has it a second later. */
        due ??= setTimeout(() => {
          due = null;
          refresh(show && !store.get().paused);
        }, Math.max(ASK_MS, ASK_TIMES * tookMs));
      }
      if (show && !now.paused) list.showWaiting();
    },
    showWaiting() {
      const { waiting, missed, head } = store.get();
      if (missed > 0 || head.length + waiting.length > HEAD_MAX) return start({ silent: true });
      if (waiting.length === 0) return undefined;
      change(joinWaiting);
      return undefined;
    },
  };
  return list;
}
