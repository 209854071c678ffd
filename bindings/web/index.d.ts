import type { Decider, Session, Settings } from "./types.js";

export type * from "./types.js";

/** Where a part of the module is, or what is in it. */
export type Place = URL | string | Request | Response | BufferSource | WebAssembly.Module;

/**
 * Loads the module, once, both parts of it: `module`, which is `portcullis-web/portcullis.wasm`, and `rest`, which is
 * `portcullis-web/portcullis-rest.wasm`. What is left out comes from beside this file, in browsers by `fetch`, in Node from
 * the disk. Everything else has to wait for it.
 */
export declare function init(module?: Place, rest?: Place): Promise<void>;

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
