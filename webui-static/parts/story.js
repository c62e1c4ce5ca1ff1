/*
 * story - the call in plain words; whose fault it was stands out.
 */
import { html } from "../vendor/preact-htm.js";
import { storyOf } from "../story.js";
import { Icon } from "./icon.js";

export function Story({ call }) {
  const told = storyOf(call);

  if (told.length === 0) return null;
  return html`<div class="story">
    ${told.map(({ part, text }) =>
      part === "fault"
        ? html`<p class="story-fault"><${Icon} name="info" /><span>${text}</span></p>`
        : html`<p>${text}</p>`,
    )}
  </div>`;
}
