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

test("of a key nobody wrote a sentence of its kind is read, and never a word of code", () => {
  assert.equal(speak("notices.something_new"), texts.unknown.notices);
  assert.equal(speak("notices.moved_on", { by: "Ada", phase: "quiet_time" }), `Ada moved on: ${texts.unknown.phase}`);
  assert.equal(speak("notices.toString"), texts.unknown.notices);
  assert.equal(speak("nothing.of_the_sort"), "…");
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

test("every reason that a page itself can give has a sentence", async () => {
  const folder = new URL("static/room/", WEB);
  const said = { refusals: new Set(), trouble: new Set() };
  for (const file of await readdir(folder)) {
    if (!file.endsWith(".js")) continue;
    const source = await readFile(new URL(file, folder), "utf8");
    for (const [, reason] of source.matchAll(/(?:refused|error): "([a-z_]+)"|#end\("([a-z_]+)"\)|sayWhy\("([a-z_]+)"/g)) if (reason) said.refusals.add(reason);
    for (const [, reason] of source.matchAll(/#end\("([a-z_]+)"\)/g)) if (!(reason in texts.stance)) said.refusals.add(reason);
    for (const [, reason] of source.matchAll(/sayWhy\("([a-z_]+)"/g)) said.refusals.add(reason);
    for (const [, list] of source.matchAll(/const (?:MOVED|PASSING|NO_WAY_BACK) = \[([^\]]*)\]/g)) {
      for (const [, reason] of list.matchAll(/"([a-z_]+)"/g)) said.refusals.add(reason);
    }
    for (const [, key] of source.matchAll(/"trouble\.([a-z_]+)"/g)) said.trouble.add(key);
  }
  assert.ok(said.refusals.size > 10);
  for (const [kind, reasons] of Object.entries(said)) for (const reason of reasons) assert.ok(reason in texts[kind], `${kind}.${reason}`);
});

test("what is looked up by a part of its key has a sentence for what is not known", async () => {
  const folder = new URL("static/room/", WEB);
  const kinds = new Set();
  for (const file of await readdir(folder)) {
    if (!file.endsWith(".js")) continue;
    const source = await readFile(new URL(file, folder), "utf8");
    for (const [, kind] of source.matchAll(/`(refusals|headings|notices|stance|why)\.\$\{/g)) kinds.add(kind);
  }
  assert.equal(kinds.size, 5);
  for (const kind of kinds) assert.equal(typeof texts.unknown[kind], "string");
});
