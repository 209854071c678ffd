/** The question, always there, and one view of what follows from the texts. */
import { type KeyboardEvent, lazy, Suspense, useRef } from 'react';
import { Answered } from '../question/Answered';
import { Ask } from '../question/Ask';
import { useFindings, usePage, useWork } from './page';
import { VIEWS, type View } from './state';
import { tabFrom } from './tabs';

const SHOWN = {
  answer: Answered,
  matrix: lazy(() => import('../matrix/MatrixView')),
  graph: lazy(() => import('../graph/GraphView')),
  plugins: lazy(() => import('../views/PluginsView')),
  changes: lazy(() => import('../views/ChangesView')),
  tests: lazy(() => import('../views/TestsView')),
} as const;

/** What the engine has to be able to do for a view. */
const NEEDS = {
  matrix: 'matrix',
  graph: 'matrix',
  plugins: 'compare',
  changes: 'diff',
  tests: 'test',
} as const;

const NAMES: Record<View, string> = {
  answer: 'Answer',
  matrix: 'Matrix',
  graph: 'Graph',
  plugins: 'Plugins',
  changes: 'Changes',
  tests: 'Tests',
};

export function Results() {
  const { desk } = usePage();
  const wanted = useWork(work => work.view);
  const views = VIEWS.filter(view => view === 'answer' || desk.can(NEEDS[view]));
  const view = views.includes(wanted) ? wanted : 'answer';
  const Shown = SHOWN[view];
  return (
    <>
      <Ask />
      <div className="results-tabs">
        <Tabs views={views} current={view} />
        <div
          className="view"
          role="tabpanel"
          id="view"
          aria-labelledby={`view-${view}`}
          // biome-ignore lint/a11y/noNoninteractiveTabindex: who comes with Tab reads on from here.
          tabIndex={0}
        >
          <Suspense fallback={<p className="quiet">Loading …</p>}>
            <Shown />
          </Suspense>
        </div>
      </div>
    </>
  );
}

/** One of the views is shown: arrows go from one to the next, and show it. */
function Tabs({ views, current }: { views: readonly View[]; current: View }) {
  const { dispatch } = usePage();
  const list = useRef<HTMLDivElement>(null);
  const onKeyDown = (event: KeyboardEvent) => {
    const view = tabFrom(views, views.indexOf(current), event.key);
    if (!view) return;
    event.preventDefault();
    dispatch({ type: 'view', view });
    list.current?.querySelector<HTMLElement>(`#view-${view}`)?.focus();
  };
  return (
    <div className="views" role="tablist" aria-label="Views" ref={list} onKeyDown={onKeyDown}>
      {views.map(view => (
        <button
          type="button"
          key={view}
          id={`view-${view}`}
          role="tab"
          className="view-tab"
          aria-selected={view === current}
          aria-controls="view"
          tabIndex={view === current ? 0 : -1}
          onClick={() => dispatch({ type: 'view', view })}
        >
          {NAMES[view]}
          {view === 'tests' && <TestsBadge />}
          {view === 'changes' && <ChangesBadge />}
        </button>
      ))}
    </div>
  );
}

/** What a view would say, in a word beside its name. */
function TestsBadge() {
  const tests = useFindings(findings => findings.tests);
  if (tests.length === 0) return null;
  const failed = tests.filter(({ status }) => status !== 'passed').length;
  return failed === 0 ? (
    <span className="badge allowed">✓ {tests.length}</span>
  ) : (
    <span className="badge denied">✕ {failed}</span>
  );
}

function ChangesBadge() {
  const difference = useFindings(findings => findings.difference);
  const isPinned = useWork(work => work.pinned !== null);
  if (!isPinned || !difference) return null;
  return (
    <span className="badge quiet">
      +{difference.added.length} −{difference.removed.length}
    </span>
  );
}
