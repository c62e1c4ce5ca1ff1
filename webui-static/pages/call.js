/*
 * call - the page of one call: its story, its ladder, how it sounded, its packets.
 */
import { html, useEffect, useMemo, useState } from "../vendor/preact-htm.js";
import { useKeys, useLive } from "../hooks.js";
import { Deviations, History, Links, MediaTimeouts } from "../parts/call_notes.js";
import { MosChip, StatusChip, VerdictChip } from "../parts/chip.js";
import { CopyButton } from "../parts/copy_button.js";
import { Evidence } from "../parts/evidence.js";
import { Confidence, Facts } from "../parts/facts.js";
import { Icon } from "../parts/icon.js";
import { Ladder } from "../parts/ladder.js";
import { Legs } from "../parts/legs.js";
import { MessagePane } from "../parts/message_pane.js";
import { Empty, Failure, Loading } from "../parts/notice.js";
import { Sounded } from "../parts/sounded.js";
import { Story } from "../parts/story.js";
import { fetchCall, fetchDeviations, fetchMessages, fetchStats, isId, pcapAddress } from "../api.js";
import { downloadFrom } from "../download.js";
import { text, wiresharkFilter } from "../format.js";
import { legsOf, streamsOfLegs } from "../legs.js";
import { backToCalls, changeQuery } from "../router.js";
import { orderStreams } from "../series.js";
import { kindsOf } from "../stream_kinds.js";

/* A call that is up changes once a second; its streams and messages are asked for less often. */
const RELOAD_MS = 4000;
const NOTHING = { call: null, messages: [], error: null, messagesError: null };

/* Fetches the call and its messages; again when `round` changes. */
function useCall(id, round) {
  const [state, setState] = useState(NOTHING);

  useEffect(() => setState(NOTHING), [id]);
  useEffect(() => {
    const abort = new AbortController();
    const take = (part) => !abort.signal.aborted && setState((now) => ({ ...now, ...part }));

    fetchCall(id, abort.signal).then(
      (call) => take({ call, error: null }),
      (error) => take({ error }),
    );
    fetchMessages(id, abort.signal).then(
      ({ messages }) => take({ messages, messagesError: null }),
      (messagesError) => take({ messagesError }),
    );
    return () => abort.abort();
  }, [id, round]);
  return state;
}

/* A round begins when the feed says that this call changed, but not more often than RELOAD_MS. */
function useRounds(id) {
  const [round, setRound] = useState(0);
  const [asked, setAsked] = useState(false);

  useLive("call", (record) => record.id === id && setAsked(true));
  useLive("reopened", () => setAsked(true));
  useEffect(() => {
    if (!asked) return undefined;
    const timer = setTimeout(() => {
      setAsked(false);
      setRound((now) => now + 1);
    }, RELOAD_MS);
    return () => clearTimeout(timer);
  }, [asked]);
  return [round, () => setRound((now) => now + 1)];
}

const PCAPNG_TITLE = "All legs, with comments where losses burst, the codec changes or one-way audio begins";

function Head({ call }) {
  return html`<header class="call-head">
    <button type="button" class="round" aria-label="Back to the calls" onClick=${backToCalls}>
      <${Icon} name="left" />
    </button>
    <h1>
      <bdi>${text(call.from_user, 60)}</bdi><span class="arrow"> → </span
      ><bdi>${text(call.to_user, 60)}</bdi>
    </h1>
    <div class="call-chips">
      <${StatusChip} call=${call} />
      <${MosChip} mos=${call.mos_lq} word />
      <${VerdictChip} verdict=${call.media_verdict} />
    </div>
    <div class="call-tools">
      <a class="button primary" href=${pcapAddress(call.id)} download>
        <${Icon} name="download" />Download pcap
      </a>
      <a class="button" href=${`${pcapAddress(call.id)}?format=pcapng&legs=true`} download title=${PCAPNG_TITLE}>
        pcapng
      </a>
      <${CopyButton} value=${call.call_id ?? ""}>Call-ID<//>
      <${CopyButton} value=${wiresharkFilter(call.call_id ?? "")}>Wireshark filter<//>
    </div>
  </header>`;
}

/* One ladder over all legs, or that of this call alone. */
function LegSwitch({ alone }) {
  const show = (legs) => changeQuery({ legs, message: "" }, { replace: true });

  return html`<div class="ladder-switch" role="group" aria-label="Which legs the ladder shows">
    <button type="button" aria-pressed=${alone ? "false" : "true"} onClick=${() => show("")}>All legs</button>
    <button type="button" aria-pressed=${alone ? "true" : "false"} onClick=${() => show("own")}>This call alone</button>
  </div>`;
}

