/** `tsc` holds the generated classes to the types that are written by hand; nothing here is run. */
import type * as generated from "../dist/portcullis_web.js";
import type * as written from "../index.js";

/** Fails to compile unless the first fits wherever the second is wanted. */
type Fits<T extends Wanted, Wanted> = [T, Wanted];

export type Checks = [
  Fits<typeof generated.Portcullis, typeof written.Portcullis>,
  Fits<typeof generated.Image, typeof written.Image>,
  // What is generated has no method that the types leave out.
  Fits<Exclude<keyof generated.Portcullis, symbol>, keyof written.Portcullis>,
];
