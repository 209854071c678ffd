/** Where in an object a line stands, by indentation: enough for what people write in blocks, and cheap on any text. */
export interface Lines {
  readonly lines: number;
  line(number: number): { readonly text: string; readonly number: number };
}

const ENTRY =
  /^(\s*(?:-\s+)*)("[^"]*"|'[^']*'|[^\s#:'"[{&*!|>%@`-][^:#]*?|-?[^\s#:'"[{&*!|>%@`-][^:#]*?)\s*:(?:\s|$)/;
/** How far up a path is followed. */
const FURTHEST = 5000;

/** The keys around the line, outermost first, for something that begins in `column` of it. */
export function pathAt(text: Lines, number: number, column: number): string[] {
  const path: string[] = [];
  let indent = column;
  for (let at = number - 1, left = FURTHEST; at >= 1 && left > 0; at -= 1, left -= 1) {
    const line = text.line(at).text;
    if (line.startsWith('---')) break;
    const entry = ENTRY.exec(line);
    const [, lead = '', key = ''] = entry ?? [];
    // A list may stand as far left as its key does.
    const dash = lead.indexOf('-');
    if (!entry || lead.length >= indent) {
      if (dash >= 0 && dash < indent && entry && lead.length >= indent) indent = Math.min(indent, dash + 1);
      continue;
    }
    path.unshift(key);
    indent = dash >= 0 ? dash + 1 : lead.length;
    if (indent === 0) break;
  }
  return path;
}

/** The object's kind, as the document around the line says it. */
export function kindAt(text: Lines, number: number): string | null {
  const [first, last] = documentAround(text, number);
  for (let at = first; at <= last; at += 1) {
    const found = /^kind:\s*["']?([A-Za-z]+)/.exec(text.line(at).text);
    if (found?.[1]) return found[1];
  }
  return null;
}

function documentAround(text: Lines, number: number): [number, number] {
  let first = number;
  while (first > 1 && number - first < FURTHEST && !text.line(first - 1).text.startsWith('---')) first -= 1;
  let last = number;
  while (last < text.lines && last - number < FURTHEST && !text.line(last + 1).text.startsWith('---'))
    last += 1;
  return [first, last];
}

/** The column in which the line's own key begins, after dashes. */
export function keyColumn(line: string): number {
  return /^\s*(?:-\s+)*/.exec(line)?.[0].length ?? 0;
}
