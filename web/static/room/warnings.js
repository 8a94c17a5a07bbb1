// What is in the way now, in sentences that stay until it is not. Pure.

/** @typedef {import("./visit.js").Visit} Visit */
/** @typedef {{key: string, values?: import("./texts.js").Values, calm?: boolean}} Warning */

const LINE = { browser: "trouble.line_browser", server: "trouble.line", network: "trouble.line_network" };

/**
 * @param {Visit} visit
 * @returns {Warning[]} the gravest first
 */
export function warnings({ link, restart, media }) {
  const lost = link === "reconnecting";
  return [
    ...(lost ? [{ key: "room.reconnecting" }] : []),
    ...(restart === null ? [] : [{ key: "room.restarting", values: { seconds: restart }, calm: true }]),
    ...(!lost && media.struggling ? [{ key: LINE[media.struggling] }] : []),
    ...(media.unseen ? [{ key: "trouble.unseen" }] : []),
  ];
}
