/*
 * series - the order of a call's streams, and the axes of what is drawn of them.
 */

/* Of the two directions, the one that has no stream though the other has; null when neither or both. */
export function silentDirection(streams) {
  const has = (name) => streams.some(({ direction }) => direction === name);
  const [going, coming] = [has("caller_to_callee"), has("callee_to_caller")];

  if (going === coming) return null;
  return going ? "callee_to_caller" : "caller_to_callee";
}

/* In pairs: the caller's first stream and the callee's first, then their second ones. */
export function orderStreams(streams) {
  const early = [...streams].sort((a, b) => (a.start_time ?? 0) - (b.start_time ?? 0));
  const going = early.filter(({ direction }) => direction === "caller_to_callee");
  const coming = early.filter(({ direction }) => direction === "callee_to_caller");
  const others = early.filter((stream) => !going.includes(stream) && !coming.includes(stream));
  const pairs = Array.from({ length: Math.max(going.length, coming.length) }, (_, at) => [
    going[at],
    coming[at],
  ]);

  return [...pairs.flat().filter((stream) => stream !== undefined), ...others];
}

/* The top of an axis: a round number at or above the greatest value, at least `least`. */
export function axisTop(values, least) {
  const greatest = Math.max(least, ...values.filter((value) => value !== null));
  const power = 10 ** Math.floor(Math.log10(greatest));

  return [1, 2, 2.5, 5, 10].map((step) => step * power).find((top) => top >= greatest * 0.999);
}
