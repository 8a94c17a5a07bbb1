// The letters that stand for somebody without a picture. Pure.

const LETTER = /\p{L}/u;
const LETTERS = /\p{L}\p{M}*/gu; // with their marks: as near as an older browser comes

/** @type {(text: string) => string[]} what a reader takes for one sign each */
const signs = "Segmenter" in Intl ? segments : (text) => text.match(LETTERS) ?? [];

/** @param {string} text */
function segments(text) {
  return Array.from(new Intl.Segmenter().segment(text), ({ segment }) => segment);
}

/**
 * The first letters of the first and the last word, whole: nothing is cut between what belongs together.
 *
 * @param {string} name
 * @returns {string} empty where a name has no letters
 */
export function initials(name) {
  const first = (/** @type {string} */ word) => signs(word).find((sign) => LETTER.test(sign)) ?? "";
  const found = name.split(/\s+/u).map(first).filter(Boolean);
  return [...found.slice(0, 1), ...found.slice(1).slice(-1)].join("").toLocaleUpperCase();
}
