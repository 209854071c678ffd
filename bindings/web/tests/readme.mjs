// The examples of README.md, as they stand there.

import { readFileSync } from "node:fs";
import { SMALL } from "./texts.mjs";

const README = readFileSync(new URL("../README.md", import.meta.url), "utf8");

/** The only block of a language. */
function block(language) {
  const blocks = [...README.matchAll(/^```(\w+)\n([\s\S]*?)^```$/gm)].filter(([, name]) => name === language);
  if (blocks.length !== 1) throw new Error(`README.md has ${blocks.length} blocks of ${language}`);
  return blocks[0][2];
}

export const NODE = block("js");
export const PAGE = block("html");
/** What both of them say. */
export const SAID = block("text").trim();
/** The text that both of them load. */
export const TEXT = SMALL.map(({ text }) => text).join("");
