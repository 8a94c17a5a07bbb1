// What the clock says, from the time left. Pure: the present comes in as an argument.

/** @typedef {{key: string, minutes: number, tone: "calm" | "amber" | "up"}} Reading */

const MINUTE = 60_000;

/**
 * Time left now, given a clock that was told at another moment.
 *
 * @param {import("./types.js").Clock} clock
 * @param {number} told milliseconds of the caller's own clock, when the message came
 * @param {number} now milliseconds of the same clock
 * @returns {number} milliseconds, negative once over time
 */
export function leftNow(clock, told, now) {
  return clock.held ? clock.left_ms : clock.left_ms - (now - told);
}

/**
 * Words, not seconds: people should not watch numbers run. Amber comes in the last
 * fifth of a phase, at least one minute and at most five before its end.
 *
 * @param {number} left milliseconds
 * @param {number | null} minutes the phase was given
 * @returns {Reading}
 */
export function reading(left, minutes) {
  const amber = Math.min(5, Math.max(1, (minutes ?? 0) / 5)) * MINUTE;
  if (left <= -MINUTE) return { key: "over", minutes: Math.floor(-left / MINUTE), tone: "up" };
  if (left <= 0) return { key: "time_is_up", minutes: 0, tone: "up" };
  const tone = left <= amber ? "amber" : "calm";
  if (left < MINUTE) return { key: "under_a_minute", minutes: 0, tone };
  const whole = Math.ceil(left / MINUTE - 0.05); // three seconds of grace: a phase of 8 starts as "8 minutes"
  return { key: whole === 1 ? "one_minute" : "minutes", minutes: whole, tone };
}
