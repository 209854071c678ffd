// The example for Node in README.md does what stands below it.

import assert from "node:assert/strict";
import { spawnSync } from "node:child_process";
import { mkdirSync, writeFileSync } from "node:fs";
import { fileURLToPath } from "node:url";
import { test } from "node:test";
import { NODE, SAID, TEXT } from "./readme.mjs";

test("the example for Node prints what README.md says", () => {
  const folder = fileURLToPath(new URL("./made/", import.meta.url));
  mkdirSync(folder, { recursive: true });
  writeFileSync(`${folder}example.mjs`, NODE);
  writeFileSync(`${folder}shop.yaml`, TEXT);
  const { stdout, stderr } = spawnSync(process.execPath, ["example.mjs"], { cwd: folder, encoding: "utf8" });
  assert.equal(stderr, "");
  assert.equal(stdout.trim(), SAID);
});
