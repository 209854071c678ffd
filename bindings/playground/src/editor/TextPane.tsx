/** The texts: a tab each, the editor, and below it what is wrong. */

import type { Span } from 'portcullis-web';
import { lazy, Suspense, useState } from 'react';
import { usePage } from '../app/desk-context';
import type { Mark } from '../question/marks';
import { Files } from './Files';
import { Problems } from './Problems';

const Editor = lazy(() => import('./Editor'));

interface Properties {
  marks: readonly Mark[];
  /** Whether assertions hold. */
  asserted: readonly Mark[];
  place: { span: Span } | null;
}

export function TextPane({ marks, asserted, place }: Properties) {
  const { work, dispatch, findings } = usePage();
  const [isOpen, setOpen] = useState(true);
  const text = work.documents.find(({ name }) => name === work.active)?.text ?? '';
  return (
    <section className="texts" aria-label="Manifests">
      <Files />
      <div className="editor-frame" role="tabpanel" id="text-panel" aria-labelledby={`file-${work.active}`}>
        <Suspense fallback={<pre className="editor editor-still">{text.slice(0, 4000)}</pre>}>
          <Editor
            documents={work.documents}
            active={work.active}
            diagnostics={findings.diagnostics}
            lint={findings.lint}
            marks={marks}
            asserted={asserted}
            place={place}
            onEdit={(name, changed) => dispatch({ type: 'edit', name, text: changed })}
            onApply={edits => dispatch({ type: 'apply', edits, on: findings.lintOn })}
          />
        </Suspense>
      </div>
      <Problems isOpen={isOpen} onToggle={() => setOpen(!isOpen)} />
    </section>
  );
}
