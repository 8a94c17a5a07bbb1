// The line to the server for words: commands up, the room down. Socket.IO is known here and nowhere else.

import { io } from "../vendor/socket.io-client/socket.io.esm.min.js";
import { PATIENCE, PROBE_PATIENCE, anew, pause, probes } from "./retry.js";
import { Shown } from "./shown.js";

/** @typedef {import("./types.js").Answer} Answer */
/** @typedef {import("./types.js").Snapshot} Snapshot */
/** @typedef {import("./types.js").Link} Link */

/**
 * @typedef {object} Listener what the connection tells
 * @property {(link: Link) => void} link
 * @property {(barred: boolean) => void} barred whether ordinary requests come through while this line does not
 * @property {(room: Snapshot) => void} room
 * @property {(notice: import("./types.js").Notice) => void} notice
 * @property {(line: {by: string, text: string}) => void} line
 * @property {(pictures: import("./types.js").Pictures) => void} pictures
 * @property {(milliseconds: number) => void} restart the server stops then, and starts again
 * @property {() => void} again sound and picture need another line
 * @property {(reason: string) => void} over until it is opened again: `elsewhere`, or a reason of `refusals`
 * @property {() => import("./types.js").Devices & {name: string, agreed: boolean, sound: boolean}} knock how to come in
 */

const ANSWER_WITHIN = 10_000; // milliseconds; who takes longer is not there any more
const OFFER_WITHIN = 4_000; // a new line is needed now
const SIGN_WITHIN = 1_000; // when there is doubt already
const MOVED = 3_000; // after a sign of another network, a loss is this side's own
const BARRED = 2; // attempts in vain, after which it is asked whether pages come through
const GATEWAY_ERRORS = 502; // and above: what stands before the server has answered
const OWN_LOSSES = ["ping timeout", "io client disconnect"];
const PASSING = ["not_connected", "server_error", "journal_unavailable", "too_fast"]; // reasons that may be gone soon

/** A connection to one room. It comes back by itself until it is closed. */
export class Connection {
  #socket;
  #listener;
  #turn = -1;
  #version = 0;
  #told = "";
  #attempts = 0; // at coming back, in vain
  #tried = 0; // performance.now() of the last one
  #waiting = false; // for the time of the next one
  #hurried = -Infinity; // performance.now() when something last said that the network may be back
  /** @type {ReturnType<typeof setTimeout> | undefined} */
  #timer;
  /** @type {(() => void)[]} who waits for the room */
  #awaiting = [];
  /** @type {Promise<unknown> | null} a sign of life that is waited for */
  #sign = null;
  #closed = false;
  #room;
  #move = false; // whether I may take my place away from another window of mine
  #shown = new Shown((heights) => this.#tell("shows", { heights }));

  /**
   * @param {string} room
   * @param {Listener} listener
   */
  constructor(room, listener) {
    this.#room = room;
    this.#listener = listener;
    const options = { transports: ["websocket"], autoConnect: false, reconnection: false, timeout: PATIENCE };
    this.#socket = io({ path: "/socket.io/", ...options });
    this.#socket.on("connect", () => void this.#knock());
    this.#socket.on("connect_error", (error) => this.#refused(error.message));
    this.#socket.on("disconnect", (reason) => this.#lost(reason));
    this.#socket.on("room", (room) => this.#show(room));
    this.#socket.on("notice", (notice) => listener.notice(notice));
    this.#socket.on("line", (line) => listener.line(line));
    this.#socket.on("pictures", (pictures) => listener.pictures(pictures));
    this.#socket.on("restart", ({ in_ms }) => listener.restart(in_ms));
    this.#socket.on("over", ({ reason }) => this.#end(reason));
    this.#socket.on("again", () => listener.again());
    this.#socket.on("elsewhere", ({ same_browser }) => this.#end(same_browser ? "elsewhere" : "elsewhere_device"));
  }

  /**
   * Begins, also after it was over.
   *
   * @param {string} window what tells this window from others of mine
   * @param {boolean} move whether to come in even if I am in another one
   */
  open(window, move) {
    this.#closed = false;
    this.#move = move;
    this.#socket.auth = { room: this.#room, window };
    this.#listener.link("connecting");
    void this.#try();
  }

