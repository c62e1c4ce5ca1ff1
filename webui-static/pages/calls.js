/*
 * calls - the page of all calls: search, facets, the table, what arrives live.
 */
import { html, useCallback, useEffect, useLayoutEffect, useMemo, useRef, useState } from "../vendor/preact-htm.js";
import { useKeys, useLive, useMedia, useStore, useWidth } from "../hooks.js";
import { CallTable } from "../parts/call_table.js";
import { CallTools, EXPORT_MENU, PICKS_MAX } from "../parts/call_tools.js";
import { Facets, useFacets } from "../parts/facets.js";
import { FilterBox } from "../parts/filter_box.js";
import { Icon } from "../parts/icon.js";
import { LiveStrip } from "../parts/live_strip.js";
import { openMenu } from "../parts/menu.js";
import { Empty, Failure, Loading } from "../parts/notice.js";
import { fetchStats, pcapAddress } from "../api.js";
import { isNewestFirst, modernQuery, readText } from "../call_filter.js";
import { callAt, createCallList, rowOf } from "../call_list.js";
import { fitColumns, readColumns, USUAL } from "../columns.js";
import { count } from "../format.js";
import { loadAhead } from "../ahead.js";
import { rememberList } from "../neighbours.js";
import { changeQuery, formatRoute, navigate } from "../router.js";
import { downloadFrom } from "../download.js";
import { may } from "../session.js";
import { columns as ownColumns, facets as facetsOpen } from "../settings.js";

/* Live records are gathered and shown together: a flood of them must not redraw for each. */
const GATHER_MS = 250;
/* So many before and after a call that is looked at are kept ready. */
const NEAR_ROWS = 30;
/* Closer to the top than this is at the top. */
const TOP_PX = 8;

/* The list of the filter that was shown last; see call_list. */
let remembered = { address: null, list: null };

function useCallList(query) {
  const address = formatRoute({ page: "calls", query: { filter: readText(query), sort: query.sort } });
  const list = useMemo(() => {
    if (remembered.address === address) return remembered.list;
    remembered.list?.stop();
    remembered = { address, list: createCallList(query) };
    remembered.list.start();
    return remembered.list;
  }, [address]);

  useLayoutEffect(() => scrollTo(0, list.scroll), [list]);
  return list;
}

