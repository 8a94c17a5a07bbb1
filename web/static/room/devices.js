// Camera and microphone: having them, choosing them, giving them back, and saying plainly what is wrong.

import { within } from "./patience.js";
import { offered, plugged } from "./plugged.js";
import { problem, together, wishes } from "./wishes.js";

/** @typedef {"microphone" | "camera"} Device */
/** @typedef {{microphone: string, camera: string}} Wanted device ids, "" for any */
/** @typedef {{device: Device, key: string, gone: boolean}} Trouble `key` of a sentence; `gone`: there is none now */

const OVERDUE = 2000; // milliseconds after which somebody has to look for the browser's question

/**
 * The own devices. The microphone stays open while it is turned off; the camera is given back, for its light, and opened again.
 * Tells `change`, and `trouble` (`Trouble` in `detail`) where one goes away or cannot be had while nobody waits for it.
 */
export class OwnDevices extends EventTarget {
  /** @type {MediaStreamTrack | null} */
  microphone = null;
  /** @type {MediaStreamTrack | null} */
  camera = null;
  /** @type {Wanted} */
  wanted = { microphone: "", camera: "" };
  /** @type {string[]} keys of sentences */
  troubles = [];
  /** @type {MediaDeviceInfo[]} */
  list = [];
  /** @type {MediaDeviceInfo[]} plugged in, and neither used nor left since */
  #fresh = [];
  overdue = false; // the browser has been asked for a while, and says neither yes nor no
  /** @type {Set<Device>} given back by this page, and opened again when it is needed */
  #resting = new Set();
  /** @type {Set<Device>} being opened */
  #waking = new Set();
  #questions = 0; // that the browser has not answered
  #turn = 0; // of the last question
  /** @type {Record<Device, number>} the question each was given for: an older answer does not replace it */
  #given = { microphone: 0, camera: 0 };
  #closed = false;

  constructor() {
    super();
    navigator.mediaDevices?.addEventListener("devicechange", () => void this.#look());
  }

  /** What has just been plugged in. */
  get offer() {
    return offered(this.#fresh);
  }

  /** What was plugged in is left as it is. */
  leave() {
    this.#fresh = [];
    this.#say({});
  }

  async #look() {
    const before = this.list;
    await this.#enumerate();
    const here = new Set(this.list.map(({ deviceId }) => deviceId));
    this.#fresh = [...this.#fresh.filter(({ deviceId }) => here.has(deviceId)), ...plugged(before, this.list)];
    this.#say({});
  }

  async #enumerate() {
    this.list = await within(OVERDUE, navigator.mediaDevices.enumerateDevices()).catch(() => this.list);
  }

  /** Whether the browser has been asked and has not answered. */
  get asking() {
    return this.#questions > 0;
  }

