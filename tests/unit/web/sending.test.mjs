// What a browser sends, whatever is pressed: turning on is always the person's own act.
import assert from "node:assert/strict";
import test from "node:test";
import { button, follow, rested, sends } from "../../../web/static/room/sending.js";

const both = { microphone: true, camera: true, returning: false };
const none = { microphone: false, camera: false, returning: false };
const talking = { inside: true, back: false, floor: false, outside: false, speak: true, show: true, elsewhere: false, soundAlone: false };
const closed = { ...talking, speak: false };
const back = { ...talking, back: true, speak: false, show: false };
const ring = { ...talking, outside: true, speak: false, show: false };
const floor = { ...ring, floor: true, speak: true, show: true };

test("before the door nothing is sent", () => {
  assert.deepEqual(sends(both, null), { microphone: false, camera: false });
  assert.deepEqual(sends(both, { ...talking, inside: false }), { microphone: false, camera: false });
});

test("a phase that closes the microphones keeps the choice, and sends nothing meanwhile", () => {
  const choice = follow(both, talking, closed);

  assert.deepEqual(choice, both);
  assert.equal(sends(choice, closed).microphone, false);
  assert.equal(sends(follow(choice, closed, talking), talking).microphone, true);
});

test("sitting back turns both off, and being brought back does not turn them on", () => {
  const choice = follow(both, talking, back);

  assert.deepEqual(choice, { ...none, returning: true });
  assert.deepEqual(sends(follow(choice, back, talking), talking), { microphone: false, camera: false });
  assert.equal(follow(choice, back, talking).returning, true);
});

test("sitting back while seen keeps the picture", () => {
  assert.equal(follow(both, talking, { ...back, show: true }).camera, true);
});

test("after a reload while sitting back nothing is on", () => {
  assert.deepEqual(sends(follow(both, null, back), talking), { microphone: false, camera: false });
});

test("the ring's microphone goes off with the word, and stays off", () => {
  assert.deepEqual(follow(both, floor, ring), none);
  assert.deepEqual(follow(both, null, ring), none);
  assert.deepEqual(follow(both, ring, floor), both);
});

test("moving to the ring turns both off", () => {
  assert.deepEqual(follow(both, talking, ring), none);
});

test("who has asked to come back sends already, and a stranger at the door does not", () => {
  assert.deepEqual(sends(none, back, true), { microphone: true, camera: true });
  assert.deepEqual(sends(both, { ...back, inside: false }, true), { microphone: false, camera: false });
});

test("of two devices one sends the voice and the other the picture", () => {
  const laptop = { ...talking, elsewhere: true };
  const telephone = { ...talking, soundAlone: true };

  assert.deepEqual(sends(both, laptop), { microphone: false, camera: true });
  assert.deepEqual(sends(both, telephone), { microphone: true, camera: false });
  assert.deepEqual(sends(none, { ...laptop, ...back, elsewhere: true }, true), { microphone: false, camera: true });
  assert.equal(button("microphone", both, laptop, []).state, "elsewhere");
});

test("when the sound goes to another device or comes back, the microphone here is off", () => {
  const laptop = { ...talking, elsewhere: true };

  assert.deepEqual(follow(both, talking, laptop), { ...both, microphone: false });
  assert.deepEqual(follow(both, laptop, talking), { ...both, microphone: false });
  assert.deepEqual(follow(both, null, laptop), { ...both, microphone: false });
  assert.deepEqual(follow(both, laptop, laptop), both);
});

test("the buttons tell the truth", () => {
  assert.deepEqual(button("microphone", both, talking, []), { state: "on", why: "own.microphone_on", able: true });
  assert.deepEqual(button("microphone", none, talking, []), { state: "off", why: "own.microphone_off", able: true });
  assert.deepEqual(button("microphone", both, closed, []), { state: "waiting", why: "own.microphone_closed", able: true });
  assert.deepEqual(button("microphone", none, closed, []), { state: "waiting", why: "own.microphone_closed_off", able: false });
  assert.deepEqual(button("camera", none, back, []), { state: "waiting", why: "own.camera_back", able: false });
  assert.deepEqual(button("microphone", none, ring, ["TakeWord"]), { state: "off", why: "own.microphone_take", able: true });
});

test("whoever has slept for long comes back silent and dark, with one click to be heard and seen again", () => {
  assert.deepEqual(rested(both, 61_000), { ...none, returning: true });
  assert.deepEqual(rested({ ...none, camera: true }, 61_000), { ...none, returning: true });
});

test("whoever had everything off when they slept has nothing to turn on again", () => {
  assert.deepEqual(rested(none, 3_600_000), none);
  assert.equal(rested({ ...none, returning: true }, 3_600_000).returning, true);
});

test("a nap changes nothing", () => {
  assert.equal(rested(both, 60_000), both);
});
