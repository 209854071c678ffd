/** The page as a whole: lays out what is asked and what came back. */
import type { Span } from 'portcullis-web';
import { useMemo, useState } from 'react';
import { TextPane } from '../editor/TextPane';
import { Banners } from './Banners';
import { DropTarget } from './DropTarget';
import { useKept } from './kept';
import { type Page, PageContext, useFindings, useWork } from './page';
import { Results } from './Results';
import { TopBar } from './TopBar';
import type { Workbench } from './workbench';

export function App({ bench }: { bench: Workbench }) {
  const [place, setPlace] = useState<{ span: Span } | null>(null);
  const [spoken, announce] = useState('');
  const trouble = useKept(bench);
  const page = useMemo<Page>(() => {
    const { desk, dispatch } = bench;
    const reveal = (span: Span) => {
      dispatch({ type: 'show', name: span.document });
      setPlace({ span });
    };
    return { bench, desk, dispatch, reveal, announce };
  }, [bench]);
  const texts = useMemo(() => <TextPane place={place} />, [place]);
  const results = useMemo(
    () => (
      <Main>
        <Banners linkTrouble={trouble} />
        <Results />
      </Main>
    ),
    [trouble],
  );
  return (
    <PageContext value={page}>
      <DropTarget>
        <div className="page">
          <TopBar />
          {texts}
          {results}
        </div>
      </DropTarget>
      <div className="visually-hidden" aria-live="polite">
        {spoken}
      </div>
    </PageContext>
  );
}

/** Says beside what it shows how many answers there were, and whether all is said of the work as it stands. */
function Main({ children }: { children: React.ReactNode }) {
  const answers = useFindings(findings => findings.answers);
  const wholeOf = useFindings(findings => findings.wholeOf);
  const isWhole = useWork(work => work === wholeOf);
  return (
    <main className="results" id="results" data-answers={answers} data-whole={isWhole}>
      {children}
    </main>
  );
}
