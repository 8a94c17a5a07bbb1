// Text in which a translator, a dictionary or a reader has put elements of its own goes on following the room.

/**
 * What draws the page writes a new text as `data` onto the text node it once made. Where an element stands in its place by now, the
 * words would be lost on it: they take its place.
 *
 * @param {Element} root what has just been drawn
 */
export function rewrite(root) {
  for (const element of root.querySelectorAll("*")) {
    if (Object.hasOwn(element, "data")) element.replaceWith(String(Reflect.get(element, "data")));
  }
}
