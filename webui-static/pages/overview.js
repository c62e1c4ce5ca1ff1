/*
 * overview - the whole network in a window: how much, how well, and where it goes wrong.
 */
import { html, useEffect, useState } from "../vendor/preact-htm.js";
import { fetchOverview } from "../api.js";
import { count, dayAndTime, duration, isKnown, time } from "../format.js";
import { useKeys, useStore } from "../hooks.js";
import { beside, readWindow, WINDOWS } from "../overview.js";
import { Icon } from "../parts/icon.js";
import { Empty, Failure, Loading } from "../parts/notice.js";
import { OverviewChart } from "../parts/overview_chart.js";
import { CausePanel, GroupPanel, MosPanel, ResponsePanel } from "../parts/overview_tables.js";
import { Tiles } from "../parts/overview_tiles.js";
import { changeQuery, formatRoute, route } from "../router.js";
import { clock } from "../settings.js";

/* The newest answer, asked for again while it is of now; an error stands beside what was known. */
function useOverview({ minutes, until, everyS }) {
  const [state, setState] = useState({ answer: null, error: null });
  const [turn, setTurn] = useState(0);

  useEffect(() => {
    const abort = new AbortController();
    const ask = () =>
      fetchOverview({ minutes, ...(until === null ? {} : { until }) }, abort.signal).then(
        (answer) => setState({ answer, error: null }),
        (error) => error.name !== "AbortError" && setState((now) => ({ ...now, error })),
      );
    ask();
    const timer = until === null ? setInterval(() => document.hidden || ask(), everyS * 1000) : null;
    return () => {
      clearInterval(timer);
      abort.abort();
    };
  }, [minutes, until, turn]);
  return { ...state, again: () => setTurn((now) => now + 1) };
}

function Windows({ chosen, answer }) {
  const earlier = beside(chosen, answer, false);
  const later = beside(chosen, answer, true);
  const query = (change) => formatRoute({ page: "overview", query: { ...route.get().query, ...change } });

  return html`<nav class="windows" aria-label="Window">
    ${WINDOWS.map(([name, words]) => html`<a href=${query({ window: name })} aria-current=${name === chosen.name ? "true" : null}>${words}</a>`)}
    <button type="button" class="round" disabled=${earlier === null} onClick=${() => changeQuery(earlier)} aria-label="Earlier" title="Earlier  ["><${Icon} name="left" /></button>
    <button type="button" class="round" disabled=${later === null} onClick=${() => changeQuery(later)} aria-label="Later" title="Later  ]"><${Icon} name="right" /></button>
    ${chosen.until === null
      ? html`<span class=${`live-mark ${answer?.live ? "live-on" : ""}`}>${answer?.live ? "live" : "newest"}</span>`
      : html`<button type="button" onClick=${() => changeQuery({ until: null })}>Now</button>`}
  </nav>`;
}

/* What of the window nobody saw. */
function Gaps({ answer }) {
  const zone = useStore(clock);
  const { gaps, totals, from, until } = answer;

  if (gaps.length === 0) return null;
  const days = until - from > 80000;
  const shown = gaps.slice(0, 3).map((gap) => `${(days ? dayAndTime : time)(gap.from, zone)} – ${time(gap.until, zone)}`);
  return html`<p class="gaps"><${Icon} name="warning" /> <span>A probe listened for ${duration(totals.observed_s * 1000)} of ${duration((until - from) * 1000)}: nothing is known of
    ${" "}${shown.join(", ")}${gaps.length > 3 ? ` and ${count(gaps.length - 3)} more gaps` : ""}. Rates count what was observed.</span></p>`;
}

function Body({ answer }) {
  return html`<${Gaps} answer=${answer} />
    <${Tiles} answer=${answer} live=${answer.live} />
    <${OverviewChart} answer=${answer} />
    <div class="overview-pair"><${MosPanel} answer=${answer} /><${ResponsePanel} answer=${answer} /></div>
    <${GroupPanel} id="trunks" title="Worst trunks" what="Trunk" rows=${answer.trunks} groups=${answer.groups}
      none=${html`No trunk carried a call. Trunks have names in the configuration: <code>trunks:</code>`} />
    <${GroupPanel} id="destinations" title="Worst destinations" what="Destination" rows=${answer.destinations} groups=${answer.groups}
      none="No call to a number that the dial plan understands." />
    <${CausePanel} answer=${answer} />
    ${answer.cut ? html`<p class="quiet">There are more groups than are counted: some trunks or destinations are missing.</p>` : null}
    <p class="quiet note">Attempts count when a call began, outcomes when they were settled, ends when a call closed. The calls behind a figure are those that began in the window, so at its edges both may differ.</p>`;
}

export function OverviewPage({ query }) {
  const chosen = readWindow(query);
  const zone = useStore(clock);
  const { answer, error, again } = useOverview(chosen);
  const go = (later) => () => {
    const target = beside(chosen, answer, later);
    if (target) changeQuery(target);
  };

  useKeys({ "[": go(false), "]": go(true) });
  return html`<main id="main" class="page overview-page" tabindex="-1">
    <header class="overview-head">
      <h1>Overview</h1>
      ${answer && isKnown(answer.from)
        ? html`<p class="quiet">${dayAndTime(answer.from, zone).slice(0, 16)} – ${dayAndTime(answer.until, zone).slice(answer.until - answer.from < 80000 ? 11 : 0, 16)}, beside the ${chosen.words} before</p>`
        : null}
      <${Windows} chosen=${chosen} answer=${answer} />
    </header>
    ${error ? html`<${Failure} what="The overview" error=${error} retry=${again} />` : null}
    ${!answer && !error ? html`<${Loading} what="the overview" />` : null}
    ${answer && !isKnown(answer.from)
      ? html`<${Empty} title="No call yet"><p>Figures are there a minute after the first call: <code>earshot run -i eth0 --store DIR</code>, or <code>earshot replay FILE --store DIR</code>.</p><//>`
      : null}
    ${answer && isKnown(answer.from) ? html`<${Body} answer=${answer} />` : null}
  </main>`;
}
