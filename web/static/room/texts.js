// Every word a person reads, looked up by key. Of a key without words a sentence for its whole kind is read, never the key.

/** @typedef {{[key: string]: string | Texts}} Texts */
/** @typedef {Record<string, string | number | null | undefined>} Values */
/** @typedef {(key: string, values?: Values) => string} Speak */

/**
 * @param {Texts} texts
 * @returns {Speak} `("notices.moved_on", {phase: "account"})` to a sentence
 */
export function speaker(texts) {
  return (key, values = {}) => {
    const found = find(texts, key);
    if (found === undefined) return unknown(texts, key);
    const names = { ...values };
    for (const kind of ["phase", "standing"]) {
      if (typeof values[kind] === "string") names[kind] = find(texts, `${kind}.${values[kind]}`) ?? unknown(texts, `${kind}.`);
    }
    return found.replace(/\{(\w+)\}/g, (_, name) => String(names[name] ?? "…"));
  };
}

/**
 * @param {Texts} texts
 * @param {string} key
 * @returns {string | undefined}
 */
function find(texts, key) {
  /** @type {string | Texts | undefined} */
  let found = texts;
  for (const part of key.split(".")) {
    if (typeof found !== "object" || !Object.hasOwn(found, part)) return undefined;
    found = found[part];
  }
  return typeof found === "string" ? found : undefined;
}

/**
 * @param {Texts} texts
 * @param {string} key
 */
const unknown = (texts, key) => find(texts, `unknown.${key.split(".")[0]}`) ?? "…";
