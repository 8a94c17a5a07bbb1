// What is said about being heard and seen is true, or says that it is not known.
import assert from "node:assert/strict";
import test from "node:test";
import { reach } from "../../../web/static/room/reach.js";

const HEARD = { goes: true, muted: false, known: true, count: 9 };

test("people who receive me are counted", () => {
  assert.deepEqual(reach("hear", HEARD), ["room.some_hear", { count: 9 }]);
  assert.deepEqual(reach("see", { ...HEARD, count: 1 }), ["room.one_sees", { count: 1 }]);
  assert.equal(reach("hear", { ...HEARD, count: 0 })[0], "room.nobody_hears");
});

test("while a line is in doubt nobody is counted", () => {
  assert.equal(reach("hear", { ...HEARD, known: false })[0], "room.perhaps_nobody_hears");
  assert.equal(reach("see", { ...HEARD, known: false })[0], "room.perhaps_nobody_sees");
});

test("what the system has muted is heard by nobody, whatever the line says", () => {
  assert.equal(reach("hear", { ...HEARD, muted: true })[0], "room.muted_hears");
  assert.equal(reach("hear", { ...HEARD, muted: true, known: false })[0], "room.muted_hears");
});

test("what does not go out reaches nobody, and that is known without any line", () => {
  assert.equal(reach("hear", { ...HEARD, goes: false, known: false })[0], "room.nobody_hears");
});
