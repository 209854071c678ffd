/** Starts the engine's worker; the page does not wait for it. */
import { connect } from 'portcullis-web/client';
import PortcullisWorker from 'portcullis-web/worker?worker';
import { Desk } from './desk';

export function startDesk(): Desk {
  return new Desk(connect({ worker: () => new PortcullisWorker() }));
}
