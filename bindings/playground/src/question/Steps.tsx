/** The way of the packet, step by step, as the network model has it. */
import type { Step } from 'portcullis-web';
import { Ticked } from '../style/Ticked';

export function Steps({ steps }: { steps: readonly Step[] }) {
  return (
    <section className="steps" aria-label="The way of the packet">
      <h3>The way of the packet</h3>
      <ol>
        {steps.map((step, at) => (
          <li key={at} className={tone(step)}>
            <Ticked text={step.words} />
          </li>
        ))}
      </ol>
    </section>
  );
}

function tone(step: Step): string {
  if (step.step === 'no-path') return 'step step-denied';
  if (step.step !== 'egress' && step.step !== 'ingress') return 'step';
  return step.side.allowed === false ? 'step step-denied' : 'step step-allowed';
}
