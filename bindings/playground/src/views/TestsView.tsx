/** The assertions of the texts, and whether they hold. */
import type { AssertionResult } from 'portcullis-web';
import { useFindings, usePage, useWork } from '../app/page';
import { type Draft, freeName } from '../app/state';
import { Icon } from '../style/Icon';

export default function TestsView() {
  const tests = useFindings(findings => findings.tests);
  const question = useWork(work => work.question);
  const passed = tests.filter(({ status }) => status === 'passed').length;
  return (
    <div className="tests">
      {tests.length === 0 ? (
        <div className="empty">
          <h3>Nothing is asserted yet</h3>
          <p>
            Say what has to stay true, beside the policies: it is checked on every edit here, and by{' '}
            <code>portcullis test</code> before anything is merged.
          </p>
          <Assert question={question} />
        </div>
      ) : (
        <>
          <p data-testid="tests-sum">
            <strong className={passed === tests.length ? 'allowed' : 'denied'}>
              {passed} of {tests.length} hold
            </strong>
          </p>
          <ul className="tests-list">
            {tests.map((test, at) => (
              <Test key={at} test={test} />
            ))}
          </ul>
          <Assert question={question} />
        </>
      )}
    </div>
  );
}

function Test({ test }: { test: AssertionResult }) {
  const { reveal } = usePage();
  const { span, name, status } = test;
  const isGood = status === 'passed';
  return (
    <li className={`test test-${status}`}>
      <span className={isGood ? 'allowed' : 'denied'} aria-hidden="true">
        {isGood ? '✓' : status === 'failed' ? '✕' : '!'}
      </span>
      <span>
        <span className="visually-hidden">{status}: </span>
        {span ? (
          <button type="button" className="link" onClick={() => reveal(span)}>
            {name}
          </button>
        ) : (
          name
        )}
        {'message' in test && <span className="test-message">{test.message}</span>}
      </span>
    </li>
  );
}

/** Makes an assertion of the question as it is answered now. */
function Assert({ question }: { question: Draft }) {
  const { dispatch, bench } = usePage();
  const verdict = useFindings(findings => findings.explanation?.answer.verdict);
  if (verdict !== 'allowed' && verdict !== 'denied') return null;
  const word = verdict === 'allowed' ? 'is allowed' : 'is denied';
  return (
    <p className="empty-action">
      <button
        type="button"
        className="button button-edged"
        onClick={() => {
          const { documents } = bench.work();
          const held = documents.find(({ text }) => /^kind: PolicyTest$/m.test(text));
          const entry = assertion(question, verdict === 'allowed' ? 'allow' : 'deny');
          if (held) {
            const text = `${held.text.replace(/\n*$/, '\n')}${entry}`;
            dispatch({ type: 'edit', name: held.name, text });
            dispatch({ type: 'show', name: held.name });
          } else {
            const name = freeName('tests.yaml', new Set(documents.map(one => one.name)));
            const text = `apiVersion: portcullis.dev/v1\nkind: PolicyTest\nassertions:\n${entry}`;
            dispatch({ type: 'add', documents: [{ name, text }] });
          }
        }}
      >
        <Icon name="plus" />
        Assert that {question.from} to {question.to} {word}
      </button>
    </p>
  );
}

function assertion({ from, to, protocol, port }: Draft, expect: 'allow' | 'deny'): string {
  const ports = protocol === 'ICMP' || port === '' ? '' : `\n  ports: [${port}]`;
  return `- name: ${JSON.stringify(`${from} to ${to}${port === '' ? '' : ` on ${port}`}`)}
  from: ${JSON.stringify(from)}
  to: ${JSON.stringify(to)}
  protocol: ${protocol}${ports}
  expect: ${expect}
`;
}
