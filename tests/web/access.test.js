/*
 * access.test - who may see what, as a person meets it: login, a session that ends, a link to set a password, roles, users, tokens, the
 * trail. A real store, a real server, a real browser.
 */
import assert from "node:assert/strict";
import { after, afterEach, before, describe, it } from "node:test";
import { openBrowser, openPage } from "./support/browser.js";
import { makeStore, replay, sample, serve } from "./support/earshot.js";
import { whyNot } from "./support/environment.js";

const missing = whyNot();
const PASSWORD = "four words are good";

if (missing) console.log(`SKIPPED: ${missing}`);

describe("who may see what", { skip: missing ?? false }, () => {
  let store, server, browser, admin, tab, page;

  before(async () => {
    store = makeStore();
    await replay(store, [sample("good-call.pcap")]);
    server = await serve(store);
    browser = await openBrowser();
    admin = await openPage(browser);
    tab = await openPage(browser, { user: null });
    page = tab.page;
  });
  after(async () => {
    await browser?.close();
    await server?.stop();
    store?.remove();
  });
  /* The browser tells of each refusal, rightly. */
  const real = (complaints) => complaints.splice(0).filter((line) => !/status of 40[13]/.test(line));
  afterEach(() => {
    for (const { complaints } of [admin, tab].filter(Boolean)) assert.deepEqual(real(complaints), [], "the browser complained");
  });

  async function logIn(name, password) {
    await page.fill("#name", name);
    await page.fill("#password", password);
    await page.keyboard.press("Enter");
  }

  /* As an administrator does it: → the address of the link. */
  async function invite(name, role) {
    await admin.page.goto(`${server.url}#/users`);
    await admin.page.waitForSelector(".users-page tbody tr");
    await admin.page.getByLabel("Name", { exact: true }).fill(name);
    await admin.page.locator(".new select").first().selectOption(role);
    await admin.page.getByRole("button", { name: "Add", exact: true }).click();
    const address = await admin.page.textContent(".once code");
    assert.ok(address.startsWith(`${server.url}#/setup?key=`), address);
    await admin.page.getByRole("button", { name: "I have it" }).click();
    assert.equal(await admin.page.locator(".once").count(), 0);
    return address;
  }

  it("shows nobody anything, and no name whether it is known", async () => {
    await page.goto(`${server.url}#/alerts`);
    await page.waitForSelector(".gate form");
    assert.equal(await page.title(), "Log in · Earshot");
    assert.equal(await page.getAttribute("#password", "autocomplete"), "current-password");
    for (const name of ["tester", "nobody-at-all"]) {
      await logIn(name, "not the right one");
      await page.getByText("name or password is not right").waitFor();
      await page.reload();
      await page.waitForSelector(".gate form");
    }
    assert.equal(await page.locator(".topbar, .alert, .call-row").count(), 0);
  });

  it("lets somebody invited choose a password, and then in", async () => {
    const address = await invite("bea", "engineer");
    await page.goto("about:blank");
    await page.goto(address);
    await page.waitForSelector(".gate form");
    assert.equal(await page.getAttribute("#password", "autocomplete"), "new-password");
    assert.equal(await page.inputValue("#name"), "bea");
    await page.fill("#password", PASSWORD);
    await page.keyboard.press("Enter");
    await page.waitForSelector(".call-row");
    assert.ok(!page.url().includes("key="), "the key is not in the address any more");
    assert.deepEqual(await page.$$eval(".bar-links a", (links) => links.map((link) => link.firstChild.textContent)),
      ["Overview", "Calls", "Alerts", "Trunks", "Registrations", "Security", "Certificates", "Probe"]);
    await page.goto("about:blank");
    await page.goto(address);
    await page.waitForSelector(".gate form");
    await page.fill("#password", PASSWORD);
    await page.keyboard.press("Enter");
    await page.getByText("this link was used already").waitFor();
  });

  it("comes back to where one was when a session has ended", async () => {
    await page.goto("about:blank");
    await page.goto(`${server.url}#/calls?filter=status:200`);
    await page.waitForSelector(".call-row");
    await page.context().clearCookies();
    await page.evaluate(() => (location.hash = "#/alerts?tab=silences"));
    await page.getByText("Your session has ended").waitFor();
    await logIn("bea", PASSWORD);
    await page.waitForSelector(".alerts-page .tabs");
    assert.ok(page.url().endsWith("#/alerts?tab=silences"));
    await page.locator("[popovertarget=account-menu]").click();
    await page.getByRole("button", { name: "Log out" }).click();
    await page.waitForSelector(".gate form");
    assert.equal(await page.locator(".unsure").count(), 0, "who has left needs no excuse");
  });

  it("shows an auditor the trail and no calls", async () => {
    await page.goto("about:blank");
    await page.goto(await invite("otto", "auditor"));
    await page.waitForSelector(".gate form");
    await page.fill("#password", PASSWORD);
    await page.keyboard.press("Enter");
    await page.waitForSelector(".trail tbody tr");
    assert.ok(page.url().endsWith("#/audit"));
    assert.equal(await page.locator(".trail tbody a").count(), 0);
    assert.ok((await page.textContent(".trail")).includes("bea"));
    await page.getByText("The chain is whole").waitFor();
    await page.getByLabel("Who", { exact: true }).fill("nobody");
    await page.getByText("No such line").waitFor();
    assert.ok(page.url().endsWith("#/audit?user=nobody"));
    await page.evaluate(() => (location.hash = "#/calls"));
    await page.getByText("That is not for your role").waitFor();
    assert.deepEqual(await page.$$eval(".bar-links a", (links) => links.map((link) => link.firstChild.textContent)), ["Audit"]);
    assert.equal(await page.locator(".banner").count(), 0, "nobody misses a feed that is not for him");
  });

  it("shows a token once, and ends it", async () => {
    const { page: mine } = admin;
    await mine.goto(`${server.url}#/account`);
    await mine.getByLabel("What for").fill("a-script");
    await mine.getByRole("button", { name: "Make a token" }).click();
    const secret = await mine.textContent(".once code");
    const ask = async () => (await fetch(`${server.url}api/v1/calls`, { headers: { Authorization: `Bearer ${secret}` } })).status;
    assert.match(secret, /^earshot_/);
    assert.equal(await ask(), 200);
    await mine.reload();
    await mine.waitForSelector(".account-page tbody tr");
    assert.ok(!(await mine.content()).includes(secret));
    await mine.getByRole("button", { name: "End now" }).click();
    await mine.getByText("There is no token of yours").waitFor();
    assert.equal(await ask(), 401);
  });

  it("asks for the password that is, and says what is wrong with the next", async () => {
    const { page: mine } = admin;
    await mine.goto(`${server.url}#/account`);
    await mine.fill("#old", "not the right one");
    await mine.fill("#next", PASSWORD);
    await mine.getByRole("button", { name: "Change it", exact: true }).click();
    await mine.waitForSelector(".trouble");
    assert.ok(await mine.locator(".account-page").count(), "and throws nobody out");
  });

  it("keeps the menu of a narrow page out of the way of the keys", async () => {
    const { page: mine } = admin;
    await mine.setViewportSize({ width: 390, height: 844 });
    await mine.goto(`${server.url}#/probe`);
    await mine.getByRole("button", { name: /^Pages/ }).click();
    await mine.keyboard.press("Escape");
    assert.ok(mine.url().endsWith("#/probe"), "Esc closes the menu alone");
    await mine.getByRole("button", { name: /^Pages/ }).click();
    await mine.locator("#pages-menu").getByRole("link", { name: /^Users/ }).click();
    await mine.waitForSelector(".users-page tbody tr");
    assert.equal(await mine.evaluate(() => document.activeElement.id), "main", "one reads on where the page begins");
    await mine.keyboard.press("g");
    await mine.keyboard.press("l");
    await mine.waitForSelector(".trail tbody tr");
    await mine.setViewportSize({ width: 1280, height: 900 });
  });
});
