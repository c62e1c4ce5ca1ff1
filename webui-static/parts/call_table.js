/*
 * call_table - the table of calls, of which only what can be seen is in the document.
 *
 * Rows have one height; spacers above and below stand for the rest, so that a list of a hundred
 * thousand scrolls like one of ten. The page itself scrolls.
 */
import { html, useEffect, useLayoutEffect, useRef, useState } from "../vendor/preact-htm.js";
import { useMedia, useStore } from "../hooks.js";
import { CallRow, COLUMNS } from "./call_row.js";
import { Icon } from "./icon.js";
import { nextSort, readSort } from "../filter_text.js";
import { clock } from "../settings.js";

const ROW_PX = 36;
const NARROW_ROW_PX = 90;
const SPARE_ROWS = 12;
/* More is asked for when fewer rows than this are left below. */
const MORE_ROWS = 30;

/* The rows to draw: [first, last), from where the table lies in the window. */
export function visibleRows(top, windowHeight, rowHeight, rows) {
  const first = Math.max(0, Math.floor(-top / rowHeight) - SPARE_ROWS);
  const last = Math.min(rows, Math.ceil((windowHeight - top) / rowHeight) + SPARE_ROWS);

  return [Math.min(first, rows), Math.max(last, Math.min(first, rows))];
}

function useVisible(body, rowHeight, rows) {
  const [range, setRange] = useState([0, 60]);

  useLayoutEffect(() => {
    let asked = 0;
    const look = () => {
      asked = 0;
      if (!body.current) return;
      const top = body.current.getBoundingClientRect().top;
      const next = visibleRows(top, innerHeight, rowHeight, rows);
      setRange((now) => (now[0] === next[0] && now[1] === next[1] ? now : next));
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
  }, [rowHeight, rows]);
  return [Math.min(range[0], rows), Math.min(range[1], rows)];
}

/* Brings a newly selected row into sight and gives its link the focus, so that Enter opens it. Rows
 * that arrive above it move nothing: id says which call it is, selected where it stands. */
function useSelection(body, selected, id, rowHeight) {
  useEffect(() => {
    if (selected === null || !body.current) return;
    const head = document.querySelector(".calls-table thead")?.getBoundingClientRect();
    const covered = head ? Math.max(head.bottom, 0) : 0;
    const top = body.current.getBoundingClientRect().top + selected * rowHeight;

    if (top < covered) scrollBy(0, top - covered - 4);
    else if (top + rowHeight > innerHeight) scrollBy(0, top + rowHeight - innerHeight + 8);
    requestAnimationFrame(() =>
      document.querySelector(".call-row.selected .row-link")?.focus({ preventScroll: true }),
    );
  }, [id]);
}

function Spacer({ rows, height }) {
  if (rows <= 0) return null;
  return html`<tr aria-hidden="true" class="spacer" style=${{ height: `${rows * height}px` }}></tr>`;
}

function Heading({ name, title, first, sort, order }) {
  if (!first) return html`<th scope="col" class=${`c-${name}`}>${title}</th>`;
  const { field } = readSort(first);
  const now = readSort(sort);
  const direction = sort && now.field === field ? (now.falls ? "descending" : "ascending") : null;

  return html`<th scope="col" class=${`c-${name}`} aria-sort=${direction}>
    <button type="button" onClick=${() => order(nextSort(sort, field, first))}>${title}<${Icon} name="up" /></button>
  </th>`;
}

/* sort: "", "mos", "-mos"; order: asks for another */
export function CallTable({ calls, selected, fresh, open, more, complete, sort, order, stale }) {
  const body = useRef(null);
  const zone = useStore(clock);
  const narrow = useMedia("(max-width: 760px)");
  const height = narrow ? NARROW_ROW_PX : ROW_PX;
  const [first, last] = useVisible(body, height, calls.length);

  useSelection(body, selected, calls[selected]?.id, height);
  useEffect(() => {
    if (!complete && last >= calls.length - MORE_ROWS) more();
  }, [last, calls.length, complete]);

  return html`<table class=${`calls-table ${stale ? "calls-stale" : ""}`} aria-busy=${stale} aria-rowcount=${complete ? calls.length + 1 : -1}>
    <caption class="offscreen">Calls${sort ? "" : ", newest first"}</caption>
    <thead>
      <tr>
        ${COLUMNS.map(([name, title, first]) => html`<${Heading} key=${name} ...${{ name, title, first, sort, order }} />`)}
      </tr>
    </thead>
    <tbody ref=${body}>
      <${Spacer} rows=${first} height=${height} />
      ${calls.slice(first, last).map(
        (call, at) =>
          html`<${CallRow}
            key=${call.id}
            call=${call}
            index=${first + at}
            selected=${selected === first + at}
            fresh=${fresh.has(call.id)}
            zone=${zone}
            open=${open}
            height=${height}
          />`,
      )}
      <${Spacer} rows=${calls.length - last} height=${height} />
    </tbody>
  </table>`;
}
