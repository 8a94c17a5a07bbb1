// Soft sounds: one for a phase that changes, one for trying the headphones.

/** @type {AudioContext | null} */
let context = null;

/** @returns {AudioContext} one for the page: browsers allow few of them */
export function audio() {
  context ??= new AudioContext();
  wake();
  return context;
}

/** Goes on after a click or a key, where the browser waited for one. */
export function wake() {
  if (context?.state === "suspended") void context.resume();
}

/**
 * A bell that nobody starts at.
 *
 * @param {readonly number[]} notes hertz, one after the other
 * @param {number} [loudness] 0 to 1
 */
export function chime(notes = [392, 523.25], loudness = 0.08) {
  const room = audio();
  notes.forEach((note, index) => {
    const begin = room.currentTime + 0.02 + index * 0.28;
    const bell = new OscillatorNode(room, { frequency: note, type: "sine" });
    const gain = new GainNode(room, { gain: 0 });
    gain.gain.setValueAtTime(0, begin);
    gain.gain.linearRampToValueAtTime(loudness, begin + 0.04);
    gain.gain.exponentialRampToValueAtTime(0.0001, begin + 1.4);
    bell.connect(gain).connect(room.destination);
    bell.start(begin);
    bell.stop(begin + 1.5);
  });
}
