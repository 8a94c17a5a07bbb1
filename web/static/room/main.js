// Starts the room: reads the page, follows the visit, and draws. The one place that joins state and document.

import { render } from "../vendor/lit-html/lit-html.js";
import { stayAwake } from "./awake.js";
import { Chair } from "./chair.js";
import { circleOn } from "./circle.js";
import "./menu.js";
import "./preview.js";
import { keepingFocus } from "./focus.js";
import { rewrite } from "./foreign.js";
import { seat } from "./person.js";
import { wake } from "./sound.js";
import { speaker } from "./texts.js";
import { view } from "./view.js";
import { Visit } from "./visit.js";

const CLOCK = 1000; // milliseconds between two looks at the clock

/** @param {string} id */
const read = (id) => JSON.parse(document.getElementById(id)?.textContent ?? "{}");

const root = /** @type {HTMLElement} */ (document.getElementById("room"));
const visit = new Visit(read("page"), speaker(read("texts")));
const stage = { width: 0, height: 0 };
let waiting = false;

const measure = new ResizeObserver(([{ contentRect }]) => {
  Object.assign(stage, { width: contentRect.width, height: contentRect.height });
  draw();
});
/** @type {Element | null} */
let measured = null;

/** Draws before the next frame at the latest, however much has changed. */
function soon() {
  if (waiting) return;
  waiting = true;
  queueMicrotask(() => {
    waiting = false;
    draw();
  });
}

function draw() {
  root.dataset.phase = visit.room?.phase ?? "";
  root.dataset.version = String(visit.room?.version ?? "");
  root.dataset.link = visit.link;
  root.dataset.step = visit.step;
  root.toggleAttribute("data-unsure", visit.seated && !visit.media.sure); // pictures may be old
  const circle = circleOn(stage, (visit.room?.people ?? []).map(seat));
  root.style.setProperty("--centre-x", `${circle.centre.x}px`);
  root.style.setProperty("--centre-y", `${circle.centre.y}px`);
  keepingFocus(() => {
    render(view(visit, circle, performance.now()), root);
    rewrite(root);
  }, root);
  follow(root.querySelector(".stage"));
  if (document.hidden) visit.shows(new Map());
  else if (measured && stage.width > 0) visit.shows(circle.places);
}

/** @param {Element | null} element the stage, which comes and goes */
function follow(element) {
  if (element === measured) return;
  measure.disconnect();
  measured = element;
  if (element) measure.observe(element);
}

/** Whatever sound stands still goes on. */
function play() {
  for (const chair of root.querySelectorAll("balint-chair")) if (chair instanceof Chair && chair.paused) chair.play();
}

root.replaceChildren();
root.tabIndex = -1;
visit.addEventListener("change", soon);
visit.addEventListener("change", () => void stayAwake(visit.step === "room"));
root.addEventListener("silent", () => {
  visit.set({ silent: true });
  if (!visit.outside) void visit.own.listen();
});
visit.own.devices.addEventListener("change", () => visit.silent && play()); // a page that listens itself may play, too
root.addEventListener("unplugged", () => visit.own.loseSpeaker());
root.addEventListener("audible", () => visit.silent && visit.set({ silent: false }));
for (const act of ["pointerdown", "keydown"]) {
  document.addEventListener(act, () => {
    wake(); // browsers keep sound back until somebody does something
    play();
  });
}
document.addEventListener("visibilitychange", () => {
  void stayAwake(visit.step === "room");
  if (!document.hidden) play();
  soon();
});
addEventListener("resize", soon); // another screen may have finer pixels
setInterval(() => visit.room?.clock && soon(), CLOCK);
void visit.start();
