// What this tab remembers across a reload: how I came in, never anything of the session.

/**
 * @typedef {object} Kept
 * @property {string} name as shown
 * @property {import("./sending.js").Choice} choice
 * @property {string} microphone device id
 * @property {string} camera device id
 * @property {string} speaker device id
 * @property {boolean} sounds
 * @property {boolean} soundOnly no pictures for me
 * @property {boolean} soundHere this device carries only my sound
 */

/** @param {string} room */
const key = (room) => `ascona.${room}`;

/** @param {string} room */
const windowKey = (room) => `ascona.window.${room}`;

/**
 * @param {string} room
 * @returns {Kept | null} null: has not agreed in this tab yet
 */
export function recall(room) {
  try {
    return JSON.parse(sessionStorage.getItem(key(room)) ?? "null");
  } catch {
    return null; // storage is blocked or holds something else: the device check comes again
  }
}

/**
 * @param {string} room
 * @param {Kept} kept
 */
export function remember(room, kept) {
  try {
    sessionStorage.setItem(key(room), JSON.stringify(kept));
  } catch {
    // Without storage a reload shows the device check again, and nothing else is lost.
  }
}

const LOCK_WITHIN = 500; // milliseconds in which a page that is being reloaded lets go of its window

/**
 * What tells this window from others of the same person, through reloads too. A window that was
 * duplicated takes its storage along, so whoever holds the lock is the window, and the copy draws anew.
 *
 * @param {string} room
 * @returns {Promise<string>}
 */
export async function windowOf(room) {
  const place = windowKey(room);
  let known = null;
  try {
    known = sessionStorage.getItem(place);
  } catch {
    // Without storage every load is another window.
  }
  const drawn = known && (await held(known)) ? known : crypto.randomUUID();
  if (drawn === known) return drawn;
  void held(drawn);
  try {
    sessionStorage.setItem(place, drawn);
  } catch {
    // As above.
  }
  return drawn;
}

/**
 * @param {string} name of a lock
 * @returns {Promise<boolean>} whether this page has it, for as long as it lives
 */
const held = (name) =>
  new Promise((resolve) => {
    if (!("locks" in navigator)) return resolve(true); // older Safari: a duplicate is then taken for a reload
    const keep = () => new Promise(() => resolve(true));
    navigator.locks.request(`ascona.${name}`, { signal: AbortSignal.timeout(LOCK_WITHIN) }, keep).catch(() => resolve(false));
  });

/** @param {string} room */
export function forget(room) {
  try {
    sessionStorage.removeItem(key(room));
  } catch {
    // Nothing was kept.
  }
}

/**
 * As if this tab had never been in that room: somebody else may sit down at this browser.
 *
 * @param {string} room
 */
export function forgetAll(room) {
  forget(room);
  try {
    sessionStorage.removeItem(windowKey(room));
  } catch {
    // Nothing was kept.
  }
}
