// One person of the circle as everyone sees them: the chair, the name, how they are here.

import { html, nothing } from "../vendor/lit-html/lit-html.js";
import { button } from "./button.js";
import { icon } from "./icons.js";

/** @typedef {import("./types.js").Person} Person */
/** @typedef {import("./visit.js").Visit} Visit */

/**
 * @param {Visit} visit
 * @param {Person} person
 * @param {import("./circle.js").Place | undefined} place
 */
export function personView(visit, person, place) {
  const own = person.person === visit.room?.me.person;
  const words = [...standings(visit, person, own), ...states(visit, person)];
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
    ?data-signals=${person.signals}
    aria-description=${person.state === "back" ? visit.speak("state.back") : nothing}
    .place=${place}
    .sound=${own ? null : visit.media.sound(person.slot)}
    .picture=${own ? visit.ownPicture : visit.media.picture(person.slot)}
    .showing=${own ? visit.selfView && visit.choice.camera : shown(person)}
  >
    <span class="seat" aria-hidden="true">${mark(person)}</span>
    <span class="plate">
      <span class="name">${person.name}</span>
      ${words.map(({ word, seen }) => html`<span class=${seen ? "word" : "word hidden"}>, ${word}</span>`)}
      ${closed(person) ? icon("microphone_off") : nothing}
    </span>
    ${person.may.length > 0 ? actions(visit, person) : nothing}
  </balint-chair>`;
}

/**
 * Whether this person sits moved back, out of the circle.
 *
 * @param {Person} person
 */
export const movedBack = (person) => person.state === "back" && person.style !== "stay";

/** @param {Person} person */
const shown = (person) => person.seen && person.camera && person.state !== "away" && person.state !== "empty";

/** @param {Person} person */
const closed = (person) => person.group === "circle" && person.state === "here" && !person.microphone;

/** @param {Person} person */
function mark(person) {
  if (person.state === "away" || person.state === "empty" || person.state === "back") return icon("chair");
  return initials(person.name);
}

/** @param {string} name */
export function initials(name) {
  const words = name.trim().split(/\s+/u);
  const letters = words.length > 1 ? [words[0], words[words.length - 1]] : [words[0]];
  return letters.map((word) => [...word][0] ?? "").join("").toLocaleUpperCase();
}

/**
 * @param {Visit} visit
 * @param {Person} person
 * @param {boolean} own
 */
function standings({ speak }, person, own) {
  const plain = person.standing === "member" || person.standing === "ring";
  return [
    ...(own ? [{ word: speak("state.you"), seen: true }] : []),
    { word: speak(`standing.${person.standing}`), seen: !plain && person.state === "here" && !own },
  ];
}

/**
 * @param {Visit} visit
 * @param {Person} person
 */
function states({ speak }, person) {
  const words = [];
  if (person.state !== "here") words.push({ word: speak(`state.${person.state}`), seen: true });
  if (person.floor) words.push({ word: speak("state.floor"), seen: true });
  if (person.asked) words.push({ word: speak("state.asked"), seen: true });
  if (person.signals) words.push({ word: speak("state.signals"), seen: true });
  if (closed(person)) words.push({ word: speak("state.microphone_off"), seen: false });
  return words;
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
      why: person.may.includes(does) ? "" : speak(`why.${does}`),
    });
  const command = (/** @type {string[]} */ which) => item(which, () => visit.command(which[0], { person: id }));
  return html`<balint-menu class="actions">
    <button type="button" class="button round" aria-haspopup="menu" aria-expanded="false" aria-label=${speak("person.actions", { name })}>
      ${icon("dots")}
    </button>
    <div role="menu" aria-label=${name} hidden>
      ${person.group === "circle" ? command(["ChoosePresenter", "make_presenter"]) : command(word)} ${command(moved)}
      ${item(["Remove", "remove"], () => visit.set({ question: { kind: "remove", person: id, name } }))}
    </div>
  </balint-menu>`;
}
