// The few moments when the room asks back before anything happens.

import { html, nothing } from "../vendor/lit-html/lit-html.js";
import { button } from "./button.js";

/** @typedef {import("./visit.js").Visit} Visit */

/** @param {Visit} visit */
export function questionView(visit) {
  const asked = visit.room?.me.asked_to_present;
  if (asked && visit.link === "connected") return present(visit, asked);
  const asks = visit.room?.me.asked_to_hold;
  if (asks && visit.link === "connected") return hold(visit, asks);
  const { question } = visit;
  if (question?.kind === "end") return confirm(visit, "end", {}, () => visit.command("EndSession", {}, question.read));
  if (question?.kind === "remove") {
    const { person, name, invited } = question;
    return confirm(visit, invited ? "remove_invited" : "remove", { name, invited }, () => visit.command("Remove", { person }, question.read));
  }
  if (question?.kind === "back") {
    const { step, name } = question;
    const phase = visit.room?.programme[step]?.phase;
    return confirm(visit, "back", { name, phase }, () => visit.command("GoToPhase", { step }, question.read));
  }
  return nothing;
}

/**
 * @param {Visit} visit
 * @param {string} by
 */
function present(visit, by) {
  const { speak } = visit;
  const since = visit.room?.me.since.AgreeToPresent;
  return html`<dialog class="question" aria-labelledby="question" @cancel=${(/** @type {Event} */ event) => event.preventDefault()}>
    <h2 id="question">${speak("dialog.present_heading", { by })}</h2>
    <p>${speak("dialog.present_text")}</p>
    <div class="pair">
      ${button({ text: speak("dialog.present_yes"), look: "primary", fresh: visit.fresh(since), press: () => visit.command("AgreeToPresent") })}
      ${button({ text: speak("dialog.present_no"), fresh: visit.fresh(since), press: () => visit.command("DeclineToPresent") })}
    </div>
  </dialog>`;
}

/**
 * @param {Visit} visit
 * @param {string} by
 */
function hold(visit, by) {
  const { speak } = visit;
  const since = visit.room?.me.since.HoldFrame;
  return html`<dialog class="question" aria-labelledby="question" @cancel=${(/** @type {Event} */ event) => event.preventDefault()}>
    <h2 id="question">${speak("dialog.hold_heading", { by })}</h2>
    <p>${speak("dialog.hold_text")}</p>
    <div class="pair">
      ${button({ text: speak("dialog.hold_yes"), look: "primary", fresh: visit.fresh(since), press: () => visit.command("HoldFrame") })}
      ${button({ text: speak("dialog.hold_no"), fresh: visit.fresh(since), press: () => visit.command("DeclineFrame") })}
    </div>
  </dialog>`;
}

/**
 * Another browser asks to come in as me, and I alone can know whether it is mine. It stands beside everything else and takes
 * neither the keyboard nor the place of another question: a key or a click that was meant for those lets no stranger in.
 *
 * @param {Visit} visit
 */
export function deviceView(visit) {
  const device = visit.room?.me.device_asks;
  if (!device || visit.link !== "connected") return nothing;
  const { speak } = visit;
  const { browser, code, sound, since } = device;
  const fresh = visit.fresh(since);
  return html`<section class="asks" role="alert">
    <h2>${speak("dialog.device_heading")}</h2>
    <p>${speak(sound ? "dialog.device_text_sound" : "dialog.device_text", { code })}</p>
    <div class="pair">
      ${button({ text: speak("dialog.device_no"), fresh, press: () => visit.command("RefuseDevice", { browser }) })}
      ${button({ text: speak("dialog.device_yes"), fresh, press: () => visit.command("AllowDevice", { browser }) })}
    </div>
  </section>`;
}

/**
 * @param {Visit} visit
 * @param {"end" | "remove" | "remove_invited" | "back"} key
 * @param {import("./texts.js").Values} values
 * @param {() => unknown} yes
 */
function confirm(visit, key, values, yes) {
  const { speak } = visit;
  const done = () => visit.set({ question: null });
  return html`<dialog class="question" aria-labelledby="question" @close=${done}>
    <h2 id="question">${speak(`dialog.${key}_heading`, values)}</h2>
    <p>${speak(`dialog.${key}_text`, values)}</p>
    <form method="dialog" class="pair">
      <button class="button" autofocus>${speak("dialog.no")}</button>
      <button class="button danger" @click=${yes}>${speak(`dialog.${key}_yes`, values)}</button>
    </form>
  </dialog>`;
}
