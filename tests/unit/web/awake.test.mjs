// The phone's screen stays on in the room, and no longer.
import assert from "node:assert/strict";
import test from "node:test";
import { stayAwake } from "../../../web/static/room/awake.js";

test("however often it is wanted, leaving lets the screen go dark", async () => {
  /** @type {{released: boolean, release: () => Promise<void>}[]} */
  const locks = [];
  const request = async () => {
    await new Promise(setImmediate);
    const lock = { released: false, release: async () => void (lock.released = true) };
    locks.push(lock);
    return lock;
  };
  Object.defineProperty(globalThis, "navigator", { value: { wakeLock: { request } }, configurable: true });
  Object.defineProperty(globalThis, "document", { value: { visibilityState: "visible" }, configurable: true });

  await Promise.all([stayAwake(true), stayAwake(true), stayAwake(true)]);
  assert.deepEqual(locks.map((lock) => lock.released), [false]);

  await stayAwake(false);
  assert.ok(locks.every((lock) => lock.released));

  const late = stayAwake(true);
  await stayAwake(false);
  await late;
  assert.ok(locks.every((lock) => lock.released));
});
