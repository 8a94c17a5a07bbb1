// Camera and microphone: asking for them, choosing them, and saying plainly what is wrong.

import { audio } from "./sound.js";

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

/** The own devices. Tracks stay alive while they are turned off, so that coming back asks for nothing. */
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

  /**
   * Opens what is not open yet; both at once, so that the browser asks once.
   *
   * @param {readonly Device[]} which
   */
  async open(which = ["microphone", "camera"]) {
    const closed = which.filter((device) => this[device]?.readyState !== "live");
    if (closed.length === 0 || this.asking) return;
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

  close() {
    this.microphone?.stop();
    this.camera?.stop();
    this.microphone = this.camera = null;
    this.#say({});
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
      this.#take(await navigator.mediaDevices.getUserMedia(this.#constraints(which)));
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

/**
 * Watches how loud a microphone is, until stopped.
 *
 * @param {MediaStreamTrack} track
 * @param {(level: number) => void} tell 0 to 1, about twelve times a second
 * @returns {() => void} stops it
 */
export function meter(track, tell) {
  const room = audio();
  const source = room.createMediaStreamSource(new MediaStream([track]));
  const analyser = new AnalyserNode(room, { fftSize: 1024 });
  source.connect(analyser);
  const wave = new Float32Array(analyser.fftSize);
  const timer = setInterval(() => {
    analyser.getFloatTimeDomainData(wave);
    const loud = Math.sqrt(wave.reduce((sum, value) => sum + value * value, 0) / wave.length);
    tell(Math.min(1, Math.max(0, 1 + Math.log10(loud + 1e-6) / 2.4)));
  }, 80);
  return () => {
    clearInterval(timer);
    source.disconnect();
  };
}
