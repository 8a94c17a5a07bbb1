// One person's visit in this tab: what is known, what is turned on, and everything that can be done.

import { Connection } from "./connection.js";
import { misfit } from "./fit.js";
import { Glance, READING } from "./glance.js";
import { signOut } from "./goodbye.js";
import { Hour } from "./hour.js";
import { Media } from "./media.js";
import { forget, recall, remember, windowOf } from "./memory.js";
import { Own } from "./own.js";
import { Relays } from "./relays.js";
import { stand } from "./sending.js";
import { heights } from "./shown.js";
import { chime } from "./sound.js";
import { Wake } from "./wake.js";

/** @typedef {import("./types.js").Snapshot} Snapshot */
/** @typedef {import("./devices.js").Device} Device */
/**
 * @typedef {({kind: "end"} | {kind: "remove", person: string, name: string, invited: string | null}
 *   | {kind: "back", step: number, name: string}) & {read?: import("./glance.js").Shown}} Question `read`: when it was asked
 */

const NEWS_LASTS = 9_000; // milliseconds a line of news stays
const MOVED = ["already_here", "elsewhere", "elsewhere_device"];
const NAMES = ["bad_name", "name_taken", "name_settled"]; // what can be wrong with a name
const OUTSIDE = ["ring", "observer", "supervisor"];

/** Tells `change` whenever a screen may have to look different. */
export class Visit extends EventTarget {
  /** @type {"check" | "room" | "over"} */
  step = "check";
  /** @type {string} why it is over: `left`, `removed`, one of `MOVED` or a reason of `refusals` */
  over = "";
  unnamed = ""; // why the name has to be another one, a reason of `refusals`
  unfit = ""; // why this browser cannot take part, a key
  /** @type {import("./types.js").Link} */
  link = "closed";
  barred = false; // pages come through, and the line for words does not
  /** @type {Snapshot | null} */
  room = null;
  told = 0; // performance.now() when `room` came
  name;
  agreed = false; // ticked, in this visit or before a reload of this tab
  sounds = true;
  selfView = false;
  soundOnly = false; // my own choice: no pictures come to me
  soundHere = false; // this device carries my sound, and another one of mine has my place
  /** @type {import("./types.js").Pictures} */
  pictures = { layers: ["l", "h"], paused: [], weak: false, lean: false };
  /** @type {number | null} seconds after which the server said that it starts anew */
  restart = null;
  deskOpen = false;
  stillSignedIn = false; // although this person wanted to be signed out
  silent = false; // the browser waits for a click before it plays sound
  /** @type {Question | null} */
  question = null;
  /** @type {{text: string, kind: "notice" | "refusal"} | null} */
  news = null;
  /** @type {{by: string, text: string}[]} the leaders' line; kept here only */
  lines = [];
  /** @type {ReturnType<typeof setTimeout> | undefined} */
  #newsTimer;
  #wake;
  #hour = new Hour();
  #glance = new Glance();
  /** @type {Set<string>} commands that were pressed and are not answered yet */
  #pressed = new Set();
  /** @type {Promise<string> | null} */
  #window = null;

