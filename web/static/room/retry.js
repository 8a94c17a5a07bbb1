// When to try again to reach the server. Pure: chance comes in, so that people who lost it together do not come back in one instant.

export const PATIENCE = 4000; // milliseconds for one attempt: a slow line needs four journeys, and a lost first packet a second
export const PROBE_PATIENCE = 2500; // milliseconds for an ordinary request, which can be given up at no cost
const FRESH = 700; // milliseconds in which an attempt has just begun
const PROBES = 5; // of so many attempts one is made unseen: requests may be stuck where a new WebSocket is not
const SPREAD = 1000; // milliseconds, of a first attempt after the server went
const SHORTEST = 300;
const LONGEST = 1000; // between attempts: a lost network may be back any second
const REFUSED = 2000; // after a refusal that may be gone soon
const OFFLINE = 5000; // while the machine says that it has no network: it will also say when it has one again

/**
 * Whether to ask by an ordinary request first. Firefox does not forget WebSockets that were given up before they were
 * connected: new ones are connected after all of those, each when its own lost packets are sent again, seconds later. And the more
 * of them a server refuses, the longer it makes the next one wait. (Seen in Firefox ESR 153; Chromium 156 does neither.)
 *
 * On another network the first attempt is better made unseen: the request would go over a connection that is lost.
 *
 * @param {string} browser navigator.userAgent
 * @param {boolean} moved whether something has just told of another network
 * @param {number} attempts so far, the present one included; 0: nothing was lost
 */
export function probes(browser, moved, attempts) {
  if (attempts === 0 || (moved && attempts === 1)) return false;
  return / Firefox\//.test(browser) && attempts % PROBES > 0;
}

/**
 * Whether to begin an attempt at once because something says that the network may be back. One that has just begun is
 * left alone; one that has failed already is not: a page is often told first that its network has gone and then of another.
 *
 * @param {boolean} waiting whether the last attempt has failed, and the next one's time has not come
 * @param {number} age milliseconds since the last attempt began
 */
export const anew = (waiting, age) => waiting || age >= FRESH;

/**
 * @typedef {object} Loss
 * @property {boolean} mine this side gave up on a silent line, or has just changed its network: nobody else did
 * @property {boolean} refused the server answered, and is not well
 * @property {boolean} offline by the browser's word
 * @property {number} attempts in vain since then
 */

/**
 * @param {Loss} loss
 * @param {number} chance from 0 to 1
 * @returns {number} milliseconds to wait; never more than six seconds, however long the server has been away
 */
export function pause({ mine, refused, offline, attempts }, chance) {
  if (offline) return OFFLINE + chance * SPREAD;
  if (refused) return REFUSED + chance * SPREAD;
  if (attempts > 0) return SHORTEST + chance * (LONGEST - SHORTEST);
  return mine ? 0 : chance * SPREAD;
}
