/*
 * router - the address of the page: #/page/id?key=value.
 *
 * Everything that a page shows is in its address, so that back works and a link can be sent.
 */
import { PAGES } from "./pages.js";
import { createStore } from "./store.js";

function decode(part) {
  try {
    return decodeURIComponent(part);
  } catch {
    return part;
  }
}

/* "#/call/0123?message=4" → {page: "call", id: "0123", query: {message: "4"}}; "": wherever one begins */
export function parseRoute(hash) {
  const text = hash.replace(/^#\/?/, "");
  const mark = text.indexOf("?");
  const path = mark < 0 ? text : text.slice(0, mark);
  const [page, id = null] = path.split("/").map(decode);
  const query = Object.fromEntries(new URLSearchParams(mark < 0 ? "" : text.slice(mark + 1)));

  return { page: page === "" || Object.hasOwn(PAGES, page) ? page : "unknown", id: id || null, query };
}

/* Keys without a value are left out; the same route always has the same address. */
export function formatRoute({ page, id = null, query = {} }) {
  const kept = Object.entries(query).filter(([, value]) => value !== null && value !== undefined && value !== "");
  const search = new URLSearchParams(kept.map(([key, value]) => [key, String(value)])).toString();

  return `#/${page}${id ? `/${encodeURIComponent(id)}` : ""}${search ? `?${search}` : ""}`;
}

export const route = createStore({ page: "", id: null, query: {} });

function follow() {
  route.set(parseRoute(location.hash));
}

export function startRouter() {
  addEventListener("hashchange", follow);
  follow();
}

/* replace: the same page with another view of it, not a step to go back to. */
export function navigate(target, { replace = false } = {}) {
  const hash = formatRoute(target);

  if (!replace) {
    location.hash = hash;
    return;
  }
  history.replaceState(null, "", hash);
  follow();
}

/* Changes keys of the query of the page that is shown. */
export function changeQuery(change, options) {
  const now = route.get();
  navigate({ ...now, query: { ...now.query, ...change } }, options);
}

/* The address of the newest view of the Calls page, so that one comes back to the same search. */
let lastCalls = "#/calls";
route.subscribe((now) => {
  if (now.page === "calls") lastCalls = formatRoute(now);
});

export function backToCalls() {
  location.hash = lastCalls;
}
