// Keeps the keyboard where it was: what was pressed may vanish, the place it was in does not.

const WAY_ON = "button:not([aria-disabled=true]), input, select, summary";
const HANDS = ".bar"; // where the whole room is the place: what is in everybody's hands

/** @type {WeakMap<Element, Element | null>} where the keyboard was before each dialog */
const before = new WeakMap();

/**
 * Redraws; if the focused control went away, the next one in the same place has the focus; after a dialog, what had it before.
 *
 * @param {() => void} redraw
 * @param {HTMLElement} root focused itself when nothing else is left
 */
export function keepingFocus(redraw, root) {
  const path = [];
  for (let at = document.activeElement; at && at !== root && root.contains(at); at = at.parentElement) path.push(at);
  redraw();
  if (path.length > 0 && !path[0].isConnected) (wayOn(path, root) ?? root).focus();
  for (const dialog of root.querySelectorAll("dialog")) if (!dialog.open) open(dialog);
}

/**
 * @param {Element[]} path from what was focused up to the root
 * @param {HTMLElement} root
 * @returns {HTMLElement | null}
 */
function wayOn(path, root) {
  const dialog = path.find((element) => element instanceof HTMLDialogElement && !element.isConnected);
  const earlier = dialog && before.get(dialog);
  if (earlier instanceof HTMLElement && earlier !== root && root.contains(earlier)) return earlier;
  const place = path.find((element) => element.isConnected);
  return (place?.querySelector(HANDS) ?? place)?.querySelector(WAY_ON) ?? null;
}

/** @param {HTMLDialogElement} dialog */
function open(dialog) {
  before.set(dialog, document.activeElement);
  dialog.showModal();
}
