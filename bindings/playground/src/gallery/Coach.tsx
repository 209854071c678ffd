/** What a lesson or the tour says, above the question; the rest of the page is the same as ever. */
import { usePage, useWork, whole } from '../app/page';
import { Icon } from '../style/Icon';
import { Ticked } from '../style/Ticked';
import '../style/gallery.css';
import { begin, LESSONS, type Lesson } from './lessons';
import { atStep, TOUR } from './tour';

export default function Coach({ lesson }: { lesson: { id: string; step: number } }) {
  const { bench, dispatch } = usePage();
  const close = () => dispatch({ type: 'open', work: { ...bench.work(), lesson: null } });
  const known = LESSONS.find(({ id }) => id === lesson.id);
  if (lesson.id === 'tour') return <Tour step={lesson.step} onClose={close} />;
  if (!known) return null;
  return <Taught lesson={known} onClose={close} />;
}

function Taught({ lesson, onClose }: { lesson: Lesson; onClose: () => void }) {
  const { dispatch, desk } = usePage();
  const isRight = useWork(({ documents }) => documents.some(({ text }) => text === lesson.after));
  const at = LESSONS.indexOf(lesson);
  const next = LESSONS[at + 1];
  const write = (text: string) => {
    dispatch({ type: 'edit', name: 'policy.yaml', text });
    dispatch({ type: 'show', name: 'policy.yaml' });
  };
  return (
    <section className="coach" aria-label="Lesson">
      <div className="coach-head">
        <span className="coach-part">
          Lesson {at + 1} of {LESSONS.length}
        </span>
        <h2>
          <Ticked text={lesson.title} />
        </h2>
        <Close onClose={onClose} />
      </div>
      <dl>
        <dt>Wanted</dt>
        <dd>
          <Ticked text={lesson.wanted} />
        </dd>
        <dt>Written</dt>
        <dd>
          <Ticked text={lesson.written} />
        </dd>
        {isRight && (
          <>
            <dt className="allowed">Put right</dt>
            <dd>
              <Ticked text={lesson.right} />
            </dd>
          </>
        )}
      </dl>
      <p className="coach-actions">
        {isRight ? (
          <button type="button" className="button button-edged" onClick={() => write(lesson.before)}>
            Show the mistake again
          </button>
        ) : (
          <button type="button" className="button button-main" onClick={() => write(lesson.after)}>
            <Icon name="check" />
            Put it right
          </button>
        )}
        {next && (
          <button
            type="button"
            className="button"
            onClick={() => dispatch({ type: 'open', work: begin(next, desk.can('test')) })}
          >
            Next: <Ticked text={next.title} />
          </button>
        )}
      </p>
    </section>
  );
}

function Tour({ step, onClose }: { step: number; onClose: () => void }) {
  const { dispatch } = usePage();
  const work = useWork(whole);
  const here = TOUR[step];
  if (!here) return null;
  const go = (to: number) => dispatch({ type: 'open', work: atStep(work, to) });
  return (
    <section className="coach" aria-label="Tour">
      <div className="coach-head">
        <span className="coach-part">
          {here.part}, {step + 1} of {TOUR.length}
        </span>
        <h2>{here.title}</h2>
        <Close onClose={onClose} />
      </div>
      <p aria-live="polite">
        {here.text
          .split('**')
          .map((part, at) =>
            at % 2 === 1 ? <strong key={at}>{part}</strong> : <Ticked key={at} text={part} />,
          )}
      </p>
      <p className="coach-actions">
        <button
          type="button"
          className="button button-edged"
          disabled={step === 0}
          onClick={() => go(step - 1)}
        >
          Back
        </button>
        {step + 1 < TOUR.length ? (
          <button type="button" className="button button-main" onClick={() => go(step + 1)}>
            Next
          </button>
        ) : (
          <button type="button" className="button button-main" onClick={onClose}>
            Done
          </button>
        )}
      </p>
    </section>
  );
}

function Close({ onClose }: { onClose: () => void }) {
  return (
    <button type="button" className="button button-small" aria-label="Leave the lesson" onClick={onClose}>
      <Icon name="close" />
    </button>
  );
}
