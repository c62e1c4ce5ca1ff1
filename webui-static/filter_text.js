/*
 * filter_text - the text of a filter while somebody writes it: what stands at the caret, what could
 * be meant, where the server found it at fault. The language itself is the server's (docs/FILTER.md).
 */

/* At most so many proposals at once. */
const PROPOSALS_MAX = 8;

/* Words of the older address of this page: what they held stands for itself. */
export function asWord(text) {
  const word = (text ?? "").trim();

  if (word === "" || /^[\p{L}\p{N}+*@._[][\p{L}\p{N}+*@._:[\]/-]*$/u.test(word)) return word;
  return `"${word.replace(/(["\\])/g, "\\$1").replaceAll("\0", "\\0")}"`;
}

/* Where the word begins that ends at the caret; -1: the caret is within quotes. */
function wordStart(text, caret) {
  let start = 0;
  let quoted = false;

  for (let at = 0; at < caret; at++) {
    const c = text[at];
    if (quoted && c === "\\") at++;
    else if (c === '"') quoted = !quoted;
    else if (!quoted && /[\s()]/.test(c)) start = at + 1;
  }
  return quoted ? -1 : start;
}

/* The word at the caret: a field that is being named, or a value of one. null: nothing to propose. */
export function partAt(text, caret) {
  const begin = wordStart(text, caret);
  if (begin < 0) return null;
  const word = text.slice(begin, caret);
  const sign = /^[-!]/.test(word) ? 1 : 0;
  const found = /^([A-Za-z][\w.-]*)(:|==?|!=)(.*)$/.exec(word.slice(sign));

  if (!found) return { field: null, start: begin + sign, part: word.slice(sign) };
  const last = found[3].split(",").at(-1);
  return { field: found[1].toLowerCase(), start: caret - last.length, part: last };
}

const plain = (name) => name.toLowerCase().replaceAll("-", "_");

function isCalled(field, name) {
  return field.name === name || field.aliases.includes(name);
}

/* Names that begin with it, then further names of a field that do, then those that hold it. */
function proposeFields(fields, part) {
  const wanted = plain(part);
  const rank = ({ name, aliases }) => {
    if (name.startsWith(wanted)) return 0;
    if (aliases.some((alias) => alias.startsWith(wanted))) return 1;
    return name.includes(wanted) ? 2 : 3;
  };
  return fields
    .map((field) => [rank(field), field])
    .filter(([r]) => r < 3)
    .sort((a, b) => a[0] - b[0])
    .map(([, field]) => ({
      text: field.name + (field.kind === "number" ? "" : ":"),
      name: field.name,
      example: field.example,
      help: field.help,
    }));
}

/* Values that the store has, of fields that can hold any: [text, how many calls]. */
function seenValues(facets, field) {
  const own = field?.name === "trunk" ? ["trunk_in", "trunk_out"] : [field?.name];
  const found = facets.filter((facet) => own.includes(facet.field)).flatMap(({ values }) => values);

  return found.map(({ filter, calls }) => [filter.slice(filter.indexOf(":") + 1), calls]);
}

function proposeValues(fields, name, part, facets) {
  const field = name === "has" ? null : fields.find((f) => isCalled(f, plain(name)));
  const values = name === "has" ? fields.map((f) => f.name) : (field?.values ?? []);
  const seen = values.length || field?.kind === "number" ? [] : seenValues(facets, field);
  const begins = (value) => value.replace(/^"/, "").toLowerCase().startsWith(part.replace(/^"/, "").toLowerCase()) && value !== part;

  return [
    ...values.filter(begins).map((value) => ({ text: value, name: value, example: "", help: field?.help ?? "It is known." })),
    ...seen.filter(([value]) => begins(value)).map(([value, calls]) => ({ text: value, name: value, example: `${calls} calls`, help: field.help })),
  ];
}

