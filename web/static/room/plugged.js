// What has been plugged in. Pure.

/** @typedef {{name: string, microphone: string, camera: string, speaker: string}} Offer ids of one thing's devices, "" where it has none */

const STAND_INS = ["", "default", "communications"]; // ids that mean another device of the list
const PARTS = { audioinput: "microphone", videoinput: "camera", audiooutput: "speaker" };

/** @param {MediaDeviceInfo} device */
const mark = ({ kind, deviceId }) => `${kind} ${deviceId}`;

/**
 * Devices that are new. While the browser tells no ids, none is.
 *
 * @param {readonly MediaDeviceInfo[]} before
 * @param {readonly MediaDeviceInfo[]} now
 * @returns {MediaDeviceInfo[]}
 */
export function plugged(before, now) {
  const known = new Set(before.map(mark));
  const told = before.some(({ deviceId }) => deviceId !== "");
  return told ? now.filter((device) => !STAND_INS.includes(device.deviceId) && !known.has(mark(device))) : [];
}

/**
 * A headset is a microphone and a loudspeaker: what belongs together is offered together.
 *
 * @param {readonly MediaDeviceInfo[]} fresh
 * @returns {Offer | null}
 */
export function offered(fresh) {
  if (fresh.length === 0) return null;
  const [first] = fresh;
  const whole = fresh.filter(({ groupId }) => groupId === first.groupId);
  const parts = Object.fromEntries(whole.map(({ kind, deviceId }) => [PARTS[kind], deviceId]));
  return { name: first.label, microphone: "", camera: "", speaker: "", ...parts };
}
