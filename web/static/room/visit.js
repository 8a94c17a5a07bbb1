// One person's visit in this tab: what is known, what is turned on, and everything that can be done.

import { Connection } from "./connection.js";
import { OwnDevices, missing } from "./devices.js";
import { Glance, READING } from "./glance.js";
import { signOut } from "./goodbye.js";
import { Level } from "./level.js";
import { Media } from "./media.js";
import { forget, recall, remember, windowOf } from "./memory.js";
import { follow, rested, sends, stand } from "./sending.js";
import { heights } from "./shown.js";
import { chime } from "./sound.js";
import { Wake } from "./wake.js";

/** @typedef {import("./types.js").Snapshot} Snapshot */
/** @typedef {"microphone" | "camera"} Device */
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
  /** @type {Snapshot | null} */
  room = null;
  told = 0; // performance.now() when `room` came
  /** @type {import("./sending.js").Choice} */
  choice;
  name;
  sounds = true;
  coming = false; // back into the circle: asked for, and not answered yet
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
  /** @type {number | null} how loud I am, 0 to 1, before coming in; null where it cannot be measured */
  level = 0;
  /** @type {Question | null} */
  question = null;
  /** @type {{text: string, kind: "notice" | "refusal"} | null} */
  news = null;
  /** @type {{by: string, text: string}[]} the leaders' line; kept here only */
  lines = [];
  devices = new OwnDevices();
  /** @type {MediaStream | null} */
  ownPicture = null;
  /** @type {ReturnType<typeof setTimeout> | undefined} */
  #newsTimer;
  #wake;
  #glance = new Glance();
  /** @type {Set<string>} commands that were pressed and are not answered yet */
  #pressed = new Set();
  /** @type {Promise<string> | null} */
  #window = null;
  #level = new Level((level) => this.#say({ level }));

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
    this.choice = { microphone: !this.outside, camera: !this.outside, returning: false };
    this.media = new Media(page.slots, page.ice, { arrived: () => this.connection.arrived(), ask: (sdp) => this.#offer(sdp) });
    this.media.addEventListener("change", () => this.#changed());
    this.media.addEventListener("hush", () => this.connection.doubt());
    this.media.addEventListener("sound", () => this.connection.hurry());
    this.#wake = new Wake((slept) => this.#back(slept));
    this.devices.addEventListener("change", () => this.#changed());
    this.devices.addEventListener("taken", (event) => event instanceof CustomEvent && this.#taken(event.detail));
    this.connection = new Connection(page.room, {
      link: (link) => this.#linked(link),
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
    const problem = missing();
    if (problem) return this.#say({ step: "check", unfit: problem });
    const kept = recall(this.page.room);
    if (!kept) {
      this.#changed();
      return this.outside ? undefined : this.devices.open();
    }
    Object.assign(this, { name: kept.name, choice: kept.choice, sounds: kept.sounds, soundOnly: kept.soundOnly ?? false, soundHere: kept.soundHere ?? false });
    this.devices.wanted = { microphone: kept.microphone, camera: kept.camera };
    return this.enter();
  }

  /**
   * Out of the device check, up to the door.
   *
   * @param {boolean} [move] also out of another window of mine
   */
  async enter(move = false) {
    this.#say({ step: "room", over: "", unnamed: "", room: null, restart: null, level: 0 });
    this.#keep();
    if (move) this.devices.reopen();
    const wanted = /** @type {Device[]} */ (["microphone", "camera"]).filter((device) => this.choice[device]);
    // Whoever has not answered the browser's question yet comes in first; what they allow follows.
    if (!this.devices.asking) await this.devices.open(wanted);
    this.connection.open(await (this.#window ??= windowOf(this.page.room)), move);
  }

  /** This device is to carry my sound; my place, and my picture, stay where they are. */
  async carrySound() {
    Object.assign(this, { soundHere: true, soundOnly: true, choice: { ...this.choice, camera: false } });
    this.devices.release("camera");
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
    const on = !this.turnedOn(device);
    const now = this.room && stand(this.room);
    if (device === "microphone" && now?.elsewhere) return this.#fetchSound();
    if (on && !(await this.#ready(device))) return;
    if (device === "microphone" && on && now && !now.speak && this.may("TakeWord") && !(await this.command("TakeWord"))) return;
    if (device === "microphone" && !on && now?.floor) void this.command("PassWord", { person: this.room?.me.person });
    this.#choose({ ...this.choice, [device]: on, returning: this.choice.returning && !on });
  }

  /**
   * The presenter's return: one click, no question from the browser. Voice and picture go out with the asking, to be
   * there when the server opens the gates; before, it forwards nothing.
   */
  async comeBack() {
    if (this.coming) return;
    const asks = this.may("ComeBack");
    if (asks) this.#say({ coming: true });
    const came = !asks || (await this.command("ComeBack"));
    if (came) await this.devices.open(this.soundHere ? ["microphone"] : undefined);
    this.coming = false;
    if (!came) return this.#changed();
    this.#choose({ microphone: this.devices.microphone !== null, camera: this.devices.camera !== null, returning: false });
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

  /**
   * By me, whatever the phase says.
   *
   * @param {Device} device
   */
  turnedOn(device) {
    return this.choice[device] && this.devices[device] !== null;
  }

  /** What of me goes out at this moment. */
  get goes() {
    const { microphone, camera } = sends(this.choice, this.room && stand(this.room), this.coming);
    return { microphone: microphone && this.devices.microphone !== null, camera: camera && this.devices.camera !== null };
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

  /** @param {Partial<Pick<Visit, "name" | "question" | "deskOpen" | "selfView" | "soundOnly" | "sounds" | "silent" | "choice">>} news */
  set(news) {
    Object.assign(this, news);
    if (this.step === "room") this.#keep();
    this.#changed();
  }

  /**
   * @param {string} key
   * @param {import("./texts.js").Values} [values]
   * @param {"notice" | "refusal"} [kind]
   */
  tell(key, values = {}, kind = "refusal") {
    clearTimeout(this.#newsTimer);
    this.#newsTimer = setTimeout(() => this.#say({ news: null }), NEWS_LASTS);
    this.#say({ news: { text: this.speak(key, values), kind } });
  }

  /** @param {Device} device */
  async #ready(device) {
    await this.devices.open([device]);
    const ready = this.devices[device] !== null;
    if (!ready) this.tell(this.devices.troubles.at(-1) ?? `trouble.${device}_missing`);
    return ready;
  }

  /** @param {import("./sending.js").Choice} choice */
  #choose(choice) {
    if (this.step !== "room") return; // an answer that came after leaving
    this.choice = choice;
    this.#keep();
    this.#changed();
  }

  /**
   * What was unplugged does not go on by itself when it is plugged in again.
   *
   * @param {Device} device
   */
  #taken(device) {
    if (this.step === "room" && this.choice[device]) this.tell(`trouble.${device}_ended`);
    this.#choose({ ...this.choice, [device]: false });
  }

  /** @param {Snapshot} room */
  #show(room) {
    if (this.step === "over") return;
    const before = this.room;
    this.room = room;
    if (before && before.me.carries !== room.me.carries) this.tell(`room.sound_${room.me.carries}`, {}, "notice");
    this.told = performance.now();
    if (before?.version !== room.version) setTimeout(() => this.#changed(), READING);
    this.#glance.show(room, this.told);
    if (room.me.place === "left" || room.me.place === "removed") return this.#end(room.me.place);
    this.choice = follow(this.choice, before && stand(before), stand(room));
    if (before && before.phase !== room.phase && this.sounds) chime();
    if (before && room.door.length > before.door.length && this.sounds) chime([659.25], 0.05);
    if (stand(room).inside) this.media.start();
    else this.media.stop();
    if (room.phase === "ended") this.devices.close();
    this.#keep();
    this.#changed();
  }

  /** How I come in; whoever has slept comes in silent. */
  #knock() {
    this.#wake.look();
    return { name: this.name, microphone: this.turnedOn("microphone"), camera: this.turnedOn("camera"), sound: this.soundHere };
  }

  /** @param {number} slept milliseconds */
  #back(slept) {
    this.#choose(rested(this.choice, slept));
    this.connection.hurry();
    this.media.hurry();
  }

  /** @param {import("./types.js").Link} link */
  #linked(link) {
    if (link === "connected" && this.link === "reconnecting") this.media.hurry();
    if (link === "reconnecting") this.restart = null;
    if (link !== this.link) this.#say({ link });
  }

  /** @param {{key: string, by: string | null, values: Record<string, string | number>}} notice */
  #notice({ key, by, values }) {
    this.tell(`notices.${key}`, { ...values, by }, "notice");
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
    this.#say({ step: "check", unnamed: reason });
  }

  /** @param {string} reason */
  #finish(reason) {
    this.media.stop();
    if (reason !== "already_here") this.devices.close(); // asked whether to move here: the browser need not ask again
    if (!MOVED.includes(reason)) forget(this.page.room);
    this.#say({ step: "over", over: reason });
  }

  #keep() {
    const { microphone, camera } = this.devices.wanted;
    remember(this.page.room, { name: this.name, choice: this.choice, sounds: this.sounds, soundOnly: this.soundOnly, soundHere: this.soundHere, microphone, camera });
  }

  /** @param {Partial<Visit>} news */
  #say(news) {
    Object.assign(this, news);
    this.#changed();
  }

  /** What follows from the state goes out here, so that nothing has to remember to do it. */
  #changed() {
    const { microphone, camera } = this.devices;
    const { goes } = this;
    const { layers, lean } = this.pictures;
    this.media.send({ microphone: goes.microphone ? microphone : null, camera: goes.camera ? camera : null, layers, lean });
    this.connection.devices({ microphone: this.turnedOn("microphone"), camera: this.turnedOn("camera") });
    if (this.ownPicture?.getVideoTracks()[0] !== (camera ?? undefined)) this.ownPicture = camera && new MediaStream([camera]);
    this.#level.follow(this.step === "check" ? microphone : null);
    this.dispatchEvent(new Event("change"));
  }
}
