// The own camera and microphone, whenever the browser answers, or never.
import assert from "node:assert/strict";
import test from "node:test";
import { OwnDevices } from "../../../web/static/room/devices.js";
import { Browser } from "./browser.mjs";

/** @returns {Promise<{browser: Browser, devices: OwnDevices, troubles: string[]}>} both open */
async function open() {
  const browser = new Browser();
  const devices = new OwnDevices();
  /** @type {string[]} */
  const troubles = [];
  devices.addEventListener("trouble", (event) => event instanceof CustomEvent && troubles.push(event.detail.key));
  const opening = devices.open();
  await browser.allow();
  await opening;
  return { browser, devices, troubles };
}

test("what is allowed only after leaving is turned off again", async () => {
  const browser = new Browser();
  const devices = new OwnDevices();
  const opening = devices.open();

  devices.close();
  await browser.allow();
  await opening;

  assert.equal(devices.camera, null);
  assert.deepEqual(browser.given.map((track) => track.readyState), ["ended", "ended"]);
});

test("another microphone chosen while the camera is opening comes, too", async () => {
  const { browser, devices } = await open();

  const changes = [devices.choose("camera", "second"), devices.choose("microphone", "second")];
  await browser.allow();
  await browser.allow();
  await Promise.all(changes);

  assert.equal(devices.camera?.readyState, "live");
  assert.equal(devices.microphone?.readyState, "live");
  assert.deepEqual(devices.wanted, { camera: "second", microphone: "second" });
});

test("a microphone that cannot be had leaves the one before, and is said", async () => {
  const { browser, devices, troubles } = await open();

  const change = devices.choose("microphone", "taken");
  await browser.refuse("NotReadableError");
  await browser.allow();
  await change;

  assert.equal(devices.microphone?.readyState, "live");
  assert.equal(devices.wanted.microphone, "first audio");
  assert.deepEqual(troubles, ["trouble.microphone_busy"]);
});

test("an unplugged microphone is told, and gone", async () => {
  const { browser, devices, troubles } = await open();

  browser.given[0].dispatchEvent(new Event("ended"));

  assert.deepEqual(troubles, ["trouble.microphone_ended"]);
  assert.equal(devices.has("microphone"), false);
});

test("a camera that is not needed is given back, and the same one opens when it is", async () => {
  const { browser, devices } = await open();

  devices.needs(false);
  assert.equal(browser.given[1].readyState, "ended");
  assert.deepEqual([devices.camera, devices.has("camera")], [null, true]);
  assert.equal(devices.microphone?.readyState, "live");

  devices.needs(true);
  devices.needs(true);
  const { wishes, allow } = await browser.question();
  allow();
  await new Promise(setImmediate);

  assert.deepEqual(/** @type {any} */ (wishes.video).deviceId, { exact: "first video" });
  assert.equal(devices.camera?.readyState, "live");
  assert.equal(browser.questions.length, 0);
});

test("a camera that does not open again is said, and no other is taken", async () => {
  const { browser, devices, troubles } = await open();
  devices.needs(false);

  devices.needs(true);
  await browser.refuse("OverconstrainedError");

  assert.deepEqual(troubles, ["trouble.camera_missing"]);
  assert.equal(devices.has("camera"), false);
  assert.equal(browser.questions.length, 0);
});

test("one device that is refused is asked for once", async () => {
  const browser = new Browser();
  const devices = new OwnDevices();
  const opening = devices.open(["microphone"]);
  await browser.refuse("NotAllowedError");
  await opening;

  assert.deepEqual([browser.questions.length, devices.troubles], [0, ["trouble.microphone_denied"]]);
});

test("a question that is never answered holds up no other", async () => {
  const browser = new Browser();
  const devices = new OwnDevices();
  void devices.open();
  await browser.question();

  const opening = devices.open(["microphone"]);
  await browser.allow();
  await opening;

  assert.equal(devices.microphone?.readyState, "live");
  assert.equal(devices.asking, true);
});

test("an answer that comes late does not replace what was given since", async () => {
  const browser = new Browser();
  const devices = new OwnDevices();
  void devices.open(["microphone"]);
  const late = await browser.question();
  void devices.open(["microphone"]);
  await browser.allow();
  const given = devices.microphone;

  late.allow();
  await new Promise(setImmediate);

  assert.equal(devices.microphone, given);
  assert.equal(browser.given[1].readyState, "ended");
});

test("what the system mutes is known, and known again when it lets go", async () => {
  const { browser, devices } = await open();
  let changes = 0;
  devices.addEventListener("change", () => (changes += 1));

  browser.given[0].mute(true);
  assert.deepEqual([devices.muted("microphone"), changes], [true, 1]);

  browser.given[0].mute(false);
  assert.deepEqual([devices.muted("microphone"), changes], [false, 2]);
});
