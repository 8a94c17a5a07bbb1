// The leaders' desk: the frame of the evening in their hands.

import { html, nothing } from "../vendor/lit-html/lit-html.js";
import { live } from "../vendor/lit-html/directives/live.js";
import { repeat } from "../vendor/lit-html/directives/repeat.js";
import { button } from "./button.js";
import { clockView } from "./centre.js";
import { icon } from "./icons.js";

/** @typedef {import("./visit.js").Visit} Visit */
/** @typedef {import("./types.js").Snapshot} Snapshot */

/**
 * @param {Visit} visit
 * @param {Snapshot} room
 * @param {number} now performance.now()
 */
export function deskView(visit, room, now) {
  const { speak } = visit;
  return html`<section class="desk" id="desk" aria-label=${speak("desk.heading")} ?data-open=${visit.deskOpen}>
    <header>
      <h2>${speak("desk.heading")}</h2>
      ${button({ text: icon("close"), name: speak("button.close_desk"), press: () => visit.set({ deskOpen: false }), look: "round only-narrow" })}
    </header>
    ${nowPart(visit, room, now)} ${doorPart(visit, room)} ${groupPart(visit, room)} ${timePart(visit, room)} ${phasesPart(visit, room)}
    ${linePart(visit)}
    <div class="part end">
      ${order(visit, "EndSession", { text: speak("desk.end"), look: "danger", press: () => visit.ask({ kind: "end" }) })}
    </div>
  </section>`;
}

/**
 * What a deputy has in their hands while no leader is there.
 *
 * @param {Visit} visit
 * @param {Snapshot} room
 * @param {number} now performance.now()
 */
export function frameView(visit, room, now) {
  const { speak } = visit;
  return html`<section class="desk" id="desk" aria-label=${speak("desk.frame")} ?data-open=${visit.deskOpen}>
    <header>
      <h2>${speak("desk.frame")}</h2>
      ${button({ text: icon("close"), name: speak("button.close_desk"), press: () => visit.set({ deskOpen: false }), look: "round only-narrow" })}
    </header>
    ${nowPart(visit, room, now)} ${phasesPart(visit, room)}
  </section>`;
}

/**
 * The presenter did not come back in time: what leaders can do now.
 *
 * @param {Visit} visit
 * @param {Snapshot} room
 */
function waitPart(visit, room) {
  const { speak } = visit;
  if (!room.awaited?.over) return nothing;
  const next = room.programme[(room.step ?? -1) + 1];
  return html`<div class="part waited">
    <h3>${speak("desk.wait_over", { name: room.awaited.name })}</h3>
    <div class="pair">
      ${order(visit, "GoOnWaiting", { text: speak("desk.go_on_waiting"), look: "primary" })}
      ${visit.leads ? order(visit, "ChooseAnother", { text: speak("desk.choose_another") }) : nothing}
      ${next ? order(visit, "NextPhase", { text: speak("desk.go_on_to", { phase: next.phase }) }) : nothing}
    </div>
  </div>`;
}

/**
 * @param {Visit} visit
 * @param {string} does
 * @param {{text: unknown, why?: string, look?: string, fields?: Record<string, unknown>, press?: () => unknown}} more
 *   `why`: key of the reason, where it is not simply that of the command
 */
function order(visit, does, { text, why: reason = `why.${does}`, look, fields, press }) {
  const why = visit.may(does) ? "" : visit.speak(reason);
  return button({ text, look, why, fresh: visit.fresh(visit.room?.me.since[does]), press: press ?? (() => visit.command(does, fields)) });
}

/**
 * Goes to another step; back where that brings somebody into the circle who sits back, only after a question.
 *
 * @param {Visit} visit
 * @param {Snapshot} room
 * @param {number} step
 * @param {() => unknown} go
 */
function goTo(visit, room, step, go) {
  const back = room.people.find(({ state }) => state === "back");
  if (!back || step === (room.step ?? -1) + 1 || room.programme[step]?.sits_back) return go();
  return visit.ask({ kind: "back", step, name: back.name });
}

/**
 * @param {Visit} visit
 * @param {Snapshot} room
 * @param {number} now
 */
