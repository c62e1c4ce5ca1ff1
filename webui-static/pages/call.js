/*
 * call - the page of one call: its story, its ladder, how it sounded, its packets.
 */
import { html, useEffect, useLayoutEffect, useMemo, useState } from "../vendor/preact-htm.js";
import { useKeys, useLive, useStore, useTitle } from "../hooks.js";
import { Deviations, History, Links, MediaTimeouts } from "../parts/call_notes.js";
import { MosChip, StatusChip, VerdictChip } from "../parts/chip.js";
import { CopyButton } from "../parts/copy_button.js";
import { Evidence } from "../parts/evidence.js";
import { Confidence, Facts } from "../parts/facts.js";
import { Icon } from "../parts/icon.js";
import { copyOf, Ladder } from "../parts/ladder.js";
import { layoutLadder } from "../parts/ladder_layout.js";
import { LadderTools } from "../parts/ladder_tools.js";
import { Legs } from "../parts/legs.js";
import { MessagePane } from "../parts/message_pane.js";
import { Empty, Failure, Loading } from "../parts/notice.js";
import { SameNumbers } from "../parts/same_numbers.js";
import { Sounded } from "../parts/sounded.js";
import { Story } from "../parts/story.js";
import { TakeAway } from "../parts/take_away.js";
import { fetchCall, fetchDeviations, fetchMessages, fetchStats, isId, pcapAddress } from "../api.js";
import { takeAhead } from "../ahead.js";
import { downloadFrom } from "../download.js";
import { text } from "../format.js";
import { keptSentence } from "../call_words.js";
import { ladderText } from "../ladder_text.js";
import { legsOf, streamsOfLegs } from "../legs.js";
import { neighbourOf } from "../neighbours.js";
import { backToCalls, changeQuery, navigate } from "../router.js";
import { orderStreams } from "../series.js";
import { may, session } from "../session.js";
import { clock } from "../settings.js";
import { soundDownload } from "../sound.js";
import { createStore } from "../store.js";
import { keysOf, kindsOf } from "../stream_kinds.js";

/* A call that is up changes once a second; its streams and messages are asked for less often. */
const RELOAD_MS = 4000;
/* A record and its messages that come within this are drawn together. */
const TOGETHER_MS = 120;
const NOTHING = { call: null, messages: [], cut: false, error: null, messagesError: null };
/* Steps of zoom, in or out. */
const ZOOM_MOST = 6;

