// The whole corpus: the same image, the same decisions, and the same answers to every question, on both sides.
// `cargo xtask web --test` exports it and names its folder in PORTCULLIS_CORPUS.

import assert from "node:assert/strict";
import { existsSync, readdirSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { test } from "node:test";
import { Image, init, Portcullis } from "../index.js";

const corpus = process.env.PORTCULLIS_CORPUS;
await init();

const lines = (file) => readFileSync(file, "utf8").split("\n").filter((line) => line !== "");

function open(folder) {
  const set = Object.fromEntries(lines(join(folder, "options")).map((line) => line.split("=")));
  const domains = existsSync(join(folder, "resolved")) ? lines(join(folder, "resolved")) : [];
  const resolve = Object.fromEntries(domains.map((line) => line.split(" ")).map(([name, ...own]) => [name, own]));
  const session = new Portcullis({ set, resolve });
  const names = lines(join(folder, "names"));
  const texts = readdirSync(join(folder, "sources")).sort();
  const documents = texts.map((file, at) => ({
    name: names[at],
    text: readFileSync(join(folder, "sources", file), "utf8"),
  }));
  return { session, loaded: session.load(documents), documents };
}

const ruleName = (rule) => {
  if (rule === null) return "";
  const kind = rule.kind === "NetworkPolicy" ? "" : `${rule.kind} `;
  return `${kind}${rule.policy} ${rule.path}`;
};
const side = ({ allowed, reason, rule }) => [allowed, reason, ruleName(rule)];

/** What is wrong with an answer; nothing if it is right. */
function wrongness(answer, { question, right, refused, error }) {
  // Packets may have it; nobody asks about it, here or on the command line.
  if (question.port === 0) return answer.code === "bad-port" ? null : "port 0 is answered";
  if (answer.verdict === "error") {
    // Where a name stands for several numbers, the number is asked for.
    return error || answer.code === "ambiguous-port" ? null : `${answer.code}: ${answer.message}`;
  }
  if (error) return "it is answered and should not be";
  // A pod that stands for its workload may call another such pod: no probe asks that.
  const pairs = answer.pairs.filter(({ to }) => !to.startsWith("another pod of "));
  const found = pairs.map(({ egress, ingress }) => [...side(egress), ...side(ingress)]).map((it) => JSON.stringify(it));
  const said = [...new Set(found)].sort();
  const wanted = right.map((it) => JSON.stringify(it)).sort();
  if (JSON.stringify(said) !== JSON.stringify(wanted)) return `it says ${said}, and ${wanted} is right`;
  const codes = answer.refused.map(({ code }) => code);
  if (JSON.stringify(codes) !== JSON.stringify(refused)) return `it refuses for ${codes}, and ${refused} is right`;
  return null;
}

/** Every span lies where it says: the part of the text, in units and in bytes. */
function misplaced(value, texts) {
  if (value === null || typeof value !== "object") return null;
  if ("fromByte" in value) {
    const text = texts.get(value.document);
    if (text === undefined) return `there is no text ${value.document}`;
    const bytes = Buffer.from(text).subarray(value.fromByte, value.toByte).toString();
    const before = text.slice(0, value.from).split(/\r\n|\r|\n/);
    const isThere = bytes === text.slice(value.from, value.to) && before.length === value.line;
    return isThere ? null : JSON.stringify(value);
  }
  for (const part of Object.values(value)) {
    const wrong = misplaced(part, texts);
    if (wrong !== null) return wrong;
  }
  return null;
}

test("the corpus is answered as the specification says", { skip: !corpus && "PORTCULLIS_CORPUS names no folder" }, () => {
  const wrong = [];
  let [cases, questions, packets] = [0, 0, 0];
  for (const name of readdirSync(join(corpus, "cases")).sort()) {
    const folder = join(corpus, "cases", name);
    const title = readFileSync(join(folder, "title"), "utf8");
    const { session, loaded, documents } = open(folder);
    const texts = new Map(documents.map((one) => [one.name, one.text]));
    const check = (what, is) => {
      if (is !== null) wrong.push(`${title}: ${what}: ${is}`);
    };
    cases += 1;
    check("diagnostics", misplaced(loaded.diagnostics, texts));
    if (existsSync(join(folder, "refused"))) {
      const errors = loaded.diagnostics.filter(({ severity }) => severity === "error");
      const codes = [...new Set(errors.map(({ code }) => code))].sort();
      assert.deepEqual(codes, lines(join(folder, "refused")), title);
      session.free();
      continue;
    }
    assert.equal(loaded.status, "loaded", title);
    const bytes = session.image();
    assert.ok(Buffer.from(bytes).equals(readFileSync(join(folder, "image"))), `${title}: another image`);
    const image = new Image(bytes);
    const asked = readFileSync(join(folder, "packets"));
    packets += asked.length / 40;
    const decided = Buffer.from(image.decideBatch(asked));
    assert.ok(decided.equals(readFileSync(join(folder, "decisions"))), `${title}: another decision`);
    image.free();
    for (const line of lines(join(folder, "questions"))) {
      const right = JSON.parse(line);
      const { question } = right;
      questions += 1;
      check(line, wrongness(session.decide(question), right));
      const explained = session.why(question);
      check(line, misplaced(explained, texts));
      if (explained.answer.verdict !== "error") check(line, wrongness(explained.answer, right));
      const [replayed] = session.replay(JSON.stringify(question)).split("\n").map((it) => it && JSON.parse(it));
      const { allowed } = explained.answer;
      if (replayed.error === undefined && replayed.allowed !== allowed) check(line, "replay says something else");
    }
    session.free();
  }
  assert.deepEqual(wrong.slice(0, 10), [], `${wrong.length} are wrong`);
  assert.ok(cases > 800 && questions > 2000 && packets > 500, `only ${cases} cases and ${questions} questions`);
  console.log(`${cases} cases, ${questions} questions, ${packets} packets`);
});
