/*
 * filter_box - the box above the calls: a filter, its completion, and where it is at fault.
 *
 * The keys: arrows choose among the proposals, Tab or Enter takes one, Escape puts them away.
 */
import { html, useEffect, useLayoutEffect, useRef, useState } from "../vendor/preact-htm.js";
import { fetchFields } from "../api.js";
import { accept, cutAt, propose } from "../filter_text.js";
import { known } from "./facets.js";
import { FilterHelp } from "./filter_help.js";
import { Icon } from "./icon.js";

/* Long enough that a typed number asks once, short enough to feel at once. */
const TYPING_MS = 200;
/* Whoever pauses that long in the middle of a word may be told what is missing. */
const FAULT_MS = 900;

/* Asked for once, when somebody begins to write. */
let asked = null;

function useFields(wanted) {
  const [fields, setFields] = useState([]);

  useEffect(() => {
    if (!wanted) return undefined;
    let gone = false;
    asked ??= fetchFields().then(({ fields: all }) => all);
    asked.then(
      (all) => gone || setFields(all),
      () => {
        asked = null;
      },
    );
    return () => {
      gone = true;
    };
  }, [wanted]);
  return fields;
}

/* The typed text once more, below that of the box, for the line under the word at fault. */
function Underlay({ text, fault, scrolled }) {
  const [before, wrong, behind] = cutAt(text, fault.column, fault.length);

  return html`<div class="underlay" aria-hidden="true">
    <span style=${{ transform: `translateX(${-scrolled}px)` }}
      >${before}<mark>${wrong || " "}</mark>${behind}</span
    >
  </div>`;
}

function Proposals({ proposals, active, take }) {
  return html`<ul class="proposals" id="filter-proposals" role="listbox" aria-label="Fields and values">
    ${proposals.map(
      (proposal, at) =>
        html`<li
          key=${proposal.name}
          id=${`filter-proposal-${at}`}
          role="option"
          aria-selected=${at === active}
          onMouseDown=${(event) => {
            event.preventDefault();
            take(proposal);
          }}
        >
          <b>${proposal.name}</b><span class="quiet">${proposal.help}</span><code>${proposal.example}</code>
        </li>`,
    )}
  </ul>`;
}

/* What is typed, and when it counts. change: told the text, and whether it takes the place of the last one. */
function useTyped(value, change) {
  const [typed, setTyped] = useState(value);
  const [typedAt, setTypedAt] = useState(0);
  const timer = useRef(null);
  const begun = useRef(false);
  /* Back goes to what was asked before one began to write, not to each half of a word. */
  const settle = (next) => {
    clearTimeout(timer.current);
    timer.current = null;
    if (next.trim() === value) return;
    change(next.trim(), { replace: begun.current });
    begun.current = true;
  };
  const type = (next) => {
    setTyped(next);
    setTypedAt(Date.now());
    clearTimeout(timer.current);
    timer.current = setTimeout(() => settle(next), TYPING_MS);
  };

  useEffect(() => {
    if (timer.current === null && value !== typed.trim()) setTyped(value);
  }, [value]);
  useEffect(() => () => clearTimeout(timer.current), []);
  return {
    typed,
    typedAt,
    type,
    settle,
    /* Whoever leaves the field has finished typing. */
    leave() {
      if (timer.current !== null) settle(typed);
      begun.current = false;
    },
  };
}

/* A fault is shown when the writer rests: half a word is none yet. */
function useFault(fault, typed, value, typedAt) {
  const [rested, setRested] = useState(true);

  useEffect(() => {
    const left = typedAt + FAULT_MS - Date.now();
    setRested(left <= 0);
    if (left <= 0) return undefined;
    const timer = setTimeout(() => setRested(true), left);
    return () => clearTimeout(timer);
  }, [typedAt]);
  return fault && rested && typed.trim() === value ? fault : null;
}

