/*
 * trouble - work that a button asks for: busy while it lasts, and what went wrong, in words.
 */
import { html, useState } from "../vendor/preact-htm.js";
import { text } from "../format.js";
import { Icon } from "./icon.js";

/* after: told when any of it has been done. */
export function useWork(after) {
  const [state, setState] = useState({ busy: false, error: null });
  const act = async (work, done) => {
    setState({ busy: true, error: null });
    try {
      const answer = await work();
      setState({ busy: false, error: null });
      after?.();
      done?.(answer);
    } catch (error) {
      setState({ busy: false, error });
    }
  };
  return { ...state, act };
}

export function Trouble({ error }) {
  if (!error) return null;
  return html`<p class="trouble" role="alert"><${Icon} name="warning" />${text(error.message, 300)}.</p>`;
}
