// The quiet middle of the circle: which phase it is, what I may do now, and for some the time.

import { html, nothing } from "../vendor/lit-html/lit-html.js";
import { leftNow, reading } from "./clock.js";

/** @typedef {import("./visit.js").Visit} Visit */
/** @typedef {import("./types.js").Snapshot} Snapshot */

/**
 * @param {Visit} visit
 * @param {Snapshot} room
 * @param {number} now performance.now()
 */
export function centreView(visit, room, now) {
  const { speak } = visit;
  const signs = [
    ...(room.leaderless && !room.holder ? ["room.leaderless"] : []),
    ...(room.protected ? ["room.protected"] : []),
    ...(room.ring_open ? ["room.ring_open"] : []),
  ];
  if (visit.soundOnly && visit.seated) signs.push("room.sound_only");
  if (room.phase === "ended") signs.push("room.ended_more");
  return html`<div class="centre">
    <h2 class="phase">${speak(`phase.${room.phase}`)}</h2>
    <p class="stance">${speak(room.me.holds_frame ? "room.holding" : `stance.${room.me.stance}`)}</p>
    ${clockView(visit, room, now)} ${signs.map((key) => html`<p class="sign">${speak(key)}</p>`)}
    ${room.holder && !room.me.holds_frame ? html`<p class="sign">${speak("room.holder", { name: room.holder })}</p>` : nothing}
    ${visit.leads && room.locked && room.door.length > 0 ? html`<p class="sign">${speak("room.at_closed_door", { names: room.door.map(({ name }) => name).join(", ") })}</p>` : nothing}
    ${room.awaited ? html`<p class="sign">${speak(room.awaited.over ? "room.awaited_over" : "room.awaited", { name: room.awaited.name })}</p>` : nothing}
    <p class="sign" role="status" aria-live="polite">${weak(visit) ? speak("room.weak") : ""}</p>
  </div>`;
}

/** @param {Visit} visit */
const weak = ({ pictures, soundOnly, seated }) => pictures.weak && !soundOnly && seated;

/**
 * @param {Visit} visit
 * @param {Snapshot} room
 * @param {number} now
 */
export function clockView({ speak, told }, room, now) {
  if (!room.clock) return nothing;
  const minutes = room.step === null ? null : room.programme[room.step].minutes;
  const said = reading(leftNow(room.clock, told, now), minutes);
  const more = [
    ...(room.clock.held ? [speak("clock.held")] : []),
    ...(room.clock.advances && !room.clock.held && said.tone === "amber" ? [speak("clock.advances")] : []),
  ];
  return html`<p class="clock" data-tone=${room.clock.held ? "calm" : said.tone}>
    <span class="hidden"><span>${speak("clock.label")}</span>: </span>${speak(`clock.${said.key}`, { minutes: said.minutes })}${more.map((words) => html`<small>, ${words}</small>`)}
  </p>`;
}
