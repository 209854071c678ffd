/** Texts from outside: files, and what `kubectl get -o yaml` prints, without what only the API server writes for itself. */
import type { TextDocument } from 'portcullis-web';

const LARGEST = 20_000_000;
const READABLE = /\.(ya?ml|json|txt)$/i;

export async function readFiles(files: FileList): Promise<{ documents: TextDocument[]; refused: string[] }> {
  const documents: TextDocument[] = [];
  const refused: string[] = [];
  for (const file of files) {
    if (!READABLE.test(file.name) || file.size > LARGEST) refused.push(file.name);
    else documents.push({ name: file.name, text: withoutBookkeeping(await file.text()) });
  }
  return { documents, refused };
}

/** Keys that the API server writes for itself, and that are long. */
const BOOKKEEPING = /^(\s*)(?:managedFields|"?kubectl\.kubernetes\.io\/last-applied-configuration"?):/;

/** The text without managed fields and the last applied configuration; line by line, so that all else stays as it is. */
export function withoutBookkeeping(text: string): string {
  if (!/managedFields|last-applied-configuration/.test(text) || /^\s*[{[]/.test(text)) return text;
  const kept: string[] = [];
  let skipping: number | null = null;
  for (const line of text.split('\n')) {
    if (skipping !== null && isInside(line, skipping)) continue;
    skipping = null;
    const lead = BOOKKEEPING.exec(line)?.[1];
    if (lead === undefined) kept.push(line);
    else skipping = lead.length;
  }
  return kept.join('\n');
}

/** Whether the line belongs to the value of a key that begins at `indent`; a list may begin as far left as its key. */
function isInside(line: string, indent: number): boolean {
  if (line.trim() === '') return true;
  const lead = /^ */.exec(line)?.[0].length ?? 0;
  return lead > indent || (lead === indent && line.charAt(lead) === '-' && !line.startsWith('---'));
}
