/** Links that carry the whole work after `#`, where no server sees it; and reading them, whoever made them. */
import { EMPTY, PROTOCOLS, SPECIFICATION, VIEWS, type Work } from '../app/state';

const PREFIX = '#v1.';
/** Limits for what a link may hold, since anybody can make one. */
const LARGEST = { link: 2_000_000, text: 8_000_000, documents: 200, name: 200, field: 400 };

/** A link that cannot be read, in words for people. */
export class LinkError extends Error {}

export function isLink(fragment: string): boolean {
  return /^#v\d+\./.test(fragment);
}

/** The fragment, with `#`, that stands for the work. */
export async function toFragment(work: Work): Promise<string> {
  const content = {
    d: work.documents.map(({ name, text }) => [name, text]),
    a: work.active,
    q: [work.question.from, work.question.to, work.question.protocol, work.question.port],
    p: work.profile,
    v: work.view,
    o: work.pinned?.map(({ name, text }) => [name, text]),
  };
  const stream = new Blob([JSON.stringify(content)])
    .stream()
    .pipeThrough(new CompressionStream('deflate-raw'));
  return PREFIX + base64url(new Uint8Array(await new Response(stream).arrayBuffer()));
}

/** The work that a fragment stands for. Throws a `LinkError`. */
export async function fromFragment(fragment: string): Promise<Work> {
  if (!fragment.startsWith(PREFIX)) throw new LinkError('this link was made by a newer playground');
  if (fragment.length > LARGEST.link) throw new LinkError('this link is too large');
  const content = parse(await inflate(bytes(fragment.slice(PREFIX.length))));
  if (typeof content !== 'object' || content === null) throw damaged();
  const { d, a, q, p, v, o } = content as Record<string, unknown>;
  const documents = readDocuments(d);
  const [from, to, protocol, port] = Array.isArray(q) ? q : [];
  return {
    documents,
    active: documents.find(({ name }) => name === a)?.name ?? documents[0]?.name ?? EMPTY.active,
    question: {
      from: readField(from),
      to: readField(to),
      protocol: PROTOCOLS.find(known => known === protocol) ?? 'TCP',
      port: readField(port),
    },
    profile: readField(p) || SPECIFICATION,
    view: VIEWS.find(known => known === v) ?? 'answer',
    pinned: o === undefined || o === null ? null : readDocuments(o),
    lesson: null,
  };
}

function readDocuments(value: unknown): Work['documents'] {
  if (!Array.isArray(value) || value.length === 0 || value.length > LARGEST.documents) throw damaged();
  const names = new Set<string>();
  return value.map((entry: unknown) => {
    const [name, text] = Array.isArray(entry) ? entry : [];
    if (typeof name !== 'string' || typeof text !== 'string') throw damaged();
    if (name === '' || name.length > LARGEST.name || names.has(name)) throw damaged();
    names.add(name);
    return { name, text };
  });
}

function readField(value: unknown): string {
  return typeof value === 'string' ? value.slice(0, LARGEST.field) : '';
}

function parse(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    throw damaged();
  }
}

/** Inflates as far as a work may be long, so that a small link cannot fill the memory. */
async function inflate(packed: Uint8Array<ArrayBuffer>): Promise<string> {
  const reader = new Blob([packed]).stream().pipeThrough(new DecompressionStream('deflate-raw')).getReader();
  const decoder = new TextDecoder('utf-8', { fatal: true });
  let text = '';
  try {
    for (;;) {
      const { done, value } = await reader.read();
      if (done) return text + decoder.decode();
      text += decoder.decode(value, { stream: true });
      if (text.length > LARGEST.text) break;
    }
  } catch {
    throw damaged();
  }
  await reader.cancel();
  throw new LinkError('what this link holds is too large');
}

const damaged = () => new LinkError('this link is damaged: perhaps a part of it was cut off');

function base64url(packed: Uint8Array): string {
  let binary = '';
  for (const byte of packed) binary += String.fromCharCode(byte);
  return btoa(binary).replaceAll('+', '-').replaceAll('/', '_').replace(/=+$/, '');
}

function bytes(text: string): Uint8Array<ArrayBuffer> {
  try {
    const binary = atob(text.replaceAll('-', '+').replaceAll('_', '/'));
    return Uint8Array.from(binary, character => character.charCodeAt(0));
  } catch {
    throw damaged();
  }
}
