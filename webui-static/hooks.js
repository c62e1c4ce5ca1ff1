/*
 * hooks - what components watch: stores, the live feed, their own width, the keyboard.
 */
import { useEffect, useLayoutEffect, useRef, useState } from "./vendor/preact-htm.js";
import { onLive } from "./live.js";
import { bindKeys } from "./keys.js";

export function useStore(store) {
  const [value, setValue] = useState(store.get());

  useLayoutEffect(() => {
    setValue(() => store.get());
    return store.subscribe((next) => setValue(() => next));
  }, [store]);
  return value;
}

/* Calls the newest `handler` for each live message of that type. */
export function useLive(type, handler) {
  const newest = useRef(handler);
  newest.current = handler;
  useLayoutEffect(() => onLive(type, (message) => newest.current(message)), [type]);
}

/* The width of an element in whole pixels; 0 until it has been laid out. */
export function useWidth(ref) {
  const [width, setWidth] = useState(0);

  useLayoutEffect(() => {
    const element = ref.current;
    if (!element) return undefined; /* gone again before it was shown: somebody types fast */
    const measure = () => setWidth(Math.floor(element.clientWidth));
    const observer = new ResizeObserver(measure);
    measure();
    observer.observe(element);
    return () => observer.disconnect();
  }, []);
  return width;
}

export function useMedia(query) {
  const [matches, setMatches] = useState(() => matchMedia(query).matches);

  useEffect(() => {
    const list = matchMedia(query);
    const tell = () => setMatches(list.matches);
    tell();
    list.addEventListener("change", tell);
    return () => list.removeEventListener("change", tell);
  }, [query]);
  return matches;
}

/* keys: {"j": handler, …}; the newest handlers count. bottom: asked when no other has
 * taken the key. */
export function useKeys(keys, { bottom = false } = {}) {
  const newest = useRef(keys);
  newest.current = keys;
  /* In force as soon as what they are for is seen: who types fast is not misunderstood. */
  useLayoutEffect(() => bindKeys((key) => newest.current[key], bottom), []);
}

/* What `fetch` answers: anew every so often, when `due` changes, and by `again`; forgotten when `key` changes. An error stands beside
 * what was known. */
export function useAsked(fetch, { key = "", everyMs = 5000, due = 0 } = {}) {
  const [state, setState] = useState({ answer: null, error: null });
  const [times, setTimes] = useState(0);

  useEffect(() => setState({ answer: null, error: null }), [key]);
  useEffect(() => {
    const abort = new AbortController();
    const ask = () =>
      fetch(abort.signal).then(
        (answer) => setState({ answer, error: null }),
        (error) => error.name !== "AbortError" && setState((now) => ({ ...now, error })),
      );
    ask();
    const timer = setInterval(ask, everyMs);
    return () => {
      clearInterval(timer);
      abort.abort();
    };
  }, [key, due, times]);
  return { ...state, again: () => setTimes((now) => now + 1) };
}

/* about: what it stands for, in case the title is the same. A page may say more than its name, which comes first. */
export function useTitle(title, about = null) {
  useLayoutEffect(() => {
    document.title = `${title} · Earshot`;
  }, [title, about]);
}