  /**
   * @param {import("./types.js").Page} page
   * @param {import("./texts.js").Speak} speak
   */
  constructor(page, speak) {
    super();
    this.page = page;
    this.speak = speak;
    this.name = page.name;
    this.outside = OUTSIDE.includes(page.standing);
    this.own = new Own(!this.outside);
    const relays = new Relays(page.room, page.relays);
    this.media = new Media(page.slots, { arrived: () => this.connection.arrived(), relays: () => relays.known(), ask: (sdp) => this.#offer(sdp) });
    this.media.addEventListener("change", () => this.#changed());
    this.media.addEventListener("hush", () => this.connection.doubt());
    this.media.addEventListener("sound", () => this.connection.hurry());
    this.#wake = new Wake((slept) => this.#back(slept));
    this.own.addEventListener("change", () => this.#changed());
    this.own.addEventListener("trouble", (event) => event instanceof CustomEvent && this.tell(event.detail));
    this.connection = new Connection(page.room, {
      link: (link) => this.#linked(link),
      barred: (barred) => barred !== this.barred && this.#say({ barred }),
      room: (room) => this.#show(room),
      notice: (notice) => this.#notice(notice),
      line: (line) => this.#say({ lines: [...this.lines, line].slice(-100) }),
      pictures: (pictures) => this.#say({ pictures }),
      restart: (milliseconds) => this.#say({ restart: Math.round(milliseconds / 1000) }),
      again: () => this.media.again(),
      over: (reason) => this.#end(reason),
      knock: () => this.#knock(),
    });
  }

  /** Begins with the device check, or goes straight in after a reload. */
  async start() {
    const kept = recall(this.page.room);
    if (kept) return this.#goOn(kept);
    const unfit = await misfit();
    this.#say({ unfit });
    if (!unfit && !this.outside && !this.page.closed) await this.own.devices.open(); // a closed door is read about first
  }

  /** @param {import("./memory.js").Kept} kept before a reload */
  #goOn({ name, choice, sounds, soundOnly = false, soundHere = false, speaker = "", microphone, camera }) {
    Object.assign(this, { name, sounds, soundOnly, soundHere, agreed: true });
    this.own.hear(speaker);
    this.own.devices.wanted = { microphone, camera };
    this.own.choose(choice);
    return this.#comeIn();
  }

  /**
   * Out of the device check, up to the door.
   *
   * @param {boolean} [move] also out of another window of mine
   */
  enter(move = false) {
    if (this.step === "check") this.own.enter();
    return this.#comeIn(move);
  }

  /** @param {boolean} [move] */
  async #comeIn(move = false) {
    this.own.at("room");
    this.#say({ step: "room", over: "", unnamed: "", room: null, restart: null });
    if (move) this.own.devices.reopen();
    // What the browser has not answered yet, or asks again after a reload, follows me in.
    if (!this.own.devices.asking) void this.own.open();
    this.connection.open(await (this.#window ??= windowOf(this.page.room)), move);
  }

  /** At the door once more, after a leader said not now. */
  async knockAgain() {
    await this.command("Knock", { ...this.#knock(), move: false });
  }

  /** This device is to carry my sound; my place, and my picture, stay where they are. */
  async carrySound() {
    Object.assign(this, { soundHere: true, soundOnly: true });
    this.own.devices.release("camera");
    this.own.turnOff("camera");
    await this.enter();
  }

  /** What has my place has all of it again, and the other device falls silent. */
  async #fetchSound() {
    await this.command("Knock", { ...this.#knock(), move: true });
  }

  /** My sound goes back to where my place is. */
  putDown() {
    this.#end("put_down");
  }

  /**
   * What a button does: for what had been read, and once until it is answered.
   *
   * @param {string} does
   * @param {Record<string, unknown>} [fields]
   * @param {import("./glance.js").Shown} [read] what it is pressed for, where a question was asked first
   * @returns {Promise<boolean>} whether it was done
   */
  async command(does, fields, read = this.#glance.read(performance.now())) {
    const press = `${does} ${JSON.stringify(fields)}`;
    if (this.#pressed.has(press)) return false;
    this.#pressed.add(press);
    const answer = await this.connection.command(does, fields, read.version);
    this.#pressed.delete(press);
    return this.#done(answer, read.step !== this.room?.step);
  }

  /**
   * What a choice does that says what it wants: said twice it is the same.
   *
   * @param {string} does
   * @param {Record<string, unknown>} fields
   */
  async choose(does, fields) {
    return this.#done(await this.connection.command(does, fields));
  }

  /**
   * @param {import("./types.js").Answer} answer
   * @param {boolean} [moved] whether the phase is another one than that it was pressed in
   */
  #done(answer, moved = false) {
    const reason = answer.refused ?? answer.error;
    if (!reason) return true;
    const key = reason === "stale_version" && moved ? "room.moved_already" : `refusals.${reason}`;
    this.tell(answer.by ? `${key}_by` : key, { by: answer.by, phase: this.room?.phase });
    return false;
  }

  /**
   * Whether what came with this version can hardly have been read yet.
   *
   * @param {number} [since]
   */
  fresh(since = 0) {
    return since > this.#glance.read(performance.now()).version ? this.speak("why.just_changed") : "";
  }

  /** @param {Question} question asked before anything happens; what is pressed then is for what is on the screen now */
  ask(question) {
    this.set({ question: { ...question, read: this.#glance.read(performance.now()) } });
  }

  /** Silent and dark at once, whether or not anybody answers. */
  async leave() {
    this.#finish("left");
    await this.connection.command("Leave");
    this.connection.close();
  }

  again() {
    location.reload();
  }

  /** Whether my place is in another window, or may be taken from there. */
  get moved() {
    return MOVED.includes(this.over);
  }

  /**
   * Turns a device on or off; in the open ring, taking and passing the word go with the microphone.
   *
   * @param {Device} device
   */
  async toggle(device) {
    const speaks = device === "microphone" && this.room ? stand(this.room) : null;
    if (speaks?.elsewhere) return this.#fetchSound();
    const takes = () => this.room !== null && !stand(this.room).speak && this.may("TakeWord");
    if (!this.own.turnedOn(device)) return this.own.turnOn(device, async () => !speaks || !takes() || this.command("TakeWord"));
    if (speaks?.floor) void this.command("PassWord", { person: this.room?.me.person });
    this.own.turnOff(device);
  }

  /** The presenter's return: one click, no question from the browser. */
  async comeBack() {
    await this.own.comeBack(async () => !this.may("ComeBack") || this.command("ComeBack"), !this.soundHere);
  }

  /** Pictures of the others, or only their sound; what I send is another matter. */
  listenOnly() {
    this.set({ soundOnly: !this.soundOnly });
    this.tell(`room.sound_only_${this.soundOnly ? "on" : "off"}`, {}, "notice");
  }

  /** @param {ReadonlyMap<string, import("./circle.js").Place>} places of the chairs on a screen that is looked at */
  shows(places) {
    if (!this.room || !this.seated) return;
    const { people, me } = this.room;
    const others = this.soundOnly ? [] : people.filter(({ person }) => person !== me.person);
    this.connection.shows(heights(others, places, this.page.slots, devicePixelRatio));
  }

  /** Whether I sit in a room whose session has not ended. */
  get seated() {
    return this.room !== null && stand(this.room).inside;
  }

  get leads() {
    return this.seated && ["leader", "co_leader"].includes(this.page.standing);
  }

  /** Whether I am the deputy who holds the frame. */
  get holds() {
    return this.seated && (this.room?.me.holds_frame ?? false);
  }

  /** Whether there is a desk: the whole one for leaders, phases and time for their deputy, only the line for the supervisor. */
  get deskHere() {
    return this.seated && (this.leads || this.holds || this.page.standing === "supervisor");
  }

  /** @param {string} does */
  may(does) {
    return this.room?.me.may.includes(does) ?? false;
  }

  /**
   * Comes back like everybody's lines: what is shown has gone.
   *
   * @param {string} text
   * @returns {Promise<boolean>} whether it went
   */
  async sendLine(text) {
    const { refused, error } = await this.connection.line(text.slice(0, 500));
    if (refused || error) this.tell(`refusals.${refused ?? error}`);
    return !refused && !error;
  }

  /** This browser is to forget who I am. */
  async signOut() {
    this.#say({ stillSignedIn: false });
    if (await signOut(this.page.room)) location.replace("/signed-out");
    else this.#say({ stillSignedIn: true });
  }

  /** @param {Partial<Pick<Visit, "name" | "question" | "deskOpen" | "selfView" | "soundOnly" | "sounds" | "silent" | "agreed">>} news */
  set(news) {
    this.#say(news);
  }

  /**
   * @param {string} key
   * @param {import("./texts.js").Values} [values]
   * @param {"notice" | "refusal"} [kind]
   * @param {string[]} [more] sentences after it
   */
  tell(key, values = {}, kind = "refusal", more = []) {
    clearTimeout(this.#newsTimer);
    this.#newsTimer = setTimeout(() => this.#say({ news: null }), NEWS_LASTS);
    this.#say({ news: { text: sentences(this.speak(key, values), more), kind } });
  }

  /** @param {Snapshot} room */
  #show(room) {
    if (this.step === "over") return;
    const before = this.room;
    this.room = room;
    if (before?.me.place === "inside" && before.me.carries !== room.me.carries) this.tell(`room.sound_${room.me.carries}`, {}, "notice");
    this.told = performance.now();
    if (before?.version !== room.version) setTimeout(() => this.#changed(), READING);
    this.#glance.show(room, this.told);
    if (room.me.place === "left" || room.me.place === "removed") return this.#end(room.me.place);
    this.own.follow(room);
    if (stand(room).inside) this.media.start();
    else this.media.stop();
    if (room.phase === "ended") this.own.devices.close();
    this.#changed();
    if (before && this.sounds) ring(before, room);
  }

  /** How I come in. */
  #knock() {
    this.#wake.look();
    return { name: this.name, agreed: this.agreed, ...this.own.brought, sound: this.soundHere };
  }

  /** @param {number} slept milliseconds, or by how much the clock was put right */
  #back(slept) {
    void this.own.doze(slept, () => this.#hour.moved(slept));
    this.connection.hurry();
    this.media.hurry();
  }

  /** @param {import("./types.js").Link} link */
  #linked(link) {
    if (link === "connected" && this.link === "reconnecting") this.media.hurry();
    if (link === "reconnecting") this.restart = null;
    if (link !== this.link) this.#say({ link });
  }

  /** @param {import("./types.js").Notice} notice */
  #notice({ key, by, values, also = [] }) {
    const more = also.map((one) => this.speak(`notices.${one.key}`, one.values));
    this.tell(`notices.${key}`, { ...values, by }, "notice", more);
  }

  /** @param {string} sdp */
  async #offer(sdp) {
    const answer = await this.connection.offer(sdp);
    if (answer.sdp) return answer.sdp;
    const reason = answer.refused ?? answer.error ?? "server_error";
    if (this.link === "connected") this.tell(`refusals.${reason}`);
    throw new Error(reason);
  }

  /** @param {string} reason */
  #end(reason) {
    if (NAMES.includes(reason)) return this.#askName(reason);
    this.#finish(reason);
    this.connection.close();
  }

  /**
   * Back to where the name is written: everything else that was said there still holds.
   *
   * @param {string} reason
   */
  #askName(reason) {
    this.media.stop();
    this.own.at("check");
    this.#say({ step: "check", unnamed: reason });
  }

  /** @param {string} reason */
  #finish(reason) {
    this.media.stop();
    if (reason !== "already_here") this.own.devices.close(); // asked whether to move here: the browser need not ask again
    if (!MOVED.includes(reason)) forget(this.page.room);
    this.own.at("over");
    this.#say({ step: "over", over: reason });
  }

  /** @param {Partial<Visit>} news */
  #say(news) {
    Object.assign(this, news);
    this.#changed();
  }

  /** What follows from the state goes out here, so that nothing has to remember to do it. */
  #changed() {
    const { own, name, sounds, soundOnly, soundHere } = this;
    const { layers, lean } = this.pictures;
    this.media.send({ ...own.tracks, layers, lean });
    this.connection.devices(own.shown);
    if (this.step === "room") remember(this.page.room, { name, sounds, soundOnly, soundHere, speaker: own.speaker, choice: own.choice, ...own.devices.wanted });
    this.dispatchEvent(new Event("change"));
  }
}

/**
 * A bell for another phase, a softer one for a person at the door. An ornament: it comes after the state, and never keeps it back.
 *
 * @param {Snapshot} before
 * @param {Snapshot} now
 */
function ring(before, now) {
  if (before.phase !== now.phase) chime();
  if (now.door.some(({ person }) => !before.door.some((one) => one.person === person))) chime([659.25], 0.05);
}

/**
 * @param {string} first which may be no whole sentence
 * @param {string[]} more
 */
function sentences(first, more) {
  return more.length === 0 || first.endsWith(".") ? [first, ...more].join(" ") : [`${first}.`, ...more].join(" ");
}
