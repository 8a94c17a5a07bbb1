// Before coming in: camera, microphone, headphones, the name as shown, and the agreement.

import { html, nothing } from "../vendor/lit-html/lit-html.js";
import { button } from "./button.js";
import { deviceChoice, levelView, toneView } from "./choices.js";
import { goodbyeView } from "./goodbye.js";
import { icon } from "./icons.js";

/** @typedef {import("./visit.js").Visit} Visit */
/** @typedef {import("./visit.js").Device} Device */

/** @param {Visit} visit */
export function checkView(visit) {
  const { page, speak } = visit;
  return html`<section class="check" aria-labelledby="check-heading">
    <header>
      <p class="quiet">${page.title}</p>
      <h1 id="check-heading">${speak("check.heading")}</h1>
      <p>${speak(`check.as.${page.standing}`)} ${visit.outside ? speak("check.outside") : nothing}</p>
      ${page.closed ? html`<p class="closed"><strong>${speak("check.closed")}</strong> ${speak("check.closed_more")}</p>` : nothing}
    </header>
    ${visit.unfit ? trouble(visit, visit.unfit) : form(visit)} ${goodbyeView(visit)}
  </section>`;
}

/** @param {Visit} visit */
function form(visit) {
  const { speak } = visit;
  return html`<form
    @submit=${(/** @type {SubmitEvent} */ event) => {
      event.preventDefault();
      void visit.enter();
    }}
  >
    <div class="own-devices">
      ${preview(visit)} ${visit.own.devices.troubles.map((key) => trouble(visit, key))}
      ${visit.own.devices.asking ? html`<p class="quiet" role="status">${speak("check.asking")}</p>` : nothing}
      ${tried(visit) ? devices(visit) : askFirst(visit)}
      ${toneView(visit)}
    </div>
    <div class="agreement">
      <label class="field">
        <span>${speak("check.name")}</span>
        <input
          name="name"
          required
          maxlength="64"
          autocomplete="nickname"
          .value=${visit.name}
          aria-invalid=${visit.unnamed ? "true" : nothing}
          aria-describedby=${visit.unnamed ? "unnamed" : nothing}
          @input=${(/** @type {InputEvent} */ event) => event.target instanceof HTMLInputElement && visit.set({ name: event.target.value })}
        />
        ${visit.unnamed ? html`<span class="trouble" id="unnamed" role="alert">${speak(`refusals.${visit.unnamed}`)}</span>` : nothing}
      </label>
      <fieldset aria-describedby="agreement">
        <legend>${speak("check.agreement")}</legend>
        <ul id="agreement">
          ${["alone", "headphones", "recording"].map((key) => html`<li>${speak(`check.${key}`)}</li>`)}
        </ul>
        <label class="tick">
          <input
            type="checkbox"
            name="agree"
            required
            .checked=${visit.agreed}
            @change=${(/** @type {Event} */ event) => event.target instanceof HTMLInputElement && visit.set({ agreed: event.target.checked })}
          />
          <span>${speak("check.agree")}</span>
        </label>
      </fieldset>
      <button class="button primary large">${speak("check.join")}</button>
    </div>
  </form>`;
}

/** @param {Visit} visit */
const tried = ({ own: { devices } }) => devices.list.length > 0 || devices.asking;

/** @param {Visit} visit */
function askFirst(visit) {
  return visit.own.devices.troubles.length > 0
    ? nothing
    : button({ text: visit.speak("check.try"), press: () => visit.own.tryOut() });
}

/** @param {Visit} visit */
function preview(visit) {
  return html`<div class="preview" role="img" aria-label=${visit.speak(visit.own.picture ? "check.picture" : "check.picture_off")}>
    ${visit.own.picture
      ? html`<balint-preview .stream=${visit.own.picture}></balint-preview>`
      : html`${icon("self")}`}
  </div>`;
}

/** @param {Visit} visit */
function devices(visit) {
  return html`<div class="choices">${choice(visit, "camera")} ${choice(visit, "microphone")}</div>
    ${levelView(visit)}`;
}

/**
 * @param {Visit} visit
 * @param {Device} device
 */
function choice(visit, device) {
  const { speak, own } = visit;
  if (!own.devices.has(device)) return nothing;
  return html`<div class="device">
    ${deviceChoice(visit, device)}
    <label class="tick">
      <input
        type="checkbox"
        .checked=${own.choice[device]}
        @change=${() => (device === "camera" ? own.look(!own.choice.camera) : own.choose({ ...own.choice, microphone: !own.choice.microphone }))}
      />
      <span>${speak(`check.${device}_on`)}</span>
    </label>
  </div>`;
}

/**
 * @param {Visit} visit
 * @param {string} key
 */
function trouble(visit, key) {
  return html`<div class="trouble" role="alert">
    <p>${visit.speak(key)}</p>
    ${visit.unfit ? nothing : button({ text: visit.speak("button.try_again"), press: () => visit.own.devices.open(), look: "quiet" })}
  </div>`;
}
