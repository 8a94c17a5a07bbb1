// Where the chairs stand.
import assert from "node:assert/strict";
import test from "node:test";
import { circleOn } from "../../../web/static/room/circle.js";

const STAGES = [
  { width: 1080, height: 690 },
  { width: 1400, height: 720 },
  { width: 374, height: 600 },
];

/** @param {number} count @param {number} [ring] @param {string} [back] */
function group(count, ring = 0, back = "") {
  return [
    ...Array.from({ length: count }, (_, i) => ({ person: `p${i}`, group: /** @type {const} */ ("circle"), back: `p${i}` === back })),
    ...Array.from({ length: ring }, (_, i) => ({ person: `r${i}`, group: /** @type {const} */ ("ring"), back: false })),
  ];
}

/** @param {import("../../../web/static/room/circle.js").Place} one @param {import("../../../web/static/room/circle.js").Place} other */
function overlap(one, other) {
  const reach = (one.size + other.size) / 2 - 0.5;
  return Math.abs(one.x - other.x) < reach && Math.abs(one.y - other.y) < reach;
}

test("when the presenter moves back, nobody else moves", () => {
  for (const stage of STAGES) {
    const before = circleOn(stage, group(9, 3)).places;
    const after = circleOn(stage, group(9, 3, "p4")).places;
    for (const [person, place] of before) if (person !== "p4") assert.deepEqual(after.get(person), place);
  }
});

test("a chair moved back keeps its direction, is further out and smaller", () => {
  const stage = STAGES[0];
  const { centre } = circleOn(stage, group(9));
  for (let i = 0; i < 9; i++) {
    const here = circleOn(stage, group(9)).places.get(`p${i}`) ?? assert.fail();
    const back = circleOn(stage, group(9, 0, `p${i}`)).places.get(`p${i}`) ?? assert.fail();
    const angle = (/** @type {{x: number, y: number}} */ place) => Math.atan2(place.y - centre.y, place.x - centre.x);
    const far = (/** @type {{x: number, y: number}} */ place) => Math.hypot(place.y - centre.y, place.x - centre.x);

    assert.ok(Math.abs(angle(here) - angle(back)) < 1e-6);
    assert.ok(far(back) > far(here) + here.size / 3);
    assert.ok(back.size < here.size);
  }
});

test("no two chairs overlap and none leaves the stage, whoever moves back", () => {
  for (const stage of STAGES) {
    for (const count of [1, 2, 3, 5, 9, 10, 14, 16]) {
      for (const ring of [0, 1, 6, 13]) {
        for (let back = 0; back < count; back += 3) {
          const all = [...circleOn(stage, group(count, ring, `p${back}`)).places.values()];
          all.forEach((one, i) => {
            assert.ok(one.x - one.size / 2 >= -1 && one.x + one.size / 2 <= stage.width + 1, `${count}+${ring}: out at the side`);
            assert.ok(one.y - one.size / 2 >= -1 && one.y + one.size / 2 <= stage.height + 1, `${count}+${ring}: out at the top`);
            all.slice(i + 1).forEach((other) => assert.ok(!overlap(one, other), `${count}+${ring} on ${stage.width}, ${back} back`));
          });
        }
      }
    }
  }
});

test("the first seat is at the top and the others follow clockwise", () => {
  const placed = circleOn(STAGES[0], group(8)).places;
  const [first, second] = [placed.get("p0"), placed.get("p1")];

  assert.ok(first && second);
  assert.ok([...placed.values()].every((place) => place.y >= first.y));
  assert.ok(second.x > first.x);
});

test("a stage that is not measured yet breaks nothing", () => {
  assert.equal(circleOn({ width: 0, height: 0 }, group(5, 2)).places.size, 7);
});
