// The two parts of the module: what is told before the second is there, and what is taken for it.

import assert from "node:assert/strict";
import { readFileSync } from "node:fs";
import { test } from "node:test";
import { Image, init, Portcullis } from "../index.js";
import { loadFirst, loadRest } from "../load.js";
import { ask, SMALL } from "./texts.mjs";

const file = (name) => new URL(`../dist/${name}`, import.meta.url);
const rest = readFileSync(file("portcullis_web_rest.wasm"));

/** A session that answers, after a load in which only the first part came. */
function answering() {
  const session = new Portcullis();
  session.load(SMALL);
  assert.equal(session.decide(ask("api")).verdict, "allowed");
  assert.equal(session.why(ask("web")).answer.verdict, "denied");
  return session;
}

test("a second part that is not there is told, and what does not need it answers", async () => {
  const first = await loadFirst();
  await assert.rejects(loadRest(first, file("none.wasm")), /^Error: the second part of the module cannot be loaded: ENOENT/);
  const session = answering();
  assert.throws(() => session.lint(), /^Error: `lint` is in the second part of the module, which is not there/);
  assert.throws(() => session.fix(ask("web"), "allow"), /^Error: `fix` is in the second part/);
  assert.throws(() => session.compare(ask("web"), ["cilium"]), /^Error: `compare` is in the second part/);
  assert.throws(() => new Image(new Uint8Array(8)), /^Error: `Image` is in the second part/);
  session.free();
});

test("no other module is taken for the second part", async () => {
  const first = readFileSync(file("portcullis_web_bg.wasm"));
  await assert.rejects(init(undefined, first), /^Error: the two parts of the module do not fit together/);
  const empty = Uint8Array.of(0, 0x61, 0x73, 0x6d, 1, 0, 0, 0);
  await assert.rejects(init(undefined, empty), /^Error: the second part of the module is another module/);
  await assert.rejects(init(undefined, rest.subarray(0, -1)), /^Error: the second part of the module cannot be loaded/);
  assert.throws(() => answering().test(), /`test` is in the second part/);
});

test("the second part of another build does not fit", async () => {
  const [, name] = rest.toString("latin1").match(/first\x10([0-9a-f]{16})/);
  const other = Buffer.from(rest);
  other.write(name.replace(/^./, (digit) => (digit === "0" ? "1" : "0")), rest.indexOf(name), "latin1");
  await assert.rejects(init(undefined, other), /^Error: the two parts of the module do not fit together/);
  assert.throws(() => answering().image(), /`image` is in the second part/);
});

test("once both are there everything answers, also in sessions from before", async () => {
  const session = answering();
  await init(undefined, new WebAssembly.Module(rest));
  assert.ok(session.lint().length > 0);
  const image = new Image(session.image());
  assert.equal(image.decideBatch(new Uint8Array(0)).length, 0);
  image.free();
  session.free();
});
