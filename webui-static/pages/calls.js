/*
 * calls - the page of all calls: search, filters, the table, what arrives live.
 */
import { html, useCallback, useEffect, useMemo, useRef, useState } from "../vendor/preact-htm.js";
import { useKeys, useLive, useStore } from "../hooks.js";
import { CallTable } from "../parts/call_table.js";
import { Facets } from "../parts/facets.js";
import { Icon } from "../parts/icon.js";
import { LiveStrip } from "../parts/live_strip.js";
import { Empty, Failure, Loading } from "../parts/notice.js";
import { fetchStats, pcapAddress } from "../api.js";
import { isFiltered } from "../call_filter.js";
import { createCallList } from "../call_list.js";
import { count } from "../format.js";
import { changeQuery, formatRoute, navigate } from "../router.js";
import { downloadFrom } from "../download.js";

/* Live records are gathered and shown together: a flood of them must not redraw for each. */
const GATHER_MS = 250;
/* Closer to the top than this is at the top. */
const TOP_PX = 8;

/* The list of the filter that was shown last; see call_list. */
let remembered = { address: null, list: null };

function useCallList(query) {
  const address = formatRoute({ page: "calls", query });
  const list = useMemo(() => {
    if (remembered.address === address) return remembered.list;
    remembered.list?.stop();
    remembered = { address, list: createCallList(query) };
    remembered.list.start();
    return remembered.list;
  }, [address]);

  useEffect(() => {
    scrollTo(0, list.scroll);
    const note = () => {
      list.scroll = scrollY;
    };
    addEventListener("scroll", note, { passive: true });
    return () => removeEventListener("scroll", note);
  }, [list]);
  return list;
}

function useLiveCalls(list, selected) {
  const gathered = useRef([]);
  const timer = useRef(null);
  const quiet = useRef(selected);

  quiet.current = selected === null;
  /* Nobody reads the first rows yet, so new calls may push them down. */
  const showNow = () => quiet.current && scrollY <= TOP_PX;
  useEffect(() => () => clearTimeout(timer.current), []);
  useLive("call", (record) => {
    gathered.current.push(record);
    timer.current ??= setTimeout(() => {
      const records = gathered.current;
      gathered.current = [];
      timer.current = null;
      remembered.list.takeLive(records, showNow());
    }, GATHER_MS);
  });
  const refresh = () => list.refresh(showNow());
  useLive("reopened", refresh);
  useLive("dropped", refresh);
  useLive("quiet", refresh);
}

/* How many calls the store holds: asked once, then counted by the feed's own figure. */
function useStored() {
  const [stored, setStored] = useState(null);
  const ask = useCallback(() => {
    fetchStats().then(
      (stats) => setStored(stats.store?.calls ?? null),
      () => setStored(null),
    );
  }, []);

  useEffect(() => {
    ask();
    const timer = setInterval(ask, 10000);
    return () => clearInterval(timer);
  }, []);
  return stored;
}

function NoCalls({ query }) {
  if (isFiltered(query))
    return html`<${Empty} title="No call matches">
      <p>Nothing in the store fits this search. Of a number a part is enough, of a Call-ID the
        beginning; what is not known fits nothing.</p>
    <//>`;
  return html`<${Empty} title="No calls yet">
    <p>Calls appear here as soon as the probe hears one. To hear them live:</p>
    <pre>earshot run -i eth0 --store DIR</pre>
    <p>Or read a capture into this store:</p>
    <pre>earshot replay capture.pcap --store DIR</pre>
  <//>`;
}

/* What is wrong with the filter is said in its box. */
function faultOf(error) {
  return error?.place ? { ...error.place, sentence: error.message.replace(/^filter, column \d+: /, "") } : null;
}

/* While the next list is on its way, or its filter is half a word, the one before is still there. */
function useShown(list, state) {
  const before = useRef([]);
  const isOut = state.calls.length === 0 && (state.loading || faultOf(state.error) !== null);

  useEffect(() => {
    if (!isOut) before.current = state.calls;
  });
  return isOut ? { calls: before.current, stale: true } : { calls: state.calls, stale: false };
}

function Foot({ calls, next, loading, error, retry }) {
  if (faultOf(error)) return null;
  if (error) return html`<${Failure} what="Calls" error=${error} retry=${retry} />`;
  if (loading) return html`<${Loading} what="calls" />`;
  if (next !== null || calls.length === 0) return null;
  return html`<p class="foot quiet">
    ${calls.length === 1 ? "One call, and that is all." : `All ${count(calls.length)} calls are shown.`}
  </p>`;
}

export function CallsPage({ query }) {
  const list = useCallList(query);
  const state = useStore(list.store);
  const [selected, setSelected] = useState(list.selected);
  const field = useRef(null);
  const stored = useStored();
  const { waiting } = state;
  const { calls, stale } = useShown(list, state);
  const sort = query.sort ?? "";
  const fault = faultOf(state.error);

  useEffect(() => setSelected(list.selected), [list]);
  useLiveCalls(list, selected);
  const select = (index) => {
    const id = index === null ? null : calls[Math.max(0, Math.min(index, calls.length - 1))]?.id;
    list.selected = id ?? null;
    setSelected(list.selected);
  };
  const found = selected === null ? -1 : calls.findIndex((call) => call.id === selected);
  const at = found < 0 ? null : found;
  const open = (id) => {
    list.selected = id;
    navigate({ page: "call", id });
  };
  const move = (step) => select(at === null ? 0 : at + step);
  const showNew = () => {
    list.showWaiting();
    scrollTo({ top: 0 });
  };

  useKeys({
    "/": () => field.current?.select(),
    j: () => move(1),
    ArrowDown: () => at !== null && move(1),
    k: () => move(-1),
    ArrowUp: () => at !== null && move(-1),
    Enter: () => at !== null && open(calls[at].id),
    Escape: () => {
      document.activeElement?.blur();
      select(null);
    },
    d: () => at !== null && downloadFrom(pcapAddress(calls[at].id)),
    n: () => waiting.length > 0 && showNew(),
  });

  return html`<main id="main" class="page calls-page" tabindex="-1">
    <h1 class="offscreen">Calls</h1>
    <${LiveStrip} stored=${stored} newest=${waiting[0] ?? calls[0]} />
    <${Facets} query=${query} fault=${fault} change=${changeQuery} field=${field} />
    <div class="pill-place" role="status">
      ${waiting.length
        ? html`<button type="button" class="pill" onClick=${showNew}>
            <${Icon} name="up" />${count(waiting.length)} new
          </button>`
        : null}
    </div>
    ${fault && calls.length ? html`<p class="quiet stale-note">Below is what was found before.</p>` : null}
    ${calls.length
      ? html`<${CallTable}
          calls=${calls}
          selected=${at}
          fresh=${state.fresh}
          open=${open}
          more=${list.more}
          complete=${state.next === null}
          stale=${stale}
          sort=${sort}
          order=${(next) => changeQuery({ sort: next })}
        />`
      : !state.loading && !state.error && waiting.length === 0
        ? html`<${NoCalls} query=${query} />`
        : null}
    <${Foot} ...${state} retry=${list.retry} />
  </main>`;
}
