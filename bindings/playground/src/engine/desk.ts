/**
 * The desk between page and engine: takes the newest work, asks the engine in its worker what the page shows, and gives
 * out what came back as one value. Whatever was typed meanwhile replaces what has not been asked yet.
 */
import type { Explanation, LoadResult, Question, Session, TextDocument } from 'portcullis-web';
import { type Client, ClientError } from 'portcullis-web/client';
import { Listeners } from '../app/listeners';
import { type Draft, SPECIFICATION, type Work } from '../app/state';
import { type Findings, type Inventory, NOTHING, type Offer, type Spare } from './findings';

/** Texts that the worker was given, and what will become of them; parts hang on it before that is known. */
interface Read {
  load: Promise<LoadResult>;
}

/** Milliseconds without a key after which somebody has stopped typing; longer where the rest takes long. */
const PAUSE = { least: 250, most: 3000 };

/** What is asked in one go: what is looked at, and what waits until nobody types. */
type Part = 'seen' | 'rest';

type Give = (findings: Partial<Findings>) => void;

/** Thrown inside a part to end it, since newer work waits. */
class Superseded extends Error {}

/** Thrown inside a part to begin with the first again, since the worker is another one. */
class Again extends Error {}

export class Desk {
  #client: Client;
  #listeners = new Listeners();
  #findings = NOTHING;
  #wanted: Work | null = null;
  #isRunning = false;
  /** Asks the rest, once nobody types. */
  #timer: ReturnType<typeof setTimeout> | undefined;
  /** What the worker was told last; null where that is not known. */
  #profile: string | null = null;
  #pinned: readonly TextDocument[] | null = null;
  #read: Read | null = null;
  #parts = new Map<string, { on: readonly unknown[]; value: unknown }>();
  /** Texts that the engine was stopped for: asked again only once they are others. */
  #poison: readonly TextDocument[] | null = null;
  /** From how many characters on a part is left out. */
  #tooLong = new Map<Spare, number>();
  /** Milliseconds that what waits until nobody types took last. */
  #restTook = 0;
  /** Whether all of the engine is there, or never will be: what it lacks is not asked before, since all else would wait. */
  #isWhole = false;
  /** Whether the worker was stopped for a question beside the work. */
  #wasStoppedAside = false;

  constructor(client: Client) {
    this.#client = client;
    client.ready.then(
      () => this.#give({ phase: 'ready' }),
      (error: unknown) => this.#give({ phase: 'broken', trouble: words(error) }),
    );
    const isWhole = () => {
      this.#isWhole = true;
      void this.#run('rest');
    };
    client.whole.then(isWhole, isWhole);
  }

  readonly subscribe = this.#listeners.subscribe;

  readonly findings = (): Findings => this.#findings;

  /** Whether the engine as it is can do this: what it cannot is no part of the page. */
  can(method: keyof Session): boolean {
    return method in this.#client;
  }

  /** What would bring a verdict about: a question beside the work. */
  async fix(question: Question, expect: 'allow' | 'deny'): Promise<Offer> {
    const read = this.#read;
    try {
      const fixes = await this.#client.fix(question, expect);
      const on = this.#client.documents;
      // Places in texts that were refused are those of older ones, hence of none that anybody has.
      return { fixes, on: (await read?.load)?.status === 'loaded' ? on : [] };
    } catch (error) {
      if (isStopped(error)) {
        this.#wasStoppedAside = true;
        this.#forget();
        void this.#run('seen');
      }
      throw error;
    }
  }

