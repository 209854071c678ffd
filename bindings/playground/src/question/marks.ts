/** The lines that an explanation rests on, as marks for the texts. */
import type { AssertionResult, Explanation, SideTrace, Span } from 'portcullis-web';

export type Tone = 'allow' | 'deny' | 'near';

export interface Mark {
  span: Span;
  tone: Tone;
  /** Stands at the end of the first line; empty for none. */
  text: string;
  /** What is marked: whole lines, the part itself, or nothing beside the text at the end. */
  on: 'lines' | 'part' | 'end';
}

export function marksOf(explanation: Explanation | null): Mark[] {
  if (!explanation || !('steps' in explanation)) return [];
  return [
    ...marksOfSide(explanation.egress, 'lets it out', 'keeps it in'),
    ...marksOfSide(explanation.ingress, 'lets it in', 'keeps it out'),
  ];
}

function marksOfSide(trace: SideTrace, allows: string, denies: string): Mark[] {
  const marks: Mark[] = [];
  const { rule, allowed } = trace.side;
  const tone = allowed ? 'allow' : 'deny';
  if (rule?.span) {
    marks.push({ span: rule.span, tone, text: allowed ? `✓ ${allows}` : `✕ ${denies}`, on: 'lines' });
  }
  for (const { span } of trace.deciding) {
    if (span) marks.push({ span, tone, text: '', on: 'part' });
  }
  if (!trace.nearest) return marks;
  const { rule: near, lacks } = trace.nearest;
  if (near.span) marks.push({ span: near.span, tone: 'near', text: `≈ nearest that ${allows}`, on: 'lines' });
  for (const { span } of lacks) {
    if (span) marks.push({ span, tone: 'deny', text: '✕ does not match', on: 'part' });
  }
  return marks;
}

/** Whether each assertion holds, beside it. */
export function marksOfTests(tests: readonly AssertionResult[]): Mark[] {
  return tests.flatMap(({ span, status }) => {
    if (!span) return [];
    const holds = status === 'passed';
    const text = holds ? '✓ holds' : status === 'failed' ? '✕ does not hold' : '! cannot be checked';
    return [{ span, tone: holds ? 'allow' : 'deny', text, on: 'end' } as const];
  });
}
