// Choosing a device and trying it: the same before coming in and from the seat.

import { html, nothing } from "../vendor/lit-html/lit-html.js";
import { button } from "./button.js";
import { icon } from "./icons.js";
import { canPlayOn, chime } from "./sound.js";

/** @typedef {import("./visit.js").Visit} Visit */

const KINDS = /** @type {const} */ ({ camera: "videoinput", microphone: "audioinput", speaker: "audiooutput" });

/**
 * @param {Visit} visit
 * @param {keyof typeof KINDS} which
 * @param {string} chosen its id
 * @param {(id: string) => unknown} choose
 */
function select({ speak, own }, which, chosen, choose) {
  const known = own.devices.list.filter(({ kind, deviceId }) => kind === KINDS[which] && deviceId !== "");
  if (known.length === 0) return nothing;
  return html`<label class="field">
    <span>${speak(`check.${which}`)}</span>
    <select @change=${(/** @type {Event} */ event) => event.target instanceof HTMLSelectElement && choose(event.target.value)}>
      ${known.map(
        ({ deviceId, label }, index) =>
          html`<option value=${deviceId} ?selected=${deviceId === chosen}>${label || `${speak(`check.${which}`)} ${index + 1}`}</option>`,
      )}
    </select>
  </label>`;
}

/**
 * @param {Visit} visit
 * @param {import("./devices.js").Device} device
 */
export function deviceChoice(visit, device) {
  const { devices } = visit.own;
  return devices.has(device) ? select(visit, device, devices.wanted[device], (id) => devices.choose(device, id)) : nothing;
}

/**
 * Where browsers let a page choose.
 *
 * @param {Visit} visit
 */
export function speakerChoice(visit) {
  if (!("setSinkId" in HTMLMediaElement.prototype)) return nothing;
  return select(visit, "speaker", visit.own.speaker || "default", (id) => visit.own.hear(id));
}

/** @param {Visit} visit */
export function levelView({ speak, own }) {
  if (!own.devices.microphone || own.level === null) return nothing;
  return html`<label class="field level">
    <span>${speak("check.level")}</span>
    <meter min="0" max="1" .value=${own.level}></meter>
    <small class="quiet">${speak("check.level_hint")}</small>
  </label>`;
}

/** @param {Visit} visit */
export function toneView({ speak, own }) {
  if (own.level === null || !canPlayOn(own.speaker)) return nothing;
  return html`<div class="speaker">
    ${button({ text: html`${icon("ear")} ${speak("check.speaker_try")}`, press: () => chime([392, 523.25, 659.25], 0.16) })}
    <p class="quiet">${speak("check.speaker_hint")}</p>
  </div>`;
}
