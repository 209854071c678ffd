/** The picture of an answer: two ends, and between them a gate on each side, up or down. */
import type { Explained, Side } from 'portcullis-web';
import { toneOf } from './words';

export function Passage({ explanation }: { explanation: Explained }) {
  const { from, to, egress, ingress, steps } = explanation;
  const service = steps.find(step => step.step === 'service');
  return (
    <div className="passage" aria-hidden="true">
      <EndBox name={from} />
      {service && (
        <>
          <span className="way" />
          <EndBox name={`svc/${service.service}`} />
        </>
      )}
      <span className="way" />
      <GateSign side={egress.side} label="egress" />
      <span className={egress.side.allowed === false ? 'way way-cut' : 'way'} />
      <GateSign side={ingress.side} label="ingress" />
      <span className={isCut(egress.side, ingress.side) ? 'way way-cut' : 'way'} />
      <EndBox name={to} />
    </div>
  );
}

/** `namespace/kind/name`, with what tells ends apart in large. */
function EndBox({ name }: { name: string }) {
  const isService = name.startsWith('svc/');
  const parts = isService ? name.split('/').slice(1) : name.split('/');
  const last = parts.at(-1);
  const before = parts.slice(0, -1).join(' · ');
  return (
    <span className={isService ? 'end end-service' : 'end'}>
      {before !== '' && <span className="end-where">{isService ? `${before} · service` : before}</span>}
      <span className="end-name">{last}</span>
    </span>
  );
}

const isCut = (...sides: Side[]) => sides.some(({ allowed }) => allowed === false);

/** Raised, or let down. */
function GateSign({ side, label }: { side: Side; label: string }) {
  const isDown = side.allowed === false;
  const bars = isDown ? 'M8 6v25M16 6v25M24 6v25M5 12h22M5 19h22M5 26h22' : 'M8 4v7M16 4v7M24 4v7M5 8h22';
  return (
    <span className={`gate ${toneOf(side.allowed)}`}>
      <svg viewBox="0 0 32 36" width="32" height="36" aria-hidden="true">
        <path className="gate-frame" d="M3 34V5a2 2 0 0 1 2-2h22a2 2 0 0 1 2 2v29" />
        <path className="gate-bars" d={bars} />
      </svg>
      <span className="gate-label">{label}</span>
    </span>
  );
}
