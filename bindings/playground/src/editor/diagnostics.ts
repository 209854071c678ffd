/** What the engine found in a text, as the editor shows it: in the line, with what to do and buttons that do it. */
import type { Diagnostic as Shown } from '@codemirror/lint';
import type { Diagnostic, DocumentEdit, Finding } from 'portcullis-web';

interface Text {
  length: number;
  lineAt(at: number): { to: number };
}

export function diagnosticsFor(
  document: string,
  text: Text,
  diagnostics: readonly Diagnostic[],
  findings: readonly Finding[],
  apply: (edits: readonly DocumentEdit[]) => void,
): Shown[] {
  const all: (Diagnostic | Finding)[] = [...diagnostics, ...findings];
  const shown: Shown[] = [];
  for (const one of all) {
    if (one.span?.document !== document) continue;
    const from = Math.min(one.span.from, text.length);
    // Of what goes on over lines, the first says enough.
    const end = Math.min(one.span.to, text.lineAt(from).to);
    shown.push({
      from,
      to: Math.max(from, end),
      severity: one.severity === 'note' ? 'info' : one.severity,
      source: one.code,
      message: one.help === '' ? one.message : `${one.message}: ${one.help}`,
      actions: ('fixes' in one ? one.fixes : []).map(({ title, edits }) => ({
        name: title.replaceAll('`', ''),
        apply: () => apply(edits),
      })),
    });
  }
  return shown.sort((a, b) => a.from - b.from);
}
