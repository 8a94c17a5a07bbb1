// Keeps one line to the room alive: makes a new one beside the old when nothing comes in any more.

import { Line } from "./line.js";
import { within } from "./patience.js";

/** @typedef {import("./line.js").Sending} Sending */

const BEAT = 500; // milliseconds between two looks; the server sends something every 300
const QUICK = 150; // the same, while nothing comes
const HUSH = 1250; // milliseconds without a byte: perhaps nothing comes through at all
const SILENCE = 2500; // milliseconds without a byte: the line is lost
const HASTE = 800; // the same, when something else says so too
const HURRIED = 5000; // milliseconds for which it does
const FIRST_PAUSE = 500; // milliseconds before trying again; doubles
const LONGEST_PAUSE = 15_000;

/**
 * @typedef {object} Way to the server
 * @property {() => Promise<void>} arrived when it can be asked
 * @property {() => Promise<RTCIceServer[]>} relays where no other way leads out
 * @property {import("./line.js").Ask} ask
 */

/**
 * Sound and picture of the room. Tells `change` when its streams or its state are others, `hush` when nothing comes in, and `sound`
 * when something does again.
 */
export class Media extends EventTarget {
  #slots;
  #way;
  /** @type {Line | null} */
  #line = null;
  /** @type {Sending} */
  #sending = { microphone: null, camera: null, layers: [], lean: false };
  #wanted = false;
  #renewing = false;
  #fruitless = 0; // fresh lines on which nothing came
  #attempts = 0; // at a fresh line, in vain
  /** @type {import("./line.js").Step} where the last of them failed */
  #failed = "server";
  #bytes = 0;
  #heard = 0;
  #hushed = false;
  #hurried = -Infinity; // performance.now() when something last said that the network may be another
  #condemned = false; // somebody knows that the line is of no use
  /** @type {ReturnType<typeof setTimeout> | undefined} */
  #watch;
  #wake = () => {};

  /**
   * @param {number} slots of the room
   * @param {Way} way
   */
  constructor(slots, way) {
    super();
    this.#slots = slots;
    this.#way = way;
  }

  /** Whether sound and picture can come through. */
  get alive() {
    return this.#line !== null && !this.#line.failed;
  }

  /** Whether something came in a moment ago: only then is it known who hears me, and are pictures of now. */
  get sure() {
    return this.alive && !this.#hushed;
  }

  /** Whether this browser cannot send my picture; my voice goes out all the same. */
  get unseen() {
    return this.#line?.unseen ?? false;
  }

