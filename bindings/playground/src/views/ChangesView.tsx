/** What has changed since a version was pinned: connections, not lines. */
import { useFindings, usePage, useWork, whole } from '../app/page';
import { Icon } from '../style/Icon';
import { Connections } from './Connections';

export default function ChangesView() {
  const { dispatch } = usePage();
  const work = useWork(whole);
  const difference = useFindings(findings => findings.difference);
  const isStale = useFindings(findings => findings.isStale);
  if (!work.pinned) {
    return (
      <div className="empty">
        <h3>Nothing to compare with yet</h3>
        <p>
          Pin the texts as they are, then edit them. Here stands which connections that opens and which it
          closes; not which lines are others.
        </p>
        <p className="empty-action">
          <button
            type="button"
            className="button button-main"
            disabled={isStale}
            onClick={() => dispatch({ type: 'pin' })}
          >
            <Icon name="pin" />
            Pin this version
          </button>
        </p>
      </div>
    );
  }
  const isSame = difference !== null && difference.added.length === 0 && difference.removed.length === 0;
  return (
    <div className="changes">
      <p className="changes-head">
        <span>Since the pinned version</span>
        <button
          type="button"
          className="button button-small button-edged"
          onClick={() => dispatch({ type: 'pin' })}
        >
          <Icon name="pin" />
          Pin this one instead
        </button>
        <button
          type="button"
          className="button button-small button-edged"
          onClick={() => {
            if (work.pinned)
              dispatch({ type: 'open', work: { ...work, documents: work.pinned, active: active(work) } });
          }}
        >
          Back to the pinned one
        </button>
        <button type="button" className="button button-small" onClick={() => dispatch({ type: 'unpin' })}>
          Unpin
        </button>
      </p>
      {difference === null && <p className="quiet">Comparing …</p>}
      {isSame && <p data-testid="no-change">No connection is opened or closed.</p>}
      {difference && <Connections title="Opened" connections={difference.added} tone="allowed" />}
      {difference && <Connections title="Closed" connections={difference.removed} tone="denied" />}
    </div>
  );
}

function active({
  pinned,
  active: name,
}: {
  pinned: readonly { name: string }[] | null;
  active: string;
}): string {
  return pinned?.find(document => document.name === name)?.name ?? pinned?.[0]?.name ?? name;
}
