/** What the editor knows of YAML's structure: colours, folds, brackets. Less of it for long texts, none for those made to be slow. */
import { autocompletion, closeBrackets } from '@codemirror/autocomplete';
import { yaml } from '@codemirror/lang-yaml';
import { bracketMatching, foldGutter, indentOnInput } from '@codemirror/language';
import {
  Compartment,
  type Extension,
  type StateEffect,
  type Text,
  type Transaction,
} from '@codemirror/state';
import { EditorView } from '@codemirror/view';
import { plainColours } from './colours';
import { rests } from './rest';
import { completions, hovers } from './schema-help';

/** Brackets in brackets: parsers and colours are recursive, and people write a handful. */
const DEEPEST = 200;
/** Characters in a line. */
const LONGEST = 50_000;
/** Characters in a text that is parsed on every key. */
const LONG = 60_000;
/** What is typed cannot be that deep; what is pasted can. */
const PASTED = 500;

const part = new Compartment();

const HELP: Extension = [
  closeBrackets(),
  autocompletion({ override: [completions] }),
  hovers,
  rests,
  EditorView.lineWrapping,
];
const KINDS = {
  whole: [yaml(), foldGutter(), indentOnInput(), bracketMatching(), HELP],
  long: [plainColours, HELP],
  hard: [],
} satisfies Record<string, Extension>;

export function structure(text: Text): Extension {
  return part.of(KINDS[kindOf(text)]);
}

export function kindOf(text: Text): keyof typeof KINDS {
  if (isHard(text)) return 'hard';
  return text.length > LONG ? 'long' : 'whole';
}

/** What a transaction has to change as well, so that structure fits the text that comes of it. */
export function refitted({ changes, newDoc, startState }: Transaction): StateEffect<unknown> | null {
  let inserted = 0;
  changes.iterChanges((_from, _to, _start, _end, text) => {
    inserted += text.length;
  });
  const { length } = newDoc;
  const isOverLong = length > LONG !== startState.doc.length > LONG;
  if (inserted < PASTED && !isOverLong && part.get(startState) !== KINDS.hard) return null;
  const wanted = KINDS[kindOf(newDoc)];
  return part.get(startState) === wanted ? null : part.reconfigure(wanted);
}

function isHard(text: Text): boolean {
  let depth = 0;
  for (const chunk of text.iter()) {
    if (chunk.length > LONGEST) return true;
    for (let at = 0; at < chunk.length; at += 1) {
      const code = chunk.charCodeAt(at);
      if (code === 0x5b || code === 0x7b) depth += 1;
      else if ((code === 0x5d || code === 0x7d) && depth > 0) depth -= 1;
      if (depth > DEEPEST) return true;
    }
  }
  return false;
}
