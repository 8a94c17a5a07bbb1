// Waiting for a browser that may never answer.

/**
 * @template Result
 * @param {number} milliseconds
 * @param {Promise<Result>} promise
 * @returns {Promise<Result>} what was promised; an error where it does not come in time
 */
export function within(milliseconds, promise) {
  /** @type {ReturnType<typeof setTimeout>} */
  let timer;
  const late = new Promise((_, reject) => (timer = setTimeout(() => reject(new Error("not in time")), milliseconds)));
  return Promise.race([promise, /** @type {Promise<never>} */ (late)]).finally(() => clearTimeout(timer));
}
