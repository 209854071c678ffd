/** A session in a worker, kept alive: a worker that takes too long is stopped, and the next call starts another. */

const DEADLINE = 5000;

/** How many times the deadline a method has that does its work over and over: a fix is found by trying texts. */
const PATIENCE = { fix: 6 };

/** What changes texts, and what they are after it; everything else only asks. */
const CHANGES = {
  load: (_, [documents]) => documents.map(({ name, text }) => ({ name, text })),
  setText: (documents, [name, text]) => {
    if (!documents.some((one) => one.name === name)) return [...documents, { name, text }];
    return documents.map((one) => (one.name === name ? { name, text } : one));
  },
  edit: (documents, [name, changes]) =>
    documents.map((one) => (one.name === name ? { name, text: changed(one.text, changes) } : one)),
  remove: (documents, [name]) => documents.filter((one) => one.name !== name),
};

/** What a session can do. */
export const METHODS = [
  "load", "setText", "edit", "remove", "configure", "validate", "locate",
  "namespaces", "nodes", "workloads", "services", "policies",
  "decide", "why", "replay", "list", "matrix", "pin", "unpin", "diff", "lint", "test", "fix",
  "plugins", "review", "compare", "options", "image",
];

export class ClientError extends Error {
  constructor(kind, message) {
    super(message);
    this.name = "ClientError";
    this.kind = kind;
  }
}

export function connect(options) {
  return new Client(options);
}

class Client {
  #options;
  /** The texts as the last change that came back left them. */
  #documents = [];
  #worker = null;
  #isReady = false;
  /** Whether the worker waits for the rest of the module. */
  #isWaiting = false;
  /** Calls without an answer, in order: the first is being answered. */
  #calls = [];
  #number = 0;
  #timer = null;
  /** Why there will never be an answer, once that is so. */
  #end = null;
  #ready = deferred();
  #whole = deferred();
  ready = this.#ready.promise;
  whole = this.#whole.promise;

  constructor(options) {
    this.#options = options;
    for (const method of METHODS) {
      this[method] = (...parameters) => this.#call(method, parameters);
    }
    this.#start();
  }

  get documents() {
    return this.#documents;
  }

  close() {
    this.#end = "the client is closed";
    this.#hopeless(this.#end);
    this.#stop(this.#end);
  }

  #call(method, parameters) {
    if (this.#end !== null) return Promise.reject(new ClientError("stopped", this.#end));
    if (this.#worker === null) this.#start();
    return this.#send(method, parameters);
  }

  #start() {
    const worker = this.#options.worker();
    this.#worker = worker;
    this.#isReady = false;
    this.#isWaiting = false;
    worker.onmessage = ({ data }) => this.#take(worker, data);
    worker.onerror = (event) => this.#broken(worker, event.message || "the worker cannot be loaded");
    const quietly = (method, parameters) => this.#send(method, parameters).catch(() => {});
    if (this.#options.settings) void quietly("configure", [this.#options.settings]);
    if (this.#documents.length > 0) void quietly("load", [this.#documents]);
  }

  #send(method, parameters) {
    this.#number += 1;
    const id = this.#number;
    return new Promise((resolve, reject) => {
      this.#calls.push({ id, method, parameters, resolve, reject });
      this.#worker.postMessage({ id, method, arguments: parameters });
      if (this.#calls.length === 1) this.#watch();
    });
  }

  /** Gives the first of the calls its time, which a network does not take from. */
  #watch() {
    clearTimeout(this.#timer);
    if (!this.#isReady || this.#isWaiting || this.#calls.length === 0) return;
    const deadline = (this.#options.deadline ?? DEADLINE) * (PATIENCE[this.#calls[0].method] ?? 1);
    this.#timer = setTimeout(() => this.#stop(`no answer within ${deadline} ms`), deadline);
  }

  #take(worker, message) {
    if (worker !== this.#worker) return;
    if (message.kind === "broken") return this.#broken(worker, message.message);
    if (message.kind === "ready") {
      this.#isReady = true;
      this.#ready.resolve();
      return this.#watch();
    }
    if (message.kind === "whole") return this.#whole.resolve();
    if (message.kind === "lacking") return this.#whole.reject(new ClientError("refused", message.message));
    if (message.kind === "waiting" || message.kind === "resumed") {
      this.#isWaiting = message.kind === "waiting";
      return this.#watch();
    }
    const call = this.#calls.shift();
    this.#watch();
    if (call === undefined) return;
    if (message.kind === "refused") return call.reject(new ClientError("refused", message.message));
    const change = CHANGES[call.method];
    if (change) this.#documents = change(this.#documents, call.parameters);
    call.resolve(message.result);
  }

  #broken(worker, why) {
    if (worker !== this.#worker) return;
    if (!this.#isReady) {
      // What cannot be loaded once is not loaded by trying again.
      this.#end = why;
      this.#hopeless(why);
    }
    this.#stop(why);
  }

  #hopeless(why) {
    this.#ready.reject(new ClientError("stopped", why));
    this.#whole.reject(new ClientError("stopped", why));
  }

  /** Ends the worker; what it was asked has no answer. */
  #stop(why) {
    clearTimeout(this.#timer);
    this.#worker?.terminate();
    this.#worker = null;
    const calls = this.#calls;
    this.#calls = [];
    for (const { reject } of calls) reject(new ClientError("stopped", why));
  }
}

/** A promise that is settled from outside; who does not look at it learns from the calls. */
function deferred() {
  const settle = {};
  settle.promise = new Promise((resolve, reject) => Object.assign(settle, { resolve, reject }));
  settle.promise.catch(() => {});
  return settle;
}

/** The text after changes that all count in the text before. */
function changed(text, changes) {
  const ordered = [...changes].sort((a, b) => b.from - a.from || b.to - a.to);
  return ordered.reduce((so, { from, to, insert }) => so.slice(0, from) + insert + so.slice(to), text);
}
