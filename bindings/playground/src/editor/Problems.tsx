/** What is wrong with the texts, as a list: each leads to its place, and offers what mends it. */
import type { Diagnostic, DocumentEdit, Finding } from 'portcullis-web';
import { type ReactNode, useState } from 'react';
import { useFindings, usePage } from '../app/page';
import { Icon } from '../style/Icon';
import { Ticked } from '../style/Ticked';

/** So many are listed at once. */
const MOST = 200;

export function Problems({ isOpen, onToggle }: { isOpen: boolean; onToggle: () => void }) {
  const { dispatch, desk } = usePage();
  const diagnostics = useFindings(findings => findings.diagnostics);
  const lint = useFindings(findings => findings.lint);
  const assumed = useFindings(findings => findings.notes);
  const skippedKinds = useFindings(findings => findings.skipped);
  const isLintLeftOut = useFindings(findings => findings.leftOut.includes('lint'));
  const isWaiting = useFindings(findings => findings.answers === 0);
  const all: (Diagnostic | Finding)[] = [...diagnostics, ...lint];
  const of = (severity: string) => all.filter(one => one.severity === severity);
  const [grave, notes] = [[...of('error'), ...of('warning')], of('note')];
  const parts = [
    counted(of('error').length, 'error'),
    counted(of('warning').length, 'warning'),
    counted(notes.length, 'note'),
  ].filter(part => part !== '');
  const skipped = Object.entries(skippedKinds).map(([kind, number]) => `${number} ${kind}`);
  const hasMore = all.length > 0 || isLintLeftOut || assumed.length > 0 || skipped.length > 0;
  const apply = (edits: readonly DocumentEdit[]) =>
    dispatch({ type: 'apply', edits, on: desk.findings().lintOn });
  return (
    <section className="problems" aria-label="Problems">
      <button
        type="button"
        className="problems-head"
        aria-expanded={isOpen && hasMore}
        disabled={!hasMore}
        onClick={onToggle}
      >
        <Icon name={isOpen && hasMore ? 'down' : 'right'} />
        {isWaiting ? 'Waiting for the engine' : parts.length === 0 ? 'No problems' : parts.join(', ')}
      </button>
      {isOpen && hasMore && (
        <ul className="problems-list">
          <List problems={grave} onApply={apply} />
          {notes.length > 0 && (
            <Folded title={counted(notes.length, 'note')}>
              <List problems={notes} onApply={apply} />
            </Folded>
          )}
          {isLintLeftOut && (
            <li className="problem quiet">
              Named checks take too long on so much text: <code>portcullis lint</code> has them all.
            </li>
          )}
          <Assumed notes={assumed} skipped={skipped} />
        </ul>
      )}
    </section>
  );
}

/** What the answers rest on beside the texts: nothing is wrong with it, so it is folded away. */
function Assumed({ notes, skipped }: { notes: readonly string[]; skipped: readonly string[] }) {
  if (notes.length === 0 && skipped.length === 0) return null;
  return (
    <Folded title="Assumed">
      {notes.slice(0, MOST).map(note => (
        <li key={note}>
          <Ticked text={note} />
        </li>
      ))}
      {skipped.length > 0 && <li>Not read, since policies do not depend on it: {skipped.join(', ')}.</li>}
    </Folded>
  );
}

/** A part of the list that is folded away, and made once it is opened. */
function Folded({ title, children }: { title: string; children: ReactNode }) {
  const [isOpen, setOpen] = useState(false);
  return (
    <li className="problem quiet">
      <details open={isOpen} onToggle={event => setOpen(event.currentTarget.open)}>
        <summary>{title}</summary>
        <ul>{isOpen && children}</ul>
      </details>
    </li>
  );
}

interface ListProperties {
  problems: readonly (Diagnostic | Finding)[];
  onApply: (edits: readonly DocumentEdit[]) => void;
}

function List({ problems, onApply }: ListProperties) {
  return (
    <>
      {problems.slice(0, MOST).map((one, at) => (
        <Problem key={at} problem={one} onApply={onApply} />
      ))}
      {problems.length > MOST && <li className="problem quiet">and {problems.length - MOST} more</li>}
    </>
  );
}

interface ProblemProperties {
  problem: Diagnostic | Finding;
  onApply: (edits: readonly DocumentEdit[]) => void;
}

function Problem({ problem, onApply }: ProblemProperties) {
  const { reveal } = usePage();
  const { span, severity, message, help, code } = problem;
  const fixes = 'fixes' in problem ? problem.fixes : [];
  return (
    <li className={`problem problem-${severity}`}>
      <span className="problem-glyph" aria-hidden="true">
        {severity === 'error' ? '✕' : severity === 'warning' ? '!' : 'i'}
      </span>
      <span className="problem-words">
        <span className="visually-hidden">{severity}: </span>
        {span ? (
          <button type="button" className="link" onClick={() => reveal(span)}>
            {span.document}:{span.line}
          </button>
        ) : null}{' '}
        <Ticked text={message} />
        {help !== '' && (
          <span className="quiet">
            {' '}
            – <Ticked text={help} />
          </span>
        )}{' '}
        <code className="quiet">{code}</code>
        {fixes.map(({ title, edits }) => (
          <button
            type="button"
            key={title}
            className="button button-small button-edged"
            onClick={() => onApply(edits)}
          >
            <Icon name="wrench" />
            <span>
              <Ticked text={title} />
            </span>
          </button>
        ))}
      </span>
    </li>
  );
}

function counted(count: number, word: string): string {
  return count === 0 ? '' : count === 1 ? `1 ${word}` : `${count} ${word}s`;
}
