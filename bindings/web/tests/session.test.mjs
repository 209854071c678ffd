// What a session takes and gives, method by method.

import assert from "node:assert/strict";
import { test } from "node:test";
import { init, Portcullis } from "../index.js";
import { METHODS } from "../client.js";
import { ask, load, POLICY, SHOP, SMALL } from "./texts.mjs";

await init();

const small = (settings) => load(SMALL, settings);

test("the client has every method of a session, and no other", () => {
  const own = Object.getOwnPropertyNames(Portcullis.prototype);
  const methods = own.filter((name) => !["constructor", "free", "__destroy_into_raw"].includes(name));
  assert.deepEqual([...METHODS].sort(), methods.sort());
});

test("an answer names both sides, and the rule in its text", () => {
  const session = small();
  const allowed = session.decide(ask("api"));
  assert.equal(allowed.verdict, "allowed");
  assert.equal(allowed.egress.reason, "no-policy");
  const { span, path } = allowed.ingress.rule;
  assert.equal(path, "spec.ingress[0]");
  const text = POLICY.slice(span.from, span.to);
  assert.ok(text.startsWith("from:") && text.endsWith("- port: 5432"), text);
  assert.equal(session.decide(ask("web")).verdict, "denied");
  assert.equal(session.decide({ from: "shop/wbe", to: "shop/db", port: 1 }).code, "no-such-end");
  session.free();
});

test("a denial names the nearest rule, and the part that it lacks", () => {
  const session = small();
  const { answer, ingress, steps } = session.why(ask("web"));
  assert.equal(answer.allowed, false);
  const [lack] = ingress.nearest.lacks;
  assert.equal(lack.field, "spec.ingress[0].from[0].podSelector");
  assert.equal(lack.message, "`shop/web` has `app: web`, and `app: api` is wanted");
  assert.match(POLICY.slice(lack.span.from, lack.span.to), /^podSelector:\n +matchLabels: \{app: api\}$/);
  assert.deepEqual(steps.map(({ step }) => step), ["source", "egress", "ingress"]);
  const port = session.why(ask("api", 80)).ingress.nearest.lacks[0];
  assert.equal(POLICY.slice(port.span.from, port.span.to), "port: 5432");
  session.free();
});

test("spans count UTF-16 units and bytes, whatever stands before", () => {
  const session = small();
  const span = session.locate("policy.yaml", 3, "spec.ingress[0].from[0].podSelector.matchLabels.app");
  assert.equal(POLICY.slice(span.from, span.to), "app: api");
  const bytes = Buffer.from(POLICY).subarray(span.fromByte, span.toByte);
  assert.equal(bytes.toString(), "app: api");
  assert.notEqual(span.from, span.fromByte);
  assert.equal(session.locate("policy.yaml", 3, "spec.egress"), null);
  session.free();
});

test("what is broken says where, and answers stay those of the texts before", () => {
  const session = small();
  const generation = session.setText("policy.yaml", POLICY).generation;
  const refused = session.setText("policy.yaml", POLICY.replace("port: 5432", "port: 70000"));
  assert.equal(refused.status, "refused");
  assert.equal(refused.generation, generation);
  const [{ span, field }] = refused.diagnostics;
  assert.equal(field, "spec.ingress[0].ports[0].port");
  assert.equal(span.line, 13);
  assert.equal(session.decide(ask("api")).verdict, "allowed");
  const mended = session.setText("policy.yaml", POLICY.replace("port: 5432", "port: 5433"));
  assert.equal(mended.status, "loaded");
  assert.ok(mended.generation > generation);
  assert.equal(session.decide(ask("api")).verdict, "denied");
  session.free();
});

test("an edit reads only the documents that it touches", () => {
  const session = small();
  const at = POLICY.indexOf("5432");
  const edited = session.edit("policy.yaml", [{ from: at, to: at + 4, insert: "80" }]);
  assert.deepEqual([edited.status, edited.parsed], ["loaded", 1]);
  assert.equal(session.decide(ask("api", 80)).verdict, "allowed");
  assert.throws(() => session.edit("policy.yaml", [{ from: 0, to: 1e6, insert: "" }]), /lies outside/);
  assert.throws(() => session.edit("none.yaml", []), /there is no text/);
  assert.equal(session.remove("policy.yaml").status, "loaded");
  assert.equal(session.decide(ask("web")).verdict, "allowed");
  session.free();
});

test("a change is seen in a list, a matrix and a difference", () => {
  const session = small();
  session.pin();
  const at = POLICY.indexOf("5432");
  session.edit("policy.yaml", [{ from: at, to: at + 4, insert: "80" }]);
  const { added, removed } = session.diff();
  const [pair] = [[{ from: { workloads: ["shop/pod/api"] }, to: { workloads: ["shop/pod/db"] } }]];
  assert.deepEqual(added.map(({ from, to }) => ({ from, to })), pair);
  assert.deepEqual([added[0].ports, removed[0].ports], [{ TCP: [[80, 80]] }, { TCP: [[5432, 5432]] }]);
  const matrix = session.matrix();
  const end = (name) => matrix.ends.findIndex((one) => one.name === name);
  const cell = matrix.rowOf[end("shop/pod/api")] * matrix.columns + matrix.columnOf[end("shop/pod/db")];
  assert.deepEqual(matrix.ports[matrix.cells[cell]], { extent: "some", ports: { TCP: [[80, 80]] } });
  assert.deepEqual(session.list().workloads, ["shop/pod/api", "shop/pod/db", "shop/pod/web"]);
  session.unpin();
  assert.equal(session.diff(), null);
  session.free();
});

test("a plugin that enforces nothing says so, and by which behaviour", () => {
  const session = small({ profile: "kubenet" });
  const { verdict, plugin } = session.decide(ask("web"));
  assert.deepEqual([verdict, plugin.ideal], ["allowed", "denied"]);
  assert.ok(plugin.differs.length > 0);
  assert.equal(session.decide({ ...ask("web"), profile: "upstream" }).verdict, "denied");
  const verdicts = session.compare(ask("web"), ["upstream", "kubenet", "cilium"]).map((one) => one.verdict);
  assert.deepEqual(verdicts, ["denied", "allowed", "denied"]);
  const [row] = session.review(["kubenet"]);
  assert.deepEqual([row.policy, row.status], ["shop/db", "ignored"]);
  assert.equal(session.configure({}).status, "loaded");
  assert.equal(session.decide(ask("web")).verdict, "denied");
  assert.throws(() => session.configure({ profile: "nobody" }), /there is no profile/);
  assert.ok(session.plugins().some(({ name }) => name === "calico"));
  session.free();
});

test("the example cluster is told whole", () => {
  const session = new Portcullis();
  const { diagnostics, status } = session.load(SHOP);
  assert.equal(status, "loaded", JSON.stringify(diagnostics));
  const workloads = session.workloads();
  const web = workloads.find(({ name }) => name === "shop/deployment/web");
  assert.deepEqual(web.end, { workload: "shop/deployment/web" });
  const policies = session.policies();
  assert.ok(web.policies.every((at) => policies[at].selects.includes(workloads.indexOf(web))));
  assert.ok(policies.every(({ span }) => span !== null));
  assert.ok(session.namespaces().some(({ name }) => name === "shop"));
  assert.ok(session.validate().every(({ severity }) => severity !== "error"));
  assert.ok(session.options().some(({ key }) => key === "node-to-own-pod"));
  session.free();
});
