/** What one can begin with: the tour, a whole shop, and the lessons. */
import { usePage } from '../app/page';
import { EMPTY, type Work } from '../app/state';
import { WELCOME } from '../app/welcome';
import { Sheet } from '../style/Sheet';
import { Ticked } from '../style/Ticked';
import '../style/gallery.css';
import { HOOKS } from './hooks';
import { begin, example, LESSONS } from './lessons';
import { beginTour, TOUR } from './tour';

export default function GalleryDialog({ onClose }: { onClose: () => void }) {
  const { dispatch, desk } = usePage();
  const open = (work: Work) => {
    dispatch({ type: 'open', work });
    onClose();
  };
  return (
    <Sheet title="Lessons and examples" isWide onClose={onClose}>
      <ul className="gallery-large">
        <Entry
          title="Tour: model, plugin, policy"
          hook={`What a packet meets, in ${TOUR.length} steps.`}
          onOpen={() => open(beginTour())}
        />
        <Entry
          title="A small shop"
          hook="Six namespaces as a team would write them."
          onOpen={() => open(shop())}
        />
        <Entry title="Three pods" hook="The page as it begins." onOpen={() => open(WELCOME)} />
        <Entry title="Nothing" hook="An empty page for your own manifests." onOpen={() => open(EMPTY)} />
      </ul>
      <h3>What people get wrong</h3>
      <ol className="gallery">
        {LESSONS.map(lesson => (
          <Entry
            key={lesson.id}
            title={lesson.title}
            hook={HOOKS.find(([id]) => id === lesson.id)?.[1] ?? ''}
            onOpen={() => open(begin(lesson, desk.can('test')))}
          />
        ))}
      </ol>
    </Sheet>
  );
}

function Entry({ title, hook, onOpen }: { title: string; hook: string; onOpen: () => void }) {
  return (
    <li>
      <button type="button" className="gallery-entry" onClick={onOpen}>
        <strong>
          <Ticked text={title} />
        </strong>
        <span className="quiet">
          <Ticked text={hook} />
        </span>
      </button>
    </li>
  );
}

function shop(): Work {
  const documents = example('shop');
  return {
    ...EMPTY,
    documents,
    active: 'shop.yaml',
    question: { from: 'shop/report', to: 'data/db-0', protocol: 'TCP', port: '5433' },
  };
}
