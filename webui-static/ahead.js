/*
 * ahead - what the page of one call needs, asked for before that page is there: its code while somebody reads the list,
 * its record as soon as its address is known.
 */
import { fetchCall, fetchMessages, isId } from "./api.js";
import { loadPage } from "./pages.js";
import { route } from "./router.js";
import { may } from "./session.js";

let asked = { id: null, answers: null };

/* Who opens another call, or this one again, gets it anew; another view of it asks for nothing. */
route.subscribe(({ page, id }) => {
  if (page !== "call" || !isId(id)) asked = { id: null, answers: null };
  else if (asked.id !== id) {
    const answers = { call: fetchCall(id), messages: may("signalling") ? fetchMessages(id) : null };
    asked = { id, answers };
    for (const answer of Object.values(answers)) answer?.catch(() => {}); /* who takes it hears of it */
  }
});

/* {call, messages}: promises that are made already, once; null: ask yourself. */
export function takeAhead(id) {
  if (asked.id !== id) return null;
  const { answers } = asked;
  asked = { id, answers: null };
  return answers;
}

/* When nothing else is to be done. Who cannot load it now hears of it when he opens a call. */
export function loadAhead() {
  const load = () => loadPage("call").then(() => import("./parts/figures.js")).catch(() => {});
  if (globalThis.requestIdleCallback) requestIdleCallback(load, { timeout: 2000 });
  else setTimeout(load, 300);
}
