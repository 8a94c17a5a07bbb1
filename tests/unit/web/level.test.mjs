// The bar that shows how loud the own microphone is: an ornament, which keeps nothing back.
import assert from "node:assert/strict";
import test from "node:test";
import { Own } from "../../../web/static/room/own.js";
import { chime } from "../../../web/static/room/sound.js";
import { Browser, Track } from "./browser.mjs";

/** @type {Track[]} that are listened to */
let heard = [];
let works = true;

/** A browser's sound, which may refuse everything but to be there. */
class Sound {
  state = "running";
  currentTime = 0;

  /** @param {{getVideoTracks: () => Track[]}} stream of one track */
  createMediaStreamSource(stream) {
    if (!works) throw new DOMException("another sample rate", "NotSupportedError");
    heard.push(...stream.getVideoTracks());
    return { connect() {}, disconnect() {} };
  }
}

Object.assign(globalThis, {
  window: globalThis,
  AudioContext: Sound,
  AnalyserNode: class {
    fftSize = 1024;
    getFloatTimeDomainData() {}
  },
  OscillatorNode: class {
    constructor() {
      throw new DOMException("no sound any more", "InvalidStateError");
    }
  },
});

/** @param {boolean} sound whether this browser can measure */
async function checked(sound) {
  [heard, works] = [[], sound];
  const browser = new Browser();
  const own = new Own(true);
  /** @type {boolean[]} what a page that draws at each change shows */
  const asking = [];
  own.addEventListener("change", () => asking.push(own.devices.asking));
  const opening = own.devices.open();
  await browser.allow();
  await opening;
  return { browser, own, asking };
}

test("a level that cannot be measured is none, and the device check goes on", async () => {
  const { own, asking } = await checked(false);
  await new Promise(setImmediate);

  assert.equal(asking.at(-1), false);
  assert.equal(own.level, null);
  own.at("over");
});

test("the level of a microphone that is turned off is shown", async () => {
  const { browser, own } = await checked(true);
  own.at("room");
  browser.given[0].enabled = false;
  own.chooseDevices(true);

  const [, ear] = heard;
  assert.deepEqual([ear.enabled, ear.readyState, browser.given[0].enabled], [true, "live", false]);
  own.at("over");
  own.chooseDevices(false);
});

test("a microphone that is given back is listened to no more", async () => {
  const { own } = await checked(true);
  own.devices.close();

  assert.deepEqual(heard.map(({ readyState }) => readyState), ["ended"]);
});

test("a bell that cannot sound is left out", () => {
  chime();
});
