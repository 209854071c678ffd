/** How the editor looks: the page's own colours, so that themes and forced colours hold here, too. */
import { HighlightStyle, syntaxHighlighting } from '@codemirror/language';
import { EditorView } from '@codemirror/view';
import { tags } from '@lezer/highlight';

const colours = HighlightStyle.define([
  { tag: [tags.propertyName, tags.definition(tags.propertyName)], color: 'var(--accent)' },
  { tag: [tags.string, tags.content, tags.attributeValue], color: 'var(--ink)' },
  { tag: [tags.number, tags.bool, tags.null, tags.keyword], color: 'var(--some)' },
  { tag: [tags.comment, tags.lineComment], color: 'var(--soft)', fontStyle: 'italic' },
  { tag: [tags.separator, tags.punctuation, tags.squareBracket, tags.brace], color: 'var(--soft)' },
  { tag: tags.meta, color: 'var(--unknown)' },
]);

const look = EditorView.theme({
  '&': { height: '100%', backgroundColor: 'var(--surface)', color: 'var(--ink)', fontSize: '0.8125rem' },
  '&.cm-focused': { outline: '2px solid var(--accent)', outlineOffset: '-2px' },
  '.cm-scroller': { fontFamily: 'var(--mono)', lineHeight: '1.5' },
  '.cm-content': { padding: '0.5rem 0 4rem', caretColor: 'var(--ink)' },
  '.cm-cursor': { borderLeftColor: 'var(--ink)', borderLeftWidth: '2px' },
  '.cm-gutters': { backgroundColor: 'var(--surface)', color: 'var(--soft)', border: '0' },
  '.cm-lineNumbers .cm-gutterElement': { paddingLeft: '0.75rem', minWidth: '2.4rem' },
  '.cm-activeLine': { backgroundColor: 'color-mix(in oklab, var(--accent) 5%, transparent)' },
  '.cm-activeLineGutter': { backgroundColor: 'transparent', color: 'var(--ink)' },
  '.cm-selectionBackground, &.cm-focused > .cm-scroller > .cm-selectionLayer .cm-selectionBackground': {
    backgroundColor: 'color-mix(in oklab, var(--accent) 24%, transparent)',
  },
  '.cm-selectionMatch': { backgroundColor: 'color-mix(in oklab, var(--some) 18%, transparent)' },
  '.cm-placeholder': { color: 'var(--soft)', whiteSpace: 'pre-wrap' },
  '.cm-panels': { backgroundColor: 'var(--ground)', color: 'var(--ink)', borderColor: 'var(--hairline)' },
  '.cm-textfield': { backgroundColor: 'var(--raised)', border: '1px solid var(--edge)', color: 'var(--ink)' },
  '.cm-button': {
    backgroundImage: 'none',
    backgroundColor: 'var(--raised)',
    border: '1px solid var(--edge)',
  },
  '.cm-tooltip': {
    backgroundColor: 'var(--raised)',
    color: 'var(--ink)',
    border: '1px solid var(--hairline)',
    borderRadius: 'var(--radius)',
    boxShadow: 'var(--shadow)',
  },
  '.cm-tooltip-autocomplete > ul': { fontFamily: 'var(--mono)', maxHeight: '16rem' },
  '.cm-tooltip-autocomplete > ul > li[aria-selected]': {
    backgroundColor: 'var(--accent-wash)',
    color: 'var(--ink)',
  },
  '.cm-completionInfo': { maxWidth: '24rem', padding: '0.5rem 0.65rem', fontFamily: 'var(--sans)' },
  '.cm-diagnostic': { padding: '0.4rem 0.65rem', fontFamily: 'var(--sans)', maxWidth: '34rem' },
  '.cm-diagnostic-error': { borderLeft: '3px solid var(--deny)' },
  '.cm-diagnostic-warning': { borderLeft: '3px solid var(--some)' },
  '.cm-diagnostic-info': { borderLeft: '3px solid var(--accent)' },
  '.cm-diagnosticSource': { color: 'var(--soft)', fontSize: '0.75rem', opacity: '1' },
  '.cm-diagnosticAction': {
    margin: '0.35rem 0.35rem 0 0',
    minHeight: '24px',
    padding: '0 0.5rem',
    borderRadius: 'var(--radius)',
    backgroundColor: 'var(--accent)',
    color: 'var(--on-accent)',
    font: 'inherit',
  },
  '.cm-gutter-lint .cm-gutterElement': { padding: '0' },
  // Signs as in the list below the text, in place of pictures in colours of their own.
  '.cm-lint-marker': { content: 'normal', height: 'auto', fontWeight: '700', textAlign: 'center' },
  '.cm-lint-marker-error': { color: 'var(--deny)' },
  '.cm-lint-marker-warning': { color: 'var(--some)' },
  '.cm-lint-marker-info': { color: 'var(--accent)' },
  '.cm-lint-marker-error::before': { content: '"✕"' },
  '.cm-lint-marker-warning::before': { content: '"!"' },
  '.cm-lint-marker-info::before': { content: '"i"' },
  '.cm-foldGutter .cm-gutterElement': { cursor: 'pointer', padding: '0 0.25rem' },
  '.cm-schema-help': { padding: '0.45rem 0.65rem', maxWidth: '26rem', fontFamily: 'var(--sans)' },
});

export const theme = [look, syntaxHighlighting(colours)];
