// The way in: hands the link's secret to the server, forgets it, and goes on to the room.

import { forget } from "./memory.js";
import { speaker } from "./texts.js";

const speak = speaker(JSON.parse(document.getElementById("texts")?.textContent ?? "{}"));
const secret = location.hash.slice(1);

/**
 * @param {string} sentence
 * @param {string} [heading]
 */
function say(sentence, heading = speak("join.failed")) {
  for (const [id, text] of Object.entries({ heading, sentence })) {
    const element = document.getElementById(id);
    if (element) element.textContent = text;
  }
}

/**
 * @param {number} at milliseconds
 * @returns {string} as people here write day and time
 */
const moment = (at) => new Intl.DateTimeFormat(document.documentElement.lang, { dateStyle: "full", timeStyle: "short" }).format(at);

async function comeIn() {
  if (!secret) return say(speak("join.no_secret"));
  const answer = await fetch("/join", {
    method: "POST",
    headers: { "Content-Type": "application/json" },
    body: JSON.stringify({ secret }),
  });
  const { room, error, opens_ms: opens } = await answer.json();
  history.replaceState(null, "", "/join"); // the secret stays in no history; without an answer, reloading tries again
  if (!room) return say(speak(`refusals.${error}`, { time: opens ? moment(opens) : "" }));
  forget(room.split("/").at(-1)); // a link that is opened again is a new visit: the agreement is asked again
  location.replace(room);
}

comeIn().catch(() => say(speak("join.no_answer")));
