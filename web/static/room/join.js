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

async function comeIn() {
  if (!secret) return say(speak("join.no_secret"));
  const answer = await fetch("/join", {
    method: "POST",
    headers: { "Content-Type": "application/json" },
    body: JSON.stringify({ secret }),
  });
  const { room, error } = await answer.json();
  history.replaceState(null, "", "/join"); // the secret stays in no history; without an answer, reloading tries again
  if (!room) return say(speak(`refusals.${error}`));
  forget(room.split("/").at(-1)); // a link that is opened again is a new visit: the agreement is asked again
  location.replace(room);
}

comeIn().catch(() => say(speak("join.no_answer")));