function Signalling({ messages, error, streams, legs, chosen, retry }) {
  const selected = chosen !== null && chosen < messages.length ? chosen : null;
  const select = (index) => changeQuery({ message: index === null ? "" : index + 1 }, { replace: true });

  if (error) return html`<${Failure} what="The messages" error=${error} retry=${retry} />`;
  if (messages.length === 0 && streams.length === 0)
    return html`<p class="quiet panel">No message of this call is kept.</p>`;
  return html`<div class=${`signalling ${selected === null ? "" : "with-message"}`}>
    <div class="panel ladder-panel">
      <${Ladder} messages=${messages} streams=${streams} legs=${legs} selected=${selected} select=${select} />
    </div>
    ${selected === null
      ? null
      : html`<${MessagePane}
          key=${selected}
          message=${messages[selected]}
          leg=${legs.find(({ id }) => id === messages[selected].call) ?? null}
          index=${selected}
          total=${messages.length}
          step=${(by) => select(selected + by)}
          close=${() => select(null)}
        />`}
  </div>`;
}

/* The table of deviations, asked for once a page: null until it is there. */
function useDeviations() {
  const [table, setTable] = useState(null);

  useEffect(() => {
    const abort = new AbortController();
    fetchDeviations(abort.signal).then(
      ({ deviations }) => setTable(deviations),
      () => {},
    );
    return () => abort.abort();
  }, []);
  return table;
}

/* Whether listening is allowed: null until the server says so. */
function useListen() {
  const [listen, setListen] = useState(null);

  useEffect(() => {
    const abort = new AbortController();
    fetchStats(abort.signal).then(
      (stats) => typeof stats.listen === "boolean" && setListen(stats.listen),
      () => {},
    );
    return () => abort.abort();
  }, []);
  return listen;
}

function Missing({ error, retry }) {
  if (error.status === 404)
    return html`<${Empty} title="There is no such call">
      <p>The store does not have it, or no longer. <a href="#/calls">Back to the calls</a></p>
    <//>`;
  return html`<${Failure} what="The call" error=${error} retry=${retry} />`;
}

function chosenMessage(query) {
  const number = Number(query.message);
  return Number.isInteger(number) && number > 0 ? number - 1 : null;
}

export function CallPage({ id, query }) {
  const [round, reload] = useRounds(id);
  const { call, messages: all, error, messagesError } = useCall(id, round);
  const deviations = useDeviations();
  const listen = useListen();
  const chosen = chosenMessage(query);
  const streams = useMemo(() => orderStreams(Array.isArray(call?.streams) ? call.streams : []), [call]);
  const own = useMemo(() => kindsOf(streams).own, [streams]);
  const conversation = useMemo(() => legsOf(call), [call]);
  const alone = query.legs === "own";
  const legs = alone ? [] : conversation.legs;
  const messages = useMemo(
    () => (alone || conversation.legs.length === 0 ? all.filter((message) => message.call === undefined || message.call === id) : all),
    [all, alone, conversation, id],
  );
  const drawn = useMemo(() => (legs.length ? streamsOfLegs(legs, id, own) : own), [legs, own, id]);
  const choose = (index) => {
    if (messages.length === 0) return;
    const kept = Math.max(0, Math.min(index, messages.length - 1));
    changeQuery({ message: kept + 1 }, { replace: true });
  };

  useKeys({
    j: () => choose(chosen === null ? 0 : chosen + 1),
    k: () => choose(chosen === null ? 0 : chosen - 1),
    d: () => isId(id) && downloadFrom(pcapAddress(id)),
    Escape: () => {
      if (chosen === null) backToCalls();
      else changeQuery({ message: "" }, { replace: true });
    },
  });

  return html`<main id="main" class="page call-page" tabindex="-1">
    ${call === null
      ? error
        ? html`<${Missing} error=${error} retry=${reload} />`
        : html`<${Loading} what="the call" />`
      : html`<${Head} call=${call} />
          <${Story} call=${call} />
          <${Confidence} call=${call} />
          <${Legs} conversation=${conversation} ownId=${id} />
          <div class="noted">
            <${Deviations} call=${call} table=${deviations} />
            <${Evidence} call=${call} />
            <${History} call=${call} />
            <${Links} call=${call} />
            <${MediaTimeouts} call=${call} />
          </div>
          <div class="ladder-title">
            <h2>Signalling</h2>
            ${conversation.legs.length ? html`<${LegSwitch} alone=${alone} />` : null}
          </div>
          <${Signalling} ...${{ messages, error: messagesError, streams: drawn, legs, chosen, retry: reload }} />
          <h2>How it sounded</h2>
          <${Sounded} call=${call} streams=${streams} listen=${listen} />
          <h2>The record</h2>
          <div class="panel"><${Facts} call=${call} /></div>`}
  </main>`;
}
