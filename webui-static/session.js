/*
 * session - who is logged in, and what he may do.
 *
 * The address stays what it was while the login page is shown: who has logged in sees what he asked for.
 */
import { endSession, fetchSession, refused, startSession, useSetupKey } from "./api.js";
import { navigate } from "./router.js";
import { createStore } from "./store.js";

const NOBODY = { user: null, role: "none", rights: [], expires: null, setup: false };

/* {known: the server has said; ended: it does not know him any more; error; user, role, rights, expires; setup: there is no user
 * yet} */
export const session = createStore({ ...NOBODY, known: false, ended: false, error: null });

/* The last one who was logged in here. */
let lastUser = null;

/* right: "self" "see" "numbers" "signalling" "packets" "sound" "handle" "trail" "admin" "metrics" */
export function may(right) {
  return session.get().rights.includes(right);
}

export const isIn = ({ known, user }) => known && user !== null;

/* Where one begins: an auditor sees no calls, and who sees no numbers rather sees the whole. */
export function landing() {
  if (!may("see")) return may("trail") ? "audit" : "account";
  return may("numbers") ? "calls" : "overview";
}

function take(answer) {
  lastUser = answer.user ?? lastUser;
  session.set({ ...NOBODY, ...answer, rights: Array.isArray(answer.rights) ? answer.rights : [], known: true, ended: false, error: null });
}

export async function loadSession() {
  try {
    take(await fetchSession());
  } catch (error) {
    session.set({ ...NOBODY, known: false, ended: false, error });
  }
}

/* Another one than before: nothing of what the page knows is for his eyes. */
function takeNew(answer) {
  if (lastUser !== null && lastUser !== answer.user) location.reload();
  else take(answer);
}

export const login = async (name, password) => takeNew(await startSession(name, password));

export async function setup(key, name, password) {
  const answer = await useSetupKey(key, name, password);
  /* The key is worthless now: it need not stand in the history. */
  navigate({ page: "" }, { replace: true });
  takeNew(answer);
}


export async function logout() {
  await endSession().catch((error) => {
    if (error.status !== 401) throw error; /* it had ended already */
  });
  location.hash = "";
  location.reload();
}

refused.subscribe(() => session.set({ ...NOBODY, known: true, ended: lastUser !== null, error: null }));
