/*
 * story - the call in plain words; whose fault it was stands out.
 */
import { html } from "../vendor/preact-htm.js";
import { storyOf } from "../story.js";
import { verdictWords } from "../words.js";
import { Icon } from "./icon.js";

/* A call that went well has nobody at fault: what is said of it then is no more than the rest. */
function wentWrong({ outcome, media_verdict: verdict }) {
  return outcome === "failure" || outcome === "nos" || ["bad", "poor", "fair"].includes(verdictWords(verdict).level);
}

export function Story({ call }) {
  const told = storyOf(call);

  if (told.length === 0) return null;
  return html`<div class="story">
    ${told.map(({ part, text }) =>
      part === "fault" && wentWrong(call)
        ? html`<p class="story-fault"><${Icon} name="info" /><span>${text}</span></p>`
        : html`<p>${text}</p>`,
    )}
  </div>`;
}
