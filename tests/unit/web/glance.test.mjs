// What has been read when somebody presses.
import assert from "node:assert/strict";
import test from "node:test";
import { Glance, READING } from "../../../web/static/room/glance.js";

/** @param {[number, number, number | null][]} rooms when, which version, which step */
function shown(...rooms) {
  const glance = new Glance();
  for (const [at, version, step] of rooms) glance.show({ version, step }, at);
  return glance;
}

test("a press is for what has been on the screen for a while, not for what has just come", () => {
  const glance = shown([0, 5, 3], [10_000, 6, 4]);

  assert.equal(glance.read(10_080).step, 3); // a double click
  assert.equal(glance.read(10_800).step, 3); // the other leader's same thought
  assert.equal(glance.read(10_000 + READING).step, 4);
});

test("what is first on a screen can be pressed at once: there is nothing it could be taken for", () => {
  assert.equal(shown([0, 5, 3]).read(1).version, 5);
});

test("many things that come one after another are read one after another", () => {
  const glance = shown([0, 5, 3], [10_000, 6, 3], [10_500, 7, 4], [11_000, 8, 4]);

  assert.deepEqual([11_400, 11_600, 12_100, 12_600].map((now) => glance.read(now).version), [5, 6, 7, 8]);
});

test("a room that is shown again, because a line came back, has been read", () => {
  assert.equal(shown([0, 5, 3], [10_000, 5, 3]).read(10_001).version, 5);
});

test("a server that has lost what it had not recorded is believed", () => {
  assert.equal(shown([0, 9, 3], [10_000, 7, 3]).read(10_001).version, 7);
});
