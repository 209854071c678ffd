import type { Explanation, LoadResult, TextDocument } from 'portcullis-web';
import type { Client } from 'portcullis-web/client';
import { expect, test, vi } from 'vitest';
import { EMPTY, type Work } from '../../src/app/state';

class Stopped extends Error {
  readonly kind = 'stopped';
}
vi.mock('portcullis-web/client', () => ({ ClientError: Stopped }));
const { Desk } = await import('../../src/engine/desk');

const LOADED: LoadResult = {
  status: 'loaded',
  generation: 1,
  diagnostics: [],
  notes: [],
  skipped: {},
  parsed: 1,
};

/** A client that remembers what it was asked, and answers with what the test gives it. */
function recorder(answer: (method: string) => unknown = () => [], whole = Promise.resolve()) {
  const calls: string[] = [];
  let documents: TextDocument[] = [];
  const handler: ProxyHandler<object> = {
    has: (_, name) => name !== 'matrix',
    get: (_, name) => {
      if (name === 'ready') return Promise.resolve();
      if (name === 'whole') return whole;
      if (name === 'documents') return documents;
      return async (...parameters: unknown[]) => {
        calls.push(String(name));
        const given = answer(String(name));
        if (given instanceof Error) throw given;
        if (name === 'load') documents = parameters[0] as TextDocument[];
        if (name === 'setText')
          documents = documents.map(one =>
            one.name === parameters[0] ? { name: one.name, text: String(parameters[1]) } : one,
          );
        if (['load', 'setText', 'configure'].includes(String(name))) return { ...LOADED };
        return given;
      };
    },
  };
  return { client: new Proxy({}, handler) as Client, calls };
}

const work = (text: string, part: Partial<Work> = {}): Work => ({
  ...EMPTY,
  documents: [{ name: 'a.yaml', text }],
  active: 'a.yaml',
  question: { from: 'a/b', to: 'a/c', protocol: 'TCP', port: '80' },
  ...part,
});

/** Until nobody has typed for so long that the rest is asked, too. */
const paused = () => new Promise(resolve => setTimeout(resolve, 400));
const settled = () => new Promise(resolve => setTimeout(resolve, 20));

test('a text that changes is set by itself, and what hangs on nothing new is not asked again', async () => {
  const { client, calls } = recorder();
  const desk = new Desk(client);
  const first = work('kind: Pod');
  desk.consider(first);
  await settled();
  expect(calls).toContain('load');
  calls.length = 0;
  desk.consider({ ...first, active: 'elsewhere' });
  await settled();
  expect(calls).toEqual([]);
  desk.consider(work('kind: Pods'));
  await settled();
  expect(calls.slice(0, 2)).toEqual(['setText', 'why']);
});

test('work that is overtaken is dropped, and its answers are not shown', async () => {
  const explanation = (message: string): Explanation => ({
    answer: { verdict: 'error', code: 'x', message },
  });
  let count = 0;
  const { client } = recorder(method => {
    if (method !== 'why') return [];
    count += 1;
    return explanation(`answer ${count}`);
  });
  const desk = new Desk(client);
  const shown: string[] = [];
  desk.subscribe(() => {
    const answer = desk.findings().explanation?.answer;
    if (answer?.verdict === 'error' && shown.at(-1) !== answer.message) shown.push(answer.message);
  });
  for (const text of ['a', 'b', 'c', 'd']) desk.consider(work(text));
  await settled();
  expect(shown.length).toBe(1);
  expect(desk.findings().answers).toBe(1);
});

test('a text that the engine was stopped for is not tried again until it is another', async () => {
  let isHostile = true;
  const { client, calls } = recorder(method =>
    isHostile && method === 'load' ? new Stopped('too slow') : [],
  );
  const desk = new Desk(client);
  const hostile = work('a');
  desk.consider(hostile);
  await settled();
  expect(desk.findings().trouble).toContain('too slow');
  calls.length = 0;
  desk.consider({ ...hostile, question: { ...hostile.question, port: '81' } });
  await settled();
  expect(calls).toEqual([]);
  isHostile = false;
  desk.consider(work('b'));
  await settled();
  expect(desk.findings().trouble).toBeNull();
  expect(desk.findings().answers).toBe(1);
});

