// Values against types: what methods give back, written down as literals of the types that describe them, for `tsc`.

import assert from "node:assert/strict";
import { spawnSync } from "node:child_process";
import { mkdirSync, writeFileSync } from "node:fs";
import { fileURLToPath } from "node:url";
import { test } from "node:test";
import { METHODS } from "../client.js";
import { init, Portcullis } from "../index.js";
import { ask, load, PLUGINS, POLICY, SHOP, SMALL } from "./texts.mjs";

await init();

const here = (name) => fileURLToPath(new URL(name, import.meta.url));

/** What each method gives back, in several states of a session. */
function values() {
  const given = [];
  /** Calls a method and keeps what comes. */
  const keep = (session, method, ...parameters) => {
    const value = session[method](...parameters);
    given.push([method, value]);
    return value;
  };
  const empty = new Portcullis();
  const every = ["validate", "namespaces", "nodes", "workloads", "services", "policies", "list", "matrix", "diff", "lint", "test", "plugins", "options", "image"];
  for (const method of every) keep(empty, method);
  const session = load(SHOP);
  keep(session, "load", SHOP);
  for (const method of every) keep(session, method);
  const questions = [
    { from: "shop/web", to: "shop/cart", port: "grpc" },
    { from: "shop/report", to: "data/db-0", port: 5433 },
    { from: { ip: "198.51.100.7" }, to: { workload: "shop/deployment/web" }, protocol: "ICMP" },
    { from: "shop/nobody", to: "shop/cart", port: 1 },
    { from: "shop/web", to: "shop/web", port: 1 },
  ];
  const profiles = ["upstream", ...session.plugins().map(({ name }) => name)];
  for (const question of questions) {
    keep(session, "decide", question);
    keep(session, "why", question);
    keep(session, "compare", question, profiles);
  }
  keep(session, "replay", questions.map((question) => JSON.stringify(question)).join("\n"));
  keep(session, "review", profiles);
  keep(session, "fix", questions[2], "allow");
  keep(session, "locate", "shop/shop.yaml", 1, "kind");
  keep(session, "pin");
  keep(session, "remove", "shop/data.yaml");
  keep(session, "diff");
  keep(session, "unpin");
  keep(session, "configure", { profile: "cilium" });
  const served = load(PLUGINS);
  const service = { from: "shop/client", to: "svc/shop/api", port: 80 };
  keep(served, "services");
  keep(served, "why", service);
  keep(served, "why", { ...service, port: 81 });
  keep(served, "fix", service, "deny");
  const broken = load(SMALL);
  keep(broken, "setText", "policy.yaml", POLICY.replace("port: 5432", "port: 70000"));
  keep(broken, "validate");
  keep(broken, "edit", "policy.yaml", [{ from: 0, to: 0, insert: "# " }]);
  const tests = "apiVersion: portcullis.dev/v1\nkind: PolicyTest\nassertions:\n";
  const lines = [...["allow", "deny"].map((expect) => `from: shop/api, to: shop/db, ports: [5432], expect: ${expect}`), "from: a"];
  const judged = load([...SMALL, { name: "t.yaml", text: tests + lines.map((line) => `- {${line}}\n`).join("") }]);
  keep(judged, "test");
  keep(judged, "why", ask("web"));
  for (const one of [empty, session, served, broken, judged]) one.free();
  return given;
}

/** A value as a literal of TypeScript. */
function literal(value) {
  if (ArrayBuffer.isView(value)) return `new ${value.constructor.name}([${value.slice(0, 4)}])`;
  if (Array.isArray(value)) return `[${value.map(literal)}]`;
  if (value === null || typeof value !== "object") return value === undefined ? "undefined" : JSON.stringify(value);
  return `{${Object.entries(value).map(([key, part]) => `${JSON.stringify(key)}: ${literal(part)}`)}}`;
}

/** Whether `tsc` takes a text; else what it says. */
function refusal(name, source) {
  const folder = here("./made/");
  mkdirSync(folder, { recursive: true });
  writeFileSync(`${folder}${name}.ts`, source);
  const settings = { extends: "../../tsconfig.json", include: [`${name}.ts`] };
  writeFileSync(`${folder}${name}.json`, JSON.stringify(settings));
  const tsc = here("../node_modules/typescript/bin/tsc");
  const { status, stdout, stderr } = spawnSync(process.execPath, [tsc, "-p", `${folder}${name}.json`], { encoding: "utf8" });
  return status === 0 ? null : `${stdout}${stderr}`;
}

const HEAD = 'import type { Session } from "../../types.js";\n';

test("every value that comes out is of the type that is written down", () => {
  const given = values();
  const seen = new Set(given.map(([method]) => method));
  assert.deepEqual([...METHODS].filter((method) => !seen.has(method)), []);
  const lines = given.map(([method, value], at) => `export const _${at}: ReturnType<Session["${method}"]> = ${literal(value)};\n`);
  assert.equal(refusal("values", HEAD + lines.join("")), null);
});

test("a value of another type is refused", () => {
  const wrong = (value) => refusal("wrong", `${HEAD}export const _: ReturnType<Session["test"]> = [${value}];\n`);
  assert.equal(wrong('{name: "a", span: null, status: "passed"}'), null);
  assert.match(wrong('{name: "a", span: null, status: "failed"}'), /message/);
  assert.match(wrong('{name: "a", span: null, status: "passed", code: "b"}'), /code/);
  assert.match(wrong('{name: "a", status: "passed"}'), /span/);
});