  close() {
    this.#closed = true;
    clearTimeout(this.#timer);
    this.#socket.disconnect();
    this.#listener.link("closed");
  }

  /**
   * @param {string} does
   * @param {Record<string, unknown>} [fields]
   * @param {number} [seen] the version that had been read when it was pressed, where that matters
   * @returns {Promise<Answer>} `{}` when it was done
   */
  command(does, fields = {}, seen) {
    const read = seen === undefined ? {} : { seen: Math.min(seen, this.#version) };
    return this.#ask("command", { ...fields, ...read, do: does, version: this.#version, key: unique() });
  }

  /**
   * @param {string} sdp
   * @returns {Promise<Answer>}
   */
  async offer(sdp) {
    await this.#sign; // an offer that arrives after its line was given up would replace a connection that is well
    return this.#ask("offer", { sdp }, OFFER_WITHIN);
  }

  /** @param {import("./types.js").Devices} devices said once inside, and again when they have changed */
  devices(devices) {
    const message = JSON.stringify(devices);
    if (message !== this.#told && this.#tell("devices", devices)) this.#told = message;
  }

  /** @param {readonly number[]} heights of the pictures shown here, by slot; said like `devices` */
  shows(heights) {
    this.#shown.are(heights);
  }

  /**
   * @param {string} text
   * @returns {Promise<Answer>}
   */
  line(text) {
    return this.#ask("line", { text });
  }

  /**
   * What needs no answer; only from inside.
   *
   * @param {string} event
   * @param {object} message
   * @returns {boolean} whether it went
   */
  #tell(event, message) {
    if (!this.#socket.connected || this.#turn < 0) return false;
    this.#socket.emit(event, message);
    return true;
  }

  /** @returns {Promise<void>} as soon as the server has shown the room: nothing else is asked of it before */
  async arrived() {
    await this.#sign; // of a line that may be lost
    if (!this.#here) await new Promise((/** @type {(_: void) => void} */ resolve) => this.#awaiting.push(resolve));
  }

  get #here() {
    return this.#socket.connected && this.#turn >= 0;
  }

  /** Asks for a sign of life; without one comes back at once, where the line itself would take 15 seconds to notice. */
  doubt() {
    if (!this.#told) return;
    this.#sign ??= this.#ask("devices", JSON.parse(this.#told), SIGN_WITHIN).finally(() => (this.#sign = null));
  }

  /** Something says that the network may be back, or is another one: tries now what would be tried later. */
  hurry() {
    const now = performance.now();
    this.#hurried = now;
    if (this.#closed || this.#tried === 0) return;
    if (this.#socket.connected) return this.doubt();
    if (!anew(this.#waiting, now - this.#tried)) return;
    this.#socket.disconnect(); // an attempt that waits for packets that were lost long ago
    void this.#try();
  }

  get #moved() {
    return performance.now() - this.#hurried < MOVED;
  }

  async #try() {
    clearTimeout(this.#timer);
    this.#waiting = false;
    const now = (this.#tried = performance.now());
    const answered = !probes(navigator.userAgent, this.#moved, this.#attempts) || (await answers());
    if (this.#closed || now !== this.#tried) return; // another attempt has begun meanwhile
    if (answered) this.#socket.connect();
    else this.#later({});
  }

  /**
   * Never waits for a lost line: what was pressed long ago must not happen by surprise.
   *
   * @param {string} event
   * @param {object} message
   * @param {number} [within] milliseconds
   * @returns {Promise<Answer>}
   */
  async #ask(event, message, within = ANSWER_WITHIN) {
    if (!this.#socket.connected) return { refused: "not_connected" };
    const asked = this.#socket.id;
    try {
      return (await this.#socket.timeout(within).emitWithAck(event, message)) ?? {};
    } catch {
      if (this.#socket.id === asked) this.#socket.disconnect(); // and comes back by itself
      return { error: "no_answer" };
    }
  }

  async #knock() {
    this.#turn = -1;
    this.#told = "";
    this.#shown.forget();
    const answer = await this.command("Knock", { ...this.#listener.knock(), move: this.#move });
    const reason = answer.refused ?? answer.error;
    if (!reason || !this.#socket.connected) return;
    if (answer.error || PASSING.includes(reason)) this.#later({ refused: true }, () => void this.#knock());
    else this.#end(reason);
  }

  /** @param {Snapshot} room */
  #show(room) {
    if (this.#closed || room.turn <= this.#turn) return;
    this.#turn = room.turn;
    this.#version = room.version;
    this.#attempts = 0;
    if (room.me.place === "inside") this.#move = false; // asked once: who moves away again is not fetched back by a lost line
    this.#listener.link("connected");
    this.#listener.barred(false);
    this.#listener.room(room);
    for (const go of this.#awaiting.splice(0)) go();
  }

  /** @param {string} reason socket.io's */
  #lost(reason) {
    if (this.#closed) return;
    this.#listener.link("reconnecting");
    this.#later({ mine: OWN_LOSSES.includes(reason) });
  }

  /**
   * @param {{mine?: boolean, refused?: boolean}} loss
   * @param {() => void} [again]
   */
  #later({ mine = false, refused = false }, again = () => this.#try()) {
    const wait = pause({ mine: mine || this.#moved, refused, attempts: this.#attempts, offline: !navigator.onLine }, Math.random());
    this.#attempts += 1;
    this.#waiting = true;
    clearTimeout(this.#timer);
    this.#timer = setTimeout(() => this.#closed || again(), wait);
  }

  /** @param {string} reason */
  #refused(reason) {
    if (this.#closed) return;
    const refused = !this.#socket.active; // the server's word, not the network's
    if (refused && !PASSING.includes(reason)) return this.#end(reason);
    this.#listener.link("reconnecting");
    if (this.#attempts >= BARRED) void this.#askWhy();
    this.#later({ refused });
  }

  /** A network may let pages through, and this line never: that is another trouble than a server that is away. */
  async #askWhy() {
    const barred = await answers();
    if (!this.#here) this.#listener.barred(barred);
  }

  /** @param {string} reason */
  #end(reason) {
    this.close();
    this.#listener.over(reason);
  }
}

/** @returns {Promise<boolean>} whether the server can be reached and is there, as far as a request can tell */
async function answers() {
  try {
    const { status } = await fetch("/healthz", { cache: "no-store", signal: AbortSignal.timeout(PROBE_PATIENCE) });
    return status < GATEWAY_ERRORS;
  } catch {
    return false;
  }
}

/** @returns {string} a UUID; `randomUUID` is missing where a page is not secure, and there nobody gets this far */
const unique = () => crypto.randomUUID();
