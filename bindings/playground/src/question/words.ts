/** Verdicts and reasons in words. */
import type { Answer, Reason, Side } from 'portcullis-web';
import type { Draft } from '../app/state';

export const GLYPHS = { allowed: '✓', denied: '✕', some: '◐', unknown: '?', error: '!' } as const;

const VERDICTS: Record<Answer['verdict'], string> = {
  allowed: 'can reach',
  denied: 'cannot reach',
  some: 'reaches some of',
  unknown: 'may reach',
  error: '',
};

const REASONS: Record<Reason, string> = {
  'not-evaluated': 'This side was not evaluated, which never means allowed.',
  isolated: 'Policies isolate the pod, and no rule lets this flow through.',
  'deny-rule': 'A rule denies it.',
  'protocol-denied': 'The plugin denies this protocol to isolated pods.',
  dropped: 'The plugin drops such packets, whatever policies say.',
  rule: 'A rule allows it.',
  'no-policy': 'No policy isolates the pod in this direction, so everything may pass.',
  'not-a-pod': 'It is no pod, and policies select pods only.',
  'host-network': 'The pod is on its node’s network, where no policy selects it.',
  'finished-pod': 'The pod has ended, and no policy selects it.',
  loopback: 'A pod always reaches itself.',
  'own-node': 'The pod’s own node is at the other end, and always gets through.',
  'protocol-exempt': 'The protocol is exempt from policy.',
  reply: 'It answers a connection that was allowed.',
  established: 'The connection was allowed when it began.',
  skipped: 'This side is decided elsewhere.',
};

export function reasonOf(side: Side): string {
  if (side.reason === null) return 'It depends on which pod, or on which path.';
  return REASONS[side.reason];
}

export type Tone = 'allowed' | 'denied' | 'some' | 'unknown';

export function toneOf(allowed: boolean | null): Tone {
  return allowed === null ? 'some' : allowed ? 'allowed' : 'denied';
}

/** The answer in a sentence. */
export function headline(answer: Answer, { from, to, protocol, port }: Draft): string {
  if (answer.verdict === 'error') return answer.message;
  const over = protocol === 'ICMP' || port === '' ? protocol : `${protocol} ${port}`;
  return `${from} ${VERDICTS[answer.verdict]} ${to} on ${over}`;
}

/** What a behaviour is about: `flannel/policy-types` is about policy types. */
export function topic(id: string): string {
  return (id.split('/').at(-1) ?? id).replaceAll('-', ' ');
}
