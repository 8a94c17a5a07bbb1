// When a lost server is tried again: at once where only this side knows of the loss, spread out where everybody does.
import assert from "node:assert/strict";
import test from "node:test";
import { PATIENCE, pause } from "../../../web/static/room/retry.js";

const lost = { mine: false, refused: false, offline: false, attempts: 0 };
const chances = [0, 0.25, 0.5, 0.75, 1];

test("people who lose the server together come back within a second, but not in one instant", () => {
  const waits = chances.map((chance) => pause(lost, chance));

  assert.equal(new Set(waits).size, chances.length);
  assert.ok(waits.every((wait) => wait >= 0 && wait <= 1000));
});

test("whoever gives up on a silent line, or has another network, tries at once", () => {
  assert.deepEqual(chances.map((chance) => pause({ ...lost, mine: true }, chance)), [0, 0, 0, 0, 0]);
});

test("however long the server is away, it is tried again within seconds", () => {
  for (const attempts of [1, 10, 1000])
    for (const chance of chances) assert.ok(pause({ ...lost, mine: true, attempts }, chance) <= 1000);
});

test("a server that is not well is given time", () => {
  assert.ok(chances.every((chance) => pause({ ...lost, refused: true, mine: true }, chance) >= 2000));
});

test("without any network it is tried seldom, but it is tried", () => {
  const waits = chances.map((chance) => pause({ ...lost, offline: true, mine: true }, chance));

  assert.ok(waits.every((wait) => wait >= PATIENCE && wait <= 6000));
});
