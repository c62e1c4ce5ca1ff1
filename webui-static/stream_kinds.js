/*
 * stream_kinds - a call's streams told apart: its own sound and video, its fax, and other people's.
 */
const list = (value) => (Array.isArray(value) ? value.filter((each) => each !== null && typeof each === "object") : []);

export function kindsOf(streams) {
  const foreign = streams.filter((stream) => stream.foreign_source === true);
  const own = streams.filter((stream) => stream.foreign_source !== true);

  return {
    foreign,
    own,
    fax: own.filter(({ media }) => media === "image"),
    video: own.filter(({ media }) => media === "video"),
    audio: own.filter(({ media }) => media !== "image" && media !== "video"),
  };
}

/* What else a record may hold as lists. */
export const eventsOf = (stream) => list(stream.events);
export const keysOf = (call) => list(call.dtmf);
export const phoneReportsOf = (call) => list(call.vq_reports);
export const runsOf = (stream) => (Array.isArray(stream.loss_runs) ? stream.loss_runs.map((n) => (typeof n === "number" ? n : 0)) : []);
