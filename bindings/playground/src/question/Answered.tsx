/** The answer: the verdict in a sentence, the two gates, each side with its rules, and the way of the packet. */
import type { Answer, Explained, Failed } from 'portcullis-web';
import { useEffect } from 'react';
import { useFindings, usePage, useWork } from '../app/page';
import type { Draft } from '../app/state';
import { Ticked } from '../style/Ticked';
import { FixIt } from './FixIt';
import { Passage } from './Passage';
import { Paths } from './Paths';
import { SidePanel } from './SidePanel';
import { Steps } from './Steps';
import { GLYPHS, headline, topic } from './words';

export function Answered() {
  const { announce } = usePage();
  const explanation = useFindings(findings => findings.explanation);
  const isWaiting = useFindings(({ answers, trouble }) => answers === 0 && trouble === null);
  const question = useWork(work => work.question);
  const said = explanation ? headline(explanation.answer, question) : '';

  useEffect(() => announce(said), [announce, said]);

  if (isWaiting) return <p className="quiet">The engine is on its way …</p>;
  if (!explanation) return <Unasked />;
  if (!('steps' in explanation)) return <Unanswered failed={explanation.answer} />;
  return <Whole explanation={explanation} question={question} />;
}

type Whole = Explained & { answer: Exclude<Answer, Failed> };

function Whole({ explanation, question }: { explanation: Whole; question: Draft }) {
  const { desk } = usePage();
  const { answer, notes } = explanation;
  return (
    <div className="answer">
      <h2 className={`verdict ${answer.verdict}`} data-testid="verdict">
        <span className="verdict-glyph" aria-hidden="true">
          {GLYPHS[answer.verdict]}
        </span>
        <span>{headline(answer, question)}</span>
      </h2>
      {answer.plugin && <Plugin plugin={answer.plugin} />}
      {answer.refused.map(({ code, rule, message }) => (
        <p key={code} className="denied">
          <Ticked text={message} /> <code className="quiet">{rule}</code>
        </p>
      ))}
      <Passage explanation={explanation} />
      {desk.can('fix') && <FixIt question={question} />}
      <Paths answer={answer} explained={explanation} />
      <div className="sides">
        <SidePanel direction="egress" trace={explanation.egress} name={explanation.from} />
        <SidePanel direction="ingress" trace={explanation.ingress} name={explanation.to} />
      </div>
      <Steps steps={explanation.steps} />
      {notes.length > 0 && (
        <section className="notes" aria-label="Assumed">
          <h3>What this rests on</h3>
          <ul>
            {notes.map(note => (
              <li key={note}>
                <Ticked text={note} />
              </li>
            ))}
          </ul>
        </section>
      )}
    </div>
  );
}

function Plugin({ plugin }: { plugin: NonNullable<Exclude<Answer, Failed>['plugin']> }) {
  const { differs, unknown, profile, ideal } = plugin;
  return (
    <section className="plugin-says" aria-label="The plugin">
      <p>
        As <strong>{profile}</strong> enforces it.{' '}
        {differs.length === 0
          ? `The specification says the same: ${ideal}.`
          : `The specification says: ${ideal}. It differs because:`}
      </p>
      <ul>
        {differs.map(({ id, ideal: wanted, actual }) => (
          <li key={id}>
            <strong>{actual}</strong> <span className="quiet">({wanted})</span>{' '}
            <code className="quiet">{id}</code>
          </li>
        ))}
        {unknown.map(({ id, actual }) => (
          <li key={id} className="unknown">
            Nobody knows about {topic(id)}: <Ticked text={actual} />
          </li>
        ))}
      </ul>
    </section>
  );
}

function Unasked() {
  return (
    <div className="empty">
      <h3>Who wants to reach whom?</h3>
      <p>
        Choose the two ends above: workloads and services of the texts, or any address. The answer comes with
        the lines that decide it, on the side that is left and on the side that is entered.
      </p>
    </div>
  );
}

function Unanswered({ failed }: { failed: Failed }) {
  return (
    <div className="empty">
      <h3>No answer yet</h3>
      <p>
        <Ticked text={failed.message} /> <code>{failed.code}</code>
      </p>
    </div>
  );
}
