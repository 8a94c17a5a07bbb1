// The line to the server for words: commands up, the room down. Socket.IO is known here and nowhere else.

import { io } from "../vendor/socket.io-client/socket.io.esm.min.js";
import { Shown } from "./shown.js";

/** @typedef {import("./types.js").Answer} Answer */
/** @typedef {import("./types.js").Snapshot} Snapshot */
/** @typedef {import("./types.js").Link} Link */

/**
 * @typedef {object} Listener what the connection tells
 * @property {(link: Link) => void} link
 * @property {(room: Snapshot) => void} room
 * @property {(notice: {key: string, by: string | null, values: Record<string, string | number>}) => void} notice
 * @property {(line: {by: string, text: string}) => void} line
 * @property {(pictures: import("./types.js").Pictures) => void} pictures
 * @property {(milliseconds: number) => void} restart the server stops then, and starts again
 * @property {() => void} again sound and picture need another line
 * @property {(reason: string) => void} over for good: `elsewhere`, or a reason of `refusals`
 * @property {() => import("./types.js").Devices & {name: string}} knock how to come in
 */

const ANSWER_WITHIN = 10_000; // milliseconds; who takes longer is not there any more
const OFFER_WITHIN = 4_000; // a new line is needed now
const SIGN_WITHIN = 1_500; // when there is doubt already
const RETRY = { timeout: 5_000, reconnectionDelay: 300, reconnectionDelayMax: 1_000 }; // a lost network may be back any second
const RETURN_AFTER = 2_000; // milliseconds, when the server ended the connection itself, or is not well
const PASSING = ["not_connected", "server_error", "journal_unavailable", "too_fast"]; // reasons that may be gone soon

/** A connection to one room. It comes back by itself until it is closed. */
export class Connection {
  #socket;
  #listener;
  #turn = -1;
  #version = 0;
  #told = "";
  /** @type {Promise<unknown> | null} a sign of life that is waited for */
  #sign = null;
  #closed = false;
  #shown = new Shown((heights) => this.#tell("shows", { heights }));

  /**
   * @param {string} room
   * @param {Listener} listener
   */
  constructor(room, listener) {
    this.#listener = listener;
    this.#socket = io({ path: "/socket.io/", transports: ["websocket"], auth: { room, window: unique() }, autoConnect: false, ...RETRY });
    this.#socket.on("connect", () => void this.#knock());
    this.#socket.on("connect_error", (error) => this.#refused(error.message));
    this.#socket.on("disconnect", () => this.#lost());
    this.#socket.on("room", (room) => this.#show(room));
    this.#socket.on("notice", (notice) => listener.notice(notice));
    this.#socket.on("line", (line) => listener.line(line));
    this.#socket.on("pictures", (pictures) => listener.pictures(pictures));
    this.#socket.on("restart", ({ in_ms }) => listener.restart(in_ms));
    this.#socket.on("again", () => listener.again());
    this.#socket.on("elsewhere", () => this.#end("elsewhere"));
  }

  open() {
    this.#listener.link("connecting");
    this.#socket.connect();
  }

  close() {
    this.#closed = true;
    this.#socket.disconnect();
    this.#listener.link("closed");
  }

  /**
   * @param {string} does
   * @param {Record<string, unknown>} [fields]
   * @returns {Promise<Answer>} `{}` when it was done
   */
  command(does, fields = {}) {
    return this.#ask("command", { ...fields, do: does, version: this.#version, key: unique() });
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

  /** Asks for a sign of life; without one comes back at once, where the line itself would take 15 seconds to notice. */
  doubt() {
    if (!this.#told) return;
    this.#sign ??= this.#ask("devices", JSON.parse(this.#told), SIGN_WITHIN).finally(() => (this.#sign = null));
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
      if (this.#socket.id === asked) this.#socket.io.engine.close(); // and comes back by itself
      return { error: "no_answer" };
    }
  }

  async #knock() {
    this.#turn = -1;
    this.#told = "";
    this.#shown.forget();
    const answer = await this.command("Knock", this.#listener.knock());
    const reason = answer.refused ?? answer.error;
    if (!reason || !this.#socket.connected) return;
    if (answer.error || PASSING.includes(reason)) this.#later(() => this.#knock());
    else this.#end(reason);
  }

  /** @param {Snapshot} room */
  #show(room) {
    if (this.#closed || room.turn <= this.#turn) return;
    this.#turn = room.turn;
    this.#version = room.version;
    this.#listener.link("connected");
    this.#listener.room(room);
  }

  #lost() {
    if (this.#closed) return;
    this.#listener.link("reconnecting");
    if (!this.#socket.active) this.#later(() => this.#socket.connect());
  }

  /** @param {() => unknown} again */
  #later(again) {
    setTimeout(() => this.#closed || again(), RETURN_AFTER);
  }

  /** @param {string} reason */
  #refused(reason) {
    if (this.#closed) return;
    const network = this.#socket.active; // not the server's word: socket.io tries again by itself
    if (!network && !PASSING.includes(reason)) return this.#end(reason);
    this.#listener.link("reconnecting");
    if (!network) this.#later(() => this.#socket.connect());
  }

  /** @param {string} reason */
  #end(reason) {
    this.close();
    this.#listener.over(reason);
  }
}

/** @returns {string} a UUID; `randomUUID` is missing where a page is not secure, and there nobody gets this far */
const unique = () => crypto.randomUUID();
