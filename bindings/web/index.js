/** The package's main entry: the module, loaded once, and the classes over it. */
import start, { Image, Portcullis } from "./dist/portcullis_web.js";

export { Image, Portcullis };

const BESIDE = new URL("./dist/portcullis_web_bg.wasm", import.meta.url);

/** The load that is under way, or done. */
let loading;

export function init(module) {
  loading ??= load(module).catch((error) => {
    // Another place may have it.
    loading = undefined;
    throw error;
  });
  return loading;
}

async function load(module) {
  await start({ module_or_path: await fromDisk(module ?? BESIDE) });
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
