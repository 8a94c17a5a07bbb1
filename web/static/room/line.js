// One peer connection: the own voice and picture up, every slot of the room down, offered once.

/** @typedef {{sound: MediaStream, picture: MediaStream}} Slot */
/** @typedef {{microphone: MediaStreamTrack | null, camera: MediaStreamTrack | null}} Tracks */
/** @typedef {(sdp: string) => Promise<string>} Ask takes the offer up and brings the answer, or throws a Refusal */

const CODECS = { audio: /\/opus$/i, video: /\/(vp8|rtx)$/i };
const PICTURE_BITRATE = 600_000; // bits a second: 640x360 with a quiet background needs less
const PATIENCE = 12_000; // milliseconds until a connection counts as failed

/** One connection to the room. When it is lost it is thrown away; see media.js. */
export class Line {
  #connection;
  #senders;
  /** @type {Slot[]} */
  slots;
  /** @type {Promise<void>} the last change of what is sent; changes wait for one another */
  #sent = Promise.resolve();

  /**
   * @param {number} slots
   * @param {RTCIceServer[]} ice servers that relay where no other way leads out
   */
  constructor(slots, ice) {
    this.#connection = new RTCPeerConnection({ bundlePolicy: "max-bundle", iceServers: ice });
    // One synchronous block, in the order the server expects. An encoded transform would go in `#add`.
    this.#senders = {
      microphone: this.#add("audio", { direction: "sendonly" }).sender,
      camera: this.#add("video", { direction: "sendonly", sendEncodings: [{ maxBitrate: PICTURE_BITRATE }] }).sender,
    };
    this.slots = Array.from({ length: slots }, () => ({
      sound: new MediaStream([this.#add("audio", { direction: "recvonly" }).receiver.track]),
      picture: new MediaStream([this.#add("video", { direction: "recvonly" }).receiver.track]),
    }));
  }

  /** @returns {boolean} */
  get failed() {
    return ["failed", "closed"].includes(this.#connection.connectionState);
  }

  /** @param {Ask} ask */
  async open(ask) {
    await this.#connection.setLocalDescription();
    const offer = this.#connection.localDescription?.sdp ?? "";
    const answer = await ask(offer.replace(/^a=candidate.*\r\n/gm, "")); // the server never looks for the browser
    await this.#connection.setRemoteDescription({ type: "answer", sdp: answer });
    await this.#connected();
  }

  /** @param {Tracks} tracks */
  send(tracks) {
    this.#sent = this.#sent.then(async () => {
      await Promise.all([put(this.#senders.microphone, tracks.microphone), put(this.#senders.camera, tracks.camera)]);
    });
    return this.#sent;
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

  /**
   * @param {"audio" | "video"} kind
   * @param {RTCRtpTransceiverInit} init
   */
  #add(kind, init) {
    const transceiver = this.#connection.addTransceiver(kind, init);
    const known = RTCRtpReceiver.getCapabilities(kind)?.codecs ?? [];
    transceiver.setCodecPreferences(known.filter((codec) => CODECS[kind].test(codec.mimeType)));
    return transceiver;
  }

  /** @returns {Promise<void>} */
  #connected() {
    const connection = this.#connection;
    return new Promise((resolve, reject) => {
      const timer = setTimeout(() => reject(new Error("no connection in time")), PATIENCE);
      const look = () => {
        if (connection.connectionState === "connected") resolve();
        if (this.failed) reject(new Error("the connection failed"));
        if (connection.connectionState !== "connecting" && connection.connectionState !== "new") clearTimeout(timer);
      };
      connection.addEventListener("connectionstatechange", look);
      look();
    });
  }
}

/**
 * Off is no track, and an encoding that stands still: without the second, Firefox sends black pictures.
 *
 * @param {RTCRtpSender} sender
 * @param {MediaStreamTrack | null} track
 */
async function put(sender, track) {
  if (sender.track === track) return;
  const parameters = sender.getParameters();
  const changes = [sender.replaceTrack(track)]; // both at once: whoever comes back is seen sooner
  if (parameters.encodings.length > 0 && parameters.encodings[0].active !== (track !== null)) {
    parameters.encodings[0].active = track !== null;
    changes.push(sender.setParameters(parameters));
  }
  await Promise.all(changes);
}
