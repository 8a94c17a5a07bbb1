// The own camera and microphone, whenever the browser answers.
import assert from "node:assert/strict";
import test from "node:test";
import { OwnDevices } from "../../../web/static/room/devices.js";

/** A browser whose permission is given when the test says so. */
class Browser {
  /** @type {(() => void)[]} */
  questions = [];
  /** @type {Track[]} */
  given = [];

  constructor() {
    const mediaDevices = {
      getUserMedia: (/** @type {MediaStreamConstraints} */ wishes) =>
        new Promise((resolve) => this.questions.push(() => resolve(this.#stream(wishes)))),
      enumerateDevices: async () => [],
    };
    Object.defineProperty(globalThis, "navigator", { value: { mediaDevices }, configurable: true });
  }

  async allow() {
    while (this.questions.length === 0) await new Promise(setImmediate);
    this.questions.shift()?.();
  }

  /** @param {MediaStreamConstraints} wishes */
  #stream({ audio, video }) {
    const tracks = [...(audio ? [new Track("audio")] : []), ...(video ? [new Track("video")] : [])];
    this.given.push(...tracks);
    return { getTracks: () => tracks };
  }
}

class Track extends EventTarget {
  readyState = "live";

  /** @param {string} kind */
  constructor(kind) {
    super();
    this.kind = kind;
  }

  getSettings() {
    return {};
  }

  stop() {
    this.readyState = "ended";
  }
}

test("what is allowed only after leaving is turned off again", async () => {
  const browser = new Browser();
  const devices = new OwnDevices();
  const opening = devices.open();
  while (browser.questions.length === 0) await new Promise(setImmediate);

  devices.close();
  await browser.allow();
  await opening;

  assert.equal(devices.camera, null);
  assert.deepEqual(browser.given.map((track) => track.readyState), ["ended", "ended"]);
});

test("another microphone chosen while the camera is opening comes, too", async () => {
  const browser = new Browser();
  const devices = new OwnDevices();
  const opening = devices.open();
  await browser.allow();
  await opening;

  const changes = [devices.choose("camera", "second"), devices.choose("microphone", "second")];
  await browser.allow();
  await browser.allow();
  await Promise.all(changes);

  assert.equal(devices.camera?.readyState, "live");
  assert.equal(devices.microphone?.readyState, "live");
});

test("an unplugged microphone is told as taken", async () => {
  const browser = new Browser();
  const devices = new OwnDevices();
  const opening = devices.open(["microphone"]);
  await browser.allow();
  await opening;
  /** @type {string[]} */
  const taken = [];
  devices.addEventListener("taken", (event) => event instanceof CustomEvent && taken.push(event.detail));

  browser.given[0].dispatchEvent(new Event("ended"));

  assert.deepEqual(taken, ["microphone"]);
  assert.equal(devices.microphone, null);
});
