/** The question, always there, and one view of what follows from the texts. */
import { lazy, Suspense } from 'react';
import { Tab, TabList, TabPanel, Tabs } from 'react-aria-components';
import { Answered } from '../question/Answered';
import { Ask } from '../question/Ask';
import { usePage } from './desk-context';
import { VIEWS, type View } from './state';

const MatrixView = lazy(() => import('../matrix/MatrixView'));
const GraphView = lazy(() => import('../graph/GraphView'));
const PluginsView = lazy(() => import('../views/PluginsView'));
const ChangesView = lazy(() => import('../views/ChangesView'));
const TestsView = lazy(() => import('../views/TestsView'));

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
  const { work, dispatch, desk } = usePage();
  const views = VIEWS.filter(view => view === 'answer' || desk.can(NEEDS[view]));
  const view = views.includes(work.view) ? work.view : 'answer';
  return (
    <>
      <Ask />
      <Tabs
        className="results-tabs"
        selectedKey={view}
        onSelectionChange={key =>
          dispatch({ type: 'view', view: VIEWS.find(view => view === key) ?? 'answer' })
        }
      >
        <TabList className="views" aria-label="Views">
          {views.map(view => (
            <Tab key={view} id={view} className="view-tab">
              {NAMES[view]}
              <Badge view={view} />
            </Tab>
          ))}
        </TabList>
        <TabPanel id="answer" className="view">
          <Answered />
        </TabPanel>
        {views
          .filter(view => view !== 'answer')
          .map(view => (
            <TabPanel key={view} id={view} className="view">
              <Suspense fallback={<p className="quiet">Loading …</p>}>
                {view === 'matrix' && <MatrixView />}
                {view === 'graph' && <GraphView />}
                {view === 'plugins' && <PluginsView />}
                {view === 'changes' && <ChangesView />}
                {view === 'tests' && <TestsView />}
              </Suspense>
            </TabPanel>
          ))}
      </Tabs>
    </>
  );
}

/** What a view would say, in a word beside its name. */
function Badge({ view }: { view: View }) {
  const { findings, work } = usePage();
  if (view === 'tests' && findings.tests.length > 0) {
    const failed = findings.tests.filter(({ status }) => status !== 'passed').length;
    return failed === 0 ? (
      <span className="badge allowed">✓ {findings.tests.length}</span>
    ) : (
      <span className="badge denied">✕ {failed}</span>
    );
  }
  if (view === 'changes' && work.pinned && findings.difference) {
    const { added, removed } = findings.difference;
    return (
      <span className="badge quiet">
        +{added.length} −{removed.length}
      </span>
    );
  }
  return null;
}
