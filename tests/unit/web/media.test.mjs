// A line to the room is made, whatever goes wrong at first, and what went wrong is said meanwhile.
import assert from "node:assert/strict";
import test from "node:test";
import { Line } from "../../../web/static/room/line.js";
import { Media } from "../../../web/static/room/media.js";
import { Peer, Sender, install } from "./peers.mjs";

const NOTHING = { microphone: null, camera: null, layers: [], lean: false };
const VOICE = /** @type {any} */ ({ kind: "audio" });
const PICTURE = /** @type {any} */ ({ kind: "video" });
const answer = async () => "v=0\r\n";

/** @returns {{microphone: any, camera: any}} tracks of their own */
const both = () => ({ microphone: { kind: "audio", enabled: true }, camera: { kind: "video", enabled: true } });

/** Browsers in which one thing does not work. */
const MISSING = {
  "no codec order": class extends Peer {
    /** @override @type {Peer["addTransceiver"]} */
    addTransceiver(kind, init) {
      return { ...super.addTransceiver(kind, init), setCodecPreferences: /** @type {any} */ (undefined) };
    }
  },
  "no layers": class extends Peer {
    /** @override @type {Peer["addTransceiver"]} */
    addTransceiver(kind, init) {
      if (init.sendEncodings) throw new TypeError("no layers");
      return super.addTransceiver(kind, init);
    }
  },
};

/**
 * @param {EventTarget} target
 * @param {() => boolean} condition
 */
async function until(target, condition) {
  while (!condition()) await new Promise((resolve) => target.addEventListener("change", resolve, { once: true }));
}

for (const [what, browser] of Object.entries(MISSING)) {
  test(`a browser with ${what} has a line all the same`, async () => {
    install(browser);
    const line = new Line(2, []);
    await line.open(answer);

    assert.equal(line.failed, false);
    assert.equal(Peer.all[0].made.length, 6);
  });
}

test("a connection that cannot be laid out is given back", () => {
  install(class extends Peer {
    /** @override @type {Peer["addTransceiver"]} */
    addTransceiver() {
      throw new TypeError("not here");
    }
  });

  assert.throws(() => new Line(2, []));
  assert.deepEqual(Peer.all.map(({ connectionState }) => connectionState), ["closed"]);
});

test("a line that cannot be begun is said to be the browser's trouble, and tried again", async () => {
  let works = false;
  install(class extends Peer {
    constructor() {
      if (!works) throw new TypeError("not yet");
      super();
    }
  });
  const media = new Media(2, { arrived: async () => {}, relays: async () => [], ask: answer });
  media.start();
  await until(media, () => media.struggling === "browser");

  works = true;
  await until(media, () => media.alive);

  assert.equal(media.struggling, "");
  media.stop();
});

test("what the server refuses is not the browser's trouble", async () => {
  install();
  const media = new Media(2, { arrived: async () => {}, relays: async () => [], ask: () => Promise.reject(new Error("too_fast")) });
  media.start();

  await until(media, () => media.struggling === "server");

  media.stop();
});

test("a browser that finds no way is said to be in a network that lets none through", async () => {
  install(class extends Peer {
    /** @override */
    async setRemoteDescription() {
      this.connectionState = "failed";
    }
  });
  const media = new Media(2, { arrived: async () => {}, relays: async () => [], ask: answer });
  media.start();

  await until(media, () => media.struggling === "network");

  media.stop();
});

test("a picture that the browser cannot send leaves the voice alone", async () => {
  /** @type {Sender[]} */
  const senders = [];
  install(class extends Peer {
    /** @override @type {Peer["addTransceiver"]} */
    addTransceiver(kind, init) {
      const made = super.addTransceiver(kind, init);
      if (kind === "video") made.sender.replaceTrack = async (track) => void (track && (await Promise.reject(new Error("no"))));
      senders.push(made.sender);
      return made;
    }
  });
  const line = new Line(1, []);
  await line.send({ ...NOTHING, microphone: VOICE, camera: PICTURE, layers: ["l"] });
  assert.deepEqual([senders[0].track, line.unseen], [VOICE, true]);

  await line.send({ ...NOTHING, microphone: VOICE });
  assert.equal(line.unseen, false);
});

/** @type {((_: any) => void)[]} */
let waiting = [];
const never = () => new Promise((resolve) => waiting.push(resolve)); // but at the end of the test
const refuses = () => Promise.reject(new Error("no"));

/** @typedef {{microphone: Sender, camera: Sender, peer: Peer, media: Media, server: {arrived: () => Promise<any>, ask: () => Promise<any>}}} Talking */