export function FilterBox({ value, fault, change, field }) {
  const { typed, typedAt, type, settle, leave } = useTyped(value, change);
  const [focused, setFocused] = useState(false);
  const [open, setOpen] = useState(false);
  const [active, setActive] = useState(-1);
  const [caret, setCaret] = useState(0);
  const [scrolled, setScrolled] = useState(0);
  const [help, setHelp] = useState(false);
  const wish = useRef(null);
  const fields = useFields(focused || help);
  const proposals = focused && open ? propose(fields, typed, caret, known.facets) : [];
  const shown = useFault(fault, typed, value, typedAt);

  useLayoutEffect(() => {
    if (wish.current === null) return;
    field.current.setSelectionRange(wish.current, wish.current);
    wish.current = null;
  });
  const look = (event) => {
    setCaret(event.target.selectionStart ?? 0);
    setScrolled(event.target.scrollLeft);
  };
  const write = ({ text, caret: at }) => {
    wish.current = at;
    setCaret(at);
    setActive(-1);
    type(text);
    field.current.focus();
  };
  const take = (proposal) => write(accept(typed, caret, proposal));
  const insert = (words) => {
    const space = typed && !/[\s(]$/.test(typed) ? " " : "";
    write({ text: typed + space + words, caret: (typed + space + words).length });
  };
  const step = (by) => setActive((now) => (now + by + proposals.length) % proposals.length);
  const keys = {
    ArrowDown: () => proposals.length > 0 && (step(1), true),
    ArrowUp: () => proposals.length > 0 && (active < 0 ? setActive(proposals.length - 1) : step(-1), true),
    Tab: (event) => !event.shiftKey && proposals.length > 0 && (take(proposals[Math.max(active, 0)]), true),
    Enter: () => {
      if (active >= 0 && proposals[active]) take(proposals[active]);
      else settle(typed);
      setOpen(active >= 0);
      return true;
    },
    Escape: () => {
      if (help) setHelp(false);
      else if (proposals.length > 0) setOpen(false);
      else return false;
      return true;
    },
  };
  const press = (event) => {
    if (keys[event.key]?.(event)) event.preventDefault();
  };

  return html`<div class="filter-box">
    <div class=${`omnibox ${shown ? "faulty" : ""}`}>
      <${Icon} name="search" />
      ${shown ? html`<${Underlay} text=${typed} fault=${shown} scrolled=${scrolled} />` : null}
      <input
        ref=${field}
        type="search"
        id="omnibox"
        role="combobox"
        aria-label="Find calls by a filter"
        aria-autocomplete="list"
        aria-expanded=${proposals.length > 0}
        aria-controls=${proposals.length > 0 ? "filter-proposals" : null}
        aria-activedescendant=${active >= 0 && proposals[active] ? `filter-proposal-${active}` : null}
        aria-invalid=${shown ? "true" : null}
        aria-describedby=${shown ? "filter-fault" : null}
        placeholder="Number, Call-ID, IP, or from:+49* status:5xx mos<3.5"
        autocomplete="off"
        autocapitalize="off"
        spellcheck=${false}
        value=${typed}
        onInput=${(event) => {
          type(event.target.value);
          look(event);
          setActive(-1);
          setOpen(true);
        }}
        onKeyDown=${press}
        onKeyUp=${look}
        onClick=${look}
        onScroll=${look}
        onFocus=${(event) => {
          setFocused(true);
          look(event);
        }}
        onBlur=${() => {
          setFocused(false);
          setOpen(false);
          leave();
        }}
      />
      <kbd aria-hidden="true">/</kbd>
      ${proposals.length ? html`<${Proposals} ...${{ proposals, active, take }} />` : null}
    </div>
    <button
      type="button"
      class="filter-how"
      aria-expanded=${help}
      aria-controls="filter-help"
      aria-label="How to ask"
      onClick=${() => setHelp(!help)}
    >
      <${Icon} name="info" /><span>How</span>
    </button>
    <p class="filter-fault" id="filter-fault" role="status">${shown ? shown.sentence : ""}</p>
    ${help ? html`<${FilterHelp} fields=${fields} insert=${insert} close=${() => setHelp(false)} />` : null}
  </div>`;
}
