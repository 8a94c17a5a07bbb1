// What I have turned on, and what of it I send. Pure: turning on is always the person's own act.

/** @typedef {import("./types.js").Snapshot} Snapshot */
/** @typedef {import("./types.js").Devices} Devices */

/**
 * @typedef {object} Stand what decides about my devices
 * @property {boolean} inside and the session has not ended
 * @property {boolean} back
 * @property {boolean} floor
 * @property {boolean} outside the circle
 * @property {boolean} speak the phase's word
 * @property {boolean} show the phase's word
 * @property {boolean} elsewhere my sound is at another device of mine
 * @property {boolean} soundAlone only my sound is here
 */

const NAP = 60_000; // milliseconds: so short a sleep changes nothing

/** @typedef {Devices & {returning: boolean}} Choice `returning`: back in the circle, both still off */

/**
 * @param {Snapshot} room
 * @returns {Stand}
 */
export function stand(room) {
  const own = room.people.find((person) => person.person === room.me.person);
  return {
    inside: room.me.place === "inside" && room.phase !== "ended",
    back: own?.state === "back",
    floor: own?.floor ?? false,
    outside: own?.group === "ring",
    speak: room.me.may_speak,
    show: room.me.may_show,
    elsewhere: room.me.carries === "picture",
    soundAlone: room.me.carries === "sound",
  };
}

/**
 * What stays turned on when the room changes. A phase that closes the circle's
 * microphones leaves the choice alone; sitting back and losing the word do not.
 *
 * @param {Choice} choice
 * @param {Stand | null} before null: just come in
 * @param {Stand} now
 * @returns {Choice}
 */
export function follow(choice, before, now) {
  if (now.elsewhere !== (before?.elsewhere ?? false)) choice = { ...choice, microphone: false };
  if (now.back) {
    const moved = !before?.back;
    return {
      microphone: choice.microphone && now.speak,
      camera: choice.camera && now.show,
      returning: choice.returning || (moved && (choice.microphone || choice.camera)),
    };
  }
  if (now.outside && lostWord(before, now)) return { microphone: false, camera: false, returning: false };
  return choice;
}

/**
 * @param {Stand | null} before
 * @param {Stand} now
 */
function lostWord(before, now) {
  if (!before) return !now.speak;
  return (before.floor && !now.floor) || (before.speak && !now.speak) || !before.outside;
}

/**
 * What stays turned on when a laptop's lid is opened again: around it there may be another room by now.
 *
 * @param {Choice} choice
 * @param {number} slept milliseconds
 * @returns {Choice}
 */
export function rested(choice, slept) {
  if (slept <= NAP) return choice;
  return { microphone: false, camera: false, returning: choice.returning || choice.microphone || choice.camera };
}

/**
 * @param {Choice} choice
 * @param {Stand | null} now
 * @param {boolean} [coming] back into the circle, and the server has not answered yet
 * @returns {Devices} what goes to the server at this moment
 */
export function sends(choice, now, coming = false) {
  if (!now?.inside) return { microphone: false, camera: false };
  return {
    microphone: !now.elsewhere && (coming || (choice.microphone && now.speak)),
    camera: !now.soundAlone && (coming || (choice.camera && now.show)),
  };
}

/**
 * @param {"microphone" | "camera"} device
 * @param {Choice} choice
 * @param {Stand} now
 * @param {readonly string[]} may
 * @param {boolean} [muted] by the system
 * @returns {{state: "on" | "off" | "muted" | "waiting" | "elsewhere", why: string, able: boolean}} `waiting`: on, but the
 *   phase has closed it; `elsewhere`: at another device of mine
 */
export function button(device, choice, now, may, muted = false) {
  if (device === "microphone" && now.elsewhere) return { state: "elsewhere", why: "own.microphone_elsewhere", able: true };
  const allowed = device === "microphone" ? now.speak : now.show;
  const on = choice[device];
  if (allowed && on && muted) return { state: "muted", why: `trouble.${device}_muted`, able: true };
  if (allowed) return { state: on ? "on" : "off", why: `own.${device}_${on ? "on" : "off"}`, able: true };
  if (now.back) return { state: "waiting", why: `own.${device}_back`, able: false };
  if (device === "microphone" && may.includes("TakeWord")) return { state: "off", why: "own.microphone_take", able: true };
  return { state: "waiting", why: `own.${device}_closed${on ? "" : "_off"}`, able: on };
}
