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
