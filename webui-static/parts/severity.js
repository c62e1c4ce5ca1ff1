/*
 * severity - how grave an alert is, as a name that may become a class, and as a drawing.
 */
import { html } from "../vendor/preact-htm.js";
import { Icon } from "./icon.js";

const ICONS = { critical: "bolt", warning: "warning", info: "info" };

/* One of ours, whatever the record says. */
export function severityOf(alert) {
  return Object.hasOwn(ICONS, alert.severity ?? "") ? alert.severity : "info";
}

export function SeverityIcon({ alert }) {
  return html`<${Icon} name=${ICONS[severityOf(alert)]} />`;
}
