/** Colours for long texts: of the lines that are seen alone, since parsing all of a long text takes longer than a key may. */
import {
  Decoration,
  type DecorationSet,
  type EditorView,
  MatchDecorator,
  ViewPlugin,
} from '@codemirror/view';

const KEY = Decoration.mark({ class: 'plain-key' });
const COMMENT = Decoration.mark({ class: 'plain-comment' });

const parts = new MatchDecorator({
  regexp: /(^|\s)#.*|[\w./-]+(?=:(\s|$))/g,
  decoration: match => (match[0].trimStart().startsWith('#') ? COMMENT : KEY),
});

export const plainColours = ViewPlugin.fromClass(
  class {
    decorations: DecorationSet;

    constructor(view: EditorView) {
      this.decorations = parts.createDeco(view);
    }

    update(update: Parameters<typeof parts.updateDeco>[0]) {
      this.decorations = parts.updateDeco(update, this.decorations);
    }
  },
  { decorations: plugin => plugin.decorations },
);
