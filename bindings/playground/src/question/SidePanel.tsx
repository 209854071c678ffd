/** One side of an answer: what it says, by which line, and for a denial what comes nearest. */
import type { Nearest, PolicyRef, RuleRef, RuleTrace, SideTrace, Span, TierTrace } from 'portcullis-web';
import { usePage } from '../app/page';
import { Ticked } from '../style/Ticked';
import { reasonOf, toneOf } from './words';

const TITLES = { egress: 'Leaving', ingress: 'Entering' } as const;

interface Properties {
  direction: 'egress' | 'ingress';
  trace: SideTrace;
  name: string;
}

export function SidePanel({ direction, trace, name }: Properties) {
  const { side, tiers, policies, notBy, nearest } = trace;
  const tone = toneOf(side.allowed);
  const hasClusterPolicies = tiers.some(
    ({ tier, outcome }) => tier !== 'NetworkPolicy' && outcome !== 'no-policy' && outcome !== 'not-asked',
  );
  return (
    <section
      className={`side side-${tone}`}
      data-testid={direction}
      aria-label={`${TITLES[direction]} ${name}`}
    >
      <h3>
        {TITLES[direction]} <span className="mono">{name}</span>
        <span className={`side-verdict ${tone}`}>
          {side.allowed === null ? '◐ some' : side.allowed ? '✓ allowed' : '✕ denied'}
        </span>
      </h3>
      <p>{reasonOf(side)}</p>
      {side.rule && (
        <p>
          <Rule rule={side.rule} />
        </p>
      )}
      {nearest && <Near nearest={nearest} />}
      {hasClusterPolicies && <Tiers tiers={tiers} />}
      {policies.length > 0 && <Considered policies={policies} />}
      {notBy.length > 0 && (
        <p className="quiet">
          Not about {direction}: {notBy.map(({ policy }) => policy).join(', ')}.
        </p>
      )}
    </section>
  );
}

export function Place({ span, children }: { span: Span | null; children: React.ReactNode }) {
  const { reveal } = usePage();
  if (!span) return <span className="mono">{children}</span>;
  return (
    <button type="button" className="link mono" onClick={() => reveal(span)}>
      {children}
    </button>
  );
}

function Rule({ rule }: { rule: RuleRef }) {
  return (
    <>
      <span className="mono">{rule.policy}</span> <Place span={rule.span}>{rule.path}</Place>
      {rule.span && (
        <span className="quiet mono">
          {' '}
          {rule.span.document}:{rule.span.line}
        </span>
      )}
    </>
  );
}

function Near({ nearest }: { nearest: Nearest }) {
  return (
    <div className="nearest">
      <p>
        Nearest: <Rule rule={nearest.rule} />
      </p>
      <ul>
        {nearest.lacks.map(({ field, message, span }) => (
          <li key={`${field} ${message}`}>
            <span aria-hidden="true" className="denied">
              ✕{' '}
            </span>
            <Ticked text={message} /> <Place span={span}>{field}</Place>
          </li>
        ))}
      </ul>
    </div>
  );
}

const OUTCOMES = {
  'not-asked': 'not asked',
  'no-policy': 'no policy is about it',
  'no-match': 'no rule matches',
  isolated: 'isolates, and no rule allows',
  passed: 'passes it on',
  allowed: 'allows it',
  denied: 'denies it',
} as const;

function Tiers({ tiers }: { tiers: readonly TierTrace[] }) {
  return (
    <ol className="tiers" aria-label="Tiers, in the order in which they are asked">
      {tiers.map(tier => (
        <li key={tier.tier} className={`tier tier-${tier.outcome}`}>
          <strong>{tier.tier}</strong> {OUTCOMES[tier.outcome]}
          {'rule' in tier && (
            <>
              : <Rule rule={tier.rule} />
            </>
          )}
        </li>
      ))}
    </ol>
  );
}

function Considered({ policies }: { policies: readonly (PolicyRef & { rules: RuleTrace[] })[] }) {
  const rules = policies.reduce((sum, policy) => sum + policy.rules.length, 0);
  return (
    <details className="considered">
      <summary>
        {policies.length === 1 ? '1 policy' : `${policies.length} policies`} with{' '}
        {rules === 0 ? 'no rule' : rules === 1 ? '1 rule' : `${rules} rules`}
      </summary>
      <ul>
        {policies.map(policy => (
          <li key={`${policy.kind} ${policy.policy}`}>
            <Place span={policy.span}>{policy.policy}</Place>
            {policy.rules.length === 0 && <span className="quiet"> no rule: lets nothing through</span>}
            <ul>
              {policy.rules.map(rule => (
                <li key={rule.rule.path} className="rule">
                  <span className={rule.matches ? (rule.action === 'Deny' ? 'denied' : 'allowed') : 'quiet'}>
                    {rule.matches ? '✓' : '–'}
                  </span>{' '}
                  <Place span={rule.rule.span}>{rule.rule.path}</Place>{' '}
                  <span className="quiet">{halves(rule)}</span>
                </li>
              ))}
            </ul>
          </li>
        ))}
      </ul>
    </details>
  );
}

function halves({ action, peers, traffic, failsClosed }: RuleTrace): string {
  if (failsClosed) return 'holds something unknown, and fails closed';
  const words = { any: 'any', matched: 'matches', missed: 'does not match' };
  const verb = action === 'Allow' ? '' : `${action}: `;
  return `${verb}peer ${words[peers.outcome]}, port ${words[traffic.outcome]}`;
}
