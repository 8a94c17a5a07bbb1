// A headset that is plugged in is offered as one thing, and what was there before is not.
import assert from "node:assert/strict";
import test from "node:test";
import { offered, plugged } from "../../../web/static/room/plugged.js";

/**
 * @param {MediaDeviceKind} kind
 * @param {string} deviceId
 * @param {string} [groupId]
 */
const device = (kind, deviceId, groupId = "laptop") =>
  /** @type {MediaDeviceInfo} */ ({ kind, deviceId, groupId, label: `${groupId} ${kind}` });

const LAPTOP = [device("audioinput", "default"), device("audioinput", "a"), device("videoinput", "b"), device("audiooutput", "c")];
const HEADSET = [device("audioinput", "d", "headset"), device("audiooutput", "e", "headset")];

test("what was not there before is new", () => {
  assert.deepEqual(plugged(LAPTOP, [...LAPTOP, ...HEADSET]), HEADSET);
  assert.deepEqual(plugged([...LAPTOP, ...HEADSET], LAPTOP), []);
});

test("an id that stands for another device is none", () => {
  assert.deepEqual(plugged(LAPTOP, [...LAPTOP, device("audiooutput", "default"), device("audioinput", "communications")]), []);
});

test("before the browser tells ids nothing is new", () => {
  assert.deepEqual(plugged([device("audioinput", "")], LAPTOP), []);
  assert.deepEqual(plugged([], LAPTOP), []);
});

test("a headset is offered as one thing", () => {
  assert.deepEqual(offered(HEADSET), { name: "headset audioinput", microphone: "d", camera: "", speaker: "e" });
  assert.equal(offered([]), null);
});

test("of two things the first is offered first", () => {
  assert.equal(offered([device("videoinput", "f", "camera"), ...HEADSET])?.camera, "f");
});
