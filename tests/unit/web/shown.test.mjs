// What the server is told about the size of pictures: what is looked at, without the jitter of a layout.
import assert from "node:assert/strict";
import test from "node:test";
import { circleOn } from "../../../web/static/room/circle.js";
import { Shown, heights, steady } from "../../../web/static/room/shown.js";

const seated = (/** @type {number} */ count) =>
  Array.from({ length: count }, (_, slot) => /** @type {any} */ ({ person: `p${slot}`, group: "circle", back: false, slot }));

/** Says into a list; a pause is over when the test says so. */
function listening() {
  /** @type {(readonly number[])[]} */
  const said = [];
  /** @type {(() => void)[]} */
  const pauses = [];
  const connected = { yes: true };
  const say = (/** @type {readonly number[]} */ heights) => connected.yes && said.push(heights) > 0;
  const shown = new Shown(say, (act) => pauses.push(act));
  return { shown, said, connected, breathe: () => pauses.shift()?.() };
}

test("a picture is as high as its chair, in the screen's own pixels", () => {
  const people = seated(5);
  const { places } = circleOn({ width: 1100, height: 700 }, people);
  const size = places.get("p1")?.size ?? 0;

  assert.deepEqual(heights(people, places, 6, 1), [...Array(5).fill(Math.round(size)), 0]);
  assert.equal(heights(people, places, 6, 2)[1], Math.round(2 * size));
});

test("whoever has no slot, no chair or no place is not shown", () => {
  const [ada, ben, cy] = seated(3);
  const places = new Map([["p1", { x: 0, y: 0, size: 100 }], ["p2", { x: 0, y: 0, size: 100 }]]);

  assert.deepEqual(heights([ada, ben, { ...cy, slot: null }], places, 3, 1), [0, 100, 0]);
  assert.deepEqual(heights([ada, ben, cy], new Map(), 3, 1), [0, 0, 0]);
});

test("a few pixels are nothing new, but appearing and vanishing are", () => {
  assert.deepEqual(steady([100, 100, 0, 8], [108, 130, 4, 0]), [100, 130, 4, 0]);
});

test("small changes that add up are told in the end", () => {
  const { shown, said, breathe } = listening();
  for (const height of [100, 106, 112, 118]) {
    shown.are([height]);
    breathe();
  }
  assert.deepEqual(said, [[100], [118]]);
});

test("the first word goes at once, and of many that follow only the last", () => {
  const { shown, said, breathe } = listening();
  for (const height of [100, 200, 300, 400]) shown.are([height]);
  assert.deepEqual(said, [[100]]);

  breathe();
  assert.deepEqual(said, [[100], [400]]);

  breathe();
  shown.are([400]);
  assert.deepEqual(said, [[100], [400]]);
});

test("what could not be said is said later, and everything again to a server that has forgotten", () => {
  const { shown, said, connected, breathe } = listening();
  connected.yes = false;
  shown.are([100]);
  assert.deepEqual(said, []);

  connected.yes = true;
  shown.are([100]);
  breathe();
  shown.forget();
  shown.are([100]);
  assert.deepEqual(said, [[100], [100]]);
});
