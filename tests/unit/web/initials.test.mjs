// Whoever has no picture is known by letters, whatever the script of the name.
import assert from "node:assert/strict";
import test from "node:test";
import { initials } from "../../../web/static/room/initials.js";

/** @type {Record<string, string>} */
const NAMES = {
  Ada: "A",
  "Ada Lovelace": "AL",
  "  Dr. med. Ada   Maria Lovelace ": "DL",
  "👩‍⚕️ Zoë 🇨🇭": "Z",
  "(ضيف)": "ض",
  "e\u0301lan vital": "E\u0301V",
  "क्षमा देवी": "क्षदे",
  "ada (Klinik)": "AK",
  "👩‍⚕️ 🇨🇭": "",
  "42": "",
  "": "",
};

for (const [name, letters] of Object.entries(NAMES)) {
  test(`“${name}” is ${letters || "nothing that has letters"}`, () => assert.equal(initials(name), letters));
}
