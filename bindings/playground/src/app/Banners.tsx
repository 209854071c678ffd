/** What has to be known before any answer is read. */
import { lazy, Suspense } from 'react';
import { usePage } from './desk-context';

const Coach = lazy(() => import('../gallery/Coach'));

export function Banners({ linkTrouble }: { linkTrouble: string | null }) {
  const { findings, work } = usePage();
  const hasText = work.documents.some(({ text }) => text.trim() !== '');
  const errors = findings.diagnostics.filter(({ severity }) => severity === 'error').length;
  return (
    <>
      {linkTrouble !== null && (
        <div className="banner banner-error" role="alert">
          The link was not opened: {linkTrouble}.
        </div>
      )}
      {findings.trouble !== null && (
        <div className="banner banner-error" role="alert">
          {findings.phase === 'broken' ? 'The engine cannot start: ' : ''}
          {sentence(findings.trouble)}.
        </div>
      )}
      {findings.isStale && hasText && (
        <div className="banner" role="status">
          <span>
            {errors === 1 ? 'There is an error' : `There are ${errors} errors`} in the text. Answers are of
            the text as it last was without.
          </span>
        </div>
      )}
      {work.lesson && (
        <Suspense fallback={null}>
          <Coach lesson={work.lesson} />
        </Suspense>
      )}
    </>
  );
}

function sentence(words: string): string {
  return words.charAt(0).toUpperCase() + words.slice(1).replace(/\.$/, '');
}
