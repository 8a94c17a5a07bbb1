// Tells when this page is back: the network is there again or another one, somebody looks at it again, or its clock has jumped.

const TICK = 1000; // milliseconds between two looks at the clock; hidden pages have it as seldom
const JUMP = 5000; // more than this between two looks: nothing ran here meanwhile

/**
 * @typedef {object} Surroundings where the signs come from
 * @property {EventTarget} page
 * @property {EventTarget & {readonly visibilityState: string}} document
 * @property {EventTarget | undefined} network Firefox and Safari have none
 * @property {() => number} now milliseconds of a clock that goes on while the machine sleeps
 * @property {(look: () => void, every: number) => unknown} every
 */

/** @returns {Surroundings} of this page */
const here = () => ({
  page: globalThis,
  document,
  network: /** @type {{connection?: EventTarget}} */ (navigator).connection,
  now: () => Date.now(),
  every: (look, every) => setInterval(look, every),
});

/** Tells `back`, with the milliseconds slept, mostly 0. */
export class Wake {
  #tell;
  #now;
  #looked;

  /**
   * @param {(slept: number) => void} tell
   * @param {Surroundings} [surroundings]
   */
  constructor(tell, { page, document, network, now, every } = here()) {
    this.#tell = tell;
    this.#now = now;
    this.#looked = now();
    const back = () => this.#back();
    page.addEventListener("online", back);
    page.addEventListener("pageshow", back);
    network?.addEventListener("change", back);
    document.addEventListener("visibilitychange", () => document.visibilityState === "visible" && back());
    every(() => this.look(), TICK);
  }

  /** Whoever is about to speak to the server asks first whether this page has slept. */
  look() {
    const slept = this.#slept();
    if (slept > 0) this.#tell(slept);
  }

  #back() {
    this.#tell(this.#slept());
  }

  #slept() {
    const now = this.#now();
    const gap = now - this.#looked;
    this.#looked = now;
    return gap > JUMP ? gap - TICK : 0;
  }
}
