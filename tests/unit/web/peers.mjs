// A browser's peer connections, as far as a line asks for them: they connect as soon as they have an answer.

/** @typedef {{kind: string, init: RTCRtpTransceiverInit, preferred: boolean}} Made */

export class Peer extends EventTarget {
  /** @type {Peer[]} every one that was made since `install` */
  static all = [];

  connectionState = "new";
  localDescription = { sdp: "v=0\r\n" };
  /** @type {Made[]} */
  made = [];

  constructor() {
    super();
    Peer.all.push(this);
  }

  /**
   * @param {string} kind
   * @param {RTCRtpTransceiverInit} init
   */
  addTransceiver(kind, init) {
    const made = { kind, init, preferred: false };
    this.made.push(made);
    const setCodecPreferences = () => (made.preferred = true);
    return { sender: new Sender(), receiver: { track: { kind } }, setCodecPreferences };
  }

  async setLocalDescription() {}

  async setRemoteDescription() {
    this.#become("connected");
  }

  async getStats() {
    return new Map();
  }

  close() {
    this.connectionState = "closed";
  }

  /** @param {string} state */
  #become(state) {
    this.connectionState = state;
    this.dispatchEvent(new Event("connectionstatechange"));
  }
}

export class Sender {
  /** @type {MediaStreamTrack | null} */
  track = null;

  getParameters() {
    return { encodings: [] };
  }

  /** @param {MediaStreamTrack | null} track */
  async replaceTrack(track) {
    this.track = track;
  }
}

/** @param {new () => Peer} peer what this browser makes its connections of */
export function install(peer = Peer) {
  Peer.all = [];
  Object.assign(globalThis, {
    RTCPeerConnection: peer,
    RTCRtpReceiver: { getCapabilities: () => ({ codecs: [] }) },
    MediaStream: class {},
  });
}
