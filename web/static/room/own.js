// What of me goes out: my devices, what of them I have turned on, and what the room allows of it.

import { OwnDevices } from "./devices.js";
import { Level } from "./level.js";
import { follow, rested, sends, stand } from "./sending.js";
import { playOn } from "./sound.js";

/** @typedef {import("./devices.js").Device} Device */
/** @typedef {import("./sending.js").Choice} Choice */
/** @typedef {import("./types.js").Snapshot} Snapshot */

/** @type {Device[]} */
const DEVICES = ["microphone", "camera"];

/** Tells `change`, and `trouble` with the key of a sentence where a device goes away, or does not come. */
export class Own extends EventTarget {
  devices = new OwnDevices();
  /** @type {Choice} */
  choice;
  looking; // at my picture, before coming in
  choosing = false; // a microphone, camera or loudspeaker, from the seat
  speaker = ""; // id of the loudspeaker that I hear the room from; "": the system's choice
  /** @type {"" | "asked" | "granted"} back into the circle; `granted`, and the room has not been shown since */
  #coming = "";
  /** @type {MediaStream | null} */
  picture = null;
  /** @type {number | null} how loud I am, 0 to 1, while somebody looks; null where it cannot be measured */
  level = 0;
  /** @type {"check" | "room" | "over"} */
  #step = "check";
  /** @type {import("./sending.js").Stand | null} */
  #stand = null;
  /** @type {Set<{device: Device}>} presses that are to turn one on, and wait for the browser or the server */
  #turning = new Set();
  #dozing = false; // this page has perhaps slept, and does not know yet
  #level = new Level((level) => this.#say({ level }));

