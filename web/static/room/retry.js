// When to try again to reach the server. Pure: chance comes in, so that people who lost it together do not come back in one instant.

export const PATIENCE = 4000; // milliseconds for one attempt: a slow line needs four journeys, and a lost first packet a second
const SPREAD = 1000; // milliseconds, of a first attempt after the server went
const SHORTEST = 300;
const LONGEST = 1000; // between attempts: a lost network may be back any second
const REFUSED = 2000; // after a refusal that may be gone soon
const OFFLINE = 5000; // while the machine says that it has no network: it will also say when it has one again

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
