/*
 * diff - what two messages do not share, line by line.
 */
const LINES_MAX = 500;

/* "Via: x" → "via"; "m=audio" → "m="; what lines are paired by when they differ. */
const nameOf = (line) => (/^([a-z]=(?:[a-z-]+:)?)/.exec(line) ?? /^([^:\s]{1,80})\s*:/.exec(line))?.[1].toLowerCase() ?? line.slice(0, 8);

/* Longest common subsequence, as [[i, j]…]. */
function common(a, b) {
  const wide = b.length + 1;
  const best = new Uint16Array((a.length + 1) * wide);
  const pairs = [];

  for (let i = a.length - 1; i >= 0; i--)
    for (let j = b.length - 1; j >= 0; j--)
      best[i * wide + j] = a[i] === b[j] ? best[(i + 1) * wide + j + 1] + 1 : Math.max(best[(i + 1) * wide + j], best[i * wide + j + 1]);
  for (let i = 0, j = 0; i < a.length && j < b.length; ) {
    if (a[i] === b[j]) pairs.push([i++, j++]);
    else if (best[(i + 1) * wide + j] >= best[i * wide + j + 1]) i++;
    else j++;
  }
  return pairs;
}

/* Lines of a gap: those of one name are one that changed. */
function gap(gone, added) {
  const left = [...added];
  const rows = gone.map((a) => {
    const at = left.findIndex((b) => nameOf(b) === nameOf(a));
    return at < 0 ? { kind: "gone", a, b: null } : { kind: "changed", a, b: left.splice(at, 1)[0] };
  });
  return [...rows, ...left.map((b) => ({ kind: "added", a: null, b }))];
}

/* [{kind: same | changed | gone | added, a, b}] of two texts; beyond LINES_MAX lines nothing is compared. */
export function diffTexts(before, after) {
  const linesOf = (text) => text.split(/\r\n|\n|\r/).slice(0, LINES_MAX);
  const [a, b] = [linesOf(before), linesOf(after)];
  const rows = [];
  let [i, j] = [0, 0];

  for (const [atA, atB] of [...common(a, b), [a.length, b.length]]) {
    rows.push(...gap(a.slice(i, atA), b.slice(j, atB)));
    if (atA < a.length) rows.push({ kind: "same", a: a[atA], b: b[atB] });
    [i, j] = [atA + 1, atB + 1];
  }
  return rows;
}

const isWord = (character) => /[\p{L}\p{N}]/u.test(character);

/* In which words two lines differ: {before, a, b, after}; before and after are what they share. */
export function diffLine(a, b) {
  const most = Math.min(a.length, b.length);
  let [start, end] = [0, 0];

  while (start < most && a[start] === b[start]) start++;
  while (end < most - start && a[a.length - 1 - end] === b[b.length - 1 - end]) end++;
  while (start > 0 && isWord(a[start - 1])) start--;
  while (end > 0 && isWord(a[a.length - end])) end--;
  return { before: a.slice(0, start), a: a.slice(start, a.length - end), b: b.slice(start, b.length - end), after: a.slice(a.length - end) };
}
