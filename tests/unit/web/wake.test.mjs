// How a page learns that it is back: from the network, from whoever looks at it again, and from a clock that has jumped.
import assert from "node:assert/strict";
import test from "node:test";
import { Wake } from "../../../web/static/room/wake.js";

/** A page whose clock stands still unless it is moved. */
function page() {
  const here = {
    page: new EventTarget(),
    document: Object.assign(new EventTarget(), { visibilityState: "visible" }),
    network: new EventTarget(),
    at: 0,
    now: () => here.at,
    look: () => {},
    every: (/** @type {() => void} */ look) => void (here.look = look),
    /** @type {number[]} */
    told: [],
  };
  const wake = new Wake((slept) => here.told.push(slept), here);
  return Object.assign(here, { wake });
}

test("the network's return, another network, and a page that comes up are told", () => {
  const here = page();

  here.page.dispatchEvent(new Event("online"));
  here.network.dispatchEvent(new Event("change"));
  here.page.dispatchEvent(new Event("pageshow"));
  assert.deepEqual(here.told, [0, 0, 0]);
});

test("a page that is looked at again is told of, one that is left is not", () => {
  const here = page();

  here.document.visibilityState = "hidden";
  here.document.dispatchEvent(new Event("visibilitychange"));
  assert.deepEqual(here.told, []);

  here.document.visibilityState = "visible";
  here.document.dispatchEvent(new Event("visibilitychange"));
  assert.deepEqual(here.told, [0]);
});

test("a clock that goes on steadily, or is a little late, says nothing", () => {
  const here = page();

  for (const at of [1000, 2000, 7000]) {
    here.at = at;
    here.look();
  }
  assert.deepEqual(here.told, []);
});

test("a clock that has jumped says how long nothing ran", () => {
  const here = page();

  here.at = 90_000;
  here.look();
  here.at = 91_000;
  here.look();
  assert.deepEqual(here.told, [89_000]);
});

test("whichever sign comes first after a sleep says how long it was, and only once", () => {
  const here = page();

  here.at = 3_600_000;
  here.wake.look();
  here.document.dispatchEvent(new Event("visibilitychange"));
  here.look();
  assert.deepEqual(here.told, [3_599_000, 0]);
});

test("a browser that tells nothing of its network does without", () => {
  const here = page();

  assert.doesNotThrow(() => new Wake(() => {}, { ...here, network: undefined }));
});
