// Lint, assertions and fixes: what a session finds in the texts, and how it would change them.

import assert from "node:assert/strict";
import { test } from "node:test";
import { init, Portcullis } from "../index.js";
import { ask, load, PLUGINS, POLICY, SHOP, SMALL, text } from "./texts.mjs";

await init();

test("lint finds a dash too many, where it stands", () => {
  const files = ["cluster", "before"].map((name) => `mistakes/stray-dash/${name}.yaml`);
  const session = load(files.map((name) => ({ name, text: text(name) })));
  const finding = session.lint().find(({ code }) => code === "stray-dash-peers");
  assert.equal(finding.severity, "warning");
  assert.equal(finding.object, "NetworkPolicy data/db");
  assert.equal(finding.field, "spec.ingress[0].from[1]");
  const { span } = finding;
  assert.deepEqual([span.document, span.line, span.column], [files[1], 14, 7]);
  assert.match(text(files[1]).slice(span.from, span.to), /^podSelector:\n/);
  session.free();
});

test("a finding's fix mends the text, and nothing else in it", () => {
  const files = ["cluster", "before"].map((name) => `mistakes/stray-dash/${name}.yaml`);
  const session = load(files.map((name) => ({ name, text: text(name) })));
  const isDash = ({ code }) => code === "stray-dash-peers";
  const [{ title, edits }] = session.lint().find(isDash).fixes;
  assert.equal(title, "make one peer of the two");
  const before = text(files[1]);
  const [{ document, changes }] = edits;
  assert.equal(document, files[1]);
  assert.deepEqual(changes.map(({ from, to, insert }) => [before.slice(from, to), insert]), [["-", " "]]);
  const blog = { from: "shop/blog", to: "data/db", port: "postgres" };
  assert.equal(session.decide(blog).verdict, "allowed");
  session.edit(document, changes);
  assert.equal(session.decide(blog).verdict, "denied");
  assert.ok(!session.lint().some(isDash));
  session.free();
});

test("lint names objects and fields that are there, and says nothing that loading said", () => {
  const session = load(SHOP);
  const findings = session.lint();
  assert.ok(findings.length > 3, `${findings.length} findings`);
  const severities = new Set(findings.map(({ severity }) => severity));
  assert.ok([...severities].every((one) => ["note", "warning", "error"].includes(one)), [...severities].join());
  for (const { code, span, field, object } of findings) {
    const document = SHOP.find(({ name }) => name === span.document);
    const part = document.text.slice(span.from, span.to);
    const key = field.match(/(\w+)(\[[^\]]*\])?$/);
    const name = object.split("/").at(-1).split(" ").at(-1);
    const isThere = field === "" ? part.includes(name) : key[2] !== undefined || part.startsWith(key[1]);
    assert.ok(isThere, `${code} ${object} ${field}: ${part}`);
  }
  const warned = load([...SHOP, { name: "pod.yaml", text: "{apiVersion: v1, kind: Pod, kind: Pod, metadata: {name: a}}" }]);
  const [{ code, severity }] = warned.setText("b.yaml", "").diagnostics;
  assert.equal(severity, "warning");
  assert.ok(warned.lint().every((finding) => finding.code !== code));
  warned.free();
  session.free();
});

test("lint is about the texts that were loaded last", () => {
  const session = load(SMALL);
  const before = session.lint();
  assert.ok(before.length > 0);
  assert.equal(session.setText("policy.yaml", `\n${POLICY.replace("port: 5432", "port: 70000")}`).status, "refused");
  assert.deepEqual(session.lint(), before);
  assert.deepEqual(new Portcullis().lint(), []);
  session.free();
});

const TESTS = `apiVersion: portcullis.dev/v1
kind: PolicyTest
metadata: {name: shop, namespace: shop}
assertions:
- {name: the API reaches the database, from: api, to: db, ports: [5432], expect: allow}
- {name: nobody reaches it — at all, from: [api, web], to: db, expect: deny}
- {name: a slip, from: apy, to: db, ports: [5432], expect: allow}
- {from: api, to: db, port: 5432, expect: allow}
- from: web
  to: db
  expect: deny
`;

