// What pages bring along is what npm's lock gives, to the byte.
import assert from "node:assert/strict";
import { execFile } from "node:child_process";
import { mkdtemp, readFile, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { promisify } from "node:util";
import test from "node:test";

const WEB = fileURLToPath(new URL("../../../web/", import.meta.url));

test("the libraries copied from node_modules anew are those that are served", async () => {
  const folder = await mkdtemp(join(tmpdir(), "ascona-vendor-"));
  try {
    await promisify(execFile)(process.execPath, [join(WEB, "vendor.mjs"), folder]);
    assert.equal(await readFile(join(folder, "vendor.sha256"), "utf8"), await readFile(join(WEB, "vendor.sha256"), "utf8"));
  } finally {
    await rm(folder, { recursive: true });
  }
});
