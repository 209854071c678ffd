import type { Decider, Session, Settings } from "./types.js";

export type * from "./types.js";

/**
 * Loads the module, once; without an argument from beside this file, in browsers by `fetch`, in Node from the disk.
 * Everything else has to wait for it.
 */
export declare function init(module?: URL | string | Request | Response | BufferSource | WebAssembly.Module): Promise<void>;

export interface Portcullis extends Session {
  /** Gives the memory back; nothing may be asked afterwards. */
  free(): void;
}
export declare const Portcullis: {
  /** Throws if the settings name what is not there. */
  new (settings?: Settings): Portcullis;
};

export interface Image extends Decider {
  free(): void;
}
export declare const Image: {
  /** Throws if the bytes are no image. */
  new (bytes: Uint8Array): Image;
};
