// The client, before a worker that the test leads.

import assert from "node:assert/strict";
import { test } from "node:test";
import { ClientError, connect } from "../client.js";

/** Workers that remember what they were asked, and answer when they are told to. */
function workers() {
  const all = [];
  const make = () => {
    const worker = {
      asked: [],
      isEnded: false,
      postMessage: (request) => worker.asked.push(request),
      terminate: () => {
        worker.isEnded = true;
      },
      say: (data) => worker.onmessage({ data }),
      answer: (result) => worker.say({ kind: "result", id: worker.asked.at(-1).id, result }),
    };
    all.push(worker);
    return worker;
  };
  return { all, make };
}

const TEXTS = [{ name: "a.yaml", text: "kind: Pod" }];
const stopped = (error) => error instanceof ClientError && error.kind === "stopped";

test("calls wait for the module, and are answered in order", async () => {
  const { all, make } = workers();
  const client = connect({ worker: make });
  const load = client.load(TEXTS);
  const [worker] = all;
  worker.say({ kind: "ready", version: "0.1.0" });
  await client.ready;
  worker.answer({ status: "loaded" });
  assert.equal((await load).status, "loaded");
  assert.deepEqual(client.documents, TEXTS);
  const edit = client.edit("a.yaml", [{ from: 6, to: 9, insert: "Node" }]);
  worker.answer({ status: "loaded" });
  await edit;
  assert.equal(client.documents[0].text, "kind: Node");
  const refused = client.remove("b.yaml");
  worker.say({ kind: "refused", id: 3, message: "there is no text `b.yaml`" });
  await assert.rejects(refused, { kind: "refused", message: "there is no text `b.yaml`" });
  assert.equal(client.documents.length, 1);
  client.close();
});

test("a worker that takes too long is stopped, and the next has the texts from before", async () => {
  const { all, make } = workers();
  const client = connect({ worker: make, deadline: 20, settings: { namespace: "shop" } });
  all[0].say({ kind: "ready", version: "0.1.0" });
  all[0].say({ kind: "result", id: 1, result: {} });
  const load = client.load(TEXTS);
  all[0].answer({ status: "loaded" });
  await load;
  const bomb = client.setText("a.yaml", "[".repeat(9));
  const after = client.list();
  await assert.rejects(bomb, stopped);
  await assert.rejects(after, stopped);
  assert.ok(all[0].isEnded);
  assert.deepEqual(client.documents, TEXTS);
  const list = client.list();
  const [, next] = all;
  assert.deepEqual(next.asked.map(({ method }) => method), ["configure", "load", "list"]);
  assert.deepEqual(next.asked[1].arguments, [TEXTS]);
  next.say({ kind: "ready", version: "0.1.0" });
  for (const { id } of next.asked) next.say({ kind: "result", id, result: id });
  assert.equal(await list, next.asked[2].id);
  client.close();
  await assert.rejects(client.list(), stopped);
});

test("a fix has longer than other calls, and not for ever", async () => {
  const { all, make } = workers();
  const client = connect({ worker: make, deadline: 20 });
  all[0].say({ kind: "ready", version: "0.1.0" });
  const fix = client.fix({ from: "a/a", to: "a/b", port: 1 }, "allow");
  const started = performance.now();
  const ended = fix.then(() => "answered", (error) => error.message);
  assert.equal(await ended, "no answer within 120 ms");
  assert.ok(performance.now() - started > 100);
  const list = client.list();
  all[1].say({ kind: "ready", version: "0.1.0" });
  await assert.rejects(list, { message: "no answer within 20 ms" });
  client.close();
});

test("waiting for the second part of the module takes nothing from a call's time", async () => {
  const { all, make } = workers();
  const client = connect({ worker: make, deadline: 20 });
  const [worker] = all;
  worker.say({ kind: "ready", version: "0.1.0" });
  const lint = client.lint();
  worker.say({ kind: "waiting" });
  await new Promise((resolve) => setTimeout(resolve, 80));
  assert.ok(!worker.isEnded);
  worker.say({ kind: "whole" });
  worker.say({ kind: "resumed" });
  await client.whole;
  worker.answer(["a finding"]);
  assert.deepEqual(await lint, ["a finding"]);
  const slow = client.test();
  worker.say({ kind: "waiting" });
  worker.say({ kind: "resumed" });
  await assert.rejects(slow, { message: "no answer within 20 ms" });
  client.close();
});

test("a module that cannot be loaded is the end, and a trap is not", async () => {
  const { all, make } = workers();
  const hopeless = connect({ worker: make });
  all[0].say({ kind: "broken", message: "no module" });
  await assert.rejects(hopeless.ready, { message: "no module" });
  await assert.rejects(hopeless.whole, { message: "no module" });
  await assert.rejects(hopeless.list(), stopped);
  assert.equal(all.length, 1);
  const client = connect({ worker: make });
  all[1].say({ kind: "ready", version: "0.1.0" });
  all[1].say({ kind: "lacking", message: "no second part" });
  await assert.rejects(client.whole, { kind: "refused", message: "no second part" });
  const list = client.list();
  all[1].say({ kind: "broken", message: "unreachable" });
  await assert.rejects(list, { message: "unreachable" });
  void client.list().catch(() => {});
  assert.equal(all.length, 3);
  client.close();
});
