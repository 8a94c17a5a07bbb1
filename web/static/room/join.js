// The way in: hands the link's secret to the server, forgets it, and goes on to the room.

import { elsewhere } from "./link.js";
import { forget } from "./memory.js";
import { speaker } from "./texts.js";

/** @param {string} id */
const read = (id) => JSON.parse(document.getElementById(id)?.textContent ?? "{}");

const speak = speaker(read("texts"));

/**
 * @param {string} sentence
 * @param {string} heading
 */
function say(sentence, heading) {
  for (const [id, text] of Object.entries({ heading, sentence })) {
    const element = document.getElementById(id);
    if (element) element.textContent = text;
  }
}

/**
 * @param {string} reason a key of `headings` and `refusals`
 * @param {import("./texts.js").Values} [values]
 */
const sayWhy = (reason, values) => say(speak(`refusals.${reason}`, values), speak(`headings.${reason}`));

/**
 * @param {number} at milliseconds
 * @returns {string} as people here write day and time
 */
const moment = (at) => new Intl.DateTimeFormat(document.documentElement.lang, { dateStyle: "full", timeStyle: "short" }).format(at);

async function comeIn() {
  say(speak("join.opening"), speak("join.heading"));
  const away = elsewhere(location, read("page"));
  if (away) return location.replace(away);
  if (away !== null) return sayWhy("other_name");
  const secret = location.hash.slice(1); // the server reads its beginning, and leaves what mail programs have added
  if (!secret) return sayWhy("incomplete_link");
  const answer = await fetch("/join", {
    method: "POST",
    headers: { "Content-Type": "application/json" },
    body: JSON.stringify({ secret }),
  });
  const { room, error, opens_ms: opens } = await answer.json();
  history.replaceState(null, "", "/join"); // the secret stays in no history; without an answer, reloading tries again
  if (!room) return sayWhy(error, { time: opens ? moment(opens) : "" });
  forget(room.split("/").at(-1)); // a link that is opened again is a new visit: the agreement is asked again
  location.replace(room);
}

const begin = () => void comeIn().catch(() => say(speak("join.no_answer"), speak("join.failed")));

addEventListener("hashchange", begin); // a link that is pasted into a page that had another
begin();
