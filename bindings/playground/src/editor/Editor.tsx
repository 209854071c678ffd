/** The text that is shown, in CodeMirror. Text is the truth: what others change comes in as the least change, and can be undone. */
import { completionKeymap } from '@codemirror/autocomplete';
import { defaultKeymap, history, historyKeymap, isolateHistory } from '@codemirror/commands';
import { foldKeymap, indentUnit } from '@codemirror/language';
import { lintGutter, lintKeymap, setDiagnostics } from '@codemirror/lint';
import { highlightSelectionMatches, search, searchKeymap } from '@codemirror/search';
import { EditorSelection, EditorState, type Extension, Text } from '@codemirror/state';
import {
  drawSelection,
  EditorView,
  highlightActiveLine,
  highlightActiveLineGutter,
  keymap,
  lineNumbers,
  placeholder,
} from '@codemirror/view';
import type { Diagnostic, DocumentEdit, Finding, Span, TextDocument } from 'portcullis-web';
import { useEffect, useRef } from 'react';
import type { Mark } from '../question/marks';
import { diagnosticsFor } from './diagnostics';
import { leastChange } from './least-change';
import { marks as markField, setAsserted, setMarks } from './marks';
import { refitted, structure } from './structure';
import { theme } from './theme';

interface Properties {
  documents: readonly TextDocument[];
  active: string;
  diagnostics: readonly Diagnostic[];
  lint: readonly Finding[];
  marks: readonly Mark[];
  asserted: readonly Mark[];
  /** A place to show; a new object each time. */
  place: { span: Span } | null;
  onEdit: (name: string, text: string) => void;
  onApply: (edits: readonly DocumentEdit[]) => void;
}

export default function Editor(properties: Properties) {
  const { documents, active, diagnostics, lint, marks, asserted, place } = properties;
  const box = useRef<HTMLDivElement>(null);
  const view = useRef<EditorView | null>(null);
  const shown = useRef('');
  /** The states of texts that are not shown, with their histories. */
  const kept = useRef(new Map<string, EditorState>());
  /** The first of the marks in the text that is shown. */
  const first = useRef<Mark | null>(null);
  const calls = useRef(properties);
  /** The text that the editor holds: taking it out of the editor takes long. */
  const held = useRef('');
  calls.current = properties;
  const text = documents.find(({ name }) => name === active)?.text ?? '';

  useEffect(() => {
    if (!box.current) return;
    const editor = new EditorView({ parent: box.current, state: EditorState.create({ doc: '' }) });
    view.current = editor;
    // The list of problems takes room from the text, and comes later than the marks.
    const observer = new ResizeObserver(() => bringIntoView(editor, first.current));
    observer.observe(box.current);
    return () => {
      observer.disconnect();
      view.current = null;
      shown.current = '';
      editor.destroy();
    };
  }, []);

  useEffect(() => {
    const editor = view.current;
    if (!editor) return;
    if (shown.current !== active) {
      if (shown.current !== '') kept.current.set(shown.current, editor.state);
      shown.current = active;
      editor.setState(kept.current.get(active) ?? create(text, active, calls, held));
      held.current = editor.state.doc.toString();
    }
    const change = leastChange(held.current, text);
    if (change) editor.dispatch({ changes: change, annotations: isolateHistory.of('full') });
  }, [active, text]);

  useEffect(() => {
    const names = new Set(documents.map(({ name }) => name));
    for (const name of kept.current.keys()) if (!names.has(name)) kept.current.delete(name);
  }, [documents]);

  useEffect(() => {
    const editor = view.current;
    if (!editor) return;
    const list = diagnosticsFor(active, editor.state.doc, diagnostics, lint, edits =>
      calls.current.onApply(edits),
    );
    editor.dispatch(setDiagnostics(editor.state, list));
  }, [active, diagnostics, lint]);

  useEffect(() => {
    const here = marks.filter(({ span }) => span.document === active);
    const editor = view.current;
    if (!editor) return;
    editor.dispatch({ effects: setMarks.of(here) });
    first.current = here[0] ?? null;
    bringIntoView(editor, first.current);
  }, [active, marks]);

  useEffect(() => {
    const here = asserted.filter(({ span }) => span.document === active);
    view.current?.dispatch({ effects: setAsserted.of(here) });
  }, [active, asserted]);

  useEffect(() => {
    const editor = view.current;
    if (!editor || !place || place.span.document !== active) return;
    const at = Math.min(place.span.from, editor.state.doc.length);
    editor.dispatch({
      selection: EditorSelection.cursor(at),
      effects: EditorView.scrollIntoView(at, { y: 'center' }),
    });
    editor.focus();
  }, [active, place]);

  return <div className="editor" ref={box} />;
}

/** Shows a mark, unless it can be seen; who is typing keeps their place. */
function bringIntoView(editor: EditorView, mark: Mark | null): void {
  if (!mark || editor.hasFocus) return;
  const { from, to } = mark.span;
  // The text may be another, and shorter, by the time of each step.
  const isGone = () => from > editor.state.doc.length;
  editor.requestMeasure({
    read: ({ scrollDOM }) => {
      if (isGone()) return true;
      const frame = scrollDOM.getBoundingClientRect();
      const top = editor.coordsAtPos(from)?.top ?? Number.NEGATIVE_INFINITY;
      const bottom = editor.coordsAtPos(Math.min(to, editor.state.doc.length))?.bottom;
      return top >= frame.top && (bottom ?? Number.POSITIVE_INFINITY) <= frame.bottom;
    },
    write: isSeen => {
      if (isSeen || editor.hasFocus) return;
      // Nothing may be dispatched while it is measured.
      queueMicrotask(() => {
        if (isGone()) return;
        editor.dispatch({ effects: EditorView.scrollIntoView(from, { y: 'start', yMargin: 60 }) });
      });
    },
  });
}

const HINT = `# Paste manifests here: policies, workloads, namespaces, services.
#   kubectl get ns,node,pod,svc,netpol -A -o yaml
# Or drop files anywhere on the page.`;

const refit = EditorState.transactionExtender.of(transaction => {
  if (!transaction.docChanged) return null;
  const effects = refitted(transaction);
  return effects ? { effects } : null;
});

function create(
  text: string,
  name: string,
  calls: { current: Properties },
  held: { current: string },
): EditorState {
  const report: Extension = EditorView.updateListener.of(update => {
    if (!update.docChanged) return;
    held.current = update.state.doc.toString();
    const before = calls.current.documents.find(document => document.name === name);
    if (before && before.text !== held.current) calls.current.onEdit(name, held.current);
  });
  const doc = Text.of(text.split(/\r\n?|\n/));
  return EditorState.create({
    doc,
    extensions: [
      lineNumbers(),
      structure(doc),
      refit,
      lintGutter(),
      history(),
      drawSelection(),
      indentUnit.of('  '),
      highlightActiveLine(),
      highlightActiveLineGutter(),
      highlightSelectionMatches(),
      search({ top: true }),
      placeholder(HINT),
      markField,
      theme,
      report,
      EditorView.contentAttributes.of({
        'aria-label': `Text of ${name}`,
        spellcheck: 'false',
        tabindex: '0',
      }),
      // Tab is left alone, so that it leaves the editor.
      keymap.of([
        ...defaultKeymap,
        ...searchKeymap,
        ...historyKeymap,
        ...foldKeymap,
        ...completionKeymap,
        ...lintKeymap,
      ]),
    ],
  });
}