/** @type {Record<string, (talking: Talking) => void>} what does not come to an end while both go out */
const STUCK = {
  "the camera's track": ({ camera }) => Object.assign(camera, { replaceTrack: never }),
  "the camera's track, refused": ({ camera }) => Object.assign(camera, { replaceTrack: refuses }),
  "the camera's layers": ({ camera }) => Object.assign(camera, { setParameters: never }),
  "the camera's layers, refused": ({ camera }) => Object.assign(camera, { setParameters: refuses }),
  "the voice's track": ({ microphone }) => Object.assign(microphone, { replaceTrack: never }),
  "the voice's track, refused": ({ microphone }) => Object.assign(microphone, { replaceTrack: refuses }),
  "a description": ({ peer }) => Object.assign(peer, { setLocalDescription: never }),
  "a description, refused": ({ peer }) => Object.assign(peer, { setLocalDescription: refuses }),
  "the line for words, and the voice's track": ({ microphone, server }) => {
    Object.assign(microphone, { replaceTrack: refuses });
    server.arrived = never;
  },
  "a new line beside the old": ({ server, media }) => {
    server.ask = never;
    media.again();
  },
};

/** @returns {Promise<Talking>} a browser with layers, whose voice and picture go out */
async function talking() {
  install(class extends Peer {
    senders = /** @type {Sender[]} */ ([]);

    /** @override @type {Peer["addTransceiver"]} */
    addTransceiver(kind, init) {
      const made = super.addTransceiver(kind, init);
      let encodings = [{ active: true }];
      const getParameters = () => ({ encodings: structuredClone(encodings) });
      Object.assign(made.sender, { getParameters, setParameters: async (/** @type {any} */ set) => void ({ encodings } = set) });
      this.senders.push(made.sender);
      return made;
    }
  });
  const server = { arrived: async () => {}, ask: answer };
  const media = new Media(1, { arrived: () => server.arrived(), relays: async () => [], ask: () => server.ask() });
  media.start();
  await until(media, () => media.alive);
  const peer = /** @type {Peer & {senders: Sender[]}} */ (Peer.all[0]);
  const [microphone, camera] = peer.senders;
  return { microphone, camera, peer, media, server };
}

/** What leaves this browser: a track that is on, at a sender of a line that is not closed. */
const goingOut = () =>
  Peer.all
    .filter(({ connectionState }) => connectionState !== "closed")
    .flatMap((peer) => /** @type {Peer & {senders: Sender[]}} */ (peer).senders)
    .flatMap(({ track }) => (track?.enabled ? [track.kind] : []));

/** What is going on comes as far as it can. */
async function settle() {
  for (let turn = 0; turn < 5; turn += 1) await new Promise(setImmediate);
}

/** Timers of what waits would keep this process. */
async function end() {
  while (waiting.length > 0) {
    for (const resolve of waiting.splice(0)) resolve("");
    await settle();
  }
}

for (const [what, stick] of Object.entries(STUCK)) {
  test(`what the page calls off does not go out while this does not end: ${what}`, async () => {
    const sending = { ...both(), layers: ["l"], lean: false };
    const found = await talking();
    const { media } = found;
    media.send(sending);
    await settle();
    assert.deepEqual(goingOut(), ["audio", "video"]);

    stick(found);
    media.send({ ...sending, layers: [], lean: true });
    await settle();
    media.send({ ...sending, microphone: null, layers: [], lean: true });
    assert.equal(goingOut().includes("audio"), false);
    media.send(NOTHING);
    assert.deepEqual(goingOut(), []);
    await settle();
    assert.deepEqual(goingOut(), []);

    media.send(sending);
    assert.deepEqual([sending.microphone.enabled, sending.camera.enabled], [true, true]);
    media.stop();
    assert.deepEqual(goingOut(), []);
    await end();
  });
}

test("a device that takes another's place goes out, and the other does not", async () => {
  const [before, now] = [both(), both()];
  const { media } = await talking();
  media.send({ ...NOTHING, ...before });
  media.send({ ...NOTHING, ...now });

  assert.deepEqual([before.microphone.enabled, now.microphone.enabled], [false, true]);
  media.stop();
});

test("a picture that is looked at without a line is not made black", async () => {
  const sending = { ...NOTHING, ...both() };
  const { media } = await talking();
  media.send(sending);

  media.stop();
  media.send(NOTHING);

  assert.equal(sending.camera.enabled, true);
});

test("what comes after a change that failed is tried all the same", async () => {
  const sending = { ...NOTHING, ...both() };
  const { media, microphone, server } = await talking();
  server.arrived = never;
  const { replaceTrack } = microphone;
  Object.assign(microphone, { replaceTrack: refuses });
  media.send(sending);
  await settle();

  Object.assign(microphone, { replaceTrack });
  media.send({ ...sending, camera: null });
  await settle();

  assert.equal(microphone.track, sending.microphone);
  media.stop();
  await end();
});

test("a line that is broken is said once, and the pause between two tries is kept", async () => {
  const sending = { ...NOTHING, ...both() };
  const { media, microphone, server } = await talking();
  server.ask = refuses;
  Object.assign(microphone, { replaceTrack: refuses });
  media.addEventListener("change", () => media.send(sending)); // as the visit does

  media.send(sending);
  await settle();
  await settle();

  assert.equal(Peer.all.length, 2);
  media.stop();
});
