/** Completion and hover, from the schema. */
import type { Completion, CompletionContext, CompletionResult } from '@codemirror/autocomplete';
import type { EditorState } from '@codemirror/state';
import { hoverTooltip } from '@codemirror/view';
import { type Field, KINDS, TOP } from './schema';
import { keyColumn, kindAt, pathAt } from './yaml-path';

/** The fields that may stand in the line, for a key that begins in `column`. */
function fieldsAt(state: EditorState, number: number, column: number): Readonly<Record<string, Field>> {
  const kind = kindAt(state.doc, number);
  const object = kind === null ? undefined : KINDS[kind];
  let fields: Readonly<Record<string, Field>> = { ...TOP, ...object?.fields };
  for (const key of pathAt(state.doc, number, column)) {
    const next = fields[key]?.fields;
    if (!next) return {};
    fields = next;
  }
  return fields;
}

export function completions(context: CompletionContext): CompletionResult | null {
  const line = context.state.doc.lineAt(context.pos);
  const before = line.text.slice(0, context.pos - line.from);
  const value = /^(\s*(?:-\s+)*)([A-Za-z]+):\s+(\S*)$/.exec(before);
  if (value) {
    const [, lead = '', key = '', typed = ''] = value;
    const values = fieldsAt(context.state, line.number, lead.length)[key]?.values;
    if (!values) return null;
    return { from: context.pos - typed.length, options: values.map(label => ({ label, type: 'enum' })) };
  }
  const start = /^(\s*(?:-\s+)*)([A-Za-z]*)$/.exec(before);
  if (!start || (start[2] === '' && !context.explicit)) return null;
  const column = start[1]?.length ?? 0;
  const fields = Object.entries(fieldsAt(context.state, line.number, column));
  if (fields.length === 0) return null;
  return {
    from: line.from + column,
    options: fields.map(([key, field]) => option(key, field)),
    validFor: /^[A-Za-z]*$/,
  };
}

function option(key: string, field: Field): Completion {
  return { label: key, apply: field.opens ? `${key}:` : `${key}: `, info: field.about, type: 'property' };
}

export const hovers = hoverTooltip((view, position) => {
  const line = view.state.doc.lineAt(position);
  const column = keyColumn(line.text);
  const key = /^[A-Za-z]+(?=\s*:)/.exec(line.text.slice(column))?.[0];
  if (!key) return null;
  const from = line.from + column;
  if (position < from || position > from + key.length) return null;
  const about = fieldsAt(view.state, line.number, column)[key]?.about;
  if (!about) return null;
  return {
    pos: from,
    end: from + key.length,
    create: () => {
      const dom = document.createElement('div');
      dom.className = 'cm-schema-help';
      dom.textContent = about;
      return { dom };
    },
  };
});
