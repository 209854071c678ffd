/** The page as a whole: keeps the work, hands it to the desk, and lays out what came back. */
import type { Span } from 'portcullis-web';
import { useCallback, useEffect, useMemo, useReducer, useState, useSyncExternalStore } from 'react';
import { TextPane } from '../editor/TextPane';
import type { Desk } from '../engine/desk';
import { marksOf, marksOfTests } from '../question/marks';
import { Banners } from './Banners';
import { DropTarget } from './DropTarget';
import { type Page, PageContext } from './desk-context';
import { useKept } from './kept';
import { Results } from './Results';
import { reduce } from './state';
import { TopBar } from './TopBar';
import { WELCOME } from './welcome';

export function App({ desk }: { desk: Desk }) {
  const [work, dispatch] = useReducer(reduce, WELCOME);
  const findings = useSyncExternalStore(desk.subscribe, desk.findings);
  const [place, setPlace] = useState<{ span: Span } | null>(null);
  const [spoken, announce] = useState('');
  const trouble = useKept(work, dispatch);

  useEffect(() => desk.consider(work), [desk, work]);

  const reveal = useCallback((span: Span) => {
    dispatch({ type: 'show', name: span.document });
    setPlace({ span });
  }, []);
  const page = useMemo<Page>(
    () => ({ work, dispatch, findings, desk, reveal, announce }),
    [work, findings, desk, reveal],
  );
  const marks = useMemo(() => marksOf(findings.explanation), [findings.explanation]);
  const asserted = useMemo(() => marksOfTests(findings.tests), [findings.tests]);

  return (
    <PageContext value={page}>
      <DropTarget>
        <div className="page">
          <TopBar />
          <TextPane marks={marks} asserted={asserted} place={place} />
          <main
            className="results"
            id="results"
            data-answers={findings.answers}
            data-whole={findings.wholeOf === work}
          >
            <Banners linkTrouble={trouble} />
            <Results />
          </main>
        </div>
      </DropTarget>
      <div className="visually-hidden" aria-live="polite">
        {spoken}
      </div>
    </PageContext>
  );
}
