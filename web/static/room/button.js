// A button that stays where it is when it may not be pressed, and says why.
// One whose meaning has just changed looks as always; pressed, it says so, and does nothing.

import { html, nothing } from "../vendor/lit-html/lit-html.js";

/**
 * Not `disabled`: that would drop the focus of whoever has just pressed it, and keep the reason from screen readers.
 *
 * @param {object} button
 * @param {unknown} button.text what is written on it
 * @param {string} [button.name] accessible name, where it differs
 * @param {() => unknown} button.press
 * @param {string} [button.why] why it may not be pressed; "" or missing: it may
 * @param {string} [button.fresh] that what it stands for has just changed and cannot have been read; "" or missing: it can
 * @param {string} [button.look] `primary`, `quiet`, `danger`, `round`
 * @param {string} [button.role]
 * @param {string} [button.says] more about it, for `aria-description`
 * @param {boolean} [button.pressed]
 */
export function button({ text, name, press, why = "", fresh = "", look = "", role, says = "", pressed }) {
  return html`<button
    type="button"
    class="button ${look}"
    role=${role ?? nothing}
    tabindex=${role === "menuitem" ? -1 : nothing}
    aria-label=${name ?? nothing}
    title=${why || nothing}
    aria-description=${why || fresh || says || nothing}
    aria-disabled=${why || fresh ? "true" : nothing}
    ?data-fresh=${!why && fresh !== ""}
    aria-pressed=${pressed === undefined ? nothing : String(pressed)}
    @click=${() => !why && press()}
  >${text}</button>`;
}
