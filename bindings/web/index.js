/** The package's main entry: the module, loaded once, and the classes over it. */
import { Image, Portcullis } from "./dist/portcullis_web.js";
import { loadFirst, loadRest } from "./load.js";

export { Image, Portcullis };

/** The load that is under way, or done. */
let loading;

export function init(module, rest) {
  loading ??= loadRest(loadFirst(module), rest).catch((error) => {
    // Another place may have it.
    loading = undefined;
    throw error;
  });
  return loading;
}
