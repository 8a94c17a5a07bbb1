// What is in everybody's hands: microphone, camera, coming back, leaving, and who hears me.

import { html, nothing } from "../vendor/lit-html/lit-html.js";
import { button } from "./button.js";
import { icon } from "./icons.js";
import { alike, reach } from "./reach.js";
import { button as deviceButton, stand } from "./sending.js";

/** @typedef {import("./visit.js").Visit} Visit */
/** @typedef {import("./types.js").Snapshot} Snapshot */

/**
 * @param {Visit} visit
 * @param {Snapshot} room
 */
export function barView(visit, room) {
  const { speak } = visit;
  const inside = visit.seated;
  return html`<div class="bar">
    ${inside ? device(visit, room, "microphone") : nothing}
    ${inside && !visit.soundHere ? device(visit, room, "camera") : nothing}
    ${inside ? reachView(visit, room) : nothing}
    ${visit.deskHere ? desk(visit, room) : nothing}
    ${visit.soundHere ? button({ text: html`${icon("phone")}<span>${speak("button.put_down")}</span>`, press: () => visit.putDown(), look: "tool" }) : nothing}
    ${visit.soundHere ? nothing : button({ text: html`${icon("leave")}<span>${speak("button.leave")}</span>`, press: () => visit.leave(), look: "tool" })}
  </div>`;
}

/**
 * The presenter's way back: asked for, or offered.
 *
 * @param {Visit} visit
 * @param {Snapshot} room
 */
export function returnView(visit, room) {
  const { speak } = visit;
  const now = stand(room);
  const returned = !now.back && visit.own.choice.returning && now.speak;
  const leaving = !visit.leads && visit.may("SitBack");
  const asking = visit.may("AskDeputy");
  if (!returned && !now.back && !leaving && !asking) return nothing;
  return html`<div class="return">
    ${returned ? html`<p>${speak("room.returned")}</p>` : nothing}
    ${returned || visit.may("ComeBack") ? button({ text: speak("button.come_back"), look: "primary", fresh: returned ? "" : visit.fresh(room.me.since.ComeBack), press: () => visit.comeBack() }) : nothing}
    ${visit.may("Signal") ? button({ text: speak("button.signal"), press: () => visit.command("Signal") }) : nothing}
    ${asking ? button({ text: speak("button.ask_deputy", { name: room.deputy }), look: "primary", press: () => visit.command("AskDeputy") }) : nothing}
    ${leaving ? button({ text: speak("button.sit_back"), fresh: visit.fresh(room.me.since.SitBack), press: () => visit.command("SitBack"), look: "quiet" }) : nothing}
  </div>`;
}

/**
 * @param {Visit} visit
 * @param {Snapshot} room
 * @param {import("./visit.js").Device} which
 */
function device(visit, room, which) {
  const { speak } = visit;
  const on = visit.own.turnedOn(which);
  const muted = visit.own.devices.muted(which);
  const { state, why, able } = deviceButton(which, { ...visit.own.choice, [which]: on }, stand(room), room.me.may, muted);
  return html`<div class="own" data-now=${state}><button
    type="button"
    class="button tool"
    aria-label=${speak(state === "elsewhere" ? "button.sound_back" : `button.${which}_${on ? "off" : "on"}`)}
    aria-description=${speak(why)}
    title=${speak(why)}
    aria-disabled=${able ? nothing : "true"}
    @click=${() => able && visit.toggle(which)}
  >
    ${icon(state === "on" ? which : state === "elsewhere" ? "phone" : `${which}_off`)}<span>${speak(`own.${which}`)}</span>
  </button><small aria-hidden="true">${speak(`own.${state}`)}</small></div>`;
}

/**
 * @param {Visit} visit
 * @param {Snapshot} room
 */
function desk(visit, room) {
  return button({
    text: html`${icon("desk")}<span>${visit.speak("button.desk")}</span>${room.door.length > 0 ? html`<span class="count">${room.door.length}</span>` : nothing}`,
    press: () => visit.set({ deskOpen: !visit.deskOpen }),
    look: "tool only-narrow",
    pressed: visit.deskOpen,
  });
}

/**
 * Who hears me, and who sees me where that is not the same.
 *
 * @param {Visit} visit
 * @param {Snapshot} room
 */
function reachView(visit, room) {
  const [hear, see] = [reached(visit, room, "hear"), reached(visit, room, "see")];
  const [heard, seen] = [visit.speak(...hear), visit.speak(...see)];
  return html`<p class="reach" title=${seen}><span>${heard}</span>${alike(hear, see) ? nothing : html`<span>${seen}</span>`}</p>`;
}

/**
 * @param {Visit} visit
 * @param {Snapshot} room
 * @param {"hear" | "see"} sense
 */
function reached(visit, room, sense) {
  const device = sense === "hear" ? "microphone" : "camera";
  const elsewhere = sense === (room.me.carries === "picture" ? "hear" : room.me.carries === "sound" ? "see" : "");
  const own = room.people.find(({ person }) => person === room.me.person);
  return reach(sense, {
    goes: elsewhere ? (own?.[device] ?? false) : visit.own.tracks[device] !== null,
    muted: !elsewhere && visit.own.devices.muted(device),
    known: visit.link === "connected" && (elsewhere || visit.media.sure),
    count: sense === "hear" ? room.me.heard_by : room.me.seen_by,
  });
}
