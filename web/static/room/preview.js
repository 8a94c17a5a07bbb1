// The own picture, as in a mirror, before coming in.

/** Keeps playing through every re-rendering: a new `srcObject` would start the picture again, even the same one. */
export class Preview extends HTMLElement {
  #video = Object.assign(document.createElement("video"), { autoplay: true, playsInline: true, muted: true });

  connectedCallback() {
    this.#video.setAttribute("aria-hidden", "true");
    this.#video.tabIndex = -1;
    this.append(this.#video);
  }

  /** @param {MediaStream | null} stream */
  set stream(stream) {
    if (this.#video.srcObject !== stream) this.#video.srcObject = stream;
  }
}

customElements.define("balint-preview", Preview);
