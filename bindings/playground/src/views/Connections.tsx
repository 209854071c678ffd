/** Connections in words: groups, and the ports between them. */
import type { Connection, Group, Ports } from 'portcullis-web';
import { byProtocol } from '../matrix/model';
import { Listing } from '../style/Listing';

const MOST = 100;

interface Properties {
  title: string;
  connections: readonly Connection[];
  tone: 'allowed' | 'denied';
}

export function Connections({ title, connections, tone }: Properties) {
  if (connections.length === 0) return null;
  return (
    <section className="connections">
      <h3 className={tone}>{title}</h3>
      <Listing
        heads={['From', 'To', 'Ports']}
        items={connections}
        most={MOST}
        row={({ from, to, ports }) => (
          <>
            <td>
              <Members group={from} />
            </td>
            <td>
              <Members group={to} />
            </td>
            <td className="mono">{portsText(ports)}</td>
          </>
        )}
      />
    </section>
  );
}

function Members({ group }: { group: Group }) {
  const names = 'workloads' in group ? group.workloads : group.cidrs;
  const shown = names.slice(0, 4);
  return (
    <span className="mono">
      {shown.join(', ')}
      {names.length > shown.length && (
        <span className="quiet" title={names.join('\n')}>
          {' '}
          and {names.length - shown.length} more
        </span>
      )}
    </span>
  );
}

const WHOLE = [[1, 65535]];

/** Ports by protocol, as short as they can be said. */
export function portsText(ports: Ports): string {
  const all = byProtocol(ports);
  const isWhole = (ranges: [number, number][]) => JSON.stringify(ranges) === JSON.stringify(WHOLE);
  if (all.length === 3 && all.every(({ ranges }) => isWhole(ranges))) return 'all';
  return all
    .map(({ protocol, ranges }) => {
      if (isWhole(ranges)) return `all ${protocol}`;
      const text = ranges
        .map(([first, last]) => (first === last ? `${first}` : `${first}–${last}`))
        .join(', ');
      return protocol === 'TCP' ? text : `${protocol} ${text}`;
    })
    .join('; ');
}
