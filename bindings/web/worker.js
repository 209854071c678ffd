/** A session in a worker: one answer for each request, in the order of the requests. */
import { init, Portcullis } from "./index.js";
import { version } from "./dist/portcullis_web.js";

/** Requests that came before the module did. */
let waiting = [];
let session = null;

self.addEventListener("message", ({ data }) => {
  if (waiting) waiting.push(data);
  else self.postMessage(answer(data));
});

try {
  await init();
  session = new Portcullis();
  self.postMessage({ kind: "ready", version: version() });
  for (const request of waiting) self.postMessage(answer(request));
  waiting = null;
} catch (error) {
  self.postMessage({ kind: "broken", message: words(error) });
}

function answer({ id, method, arguments: parameters }) {
  try {
    return { kind: "result", id, result: session[method](...parameters) };
  } catch (error) {
    // A module that has trapped is in no state to be asked again.
    if (error instanceof WebAssembly.RuntimeError) return { kind: "broken", message: words(error) };
    return { kind: "refused", id, message: words(error) };
  }
}

function words(error) {
  return error instanceof Error ? error.message : String(error);
}
