/** The gallery: the repository's own examples as lessons, each with what has to be true of it. */
import type { TextDocument } from 'portcullis-web';
import { EMPTY, SPECIFICATION, type Work } from '../app/state';
import { HOOKS } from './hooks';

const mistakes = import.meta.glob<string>('../../../../examples/mistakes/*/*.{yaml,jsonl,md}', {
  query: '?raw',
  import: 'default',
  eager: true,
});
const examples = import.meta.glob<string>('../../../../examples/{shop,services}/*.yaml', {
  query: '?raw',
  import: 'default',
  eager: true,
});

export interface Lesson {
  id: string;
  title: string;
  /** What was wanted, what was written, and how it is put right; paragraphs with `code`. */
  wanted: string;
  written: string;
  right: string;
  cluster: string;
  before: string;
  after: string;
  flows: readonly Flow[];
}

export interface Flow {
  from: string;
  to: string;
  protocol: string;
  port: string;
  /** The answers before and after: allow, deny. */
  before: boolean;
  after: boolean;
}

export const LESSONS: readonly Lesson[] = [
  ...new Set(Object.keys(mistakes).map(path => path.split('/').at(-2) ?? '')),
]
  .filter(id => text(id, 'before.yaml') !== '')
  .map(lesson)
  .sort((a, b) => order(a.id) - order(b.id));

function order(id: string): number {
  const at = HOOKS.findIndex(([known]) => known === id);
  return at < 0 ? HOOKS.length : at;
}

function text(id: string, file: string): string {
  return mistakes[`../../../../examples/mistakes/${id}/${file}`] ?? '';
}

function lesson(id: string): Lesson {
  const readme = text(id, 'README.md');
  const paragraphs = readme.split(/\n\n/).map(paragraph => paragraph.replaceAll('\n', ' ').trim());
  const after = (start: RegExp) =>
    paragraphs.find(paragraph => start.test(paragraph))?.replace(start, '') ?? '';
  return {
    id,
    title: paragraphs[0]?.replace(/^# /, '') ?? id,
    wanted: sentence(after(/^Wanted: /)),
    written: sentence(after(/^Written \(`before\.yaml`\): /)),
    right: sentence(after(/^Put right \(`after\.yaml`\): /)),
    cluster: text(id, 'cluster.yaml'),
    before: text(id, 'before.yaml'),
    after: text(id, 'after.yaml'),
    flows: flows(id),
  };
}

function sentence(words: string): string {
  return words.charAt(0).toUpperCase() + words.slice(1);
}

function lines(file: string): Record<string, unknown>[] {
  return file
    .split('\n')
    .filter(line => line.trim() !== '')
    .map(line => JSON.parse(line) as Record<string, unknown>);
}

function flows(id: string): Flow[] {
  const [asked, before, after] = ['flows.jsonl', 'before.jsonl', 'after.jsonl'].map(file =>
    lines(text(id, file)),
  );
  return (asked ?? []).map((flow, at) => ({
    from: end(flow['from']),
    to: end(flow['to']),
    protocol: String(flow['protocol'] ?? 'TCP'),
    port: String(flow['port'] ?? ''),
    before: before?.[at]?.['allowed'] === true,
    after: after?.[at]?.['allowed'] === true,
  }));
}

function end(value: unknown): string {
  const [kind, name] = Object.entries((value ?? {}) as Record<string, string>)[0] ?? ['', ''];
  return kind === 'service' ? `svc/${name}` : name;
}

/** The assertions that hold once the lesson is put right, as a text that `portcullis test` reads. */
export function assertions(list: readonly Flow[]): string {
  const entries = list.map(({ from, to, protocol, port, after }) => {
    const numbers = port === '' ? '' : `\n  ports: [${port}]`;
    return `- name: ${after ? 'allowed' : 'closed'}, ${from} to ${to}${port === '' ? '' : ` on ${port}`}
  from: ${from}
  to: ${to}
  protocol: ${protocol}${numbers}
  expect: ${after ? 'allow' : 'deny'}
`;
  });
  return `# What has to be true in the end; checked on every edit.
apiVersion: portcullis.dev/v1
kind: PolicyTest
assertions:
${entries.join('')}`;
}

/** The lesson as it begins: with the mistake in it. */
export function begin(lesson: Lesson, hasTests: boolean): Work {
  // The flow that shows the mistake best: the first whose answer will be another.
  const asked = lesson.flows.find(({ before, after }) => before !== after) ?? lesson.flows[0];
  return {
    ...EMPTY,
    documents: [
      { name: 'policy.yaml', text: lesson.before },
      { name: 'cluster.yaml', text: lesson.cluster },
      ...(hasTests ? [{ name: 'expected.yaml', text: assertions(lesson.flows) }] : []),
    ],
    active: 'policy.yaml',
    question: {
      from: asked?.from ?? '',
      to: asked?.to ?? '',
      protocol: asked?.protocol === 'UDP' ? 'UDP' : 'TCP',
      port: asked?.port ?? '',
    },
    profile: SPECIFICATION,
    lesson: { id: lesson.id, step: 0 },
  };
}

/** A folder of `examples/`, as texts. */
export function example(folder: 'shop' | 'services'): TextDocument[] {
  const prefix = `../../../../examples/${folder}/`;
  return Object.entries(examples)
    .filter(([path]) => path.startsWith(prefix))
    .map(([path, content]) => ({ name: path.slice(prefix.length), text: content }));
}
