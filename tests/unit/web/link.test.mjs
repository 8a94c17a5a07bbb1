// Under another name of the server a link's page leads to the right one, and its secret goes along.
import assert from "node:assert/strict";
import test from "node:test";
import { elsewhere } from "../../../web/static/room/link.js";

const HASH = "#0123456789abcdef0123456789abcdef";
const OURS = { origin: "https://balint.example.org", origins: ["https://balint.example.org"] };

test("under its own name a page stays where it is", () => {
  assert.equal(elsewhere({ origin: "https://balint.example.org", hash: HASH }, OURS), null);
});

test("under another name it leads to its own, and the secret stays in the fragment", () => {
  for (const origin of ["https://www.balint.example.org", "http://balint.example.org", "https://203.0.113.7:8443"]) {
    assert.equal(elsewhere({ origin, hash: HASH }, OURS), `https://balint.example.org/join${HASH}`);
  }
});

test("where nobody has said where browsers are to come it is said that this is another name", () => {
  const local = { origin: "", origins: ["http://localhost:8080", "http://127.0.0.1:8080"] };
  assert.equal(elsewhere({ origin: "http://192.168.1.5:8080", hash: HASH }, local), "");
  assert.equal(elsewhere({ origin: "http://127.0.0.1:8080", hash: HASH }, local), null);
});
