/** Changing who reaches whom from the picture: two ends and a port, and the least change of text that does it. */
import { useFindings, usePage } from '../app/page';
import type { Draft } from '../app/state';
import { FixIt } from '../question/FixIt';
import { headline, toneOf } from '../question/words';
import { endOf } from './GraphView';
import type { Graph } from './model';

interface Properties {
  graph: Graph;
  question: Draft;
  isOpen: boolean;
  onToggle: (isOpen: boolean) => void;
}

export function Change({ graph, question, isOpen, onToggle }: Properties) {
  const { dispatch } = usePage();
  const answer = useFindings(findings => findings.explanation?.answer);
  const ends = graph.nodes.map(node => endOf(node));
  const set = (part: Partial<Draft>) => dispatch({ type: 'ask', question: part });
  return (
    <details className="change" open={isOpen} onToggle={event => onToggle(event.currentTarget.open)}>
      <summary>Change who reaches whom</summary>
      <p className="quiet">
        Draw a line from one box to another, or choose here: what makes the connection is the least change of
        the text, and can be undone there.
      </p>
      <div className="change-ends">
        <End label="Source" ends={ends} value={question.from} onChange={from => set({ from })} />
        <End label="Destination" ends={ends} value={question.to} onChange={to => set({ to })} />
        <label>
          <span className="label">On port</span>
          <input
            className="field"
            value={question.port}
            onChange={event => set({ port: event.target.value })}
          />
        </label>
      </div>
      {answer && (
        <p
          className={answer.verdict === 'error' ? 'quiet' : toneOf(answer.allowed)}
          data-testid="change-verdict"
        >
          {headline(answer, question)}
        </p>
      )}
      {isOpen && answer && answer.verdict !== 'error' && <FixIt question={question} />}
    </details>
  );
}

interface EndProperties {
  label: string;
  ends: readonly string[];
  value: string;
  onChange: (value: string) => void;
}

function End({ label, ends, value, onChange }: EndProperties) {
  return (
    <label>
      <span className="label">{label}</span>
      <select className="field" value={value} onChange={event => onChange(event.target.value)}>
        {ends.includes(value) ? null : <option value={value}>{value}</option>}
        {ends.map(end => (
          <option key={end}>{end}</option>
        ))}
      </select>
    </label>
  );
}
