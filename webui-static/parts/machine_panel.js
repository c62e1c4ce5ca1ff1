/*
 * machine_panel - what each process takes of the machine, what waits between them, what each interface gave.
 */
import { html, useEffect, useRef, useState } from "../vendor/preact-htm.js";
import { useStore } from "../hooks.js";
import { bytes, count, dayAndTime, isKnown, NONE, own, percent, text } from "../format.js";
import { cpuShare, queueMark, queueWord } from "../rooms.js";
import { clock } from "../settings.js";
import { Icon } from "./icon.js";

const NAMES = { probe: "capture, analysis, storage", web: "this page, the API, telling of alerts" };

/* Of the answer before this one: what was used in between. */
function useBefore(probe) {
  const last = useRef(null);
  const [before, setBefore] = useState(null);

  useEffect(() => {
    setBefore(last.current);
    last.current = probe;
  }, [probe]);
  return before === probe ? null : before;
}

function Process({ process, probe, before }) {
  const zone = useStore(clock);
  const was = before?.processes?.find(({ name }) => name === process.name);
  const share = cpuShare(was, process, probe.at - (before?.at ?? probe.at));

  return html`<tr>
    <th scope="row"><b>${text(process.name, 30)}</b> <span class="quiet">${own(NAMES, process.name) ?? ""}</span>
      <small class="process-facts">PID ${isKnown(process.pid) ? String(process.pid) : NONE} · ${count(process.fds)} files${process.own_bytes > 0 ? `, ${bytes(process.rss_bytes - process.own_bytes)} of them in memory` : ""} · since ${dayAndTime(process.started, zone)}</small></th>
    <td class="number">${bytes(process.own_bytes ?? process.rss_bytes)}</td>
    <td class="number">${share === null ? html`<span class="quiet">…</span>` : percent(share)}</td>
    <td class="number">${count(process.cpu_s)} s</td>
    <td class="number">${count(process.threads)}</td>
  </tr>`;
}

const amount = (value, unit) => (unit === "bytes" ? bytes(value) : count(value));

function Queue({ queue }) {
  const { icon, level } = queueMark(queue);
  const share = queue.cap > 0 ? queue.depth / queue.cap : 0;

  return html`<li>
    <span class="bar-name"><span class=${`level-${level}`}><${Icon} name=${icon} /></span> ${queueWord(queue.name)}</span>
    <span class="bar-value">${amount(queue.depth, queue.unit)} of ${amount(queue.cap, queue.unit)}</span>
    <span class="bar-share">${queue.lost > 0 ? html`<b class="level-bad">${count(queue.lost)} lost</b>` : percent(share)}</span>
    <span class="bar-track" aria-hidden="true"><span style=${{ width: `${Math.min(share, 1) * 100}%` }}></span></span>
  </li>`;
}

function Interface({ each }) {
  const dropped = (each.kernel_dropped ?? 0) + (each.interface_dropped ?? 0);

  return html`<tr>
    <th scope="row"><bdi class="mono">${text(each.name, 60)}</bdi></th><td class="number">${count(each.packets)}</td>
    <td class=${`number ${dropped > 0 ? "level-bad" : ""}`}>${count(each.kernel_dropped)}</td><td class=${`number ${dropped > 0 ? "level-bad" : ""}`}>${count(each.interface_dropped)}</td>
  </tr>`;
}

export function MachinePanel({ probe }) {
  const before = useBefore(probe);
  const { processes = [], queues = [], interfaces = [] } = probe;

  return html`<section class="panel">
    <h2>Processes</h2>
    <div class="scroll-x" tabindex="0" role="region" aria-label="Processes">
      <table class="dense">
        <thead><tr><th scope="col">Process</th><th scope="col" class="number">Memory</th><th scope="col" class="number">CPU now</th><th scope="col" class="number">in all</th><th scope="col" class="number">Threads</th></tr></thead>
        <tbody>${processes.map((process) => html`<${Process} key=${process.name} ...${{ process, probe, before }} />`)}</tbody>
      </table>
    </div>
    ${interfaces.length > 0
      ? html`<div class="scroll-x" tabindex="0" role="region" aria-label="Interfaces">
          <table class="dense">
            <thead><tr><th scope="col">Interface</th><th scope="col" class="number">Packets</th><th scope="col" class="number">Dropped by the kernel</th><th scope="col" class="number">by the card</th></tr></thead>
            <tbody>${interfaces.map((each) => html`<${Interface} key=${each.name} each=${each} />`)}</tbody>
          </table>
        </div>`
      : null}
    ${queues.length > 0 ? html`<h2>Queues</h2><ul class="bar-list">${queues.map((queue) => html`<${Queue} key=${queue.name} queue=${queue} />`)}</ul>` : null}
    ${probe.live ? null : html`<p class="quiet">No probe is running: its memory, queues and interfaces appear here with <code>earshot run</code>.</p>`}
  </section>`;
}
