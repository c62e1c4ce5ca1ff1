/*
 * pages - every page: its name, its key after "g", and who may see it. Its code comes when it is first opened.
 */
const page = (title, key, right) => ({ title, key, right });

/* By its name in the address. A key: it stands in the bar. */
export const PAGES = {
  overview: page("Overview", "o", "see"),
  calls: page("Calls", "c", "see"),
  call: page("Call", null, "see"),
  alerts: page("Alerts", "a", "see"),
  trunks: page("Trunks", "t", "see"),
  registrations: page("Registrations", "r", "see"),
  security: page("Security", "s", "see"),
  certificates: page("Certificates", "e", "see"),
  probe: page("Probe", "p", "see"),
  users: page("Users", "u", "admin"),
  audit: page("Audit", "l", "trail"),
  account: page("My account", null, "self"),
  setup: page("Set a password", null, null),
  unknown: page("Not found", null, null),
};

/* Styles that the calls do without: so the first view paints sooner. In the order in which they go over each other. */
const LATER = ["call", "sound", "time_chart", "player", "ladder", "message", "panels", "rooms", "trunks", "overview", "overview_tables", "alerts", "alert", "access"];
let styles = null;

const loadStyle = (name) =>
  new Promise((done, fail) => {
    const link = document.createElement("link");

    link.rel = "stylesheet";
    link.href = `style/${name}.css`;
    link.onload = done;
    link.onerror = fail;
    document.head.append(link);
  });

export function loadStyles() {
  styles ??= Promise.all(LATER.map(loadStyle)).catch((error) => {
    styles = null;
    throw error;
  });
  return styles;
}

/* The files of pages/ each export one: calls.js CallsPage. */
export async function loadPage(name) {
  const [module] = await Promise.all([import(`./pages/${name}.js`), name === "calls" ? null : loadStyles()]);
  return module[`${name[0].toUpperCase()}${name.slice(1)}Page`];
}