test("assertions hold, do not, or cannot be asked, each in its place", () => {
  const session = load([...SMALL, { name: "tests.yaml", text: TESTS }]);
  const results = session.test();
  const told = results.map(({ name, status }) => [name, status]);
  assert.deepEqual(told, [
    ["the API reaches the database", "passed"],
    ["nobody reaches it — at all", "failed"],
    ["a slip", "error"],
    ["PolicyTest shop assertions[3]", "error"],
    ["shop/web -> shop/db", "passed"],
  ]);
  assert.equal(
    results[1].message,
    "expected all 2 pairs to be denied: shop/api -> shop/db, TCP 5432 is allowed",
  );
  assert.match(results[2].message, /^there is no pod or workload `shop\/apy`/);
  assert.match(results[3].message, /`port`/);
  for (const { span } of results.slice(0, 3)) {
    assert.match(TESTS.slice(span.from, span.to), /^\{name: .*\}$/);
  }
  assert.equal(TESTS.slice(results[3].span.from, results[3].span.to), "port: 5432");
  assert.equal(TESTS.slice(results[4].span.from, results[4].span.to), "from: web\n  to: db\n  expect: deny");
  session.free();
});

test("a plugin decides assertions that name none", () => {
  const tests = { name: "tests.yaml", text: TESTS.slice(0, TESTS.indexOf("- {name: nobody")) + TESTS.slice(TESTS.indexOf("- from: web")) };
  const session = load([...SMALL, tests]);
  assert.deepEqual(session.test().map(({ status }) => status), ["passed", "passed"]);
  session.configure({ profile: "kubenet" });
  const [, { status, message }] = session.test();
  assert.equal(status, "failed");
  assert.match(message, /^expected the pair to be denied by kubenet/);
  session.free();
  const whole = load(SHOP);
  assert.deepEqual(whole.test().map(({ status }) => status), Array(6).fill("passed"));
  whole.free();
});

/** What a session says of a question after edits, and all that they change. */
function tried(documents, edits, question) {
  const session = load(documents);
  session.pin();
  for (const { document, changes } of edits) {
    assert.equal(session.edit(document, changes).status, "loaded");
  }
  const outcome = { verdict: session.decide(question).verdict, changes: session.diff() };
  session.free();
  return outcome;
}

test("every fix brings the verdict about, and says all that it changes", () => {
  const cases = [
    [SMALL, ask("web"), "allow", "allowed"],
    [SMALL, ask("api", 5433), "allow", "allowed"],
    [SMALL, ask("api"), "deny", "denied"],
    [SHOP, { from: "shop/report", to: "data/db-0", port: 5433 }, "allow", "allowed"],
    [PLUGINS, { from: "shop/client", to: "svc/shop/api", port: 80 }, "deny", "denied"],
  ];
  for (const [documents, question, expect, wanted] of cases) {
    const session = load(documents);
    const fixes = session.fix(question, expect);
    assert.ok(fixes.length > 0, JSON.stringify(question));
    for (const { title, edits, changes } of fixes) {
      const { verdict, changes: made } = tried(documents, edits, question);
      assert.equal(verdict, wanted, title);
      assert.deepEqual(made, changes, title);
    }
    session.free();
  }
});

test("a fix changes only what it has to, comments and all", () => {
  const session = load(SMALL);
  const [{ title, edits, changes }] = session.fix(ask("api", 5433), "allow");
  assert.equal(title, "add port 5433 to `shop/db` spec.ingress[0]");
  const at = POLICY.trimEnd().length;
  assert.deepEqual(edits, [{ document: "policy.yaml", changes: [{ from: at, to: at, insert: "\n    - port: 5433" }] }]);
  assert.deepEqual(changes.removed, []);
  assert.deepEqual(changes.added.map(({ ports }) => ports), [{ TCP: [[5433, 5433]] }]);
  session.free();
});

test("where there is nothing to fix, it is said why", () => {
  const session = load(SMALL);
  assert.throws(() => session.fix(ask("api"), "allow"), /^Error: nothing to do: it is allowed already$/);
  assert.throws(() => session.fix(ask("apy"), "allow"), /did you mean `shop\/api`/);
  assert.throws(() => session.fix(ask("api"), "perhaps"), /`perhaps` is no verdict/);
  assert.throws(() => session.fix({ from: "shop/db", to: "shop/db", port: 1 }, "deny"), /always reaches itself/);
  session.free();
});
