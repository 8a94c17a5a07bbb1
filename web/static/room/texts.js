// Every word a person reads, looked up by key. A key nobody wrote yet shows as its own last words.

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
    if (found === undefined) return plain(key);
    const names = { ...values };
    for (const kind of ["phase", "standing"]) {
      if (typeof values[kind] === "string") names[kind] = find(texts, `${kind}.${values[kind]}`) ?? plain(values[kind]);
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

/** @param {string} key */
const plain = (key) => (key.split(".").at(-1) ?? key).replaceAll("_", " ");
