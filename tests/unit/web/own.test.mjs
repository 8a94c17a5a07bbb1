// What of me goes out, and whether my camera's light says the same.
import assert from "node:assert/strict";
import test from "node:test";
import { Own } from "../../../web/static/room/own.js";
import { Browser } from "./browser.mjs";

const CIRCLE = { may_speak: true, may_show: true, group: "circle", state: "here" };
const BACK = { ...CIRCLE, may_speak: false, may_show: false, state: "back" };
const LOBBY = { ...CIRCLE, may_speak: false, may_show: false };
const yes = async () => true;

/** @param {typeof CIRCLE} now */
const room = ({ may_speak, may_show, group, state }) =>
  /** @type {import("../../../web/static/room/types.js").Snapshot} */ (
    /** @type {unknown} */ ({
      phase: "account",
      me: { person: "p1", place: "inside", may_speak, may_show, carries: "all" },
      people: [{ person: "p1", state, group, floor: false }],
    })
  );

/** @returns {Promise<{browser: Browser, own: Own, troubles: string[]}>} at the device check, both open */
async function checked() {
  const browser = new Browser();
  const own = new Own(true);
  /** @type {string[]} */
  const troubles = [];
  own.addEventListener("trouble", (event) => event instanceof CustomEvent && troubles.push(event.detail));
  const opening = own.devices.open();
  await browser.allow();
  await opening;
  return { browser, own, troubles };
}

/** @param {typeof CIRCLE} now */
async function seated(now = CIRCLE) {
  const found = await checked();
  found.own.enter();
  found.own.at("room");
  found.own.follow(room(now));
  return found;
}

const lights = (/** @type {Browser} */ { given }) => given.filter(({ kind }) => kind === "video").map(({ readyState }) => readyState);

test("before coming in the camera runs while it is to be on", async () => {
  const { browser, own } = await checked();
  assert.deepEqual(lights(browser), ["live"]);

  own.look(false);
  assert.deepEqual(lights(browser), ["ended"]);

  own.look(true);
  await browser.allow();
  assert.deepEqual(lights(browser), ["ended", "live"]);
});

test("whoever comes in without the camera has no light on", async () => {
  const browser = new Browser();
  const own = new Own(false);
  void own.tryOut();
  await browser.allow();
  assert.deepEqual(lights(browser), ["live"]);

  own.at("room");
  assert.deepEqual(lights(browser), ["ended"]);
});

test("a camera that the phase does not show is off, and goes on with the phase", async () => {
  const { browser, own } = await seated(LOBBY);
  assert.deepEqual(lights(browser), ["ended"]);
  assert.equal(own.shown.camera, true);

  own.follow(room(CIRCLE));
  await browser.allow();

  assert.deepEqual(lights(browser), ["ended", "live"]);
  assert.equal(own.tracks.camera, own.devices.camera);
});

test("a camera turned off is off, and on again by a press", async () => {
  const { browser, own } = await seated();
  own.turnOff("camera");
  assert.deepEqual([lights(browser), own.tracks.camera], [["ended"], null]);

  const turning = own.turnOn("camera", yes);
  await browser.allow();
  await turning;

  assert.deepEqual(lights(browser), ["ended", "live"]);
  assert.equal(own.tracks.camera, own.devices.camera);
  assert.equal(browser.questions.length, 0);
});

/** @typedef {Awaited<ReturnType<typeof seated>>} Seated */

/** @type {Record<string, (seated: Seated, device: import("../../../web/static/room/devices.js").Device) => unknown>} */
const CALLS_OFF = {
  "turning it off": ({ own }, device) => own.turnOff(device),
  "sitting back": ({ own }) => own.follow(room(BACK)),
  leaving: ({ own }) => own.at("over"),
  sleeping: ({ own }) => own.doze(180_000, async () => false),
};

for (const device of /** @type {const} */ (["microphone", "camera"])) {
  for (const [what, callOff] of Object.entries(CALLS_OFF)) {
    for (const answer of ["allowed", "refused"]) {
      test(`a ${device} whose first question is ${answer} after ${what} stays off`, async () => {
        const found = await seated();
        const { browser, own, troubles } = found;
        own.turnOff(device);
        own.devices.release(device);
        const overlooked = own.turnOn(device, yes);
        const late = await browser.question();
        const again = own.turnOn(device, yes);
        await browser.allow();
        await again;
        assert.equal(own.tracks[device], own.devices[device]);

        await callOff(found, device);
        const { choice } = own;
        if (answer === "allowed") late.allow();
        else late.refuse("NotAllowedError");
        await overlooked;

        assert.deepEqual([own.choice[device], own.tracks[device], troubles], [choice[device], null, []]);
        if (device === "camera") assert.deepEqual(new Set(lights(browser)), new Set(["ended"]));
      });
    }
  }
}

for (const [what, callOff] of Object.entries(CALLS_OFF)) {
  test(`a press that the browser has not answered is forgotten by ${what}`, async () => {
    const found = await seated();
    const { browser, own } = found;
    own.turnOff("microphone");
    own.devices.release("microphone");
    const turning = own.turnOn("microphone", yes);

    await callOff(found, "microphone");
    await browser.allow();
    await turning;

    assert.equal(own.choice.microphone, false);
  });
}