  /** @param {boolean} on whether I come with both turned on */
  constructor(on) {
    super();
    this.choice = { microphone: on, camera: on, returning: false };
    this.looking = on;
    this.devices.addEventListener("change", () => this.#say({}));
    this.devices.addEventListener("trouble", (event) => event instanceof CustomEvent && this.#trouble(event.detail));
  }

  /**
   * By me, whatever the phase says.
   *
   * @param {Device} device
   */
  turnedOn(device) {
    return this.choice[device] && this.devices.has(device);
  }

  /** What the others are told: what the system has muted is off for them. */
  get shown() {
    const on = (/** @type {Device} */ device) => this.turnedOn(device) && !this.devices.muted(device);
    return { microphone: on("microphone"), camera: on("camera") };
  }

  /** What I come in with: whoever has slept comes in silent. */
  get brought() {
    return this.#dozing ? { microphone: false, camera: false } : this.shown;
  }

  /** The tracks that go out at this moment. */
  get tracks() {
    const { microphone, camera } = this.#sends;
    return { microphone: microphone ? this.devices.microphone : null, camera: camera ? this.devices.camera : null };
  }

  get #sends() {
    if (this.#dozing || this.#step !== "room") return { microphone: false, camera: false };
    return sends(this.choice, this.#stand, this.#coming !== "");
  }

  /** @param {"check" | "room" | "over"} step of the visit */
  at(step) {
    this.#callOff(...DEVICES);
    this.#step = step;
    this.#stand = null;
    this.#say({});
  }

  /** @param {Snapshot} room */
  follow(room) {
    const before = this.#stand;
    this.#stand = stand(room);
    if (this.#coming === "granted") this.#coming = "";
    this.choose(follow(this.choice, before, this.#stand));
  }

  /** @param {Choice} choice another than the one that is: what is off in it is not turned on by an earlier press */
  choose(choice) {
    if (choice !== this.choice) this.#callOff(...DEVICES.filter((device) => !choice[device]));
    this.#say({ choice });
  }

  /**
   * Before coming in: whether the camera is to be on, and so looked at.
   *
   * @param {boolean} on
   */
  look(on) {
    this.#say({ looking: on, choice: { ...this.choice, camera: on } });
  }

  /** @param {boolean} choosing devices, from the seat */
  chooseDevices(choosing) {
    this.#say({ choosing });
  }

  /** @param {string} speaker id, "" for the system's choice */
  hear(speaker) {
    this.#say({ speaker });
    playOn(speaker);
  }

  /** The loudspeaker is gone: the system's own is heard again. */
  loseSpeaker() {
    if (!this.speaker) return;
    this.hear("");
    this.#tell("trouble.speaker_ended");
  }

  /**
   * What was plugged in is used from now on, for all that it can do.
   *
   * @param {import("./plugged.js").Offer} offer
   */
  use({ microphone, camera, speaker }) {
    if (microphone) void this.devices.choose("microphone", microphone);
    if (camera) void this.devices.choose("camera", camera);
    if (speaker) this.hear(speaker);
    this.devices.leave();
  }

  /** Asks the browser for both, to be looked at. */
  async tryOut() {
    this.#say({ looking: true });
    await this.devices.open();
  }

  /** Out of the device check: what could not be had there is not asked for again. */
  enter() {
    const { choice, devices } = this;
    const had = (/** @type {Device} */ device) => choice[device] && (devices.has(device) || devices.asking);
    this.choice = { ...choice, microphone: had("microphone"), camera: had("camera") };
  }

  /** Opens what I want and do not have. The browser may take its time: nothing waits for it. */
  async open() {
    await this.devices.open(this.#missing);
    const trouble = this.devices.troubles.at(-1);
    if (trouble && this.#missing.length > 0 && this.#step === "room") this.#tell(trouble);
  }

  /**
   * A browser plays sound on a page that was not pressed only if the page listens itself: the microphone is opened where
   * that needs no question, and sends nothing.
   */
  async listen() {
    if (this.devices.microphone || this.devices.asking) return;
    const name = /** @type {PermissionName} */ ("microphone");
    const permission = await navigator.permissions?.query({ name }).catch(() => null); // some browsers do not know the name
    if (permission?.state === "granted") await this.devices.open(["microphone"]);
  }

  get #missing() {
    return DEVICES.filter((device) => this.choice[device] && !this.devices.has(device));
  }

  /**
   * Browser and server answer when they like: by then it may have been called off, or another press has turned it on.
   *
   * @param {Device} device
   * @param {() => Promise<boolean>} may asked once it is there
   */
  async turnOn(device, may) {
    const press = { device };
    this.#turning.add(press);
    await this.devices.open([device]);
    if (!this.#turning.has(press)) return;
    if (!this.devices[device]) this.#tell(this.devices.troubles.at(-1) ?? `trouble.${device}_missing`);
    else if ((await may()) && this.#turning.has(press)) {
      this.choice = { ...this.choice, [device]: true, returning: false };
      this.#callOff(device); // the other presses: this one has done it
    }
    this.#turning.delete(press);
    this.#say({});
  }

  /** @param {Device} device */
  turnOff(device) {
    this.#callOff(device);
    this.#say({ choice: { ...this.choice, [device]: false } });
  }

  /** @param {Device[]} devices that no press so far turns on any more */
  #callOff(...devices) {
    for (const press of this.#turning) if (devices.includes(press.device)) this.#turning.delete(press);
  }

  /**
   * Both on again, after sitting back. Voice and picture go out with the asking, to be there when the server opens the
   * gates; before, it forwards nothing.
   *
   * @param {() => Promise<boolean>} may
   * @param {boolean} withCamera
   */
  async comeBack(may, withCamera) {
    if (this.#coming) return; // two presses are one
    this.#coming = "asked";
    this.#changed();
    const came = await may();
    this.#coming = came && this.#stand?.back ? "granted" : "";
    if (!came) return this.#changed();
    const { devices } = this;
    const camera = withCamera && (devices.has("camera") || !devices.has("microphone")); // after a reload there is neither
    this.choose({ microphone: true, camera, returning: false });
    await this.open();
  }

  /**
   * @param {number} slept milliseconds, by a clock that may only have been put right
   * @param {() => Promise<boolean>} awake whether there is proof that it was
   */
  async doze(slept, awake) {
    if (rested(this.choice, slept) === this.choice) return;
    this.#dozing = true;
    this.#changed();
    const proof = await awake();
    this.#dozing = false;
    this.choose(proof ? this.choice : rested(this.choice, slept));
  }

  /** @param {import("./devices.js").Trouble} trouble */
  #trouble({ device, key, gone }) {
    if (this.#step !== "room") return; // the device check shows it
    if (this.choice[device] || !gone) this.#tell(key);
    if (gone) this.turnOff(device); // what was unplugged does not go on by itself when it is plugged in again
  }

  /** @param {string} trouble */
  #tell(trouble) {
    this.dispatchEvent(new CustomEvent("trouble", { detail: trouble }));
  }

  /** @param {Partial<Pick<Own, "choice" | "looking" | "choosing" | "speaker" | "level">>} news */
  #say(news) {
    Object.assign(this, news);
    this.#changed();
  }

  /** What follows goes out here. */
  #changed() {
    this.devices.needs(this.#needed);
    const { microphone, camera } = this.devices;
    if (this.picture?.getVideoTracks()[0] !== (camera ?? undefined)) this.picture = camera && new MediaStream([camera]);
    this.dispatchEvent(new Event("change"));
    this.#level.follow(this.#step === "check" || this.choosing ? microphone : null);
  }

  /** Whether the camera's picture is looked at, or goes out; before the room has said a word it stays as it is. */
  get #needed() {
    const turning = [...this.#turning].some(({ device }) => device === "camera");
    if (this.#step === "check") return this.looking || turning;
    if (this.#step === "room" && !this.#stand && this.devices.camera) return this.choice.camera;
    return turning || this.#sends.camera;
  }
}
