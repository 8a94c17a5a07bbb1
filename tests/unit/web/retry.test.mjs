// When a lost server is tried again: at once where only this side knows of the loss, spread out where everybody does.
import assert from "node:assert/strict";
import test from "node:test";
import { PATIENCE, anew, pause, probes } from "../../../web/static/room/retry.js";

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

test("Firefox asks by a request first, since it does not forget what it gave up; but not every time", () => {
  const firefox = "Mozilla/5.0 (X11; Linux x86_64; rv:153.0) Gecko/20100101 Firefox/153.0";
  const chromium = "Mozilla/5.0 (X11; Linux x86_64) AppleWebKit/537.36 (KHTML, like Gecko) Chrome/156.0.0.0 Safari/537.36";

  const seven = [0, 1, 2, 3, 4, 5, 6];
  assert.deepEqual(seven.filter((attempts) => probes(firefox, false, attempts)), [1, 2, 3, 4, 6]);
  assert.deepEqual(seven.filter((attempts) => probes(chromium, false, attempts)), []);
});

test("on another network Firefox, too, tries unseen at first: a request would go over the lost connection", () => {
  const firefox = "Mozilla/5.0 (Android 16; Mobile; rv:153.0) Gecko/153.0 Firefox/153.0";

  assert.equal(probes(firefox, true, 1), false);
  assert.equal(probes(firefox, true, 2), true);
});

test("a sign of the network does not begin an attempt again that has just begun", () => {
  assert.ok(!anew(false, 100));
  assert.ok(anew(false, PATIENCE));
});

test("but where that has failed already, nobody waits for the next: a page hears first that its network has gone", () => {
  assert.ok(anew(true, 100));
});
