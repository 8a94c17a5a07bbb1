// Keeps the keyboard where it was: what was pressed may vanish, the place it was in does not.

const WAY_ON = "button:not([aria-disabled=true]), input, select, summary";

/**
 * Redraws; if the focused control went away, the next one in the same place has the focus.
 *
 * @param {() => void} redraw
 * @param {HTMLElement} root focused itself when nothing else is left
 */
export function keepingFocus(redraw, root) {
  const path = [];
  for (let at = document.activeElement; at && at !== root && root.contains(at); at = at.parentElement) path.push(at);
  redraw();
  if (path.length === 0 || path[0].isConnected) return;
  const place = path.find((element) => element.isConnected);
  const next = place?.querySelector(WAY_ON);
  if (next instanceof HTMLElement) next.focus();
  else root.focus();
}
