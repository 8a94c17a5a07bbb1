// Keeps a phone's screen on while somebody sits in the room.

/** @type {WakeLockSentinel | null} */
let lock = null;
let wanted = false;
let asking = false;

/** @param {boolean} on */
export async function stayAwake(on) {
  wanted = on;
  if (!on) return release();
  if (!("wakeLock" in navigator) || document.visibilityState !== "visible" || asking || (lock && !lock.released)) return;
  asking = true; // one at a time: a lock nobody remembers is never released
  try {
    lock = await navigator.wakeLock.request("screen");
  } catch {
    // A low battery may forbid it; the room works without.
  }
  asking = false;
  if (!wanted) await release();
}

async function release() {
  await lock?.release();
  lock = null;
}
