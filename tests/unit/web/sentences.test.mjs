// Whatever the page wants to say there is a sentence for: no key is shown to people.
import assert from "node:assert/strict";
import { readFileSync, readdirSync } from "node:fs";
import test from "node:test";

const ROOM = new URL("../../../web/static/room/", import.meta.url);
const TEXTS = JSON.parse(readFileSync(new URL("../../../web/i18n/en.json", import.meta.url), "utf8"));
const SAID = /(?<!#)\b(?:speak|tell)\(\s*"([\w.]+)"|key: "(\w+\.[\w.]+)"|"((?:trouble|room|own)\.\w+)"/g;

/** @param {string} key */
const sentence = (key) => key.split(".").reduce((found, part) => found?.[part], TEXTS);

for (const file of readdirSync(ROOM).filter((name) => name.endsWith(".js"))) {
  const keys = [...readFileSync(new URL(file, ROOM), "utf8").matchAll(SAID)].map(([, ...found]) => found.find(Boolean) ?? "");
  test(`every key in ${file} has a sentence`, () => {
    assert.deepEqual(keys.filter((key) => typeof sentence(key) !== "string"), []);
  });
}

test("every trouble of a device has a sentence", () => {
  const problems = ["denied", "missing", "busy", "ended", "muted"];
  const keys = ["microphone", "camera"].flatMap((device) => problems.map((problem) => `trouble.${device}_${problem}`));
  assert.deepEqual(keys.filter((key) => !sentence(key)), []);
});

test("whatever is known of being heard and seen has a sentence", () => {
  const kinds = ["nobody", "muted", "perhaps_nobody", "one"].flatMap((kind) => [`room.${kind}_hears`, `room.${kind}_sees`]);
  assert.deepEqual([...kinds, "room.some_hear", "room.some_see"].filter((key) => !sentence(key)), []);
});