function nowPart(visit, room, now) {
  const { speak } = visit;
  const next = room.programme[(room.step ?? -1) + 1];
  const held = room.clock?.held ?? false;
  const waited = room.awaited?.over ?? false; // then the question above comes first
  return html`${waitPart(visit, room)}<div class="part now">
    <p class="current">${speak(`phase.${room.phase}`)}</p>
    ${clockView(visit, room, now)}
    ${room.phase === "lobby"
      ? order(visit, "OpenSession", { text: speak("desk.open"), look: "primary wide" })
      : order(visit, "NextPhase", { text: speak("desk.next"), look: waited ? "wide" : "primary wide", why: next ? "refusals.no_presenter" : undefined })}
    <p class="quiet">${next ? speak("desk.coming", { phase: next.phase }) : speak("desk.coming_last")}</p>
    <div class="pair">
      ${order(visit, "PreviousPhase", { text: speak("desk.previous"), press: () => goTo(visit, room, (room.step ?? 0) - 1, () => visit.command("PreviousPhase")) })}
      ${order(visit, "Extend", { text: speak("desk.extend"), fields: { minutes: 2 } })}
      ${held ? order(visit, "Resume", { text: speak("desk.resume") }) : order(visit, "Hold", { text: speak("desk.hold") })}
    </div>
  </div>`;
}

/**
 * @param {Visit} visit
 * @param {Snapshot} room
 */
function doorPart(visit, room) {
  const { speak } = visit;
  const lock = room.locked ? "Unlock" : "Lock";
  const newest = Math.max(...room.door.map(({ since }) => since));
  return html`<div class="part">
    <h3>${speak(room.locked && room.door.length > 0 ? "desk.closed_door" : "desk.door")} ${room.door.length > 0 ? html`<span class="count">${room.door.length}</span>` : nothing}</h3>
    ${room.door.length === 0 ? html`<p class="quiet">${speak("desk.door_empty")}</p>` : nothing}
    <ul class="waiting">
      ${repeat(
        room.door,
        ({ person, browser }) => `${person} ${browser}`,
        ({ person, name, invited, standing, was_here, again, since, browser, device }) => html`<li>
          <span class="who"
            ><bdi>${name}</bdi> ${invited ? html`<small class="invited">${speak("desk.invited", { name: invited })}</small>` : nothing} <small class="quiet">${speak(`standing.${standing}`)}${again ? ` · ${speak("desk.again")}` : nothing}${device ? ` · ${speak("desk.device", { code: device })}` : nothing}</small>
            ${was_here ? html`<small class="was-here">${speak("desk.was_here")}</small>` : nothing}</span
          >
          ${button({ text: speak("desk.admit_short"), name: speak("desk.admit", { name }), look: "primary", says: invited ? speak("desk.invited", { name: invited }) : "", fresh: visit.fresh(since), press: () => visit.command("Admit", { person, browser }) })}
          ${button({ text: speak("desk.turn_away_short"), name: speak("desk.turn_away", { name }), look: "quiet", fresh: visit.fresh(since), press: () => visit.command("TurnAway", { person }) })}
        </li>`,
      )}
    </ul>
    <div class="pair">
      ${button({ text: speak("desk.admit_everyone"), why: room.door.length > 0 ? "" : speak("why.AdmitEveryone"), fresh: visit.fresh(newest), press: () => visit.command("AdmitEveryone") })}
      ${order(visit, lock, { text: speak(room.locked ? "desk.unlock" : "desk.lock") })}
    </div>
  </div>`;
}

/**
 * @param {Visit} visit
 * @param {Snapshot} room
 */
function groupPart(visit, room) {
  const { speak } = visit;
  const outer = room.people.some((person) => person.group === "ring");
  return html`<div class="part">
    <h3>${speak("desk.group")}</h3>
    <div class="pair">
      ${visit.may("ComeBack")
        ? order(visit, "ComeBack", { text: speak("desk.call_back") })
        : order(visit, "SitBack", { text: speak("desk.sit_back") })}
      ${order(visit, "Protect", { text: speak(room.protected ? "desk.unprotect" : "desk.protect"), fields: { on: !room.protected } })}
      ${outer && !room.ring_open ? order(visit, "OpenRing", { text: speak("desk.open_ring") }) : nothing}
      ${outer && room.ring_open ? order(visit, "CloseRing", { text: speak("desk.close_ring") }) : nothing}
    </div>
    ${room.deputy
      ? html`<div class="deputy">
          <p class="quiet">${speak("desk.deputy", { name: room.deputy })}</p>
          ${order(visit, "ReleaseDeputy", { text: speak("desk.release_deputy") })}
        </div>`
      : nothing}
  </div>`;
}

