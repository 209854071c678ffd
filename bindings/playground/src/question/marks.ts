/** The lines that an explanation rests on, as marks for the texts. */
import type { Explanation, SideTrace, Span } from 'portcullis-web';

export type Tone = 'allow' | 'deny' | 'near';

export interface Mark {
  span: Span;
  tone: Tone;
  /** Stands at the end of the first line; empty for none. */
  text: string;
  /** Whether whole lines are marked, or the part itself. */
  isLine: boolean;
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
    marks.push({ span: rule.span, tone, text: allowed ? `✓ ${allows}` : `✕ ${denies}`, isLine: true });
  }
  for (const { span } of trace.deciding) {
    if (span) marks.push({ span, tone, text: '', isLine: false });
  }
  if (!trace.nearest) return marks;
  const { rule: near, lacks } = trace.nearest;
  if (near.span)
    marks.push({ span: near.span, tone: 'near', text: `≈ nearest that ${allows}`, isLine: true });
  for (const { span } of lacks) {
    if (span) marks.push({ span, tone: 'deny', text: '✕ does not match', isLine: false });
  }
  return marks;
}
