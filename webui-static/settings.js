/*
 * settings - what a person prefers on this machine: colours, and which clock.
 *
 * What a page shows is in its address; what is here is only how. Kept in localStorage where that
 * is allowed.
 */
import { createStore } from "./store.js";

/* allowed: the values, the usual one first; ["", null]: any text. */
function recall(key, allowed) {
  try {
    const value = localStorage.getItem(key);
    return allowed.includes(value) || (allowed.includes(null) && value !== null) ? value : allowed[0];
  } catch {
    return allowed[0];
  }
}

function remembered(key, allowed) {
  const store = createStore(recall(key, allowed));

  store.subscribe((value) => {
    try {
      localStorage.setItem(key, value);
    } catch {
      /* Forbidden: it holds until the page is closed. */
    }
  });
  return {
    ...store,
    next() {
      store.set(allowed[(allowed.indexOf(store.get()) + 1) % allowed.length]);
    },
  };
}

export const theme = remembered("earshot.theme", ["system", "dark", "light"]);
export const clock = remembered("earshot.clock", ["local", "utc"]);
/* Of the Calls page: its columns, with commas between; "": the usual ones. And whether facets stand beside it. */
export const columns = remembered("earshot.columns", ["", null]);
export const facets = remembered("earshot.facets", ["open", "closed"]);

theme.subscribe((value) => {
  if (value === "system") delete document.documentElement.dataset.theme;
  else document.documentElement.dataset.theme = value;
});
