/** What an explanation points at in the texts, and how the editor draws it: lines with a word at their end. */
import { type Extension, StateEffect, StateField } from '@codemirror/state';
import { Decoration, type DecorationSet, EditorView, WidgetType } from '@codemirror/view';
import type { Mark } from '../question/marks';

/** What the answer rests on, and what becomes of assertions: two sets, since they come at different times. */
export const setMarks = StateEffect.define<readonly Mark[]>();
export const setAsserted = StateEffect.define<readonly Mark[]>();

const field = (kind: typeof setMarks) =>
  StateField.define<DecorationSet>({
    create: () => Decoration.none,
    update(marks, transaction) {
      let next = marks.map(transaction.changes);
      for (const effect of transaction.effects) {
        if (effect.is(kind)) next = draw(effect.value, transaction.state.doc);
      }
      return next;
    },
    provide: marks => EditorView.decorations.from(marks),
  });

export const marks: Extension = [field(setMarks), field(setAsserted)];

class Word extends WidgetType {
  constructor(
    readonly tone: string,
    readonly text: string,
  ) {
    super();
  }

  override eq(other: Word): boolean {
    return other.tone === this.tone && other.text === this.text;
  }

  override toDOM(): HTMLElement {
    const element = document.createElement('span');
    element.className = `mark-word mark-word-${this.tone}`;
    element.textContent = this.text;
    return element;
  }
}

function draw(list: readonly Mark[], doc: Text): DecorationSet {
  const ranges = [];
  const worded = new Map<number, { tone: string; texts: string[] }>();
  for (const { span, tone, text, on } of list) {
    // A text that is being typed may be shorter than the one that was asked about.
    if (span.from >= doc.length || span.to > doc.length) continue;
    const first = doc.lineAt(span.from);
    if (on === 'lines') {
      for (let at = first; ; at = doc.lineAt(at.to + 1)) {
        ranges.push(Decoration.line({ class: `mark-line mark-line-${tone}` }).range(at.from));
        if (at.to >= span.to || at.to >= doc.length) break;
      }
    } else if (on === 'part') {
      const part = Decoration.mark({ class: `mark-part mark-part-${tone}` });
      for (const [from, to] of wordsOf(doc, first, span)) ranges.push(part.range(from, to));
    }
    if (text === '') continue;
    const word = worded.get(first.to) ?? { tone, texts: [] };
    if (!word.texts.includes(text)) word.texts.push(text);
    worded.set(first.to, word);
  }
  for (const [at, { tone, texts }] of worded) {
    ranges.push(Decoration.widget({ widget: new Word(tone, texts.join(' · ')), side: 1 }).range(at));
  }
  return Decoration.set(ranges, true);
}

/** A part line by line, without the blanks that each begins with. */
function wordsOf(doc: Text, first: Line, span: { from: number; to: number }): [number, number][] {
  const words: [number, number][] = [];
  for (let line = first; ; line = doc.lineAt(line.to + 1)) {
    const blanks = /^\s*/.exec(line.text)?.[0].length ?? 0;
    const from = Math.max(span.from, line.from + blanks);
    const to = Math.min(span.to, line.from + line.text.trimEnd().length);
    if (from < to) words.push([from, to]);
    if (line.to >= span.to || line.to >= doc.length) return words;
  }
}

interface Line {
  from: number;
  to: number;
  text: string;
}

interface Text {
  length: number;
  lineAt(at: number): Line;
}
