// A clock that was put right is no sleep.
import assert from "node:assert/strict";
import test from "node:test";
import { Hour } from "../../../web/static/room/hour.js";

const MINUTE = 60_000;

/** @param {(number | null)[]} ahead what is found, one after the other */
const hour = (...ahead) => new Hour(async () => ahead.shift() ?? null);

test("where this clock has moved away from the server's, it was put right", async () => {
  assert.equal(await hour(400, 400 + 3 * MINUTE).moved(3 * MINUTE), true);
});

test("where the server's clock has gone on as far, it was a sleep", async () => {
  assert.equal(await hour(400, 900).moved(3 * MINUTE), false);
  assert.equal(await hour(-5 * MINUTE, -5 * MINUTE).moved(3 * MINUTE), false);
});

test("where nobody can say, it was a sleep", async () => {
  assert.equal(await hour(null, 3 * MINUTE).moved(3 * MINUTE), false);
  assert.equal(await hour(0, null).moved(3 * MINUTE), false);
});

test("a clock that was put right once is known from then on", async () => {
  const known = hour(0, 3 * MINUTE, 3 * MINUTE, 0);

  assert.equal(await known.moved(3 * MINUTE), true);
  assert.equal(await known.moved(2 * MINUTE), false);
});
