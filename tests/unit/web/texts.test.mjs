// The words, and that none is missing.
import assert from "node:assert/strict";
import { readFile, readdir } from "node:fs/promises";
import test from "node:test";
import { speaker } from "../../../web/static/room/texts.js";

const WEB = new URL("../../../web/", import.meta.url);
const texts = JSON.parse(await readFile(new URL("i18n/en.json", WEB), "utf8"));
const speak = speaker(texts);

test("values go in, and a phase goes in by its name", () => {
  assert.equal(speak("notices.one_minute", { phase: "re_entry" }), "In one minute: The presenter returns");
  assert.equal(speak("person.actions", { name: "Cy" }), "Actions for Cy");
});

test("a key nobody wrote shows its last words instead of breaking the page", () => {
  assert.equal(speak("notices.something_new"), "something new");
  assert.equal(speak("notices.moved_on", { by: "Ada", phase: "quiet_time" }), "Ada moved on: quiet time");
  assert.equal(speak("notices.toString"), "toString");
});

test("a value that is missing leaves a gap, not a brace", () => {
  assert.equal(speak("notices.held"), "… has stopped the time.");
});

test("names with braces or dollars stay what they are", () => {
  assert.equal(speak("person.actions", { name: "$& {by}" }), "Actions for $& {by}");
});

test("every whole key in the modules has its words", async () => {
  const folder = new URL("static/room/", WEB);
  for (const file of await readdir(folder)) {
    if (!file.endsWith(".js")) continue;
    const source = await readFile(new URL(file, folder), "utf8");
    for (const [, key] of source.matchAll(/speak\("([a-z_]+(?:\.\w+)+)"/g)) {
      assert.equal(typeof key.split(".").reduce((found, part) => found?.[part], texts), "string", `${file}: ${key}`);
    }
  }
});
