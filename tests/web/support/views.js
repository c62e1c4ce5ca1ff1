/*
 * views - every view of the dashboard on a lively store: its address, the sign that it is there, and what is pressed
 * first. For who looks at all of them.
 */
import { ask } from "./browser.js";

const click = (selector) => (page) => page.locator(selector).first().click();

/* → [{name, hash, sign, act}]. ids: {call, alert} of one that is worth it. */
export function viewsOf({ call, alert }) {
  const view = (name, hash, sign, act = null) => ({ name, hash, sign, act });

  return [
    view("overview", "#/overview", ".overview-page :is(table, svg)"),
    view("calls", "#/calls", ".call-row"),
    view("calls-filter", "#/calls?filter=status:5xx", ".call-row"),
    view("calls-wrong", "#/calls?filter=stauts:5xx", "[aria-invalid=true]"),
    view("calls-none", "#/calls?q=nobody-has-this", ".empty"),
    view("call", `#/call/${call}`, ".time-plot path"),
    view("call-message", `#/call/${call}?message=1`, ".message-raw"),
    view("alerts", "#/alerts", ".alert"),
    view("alert", `#/alerts/${alert}`, ".alert-detail"),
    view("alerts-silence", "#/alerts?tab=silences", ".tabs", click("text=New silence")),
    view("alerts-deliveries", "#/alerts?tab=deliveries", ".alerts-page :is(.panel, .empty)"),
    view("alerts-rules", "#/alerts?tab=rules", ".alerts-page :is(.rule, .empty, .panel)"),
    view("trunks", "#/trunks", ".rooms-page :is(table, .panel)"),
    view("registrations", "#/registrations", ".rooms-page :is(table, .panel)"),
    view("security", "#/security", ".rooms-page :is(table, .panel)"),
    view("certificates", "#/certificates", ".rooms-page :is(table, .panel)"),
    view("probe", "#/probe", "main .panel"),
    view("users", "#/users", ".users-page table"),
    view("audit", "#/audit", ".audit-page table"),
    view("account", "#/account", ".account-page form"),
    view("help", "#/calls", ".call-row", (page) => page.keyboard.press("?")),
    view("nowhere", "#/nowhere", ".empty"),
  ];
}

/* A call that was heard and lost packets, and the gravest alert. */
export async function worthSeeing(page) {
  const { calls } = await ask(page, "calls?limit=1000");
  const { alerts } = await ask(page, "alerts?limit=100");
  const [call] = calls.filter(({ loss_ratio: lost, mos_lq: mos }) => lost > 0.005 && mos).sort((a, b) => a.mos_lq - b.mos_lq);

  return { call: call.id, alert: (alerts.find(({ state }) => state === "firing") ?? alerts[0]).id };
}

/* Opens it anew, so that nothing of the one before is left. */
export async function showView(page, url, { hash, sign, act }) {
  await page.evaluate(() => document.querySelector("dialog[open]")?.close());
  await page.goto(url + hash);
  try {
    await page.waitForSelector(sign);
    await page.waitForFunction(() => document.querySelector(".loading") === null);
  } catch {
    throw new Error(`${hash} never came to show ${sign}: ${await page.textContent("body")}`);
  }
  await act?.(page);
}
