/*
 * lanes - where everything of the chart over time goes: pure numbers and paths, no drawing.
 *
 * Each direction is a track of lanes, one below the other: MOS, loss, jitter, level. All share one
 * time axis. Within a lane 0 is at the bottom.
 */
import { axisTop } from "../series.js";

export const HEAD_PX = 30;
const TITLE_PX = 30;
const GAP_PX = 12;
const FOOT_PX = 26;
const NARROW_PX = 560;

const QUIETEST_DBM0 = -60;
const MOS_TOP = 4.5;

/* What is drawn of each second: how much of it was lost or late is how high it is, and which class. */
const HEAT_PX = 14;
export const HEATS = [
  { name: "unknown", most: null, height: 0 },
  { name: "none", most: 0, height: 3 },
  { name: "low", most: 0.01, height: 5 },
  { name: "some", most: 0.05, height: 8 },
  { name: "high", most: 0.2, height: 11 },
  { name: "worst", most: 1, height: HEAT_PX },
];

const heatOf = (share) => (share === null ? HEATS[0] : HEATS.slice(1).find(({ most }) => share <= most + 1e-9) ?? HEATS.at(-1));

/* A path for each class that there is: [{name, d}]. */
export function heatPaths(seconds, xOf, bottom) {
  const paths = new Map();

  for (const { from, to, share } of seconds) {
    const { name, height } = heatOf(share);
    const [left, right] = [xOf(from), xOf(to)];
    if (height > 0 && right > left) paths.set(name, `${paths.get(name) ?? ""}M${n(left)} ${bottom}V${bottom - height}H${n(right)}V${bottom}z`);
  }
  return [...paths].map(([name, d]) => ({ name, d }));
}

/* scale: [bottom, top] of the lane from its cells; ticks: values that have a line and a label. */
const LANES = [
  { name: "Seconds", height: HEAT_PX, media: ["audio", "video"], unit: "", scale: () => [0, 1], ticks: () => [] },
  { name: "MOS", height: 62, media: ["audio"], scale: () => [1, MOS_TOP], ticks: () => [1, 3.1, 4.5] },
  {
    name: "Loss",
    height: 44,
    media: ["audio", "video"],
    unit: "%",
    scale: (cells) => [0, axisTop(cells.map(({ loss, lateness }) => (loss === null ? null : (loss + (lateness ?? 0)) * 100)), 1)],
    ticks: ([, top]) => [0, top],
  },
  {
    name: "Jitter",
    height: 44,
    media: ["audio", "video"],
    unit: "ms",
    scale: (cells) => [0, axisTop(cells.map(({ jitter }) => jitter), 10)],
    ticks: ([, top]) => [0, top],
  },
  { name: "Level", height: 40, media: ["audio"], unit: "dBm0", scale: () => [QUIETEST_DBM0, 0], ticks: () => [QUIETEST_DBM0, 0] },
];

/* A lane of which nothing is known is not drawn. */
const READS = {
  Seconds: ({ packets, lost }) => packets + (lost ?? 0) || null,
  MOS: ({ mos }) => mos,
  Loss: ({ loss }) => loss,
  Jitter: ({ jitter }) => jitter,
  Level: ({ level, silence }) => level ?? silence,
};

/* Steps of the time axis, in seconds: whole ones, as a clock has them. */
const TIME_STEPS = [1, 2, 5, 10, 15, 30, 60, 120, 300, 600, 900, 1800, 3600, 7200, 14400, 21600];
const TICK_PX = 84;

export function timeTicks(end, width) {
  const step = TIME_STEPS.find((each) => (each / end) * width >= TICK_PX) ?? 43200;
  return Array.from({ length: Math.floor(end / step) + 1 }, (_, at) => at * step);
}

/* tracks: with cells as wide as they will be drawn. → {gutter, plot, xOf, height, foot, tracks: [{track, y, bottom,
 * lanes: [{name, y, height, yOf, ticks, top}]}]} */
export function layoutLanes(tracks, end, width) {
  const gutter = width < NARROW_PX ? 56 : 78;
  const plot = Math.max(width - gutter - 8, 40);
  const xOf = (seconds) => gutter + (Math.max(0, Math.min(seconds, end)) / end) * plot;
  let y = HEAD_PX;

  const placed = tracks.map((track) => {
    const lanes = [];
    const start = y;

    y += TITLE_PX;
    for (const lane of LANES) {
      if (!lane.media.includes(track.media)) continue;
      if (!track.cells.some((cell) => READS[lane.name](cell) !== null)) continue;
      const scale = lane.scale(track.cells);
      const [low, high] = scale;
      const bottom = y + lane.height;
      const yOf = (value) => bottom - ((Math.max(low, Math.min(value, high)) - low) / (high - low)) * lane.height;
      lanes.push({ name: lane.name, unit: lane.unit ?? "", y, height: lane.height, bottom, yOf, ticks: lane.ticks(scale) });
      y = bottom + GAP_PX;
    }
    const bottom = y;
    y += GAP_PX / 2;
    return { track, y: start, bottom, lanes };
  });
  return { gutter, plot, xOf, foot: y, height: y + FOOT_PX, tracks: placed };
}

const n = (value) => value.toFixed(1);

/* A stepped line through what is known; a gap where nothing is. */
export function steppedPath(cells, read, xOf, yOf) {
  let path = "";
  let end = null;

  for (const cell of cells) {
    const value = read(cell);
    if (value === null) {
      end = null;
      continue;
    }
    const joins = end !== null && cell.from - end < 0.01;
    path += `${joins ? "L" : "M"}${n(xOf(cell.from))} ${n(yOf(value))}H${n(xOf(cell.to))}`;
    end = cell.to;
  }
  return path;
}

/* The same, filled down to the lane's bottom. */
export function areaPath(cells, read, xOf, yOf, bottom) {
  return cells
    .filter((cell) => read(cell) !== null)
    .map((cell) => `M${n(xOf(cell.from))} ${n(bottom)}V${n(yOf(read(cell)))}H${n(xOf(cell.to))}V${n(bottom)}z`)
    .join("");
}

/* Bars from one value to another, at least a pixel high where there is anything. */
export function barPath(cells, readLow, readHigh, xOf, yOf) {
  let path = "";

  for (const cell of cells) {
    const [low, high] = [readLow(cell), readHigh(cell)];
    if (low === null || high === null || high <= low) continue;
    const [left, right] = [xOf(cell.from), xOf(cell.to)];
    const room = right - left;
    const inset = room > 6 ? 1 : 0;
    const top = Math.min(yOf(high), yOf(low) - 1.5);
    path += `M${n(left + inset)} ${n(yOf(low))}V${n(top)}H${n(Math.max(right - inset, left + inset + 1))}V${n(yOf(low))}z`;
  }
  return path;
}

/* The cell of that second; null where the track has none. */
export function cellAt(cells, second) {
  return cells.find(({ from, to }) => second >= from && second < to) ?? null;
}