/* The call beside one, for who goes through the list call by call: it is then the chosen one here too. */
function neighbourIn(list, id, by) {
  const state = list.store.get();
  const at = rowOf(state, id);
  const next = at < 0 ? null : callAt(state, at + by);

  if (at >= 0) list.look([Math.max(at - NEAR_ROWS, 0), at + NEAR_ROWS]);
  if (next) list.selected = next.id;
  return next?.id ?? null;
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

/* How many calls the store holds: asked now and then, once the rows are there. */
function useStored(ready) {
  const [stored, setStored] = useState(null);
  const ask = useCallback(() => {
    fetchStats().then(
      (stats) => setStored(stats.store?.calls ?? null),
      () => setStored(null),
    );
  }, []);

  useEffect(() => {
    if (!ready) return undefined;
    ask();
    const timer = setInterval(ask, 10000);
    return () => clearInterval(timer);
  }, [ready]);
  return stored;
}

/* Calls that are chosen, to be taken away together. */
function usePicks(list, state) {
  const [picks, setPicks] = useState(new Set());
  const [all, setAll] = useState(false);
  const last = useRef(null);
  const clear = () => {
    setPicks(new Set());
    setAll(false);
    last.current = null;
  };

  useEffect(clear, [list]);
  return {
    picks,
    all,
    clear,
    pickAll: () => setAll(!all),
    /* upTo: with all rows between it and the last one, as far as they are there. */
    pick(index, upTo) {
      const from = upTo && last.current !== null ? last.current : index;
      const ids = [];
      for (let at = Math.min(from, index); at <= Math.max(from, index); at++) ids.push(callAt(state, at)?.id);
      const next = new Set(picks);
      const isOn = ids.length > 1 || !picks.has(ids[0]);
      for (const id of ids) if (id) isOn ? next.size < PICKS_MAX && next.add(id) : next.delete(id);
      last.current = index;
      setAll(false);
      setPicks(next);
    },
  };
}

function NoCalls({ filtered, clear }) {
  if (filtered)
    return html`<${Empty} title="No call matches">
      <p>Nothing in the store fits this filter. Of a number a part is enough, of a Call-ID the
        beginning; what is not known fits nothing.</p>
      <p><button type="button" onClick=${clear}>Show all calls</button></p>
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
  const before = useRef({ list, state });
  const isOut = state.count === 0 && (state.loading || faultOf(state.error) !== null);

  useEffect(() => {
    if (!isOut) before.current = { list, state };
  });
  return isOut && before.current.state.count > 0 ? { ...before.current, stale: true } : { list, state, stale: false };
}

/* An address of before the filter held everything is made one of today. */
function useModern(query) {
  useLayoutEffect(() => {
    const modern = modernQuery(query);
    if (modern !== query) navigate({ page: "calls", query: modern }, { replace: true });
  }, [query]);
}

function Pill({ list, state, ordered, again }) {
  const news = state.waiting.length + state.missed;

  if (news === 0) return null;
  return html`<button type="button" class="pill" onClick=${again}>
    <${Icon} name=${ordered ? "turn" : "up"} />${ordered ? `${count(news)} came since: sort again` : `${count(news)} new${state.paused ? ", paused" : ""}`}
  </button>`;
}

export function CallsPage({ query }) {
  useModern(query);
  const list = useCallList(query);
  const state = useStore(list.store);
  const [selected, setSelected] = useState(list.selected);
  const field = useRef(null);
  const main = useRef(null);
  const px = useWidth(main);
  const narrow = useMedia("(max-width: 760px)");
  const stored = useStored(!state.loading || state.count > 0);
  const mine = useStore(ownColumns);
  const open = useStore(facetsOpen) === "open";
  const [sheet, setSheet] = useState(false);
  const text = readText(query);
  const ordered = !isNewestFirst(query);
  const { list: ofRows, state: rows, stale } = useShown(list, state);
  const { picks, all, clear, pick, pickAll } = usePicks(list, state);
  const sort = query.sort ?? "";
  const fault = faultOf(state.error);
  const facets = useFacets(text, !state.loading && !state.error);
  const names = useMemo(() => readColumns(query.columns ?? mine), [query.columns, mine]);
  const mayTake = may("packets");
  const withFacets = narrow ? sheet : open;

  useEffect(() => setSelected(list.selected), [list]);
  useLiveCalls(list, selected);
  useEffect(loadAhead, []);
  useEffect(() => rememberList((id, by) => neighbourIn(list, id, by)), [list]);
  const select = (index) => {
    const at = index === null ? null : Math.max(0, Math.min(index, rows.count - 1));
    const id = at === null ? null : callAt(rows, at)?.id;
    if (id === undefined) return; /* it is on its way */
    list.selected = id;
    setSelected(id);
  };
  const found = useMemo(() => (selected === null ? -1 : rowOf(rows, selected)), [rows.version, rows, selected]);
  const at = found < 0 ? null : found;
  const openCall = (id) => {
    list.selected = id;
    navigate({ page: "call", id });
  };
  const move = (step) => select(at === null ? 0 : at + step);
  const showNew = () => {
    if (ordered) list.start();
    else list.showWaiting();
    scrollTo({ top: 0 });
  };
  const setText = (filter, options) => changeQuery({ filter }, options);
  const setColumns = (next) => {
    const isUsual = next.join() === USUAL.join();
    ownColumns.set(isUsual ? "" : next.join(","));
    changeQuery({ columns: isUsual ? "" : next.join(",") }, { replace: true });
  };
  const setFacets = (on) => (narrow ? setSheet(on) : facetsOpen.set(on ? "open" : "closed"));
  const leave = () => {
    document.activeElement?.blur();
    if (at === null && (picks.size || all)) clear();
    else select(null);
  };

  useKeys({
    "/": () => field.current?.select(),
    F7: () => field.current?.select(),
    F2: () => mayTake && openMenu(EXPORT_MENU),
    j: () => move(1),
    ArrowDown: () => at !== null && move(1),
    k: () => move(-1),
    ArrowUp: () => at !== null && move(-1),
    Enter: () => at !== null && openCall(selected),
    Escape: leave,
    x: () => mayTake && at !== null && pick(at, false),
    X: () => mayTake && at !== null && pick(at, true),
    d: () => mayTake && at !== null && downloadFrom(pcapAddress(selected)),
    n: () => state.waiting.length + state.missed > 0 && showNew(),
    p: () => !ordered && list.pause(!state.paused),
    f: () => setFacets(!withFacets),
  });

  return html`<main id="main" class="page calls-page" tabindex="-1">
    <h1 class="offscreen">Calls</h1>
    <${LiveStrip} stored=${stored} newest=${ordered ? null : (state.waiting[0] ?? callAt(state, 0))} />
    <search role="search"><${FilterBox} value=${text} fault=${fault} change=${setText} field=${field} /></search>
    <div class=${`calls-body ${withFacets ? "with-facets" : ""}`}>
      ${withFacets ? html`<${Facets} facets=${facets} text=${text} set=${setText} />` : null}
      <div class="calls-main" ref=${main}>
        <${CallTools}
          ...${{ list, state: rows, stored, filtered: text !== "", ordered, sort, names, setColumns, setFacets, picks, all, clear, mayTake }}
          shown=${narrow ? names : fitColumns(names, px)}
          facets=${withFacets}
          order=${(next) => changeQuery({ sort: next })}
        />
        <div class="pill-place" role="status"><${Pill} ...${{ list, state, ordered, again: showNew }} /></div>
        ${stale && fault ? html`<p class="quiet stale-note">Below is what was found before.</p>` : null}
        ${rows.count
          ? html`<${CallTable}
              ...${{ list: ofRows, state: rows, stale, sort, names, px, picks, all }}
              selected=${at}
              open=${openCall}
              order=${(next) => changeQuery({ sort: next })}
              pick=${mayTake ? pick : undefined}
              pickAll=${pickAll}
            />`
          : !state.loading && !state.error && state.waiting.length === 0
            ? html`<${NoCalls} filtered=${text !== ""} clear=${() => setText("")} />`
            : null}
        ${state.error && !fault ? html`<${Failure} what="Calls" error=${state.error} retry=${list.retry} />` : null}
        ${state.loading && (state.count === 0 || stale) ? html`<${Loading} what="calls" />` : null}
      </div>
    </div>
  </main>`;
}
