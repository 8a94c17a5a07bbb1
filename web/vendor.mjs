// Copies the libraries that pages use from node_modules into static/vendor, each with its licence, and writes down
// their hashes in vendor.sha256. Run `npm ci && node vendor.mjs` here after changing a version in package.json, and
// commit the result. `node vendor.mjs FOLDER` writes both there instead.

import { createHash } from "node:crypto";
import { cp, mkdir, readFile, readdir, rm, writeFile } from "node:fs/promises";
import { dirname, join, relative } from "node:path";
import { fileURLToPath } from "node:url";

const here = dirname(fileURLToPath(import.meta.url));
const [folder] = process.argv.slice(2);
const target = join(folder ?? join(here, "static"), "vendor");

/** By package: the files to copy, and what type checkers should read instead of them. */
const LIBRARIES = {
  "lit-html": {
    "lit-html.js": "lit-html",
    "directive.js": "lit-html/directive.js",
    "directive-helpers.js": "lit-html/directive-helpers.js",
    "directives/live.js": "lit-html/directives/live.js",
    "directives/repeat.js": "lit-html/directives/repeat.js",
  },
  "socket.io-client": { "dist/socket.io.esm.min.js": "socket.io-client" },
};

/** @param {string} text */
const withoutSourceMap = (text) => text.replace(/^\/\/# sourceMappingURL=.*$/m, "").trimEnd() + "\n";

await rm(target, { recursive: true, force: true });
for (const [name, files] of Object.entries(LIBRARIES)) {
  const source = join(here, "node_modules", name);
  const { version } = JSON.parse(await readFile(join(source, "package.json"), "utf8"));
  for (const [file, types] of Object.entries(files)) {
    const copy = join(target, name, file.replace("dist/", ""));
    await mkdir(dirname(copy), { recursive: true });
    await writeFile(copy, withoutSourceMap(await readFile(join(source, file), "utf8")));
    await writeFile(copy.replace(/\.js$/, ".d.ts"), `export * from "${types}";\n`);
  }
  await cp(join(source, "LICENSE"), join(target, name, "LICENSE"));
  await writeFile(join(target, name, "VERSION"), `${version}\n`);
  console.log(`${name} ${version}`);
}

const files = (await readdir(target, { recursive: true, withFileTypes: true })).filter((entry) => entry.isFile());
const lines = files.map(async (file) => {
  const path = join(file.parentPath ?? file.path, file.name);
  return `${createHash("sha256").update(await readFile(path)).digest("hex")}  ${relative(target, path)}`;
});
const sorted = (await Promise.all(lines)).sort((one, other) => (one.slice(66) < other.slice(66) ? -1 : 1));
await writeFile(join(folder ?? here, "vendor.sha256"), sorted.join("\n") + "\n");
