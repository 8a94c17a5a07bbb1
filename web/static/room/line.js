// One peer connection: the own voice and picture up, every slot of the room down, offered once.

import { within } from "./patience.js";

/** @typedef {{sound: MediaStream, picture: MediaStream}} Slot */
/**
 * @typedef {object} Sending what goes out
 * @property {MediaStreamTrack | null} microphone
 * @property {MediaStreamTrack | null} camera
 * @property {readonly string[]} layers of the camera that somebody receives; the others are not encoded
 * @property {boolean} lean voice: somebody who hears me has a narrow line
 */
/** @typedef {(sdp: string) => Promise<string>} Ask takes the offer up and brings the answer, or throws a Refusal */

const CODECS = { audio: /\/opus$/i, video: /\/(vp8|rtx)$/i };
// One picture in two sizes: 320x180, which most chairs are no larger than, and 640x360. Bits and frames a second.
const LAYERS = [
  { rid: "l", scaleResolutionDownBy: 2, maxBitrate: 150_000, maxFramerate: 24 },
  { rid: "h", scaleResolutionDownBy: 1, maxBitrate: 500_000, maxFramerate: 24 },
];
const LEAN = { packet: 40, bits: 16_000 }; // of a voice, milliseconds and bits a second; the usual stands in the answer
const PATIENCE = 12_000; // milliseconds for each thing that is asked of the browser, connecting the longest of them

/**
 * @typedef {"browser" | "server" | "network"} Step who is asked while a line is made: the browser for its offer and for taking the
 *   answer, the server for the answer, the network for a way
 */

/** One connection to the room. When it is lost it is thrown away; see media.js. */
export class Line {
  #connection;
  #senders;
  /** @type {Slot[]} */
  slots;
  /** @type {Step} where making it stands: whose fault it is that it fails here */
  step = "browser";
  unseen = false; // the browser does not send its picture; the voice goes out all the same
  /** @type {Sending | null} */
  #wanted = null;
  /** @type {Promise<void>} the last change of what is sent; each waits for the one before, and is tried also where that failed */
  #sent = Promise.resolve();
  #answer = "";
  #lean = false;

  /**
   * @param {number} slots
   * @param {RTCIceServer[]} ice servers that relay where no other way leads out
   */
  constructor(slots, ice) {
    const connection = (this.#connection = new RTCPeerConnection({ bundlePolicy: "max-bundle", iceServers: ice }));
    try {
      // One synchronous block, in the order the server expects. An encoded transform would go in `add`.
      this.#senders = {
        microphone: add(connection, "audio", { direction: "sendonly" }).sender,
        camera: addCamera(connection).sender,
      };
      this.slots = Array.from({ length: slots }, () => ({
        sound: new MediaStream([add(connection, "audio", { direction: "recvonly" }).receiver.track]),
        picture: new MediaStream([add(connection, "video", { direction: "recvonly" }).receiver.track]),
      }));
    } catch (error) {
      connection.close(); // browsers allow only so many at a time
      throw error;
    }
  }

