// How large each slot's picture is shown here. The server sends what is looked at, and no more.

/** @typedef {import("./types.js").Person} Person */
/** @typedef {import("./circle.js").Place} Place */

const JITTER = 16; // device pixels by which a picture may grow or shrink before it is worth a word
const PAUSE = 250; // milliseconds between two words

/**
 * A chair is as high as it is wide, and a picture fills it: its height is the chair's, however much of its sides is cut off.
 * A chair whose camera is off keeps its height: whoever turns it on is seen at once.
 *
 * @param {readonly Person[]} people whose chairs are to be seen, without my own
 * @param {ReadonlyMap<string, Place>} places
 * @param {number} slots of the room
 * @param {number} ratio device pixels to a pixel of the page
 * @returns {number[]} device pixels by slot; 0 where no picture is shown
 */
export function heights(people, places, slots, ratio) {
  const found = Array(slots).fill(0);
  for (const { person, slot } of people) {
    if (slot !== null) found[slot] = Math.round((places.get(person)?.size ?? 0) * ratio);
  }
  return found;
}

/**
 * @param {readonly number[]} before
 * @param {readonly number[]} now
 * @returns {readonly number[]} `before` where a picture has hardly changed
 */
export function steady(before, now) {
  return now.map((height, slot) => {
    const old = before[slot] ?? 0;
    return height > 0 && old > 0 && Math.abs(height - old) < JITTER ? old : height;
  });
}

/** Says the heights when they have changed: at once, then after a pause; what is said last is always the newest. */
export class Shown {
  /** @type {readonly number[]} */
  #newest = [];
  /** @type {readonly number[]} */
  #said = [];
  #pausing = false;
  #say;
  #later;

  /**
   * @param {(heights: readonly number[]) => boolean} say whether it could be said
   * @param {(act: () => void, milliseconds: number) => unknown} later
   */
  constructor(say, later = setTimeout) {
    this.#say = say;
    this.#later = (/** @type {() => void} */ act) => later(act, PAUSE);
  }

  /** @param {readonly number[]} heights */
  are(heights) {
    this.#newest = heights;
    if (this.#pausing) return;
    const steadied = steady(this.#said, heights);
    if (String(steadied) === String(this.#said) || !this.#say(steadied)) return;
    this.#said = steadied;
    this.#pausing = true;
    this.#later(() => {
      this.#pausing = false;
      this.are(this.#newest);
    });
  }

  /** What was said was said to a server that may not know it any more. */
  forget() {
    this.#said = [];
  }
}
