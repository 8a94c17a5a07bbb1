// What the clock says.
import assert from "node:assert/strict";
import test from "node:test";
import { leftNow, reading } from "../../../web/static/room/clock.js";

const MINUTE = 60_000;
const clock = { left_ms: 8 * MINUTE, held: false, advances: false, shown: false };

test("time runs from when it was told", () => {
  assert.equal(leftNow(clock, 1000, 61_000), 7 * MINUTE);
});

test("a held clock stands still", () => {
  assert.equal(leftNow({ ...clock, held: true }, 1000, 61_000), 8 * MINUTE);
});

test("it counts whole minutes down, and says less than a minute at the end", () => {
  assert.deepEqual(reading(8 * MINUTE, 8), { key: "minutes", minutes: 8, tone: "calm" });
  assert.deepEqual(reading(7.2 * MINUTE, 8), { key: "minutes", minutes: 8, tone: "calm" });
  assert.equal(reading(1 * MINUTE, 8).key, "one_minute");
  assert.equal(reading(20_000, 8).key, "under_a_minute");
});

test("amber comes in the last fifth, between one minute and five", () => {
  assert.equal(reading(5.1 * MINUTE, 28).tone, "calm");
  assert.equal(reading(4.9 * MINUTE, 28).tone, "amber");
  assert.equal(reading(1.1 * MINUTE, 3).tone, "calm");
  assert.equal(reading(0.9 * MINUTE, 3).tone, "amber");
});

test("at zero the time is up, and it says by how much", () => {
  assert.deepEqual(reading(0, 8), { key: "time_is_up", minutes: 0, tone: "up" });
  assert.deepEqual(reading(-2.5 * MINUTE, 8), { key: "over", minutes: 2, tone: "up" });
});
