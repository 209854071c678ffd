/** What every part of the page can reach: the work, what the engine says of it, and how to change or show things. */
import type { Span } from 'portcullis-web';
import { createContext, type Dispatch, use } from 'react';
import type { Desk } from '../engine/desk';
import type { Findings } from '../engine/findings';
import type { Action, Work } from './state';

export interface Page {
  work: Work;
  dispatch: Dispatch<Action>;
  findings: Findings;
  desk: Desk;
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
