// What a visit costs, after gzip -9: prints it, and fails above the limits.
import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { gzipSync } from 'node:zlib';

const KB = 1000;
// The module's own limit is that of `cargo xtask web`.
const LIMITS = { 'first load': 250 * KB, total: 1100 * KB };
const site = join(import.meta.dirname, '../dist');

const zipped = path => gzipSync(readFileSync(path), { level: 9 }).length;
const files = readdirSync(site, { recursive: true, withFileTypes: true })
  .filter(entry => entry.isFile())
  .map(entry => join(entry.parentPath, entry.name));

const index = readFileSync(join(site, 'index.html'), 'utf8');
const first = [...index.matchAll(/(?:src|href)="\.\/([^"]+)"/g)].map(([, path]) => join(site, path));
const sum = paths => paths.reduce((bytes, path) => bytes + zipped(path), 0);

const sizes = {
  'first load': sum([join(site, 'index.html'), ...new Set(first)]),
  module: sum(files.filter(path => path.endsWith('.wasm'))),
  total: sum(files),
};
let isTooLarge = false;
for (const [name, bytes] of Object.entries(sizes)) {
  const limit = LIMITS[name];
  const isOver = limit !== undefined && bytes > limit;
  isTooLarge ||= isOver;
  console.log(
    `   ${name.padEnd(10)} ${String(bytes).padStart(8)} bytes after gzip -9${limit === undefined ? '' : ` (limit ${limit})`}${isOver ? ': too large' : ''}`,
  );
}
process.exitCode = isTooLarge ? 1 : 0;