  /** Takes other work. Where nothing is under way the worker has it before this returns: it reads while the page is drawn. */
  consider(work: Work): void {
    if (this.#wanted === work) return;
    this.#wanted = work;
    void this.#run('seen');
  }

  async #run(first: Part): Promise<void> {
    if (this.#isRunning) return;
    this.#isRunning = true;
    clearTimeout(this.#timer);
    let part = first;
    for (let work = this.#wanted; work; work = this.#wanted) {
      const isDone = await this.#round(work, part);
      if (!isDone || this.#wanted !== work) {
        part = 'seen';
        continue;
      }
      if (part === 'rest' || this.#isGivenUp(work)) break;
      if (this.#findings.inventory) {
        this.#pause();
        break;
      }
      part = 'rest';
    }
    this.#isRunning = false;
  }

  /** Asks a part of what the work wants to know; gives whether there is nothing to be asked again. */
  async #round(work: Work, part: Part): Promise<boolean> {
    if (this.#isGivenUp(work)) return true;
    this.#wasStoppedAside = false;
    const give = (findings: Partial<Findings>) => {
      if (this.#wanted !== work) throw new Superseded();
      this.#give(findings);
    };
    try {
      await (part === 'seen' ? this.#seen(work, give) : this.#rest(work, give));
      return true;
    } catch (error) {
      if (error instanceof Superseded) return true;
      if (error instanceof Again) return false;
      return this.#failed(work, error);
    }
  }

  /** What is looked at. Nothing is waited for that is there: whatever else waits its turn would come first. */
  async #seen(work: Work, give: Give): Promise<void> {
    if (this.#findings.phase === 'starting') await this.#client.ready;
    if (this.#profile !== work.profile) await this.#settings(work);
    if (this.can('pin') && this.#pinned !== work.pinned) await this.#pin(work);
    const read = this.#texts(work);
    const { question, view } = work;
    const client = this.#client;
    const hasMatrix = view === 'matrix' || view === 'graph';
    // Asked at once and given at once: the page is drawn a single time.
    const [load, explanation, matrix, seen] = await Promise.all([
      read.load,
      this.#part('why', [read, question], () => this.#explanation(question)),
      hasMatrix ? this.#part('matrix', [read], () => client.matrix()) : this.#findings.matrix,
      view === 'tests' ? this.#tests(work, read) : view === 'changes' ? this.#difference(work, read) : {},
    ]);
    const answers = this.#findings.answers + 1;
    give({
      ...this.#summary(load),
      ...seen,
      trouble: null,
      explanation: likeBefore(explanation, this.#findings.explanation),
      matrix,
      answers,
    });
    give({ plugins: await this.#part('plugins', [], () => client.plugins()) });
    if (view === 'plugins') {
      give({ comparison: await this.#part('compare', [read, question], () => this.#comparison(work)) });
    }
  }

  /** What takes long, or is long, and waits until nobody types. */
  async #rest(work: Work, give: Give): Promise<void> {
    const read = this.#read;
    if (!read) return;
    const begun = performance.now();
    give({ inventory: await this.#part('inventory', [read], () => this.#inventory()) });
    if (!this.#isWhole) return;
    give(await this.#tests(work, read));
    give(await this.#difference(work, read));
    give({ ...(await this.#lint(work, read)), wholeOf: work });
    this.#restTook = performance.now() - begun;
  }

  /** Until somebody has stopped typing. */
  #pause(): void {
    const wait = Math.min(PAUSE.most, Math.max(PAUSE.least, 2 * this.#restTook));
    this.#timer = setTimeout(() => void this.#run('rest'), wait);
  }

  /** Whether the engine cannot do it, or was stopped for it. */
  #isGivenUp(work: Work): boolean {
    return this.#poison === work.documents || this.#findings.phase === 'broken';
  }

  #failed(work: Work, error: unknown): boolean {
    if (!isStopped(error)) {
      // What the worker refused to read was not read; the texts before are still there.
      this.#read = null;
      this.#give({ trouble: words(error) });
      return true;
    }
    this.#forget();
    if (this.#wasStoppedAside) return false;
    this.#poison = work.documents;
    this.#give({
      trouble: `The engine was stopped: ${words(error)}. It starts again when the text is another`,
    });
    return true;
  }

  /** A new worker has the last good texts, and nothing else of what the one before was told. */
  #forget(): void {
    this.#profile = null;
    this.#pinned = null;
    this.#read = null;
    this.#parts.clear();
  }

  /** A part that the page can be without: where it takes too long, it is left out of texts of that size. */
  async #spare<T>(name: Spare, work: Work, on: readonly unknown[], ask: () => Promise<T>): Promise<T | null> {
    const size = work.documents.reduce((sum, { text }) => sum + text.length, 0);
    const isTooLong = size >= (this.#tooLong.get(name) ?? Number.POSITIVE_INFINITY);
    const others = this.#findings.leftOut.filter(one => one !== name);
    if (isTooLong !== this.#findings.leftOut.includes(name)) {
      this.#give({ leftOut: isTooLong ? [...others, name] : others });
    }
    if (isTooLong) return null;
    try {
      return await this.#part(name, on, ask);
    } catch (error) {
      if (!isStopped(error) || this.#wasStoppedAside) throw error;
      this.#forget();
      this.#tooLong.set(name, size / 2);
      throw new Again();
    }
  }

  /** A part that is asked anew only when what it hangs on is another. */
  async #part<T>(name: string, on: readonly unknown[], ask: () => Promise<T>): Promise<T> {
    const held = this.#parts.get(name);
    if (held?.on.every((one, at) => one === on[at])) return held.value as T;
    const value = await ask();
    this.#parts.set(name, { on, value });
    return value;
  }

  async #settings(work: Work): Promise<void> {
    const settings = work.profile === SPECIFICATION ? {} : { profile: work.profile };
    const load = await this.#client.configure(settings);
    this.#read = { load: Promise.resolve(load) };
    this.#profile = work.profile;
  }

  async #pin(work: Work): Promise<void> {
    if (work.pinned) {
      await this.#client.load([...work.pinned]);
      await this.#client.pin();
    } else {
      await this.#client.unpin();
    }
    this.#read = null;
    this.#pinned = work.pinned;
  }

  #texts(work: Work): Read {
    const changes = changesTo(this.#client.documents, work.documents);
    const [one, ...more] = changes ?? [];
    if (this.#read && changes && !one) return this.#read;
    const isOne = one !== undefined && more.length === 0;
    const load = isOne ? this.#client.setText(one.name, one.text) : this.#client.load([...work.documents]);
    this.#read = { load };
    return this.#read;
  }

  #summary({ status, diagnostics, notes, skipped, parsed }: LoadResult): Partial<Findings> {
    const findings = this.#findings;
    return {
      diagnostics: likeBefore(diagnostics, findings.diagnostics),
      notes: likeBefore(notes, findings.notes),
      skipped,
      parsed,
      isStale: status === 'refused',
    };
  }

  async #tests(work: Work, read: Read): Promise<Partial<Findings>> {
    if (!this.can('test')) return {};
    return { tests: (await this.#spare('test', work, [read], () => this.#client.test())) ?? [] };
  }

  async #difference(work: Work, read: Read): Promise<Partial<Findings>> {
    if (!this.can('diff') || !work.pinned) return {};
    const on = [read, work.pinned];
    return { difference: await this.#spare('diff', work, on, () => this.#client.diff()) };
  }

  async #lint(work: Work, read: Read): Promise<Partial<Findings>> {
    if (!this.can('lint')) return {};
    if ((await read.load).status !== 'loaded') return { lint: [] };
    const lint = await this.#spare('lint', work, [read], () => this.#client.lint());
    return { lint: lint ?? [], lintOn: work.documents };
  }

  async #inventory(): Promise<Inventory> {
    const [namespaces, workloads, services, policies] = await Promise.all([
      this.#client.namespaces(),
      this.#client.workloads(),
      this.#client.services(),
      this.#client.policies(),
    ]);
    return { namespaces, workloads, services, policies };
  }

  async #explanation(question: Draft): Promise<Explanation | null> {
    const asked = toQuestion(question);
    return asked && this.#client.why(asked);
  }

  async #comparison(work: Work): Promise<Findings['comparison']> {
    const profiles = [
      SPECIFICATION,
      ...this.#findings.plugins.map(({ name }) => name).filter(isNoSpecification),
    ];
    const question = toQuestion(work.question);
    const answers = question ? await this.#client.compare(question, profiles) : [];
    return { profiles, answers, review: await this.#client.review(profiles) };
  }

  #give(part: Partial<Findings>): void {
    // Whoever listens draws the page anew, for which there is no reason where all of it is known.
    const before = this.#findings;
    const names = Object.keys(part) as (keyof Findings)[];
    if (names.every(name => part[name] === before[name])) return;
    this.#findings = { ...before, ...part };
    this.#listeners.tell();
  }
}

const isStopped = (error: unknown) => error instanceof ClientError && error.kind === 'stopped';

/** What is as it was stays the same object, so that nothing is drawn anew for it. */
function likeBefore<T>(now: T, before: T): T {
  return JSON.stringify(now) === JSON.stringify(before) ? before : now;
}

const isNoSpecification = (name: string) => name !== SPECIFICATION;

/** The question, once it names both ends. */
export function toQuestion({ from, to, protocol, port }: Draft) {
  if (from.trim() === '' || to.trim() === '') return null;
  const hasPort = protocol !== 'ICMP' && port.trim() !== '';
  const number = /^\d+$/.test(port.trim()) ? Number(port) : port.trim();
  return { from: from.trim(), to: to.trim(), protocol, ...(hasPort ? { port: number } : {}) };
}

/** The texts that differ, or null where names or their order do. */
function changesTo(held: readonly TextDocument[], wanted: readonly TextDocument[]): TextDocument[] | null {
  const sameNames = held.length === wanted.length && held.every((one, at) => one.name === wanted[at]?.name);
  if (!sameNames) return null;
  return wanted.filter((one, at) => one.text !== held[at]?.text);
}

function words(error: unknown): string {
  return error instanceof Error ? error.message : String(error);
}
