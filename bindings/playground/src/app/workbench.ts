/** Where the work lies: what is done to it reaches the engine first, and then whoever shows it. */
import type { Desk } from '../engine/desk';
import { Listeners } from './listeners';
import { type Action, reduce, type Work } from './state';

export class Workbench {
  readonly desk: Desk;
  #work: Work;
  #listeners = new Listeners();

  constructor(desk: Desk, work: Work) {
    this.desk = desk;
    this.#work = work;
    desk.consider(work);
  }

  readonly work = (): Work => this.#work;

  readonly subscribe = this.#listeners.subscribe;

  readonly dispatch = (action: Action): void => {
    const work = reduce(this.#work, action);
    if (work === this.#work) return;
    this.#work = work;
    this.desk.consider(work);
    this.#listeners.tell();
  };
}
