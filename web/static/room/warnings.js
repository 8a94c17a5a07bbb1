// What is in the way now, in sentences that stay until it is not. Pure.

/** @typedef {import("./visit.js").Visit} Visit */
/** @typedef {{key: string, values?: import("./texts.js").Values, calm?: boolean}} Warning */

/** @type {import("./devices.js").Device[]} */
const DEVICES = ["microphone", "camera"];
const LINE = { browser: "trouble.line_browser", server: "trouble.line", network: "trouble.line_network" };

/**
 * @param {Visit} visit
 * @returns {Warning[]} the gravest first
 */
export function warnings({ link, barred, restart, media, own }) {
  const lost = link === "reconnecting";
  return [
    ...(lost ? [{ key: barred ? "trouble.barred" : "room.reconnecting" }] : []),
    ...(restart === null ? [] : [{ key: "room.restarting", values: { seconds: restart }, calm: true }]),
    ...(!lost && media.struggling ? [{ key: LINE[media.struggling] }] : []),
    ...(media.unseen ? [{ key: "trouble.unseen" }] : []),
    ...(own.devices.overdue ? [{ key: own.devices.microphone ? "trouble.asking_camera" : "trouble.asking" }] : []),
    ...DEVICES.filter((device) => own.tracks[device] && own.devices.muted(device)).map((device) => ({ key: `trouble.${device}_muted` })),
  ];
}
