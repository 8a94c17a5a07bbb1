// Where a personal link leads when its page was opened under another name of the server.

/**
 * Where this page should be instead, for the server answers to its own pages only. The fragment goes along.
 *
 * @param {{origin: string, hash: string}} here as `location` has it
 * @param {{origin: string, origins: string[]}} page where browsers are to come ("": nobody has said), and what is answered
 * @returns {string | null} an address; "" where it is not known; null: here
 */
export function elsewhere(here, page) {
  if (page.origins.includes(here.origin)) return null;
  return page.origin && `${page.origin}/join${here.hash}`;
}
