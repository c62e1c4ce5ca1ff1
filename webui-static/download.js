/*
 * download - saves what an address of our own answers, without leaving the page.
 */
export function downloadFrom(address) {
  const link = document.createElement("a");

  link.href = address;
  link.download = "";
  document.body.append(link);
  link.click();
  link.remove();
}