test('what cannot be read is said, and the texts that come next are answered', async () => {
  let isBroken = false;
  const { client, calls } = recorder(method =>
    isBroken && method === 'setText' ? new Error('no text') : [],
  );
  const desk = new Desk(client);
  const first = work('a');
  desk.consider(first);
  await settled();
  isBroken = true;
  desk.consider(work('\ud800'));
  await settled();
  expect(desk.findings().trouble).toBe('no text');
  isBroken = false;
  calls.length = 0;
  desk.consider({ ...first, question: { ...first.question, port: '81' } });
  await settled();
  expect(desk.findings().trouble).toBeNull();
  expect(calls).toContain('why');
});

test('the plugin is told before the texts, and a pinned version before those that stand there', async () => {
  const { client, calls } = recorder();
  const desk = new Desk(client);
  desk.consider(work('new', { profile: 'calico', pinned: [{ name: 'a.yaml', text: 'old' }] }));
  await settled();
  expect(calls.slice(0, 4)).toEqual(['configure', 'load', 'pin', 'setText']);
  expect(calls).toContain('diff');
});

test('what the page can be without is left out of texts that it takes too long for, and all else goes on', async () => {
  const { client, calls } = recorder(method => (method === 'lint' ? new Stopped('too slow') : []));
  const desk = new Desk(client);
  const first = work('kind: Pod # as long as it has to be', { profile: 'calico' });
  desk.consider(first);
  await paused();
  expect(desk.findings().trouble).toBeNull();
  expect(desk.findings().leftOut).toEqual(['lint']);
  // The worker is another one, and is told everything again.
  expect(calls.filter(call => call === 'configure')).toHaveLength(2);
  expect(calls.filter(call => call === 'lint')).toHaveLength(1);
  calls.length = 0;
  desk.consider(work('short', { profile: 'calico' }));
  await paused();
  expect(calls).toContain('lint');
});

test('a fix that takes too long is refused, and the worker that follows is told everything again', async () => {
  const { client, calls } = recorder(method => (method === 'fix' ? new Stopped('too slow') : []));
  const desk = new Desk(client);
  desk.consider(work('kind: Pod', { profile: 'calico' }));
  await settled();
  calls.length = 0;
  await expect(desk.fix({ from: 'a/b', to: 'a/c' }, 'allow')).rejects.toThrow('too slow');
  await settled();
  expect(calls.slice(0, 3)).toEqual(['fix', 'configure', 'why']);
  expect(desk.findings().trouble).toBeNull();
});

test('what the engine lacks is asked once all of it is there, and questions do not wait for it', async () => {
  let arrive = () => {};
  const whole = new Promise<void>(resolve => {
    arrive = resolve;
  });
  const { client, calls } = recorder(() => [], whole);
  const desk = new Desk(client);
  const first = work('kind: Pod');
  desk.consider(first);
  await paused();
  expect(calls).toContain('policies');
  calls.length = 0;
  const second = { ...first, question: { ...first.question, port: '81' } };
  desk.consider(second);
  await paused();
  expect(calls).toEqual(['why']);
  expect(desk.findings().wholeOf).toBeNull();
  arrive();
  await settled();
  expect(calls).toEqual(['why', 'test', 'lint']);
  expect(desk.findings().wholeOf).toBe(second);
});

test('what an engine that stays in part cannot do is said, and questions are answered', async () => {
  const lacking = new Error('the second part cannot be loaded');
  const { client, calls } = recorder(method => (method === 'test' ? lacking : []), Promise.reject(lacking));
  const desk = new Desk(client);
  const first = work('kind: Pod');
  desk.consider(first);
  await paused();
  expect(desk.findings().trouble).toBe('the second part cannot be loaded');
  calls.length = 0;
  desk.consider({ ...first, question: { ...first.question, port: '81' } });
  await settled();
  expect(calls).toContain('why');
  expect(desk.findings().trouble).toBeNull();
});

test('a fix says in which texts its places count', async () => {
  const { client } = recorder();
  const desk = new Desk(client);
  desk.consider(work('kind: Pod'));
  await settled();
  const { on } = await desk.fix({ from: 'a/b', to: 'a/c' }, 'allow');
  expect(on).toEqual([{ name: 'a.yaml', text: 'kind: Pod' }]);
});
