// The whole page from the state of the visit. Pure: nothing here touches the document.

import { html, nothing } from "../vendor/lit-html/lit-html.js";
import { repeat } from "../vendor/lit-html/directives/repeat.js";
import { barView, returnView } from "./bar.js";
import { button } from "./button.js";
import { centreView } from "./centre.js";
import { checkView } from "./check.js";
import { choosingView, offerView } from "./choosing.js";
import { deskView, frameView, linePart } from "./desk.js";
import { goodbyeView } from "./goodbye.js";
import { icon } from "./icons.js";
import { personView } from "./person.js";
import { deviceView, questionView } from "./questions.js";
import { warnings } from "./warnings.js";

const OWN_GOODBYES = ["left", "removed", "put_down"]; // which the room has said already
const NO_WAY_BACK = ["removed", "revoked", "not_signed_in", "already_ended"]; // for this browser; coming in again would not help

/** @typedef {import("./visit.js").Visit} Visit */
/** @typedef {import("./types.js").Snapshot} Snapshot */

/**
 * @param {Visit} visit
 * @param {import("./circle.js").Circle} circle
 * @param {number} now performance.now()
 */
export function view(visit, circle, now) {
  if (visit.step === "check") return checkView(visit);
  if (visit.step === "over") return overView(visit);
  const { room, speak } = visit;
  return html`<div class="room" ?data-desk=${visit.deskHere}>
    ${headView(visit)}
    ${warningsView(visit)}
    ${room?.me.place === "inside" ? insideView(visit, room, circle, now) : doorView(visit)}
    <p class="news" role="status" aria-live="polite" aria-label=${speak("room.news")} data-kind=${visit.news?.kind ?? nothing}>${visit.news?.text ?? ""}</p>
    ${room ? html`${returnView(visit, room)} ${barView(visit, room)}` : nothing}
    ${room && visit.leads ? deskView(visit, room, now) : nothing}
    ${room && visit.holds ? frameView(visit, room, now) : nothing}
    ${room && visit.deskHere && !visit.leads && !visit.holds ? lineDesk(visit) : nothing}
    ${choosingView(visit)} ${questionView(visit)}
  </div>`;
}

/** @param {Visit} visit */
function warningsView(visit) {
  const one = (/** @type {import("./warnings.js").Warning} */ { key, values, calm }) =>
    html`<p class="trouble" role="alert" data-kind=${calm ? "calm" : nothing}>${visit.speak(key, values)}</p>`;
  return html`<div class="warnings">${repeat(warnings(visit), ({ key }) => key, one)} ${visit.seated ? html`${offerView(visit)} ${deviceView(visit)}` : nothing}</div>`;
}

/** @param {Visit} visit */
function headView(visit) {
  const { speak, page, room } = visit;
  return html`<header class="head">
    <h1>${room?.title || page.title || speak("product")}</h1>
    ${room?.locked && visit.seated ? html`<p class="sign">${speak("room.locked")}</p>` : nothing}
    ${visit.silent ? button({ text: speak("button.play"), look: "primary", press: () => visit.set({ silent: false }) }) : nothing}
    ${visit.seated && visit.soundHere ? html`<p class="sign">${speak("room.sound_is_here")}</p>` : nothing}
    ${visit.seated && !visit.soundHere ? button({ text: html`${icon("ear")}<span>${speak("button.sound_only")}</span>`, name: speak("button.sound_only"), look: "round worded", says: speak("room.sound_only_says"), pressed: visit.soundOnly, press: () => visit.listenOnly() }) : nothing}
    ${visit.seated && !visit.soundHere ? button({ text: icon("self"), name: speak("button.self_view"), look: "round", pressed: visit.selfView, press: () => visit.set({ selfView: !visit.selfView }) }) : nothing}
    ${visit.seated ? button({ text: icon("headset"), name: speak("button.devices"), look: "round", press: () => visit.own.chooseDevices(true) }) : nothing}
    ${button({ text: icon("bell"), name: speak("button.sounds"), look: "round", pressed: visit.sounds, press: () => visit.set({ sounds: !visit.sounds }) })}
  </header>`;
}

