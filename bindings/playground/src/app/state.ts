/** What the page is about: the texts, the question, the plugin, what is pinned. Everything that a link or an undo would restore. */
import type { DocumentEdit, TextDocument } from 'portcullis-web';

export const PROTOCOLS = ['TCP', 'UDP', 'SCTP', 'ICMP'] as const;
export type Protocol = (typeof PROTOCOLS)[number];

export const VIEWS = ['answer', 'matrix', 'graph', 'plugins', 'changes', 'tests'] as const;
export type View = (typeof VIEWS)[number];

/** A question as it stands in the form: what people typed, not yet what it means. */
export interface Draft {
  from: string;
  to: string;
  protocol: Protocol;
  port: string;
}

/** The specification's name among the profiles. */
export const SPECIFICATION = 'upstream';

export interface Work {
  documents: readonly TextDocument[];
  /** The name of the text that is shown. */
  active: string;
  question: Draft;
  profile: string;
  view: View;
  /** The texts to compare with. */
  pinned: readonly TextDocument[] | null;
  /** The lesson that this began as, and the step in it. */
  lesson: { id: string; step: number } | null;
}

export type Action =
  | { type: 'open'; work: Work }
  | { type: 'edit'; name: string; text: string }
  /** `on`: the texts in which the places of the edits count. */
  | { type: 'apply'; edits: readonly DocumentEdit[]; on: readonly TextDocument[] }
  | { type: 'add'; documents: readonly TextDocument[] }
  | { type: 'remove'; name: string }
  | { type: 'rename'; name: string; to: string }
  | { type: 'show'; name: string }
  | { type: 'ask'; question: Partial<Draft>; view?: View }
  | { type: 'profile'; profile: string }
  | { type: 'view'; view: View }
  | { type: 'pin' }
  | { type: 'unpin' }
  | { type: 'step'; step: number };

export const EMPTY: Work = {
  documents: [{ name: 'manifests.yaml', text: '' }],
  active: 'manifests.yaml',
  question: { from: '', to: '', protocol: 'TCP', port: '' },
  profile: SPECIFICATION,
  view: 'answer',
  pinned: null,
  lesson: null,
};

export function reduce(work: Work, action: Action): Work {
  switch (action.type) {
    case 'open':
      return action.work;
    case 'edit':
      return { ...work, documents: replaceText(work.documents, action.name, action.text) };
    case 'apply':
      return isFor(action, work.documents) ? action.edits.reduce(applyEdit, work) : work;
    case 'add':
      return add(work, action.documents);
    case 'remove':
      return remove(work, action.name);
    case 'rename':
      return rename(work, action.name, action.to);
    case 'show':
      return work.documents.some(document => document.name === action.name)
        ? { ...work, active: action.name }
        : work;
    case 'ask':
      return { ...work, question: { ...work.question, ...action.question }, view: action.view ?? work.view };
    case 'profile':
      return { ...work, profile: action.profile };
    case 'view':
      return { ...work, view: action.view };
    case 'pin':
      return { ...work, pinned: work.documents };
    case 'unpin':
      return { ...work, pinned: null };
    case 'step':
      return work.lesson ? { ...work, lesson: { ...work.lesson, step: action.step } } : work;
  }
}

function replaceText(
  documents: readonly TextDocument[],
  name: string,
  text: string,
): readonly TextDocument[] {
  return documents.map(document => (document.name === name ? { name, text } : document));
}

/** Whether what is to be changed is still as it was when the change was made up. */
function isFor({ edits, on }: Action & { type: 'apply' }, documents: readonly TextDocument[]): boolean {
  const text = (list: readonly TextDocument[], name: string) => list.find(one => one.name === name)?.text;
  return edits.every(({ document }) => text(documents, document) === text(on, document));
}

function applyEdit(work: Work, { document: name, changes }: DocumentEdit): Work {
  const document = work.documents.find(one => one.name === name);
  if (!document) return add(work, [{ name, text: changed('', changes) }]);
  return {
    ...work,
    documents: replaceText(work.documents, name, changed(document.text, changes)),
    active: name,
  };
}

/** The text after changes that all count in the text before. */
export function changed(text: string, changes: DocumentEdit['changes']): string {
  const ordered = [...changes].sort((a, b) => b.from - a.from || b.to - a.to);
  return ordered.reduce((so, { from, to, insert }) => so.slice(0, from) + insert + so.slice(to), text);
}

function add(work: Work, documents: readonly TextDocument[]): Work {
  const first = documents[0];
  if (!first) return work;
  // An untouched empty text is where one begins, not something to keep beside what was brought in.
  const kept = work.documents.filter(({ text }) => text.trim() !== '');
  const taken = new Set(kept.map(({ name }) => name));
  const added = documents.map(({ name, text }) => {
    const free = freeName(name, taken);
    taken.add(free);
    return { name: free, text };
  });
  return { ...work, documents: [...kept, ...added], active: added[0]?.name ?? work.active };
}

/** The name, or the name with the first number that makes it another. */
export function freeName(name: string, taken: ReadonlySet<string>): string {
  if (!taken.has(name)) return name;
  const [, stem = name, ending = ''] = /^(.*?)(\.[^.]*)?$/.exec(name) ?? [];
  for (let number = 2; ; number += 1) {
    const candidate = `${stem}-${number}${ending}`;
    if (!taken.has(candidate)) return candidate;
  }
}

function remove(work: Work, name: string): Work {
  const at = work.documents.findIndex(document => document.name === name);
  if (at < 0) return work;
  const documents = work.documents.filter(document => document.name !== name);
  const next = documents[Math.min(at, documents.length - 1)];
  if (!next) return { ...work, documents: EMPTY.documents, active: EMPTY.active };
  return { ...work, documents, active: work.active === name ? next.name : work.active };
}

function rename(work: Work, name: string, to: string): Work {
  const others = work.documents.filter(document => document.name !== name).map(document => document.name);
  if (to === '' || others.includes(to)) return work;
  return {
    ...work,
    documents: work.documents.map(document =>
      document.name === name ? { ...document, name: to } : document,
    ),
    active: work.active === name ? to : work.active,
  };
}