  /**
   * Whether it can be turned on without asking: it is open, or was, and the browser does not make difficulties.
   *
   * @param {Device} device
   */
  has(device) {
    return this[device] !== null || (this.#resting.has(device) && !(this.#waking.has(device) && this.overdue));
  }

  /**
   * Whether the system has muted it, by a key or a switch of its own: what goes out is silence, or black.
   *
   * @param {Device} device
   */
  muted(device) {
    return this[device]?.muted ?? false;
  }

  /**
   * Opens what is not open yet; both at once, so that the browser asks once. Waits for no earlier question: one of them may
   * never be answered.
   *
   * @param {readonly Device[]} which
   */
  async open(which = ["microphone", "camera"]) {
    const closed = which.filter((device) => this[device]?.readyState !== "live");
    if (closed.length === 0 || this.#closed) return;
    for (const device of closed) this.#waking.add(device);
    this.#say({ troubles: this.troubles.filter((key) => !closed.some((device) => key.includes(device))) });
    const problems = await this.#questioning(() => this.#askFor(closed));
    for (const device of closed) {
      this.#waking.delete(device);
      this.#resting.delete(device);
    }
    this.#say({ troubles: together([...this.troubles, ...problems]) });
  }

  /**
   * Another one; or the one before, where that cannot be had.
   *
   * @param {Device} device
   * @param {string} id
   */
  async choose(device, id) {
    const before = this.wanted[device];
    this.#want(device, id);
    if (!this[device]) return this.#say({});
    this.#waking.add(device);
    this.rest(device); // some browsers open one at a time
    await this.#wakeUp(device, before);
  }

  /**
   * The camera runs while its picture goes out or is looked at, and at no other time: its light tells the truth.
   *
   * @param {boolean} camera
   */
  needs(camera) {
    if (!camera) this.rest("camera");
    else if (!this.camera && this.#resting.has("camera") && !this.#waking.has("camera")) void this.#wakeUp("camera");
  }

  /**
   * Gives one back; it can be opened again.
   *
   * @param {Device} device
   */
  rest(device) {
    if (!this[device]) return;
    this.#resting.add(device);
    this.#stop(device);
    this.#say({});
  }

  /**
   * Gives one back, until it is asked for again.
   *
   * @param {Device} device
   */
  release(device) {
    this.#resting.delete(device);
    this.#stop(device);
    this.#say({});
  }

  /** Whatever the browser still allows is given back at once. For good, unless they are wanted here again. */
  close() {
    this.#closed = true;
    this.#resting.clear();
    this.#stop("microphone");
    this.#stop("camera");
    this.#say({});
  }

  /** My place has come back to this window. */
  reopen() {
    this.#closed = false;
  }

  /** @param {Device} device */
  #stop(device) {
    const track = this[device];
    this[device] = null;
    track?.stop();
  }

  /**
   * The one that is wanted, and no other: what a camera looks at is the person's own choice.
   *
   * @param {Device} device
   * @param {string} [before] the one to go back to
   */
  async #wakeUp(device, before) {
    this.#waking.add(device);
    const problem = await this.#questioning(() => this.#ask([device], true));
    if (problem && before) {
      this.#want(device, before);
      await this.#wakeUp(device);
      if (this[device]) this.#complain(device, problem, false);
      return;
    }
    this.#waking.delete(device);
    if (problem && !this[device] && this.#resting.delete(device)) this.#complain(device, problem, true);
    else this.#say({});
  }

  /**
   * @template Answer
   * @param {() => Promise<Answer>} ask
   * @returns {Promise<Answer>}
   */
  async #questioning(ask) {
    this.#questions += 1;
    const timer = setTimeout(() => this.#say({ overdue: true }), OVERDUE);
    this.#say({});
    const answer = await ask();
    await this.#enumerate();
    clearTimeout(timer);
    this.#questions -= 1;
    if (this.#questions === 0) this.overdue = false;
    return answer;
  }

  /**
   * All at once, then each alone: where one cannot be had, the other perhaps can.
   *
   * @param {readonly Device[]} which
   * @returns {Promise<string[]>} what was in the way, keys of sentences
   */
  async #askFor(which) {
    const problem = await this.#ask(which);
    if (!problem) return [];
    if (which.length > 1) return (await Promise.all(which.map((device) => this.#askFor([device])))).flat();
    return [`trouble.${which[0]}_${problem}`];
  }

  /**
   * @param {readonly Device[]} which
   * @param {boolean} [same] no other device will do
   * @returns {Promise<"" | "denied" | "missing" | "busy">} what was in the way
   */
  async #ask(which, same = false) {
    const turn = ++this.#turn;
    try {
      this.#take(await navigator.mediaDevices.getUserMedia(wishes(which, this.wanted)), turn);
      return "";
    } catch (error) {
      const found = problem(error);
      if (found !== "another" || same || which.every((device) => !this.wanted[device])) return found === "another" ? "missing" : found;
      this.wanted = { microphone: "", camera: "" }; // the remembered device is gone: any will do
      return this.#ask(which);
    }
  }

  /**
   * @param {MediaStream} stream
   * @param {number} turn
   */
  #take(stream, turn) {
    for (const track of stream.getTracks()) {
      const device = track.kind === "audio" ? "microphone" : "camera";
      if (this.#closed || turn < this.#given[device]) track.stop(); // allowed only after leaving, or after a newer one
      else this.#have(device, track, turn);
    }
  }

  /**
   * @param {Device} device
   * @param {MediaStreamTrack} track
   * @param {number} turn
   */
  #have(device, track, turn) {
    this.#stop(device);
    this.#resting.delete(device);
    this.#given[device] = turn;
    this[device] = track;
    this.#want(device, track.getSettings().deviceId ?? "");
    for (const news of ["mute", "unmute"]) track.addEventListener(news, () => this[device] === track && this.#say({}));
    track.addEventListener("ended", () => {
      if (this[device] !== track) return;
      this[device] = null;
      this.#complain(device, "ended", true);
    });
  }

  /**
   * @param {Device} device
   * @param {string} id
   */
  #want(device, id) {
    this.wanted = { ...this.wanted, [device]: id };
  }

  /**
   * @param {Device} device
   * @param {string} problem
   * @param {boolean} gone
   */
  #complain(device, problem, gone) {
    const key = `trouble.${device}_${problem}`;
    this.#say({ troubles: [key] });
    this.dispatchEvent(new CustomEvent("trouble", { detail: { device, key, gone } }));
  }

  /** @param {Partial<Pick<OwnDevices, "overdue" | "troubles">>} news */
  #say(news) {
    Object.assign(this, news);
    this.dispatchEvent(new Event("change"));
  }
}
