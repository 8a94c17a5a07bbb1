// From the seat: another microphone, camera or loudspeaker, and what has just been plugged in.

import { html, nothing } from "../vendor/lit-html/lit-html.js";
import { button } from "./button.js";
import { deviceChoice, levelView, speakerChoice, toneView } from "./choices.js";

/** @typedef {import("./visit.js").Visit} Visit */

/** @param {Visit} visit */
export function choosingView(visit) {
  if (!visit.own.choosing) return nothing;
  const { speak, own } = visit;
  return html`<dialog class="question choosing" aria-labelledby="choosing" @close=${() => visit.own.chooseDevices(false)}>
    <h2 id="choosing">${speak("devices.heading")}</h2>
    <div class="own-devices">
      ${own.devices.troubles.map((key) => html`<p class="trouble" role="alert">${speak(key)}</p>`)}
      ${deviceChoice(visit, "microphone")} ${levelView(visit)} ${visit.soundHere ? nothing : deviceChoice(visit, "camera")}
      ${own.devices.has("microphone") ? nothing : button({ text: speak("devices.ask"), press: () => own.devices.open(["microphone"]) })}
      ${speakerChoice(visit)} ${toneView(visit)}
    </div>
    <form method="dialog" class="pair"><button class="button primary">${speak("devices.done")}</button></form>
  </dialog>`;
}

/**
 * Offered, and never taken by itself.
 *
 * @param {Visit} visit
 */
export function offerView(visit) {
  const { offer } = visit.own.devices;
  if (!offer) return nothing;
  const { speak } = visit;
  return html`<div class="trouble offer" role="status" data-kind="calm">
    <p>${speak("devices.plugged", { name: offer.name })}</p>
    ${button({ text: speak("devices.use"), press: () => visit.own.use(offer) })}
    ${button({ text: speak("devices.not_now"), press: () => visit.own.devices.leave(), look: "quiet" })}
  </div>`;
}
