/** A session in a worker: one answer for each request, in the order of the requests. */
import { Portcullis, version } from "./dist/portcullis_web.js";
import { isThere, loadFirst, loadRest } from "./load.js";

/** Requests without an answer, in order. */
const requests = [];
/** Whether the first of them is answered, or waits for the module. */
let isBusy = true;
let session = null;
/** What the first part of the module exports. */
let exports = null;
/** The load of the rest that is under way, or done; none after one that failed. */
let rest = null;

self.addEventListener("message", ({ data }) => {
  requests.push(data);
  if (!isBusy) void work();
});

try {
  exports = await loadFirst();
  session = new Portcullis();
  self.postMessage({ kind: "ready", version: version() });
  // Not before: it would take from the network what the first answer waits for.
  begin();
  void work();
} catch (error) {
  self.postMessage({ kind: "broken", message: words(error) });
}

async function work() {
  isBusy = true;
  while (requests.length > 0) {
    const request = requests.shift();
    self.postMessage(isThere(request.method) ? answer(request) : await answerLater(request));
  }
  isBusy = false;
}

/** What needs the rest of the module waits for it, and what was asked after that. */
async function answerLater(request) {
  self.postMessage({ kind: "waiting" });
  try {
    if (rest === null) begin();
    await rest;
  } catch (error) {
    return { kind: "refused", id: request.id, message: words(error) };
  } finally {
    self.postMessage({ kind: "resumed" });
  }
  return answer(request);
}

/** Loads the rest, and says what becomes of it. */
function begin() {
  const lacks = (error) => {
    // The next that needs it tries again.
    rest = null;
    self.postMessage({ kind: "lacking", message: words(error) });
  };
  rest = loadRest(exports);
  rest.then(() => self.postMessage({ kind: "whole" }), lacks);
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
