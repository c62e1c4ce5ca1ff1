/*
 * store - one value that others can watch.
 *
 * set tells every watcher at once, in the order in which they came; a value that is the same as
 * before tells nobody.
 */
export function createStore(initial) {
  let value = initial;
  const watchers = new Set();

  return {
    get: () => value,
    set(next) {
      if (Object.is(next, value)) return;
      value = next;
      for (const watcher of [...watchers]) watcher(value);
    },
    update(change) {
      this.set(change(value));
    },
    subscribe(watcher) {
      watchers.add(watcher);
      return () => watchers.delete(watcher);
    },
  };
}
