// A chair of the circle: the element that owns a person's picture and sound.

const STILL = 3000; // milliseconds without a new frame: what is seen is no longer so
const LOOK = 1000; // milliseconds between two looks at that
const INSIST = 1000; // milliseconds in which sound that was paused twice is left to the person

/**
 * Set its properties; it keeps playing through every re-rendering, and goes on by itself where the system has paused it.
 * Tells `silent` when the browser wants a click first, and `audible` when it plays.
 */
export class Chair extends HTMLElement {
  #video = Object.assign(document.createElement("video"), { autoplay: true, playsInline: true, muted: true });
  // A picture that never comes would hold back the sound of the same element, so sound has its own.
  #audio = Object.assign(document.createElement("audio"), { autoplay: true });
  #showing = false;
  #speaker = "";
  #resumed = -Infinity; // performance.now() when sound that was paused went on
  #frames = 0;
  #moved = 0; // performance.now() of the last new frame that was seen
  /** @type {ReturnType<typeof setInterval> | undefined} */
  #watch;

  constructor() {
    super();
    // An earphone taken out, a key of the keyboard: the system pauses what plays, and starts nothing again.
    this.#audio.addEventListener("pause", () => this.#resume());
    this.#video.addEventListener("pause", () => this.#video.play().catch(() => {}));
  }

  connectedCallback() {
    this.#watch ??= setInterval(() => this.#look(), LOOK);
    if (this.#video.parentNode === this) return;
    this.#video.setAttribute("aria-hidden", "true");
    this.#video.tabIndex = -1;
    this.prepend(this.#video, this.#audio);
  }

  disconnectedCallback() {
    // Moving within the room disconnects for a moment; leaving it is for good.
    queueMicrotask(() => {
      if (this.isConnected) return;
      clearInterval(this.#watch);
      this.#watch = undefined;
      this.picture = null;
      this.sound = null;
    });
  }

  /** @param {MediaStream | null} stream */
  set sound(stream) {
    if (this.#audio.srcObject === stream) return;
    this.#audio.srcObject = stream;
    if (stream) this.play();
  }

  /** @param {string} id of the loudspeaker, "" for the system's choice; tells `unplugged` where there is none such */
  set speaker(id) {
    if (id === this.#speaker) return;
    this.#speaker = id;
    const unplugged = () => id === this.#speaker && this.dispatchEvent(new Event("unplugged", { bubbles: true }));
    this.#audio.setSinkId?.(id).catch(unplugged);
  }

  /** @param {MediaStream | null} stream */
  set picture(stream) {
    if (this.#video.srcObject === stream) return;
    this.#video.srcObject = stream;
    this.#await();
  }

  /** @param {boolean} showing whether the picture may be looked at now */
  set showing(showing) {
    if (this.#showing === showing) return;
    this.#showing = showing;
    this.#await();
  }

  /** @param {import("./circle.js").Place | undefined} place */
  set place(place) {
    // Not a style attribute: the page's Content-Security-Policy forbids those.
    if (!place) return;
    this.style.setProperty("--x", `${place.x.toFixed(1)}px`);
    this.style.setProperty("--y", `${place.y.toFixed(1)}px`);
    this.style.setProperty("--size", `${place.size.toFixed(1)}px`);
    this.dataset.scale = place.size < 80 ? "tiny" : place.size < 120 ? "small" : "large";
  }

  /** Whether there is sound that does not play. */
  get paused() {
    return this.#audio.srcObject !== null && this.#audio.paused;
  }

  play() {
    if (!this.#audio.srcObject) return;
    this.#audio.play().then(
      () => this.dispatchEvent(new Event("audible", { bubbles: true })),
      (error) => error.name === "NotAllowedError" && this.dispatchEvent(new Event("silent", { bubbles: true })),
    );
  }

  /** Once, by itself; what insists on pausing is the person's to answer. */
  #resume() {
    if (!this.paused) return;
    const insists = performance.now() - this.#resumed < INSIST;
    this.#resumed = performance.now();
    if (insists) this.dispatchEvent(new Event("silent", { bubbles: true }));
    else this.play();
  }

  /** A picture in which nothing moves any more is of a moment ago: cameras send frames even of what stands still. */
  #look() {
    const now = performance.now();
    const frames = this.#video.getVideoPlaybackQuality?.().totalVideoFrames ?? 0;
    if (frames !== this.#frames || this.dataset.picture !== "shown" || document.hidden) this.#moved = now;
    this.#frames = frames;
    this.toggleAttribute("data-still", now - this.#moved > STILL);
  }

  /** Shows nothing until a new frame has come: the last one may be old, or another person's. */
  #await() {
    const stream = this.#showing ? this.#video.srcObject : null;
    if (!stream) {
      delete this.dataset.picture;
      return;
    }
    this.dataset.picture = "awaited";
    const reveal = () => {
      if (this.#showing && this.#video.srcObject === stream) this.dataset.picture = "shown";
    };
    if ("requestVideoFrameCallback" in this.#video) this.#video.requestVideoFrameCallback(reveal);
    else reveal();
  }
}

customElements.define("balint-chair", Chair);
