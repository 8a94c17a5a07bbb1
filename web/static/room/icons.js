// The few drawings of the room. They say nothing to screen readers: the words beside them do.

import { html, svg } from "../vendor/lit-html/lit-html.js";

const microphone = svg`<path d="M12 3a3 3 0 0 0-3 3v6a3 3 0 0 0 6 0V6a3 3 0 0 0-3-3ZM5.5 11.5a6.5 6.5 0 0 0 13 0M12 18v3" />`;
const camera = svg`<path d="M3.5 7.5a2 2 0 0 1 2-2h8a2 2 0 0 1 2 2v9a2 2 0 0 1-2 2h-8a2 2 0 0 1-2-2ZM15.5 10.8l5-3v8.4l-5-3" />`;
const stroke = svg`<path d="M4 4l16 16" />`;

const DRAWINGS = {
  microphone,
  microphone_off: svg`${microphone}${stroke}`,
  camera,
  camera_off: svg`${camera}${stroke}`,
  leave: svg`<path d="M14 4h-7a2 2 0 0 0-2 2v12a2 2 0 0 0 2 2h7M10.5 12H20M16.5 8.5 20 12l-3.5 3.5" />`,
  desk: svg`<path d="M4 7h16M4 12h16M4 17h10" />`,
  self: svg`<circle cx="12" cy="8.5" r="3.5" /><path d="M5 20a7 7 0 0 1 14 0" />`,
  headset: svg`<path d="M5 15v-3a7 7 0 0 1 14 0v3M5 14.5h1.5A1.5 1.5 0 0 1 8 16v2.5A1.5 1.5 0 0 1 6.5 20h-.3A1.7 1.7 0 0 1 4.5 18.3v-3.3ZM19 14.5h-1.5A1.5 1.5 0 0 0 16 16v2.5a1.5 1.5 0 0 0 1.5 1.5h.3a1.7 1.7 0 0 0 1.7-1.7v-3.3Z" />`,
  bell: svg`<path d="M6 16.5V11a6 6 0 0 1 12 0v5.5l1.5 2h-15ZM10 21h4" />`,
  dots: svg`<path d="M6 12h.01M12 12h.01M18 12h.01" />`,
  chair: svg`<path d="M8 3.5v9.5M16 3.5v9.5M8 5.5h8M8 9h8M6.5 13h11v2.5h-11ZM7.5 15.5V21M16.5 15.5V21" />`,
  no_picture: svg`<path d="M6 5.5h12a2.5 2.5 0 0 1 2.5 2.5v8a2.5 2.5 0 0 1-2.5 2.5H6A2.5 2.5 0 0 1 3.5 16V8A2.5 2.5 0 0 1 6 5.5ZM10 9.5v5M14 9.5v5" />`,
  phone: svg`<path d="M8.5 3h7A1.5 1.5 0 0 1 17 4.5v15a1.5 1.5 0 0 1-1.5 1.5h-7A1.5 1.5 0 0 1 7 19.5v-15A1.5 1.5 0 0 1 8.5 3ZM11 18h2" />`,
  close: svg`<path d="M6 6l12 12M18 6 6 18" />`,
  ear: svg`<path d="M8 10a4.5 4.5 0 1 1 9 0c0 3-3 3.7-3 6.5a3 3 0 0 1-5.6 1.4M10.8 10.4a1.8 1.8 0 1 1 3.2 1.2" />`,
};

/** @param {keyof typeof DRAWINGS} name */
export const icon = (name) => html`<svg class="icon" viewBox="0 0 24 24" aria-hidden="true" focusable="false">${DRAWINGS[name]}</svg>`;