/* What the word at the caret could become: [{text, name, example, help}]. facets: what the store has of it. */
export function propose(fields, text, caret, facets = []) {
  const at = partAt(text, caret);

  if (!at || (at.part === "" && !at.field)) return [];
  const all = at.field ? proposeValues(fields, at.field, at.part, facets) : proposeFields(fields, at.part);
  return all.slice(0, PROPOSALS_MAX);
}

/* The text with a proposal in place of the word at the caret, and where the caret stands then. */
export function accept(text, caret, proposal) {
  const { start, field } = partAt(text, caret) ?? { start: caret, field: null };
  const rest = text.slice(caret);
  const done = proposal.text + (field && !/^[\s),]/.test(rest) ? " " : "");

  return { text: text.slice(0, start) + done + rest, caret: start + done.length };
}

/* The text before, in and behind a fault, which the server counts in characters from 1. */
export function cutAt(text, column, length) {
  const characters = [...text];
  const from = Math.max(0, column - 1);

  return [
    characters.slice(0, from).join(""),
    characters.slice(from, from + length).join(""),
    characters.slice(from + length).join(""),
  ];
}

/* "mos", "-mos" */
export function readSort(text) {
  if (!text) return { field: null, falls: true };
  return text.startsWith("-") ? { field: text.slice(1), falls: true } : { field: text, falls: false };
}

/* What a click on a heading asks for: first the order that one looks for, then the other one, then
 * newest first again. */
export function nextSort(now, field, first) {
  const other = first.startsWith("-") ? field : `-${field}`;

  if (now === first) return other;
  return now === other ? "" : first;
}

/* The words that all must hold, where the text is nothing but such: a word, or what stands in parentheses,
 * with the sign before it. [text] itself, where an "or" stands between. */
export function splitTerms(text) {
  const terms = [];
  let term = "";
  let depth = 0;
  let quoted = false;

  for (let at = 0; at < text.length; at++) {
    const c = text[at];
    if (quoted && c === "\\") term += text[at++];
    else if (c === '"') quoted = !quoted;
    else if (!quoted && c === "(") depth++;
    else if (!quoted && c === ")") depth--;
    if (quoted || depth > 0 || !/\s/.test(c)) term += text[at] ?? "";
    else if (term) terms.push(term);
    if (!quoted && depth <= 0 && /\s/.test(c)) term = "";
  }
  if (term) terms.push(term);
  return terms.some((word) => /^(or|\|\||not|and|&&|[<>=!]+)$/i.test(word)) ? [text.trim()] : terms;
}

/* Where the words of a term stand one behind the other; −1: nowhere. */
function placeOf(terms, wanted) {
  for (let at = 0; at + wanted.length <= terms.length; at++)
    if (wanted.every((word, i) => terms[at + i] === word)) return at;
  return -1;
}

export const hasTerm = (text, term) => placeOf(splitTerms(text), splitTerms(term)) >= 0;

/* The text with the term, or, where it has it, without. */
export function toggleTerm(text, term) {
  const terms = splitTerms(text);
  const words = splitTerms(term);
  const at = placeOf(terms, words);

  if (at >= 0) return [...terms.slice(0, at), ...terms.slice(at + words.length)].join(" ");
  if (text.trim() === "") return term;
  /* An "or" binds weaker than what is put beside it. */
  const isOne = terms.length === 1 && terms[0] === text.trim() && /\s/.test(terms[0]) && !/^[-!]?\(.*\)$/.test(terms[0]) && !/^\S*"[^"]*"$/.test(terms[0]);
  return `${isOne ? `(${text.trim()})` : text.trim()} ${term}`;
}

/* What is not so: "status:486" → "-status:486" */
export const notTerm = (term) => (splitTerms(term).length > 1 ? `-(${term})` : `-${term}`);

/* The text with another time, or with none ("") */
export function withTime(text, time) {
  const rest = splitTerms(text).filter((word) => !/^(since|until|time|after|before|date|day):/.test(word)).join(" ");

  return time ? toggleTerm(rest, time) : rest;
}

/* The word of the text that says when; "": none. */
export const timeOf = (text) => splitTerms(text).filter((word) => /^(since|until|time):/.test(word)).join(" ");
