/** The pairs behind an answer, where there is more than one: the pods of a workload, the endpoints of a service. */
import type { Answer, Explained, Failed } from 'portcullis-web';
import { Listing } from '../style/Listing';
import { toneOf } from './words';

/** So many are listed. */
const MOST = 40;

const VERDICTS = { true: '✓ allowed', false: '✕ denied', null: '? not known' } as const;

interface Properties {
  answer: Exclude<Answer, Failed>;
  explained: Explained;
}

export function Paths({ answer, explained }: Properties) {
  const { pairs, service } = answer;
  if (pairs.length < 2) return null;
  const hasPaths = pairs.some(({ path }) => path !== null);
  return (
    <section className="paths">
      <h3>
        {service === null ? `${pairs.length} pairs of pods` : `${pairs.length} paths through svc/${service}`}
      </h3>
      <Listing
        heads={hasPaths ? ['Verdict', 'From', 'To', 'Port there', 'Seen as'] : ['Verdict', 'From', 'To']}
        items={pairs}
        most={MOST}
        row={({ allowed, from, to, path }) => (
          <>
            <td className={toneOf(allowed)}>{VERDICTS[`${allowed}`]}</td>
            <td className="mono">{from}</td>
            <td className="mono">
              {path?.endpoint ?? to}
              {path?.address && <span className="quiet"> {path.address}</span>}
            </td>
            {hasPaths && <td className="mono">{path?.port ?? ''}</td>}
            {hasPaths && <td className="mono">{path?.source ?? ''}</td>}
          </>
        )}
      />
      <p className="quiet">
        Explained below: {explained.from} to {explained.to}.
      </p>
    </section>
  );
}
