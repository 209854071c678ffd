/** What has to be known before any answer is read. */
import { lazy, Suspense } from 'react';
import { useFindings, useWork } from './page';

const Coach = lazy(() => import('../gallery/Coach'));

export function Banners({ linkTrouble }: { linkTrouble: string | null }) {
  const phase = useFindings(findings => findings.phase);
  const trouble = useFindings(findings => findings.trouble);
  const isStale = useFindings(findings => findings.isStale);
  const errors = useFindings(
    ({ diagnostics }) => diagnostics.filter(({ severity }) => severity === 'error').length,
  );
  const hasText = useWork(({ documents }) => documents.some(({ text }) => text.trim() !== ''));
  const lesson = useWork(work => work.lesson);
  return (
    <>
      {linkTrouble !== null && (
        <div className="banner banner-error" role="alert">
          The link was not opened: {linkTrouble}.
        </div>
      )}
      {trouble !== null && (
        <div className="banner banner-error" role="alert">
          {phase === 'broken' ? 'The engine cannot start: ' : ''}
          {sentence(trouble)}.
        </div>
      )}
      {isStale && hasText && (
        <div className="banner" role="status">
          <span>
            {errors === 1 ? 'There is an error' : `There are ${errors} errors`} in the text. Answers are of
            the text as it last was without.
          </span>
        </div>
      )}
      {lesson && (
        <Suspense fallback={null}>
          <Coach lesson={lesson} />
        </Suspense>
      )}
    </>
  );
}

function sentence(words: string): string {
  return words.charAt(0).toUpperCase() + words.slice(1).replace(/\.$/, '');
}
