/** The texts: a tab each, the editor, and below it what is wrong. */

import type { Span } from 'portcullis-web';
import { lazy, Suspense, useMemo, useState } from 'react';
import { useFindings, usePage, useWork } from '../app/page';
import { marksOf, marksOfTests } from '../question/marks';
import { Files } from './Files';
import { Problems } from './Problems';

const Editor = lazy(() => import('./Editor'));

export function TextPane({ place }: { place: { span: Span } | null }) {
  const active = useWork(work => work.active);
  const [isOpen, setOpen] = useState(true);
  return (
    <section className="texts" aria-label="Manifests">
      <Files />
      <div className="editor-frame" role="tabpanel" id="text-panel" aria-labelledby={`file-${active}`}>
        <Suspense fallback={<Still />}>
          <Shown place={place} />
        </Suspense>
      </div>
      <Problems isOpen={isOpen} onToggle={() => setOpen(!isOpen)} />
    </section>
  );
}

/** What stands there until the editor does. */
function Still() {
  const text = useWork(({ documents, active }) => documents.find(({ name }) => name === active)?.text ?? '');
  return <pre className="editor editor-still">{text.slice(0, 4000)}</pre>;
}

/** The editor, with what the engine said of the texts. */
function Shown({ place }: { place: { span: Span } | null }) {
  const { dispatch, desk } = usePage();
  const documents = useWork(work => work.documents);
  const active = useWork(work => work.active);
  const diagnostics = useFindings(findings => findings.diagnostics);
  const lint = useFindings(findings => findings.lint);
  const explanation = useFindings(findings => findings.explanation);
  const tests = useFindings(findings => findings.tests);
  const marks = useMemo(() => marksOf(explanation), [explanation]);
  const asserted = useMemo(() => marksOfTests(tests), [tests]);
  return (
    <Editor
      documents={documents}
      active={active}
      diagnostics={diagnostics}
      lint={lint}
      marks={marks}
      asserted={asserted}
      place={place}
      onEdit={(name, text) => dispatch({ type: 'edit', name, text })}
      onApply={edits => dispatch({ type: 'apply', edits, on: desk.findings().lintOn })}
    />
  );
}