/* Fetches the call and its messages; again when `round` changes. */
function useCall(id, round) {
  const [state, setState] = useState(NOTHING);

  useLayoutEffect(() => {
    const abort = new AbortController();
    const ahead = takeAhead(id);
    const take = (part) => !abort.signal.aborted && setState((now) => ({ ...now, ...part }));
    const call = (ahead?.call ?? fetchCall(id, abort.signal)).then(
      (call) => ({ call, error: null }),
      (error) => ({ error }),
    );
    const messages = may("signalling")
      ? (ahead?.messages ?? fetchMessages(id, abort.signal)).then(
          ({ messages, cut = false }) => ({ messages, cut, messagesError: null }),
          (messagesError) => ({ messagesError }),
        )
      : {};
    const soon = new Promise((done) => setTimeout(done, TOGETHER_MS));

    /* Both are drawn at once where they come at once; nobody waits for many messages to read the story. */
    call.then(async (part) => {
      const more = await Promise.race([messages, soon]);
      take({ ...part, ...more });
      if (!more) take(await messages);
    });
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

function Head({ call, children }) {
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
    <div class="head-tools">
      ${may("packets")
        ? html`<a class="button primary" href=${pcapAddress(call.id)} download><${Icon} name="download" />Download pcap</a>`
        : null}
      <${CopyButton} value=${call.call_id ?? ""}>Call-ID<//>
      ${children}
    </div>
  </header>`;
}

/* A view of the ladder as the address has it. */
function viewOf(query) {
  const zoom = query.zoom === "fit" ? "fit" : Math.max(-ZOOM_MOST, Math.min(ZOOM_MOST, Math.trunc(Number(query.zoom)) || 0));
  return { spacing: query.spacing === "time" ? "time" : "even", zoom, sought: query.find ?? "", alone: query.legs === "own" };
}

const change = (what) => changeQuery(what, { replace: true });

function zoomBy(by, { zoom }) {
  if (by === "fit") return change({ zoom: zoom === "fit" ? "" : "fit" });
  const next = (zoom === "fit" ? 0 : zoom) + by;
  return change({ zoom: Math.abs(next) > ZOOM_MOST || next === 0 ? "" : next });
}

/* Indexes of the messages that hold it; null when nothing is sought. */
function useFound(messages, sought) {
  return useMemo(() => {
    const small = sought.toLowerCase();
    if (small === "") return null;
    return new Set(messages.flatMap(({ raw }, index) => ((raw ?? "").toLowerCase().includes(small) ? [index] : [])));
  }, [messages, sought]);
}

const indexOf = (value, messages) => {
  const number = Number(value);
  return Number.isInteger(number) && number > 0 && number <= messages.length ? number - 1 : null;
};

function Signalling({ call, messages, error, cut, streams, own, legs, several, query, view, found, go, retry, moment, StreamPane }) {
  const zone = useStore(clock);
  const selected = indexOf(query.message, messages);
  const compared = indexOf(query.compare, messages);
  const stream = streams.find(({ id }) => id === query.stream) ?? null;
  const asText = () => {
    const { columns, rows } = layoutLadder(messages, [], 0, legs);
    const letters = new Map(legs.map(({ id, letter }) => [id, letter]));
    return ladderText({
      zone,
      columns: columns.map(({ name }) => name),
      rows: rows.filter(({ at1, at2 }) => at1 >= 0 && at2 >= 0).map((row) => ({ ...row, copy: copyOf(row), letter: letters.get(row.message.call) ?? null })),
    });
  };
  const next = (by) => {
    const all = [...(found ?? [])];
    const after = by > 0 ? all.find((index) => index > (selected ?? -1)) : all.findLast((index) => index < (selected ?? Infinity));
    go(after ?? all.at(by > 0 ? 0 : -1) ?? null);
  };
  const keys = useMemo(() => keysOf(call), [call]);

  if (error) return html`<${Failure} what="The messages" error=${error} retry=${retry} />`;
  if (messages.length === 0 && streams.length === 0)
    return may("signalling") ? html`<p class="quiet panel">No message of this call is kept. ${keptSentence(call)}</p>` : null;
  return html`${may("signalling")
      ? html`<${LadderTools} legs=${several} view=${view} change=${change} zoom=${(by) => zoomBy(by, view)} found=${found} next=${next} asText=${asText} />`
      : null}
    <div class=${`signalling ${selected === null && stream === null ? "" : "with-message"}`}>
      <div class="panel ladder-panel">
        <${Ladder}
          ...${{ messages, streams, keys, legs, view, selected, compared, found, moment }}
          select=${go}
          stream=${stream?.id ?? null}
          choose=${(id) => change({ stream: id, message: "" })}
          step=${(by) => go((selected ?? (by > 0 ? -1 : messages.length)) + by)}
        />
        ${cut ? html`<p class="quiet">There are more messages than are shown: the pcap has them all.</p>` : null}
      </div>
      ${selected !== null
        ? html`<${MessagePane}
            ...${{ messages, compared, go }}
            index=${selected}
            leg=${legs.find(({ id }) => id === messages[selected].call) ?? null}
            view=${query.pane ?? "raw"}
            show=${(pane) => change({ pane: pane === "raw" ? "" : pane })}
            compare=${(index) => compare(index, query)}
            sought=${view.sought.toLowerCase()}
            close=${() => go(null)}
          />`
        : stream !== null && StreamPane
          ? html`<${StreamPane} stream=${stream} whole=${own.find(({ id }) => id === stream.id) ?? null} close=${() => change({ stream: "" })} />`
          : null}
    </div>`;
}

function compare(index, query) {
  change({ compare: index === null ? "" : index + 1, pane: index === null ? (query.pane === "diff" ? "" : query.pane) : "diff" });
}

/* The table of deviations, asked for where the call has one: null until it is there. */
function useDeviations(call) {
  const [table, setTable] = useState(null);
  const needed = Array.isArray(call?.deviations) && call.deviations.length > 0;

  useEffect(() => {
    if (!needed) return undefined;
    const abort = new AbortController();
    fetchDeviations(abort.signal).then(
      ({ deviations }) => setTable(deviations),
      () => {},
    );
    return () => abort.abort();
  }, [needed]);
  return table;
}

/* What nobody sees at first: its code is asked for when the rest has been painted. {Figures, StreamPane} or {error}; null: not yet. */
function useRest(begun) {
  const [rest, setRest] = useState(null);

  useEffect(() => {
    let left = !begun;
    const take = (what) => left || setRest(what);
    if (begun)
      import("../parts/figures.js").then(take, () => take({ error: new Error("their code could not be loaded from the server") }));
    return () => {
      left = true;
    };
  }, [begun]);
  return rest;
}

/* Whether sound is made at all: the session knows; a server without one says so with its figures. null: not known yet. */
function useListen() {
  const said = useStore(session).listen;
  const [listen, setListen] = useState(null);

  useEffect(() => {
    if (typeof said === "boolean") return undefined;
    const abort = new AbortController();
    fetchStats(abort.signal).then(
      (stats) => typeof stats.listen === "boolean" && setListen(stats.listen),
      () => {},
    );
    return () => abort.abort();
  }, [said]);
  return typeof said === "boolean" ? said : listen;
}

function Missing({ error, retry }) {
  if (error.status === 404)
    return html`<${Empty} title="There is no such call">
      <p>The store does not have it, or no longer. <a href="#/calls">Back to the calls</a></p>
    <//>`;
  return html`<${Failure} what="The call" error=${error} retry=${retry} />`;
}

/* What can be taken away; whether there was something to open or close. */
function openSheet(open) {
  const sheet = document.querySelector("details.take");
  if (!sheet || sheet.open === open) return false;
  sheet.open = open;
  if (open) sheet.querySelector("summary").focus();
  return true;
}

/* The list that one came from, one further or back. */
function goNeighbour(id, by, view) {
  const next = neighbourOf(id, by);
  if (next === null) return false;
  navigate({ page: "call", id: next, query: { spacing: view.spacing === "time" ? "time" : "", zoom: view.zoom || "" } }, { replace: true });
  return true;
}

function useCallKeys({ id, query, view, messages, selected, go, several }) {
  /* What can be scrolled by itself keeps its arrows. */
  const step = (by, event) => (selected === null || event.target.closest?.(".message-raw, .scroll-x, .stream-facts") ? false : go(selected + by));

  useKeys({
    j: () => goNeighbour(id, 1, view),
    k: () => goNeighbour(id, -1, view),
    m: () => messages.length > 0 && go(selected === null ? 0 : null),
    ArrowDown: (event) => step(1, event),
    ArrowUp: (event) => step(-1, event),
    c: () => selected !== null && compare(indexOf(query.compare, messages) === selected ? null : selected, query),
    s: () => selected !== null && change({ pane: query.pane === "sdp" ? "" : "sdp" }),
    f: () => document.getElementById("find")?.select(),
    t: () => change({ spacing: view.spacing === "time" ? "" : "time" }),
    l: () => several && change({ legs: view.alone ? "" : "own", message: "", compare: "" }),
    "+": () => zoomBy(1, view),
    "-": () => zoomBy(-1, view),
    0: () => zoomBy("fit", view),
    F7: () => document.getElementById("find")?.select(),
    F2: () => openSheet(true),
    d: () => may("packets") && isId(id) && downloadFrom(pcapAddress(id)),
    Escape: () => {
      if (openSheet(false)) return;
      if (query.compare) compare(null, query);
      else if (selected !== null || query.stream) change({ message: "", stream: "", pane: "" });
      else backToCalls();
    },
  });
}

export function CallPage({ id, query }) {
  const [round, reload] = useRounds(id);
  const { call, messages: all, cut, error, messagesError } = useCall(id, round);
  const deviations = useDeviations(call);
  const listen = useListen();
  const rest = useRest(call !== null);
  const view = viewOf(query);
  const moment = useMemo(() => createStore(null), [id]);
  const streams = useMemo(() => orderStreams(Array.isArray(call?.streams) ? call.streams : []), [call]);
  const own = useMemo(() => kindsOf(streams).own, [streams]);
  const conversation = useMemo(() => legsOf(call), [call]);
  const several = conversation.legs.length > 0;
  const legs = view.alone ? [] : conversation.legs;
  const messages = useMemo(
    () => (view.alone || !several ? all.filter((message) => message.call === undefined || message.call === id) : all),
    [all, view.alone, several, id],
  );
  const drawn = useMemo(() => (legs.length ? streamsOfLegs(legs, id, own) : own), [legs, own, id]);
  const found = useFound(messages, view.sought);
  const selected = indexOf(query.message, messages);
  const go = (index) => {
    if (index === null) change({ message: "", pane: "" });
    else if (messages.length) change({ message: Math.max(0, Math.min(index, messages.length - 1)) + 1, stream: "", at: "" });
  };

  useTitle(call ? `${text(call.from_user, 40)} → ${text(call.to_user, 40)}` : "Call", id);
  useCallKeys({ id, query, view, messages, selected, go, several });
  useEffect(() => {
    if (!query.at) moment.set(selected === null ? null : messages[selected].time);
  }, [selected, messages, query.at]);

  /* What hangs on the record alone is not made anew with each key. */
  const told = useMemo(
    () => call && html`<${Story} call=${call} />
      <${Confidence} call=${call} />
      <${Legs} conversation=${conversation} ownId=${id} />
      <div class="noted">
        <${Deviations} call=${call} table=${deviations} />
        <${Evidence} call=${call} />
        <${History} call=${call} />
        <${Links} call=${call} />
        <${MediaTimeouts} call=${call} />
        ${may("numbers") ? html`<${SameNumbers} call=${call} />` : null}
      </div>`,
    [call, conversation, deviations],
  );
  const sounded = useMemo(
    () => call && html`<h2>How it sounded</h2>
      <${Sounded} ...${{ call, streams, listen, query, moment, messages, change, Figures: rest?.Figures }} />
      ${rest?.error ? html`<${Failure} what="The figures" error=${rest.error} retry=${() => location.reload()} />` : null}
      ${rest ? html`<h2>The record</h2>
        <div class="panel"><${Facts} call=${call} /></div>` : null}`,
    [call, streams, listen, messages, query.at, query.buffer, rest],
  );

  return html`<main id="main" class="page call-page" tabindex="-1">
    ${call === null
      ? error
        ? html`<${Missing} error=${error} retry=${reload} />`
        : html`<${Loading} what="the call" />`
      : html`<${Head} call=${call}>
            <${TakeAway} ...${{ call, conversation, listen }} alone=${view.alone} setAlone=${(alone) => change({ legs: alone ? "own" : "", message: "", compare: "" })}
              streams=${drawn} soundAddress=${soundDownload(call.id, "wav", "conceal")} />
          <//>
          ${told}
          <h2>Signalling</h2>
          ${may("signalling") ? null : html`<p class="quiet panel"><${Icon} name="lock" /> Messages are not for this role: they hold numbers and addresses. An engineer may read them.</p>`}
          <${Signalling} ...${{ call, messages, cut, own, legs, several, query, view, found, go, moment, StreamPane: rest?.StreamPane }} error=${messagesError} streams=${drawn} retry=${reload} />
          ${sounded}`}
  </main>`;
}
