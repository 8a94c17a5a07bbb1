// Soft sounds: one for a phase that changes, one for trying the headphones.

/** @type {AudioContext | null} */
let context = null;
let sink = "";

/** @returns {AudioContext | null} one for the page: browsers allow few of them; null where there is none to be had */
export function audio() {
  try {
    if (!context) move((context = new AudioContext()));
  } catch {
    return null; // no sound hardware, or a browser that keeps this from pages: the room works without
  }
  wake();
  return context;
}

/**
 * Soft sounds come from where the room is heard.
 *
 * @param {string} speaker device id, "" for the system's choice
 */
export function playOn(speaker) {
  if (speaker === sink) return;
  sink = speaker;
  if (context && canPlayOn(speaker)) move(context);
}

/** @param {string} speaker */
export const canPlayOn = (speaker) => speaker === "" || ("AudioContext" in window && "setSinkId" in AudioContext.prototype);

/** @param {AudioContext & {setSinkId?: (id: string) => Promise<void>}} to */
const move = (to) => void to.setSinkId?.(sink === "default" ? "" : sink).catch(() => {});

/** Goes on after a click or a key, where the browser waited for one. */
export function wake() {
  if (context?.state === "suspended") context.resume().catch(() => {});
}

/**
 * A bell that nobody starts at. What cannot sound is left out, without an error.
 *
 * @param {readonly number[]} notes hertz, one after the other
 * @param {number} [loudness] 0 to 1
 */
export function chime(notes = [392, 523.25], loudness = 0.08) {
  const room = audio();
  if (!room) return;
  try {
    notes.forEach((note, index) => ring(room, note, room.currentTime + 0.02 + index * 0.28, loudness));
  } catch {
    // A browser that has taken its sound away from this page.
  }
}

/**
 * @param {AudioContext} room
 * @param {number} note hertz
 * @param {number} begin seconds of its clock
 * @param {number} loudness 0 to 1
 */
function ring(room, note, begin, loudness) {
  const bell = new OscillatorNode(room, { frequency: note, type: "sine" });
  const gain = new GainNode(room, { gain: 0 });
  gain.gain.setValueAtTime(0, begin);
  gain.gain.linearRampToValueAtTime(loudness, begin + 0.04);
  gain.gain.exponentialRampToValueAtTime(0.0001, begin + 1.4);
  bell.connect(gain).connect(room.destination);
  bell.start(begin);
  bell.stop(begin + 1.5);
}
