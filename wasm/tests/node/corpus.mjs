// The corpus under Node: the same bytes as everywhere else, by images, by deltas, and from manifests.
//
// node corpus.mjs MODULES CORPUS [--break]; `cargo xtask test` runs it. With --break every verdict is turned round
// before it is compared, which has to fail.

import { readFileSync, readdirSync, existsSync } from 'node:fs';
import { join } from 'node:path';

const [modules, corpus, flag] = process.argv.slice(2);
const isBroken = flag === '--break';
const VERIFIED = 1;

class Guest {
  constructor(name) {
    const module = new WebAssembly.Module(readFileSync(join(modules, `${name}.wasm`)));
    if (WebAssembly.Module.imports(module).length > 0) throw new Error(`${name} has imports`);
    this.exports = new WebAssembly.Instance(module, {}).exports;
    const io = this.exports.portcullis_io(4096);
    [this.input, , this.output, , this.error] = new Uint32Array(this.exports.memory.buffer, io, 5);
  }

  // Views die when memory grows, so each is made anew.
  bytes(at, length) {
    return new Uint8Array(this.exports.memory.buffer, at >>> 0, length);
  }

  check(code, what) {
    if (code >= 0) return code;
    const text = Buffer.from(this.bytes(this.error, 512)).toString().split('\0')[0];
    throw new Error(`${what}: ${code}: ${text}`);
  }

  load(image) {
    const at = this.exports.portcullis_image_reserve(image.length);
    this.bytes(at, image.length).set(image);
    this.check(this.exports.portcullis_image_commit(at, image.length, 0), 'image');
  }

  withBlock(bytes, call) {
    const at = this.exports.portcullis_alloc(bytes.length, 8);
    this.bytes(at, bytes.length).set(bytes);
    const result = call(at, bytes.length);
    this.check(this.exports.portcullis_free(at, bytes.length, 8), 'free');
    return result;
  }

  patch(bytes, flags) {
    this.check(this.withBlock(bytes, (at, length) => this.exports.portcullis_delta_apply(at, length, flags)), 'patch');
  }

  decide(packets) {
    const count = packets.length / 40;
    this.bytes(this.input, packets.length).set(packets);
    this.check(this.exports.portcullis_decide_batch(this.input, count, 40, this.output), 'decide');
    const decisions = Buffer.from(this.bytes(this.output, count * 16));
    // One by one the first four bytes are the same, and the upper half is the rule that decided.
    for (let number = 0; number < count; number += 1) {
      const one = BigInt.asUintN(64, this.exports.portcullis_decide(this.input + number * 40));
      const first = BigInt(decisions.readUInt32LE(number * 16));
      const egressDenies = decisions[number * 16 + 1] < 16;
      const rule = BigInt(decisions.readUInt32LE(number * 16 + (egressDenies ? 4 : 8)));
      if (one !== (first | (rule << 32n))) throw new Error(`packet ${number}: alone it is ${one.toString(16)}`);
    }
    if (isBroken) for (let at = 0; at < decisions.length; at += 16) decisions[at] ^= 1;
    return decisions;
  }

  /** Asks a function of the full module that takes a request. */
  ask(name, request) {
    const bytes = Buffer.from(request);
    const length = this.check(this.withBlock(bytes, (at, n) => this.exports[`portcullis_${name}`](at, n)), name);
    return Buffer.from(this.bytes(this.exports.portcullis_result(), length));
  }

  image() {
    const length = this.check(this.exports.portcullis_image(), 'image');
    return Buffer.from(this.bytes(this.exports.portcullis_result(), length));
  }
}

let packetsDecided = 0;
const wrong = [];

function compare(guest, name, folder) {
  const packets = readFileSync(join(folder, 'packets'));
  const right = readFileSync(join(folder, 'decisions'));
  const found = guest.decide(packets);
  packetsDecided += packets.length / 40;
  if (!found.equals(right)) wrong.push(`${name}: ${readFileSync(join(folder, 'title'))}`);
}

const folders = (part) => readdirSync(join(corpus, part)).sort().map((name) => join(corpus, part, name));
const lines = (file) => readFileSync(file, 'utf8').split('\n').filter((line) => line !== '');

function loadRequest(folder) {
  const names = lines(join(folder, 'names'));
  const texts = readdirSync(join(folder, 'sources')).sort();
  const sources = texts.map((file, at) => ({ name: names[at], text: readFileSync(join(folder, 'sources', file), 'utf8') }));
  const options = Object.fromEntries(lines(join(folder, 'options')).map((line) => line.split('=')));
  const domains = existsSync(join(folder, 'resolved')) ? lines(join(folder, 'resolved')) : [];
  const resolved = Object.fromEntries(domains.map((line) => line.split(' ')).map(([name, ...own]) => [name, own]));
  return JSON.stringify({ sources, options, resolved });
}

for (const name of ['decide', 'decide-simd', 'full']) {
  const guest = new Guest(name);
  for (const folder of folders('cases')) {
    if (!existsSync(join(folder, 'image'))) continue;
    guest.load(readFileSync(join(folder, 'image')));
    compare(guest, name, folder);
  }
  for (const chain of folders('chains')) {
    guest.load(readFileSync(join(chain, 'image')));
    let flags = 0;
    for (const step of readdirSync(join(chain, 'steps')).sort()) {
      const folder = join(chain, 'steps', step);
      guest.patch(readFileSync(join(folder, 'patch')), flags);
      flags ^= VERIFIED;
      compare(guest, `${name} after deltas`, folder);
    }
  }
}

for (const folder of folders('cases')) {
  const title = readFileSync(join(folder, 'title'), 'utf8');
  const guest = new Guest('full');
  const { report } = JSON.parse(guest.ask('load', loadRequest(folder)));
  if (existsSync(join(folder, 'refused'))) {
    const codes = new Set(report.problems.filter((problem) => problem.severity === 'error').map((problem) => problem.code));
    const wanted = lines(join(folder, 'refused'));
    if (JSON.stringify([...codes].sort()) !== JSON.stringify(wanted)) wrong.push(`full: ${title} is refused for ${[...codes]}`);
  } else {
    if (!guest.image().equals(readFileSync(join(folder, 'image')))) wrong.push(`full: ${title} compiles to another image`);
    compare(guest, 'full, from manifests', folder);
  }
}

for (const line of wrong.slice(0, 20)) console.error(line);
console.log(`${packetsDecided} packets under Node ${process.versions.node}: ${wrong.length} cases are wrong`);
process.exit(wrong.length === 0 && packetsDecided > 500 ? 0 : 1);
