// Whether I am heard and seen, in words. Pure: what is not known is not claimed.

/**
 * @param {"hear" | "see"} sense
 * @param {object} now
 * @param {boolean} now.goes whether it goes out of this device, or of another one of mine
 * @param {boolean} now.muted by the system: what goes out is silence, or black
 * @param {boolean} now.known whether the lines by which I would learn of it are well
 * @param {number} now.count people who receive it, by the server's last word
 * @returns {[key: string, values: {count: number}]}
 */
export function reach(sense, { goes, muted, known, count }) {
  return [`room.${found(sense, goes, muted, known, count)}`, { count }];
}

/**
 * @param {"hear" | "see"} sense
 * @param {boolean} goes
 * @param {boolean} muted
 * @param {boolean} known
 * @param {number} count
 */
function found(sense, goes, muted, known, count) {
  if (!goes) return `nobody_${sense}s`;
  if (muted) return `muted_${sense}s`;
  if (!known) return `perhaps_nobody_${sense}s`;
  if (count === 0) return `nobody_${sense}s`;
  return count === 1 ? `one_${sense}s` : `some_${sense}`;
}

/**
 * @param {ReturnType<typeof reach>} hear
 * @param {ReturnType<typeof reach>} see
 * @returns {boolean} whether one sentence says it for both
 */
export const alike = (hear, see) => hear[0].replace("hear", "see") === see[0] && hear[1].count === see[1].count;