test("a camera that was turned on by the second press goes dark with the phase while the first waits", async () => {
  const { browser, own } = await seated();
  own.turnOff("camera");
  own.devices.release("camera");
  void own.turnOn("camera", yes);
  await browser.question();
  const second = own.turnOn("camera", yes);
  await browser.allow();
  await second;

  own.follow(room(LOBBY));

  assert.deepEqual(lights(browser), ["ended", "ended"]);
});

test("a camera's first question that is refused leaves the second to be answered", async () => {
  const { browser, own } = await seated();
  own.turnOff("camera");
  own.devices.release("camera");
  const first = own.turnOn("camera", yes);
  const second = own.turnOn("camera", yes);
  await browser.refuse("NotAllowedError");
  await first;
  await browser.allow();
  await second;

  assert.equal(own.choice.camera, true);
  assert.equal(own.tracks.camera, own.devices.camera);
});

test("a microphone called off while the server is asked for the word stays off", async () => {
  const { own } = await seated();
  own.turnOff("microphone");
  /** @type {(may: boolean) => void} */
  let say = () => {};
  const asked = new Promise((/** @type {(_: void) => void} */ resolve) => {
    void own.turnOn("microphone", () => new Promise((answer) => resolve(void (say = answer)))).then(() => resolve());
  });
  await asked;
  own.turnOff("microphone");
  say(true);
  await new Promise(setImmediate);

  assert.deepEqual([own.choice.microphone, own.tracks.microphone], [false, null]);
});

test("sitting back turns the camera off; coming back turns it on, the voice at once", async () => {
  const { browser, own } = await seated();
  own.follow(room(BACK));
  assert.deepEqual(lights(browser), ["ended"]);
  assert.equal(browser.given[0].readyState, "live");

  const coming = own.comeBack(yes, true);
  assert.equal(own.tracks.microphone, own.devices.microphone);
  await browser.allow();
  own.follow(room(CIRCLE));
  await coming;

  assert.deepEqual(lights(browser), ["ended", "live"]);
  assert.equal(own.tracks.camera, own.devices.camera);
});

test("whoever may not come back has the camera off again", async () => {
  const { browser, own } = await seated();
  own.follow(room(BACK));

  const coming = own.comeBack(async () => false, true);
  await browser.allow();
  await coming;

  assert.deepEqual(lights(browser), ["ended", "ended"]);
});

test("a camera that does not go on again is said, and is off for the others", async () => {
  const { browser, own, troubles } = await seated(LOBBY);
  own.follow(room(CIRCLE));
  await browser.refuse("NotReadableError");

  assert.deepEqual(troubles, ["trouble.camera_busy"]);
  assert.equal(own.shown.camera, false);
});

test("a browser that never answers keeps nobody from coming in, and a press asks anew", async () => {
  const browser = new Browser();
  const own = new Own(true);
  own.at("room");
  void own.open();
  await browser.question();
  own.follow(room(CIRCLE));
  assert.deepEqual(own.shown, { microphone: false, camera: false });

  const turning = own.turnOn("microphone", yes);
  await browser.allow();
  await turning;

  assert.equal(own.tracks.microphone, own.devices.microphone);
});

test("what could not be had before coming in is not asked for again", async () => {
  const browser = new Browser();
  const own = new Own(true);
  const opening = own.devices.open();
  for (let question = 0; question < 3; question += 1) await browser.refuse("NotFoundError");
  await opening;

  own.enter();
  own.at("room");
  void own.open();

  assert.equal(browser.questions.length, 0);
});

test("what the system has muted is off for the others, and on again by itself", async () => {
  const { browser, own } = await seated();

  browser.given[0].mute(true);
  assert.deepEqual(own.shown, { microphone: false, camera: true });
  assert.equal(own.turnedOn("microphone"), true);

  browser.given[0].mute(false);
  assert.deepEqual(own.shown, { microphone: true, camera: true });
});

test("whoever has slept is silent, also while it is not certain", async () => {
  const { own } = await seated();
  /** @type {(awake: boolean) => void} */
  let say = () => {};
  const dozing = own.doze(180_000, () => new Promise((resolve) => (say = resolve)));
  assert.deepEqual(own.tracks, { microphone: null, camera: null });
  assert.deepEqual(own.brought, { microphone: false, camera: false });

  say(false);
  await dozing;

  assert.deepEqual(own.choice, { microphone: false, camera: false, returning: true });
});

test("a clock that was put right turns nothing off", async () => {
  const { browser, own } = await seated();

  const dozing = own.doze(180_000, yes);
  await dozing;
  await browser.allow();

  assert.deepEqual(own.choice, { microphone: true, camera: true, returning: false });
  assert.equal(own.tracks.microphone, own.devices.microphone);
});

test("to be played to the microphone is opened where that needs no question, and nothing goes out", async () => {
  for (const [permission, asked] of /** @type {const} */ ([["granted", 1], ["prompt", 0], ["denied", 0], [null, 0]])) {
    const browser = new Browser();
    const own = new Own(false);
    own.at("room");
    own.follow(room(BACK));
    browser.permission = permission;

    const listening = own.listen();
    await new Promise(setImmediate);
    assert.equal(browser.questions.length, asked, String(permission));
    if (asked) await browser.allow();
    await listening;

    assert.equal(own.devices.microphone !== null, asked === 1);
    assert.deepEqual(own.tracks, { microphone: null, camera: null });
  }
});