  /** Begins, or goes on: calling it again does nothing. */
  start() {
    if (this.#wanted) return;
    this.#wanted = true;
    this.#wake(); // a pause from before
    this.#beat();
    void this.#renew();
  }

  stop() {
    this.#wanted = false;
    clearTimeout(this.#watch);
    this.#wake();
    if (this.#line) this.#put(null);
  }

  /** @returns {"" | import("./line.js").Step} whose fault it is that there is no line, after trying in vain */
  get struggling() {
    return this.#wanted && !this.alive && this.#attempts > 0 ? this.#failed : "";
  }

  /** The server or the network is another one, perhaps: what is tried is tried now, and silence is believed sooner. */
  hurry() {
    this.#hurried = performance.now();
    this.#fruitless = this.#attempts = 0;
    this.#wake();
    void this.#look();
  }

  /** The line there is must be replaced, whatever comes over it. */
  again() {
    this.#condemned = true;
    this.#fruitless = 0;
    this.#wake();
    void this.#renew();
  }

  /** @param {Sending} sending what goes out from now on */
  send(sending) {
    const line = this.#line;
    if (line) silence(this.#sending, sending);
    this.#sending = sending;
    if (!line) return;
    const { unseen } = line;
    const sent = () => line.unseen !== unseen && this.dispatchEvent(new Event("change"));
    // What cannot change its voice is a broken line; once is enough to say so, for saying it again ends the pause between tries.
    line.send(sending).then(sent, () => line === this.#line && !this.#condemned && this.again());
  }

  /** @param {number | null} slot */
  sound(slot) {
    return slot === null ? null : (this.#line?.slots[slot]?.sound ?? null);
  }

  /** @param {number | null} slot */
  picture(slot) {
    return slot === null ? null : (this.#line?.slots[slot]?.picture ?? null);
  }

  #beat() {
    this.#watch = setTimeout(() => this.#beat(), this.#hushed ? QUICK : BEAT);
    void this.#look();
  }

  async #look() {
    const line = this.#line;
    if (!line) return;
    const bytes = await within(SILENCE, line.received()).catch(() => 0); // a browser that cannot say has heard nothing
    if (line !== this.#line) return;
    if (bytes > this.#bytes) {
      this.#bytes = bytes;
      this.#heard = performance.now();
      this.#fruitless = this.#attempts = 0;
      if (this.#hushed) this.#unhush();
      this.#wake(); // the old line is back: no need of another
    }
    if (this.#silent > HUSH && !this.#hushed) this.#hush();
    if (this.#lost) void this.#renew();
  }

  /** Milliseconds since something came in. */
  get #silent() {
    return performance.now() - this.#heard;
  }

  /** A server that has been silent on fresh lines too is given more time each time. */
  get #lost() {
    const hasty = this.#line?.doubtful || performance.now() - this.#hurried < HURRIED;
    return this.#condemned || !this.alive || this.#silent > (hasty ? HASTE : SILENCE) * 2 ** this.#fruitless;
  }

  /** Beside the old line, which may come back while the server cannot be asked. */
  async #renew() {
    if (this.#renewing || !this.#wanted) return;
    this.#renewing = true;
    const done = await this.#replace();
    this.#renewing = false;
    if (!done && this.#lost) void this.#renew();
  }

  /** @returns {Promise<boolean>} false after a pause: whatever goes wrong from here to a line that lives ends in words and another try */
  async #replace() {
    /** @type {Line | null} */
    let line = null;
    try {
      await this.#way.arrived();
      const relays = await this.#way.relays();
      if (!this.#wanted || !this.#lost) return true;
      line = new Line(this.#slots, relays);
      await line.open(this.#way.ask);
      this.#fruitless = Math.min(5, this.#fruitless + 1);
      if (this.#wanted) this.#put(line);
      else line.close();
      return true;
    } catch {
      this.#failed = line?.step ?? "browser";
      line?.close();
      await this.#pause();
      return false;
    }
  }

  /** @param {Line | null} line */
  #put(line) {
    this.#line?.close();
    this.#line = line;
    this.#bytes = 0;
    this.#heard = performance.now();
    this.#hushed = this.#condemned = false;
    line?.onDoubt(() => this.#doubt());
    if (line) this.send(this.#sending);
    this.dispatchEvent(new Event("change"));
  }

  #doubt() {
    this.hurry();
    this.#hush();
  }

  #hush() {
    this.#hushed = true;
    this.dispatchEvent(new Event("hush"));
    this.dispatchEvent(new Event("change"));
  }

  #unhush() {
    this.#hushed = false;
    this.dispatchEvent(new Event("sound"));
    this.dispatchEvent(new Event("change"));
  }

  #pause() {
    const pause = Math.min(LONGEST_PAUSE, FIRST_PAUSE * 2 ** this.#attempts);
    this.#attempts = Math.min(5, this.#attempts + 1);
    this.dispatchEvent(new Event("change"));
    return new Promise((resolve) => {
      const timer = setTimeout(resolve, pause);
      this.#wake = () => resolve(clearTimeout(timer));
    });
  }
}

/**
 * What the page calls off does not go out, from this instant: the senders change later, one after the other, each when the browser
 * likes, or never. A track is silent or black everywhere, so what only looks at one while a line is there has a clone of its own.
 *
 * @param {Sending} before
 * @param {Sending} now
 */
function silence(before, now) {
  for (const device of /** @type {const} */ (["microphone", "camera"])) {
    const [old, track] = [before[device], now[device]];
    if (old && old !== track) old.enabled = false;
    if (track) track.enabled = true;
  }
}
