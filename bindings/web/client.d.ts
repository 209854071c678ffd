import type { AsyncSession, Settings, TextDocument } from "./types.js";

/** How a client keeps its worker. */
export interface ClientOptions {
  /** Makes a worker that runs `portcullis-web/worker`. */
  worker: () => Worker;
  settings?: Settings;
  /**
   * After so many milliseconds without an answer the worker is stopped, and the next call starts another; 5,000 if left
   * out. `fix`, which tries many texts, has six times as long. Waiting for the module does not count.
   */
  deadline?: number;
}

/** Why a call has no answer. */
export declare class ClientError extends Error {
  /**
   * `refused`: the method threw, or is in the second part of the module, and that cannot be loaded; the next call that needs
   * it tries again. `stopped`: the worker was stopped, because it took too long, broke, or was closed; the next call starts
   * another one with the texts that were loaded last, and without a text that it was stopped for.
   */
  readonly kind: "refused" | "stopped";
}

/** A session in a worker: the same methods, with promises, answered in the order of the calls. */
export interface Client extends AsyncSession {
  /** Settled once questions are answered, before all of the module is there; rejected if it cannot be loaded. */
  readonly ready: Promise<void>;
  /** Settled once everything can be asked; rejected if the second part of the module cannot be loaded. */
  readonly whole: Promise<void>;
  /** The texts as the last load, edit or removal that came back left them. */
  readonly documents: readonly TextDocument[];
  /** Stops the worker for good. */
  close(): void;
}

/** Starts a worker and gives its client at once; calls wait for the module. */
export declare function connect(options: ClientOptions): Client;

/** The methods that there are. */
export declare const METHODS: readonly (keyof AsyncSession)[];
