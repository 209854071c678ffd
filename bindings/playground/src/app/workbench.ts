/** Where the work lies: what is done to it reaches the engine first, and then whoever shows it. */
import type { Desk } from '../engine/desk';
import { type Action, reduce, type Work } from './state';

export class Workbench {
  readonly desk: Desk;
  #work: Work;
  #listeners = new Set<() => void>();

  constructor(desk: Desk, work: Work) {
    this.desk = desk;
    this.#work = work;
    desk.consider(work);
  }

  readonly work = (): Work => this.#work;

  readonly subscribe = (listener: () => void): (() => void) => {
    this.#listeners.add(listener);
    return () => this.#listeners.delete(listener);
  };

  readonly dispatch = (action: Action): void => {
    const work = reduce(this.#work, action);
    if (work === this.#work) return;
    this.#work = work;
    this.desk.consider(work);
    for (const listener of this.#listeners) listener();
  };
}
