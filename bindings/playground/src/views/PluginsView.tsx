/** What each plugin would make of the question and of the policies, side by side. */
import type { Answer, Behaviour, ReviewRow } from 'portcullis-web';
import { useFindings, usePage, useWork } from '../app/page';
import { SPECIFICATION } from '../app/state';
import { Place } from '../question/SidePanel';
import { GLYPHS, type Tone, topic } from '../question/words';
import { Scrolled } from '../style/Scrolled';
import { Ticked } from '../style/Ticked';

export default function PluginsView() {
  const { dispatch } = usePage();
  const comparison = useFindings(findings => findings.comparison);
  const trouble = useFindings(findings => findings.trouble);
  const current = useWork(work => work.profile);
  if (!comparison) return <p className="quiet">{trouble ?? 'Asking each plugin …'}</p>;
  const { profiles, answers, review } = comparison;
  return (
    <div className="plugins">
      <section>
        <h3>This question, by plugin</h3>
        {answers.length === 0 ? (
          <p className="quiet">Choose both ends above first.</p>
        ) : (
          <Scrolled label="Verdicts by plugin">
            <table className="compare">
              <thead>
                <tr>
                  <th scope="col">Enforced by</th>
                  <th scope="col">Verdict</th>
                  <th scope="col">Why it differs from the specification</th>
                </tr>
              </thead>
              <tbody>
                {profiles.map((profile, at) => (
                  <tr key={profile} className={profile === current ? 'compare-current' : ''}>
                    <th scope="row">
                      <button
                        type="button"
                        className="link"
                        onClick={() => dispatch({ type: 'profile', profile })}
                      >
                        {profile === SPECIFICATION ? 'The specification' : profile}
                      </button>
                    </th>
                    <td>
                      <Verdict answer={answers[at]} />
                    </td>
                    <td>
                      <Differences answer={answers[at]} />
                    </td>
                  </tr>
                ))}
              </tbody>
            </table>
          </Scrolled>
        )}
      </section>
      <Review profiles={profiles.filter(profile => profile !== SPECIFICATION)} rows={review} />
    </div>
  );
}

function Verdict({ answer }: { answer: Answer | undefined }) {
  if (!answer) return null;
  const tone: Tone | '' = answer.verdict === 'error' ? '' : answer.verdict;
  return (
    <span className={tone}>
      <span aria-hidden="true">{GLYPHS[answer.verdict]}</span> {answer.verdict}
    </span>
  );
}

function Differences({ answer }: { answer: Answer | undefined }) {
  if (!answer) return null;
  if (answer.verdict === 'error') return <>{answer.message}</>;
  const { plugin } = answer;
  if (!plugin) return null;
  return (
    <ul>
      {plugin.differs.map(behaviour => (
        <Known key={behaviour.id} behaviour={behaviour} />
      ))}
      {plugin.unknown.map(behaviour => (
        <Known key={behaviour.id} behaviour={behaviour} />
      ))}
    </ul>
  );
}

function Known({ behaviour: { id, actual, ideal, source, confidence, unknown } }: { behaviour: Behaviour }) {
  return (
    <li
      className={unknown ? 'unknown' : ''}
      title={`${id}\nThe specification: ${ideal}\nKnown from: ${source} (${confidence})`}
    >
      <strong>{topic(id)}</strong>: {unknown ? 'not known: ' : ''}
      <Ticked text={actual} />
    </li>
  );
}

const STATUS = {
  enforced: ['✓', 'allowed'],
  partly: ['◐', 'some'],
  ignored: ['✕', 'denied'],
  unknown: ['?', 'unknown'],
} as const;

function Review({ profiles, rows }: { profiles: readonly string[]; rows: readonly ReviewRow[] }) {
  const policies = [...new Map(rows.map(row => [`${row.kind} ${row.policy}`, row])).entries()];
  if (policies.length === 0) return null;
  const find = (key: string, profile: string) =>
    rows.find(
      row =>
        `${row.kind} ${row.policy}` === key &&
        (row.profile === profile || row.profile.startsWith(`${profile}@`)),
    );
  return (
    <section>
      <h3>These policies, by plugin</h3>
      <Scrolled label="Policies by plugin">
        <table className="compare review">
          <thead>
            <tr>
              <th scope="col">Policy</th>
              {profiles.map(profile => (
                <th key={profile} scope="col">
                  <span>{profile}</span>
                </th>
              ))}
            </tr>
          </thead>
          <tbody>
            {policies.map(([key, policy]) => (
              <tr key={key}>
                <th scope="row">
                  <Place span={policy.span}>{policy.policy}</Place>
                </th>
                {profiles.map(profile => (
                  <Cell key={profile} row={find(key, profile)} />
                ))}
              </tr>
            ))}
          </tbody>
        </table>
      </Scrolled>
      <ul className="review-legend" aria-label="How to read it">
        {Object.entries(STATUS).map(([status, [glyph, tone]]) => (
          <li key={status} className={tone}>
            <span aria-hidden="true">{glyph}</span> {status}
          </li>
        ))}
      </ul>
      <Notes rows={rows} />
    </section>
  );
}

function Cell({ row }: { row: ReviewRow | undefined }) {
  if (!row) return <td />;
  const [glyph, tone] = STATUS[row.status];
  return (
    <td className={tone} title={row.status}>
      <span aria-hidden="true">{glyph}</span>
      <span className="visually-hidden">{row.status}</span>
    </td>
  );
}

/** What the plugins do otherwise, once each. */
function Notes({ rows }: { rows: readonly ReviewRow[] }) {
  const notes = new Map<string, { actual: string; profiles: Set<string> }>();
  for (const { profile, differences } of rows) {
    for (const { id, actual } of differences) {
      const note = notes.get(id) ?? { actual, profiles: new Set() };
      note.profiles.add(profile);
      notes.set(id, note);
    }
  }
  if (notes.size === 0) return null;
  return (
    <ul className="review-notes">
      {[...notes].map(([id, { actual, profiles }]) => (
        <li key={id}>
          <strong>{[...profiles].join(', ')}</strong>, {topic(id)}: <Ticked text={actual} />
        </li>
      ))}
    </ul>
  );
}
