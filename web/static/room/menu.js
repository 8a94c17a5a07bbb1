// A menu button after the ARIA pattern: it wraps a button and a `role="menu"` and opens one for the other.

const EDGE = 8; // pixels to the window's edge

/** Arrow keys, Home, End and Escape work; focus returns to the button. */
export class Menu extends HTMLElement {
  #outside = (/** @type {Event} */ event) => {
    if (!event.composedPath().includes(this)) this.#close();
  };

  connectedCallback() {
    this.addEventListener("click", this.#onClick, { capture: true }); // before the item acts: a dialog gives focus back to the button
    this.addEventListener("keydown", this.#onKey);
    this.addEventListener("focusout", this.#onFocusOut);
    this.#close();
  }

  disconnectedCallback() {
    document.removeEventListener("pointerdown", this.#outside);
  }

  /** @returns {HTMLElement | null} */
  get #button() {
    return this.querySelector("[aria-haspopup]");
  }

  /** @returns {HTMLElement | null} */
  get #menu() {
    return this.querySelector("[role=menu]");
  }

  /** @returns {HTMLElement[]} */
  get #items() {
    return [...this.querySelectorAll("[role=menuitem]")].filter((item) => item instanceof HTMLElement);
  }

  /** @param {number} index */
  #open(index = 0) {
    this.#menu?.showPopover();
    this.#place();
    this.#button?.setAttribute("aria-expanded", "true");
    this.dataset.open = "";
    document.addEventListener("pointerdown", this.#outside);
    this.#items.at(index)?.focus();
  }

  #close() {
    if (this.#menu?.matches(":popover-open")) this.#menu.hidePopover();
    this.#button?.setAttribute("aria-expanded", "false");
    delete this.dataset.open;
    document.removeEventListener("pointerdown", this.#outside);
  }

  /** Below the button where there is room, else above; never outside the window. */
  #place() {
    const [menu, button] = [this.#menu, this.#button?.getBoundingClientRect()];
    if (!menu || !button) return;
    const { width, height } = menu.getBoundingClientRect();
    const below = button.bottom + EDGE + height < innerHeight;
    const top = below ? button.bottom + EDGE / 2 : Math.max(EDGE, button.top - height - EDGE / 2);
    const left = Math.min(Math.max(EDGE, button.left + (button.width - width) / 2), innerWidth - width - EDGE);
    menu.style.setProperty("--left", `${left}px`);
    menu.style.setProperty("--top", `${top}px`);
  }

  #onClick = (/** @type {Event} */ event) => {
    const target = event.target instanceof Element ? event.target : null;
    if (target?.closest("[aria-haspopup]")) {
      if (this.dataset.open === undefined) this.#open();
      else this.#close();
    }
    const item = target?.closest("[role=menuitem]");
    if (item && item.getAttribute("aria-disabled") !== "true") {
      this.#button?.focus();
      this.#close();
    }
  };

  #onFocusOut = (/** @type {FocusEvent} */ event) => {
    if (event.relatedTarget instanceof Node && !this.contains(event.relatedTarget)) this.#close();
  };

  #onKey = (/** @type {KeyboardEvent} */ event) => {
    if (this.dataset.open === undefined) {
      if (!["ArrowDown", "ArrowUp"].includes(event.key)) return;
      event.preventDefault();
      this.#open(event.key === "ArrowUp" ? -1 : 0);
      return;
    }
    const items = this.#items;
    const at = items.findIndex((item) => item === document.activeElement);
    /** @type {Record<string, () => void>} */
    const moves = {
      ArrowDown: () => items[(at + 1) % items.length]?.focus(),
      ArrowUp: () => items.at((at < 1 ? items.length : at) - 1)?.focus(),
      Home: () => items[0]?.focus(),
      End: () => items.at(-1)?.focus(),
      Escape: () => {
        this.#button?.focus();
        this.#close();
      },
      Tab: () => this.#close(),
    };
    const move = moves[event.key];
    if (!move) return;
    if (event.key !== "Tab") event.preventDefault();
    event.stopPropagation();
    move();
  };
}

customElements.define("balint-menu", Menu);
