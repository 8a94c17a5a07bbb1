// Relays for networks that let nothing else out. Their passwords are for those who are inside, and good for some hours.

const FRESH = 3_600_000; // milliseconds; a password is good for longer
const WITHIN = 3_000; // milliseconds; whatever the server is about, a line without a relay is better than none

export class Relays {
  #room;
  #any;
  /** @type {RTCIceServer[]} */
  #ice = [];
  #told = -Infinity; // performance.now()

  /**
   * @param {string} room
   * @param {boolean} any whether the server knows of some
   */
  constructor(room, any) {
    this.#room = room;
    this.#any = any;
  }

  /** @returns {Promise<RTCIceServer[]>} the last that were told, where the server does not answer now */
  async known() {
    if (!this.#any || performance.now() - this.#told < FRESH) return this.#ice;
    try {
      const answer = await fetch(`/room/${this.#room}/relays`, { cache: "no-store", signal: AbortSignal.timeout(WITHIN) });
      if (!answer.ok) return this.#ice;
      this.#ice = (await answer.json()).ice;
      this.#told = performance.now();
    } catch {
      // As before.
    }
    return this.#ice;
  }
}
