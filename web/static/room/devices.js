// Camera and microphone: asking for them, choosing them, and saying plainly what is wrong.

/** @typedef {"microphone" | "camera"} Device */
/** @typedef {{microphone: string, camera: string}} Wanted device ids, "" for any */

const SOUND = { echoCancellation: true, noiseSuppression: false, autoGainControl: false }; // a breath is not noise
const PICTURE = { width: { ideal: 640 }, height: { ideal: 360 }, frameRate: { ideal: 24, max: 30 } };

/** @type {Record<string, "denied" | "missing">} by the browser's name for it; anything else is "busy" */
const PROBLEMS = { NotAllowedError: "denied", SecurityError: "denied", NotFoundError: "missing" };

/** @returns {string | null} the key of what is missing, or null if this browser can take part */
export function missing() {
  if (!window.isSecureContext) return "trouble.insecure";
  if (!window.RTCPeerConnection || !navigator.mediaDevices?.getUserMedia) return "trouble.unsupported";
  return null;
}

/**
 * The own devices. Tracks stay alive while they are turned off, so that coming back asks for nothing.
 * Tells `change`, and `taken` when a device was unplugged or taken away.
 */
export class OwnDevices extends EventTarget {
  /** @type {MediaStreamTrack | null} */
  microphone = null;
  /** @type {MediaStreamTrack | null} */
  camera = null;
  /** @type {Wanted} */
  wanted = { microphone: "", camera: "" };
  /** @type {string[]} keys of sentences */
  troubles = [];
  /** @type {MediaDeviceInfo[]} */
  list = [];
  asking = false;
  /** @type {Promise<void>} the last question to the browser; questions wait for one another */
  #asked = Promise.resolve();
  #closed = false;

  /**
   * Opens what is not open yet; both at once, so that the browser asks once.
   *
   * @param {readonly Device[]} which
   */
  open(which = ["microphone", "camera"]) {
    this.#asked = this.#asked.then(() => this.#open(which));
    return this.#asked;
  }

  /** @param {readonly Device[]} which */
  async #open(which) {
    const closed = which.filter((device) => this[device]?.readyState !== "live");
    if (closed.length === 0 || this.#closed) return;
    this.#say({ asking: true, troubles: this.troubles.filter((key) => !closed.some((device) => key.includes(device))) });
    const problems = (await this.#ask(closed)) ? await this.#askEach(closed) : [];
    this.list = await navigator.mediaDevices.enumerateDevices();
    this.#say({ asking: false, troubles: together([...this.troubles, ...problems]) });
  }

  /**
   * @param {Device} device
   * @param {string} id
   */
  async choose(device, id) {
    this.wanted = { ...this.wanted, [device]: id };
    this[device]?.stop();
    this[device] = null;
    await this.open([device]);
  }

  /** Whatever the browser still allows is given back at once. For good, unless they are wanted here again. */
  close() {
    this.#closed = true;
    this.microphone?.stop();
    this.camera?.stop();
    this.microphone = this.camera = null;
    this.#say({});
  }

  /**
   * Gives one back, until it is asked for again.
   *
   * @param {Device} device
   */
  release(device) {
    this[device]?.stop();
    this[device] = null;
    this.#say({});
  }

  /** My place has come back to this window. */
  reopen() {
    this.#closed = false;
  }

  /** @param {readonly Device[]} which */
  async #askEach(which) {
    const problems = [];
    for (const device of which) {
      const problem = await this.#ask([device]);
      if (problem) problems.push(`trouble.${device}_${problem}`);
    }
    return problems;
  }

  /**
   * @param {readonly Device[]} which
   * @returns {Promise<"" | "denied" | "missing" | "busy">} what was in the way
   */
  async #ask(which) {
    try {
      const stream = await navigator.mediaDevices.getUserMedia(this.#constraints(which));
      if (this.#closed) for (const track of stream.getTracks()) track.stop(); // allowed only after leaving
      else this.#take(stream);
      return "";
    } catch (error) {
      const name = error instanceof Error ? error.name : "";
      if (name === "OverconstrainedError" && which.some((device) => this.wanted[device])) {
        this.wanted = { microphone: "", camera: "" }; // the remembered device is gone: any will do
        return this.#ask(which);
      }
      return PROBLEMS[name] ?? "busy";
    }
  }

  /**
   * @param {readonly Device[]} which
   * @returns {MediaStreamConstraints}
   */
  #constraints(which) {
    const exactly = (/** @type {Device} */ device) =>
      this.wanted[device] ? { deviceId: { exact: this.wanted[device] } } : {};
    return {
      audio: which.includes("microphone") && { ...SOUND, ...exactly("microphone") },
      video: which.includes("camera") && { ...PICTURE, ...exactly("camera") },
    };
  }

  /** @param {MediaStream} stream */
  #take(stream) {
    for (const track of stream.getTracks()) {
      const device = track.kind === "audio" ? "microphone" : "camera";
      this[device]?.stop();
      this[device] = track;
      this.wanted = { ...this.wanted, [device]: track.getSettings().deviceId ?? "" };
      track.addEventListener("ended", () => {
        if (this[device] !== track) return;
        this[device] = null;
        this.#say({ troubles: [`trouble.${device}_ended`] });
        this.dispatchEvent(new CustomEvent("taken", { detail: device }));
      });
    }
  }

  /** @param {Partial<Pick<OwnDevices, "asking" | "troubles">>} news */
  #say(news) {
    Object.assign(this, news);
    this.dispatchEvent(new Event("change"));
  }
}

/**
 * Two refusals are one sentence.
 *
 * @param {string[]} keys
 */
function together(keys) {
  const both = ["trouble.microphone_denied", "trouble.camera_denied"];
  if (!both.every((key) => keys.includes(key))) return [...new Set(keys)];
  return ["trouble.denied", ...keys.filter((key) => !both.includes(key))];
}
