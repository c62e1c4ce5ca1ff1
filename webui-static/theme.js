/*
 * theme - sets the colours before the first paint, so that the page never flashes.
 *
 * A classic script on purpose: modules run after the page has been painted once.
 */
(function setTheme() {
  let chosen = null;
  try {
    chosen = localStorage.getItem("earshot.theme");
  } catch {
    /* Storage may be forbidden: then the system's choice holds. */
  }
  if (chosen === "dark" || chosen === "light") document.documentElement.dataset.theme = chosen;
})();
