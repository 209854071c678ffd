// What a visit costs, after gzip -9: prints it, and fails above the limits.
import { readdirSync, readFileSync } from 'node:fs';
import { basename, join } from 'node:path';
import { gzipSync } from 'node:zlib';

const KB = 1000;
// Where the standard library cannot be built for small size, `cargo xtask` allows more.
const MODULE = Number(process.env.PORTCULLIS_MODULE_LIMIT ?? 400 * KB);
const LIMITS = { 'first load': 250 * KB, 'module, what answers': MODULE, total: 1100 * KB };
const site = join(import.meta.dirname, '../dist');

const zipped = path => gzipSync(readFileSync(path), { level: 9 }).length;
const files = readdirSync(site, { recursive: true, withFileTypes: true })
  .filter(entry => entry.isFile())
  .map(entry => join(entry.parentPath, entry.name));

const index = readFileSync(join(site, 'index.html'), 'utf8');
const first = [...index.matchAll(/(?:src|href)="\.\/([^"]+)"/g)].map(([, path]) => join(site, path));
const sum = paths => paths.reduce((bytes, path) => bytes + zipped(path), 0);
const part = name => sum(files.filter(path => basename(path).startsWith(`portcullis_web_${name}`)));

const sizes = {
  'first load': sum([join(site, 'index.html'), ...new Set(first)]),
  'module, what answers': part('bg'),
  'module, the rest': part('rest'),
  total: sum(files),
};
let isTooLarge = false;
for (const [name, bytes] of Object.entries(sizes)) {
  const limit = LIMITS[name];
  const isOver = limit !== undefined && bytes > limit;
  if (bytes === 0) throw new Error(`${name}: there is no such file in the site`);
  isTooLarge ||= isOver;
  console.log(
    `   ${name.padEnd(20)} ${String(bytes).padStart(8)} bytes after gzip -9${limit === undefined ? '' : ` (limit ${limit})`}${isOver ? ': too large' : ''}`,
  );
}
process.exitCode = isTooLarge ? 1 : 0;
