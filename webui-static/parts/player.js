/*
 * player - listens to a call, where the configuration allows it.
 *
 * The server records each listening. So nothing is asked for before a person presses a button, and
 * the page says so beside it.
 */
import { html, useEffect, useMemo, useRef, useState } from "../vendor/preact-htm.js";
import { useKeys } from "../hooks.js";
import { askPeaks, FORMATS, GAPS, soundAddress, soundDownload } from "../sound.js";
import { keptSentence } from "../call_words.js";
import { may } from "../session.js";
import { Icon } from "./icon.js";
import { clockOf } from "./time_readout.js";
import { Waveform } from "./waveform.js";

/* The waveform of a call: asked for each time that `wanted` counts up, dropped with the page. */
function usePeaks(id, wanted) {
  const [state, setState] = useState({ peaks: null, error: null });

  useEffect(() => {
    if (wanted === 0 || state.peaks) return undefined;
    const abort = new AbortController();
    setState({ peaks: null, error: null });
    askPeaks(id, abort.signal).then(
      (peaks) => setState({ peaks, error: null }),
      (error) => error.name !== "AbortError" && setState({ peaks: null, error }),
    );
    return () => abort.abort();
  }, [id, wanted]);
  return state;
}

/* An <audio> that has no address before it is played. */
function useSound(id) {
  const audio = useRef(null);
  const [gaps, setGaps] = useState(GAPS[0][0]);
  const [at, setAt] = useState(0);
  const [phase, setPhase] = useState("idle");
  const loaded = () => audio.current?.hasAttribute("src");
  const play = () => {
    if (!loaded()) {
      audio.current.src = soundAddress(id, gaps);
      setPhase("loading");
    }
    return audio.current.play().catch((error) => error.name !== "AbortError" && setPhase((now) => (now === "failed" ? now : "paused")));
  };
  const seek = (second) => {
    const last = Number.isFinite(audio.current?.duration) ? audio.current.duration : Infinity;
    const place = Math.max(0, Math.min(second, last));
    setAt(place);
    if (loaded()) audio.current.currentTime = place;
  };
  const chooseGaps = (next) => {
    const playing = phase === "playing" || phase === "loading";
    setGaps(next);
    if (!loaded()) return;
    audio.current.src = soundAddress(id, next);
    audio.current.currentTime = at;
    if (playing) audio.current.play().catch(() => setPhase("paused"));
  };
  const handlers = {
    onPlaying: () => setPhase("playing"),
    onPause: () => setPhase((now) => (now === "failed" ? now : "paused")),
    onWaiting: () => setPhase("loading"),
    onTimeUpdate: () => setAt(audio.current.currentTime),
    onSeeked: () => setAt(audio.current.currentTime),
    onLoadedMetadata: () => at > 0 && Math.abs(audio.current.currentTime - at) > 0.2 && (audio.current.currentTime = at),
    onEnded: () => setPhase("paused"),
    onError: () => loaded() && setPhase("failed"),
  };

  /* The playhead glides: timeupdate comes four times a second alone. */
  useEffect(() => {
    if (phase !== "playing") return undefined;
    let frame = requestAnimationFrame(function follow() {
      setAt(audio.current?.currentTime ?? 0);
      frame = requestAnimationFrame(follow);
    });
    return () => cancelAnimationFrame(frame);
  }, [phase]);
  return { audio, gaps, at, phase, play, pause: () => audio.current.pause(), seek, chooseGaps, handlers };
}

function Locked() {
  return html`<p class="panel quiet locked">
    <${Icon} name="lock" />
    <span>Listening is off. <code>audio.listen: yes</code> in earshot.yaml turns it on; every listening is then a line in audit.jsonl.</span>
  </p>`;
}

function isControl(element) {
  return element instanceof Element && element.closest("button, a, input, select, summary, [role=button], [role=slider], [tabindex]:not(main)") !== null;
}

