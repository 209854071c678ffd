/** Who reaches whom: filters, the table, and how to read it. */
import { useId, useMemo, useState } from 'react';
import { useFindings } from '../app/page';
import '../style/matrix.css';
import { MatrixTable } from './MatrixTable';
import { type Filter, show } from './model';

export default function MatrixView() {
  const matrix = useFindings(findings => findings.matrix);
  const trouble = useFindings(findings => findings.trouble);
  const [filter, setFilter] = useState<Filter>({ from: '', to: '', port: null, isGrouped: true });
  const shown = useMemo(() => matrix && show(matrix, filter), [matrix, filter]);
  if (!matrix || !shown) return <p className="quiet">{trouble ?? 'Counting who reaches whom …'}</p>;
  const workloads = matrix.ends.filter(({ kind }) => kind === 'workload').length;
  if (workloads === 0) return <Nobody />;
  return (
    <div className="matrix-view">
      <Filters filter={filter} onChange={setFilter} />
      <p className="quiet matrix-sum" data-testid="matrix-sum">
        {workloads} workloads and {matrix.ends.length - workloads} ranges outside, as {shown.rows.length} rows
        × {shown.columns.length} columns{filter.isGrouped ? '; who is alike is one' : ''}. A cell asks the
        question.
      </p>
      <MatrixTable shown={shown} port={filter.port} />
      <Legend />
    </div>
  );
}

const SIDES = [
  ['from', 'Rows, from'],
  ['to', 'Columns, to'],
] as const;

function Filters({ filter, onChange }: { filter: Filter; onChange: (filter: Filter) => void }) {
  const id = useId();
  return (
    <div className="matrix-filters">
      {SIDES.map(([side, label]) => (
        <label key={side}>
          <span className="label">{label}</span>
          <input
            className="field"
            value={filter[side]}
            placeholder="any"
            onChange={event => onChange({ ...filter, [side]: event.target.value })}
          />
        </label>
      ))}
      <label>
        <span className="label">Port</span>
        <input
          className="field"
          inputMode="numeric"
          value={filter.port ?? ''}
          placeholder="any"
          onChange={event => {
            const port = Number.parseInt(event.target.value, 10);
            onChange({ ...filter, port: Number.isNaN(port) ? null : Math.min(port, 65535) });
          }}
        />
      </label>
      <span className="matrix-grouped">
        <input
          type="checkbox"
          id={id}
          checked={filter.isGrouped}
          onChange={event => onChange({ ...filter, isGrouped: event.target.checked })}
        />
        <label htmlFor={id}>Group who is alike</label>
      </span>
    </div>
  );
}

function Legend() {
  return (
    <ul className="matrix-legend" aria-label="How to read it">
      <li>
        <span className="swatch cell-all">✓</span> every port
      </li>
      <li>
        <span className="swatch cell-some">80</span> these ports
      </li>
      <li>
        <span className="swatch cell-none">✕</span> nothing
      </li>
      <li>
        <span className="swatch cell-void">·</span> says nothing: itself, or outside to outside
      </li>
    </ul>
  );
}

function Nobody() {
  return (
    <div className="empty">
      <h3>Nobody is there yet</h3>
      <p>
        The texts have no pods and no workloads. Paste what{' '}
        <code>kubectl get ns,pod,deploy,sts,svc,netpol -A -o yaml</code> prints.
      </p>
    </div>
  );
}