/**
 * @param {Visit} visit
 * @param {Snapshot} room
 * @param {import("./circle.js").Circle} circle
 * @param {number} now
 */
function insideView(visit, room, circle, now) {
  return html`<div class="stage">
    ${centreView(visit, room, now)}
    <div class="chairs" role="list" aria-label=${visit.speak("room.circle")}>
      ${repeat(
        room.people,
        ({ person }) => person,
        (person) => personView(visit, person, circle.places.get(person.person)),
      )}
    </div>
  </div>`;
}

const WELCOME = ["door", "door_unseen"]; // who is at the door and is let in as soon as a leader opens

/**
 * No welcome over a refusal.
 *
 * @param {import("./texts.js").Speak} speak
 * @param {string} stance
 * @param {string} name
 */
function doorHeading(speak, stance, name) {
  if (WELCOME.includes(stance)) return speak("room.door_heading", { name });
  return stance === "ended" ? speak("phase.ended") : speak(`room.${stance}_heading`, { name });
}

/** @param {Visit} visit */
function doorView(visit) {
  const { speak, room, name, page } = visit;
  if (!room) return html`<div class="threshold"><p role="status">${speak("room.connecting")}</p></div>`;
  return html`<div class="threshold">
    <p class="waiting-chair">${icon("chair")}</p>
    <h2>${doorHeading(speak, room.me.stance, name)}</h2>
    <p class="stance" role="status">${speak(`stance.${room.me.stance}`)}</p>
    ${room.me.code ? html`<p><strong>${speak("room.door_code", { code: room.me.code })}</strong></p>` : nothing}
    ${room.me.place === "door" && ["leader", "co_leader"].includes(page.standing) ? html`<p class="quiet">${speak("room.door_leader")}</p>` : nothing}
    ${WELCOME.includes(room.me.stance) ? html`<p class="quiet">${speak("room.door_more")}</p>` : nothing}
    ${room.me.stance === "turned_away" ? button({ text: speak("button.knock_again"), press: () => visit.knockAgain() }) : nothing}
  </div>`;
}

/** @param {Visit} visit */
function lineDesk(visit) {
  return html`<section class="desk" id="desk" aria-label=${visit.speak("desk.line")} ?data-open=${visit.deskOpen}>
    <header>
      ${button({ text: icon("close"), name: visit.speak("button.close_desk"), press: () => visit.set({ deskOpen: false }), look: "round only-narrow" })}
    </header>
    ${linePart(visit)}
  </section>`;
}

/** @param {Visit} visit */
function overView(visit) {
  const { speak, over } = visit;
  if (visit.moved) return movedView(visit);
  const own = OWN_GOODBYES.includes(over);
  return html`<section class="message">
    <h1>${speak(own ? "room.over_heading" : `headings.${over}`)}</h1>
    <p role="status">${speak(own ? `stance.${over}` : `refusals.${over}`)}</p>
    ${NO_WAY_BACK.includes(over) ? nothing : button({ text: speak("button.again"), look: "primary", press: () => visit.again() })}
    ${own && over !== "put_down" ? goodbyeView(visit) : nothing}
  </section>`;
}

/**
 * My place is in another window of mine, and comes here when I say so.
 *
 * @param {Visit} visit
 */
function movedView(visit) {
  const { speak, over } = visit;
  const here = over === "already_here";
  return html`<section class="message">
    <p class="waiting-chair">${icon("chair")}</p>
    <h1>${speak(here ? "room.already_here_heading" : "room.elsewhere_heading")}</h1>
    <p role="status">${speak(`refusals.${over}`)}</p>
    ${button({ text: speak(here ? "button.move_here" : "button.move_back"), look: "primary", press: () => visit.enter(true) })}
    ${here ? html`<p class="quiet">${speak("room.sound_here_says")}</p> ${button({ text: html`${icon("phone")}<span>${speak("button.sound_here")}</span>`, press: () => visit.carrySound() })}` : nothing}
  </section>`;
}
