/*
 * copy - text to the clipboard, also where the page came over plain HTTP.
 */
function copyBySelection(value) {
  const field = document.createElement("textarea");

  field.value = value;
  field.setAttribute("readonly", "");
  field.className = "offscreen";
  document.body.append(field);
  field.select();
  const done = document.execCommand("copy");
  field.remove();
  return done;
}

/* Whether it worked. */
export async function copyText(value) {
  try {
    await navigator.clipboard.writeText(value);
    return true;
  } catch {
    return copyBySelection(value);
  }
}
