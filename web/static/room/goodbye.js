// Signing this browser out, for a computer that others use as well.

import { html, nothing } from "../vendor/lit-html/lit-html.js";
import { button } from "./button.js";
import { forgetAll } from "./memory.js";

const LEADERS = ["leader", "co_leader"]; // they come straight in, but from one browser
const WITHIN = 10_000; // milliseconds; who takes longer is not there

/**
 * @param {string} room
 * @returns {Promise<boolean>} whether this browser is signed out of it
 */
export async function signOut(room) {
  try {
    const { ok } = await fetch(`/room/${room}/sign-out`, { method: "POST", signal: AbortSignal.timeout(WITHIN) });
    if (ok) forgetAll(room); // the server lets browsers forget everything only where no other session needs it
    return ok;
  } catch {
    return false;
  }
}

/** @param {import("./visit.js").Visit} visit */
export function goodbyeView(visit) {
  const { speak } = visit;
  return html`<div class="goodbye">
    <p class="quiet">${speak("goodbye.why")}</p>
    ${LEADERS.includes(visit.page.standing) ? html`<p class="quiet">${speak("goodbye.leader")}</p>` : nothing}
    ${button({ text: speak("goodbye.button"), look: "quiet", press: () => visit.signOut() })}
    ${visit.stillSignedIn ? html`<p class="trouble" role="alert">${speak("goodbye.failed")}</p>` : nothing}
  </div>`;
}
