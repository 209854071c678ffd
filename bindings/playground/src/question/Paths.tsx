/** The pairs behind an answer, where there is more than one: the pods of a workload, the endpoints of a service. */
import type { Answer, Explained, Failed } from 'portcullis-web';

/** So many are listed. */
const MOST = 40;

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
      <div className="scrolled">
        <table>
          <thead>
            <tr>
              <th scope="col">Verdict</th>
              <th scope="col">From</th>
              <th scope="col">To</th>
              {hasPaths && <th scope="col">Port there</th>}
              {hasPaths && <th scope="col">Seen as</th>}
            </tr>
          </thead>
          <tbody>
            {pairs.slice(0, MOST).map((pair, at) => (
              <tr key={at}>
                <td className={pair.allowed ? 'allowed' : 'denied'}>
                  {pair.allowed ? '✓ allowed' : '✕ denied'}
                </td>
                <td className="mono">{pair.from}</td>
                <td className="mono">
                  {pair.path?.endpoint ?? pair.to}
                  {pair.path?.address && <span className="quiet"> {pair.path.address}</span>}
                </td>
                {hasPaths && <td className="mono">{pair.path?.port ?? ''}</td>}
                {hasPaths && <td className="mono">{pair.path?.source ?? ''}</td>}
              </tr>
            ))}
          </tbody>
        </table>
      </div>
      {pairs.length > MOST && <p className="quiet">and {pairs.length - MOST} more</p>}
      <p className="quiet">
        Explained below: {explained.from} to {explained.to}.
      </p>
    </section>
  );
}
