// What has been read: a press is for what stood on the screen, and not for what has just come there.

/** Milliseconds until what is new on a screen is what somebody presses for: to see it, to read it, and to move a hand. */
export const READING = 1_500;

/** @typedef {{version: number, step: number | null, at: number}} Shown a room that came, and when */

export class Glance {
  /** @type {Shown[]} oldest first; the first of them has been read */
  #shown = [];

  /**
   * @param {{version: number, step: number | null}} room
   * @param {number} now performance.now()
   */
  show({ version, step }, now) {
    const last = this.#shown.at(-1)?.version ?? -1;
    if (version < last) this.#shown = []; // a server that lost what it had not recorded
    if (version !== last) this.#shown.push({ version, step, at: now });
  }

  /**
   * @param {number} now performance.now()
   * @returns {Shown} what has been on the screen for long enough; at the very beginning whatever there is
   */
  read(now) {
    while (this.#shown.length > 1 && now - this.#shown[1].at >= READING) this.#shown.shift();
    return this.#shown[0] ?? { version: 0, step: null, at: now };
  }
}
