// What goes out on a line: the track, and of the camera only the layers that somebody receives.
import assert from "node:assert/strict";
import test from "node:test";
import { leaner, put } from "../../../web/static/room/line.js";

const TRACK = /** @type {any} */ ({ kind: "video" });

/** A sender as browsers have it: parameters are copies, and come into force only when they are set. */
function sender(/** @type {string[]} */ ...rids) {
  let encodings = rids.map((rid) => ({ rid, active: true }));
  const sent = {
    track: null,
    changes: 0,
    getParameters: () => ({ encodings: structuredClone(encodings) }),
    setParameters: async (/** @type {any} */ parameters) => {
      sent.changes += 1;
      ({ encodings } = parameters);
    },
    replaceTrack: async (/** @type {any} */ track) => {
      sent.changes += 1;
      sent.track = track;
    },
    active: () => encodings.filter(({ active }) => active).map(({ rid }) => rid),
  };
  return /** @type {typeof sent & RTCRtpSender} */ (/** @type {unknown} */ (sent));
}

test("a camera goes out in the layers that somebody receives", async () => {
  const camera = sender("l", "h");
  await put(camera, TRACK, ["l"]);
  assert.deepEqual([camera.track, camera.active()], [TRACK, ["l"]]);

  await put(camera, TRACK, ["l", "h"]);
  assert.deepEqual(camera.active(), ["l", "h"]);
});

test("a camera nobody receives stays ready and encodes nothing", async () => {
  const camera = sender("l", "h");
  await put(camera, TRACK, []);
  assert.deepEqual([camera.track, camera.active()], [TRACK, []]);
});

test("a camera without layers goes out while somebody receives it", async () => {
  const camera = sender("");
  await put(camera, TRACK, ["l"]);
  assert.deepEqual(camera.active(), [""]);

  await put(camera, TRACK, []);
  assert.deepEqual(camera.active(), []);
});

test("off is no track and no encoding, whoever waits for it", async () => {
  const camera = sender("l", "h");
  await put(camera, TRACK, ["l", "h"]);
  await put(camera, null, ["l", "h"]);
  assert.deepEqual([camera.track, camera.active()], [null, []]);
});

test("a voice has no layers", async () => {
  const microphone = sender("");
  await put(microphone, TRACK);
  assert.deepEqual(microphone.active(), [""]);

  await put(microphone, null);
  assert.deepEqual(microphone.active(), []);
});

test("what is as it should be is not touched", async () => {
  const camera = sender("l", "h");
  await put(camera, TRACK, ["l"]);
  const { changes } = camera;
  await put(camera, TRACK, ["l"]);
  assert.equal(camera.changes, changes);
});

test("a lean voice changes the first section of the answer only", () => {
  const voice = "m=audio 9\r\na=fmtp:111 useinbandfec=1;maxaveragebitrate=32000\r\n";
  const answer = `v=0\r\n${voice}m=video 9\r\n${voice}`;

  const lean = "m=audio 9\r\na=fmtp:111 useinbandfec=1;maxaveragebitrate=16000\r\na=ptime:40\r\n";
  assert.equal(leaner(answer), `v=0\r\n${lean}m=video 9\r\n${voice}`);
});
