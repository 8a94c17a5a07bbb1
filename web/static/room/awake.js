// Keeps a phone's screen on while somebody sits in the room.

/** @type {WakeLockSentinel | null} */
let lock = null;

/** @param {boolean} wanted */
export async function stayAwake(wanted) {
  if (!wanted) {
    await lock?.release();
    lock = null;
    return;
  }
  if (!("wakeLock" in navigator) || document.visibilityState !== "visible" || (lock && !lock.released)) return;
  try {
    lock = await navigator.wakeLock.request("screen");
  } catch {
    // A low battery may forbid it; the room works without.
  }
}
