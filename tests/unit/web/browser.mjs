// A browser's camera and microphone, which answers when the test says so.

/** A browser whose permission is given when the test says so. */
export class Browser {
  /** @type {{wishes: MediaStreamConstraints, allow: () => void, refuse: (name: string) => void}[]} */
  questions = [];
  /** @type {Track[]} */
  given = [];
  /** @type {Partial<MediaDeviceInfo>[]} */
  plugged = [];
  /** @type {PermissionState | null} of the microphone; null where the browser does not say */
  permission = null;

  constructor() {
    const mediaDevices = Object.assign(new EventTarget(), {
      getUserMedia: (/** @type {MediaStreamConstraints} */ wishes) =>
        new Promise((resolve, reject) => {
          const allow = () => resolve(this.#stream(wishes));
          const refuse = (/** @type {string} */ name) => reject(Object.assign(new Error(), { name }));
          this.questions.push({ wishes, allow, refuse });
        }),
      enumerateDevices: async () => this.plugged,
    });
    const query = async () => {
      if (this.permission === null) throw new TypeError();
      return { state: this.permission };
    };
    Object.defineProperty(globalThis, "navigator", { value: { mediaDevices, permissions: { query } }, configurable: true });
    Object.assign(globalThis, { MediaStream: Stream });
  }

  /** The oldest question that waits, as soon as there is one. */
  async question() {
    while (this.questions.length === 0) await new Promise(setImmediate);
    return /** @type {Browser["questions"][number]} */ (this.questions.shift());
  }

  async allow() {
    (await this.question()).allow();
    await new Promise(setImmediate);
  }

  /** @param {string} name of the browser's error */
  async refuse(name) {
    (await this.question()).refuse(name);
    await new Promise(setImmediate);
  }

  /** @param {MediaStreamConstraints} wishes */
  #stream({ audio, video }) {
    const tracks = [...(audio ? [new Track("audio", audio)] : []), ...(video ? [new Track("video", video)] : [])];
    this.given.push(...tracks);
    return { getTracks: () => tracks };
  }
}

class Stream {
  /** @param {Track[]} tracks */
  constructor(tracks) {
    this.getVideoTracks = () => tracks;
  }
}

export class Track extends EventTarget {
  readyState = "live";
  enabled = true;
  muted = false;

  /**
   * @param {"audio" | "video"} kind
   * @param {any} wish
   */
  constructor(kind, wish) {
    super();
    this.kind = kind;
    this.getSettings = () => ({ deviceId: wish.deviceId?.exact ?? `first ${kind}` });
  }

  /** Another track of the same device, with an end and a switch of its own. */
  clone() {
    return Object.assign(new Track(this.kind, { deviceId: { exact: this.getSettings().deviceId } }), { enabled: this.enabled });
  }

  stop() {
    this.readyState = "ended";
  }

  /** @param {boolean} muted by the system */
  mute(muted) {
    this.muted = muted;
    this.dispatchEvent(new Event(muted ? "mute" : "unmute"));
  }
}
