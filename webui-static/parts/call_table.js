/*
 * call_table - the table of calls, of which only what can be seen is in the document.
 *
 * Rows have one height and lie by themselves, each at its place in a box as high as all of them, as far as a browser
 * can draw it (virtual_rows.js): the layout of a table would look at all rows again whenever one comes. The page itself scrolls.
 */
import { html, useEffect, useLayoutEffect, useMemo, useRef, useState } from "../vendor/preact-htm.js";
import { useMedia, useStore } from "../hooks.js";
import { callAt } from "../call_list.js";
import { COLUMNS, fitColumns } from "../columns.js";
import { count } from "../format.js";
import { placeBar, PX_MAX, visibleRows } from "../virtual_rows.js";
import { CallRow } from "./call_row.js";
import { Icon } from "./icon.js";
import { nextSort, readSort } from "../filter_text.js";
import { clock } from "../settings.js";

const ROW_PX = 28;
const NARROW_ROW_PX = 84;
const PICK_PX = 34;

/* What is drawn: rows [first, last), offset: see virtual_rows. list: remembers where one was. */
function useVisible(body, list, height, rows) {
  const [range, setRange] = useState({ first: 0, last: Math.ceil(innerHeight / height), offset: list.offset });
  const before = useRef({ scrolled: 0, offset: list.offset });

  useLayoutEffect(() => {
    let asked = 0;
    const look = () => {
      asked = 0;
      if (!body.current) return;
      const scrolled = -body.current.getBoundingClientRect().top;
      const place = placeBar(before.current, scrolled, innerHeight, rows * height);
      if (place.scrolled !== scrolled) scrollBy(0, place.scrolled - scrolled);
      before.current = place;
      list.offset = place.offset;
      list.scroll = scrollY;
      const [first, last] = visibleRows(place.scrolled + place.offset, innerHeight, height, rows);
      const { offset } = place;
      setRange((now) => (now.first === first && now.last === last && now.offset === offset ? now : { first, last, offset }));
    };
    const ask = () => {
      asked ||= requestAnimationFrame(look);
    };
    look();
    addEventListener("scroll", ask, { passive: true });
    addEventListener("resize", ask);
    return () => {
      cancelAnimationFrame(asked);
      removeEventListener("scroll", ask);
      removeEventListener("resize", ask);
    };
  }, [height, rows, list]);
  const first = Math.min(range.first, rows);
  return { first, last: Math.max(first, Math.min(range.last, rows)), offset: range.offset };
}

/* Brings a newly selected row into sight and gives its link the focus, so that Enter opens it. Rows that arrive
 * above it move nothing: id says which call it is, selected where it stands. */
function useSelection(body, selected, id, height, offset) {
  useEffect(() => {
    if (selected === null || !body.current) return;
    const head = document.querySelector(".calls-table thead")?.getBoundingClientRect();
    const covered = head ? Math.max(head.bottom, 0) : 0;
    const top = body.current.getBoundingClientRect().top + selected * height - offset;

    if (top < covered) scrollBy(0, top - covered - 4);
    else if (top + height > innerHeight) scrollBy(0, top + height - innerHeight + 8);
    requestAnimationFrame(() => document.querySelector(".call-row.selected .row-link")?.focus({ preventScroll: true }));
  }, [id]);
}

function Heading({ name, sort, order }) {
  const { title, first, right } = COLUMNS[name];
  const { field } = readSort(first);
  const now = readSort(sort);
  const direction = sort && field && now.field === field ? (now.falls ? "descending" : "ascending") : null;

  return html`<th scope="col" class=${`c-${name} ${right ? "right" : ""}`} aria-sort=${direction} role="columnheader">
    ${first
      ? html`<button type="button" onClick=${() => order(field === "time" ? (sort === "time" ? "" : "time") : nextSort(sort, field, first))}>${title}<${Icon} name="up" /></button>`
      : title}
  </th>`;
}

/* Rows as they were drawn, so that what has not changed is not looked at again while one scrolls. Elements, not
 * components: Preact puts a component that has not changed in its place anew whenever one before it goes. */
function useRows() {
  const drawn = useRef(new Map());

  return (wanted) => {
    const next = new Map();
    const rows = wanted.map(([key, props]) => {
      const old = drawn.current.get(key);
      const isSame = old && Object.keys(props).every((name) => Object.is(props[name], old.props[name]));
      const kept = isSame ? old : { props, row: CallRow(props) };
      next.set(key, kept);
      return kept.row;
    });
    drawn.current = next;
    return rows;
  };
}

function Coming({ top, height, index }) {
  return html`<tr class="call-row coming" aria-hidden="true" style=${{ height: `${height}px`, transform: `translateY(${top}px)` }} key=${`coming-${index}`}></tr>`;
}

/* The parties take the room that is left. */
const tracks = (columns, picks) =>
  [...(picks ? [`${PICK_PX}px`] : []), ...columns.map((name) => (name === "parties" ? `minmax(${COLUMNS[name].px}px, 1fr)` : `${COLUMNS[name].px}px`))].join(" ");

/* state: of the list. sort: "", "mos", "-mos"; order: asks for another. picks: a Set of ids; pick, pickAll: undefined
 * where there is nothing to choose for. */
export function CallTable({ list, state, selected, open, sort, order, stale, names, px, picks, all, pick, pickAll }) {
  const body = useRef(null);
  const zone = useStore(clock);
  const narrow = useMedia("(max-width: 760px)");
  const height = narrow ? NARROW_ROW_PX : ROW_PX;
  const { count: rows } = state;
  const { first, last, offset } = useVisible(body, list, height, rows);
  const columns = useMemo(() => (narrow ? names : fitColumns(names, px - (pick ? PICK_PX : 0))), [names, px, narrow, !pick]);
  const drawn = useRows();
  const wanted = [];

  useSelection(body, selected, selected === null ? null : callAt(state, selected)?.id, height, offset);
  useEffect(() => list.look([first, last]), [list, first, last, state.version]);
  for (let index = first; index < last; index++) {
    const call = callAt(state, index);
    if (call)
      wanted.push([call.id, { call, index, top: index * height - offset, zone, open, height, columns, pick, selected: selected === index, fresh: state.fresh.has(call.id), picked: all || picks.has(call.id) }]);
    else wanted.push(null);
  }
  const shown = drawn(wanted.filter(Boolean));
  let at = 0;
  return html`<table class=${`calls-table ${stale ? "calls-stale" : ""}`} aria-busy=${stale} aria-rowcount=${state.next === null ? rows + 1 : -1} role="table" style=${{ "--columns": tracks(columns, pick) }}>
    <caption class="offscreen">Calls${sort ? "" : ", newest first"}</caption>
    <thead role="rowgroup">
      <tr role="row">
        ${pick
          ? html`<th scope="col" class="c-pick" role="columnheader"><input type="checkbox" checked=${all} aria-label=${`Choose all that is found, ${count(rows)} known so far`} onChange=${pickAll} /></th>`
          : null}
        ${columns.map((name) => html`<${Heading} key=${name} ...${{ name, sort, order }} />`)}
      </tr>
    </thead>
    <tbody ref=${body} role="rowgroup" style=${{ height: `${Math.min(rows * height, PX_MAX)}px` }}>
      ${wanted.map((row, i) => (row ? shown[at++] : html`<${Coming} index=${first + i} top=${(first + i) * height - offset} height=${height} />`))}
    </tbody>
  </table>`;
}