/**
 * @param {Visit} visit
 * @param {Snapshot} room
 */
function timePart(visit, room) {
  const { speak } = visit;
  const advances = room.clock?.advances ?? false;
  const able = visit.may("SetAtEnd");
  const choose = (/** @type {Event} */ event, /** @type {string} */ atEnd) => {
    const form = event.target instanceof HTMLInputElement ? event.target.form : null;
    const evening = form?.elements.namedItem("whole_evening");
    void visit.choose("SetAtEnd", { at_end: atEnd, whole_evening: evening instanceof HTMLInputElement && evening.checked });
  };
  return html`<form class="part" @submit=${(/** @type {Event} */ event) => event.preventDefault()}>
    <fieldset>
      <legend>${speak("desk.at_end")}</legend>
      ${["announce", "advance"].map(
        (atEnd) => html`<label class="tick">
          <input type="radio" name="at_end" ?disabled=${!able} .checked=${live((atEnd === "advance") === advances)} @change=${(/** @type {Event} */ event) => choose(event, atEnd)} />
          <span>${speak(`desk.${atEnd}`)}</span>
        </label>`,
      )}
      <label class="tick"><input type="checkbox" name="whole_evening" ?disabled=${!able} @change=${(/** @type {Event} */ event) => choose(event, advances ? "advance" : "announce")} /> <span>${speak("desk.whole_evening")}</span></label>
    </fieldset>
    <label class="tick">
      <input
        type="checkbox"
        .checked=${live(room.clock?.shown ?? false)}
        ?disabled=${!visit.may("ShowClock")}
        @change=${(/** @type {Event} */ event) => event.target instanceof HTMLInputElement && visit.choose("ShowClock", { on: event.target.checked })}
      />
      <span>${speak("desk.show_clock")}</span>
    </label>
  </form>`;
}

/**
 * @param {Visit} visit
 * @param {Snapshot} room
 */
function phasesPart(visit, room) {
  const { speak } = visit;
  const able = visit.may("GoToPhase");
  return html`<details class="part phases">
    <summary>${speak("desk.phases")}</summary>
    <ol>
      ${room.programme.map((step, index) => {
        const here = index === room.step;
        const length = step.minutes === null ? speak("desk.open_end") : speak("desk.minutes", { minutes: step.minutes });
        return html`<li aria-current=${here ? "step" : nothing}>
          ${button({
            text: html`<span>${speak(`phase.${step.phase}`)}</span> <small>${here ? speak("desk.current") : length}</small>`,
            look: "quiet wide",
            why: able && !here ? "" : speak(here ? "desk.current" : "why.GoToPhase"),
            fresh: visit.fresh(room.me.since.GoToPhase),
            press: () => goTo(visit, room, index, () => visit.command("GoToPhase", { step: index })),
          })}
        </li>`;
      })}
    </ol>
  </details>`;
}

/** @param {Visit} visit */
export function linePart(visit) {
  const { speak } = visit;
  const send = (/** @type {SubmitEvent} */ event) => {
    event.preventDefault();
    const field = event.target instanceof HTMLFormElement ? event.target.elements.namedItem("text") : null;
    if (!(field instanceof HTMLInputElement)) return;
    const text = field.value.trim();
    if (text) void visit.sendLine(text).then((gone) => gone && field.value.trim() === text && (field.value = ""));
  };
  return html`<form class="part line" @submit=${send}>
    <h3>${speak("desk.line")}</h3>
    <div class="lines" role="log" aria-label=${speak("desk.line")} tabindex="0">
      ${visit.lines.length === 0 ? html`<p class="quiet">${speak("desk.line_empty")}</p>` : nothing}
      ${visit.lines.map(({ by, text }) => html`<p><strong>${by}</strong> ${text}</p>`)}
    </div>
    <div class="write">
      <input name="text" maxlength="500" autocomplete="off" aria-label=${speak("desk.line_field")} />
      <button class="button">${speak("desk.line_send")}</button>
    </div>
    <p class="quiet">${speak("desk.line_hint")}</p>
  </form>`;
}
