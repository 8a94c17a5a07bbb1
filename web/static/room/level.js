// How loud the own microphone is, for the bar that shows it before coming in.

import { audio } from "./sound.js";

/** Watches one microphone at a time. */
export class Level {
  /** @type {MediaStreamTrack | null} */
  #track = null;
  #stop = () => {};
  #tell;

  /** @param {(level: number | null) => void} tell 0 to 1, about twelve times a second; null where it cannot be measured */
  constructor(tell) {
    this.#tell = tell;
  }

  /** @param {MediaStreamTrack | null} track null: nobody looks */
  follow(track) {
    if (track === this.#track) return;
    this.#stop();
    this.#track = track;
    this.#stop = track ? meter(track, this.#tell) : () => {};
  }
}

/**
 * Measures a clone: the track itself is silent while it is turned off.
 *
 * @param {MediaStreamTrack} track
 * @param {(level: number | null) => void} tell
 * @returns {() => void} stops it
 */
function meter(track, tell) {
  const ear = Object.assign(track.clone(), { enabled: true });
  try {
    const stop = measure(ear, tell);
    return () => {
      stop();
      ear.stop();
    };
  } catch {
    ear.stop(); // no sound hardware, or in Firefox a microphone of another sample rate than the loudspeaker's
    queueMicrotask(() => tell(null));
    return () => {};
  }
}

/**
 * @param {MediaStreamTrack} track
 * @param {(level: number) => void} tell
 * @returns {() => void} stops it
 */
function measure(track, tell) {
  const room = audio();
  if (!room) throw new Error("no sound here");
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
