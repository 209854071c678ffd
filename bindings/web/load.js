/** The module in its two parts: what answers, and the rest, which works on memory and functions of the first. */
import start, { REST } from "./dist/portcullis_web.js";

const FIRST = new URL("./dist/portcullis_web_bg.wasm", import.meta.url);
const BESIDE = new URL("./dist/portcullis_web_rest.wasm", import.meta.url);

/** What the rest exports, before it is there. */
const refusals = Object.fromEntries(REST.map((name) => [name, () => refuse(name)]));

let isWhole = false;

/** Whether a method of a session can be called already. */
export const isThere = (method) => isWhole || !REST.includes(`portcullis_${method}`);

/** Loads what answers; gives what it exports. */
export async function loadFirst(module) {
  const exports = await start({ module_or_path: await fromDisk(module ?? FIRST) });
  if (!isWhole) Object.assign(exports, refusals);
  return exports;
}

/** Loads the rest, without waiting for the first to be there. */
export async function loadRest(first, rest) {
  const [exports, module] = await Promise.all([first, isWhole ? null : compile(rest ?? BESIDE)]);
  if (module) await join(exports, module);
}

function refuse(name) {
  const what = name.startsWith("portcullis_") ? name.slice("portcullis_".length) : "Image";
  throw new Error(`\`${what}\` is in the second part of the module, which is not there: wait for \`init\``);
}

async function join(first, module) {
  const { exports } = await WebAssembly.instantiate(module, { first }).catch((error) => {
    throw new Error(`the two parts of the module do not fit together: ${error.message}`);
  });
  const lacking = REST.find((name) => !(name in exports));
  if (lacking !== undefined) throw new Error(`the second part of the module is another module: it has no \`${lacking}\``);
  Object.assign(first, exports);
  isWhole = true;
}

async function compile(place) {
  try {
    const module = await fromDisk(place);
    if (module instanceof WebAssembly.Module) return module;
    if (module instanceof ArrayBuffer || ArrayBuffer.isView(module)) return await WebAssembly.compile(module);
    const response = module instanceof Response ? module : await fetch(module);
    if (!response.ok) throw new Error(`${response.status} ${response.statusText} for \`${response.url}\``);
    return await WebAssembly.compile(await response.arrayBuffer());
  } catch (error) {
    throw new Error(`the second part of the module cannot be loaded: ${error.message}`);
  }
}

/** In Node, what lies on the disk has to be read: its `fetch` knows no files. */
async function fromDisk(module) {
  const isOnDisk = module instanceof URL && module.protocol === "file:";
  if (!isOnDisk || typeof globalThis.process?.versions?.node !== "string") return module;
  // By a name that bundlers do not follow: browsers never come here.
  const disk = "node:fs/promises";
  const { readFile } = await import(/* @vite-ignore */ disk);
  return readFile(module);
}
