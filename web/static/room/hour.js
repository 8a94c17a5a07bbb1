// Tells a sleep from a clock that was put right: by the server's clock, which does not move with this machine's.

const WITHIN = 1500; // milliseconds; without an answer it was a sleep
const EXACT = 20_000; // milliseconds by which two clocks may differ in what they say of the same while

/** @returns {Promise<number | null>} milliseconds by which this machine's clock is ahead of the server's, exact to a second */
async function ahead() {
  try {
    const { headers } = await fetch("/healthz", { cache: "no-store", signal: AbortSignal.timeout(WITHIN) });
    const theirs = Date.parse(headers.get("Date") ?? "");
    return Number.isNaN(theirs) ? null : Date.now() - theirs;
  } catch {
    return null;
  }
}

/** Knows by how much the two clocks differed, from when it was made. */
export class Hour {
  /** @type {Promise<number | null>} */
  #ahead;
  #ask;

  /** @param {() => Promise<number | null>} [ask] */
  constructor(ask = ahead) {
    this.#ask = ask;
    this.#ahead = ask();
  }

  /**
   * @param {number} jump milliseconds by which this machine's clock has jumped
   * @returns {Promise<boolean>} whether only the clock was moved, and no such time has passed
   */
  async moved(jump) {
    const [before, now] = [await this.#ahead, await this.#ask()];
    if (now !== null) this.#ahead = Promise.resolve(now);
    return before !== null && now !== null && Math.abs(now - before - jump) < EXACT;
  }
}
