/*
 * codec_sources - where the numbers of each codec come from: the clause of ITU-T G.113, or whose
 * number was borrowed. As in analyzer/quality/codec_ie.c; a test compares them.
 */

/* row: [source of Ie, source of Bpl] */
const SOURCES = {
  "G.711": ["I.1", "I.4 (G.711 with PLC App. I/II)"],
  "G.711-noPLC": ["I.1", "I.4 (G.711 without PLC)"],
  "G.729": ["I.1", "I.4 (value of G.729A+VAD)"],
  "G.729A+VAD": ["I.1", "I.4"],
  "G.723.1-6.3": ["I.1", "I.4 (G.723.1+VAD 6.3)"],
  "G.723.1-5.3": ["I.1", "assumed = 6.3 kbit/s"],
  "GSM-FR": ["I.1", "assumed = GSM-EFR"],
  "GSM-HR": ["I.1", "assumed = GSM-EFR"],
  "GSM-EFR": ["I.1", "I.4"],
  "G.726-40": ["I.1", "assumed = G.711 PLC"],
  "G.726-32": ["I.1", "assumed = G.711 PLC"],
  "G.726-24": ["I.1", "assumed = G.711 PLC"],
  "G.726-16": ["I.1", "assumed = G.711 PLC"],
  "G.728": ["I.1", "assumed"],
  "G.728-12.8": ["I.1", "assumed"],
  "iLBC-15.2": ["unverified field value", "unverified field value"],
  "iLBC-13.3": ["unverified field value", "unverified field value"],
  "Speex": ["assumed", "assumed = G.729"],
  "AMR-12.2": ["I.1 via GSM-EFR", "I.4 via GSM-EFR"],
  "AMR-10.2": ["lit", "assumed = GSM-EFR"],
  "AMR-7.95": ["lit", "assumed = GSM-EFR"],
  "AMR-7.4": ["I.1 via IS-641", "assumed = GSM-EFR"],
  "AMR-6.7": ["lit", "assumed = GSM-EFR"],
  "AMR-5.9": ["lit", "assumed = GSM-EFR"],
  "AMR-5.15": ["lit", "assumed = GSM-EFR"],
  "AMR-4.75": ["lit", "assumed = GSM-EFR"],
  "G.722-64": ["IV.1", "assumed (no published row)"],
  "G.722-56": ["IV.1", "assumed"],
  "G.722-48": ["IV.1", "assumed"],
  "AMR-WB-6.60": ["IV.1", "assumed = 12.65"],
  "AMR-WB-8.85": ["IV.1", "assumed = 12.65"],
  "AMR-WB-12.65": ["IV.1", "IV.4 (diotic)"],
  "AMR-WB-14.25": ["IV.1", "assumed = 12.65"],
  "AMR-WB-15.85": ["IV.1", "assumed = 12.65"],
  "AMR-WB-18.25": ["IV.1", "assumed = 12.65"],
  "AMR-WB-19.85": ["IV.1", "assumed = 23.05"],
  "AMR-WB-23.05": ["IV.1", "IV.4 (diotic)"],
  "AMR-WB-23.85": ["IV.1", "IV.4 (diotic)"],
  "Opus-NB-8cbr": ["lit", "lit"],
  "Opus-NB-11cbr": ["lit", "lit"],
  "Opus-WB-13vbr": ["lit", "lit"],
  "Opus-SWB-25vbr": ["lit", "lit"],
  "Opus-SWB-31vbr": ["lit", "lit"],
  "Opus-SWB-40vbr": ["lit", "lit"],
};

function spelled(source) {
  if (source === "lit") return "literature";
  return /^[IV]+\.\d/.test(source) ? `G.113 table ${source}` : source;
}

/* {ie, bpl} in words; null for a row that this page does not know. */
export function codecSources(row) {
  if (typeof row !== "string" || !Object.hasOwn(SOURCES, row)) return null;
  const [ie, bpl] = SOURCES[row];
  return { ie: spelled(ie), bpl: spelled(bpl) };
}
