// A chair of the circle: the element that owns a person's picture and sound.

/**
 * Set its properties; it keeps playing through every re-rendering.
 * Tells `silent` when the browser wants a click first, and `audible` when it plays.
 */
export class Chair extends HTMLElement {
  #video = Object.assign(document.createElement("video"), { autoplay: true, playsInline: true, muted: true });
  // A picture that never comes would hold back the sound of the same element, so sound has its own.
  #audio = Object.assign(document.createElement("audio"), { autoplay: true });
  #showing = false;

  connectedCallback() {
    if (this.#video.parentNode === this) return;
    this.#video.setAttribute("aria-hidden", "true");
    this.#video.tabIndex = -1;
    this.prepend(this.#video, this.#audio);
  }

  disconnectedCallback() {
    // Moving within the room disconnects for a moment; leaving it is for good.
    queueMicrotask(() => {
      if (this.isConnected) return;
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

  play() {
    if (!this.#audio.srcObject) return;
    this.#audio.play().then(
      () => this.dispatchEvent(new Event("audible", { bubbles: true })),
      (error) => error.name === "NotAllowedError" && this.dispatchEvent(new Event("silent", { bubbles: true })),
    );
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
