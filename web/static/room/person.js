// One person of the circle as everyone sees them: the chair, the name, how they are here.

import { html, nothing } from "../vendor/lit-html/lit-html.js";
import { button } from "./button.js";
import { icon } from "./icons.js";
import { initials } from "./initials.js";

/** @typedef {import("./types.js").Person} Person */
/** @typedef {import("./visit.js").Visit} Visit */

const UNWRITTEN = ["microphone_off", "camera_off", "paused", "sound_only"]; // states that are drawn, and said to screen readers

/**
 * @param {Visit} visit
 * @param {Person} person
 * @param {import("./circle.js").Place | undefined} place
 */
export function personView(visit, person, place) {
  const own = person.person === visit.room?.me.person;
  const without = own ? "" : withheld(visit, person);
  const words = [...standings(visit, person, own), ...states(visit, person, without)];
  return html`<balint-chair
    role="listitem"
    data-person=${person.person}
    data-name=${person.name}
    data-seat=${person.seat}
    data-standing=${person.standing}
    data-state=${person.state}
    data-group=${person.group}
    data-style=${person.state === "back" ? (person.style ?? "gone") : nothing}
    ?data-own=${own}
    ?data-floor=${person.floor}
    ?data-at-door=${person.at_door}
    ?data-signals=${person.signals}
    data-without=${without || nothing}
    title=${without ? visit.speak(`state.${without}`) : nothing}
    aria-description=${person.state === "back" ? visit.speak("state.back") : nothing}
    .place=${place}
    .speaker=${visit.own.speaker}
    .sound=${own ? null : visit.media.sound(person.slot)}
    .picture=${own ? visit.own.picture : visit.media.picture(person.slot)}
    .showing=${own ? mirrored(visit, person) : shown(person) && !without}
  >
    <span class="seat" aria-hidden="true">${mark(person)}${without ? icon("no_picture") : nothing}</span>
    <span class="plate">
      <span class="line"><span class="name" dir="auto" title=${visit.speak(person.invited ? "person.name_invited" : "person.name", { name: person.name, invited: person.invited })}>${person.name}</span>${closed(person) ? icon("microphone_off") : nothing}</span>
      ${words.map(({ kind, word, seen }) => html`<span class=${`${kind} ${seen ? "word" : "word hidden"}`}><span class="hidden">, </span>${word}</span>`)}
    </span>
    ${person.may.length > 0 ? actions(visit, person) : nothing}
  </balint-chair>`;
}

/**
 * The chair in the circle's geometry: moved back by sitting back, unless that is done in place.
 *
 * @param {Person} person
 * @returns {import("./circle.js").Seat}
 */
export const seat = ({ person, group, state, style }) => ({ person, group, back: state === "back" && style !== "stay" });

/** @param {Person} person */
const shown = (person) => person.seen && person.camera && person.state !== "away" && person.state !== "empty";

/**
 * Whether I see myself: as I have chosen, and in any case while the group sees me although I sit back.
 *
 * @param {Visit} visit
 * @param {Person} person
 */
const mirrored = ({ selfView, own }, { state }) => own.tracks.camera !== null && (selfView || state === "back");

/**
 * Why a picture that somebody shows is not to be seen here: my own choice, or my line.
 *
 * @param {Visit} visit
 * @param {Person} person
 * @returns {"" | "sound_only" | "paused"}
 */
function withheld(visit, person) {
  if (!shown(person)) return "";
  if (visit.soundOnly) return "sound_only";
  return person.slot !== null && visit.pictures.paused.includes(person.slot) ? "paused" : "";
}

/** @param {Person} person */
const closed = (person) => person.group === "circle" && person.state === "here" && !person.microphone;

/** @param {Person} person */
function mark(person) {
  if (person.state === "empty" || person.state === "back") return icon("chair");
  return initials(person.name) || icon("self");
}

/**
 * @param {Visit} visit
 * @param {Person} person
 * @param {boolean} own
 */
function standings({ speak }, person, own) {
  const plain = person.standing === "member" || person.standing === "ring";
  return [
    ...(own ? [{ kind: "own", word: speak("state.you"), seen: true }] : []),
    { kind: "standing", word: speak(`standing.${person.standing}`), seen: !plain && person.state === "here" && !own },
    ...(person.invited ? [{ kind: "invited", word: speak("desk.invited", { name: person.invited }), seen: false }] : []),
    ...(person.came_as ? [{ kind: "came", word: speak("state.came_as", { standing: person.came_as }), seen: false }] : []),
  ];
}

/**
 * @param {Visit} visit
 * @param {Person} person
 * @param {string} without
 */
function states({ speak }, person, without) {
  const signs = {
    [person.at_door ? "at_door" : person.state]: person.state !== "here",
    floor: person.floor,
    phone: person.phone && person.state === "here",
    deputy: person.deputy,
    asked: person.asked,
    signals: person.signals,
    microphone_off: closed(person),
    camera_off: person.group === "circle" && person.state === "here" && !person.camera,
    [without]: without !== "",
  };
  const shown = Object.entries(signs).flatMap(([key, is]) => (is ? [key] : []));
  return shown.map((key) => ({ kind: "state", word: speak(`state.${key}`), seen: !UNWRITTEN.includes(key) }));
}

/**
 * @param {Visit} visit
 * @param {Person} person
 */
function actions(visit, person) {
  const { speak } = visit;
  const { person: id, name } = person;
  const moved = person.group === "ring" ? ["InviteToCircle", "invite_to_circle"] : ["MoveToRing", "move_to_ring"];
  const word = person.floor ? ["PassWord", "pass_word"] : ["GiveWord", "give_word"];
  const item = (/** @type {string[]} */ [does, key], /** @type {() => unknown} */ press) =>
    button({
      text: speak(`person.${key}`),
      press,
      role: "menuitem",
      fresh: visit.fresh(person.since),
      why: person.may.includes(does) ? "" : speak(`why.${does}`),
    });
  const command = (/** @type {string[]} */ which) => item(which, () => visit.command(which[0], { person: id }));
  return html`<balint-menu class="actions">
    <button type="button" class="whole" aria-haspopup="menu" aria-expanded="false" aria-label=${speak("person.actions", { name })}>
      ${icon("dots")}
    </button>
    <div role="menu" aria-label=${name} popover="manual">
      ${person.group === "circle" ? command(["ChoosePresenter", "make_presenter"]) : command(word)} ${command(moved)}
      ${person.group === "circle" && !person.deputy ? command(["NameDeputy", "name_deputy"]) : nothing}
      ${item(["Remove", "remove"], () => visit.ask({ kind: "remove", person: id, name, invited: person.invited }))}
    </div>
  </balint-menu>`;
}
