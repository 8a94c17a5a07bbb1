// Keeps one line to the room alive: makes a new one beside the old when nothing comes in any more.

import { Line } from "./line.js";

/** @typedef {import("./line.js").Sending} Sending */

const BEAT = 500; // milliseconds between two looks; the server sends something every 300
const HUSH = 1250; // milliseconds without a byte: perhaps nothing comes through at all
const SILENCE = 2500; // milliseconds without a byte: the line is lost
const FIRST_PAUSE = 500; // milliseconds before trying again; doubles
const LONGEST_PAUSE = 15_000;

/** Sound and picture of the room. Tells `change` when its streams are others, and `hush` when nothing comes in. */
export class Media extends EventTarget {
  #slots;
  #ice;
  #ask;
  /** @type {Line | null} */
  #line = null;
  /** @type {Sending} */
  #sending = { microphone: null, camera: null, layers: [], lean: false };
  #wanted = false;
  #renewing = false;
  #fruitless = 0; // fresh lines on which nothing came
  #attempts = 0; // at a fresh line, in vain
  #bytes = 0;
  #heard = 0;
  #hushed = false;
  /** @type {ReturnType<typeof setInterval> | undefined} */
  #watch;
  #wake = () => {};

  /**
   * @param {number} slots of the room
   * @param {RTCIceServer[]} ice
   * @param {import("./line.js").Ask} ask
   */
  constructor(slots, ice, ask) {
    super();
    this.#slots = slots;
    this.#ice = ice;
    this.#ask = ask;
  }

  /** Whether sound and picture can come through. */
  get alive() {
    return this.#line !== null && !this.#line.failed;
  }

  /** Begins, or goes on: calling it again does nothing. */
  start() {
    if (this.#wanted) return;
    this.#wanted = true;
    this.#watch = setInterval(() => void this.#look(), BEAT);
    this.#wake(); // a pause from before
    void this.#renew();
  }

  stop() {
    this.#wanted = false;
    clearInterval(this.#watch);
    this.#wake();
    if (this.#line) this.#put(null);
  }

  /** Whether it has tried in vain. */
  get struggling() {
    return this.#wanted && !this.alive && this.#attempts > 0;
  }

  /** After the server was away: tries at once, or waits a shorter time than usual for its beat. */
  doubt() {
    this.#heard = Math.min(this.#heard, performance.now() - SILENCE + 2 * BEAT);
    this.#fruitless = this.#attempts = 0;
    this.#wake();
  }

  /** The server says that nothing comes any more over the line there is. */
  again() {
    this.#fruitless = 0;
    this.#wake();
    void this.#renew();
  }

  /** @param {Sending} sending what goes out from now on */
  send(sending) {
    this.#sending = sending;
    void this.#line?.send(sending).catch(() => this.#renew()); // a sender that cannot change its track is a broken line
  }

  /** @param {number | null} slot */
  sound(slot) {
    return slot === null ? null : (this.#line?.slots[slot]?.sound ?? null);
  }

  /** @param {number | null} slot */
  picture(slot) {
    return slot === null ? null : (this.#line?.slots[slot]?.picture ?? null);
  }

  async #look() {
    const line = this.#line;
    if (!line) return;
    const bytes = await line.received();
    if (line !== this.#line) return;
    if (bytes > this.#bytes) {
      this.#bytes = bytes;
      this.#heard = performance.now();
      this.#fruitless = this.#attempts = 0;
      this.#hushed = false;
      this.#wake(); // the old line is back: no need of another
    }
    if (this.#silent > HUSH && !this.#hushed) {
      this.#hushed = true;
      this.dispatchEvent(new Event("hush"));
    }
    if (this.#lost) await this.#renew();
  }

  /** Milliseconds since something came in. */
  get #silent() {
    return performance.now() - this.#heard;
  }

  /** A server that has been silent on fresh lines too is given more time each time. */
  get #lost() {
    return !this.alive || this.#silent > SILENCE * 2 ** this.#fruitless;
  }

  async #renew() {
    if (this.#renewing || !this.#wanted) return;
    this.#renewing = true;
    const line = new Line(this.#slots, this.#ice);
    try {
      await line.open(this.#ask);
      this.#renewing = false;
      this.#fruitless = Math.min(5, this.#fruitless + 1);
      if (this.#wanted) this.#put(line);
      else line.close();
    } catch {
      line.close();
      await this.#pause();
      this.#renewing = false;
      if (this.#lost) void this.#renew();
    }
  }

  /** @param {Line | null} line */
  #put(line) {
    this.#line?.close();
    this.#line = line;
    this.#bytes = 0;
    this.#heard = performance.now();
    this.#hushed = false;
    if (line) this.send(this.#sending);
    this.dispatchEvent(new Event("change"));
  }

  #pause() {
    this.#attempts = Math.min(5, this.#attempts + 1);
    this.dispatchEvent(new Event("change"));
    return new Promise((resolve) => {
      const timer = setTimeout(resolve, Math.min(LONGEST_PAUSE, FIRST_PAUSE * 2 ** this.#attempts));
      this.#wake = () => resolve(clearTimeout(timer));
    });
  }
}
