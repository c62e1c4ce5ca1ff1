/*
 * api - the REST API of `earshot serve`.
 *
 * Errors  ApiError, whose message can be shown to a person as it is. status 0: no answer at all.
 */
import { createStore } from "./store.js";

const BASE = "api/v1/";

export class ApiError extends Error {
  /* place: {column, length} of a filter's word, in characters from 1 */
  constructor(status, message, place = null) {
    super(message);
    this.name = "ApiError";
    this.status = status;
    this.place = place;
  }
}

/* Whether the server answered the last time it was asked. */
export const reachable = createStore(true);
/* Grows when the server does not know, or no longer knows, who asks. */
export const refused = createStore(0);

async function errorOf(response) {
  let said = null;
  try {
    said = await response.json(); // problem+json
  } catch {
    /* Not JSON: a proxy, perhaps. The status must do. */
  }
  const text = typeof said?.detail === "string" ? said.detail : `the server answered ${response.status}`;
  const { column, length } = said ?? {};
  const place = Number.isInteger(column) && Number.isInteger(length) ? { column, length } : null;
  return new ApiError(response.status, text, place);
}

async function ask(address, options) {
  let response;

  try {
    response = await fetch(address, options);
  } catch (error) {
    if (error.name === "AbortError") throw error;
    reachable.set(false);
    throw new ApiError(0, "the server does not answer");
  }
  reachable.set(true);
  /* Of a login itself it means a wrong password. */
  if (response.status === 401 && !address.startsWith(`${BASE}session`)) refused.update((times) => times + 1);
  if (!response.ok) throw await errorOf(response);
  try {
    return await response.json();
  } catch (error) {
    if (error.name === "AbortError") throw error;
    throw new ApiError(response.status, "the server's answer cannot be read");
  }
}

function get(path, params, signal) {
  /* Within quotes a filter may have a NUL, an address may not: there it is written so. */
  const search = new URLSearchParams(params ?? {}).toString().replaceAll("%00", "%5C0");
  return ask(`${BASE}${path}${search ? `?${search}` : ""}`, { signal });
}

/* A change; the server takes it from its own pages alone. */
function post(path, body = {}) {
  return ask(`${BASE}${path}`, {
    method: "POST",
    headers: { "Content-Type": "application/json" },
    body: JSON.stringify(body),
  });
}

const remove = (path) => ask(`${BASE}${path}`, { method: "DELETE" });

/* Ids are 16 hex digits; anything else must never become part of an address. */
export function isId(id) {
  return typeof id === "string" && /^[0-9a-f]{16}$/.test(id);
}

function callPath(id, rest = "") {
  if (!isId(id)) throw new ApiError(404, "that is not the id of a call (16 hex digits)");
  return `calls/${id}${rest}`;
}

function alertPath(id, rest = "") {
  if (!isId(id)) throw new ApiError(404, "that is not the id of an alert (16 hex digits)");
  return `alerts/${id}${rest}`;
}

export const fetchCalls = (params, signal) => get("calls", params, signal);
export const fetchCall = async (id, signal) => get(callPath(id), null, signal);
export const fetchMessages = async (id, signal) => get(callPath(id, "/messages"), { legs: true }, signal);
export const fetchFacets = (params, signal) => get("facets", params, signal);
export const fetchFields = (signal) => get("fields", null, signal);
export const fetchDeviations = (signal) => get("deviations", null, signal);
export const fetchAlerts = (params, signal) => get("alerts", params, signal);
export const fetchAlert = async (id, signal) => get(alertPath(id), null, signal);
export const acknowledge = async (id, comment) => post(alertPath(id, "/ack"), { comment });
export const takeBackAck = async (id) => remove(alertPath(id, "/ack"));
export const fetchSilences = (signal) => get("silences", null, signal);
export const addSilence = (silence) => post("silences", silence);
export const endSilence = (id) => remove(`silences/${Number(id)}`);
export const fetchDeliveries = (params, signal) => get("deliveries", params, signal);
export const replayDelivery = (id) => post(`deliveries/${Number(id)}/replay`);
export const replayAllDeliveries = () => post("deliveries/replay");
export const fetchReceivers = (signal) => get("receivers", null, signal);
export const testReceiver = (name) => post(`receivers/${encodeURIComponent(name)}/test`);
export const fetchRules = (signal) => get("rules", null, signal);
export const testRule = (name, since) => post(`rules/${encodeURIComponent(name)}/test`, { since });
export const fetchCertificates = (params, signal) => get("certificates", params, signal);
export const fetchOverview = (params, signal) => get("overview", params, signal);
export const fetchTrunks = (params, signal) => get("trunks", params, signal);
export const fetchTrunkHealth = (params, signal) => get("trunks/health", params, signal);
export const fetchRegistrationsNow = (params, signal) => get("registrations/now", params, signal);
export const fetchTransactions = (params, signal) => get("transactions", params, signal);
export const fetchSecuritySources = (params, signal) => get("security/sources", params, signal);
export const fetchProbe = (signal) => get("probe", null, signal);
export const fetchStore = (signal) => get("store", null, signal);
export const fetchStats = (signal) => get("stats", null, signal);
export const fetchSession = () => get("session");
export const startSession = (name, password) => post("session", { name, password });
export const endSession = () => remove("session");
export const useSetupKey = (key, name, password) => post("session/setup", { key, name, password });
export const changeOwnPassword = (old, next) => post("session/password", { old, new: next });
export const fetchUsers = (signal) => get("users", null, signal);
export const addUser = (user) => post("users", user);
export const changeUser = (name, change) => post(`users/${encodeURIComponent(name)}`, change);
export const removeUser = (name) => remove(`users/${encodeURIComponent(name)}`);
export const fetchTokens = (signal) => get("tokens", null, signal);
export const addToken = (token) => post("tokens", token);
export const endToken = (id) => remove(`tokens/${Number(id)}`);
export const askTicket = () => post("live/ticket");
export const fetchAudit = (params, signal) => get("audit", params, signal);

/* params: filter, sort, or ids; and format */
export const exportAddress = (params) => `${BASE}export?${new URLSearchParams(params)}`;
export const pcapAddress = (id) => `${BASE}${callPath(id, "/pcap")}`;

export const fetchPeaks = async (id, buckets, signal) => get(callPath(id, "/audio/peaks"), { buckets }, signal);

/* options: format, gaps */
export const audioAddress = (id, options) => `${BASE}${callPath(id, "/audio")}?${new URLSearchParams(options)}`;
