/** What would bring a wanted verdict about: the engine's own patches, the one with the fewest side effects first. */
import { useEffect, useState } from 'react';
import { useFindings, usePage, useWork } from '../app/page';
import type { Draft } from '../app/state';
import { toQuestion } from '../engine/desk';
import type { Offer } from '../engine/findings';
import { Icon } from '../style/Icon';
import { Ticked } from '../style/Ticked';
import { Connections } from '../views/Connections';

/** So many are shown at first: the best come first. */
const FIRST = 4;

type State =
  | { status: 'closed' }
  | { status: 'asked' }
  | { status: 'failed'; why: string }
  | { status: 'open'; offer: Offer };

export function FixIt({ question }: { question: Draft }) {
  const { desk, dispatch, announce } = usePage();
  const explanation = useFindings(findings => findings.explanation);
  const isStale = useFindings(findings => findings.isStale);
  const documents = useWork(work => work.documents);
  const [state, setState] = useState<State>({ status: 'closed' });
  const [isWhole, setWhole] = useState(false);
  const expect = explanation?.answer.verdict === 'allowed' ? 'deny' : 'allow';

  // What was offered is for the answer that stood there, and for its texts.
  // biome-ignore lint/correctness/useExhaustiveDependencies: the answer is what closes it.
  useEffect(() => {
    setState({ status: 'closed' });
    setWhole(false);
  }, [explanation, documents]);

  const ask = () => {
    const asked = toQuestion(question);
    if (!asked) return;
    setState({ status: 'asked' });
    desk.fix(asked, expect).then(
      offer => setState({ status: 'open', offer }),
      (error: unknown) =>
        setState({ status: 'failed', why: error instanceof Error ? error.message : String(error) }),
    );
  };

  return (
    <section className="fix-it" aria-label="Fix it">
      <button
        type="button"
        className="button button-edged"
        aria-expanded={state.status === 'open'}
        disabled={state.status === 'asked' || isStale}
        onClick={() => (state.status === 'open' ? setState({ status: 'closed' }) : ask())}
      >
        <Icon name="wrench" />
        {state.status === 'asked'
          ? 'Looking …'
          : `How could it be ${expect === 'allow' ? 'allowed' : 'denied'}?`}
      </button>
      {state.status === 'failed' && <p className="denied">{state.why}</p>}
      {state.status === 'open' && state.offer.fixes.length === 0 && (
        <p>No change to the policies alone would {expect} it.</p>
      )}
      {state.status === 'open' && (
        <ol>
          {(isWhole ? state.offer.fixes : state.offer.fixes.slice(0, FIRST)).map(fix => (
            <li key={fix.title} className="fix">
              <button
                type="button"
                className="button button-small button-main"
                onClick={() => {
                  dispatch({ type: 'apply', edits: fix.edits, on: state.offer.on });
                  announce(`Done: ${fix.title}`);
                }}
              >
                Apply
              </button>
              <div>
                <Ticked text={fix.title} />
                <details>
                  <summary>
                    opens {fix.changes.added.length}, closes {fix.changes.removed.length}
                  </summary>
                  <Connections title="Opens" connections={fix.changes.added} tone="allowed" />
                  <Connections title="Closes" connections={fix.changes.removed} tone="denied" />
                </details>
              </div>
            </li>
          ))}
        </ol>
      )}
      {state.status === 'open' && !isWhole && state.offer.fixes.length > FIRST && (
        <button type="button" className="button button-small" onClick={() => setWhole(true)}>
          {state.offer.fixes.length - FIRST} more
        </button>
      )}
    </section>
  );
}