  /** @returns {boolean} */
  get failed() {
    const { transport } = this.#senders.microphone; // its state tells at once when the server has said goodbye
    return [this.#connection.connectionState, transport?.state].some((state) => state === "failed" || state === "closed");
  }

  /** Whether the browser itself is in doubt; Firefox says so at once when its network is another one. */
  get doubtful() {
    return this.#connection.connectionState === "disconnected";
  }

  /** @param {() => void} tell when the browser begins to doubt */
  onDoubt(tell) {
    this.#connection.addEventListener("connectionstatechange", () => this.doubtful && tell());
  }

  /** @param {Ask} ask */
  async open(ask) {
    await within(PATIENCE, this.#connection.setLocalDescription());
    const offer = this.#connection.localDescription?.sdp ?? "";
    this.step = "server";
    this.#answer = await ask(offer.replace(/^a=candidate.*\r\n/gm, "")); // the server never looks for the browser
    this.step = "browser";
    await within(PATIENCE, this.#connection.setRemoteDescription({ type: "answer", sdp: this.#answer }));
    this.step = "network";
    await within(PATIENCE, this.#connected());
  }

  /**
   * Asking for what goes out already costs nothing. Throws where the voice cannot be changed; a picture that cannot only makes
   * the line `unseen`.
   *
   * @param {Sending} sending
   */
  send(sending) {
    if (this.#wanted && alike(this.#wanted, sending)) return this.#sent;
    this.#wanted = sending;
    this.#sent = this.#sent.catch(() => {}).then(async () => {
      if (this.#wanted !== sending) return; // something newer waits already
      const { microphone, camera, layers, lean } = sending;
      await within(PATIENCE, this.#speak(lean)); // first: it makes every layer active again
      const voice = within(PATIENCE, put(this.#senders.microphone, microphone));
      await Promise.all([voice, this.#show(camera, layers)]);
    });
    return this.#sent;
  }

  /**
   * @param {MediaStreamTrack | null} camera
   * @param {readonly string[]} layers
   */
  async #show(camera, layers) {
    try {
      await within(PATIENCE, put(this.#senders.camera, camera, layers));
      this.unseen = false;
    } catch (error) {
      if (camera === null) throw error; // a picture that cannot be taken back: another line is without it
      this.unseen = true;
    }
  }

  /**
   * Packet length is agreed in descriptions only; but of how I speak the server need not hear, so its answer is read anew.
   *
   * @param {boolean} lean
   */
  async #speak(lean) {
    if (lean === this.#lean) return;
    this.#lean = lean;
    try {
      await this.#connection.setLocalDescription();
      const sdp = lean ? leaner(this.#answer) : this.#answer;
      await this.#connection.setRemoteDescription({ type: "answer", sdp });
    } catch {
      // The voice goes on as it is: another connection would fare no better.
    }
  }

  close() {
    this.#connection.close();
  }

  /** @returns {Promise<number>} bytes that have come in, over the pair in use (Firefox has no such number elsewhere) */
  async received() {
    let most = 0;
    (await this.#connection.getStats()).forEach((entry) => {
      if (entry.type === "candidate-pair") most = Math.max(most, entry.bytesReceived ?? 0);
    });
    return most;
  }

  /** @returns {Promise<void>} */
  #connected() {
    const connection = this.#connection;
    return new Promise((resolve, reject) => {
      const look = () => {
        if (connection.connectionState === "connected") resolve();
        if (this.failed) reject(new Error("the connection failed"));
      };
      connection.addEventListener("connectionstatechange", look);
      look();
    });
  }
}

/**
 * Order and choice of codecs are a wish: a browser that cannot say it offers all it has, and the server chooses.
 *
 * @param {RTCPeerConnection} connection
 * @param {"audio" | "video"} kind
 * @param {RTCRtpTransceiverInit} init
 */
function add(connection, kind, init) {
  const transceiver = connection.addTransceiver(kind, init);
  try {
    const known = RTCRtpReceiver.getCapabilities(kind)?.codecs ?? [];
    transceiver.setCodecPreferences(known.filter((codec) => CODECS[kind].test(codec.mimeType)));
  } catch {
    // Firefox before 128 has no such call.
  }
  return transceiver;
}

/**
 * In two layers, or in one where the browser knows no layers.
 *
 * @param {RTCPeerConnection} connection
 */
function addCamera(connection) {
  try {
    return add(connection, "video", { direction: "sendonly", sendEncodings: LAYERS });
  } catch {
    return add(connection, "video", { direction: "sendonly" });
  }
}

/**
 * @param {Sending} one
 * @param {Sending} other
 */
function alike(one, other) {
  const same = one.microphone === other.microphone && one.camera === other.camera && one.lean === other.lean;
  return same && String(one.layers) === String(other.layers);
}

/**
 * The same answer to somebody who is to speak leaner: the first section is the microphone's.
 *
 * @param {string} answer
 */
export function leaner(answer) {
  const end = answer.indexOf("m=video");
  const voice = answer.slice(0, end).replace(/maxaveragebitrate=\d+/, `maxaveragebitrate=${LEAN.bits}`);
  return `${voice}a=ptime:${LEAN.packet}\r\n${answer.slice(end)}`;
}

/**
 * Off is no track, and encodings that stand still: without the second, Firefox sends black pictures.
 *
 * @param {RTCRtpSender} sender
 * @param {MediaStreamTrack | null} track
 * @param {readonly string[]} [layers] that go out; missing: all there are
 */
export async function put(sender, track, layers) {
  const changes = []; // all at once: whoever comes back is seen sooner
  const parameters = sender.getParameters();
  if (sender.track !== track) changes.push(sender.replaceTrack(track));
  const received = (/** @type {string | undefined} */ rid) => !layers || (rid ? layers.includes(rid) : layers.length > 0);
  const goes = (/** @type {RTCRtpEncodingParameters} */ { rid }) => track !== null && received(rid);
  if (parameters.encodings.some((encoding) => encoding.active !== goes(encoding))) {
    for (const encoding of parameters.encodings) encoding.active = goes(encoding);
    changes.push(sender.setParameters(parameters));
  }
  await Promise.all(changes);
}
