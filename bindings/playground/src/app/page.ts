/** What every part of the page can reach: how to change or show things, and of work and findings what it picks. */
import type { Span } from 'portcullis-web';
import { createContext, use, useSyncExternalStore } from 'react';
import type { Desk } from '../engine/desk';
import type { Findings } from '../engine/findings';
import type { Action, Work } from './state';
import type { Workbench } from './workbench';

/** The same as long as the page is open. */
export interface Page {
  bench: Workbench;
  desk: Desk;
  dispatch: (action: Action) => void;
  /** Shows a place in the texts and puts the cursor there. */
  reveal: (span: Span) => void;
  /** Says something to who listens to the page. */
  announce: (text: string) => void;
}

export const PageContext = createContext<Page | null>(null);

export function usePage(): Page {
  const page = use(PageContext);
  if (!page) throw new Error('outside of the page');
  return page;
}

/** A part of the work: who picks it is drawn anew when that part is another. Of the same work, the same has to be picked. */
export function useWork<T>(pick: (work: Work) => T): T {
  const { bench } = usePage();
  return useSyncExternalStore(bench.subscribe, () => pick(bench.work()));
}

/** A part of what the engine said, picked in the same way. */
export function useFindings<T>(pick: (findings: Findings) => T): T {
  const { desk } = usePage();
  return useSyncExternalStore(desk.subscribe, () => pick(desk.findings()));
}

/** All of it, for what has to be drawn anew whatever changes. */
export const whole = <T>(all: T): T => all;