/* tracks: whose losses are shaded; start: the epoch second of the tracks' 0. */
function OpenPlayer({ call, tracks, start }) {
  const [wanted, setWanted] = useState(0);
  const { peaks, error } = usePeaks(call.id, wanted);
  const sound = useSound(call.id);
  const playing = sound.phase === "playing" || sound.phase === "loading";
  const [listening, setListening] = useState(false);
  const ask = () => setWanted((now) => now + 1);
  const toggle = () => {
    if (playing) return sound.pause();
    if (peaks) return sound.play();
    setListening(true);
    return ask();
  };

  /* The waveform comes first: where there is no sound, it says why. */
  useEffect(() => {
    if (peaks && listening) sound.play();
    if (peaks || error) setListening(false);
  }, [peaks, error]);
  const shift = peaks?.start === null || peaks?.start === undefined || start === null ? 0 : start - peaks.start;
  const lossy = useMemo(() => {
    const cells = (direction) =>
      tracks
        .filter((track) => track.media === "audio" && track.direction === direction)
        .flatMap((track) => track.cells.map((cell) => ({ ...cell, from: cell.from + shift, to: cell.to + shift })));
    return { caller: cells("caller_to_callee"), callee: cells("callee_to_caller") };
  }, [tracks, shift]);

  useKeys({ " ": (event) => (wanted > 0 && !isControl(event.target) ? toggle() : false) });
  return html`<section class="panel player" aria-labelledby="listen">
    <h2 id="listen">Listen</h2>
    <div class="player-tools">
      <button type="button" class="button primary" onClick=${toggle}>
        <${Icon} name=${playing ? "pause" : "play"} />${playing ? "Pause" : "Play"}
      </button>
      ${wanted > 0 ? html`<output class="player-time">${clockOf(sound.at)}${peaks ? ` / ${clockOf(peaks.seconds)}` : ""}</output>` : html`<button type="button" onClick=${ask}><${Icon} name="wave" />Show waveform</button>`}
      <label class="player-gaps">Lost packets
        <select value=${sound.gaps} onChange=${(event) => sound.chooseGaps(event.currentTarget.value)}>
          ${GAPS.map(([value, name]) => html`<option value=${value}>${name}</option>`)}
        </select>
      </label>
      ${FORMATS.map((format) => html`<a class="button" href=${soundDownload(call.id, format, sound.gaps)} download><${Icon} name="download" />${format.toUpperCase()}</a>`)}
      <span class="quiet recorded">Listening is recorded: who, when, which call.</span>
    </div>
    <div role="status">
      ${wanted > 0 && !peaks && !error ? html`<p class="quiet"><span class="spinner"></span>Decoding the call.</p>` : null}
      ${error ? html`<p class="drop-bad">No sound: ${error.message}.</p>` : null}
      ${!error && sound.phase === "failed" ? html`<p class="drop-bad">The sound could not be played: the server sent none, or the browser cannot decode it.</p>` : null}
    </div>
    ${peaks ? html`<${Waveform} peaks=${peaks} at=${sound.at} lossy=${lossy} seek=${sound.seek} toggle=${toggle} />` : null}
    <audio ref=${sound.audio} preload="none" ...${sound.handlers}></audio>
  </section>`;
}

function NotAllowed() {
  return html`<p class="panel quiet locked"><${Icon} name="lock" /> <span>Listening is not for this role: ask who has the role media.</span></p>`;
}

/* listen: whether the configuration allows it; null: not known yet, or the server is older. */
export function Player({ call, listen, tracks, start }) {
  if (listen === null || tracks.every(({ media }) => media !== "audio")) return null;
  if (listen && !may("sound")) return html`<${NotAllowed} />`;
  if (listen && keptSentence(call)) return html`<p class="panel quiet locked"><${Icon} name="lock" /> <span>There is no sound to hear. ${keptSentence(call)}</span></p>`;
  return listen ? html`<${OpenPlayer} call=${call} tracks=${tracks} start=${start} />` : html`<${Locked} />`;
}
