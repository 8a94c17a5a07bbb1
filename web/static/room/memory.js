// What this tab remembers across a reload: how I came in, never anything of the session.

/**
 * @typedef {object} Kept
 * @property {string} name as shown
 * @property {import("./sending.js").Choice} choice
 * @property {string} microphone device id
 * @property {string} camera device id
 * @property {boolean} sounds
 * @property {boolean} soundOnly no pictures for me
 */

/** @param {string} room */
const key = (room) => `ascona.${room}`;

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

/** @param {string} room */
export function forget(room) {
  try {
    sessionStorage.removeItem(key(room));
  } catch {
    // Nothing was kept.
  }
}
