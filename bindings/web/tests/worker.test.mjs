// The worker as it is, in a global scope that the test makes: with a second part of the module that comes late, or not.

import assert from "node:assert/strict";
import { test } from "node:test";
import { ask, SMALL } from "./texts.mjs";

const said = [];
let hear;
globalThis.self = {
  addEventListener: (_, listener) => {
    hear = listener;
    // Before the module is there.
    call("load", SMALL);
  },
  postMessage: (message) => said.push(message),
};

/** How the next attempts at the second part end, which is compiled by itself, as small modules of Node.js are. */
const attempts = [];
const compile = WebAssembly.compile;
WebAssembly.compile = (bytes) => (bytes.length < 100_000 ? compile(bytes) : attempts.shift()(() => compile(bytes)));
const failing = () => Promise.reject(new Error("the network is gone"));
const GONE = "the second part of the module cannot be loaded: the network is gone";
let open;
const late = (load) => new Promise((resolve) => {
  open = () => resolve(load());
});

let number = 0;
const call = (method, ...parameters) => {
  number += 1;
  hear({ data: { id: number, method, arguments: parameters } });
};
const pause = () => new Promise((resolve) => setTimeout(resolve, 50));
/** Waits until so much was said, and a little longer, for what should not be. */
const heard = async (count) => {
  for (let left = 600; said.length < count && left > 0; left -= 1) await pause();
  await pause();
};
/** Just this was said since it was asked last: kinds, and whom they are for. */
const tells = async (...wanted) => {
  await heard(wanted.length);
  assert.deepEqual(said.splice(0).map(({ kind, id }) => (id === undefined ? kind : `${kind} ${id}`)), wanted);
};

test("what answers is ready without the second part, and says what cannot be loaded", async () => {
  attempts.push(failing, failing);
  await import("../worker.js");
  await heard(3);
  assert.equal(said.at(-1).message, GONE);
  await tells("ready", "result 1", "lacking");
  call("lint");
  call("decide", ask("api"));
  await heard(5);
  assert.equal(said.find(({ kind }) => kind === "refused").message, GONE);
  assert.equal(said.at(-1).result.verdict, "allowed");
  await tells("waiting", "lacking", "resumed", "refused 2", "result 3");
  assert.equal(attempts.length, 0);
});

test("what needs the second part waits for it, and answers stay in order", async () => {
  attempts.push(late);
  call("decide", ask("api"));
  call("lint");
  call("decide", ask("web"));
  call("image");
  await tells("result 4", "waiting");
  call("none");
  await tells();
  open();
  await heard(6);
  assert.ok(said.find(({ id }) => id === 5).result.length > 0);
  await tells("whole", "resumed", "result 5", "result 6", "result 7", "refused 8");
  call("test");
  await tells("result 9");
});
