// What this room asks of a camera and a microphone, and what a refusal means. Pure.

/** @typedef {import("./devices.js").Device} Device */

const SOUND = { echoCancellation: true, noiseSuppression: false, autoGainControl: false }; // a breath is not noise
const PICTURE = { width: { ideal: 640 }, height: { ideal: 360 }, frameRate: { ideal: 24, max: 30 } };

/** @typedef {"denied" | "missing" | "another" | "busy"} Problem `another`: there are some, but not the one that was asked for */

/** @type {Record<string, Problem>} by the browser's name for it */
const PROBLEMS = { NotAllowedError: "denied", SecurityError: "denied", NotFoundError: "missing", OverconstrainedError: "another" };

/**
 * @param {readonly Device[]} which
 * @param {import("./devices.js").Wanted} wanted
 * @returns {MediaStreamConstraints}
 */
export function wishes(which, wanted) {
  const exactly = (/** @type {Device} */ device) => (wanted[device] ? { deviceId: { exact: wanted[device] } } : {});
  return {
    audio: which.includes("microphone") && { ...SOUND, ...exactly("microphone") },
    video: which.includes("camera") && { ...PICTURE, ...exactly("camera") },
  };
}

/**
 * @param {unknown} error of `getUserMedia`
 * @returns {Problem}
 */
export const problem = (error) => PROBLEMS[error instanceof Error ? error.name : ""] ?? "busy";

/**
 * Two refusals are one sentence.
 *
 * @param {string[]} keys
 */
export function together(keys) {
  const both = ["trouble.microphone_denied", "trouble.camera_denied"];
  if (!both.every((key) => keys.includes(key))) return [...new Set(keys)];
  return ["trouble.denied", ...keys.filter((key) => !both.includes(key))];
}
