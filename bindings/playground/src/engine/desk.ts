/**
 * The desk between page and engine: takes the newest work, asks the engine in its worker what the page shows, and gives
 * out what came back as one value. Whatever was typed meanwhile replaces what has not been asked yet.
 */
import type {
  Answer,
  AssertionResult,
  Diagnostic,
  Difference,
  Explanation,
  Finding,
  LoadResult,
  Matrix,
  NamespaceInfo,
  Plugin,
  PolicyInfo,
  ReviewRow,
  ServiceInfo,
  Session,
  TextDocument,
  WorkloadInfo,
} from 'portcullis-web';
import { type Client, ClientError } from 'portcullis-web/client';
import { type Draft, SPECIFICATION, type Work } from '../app/state';

/** What the engine said of the work; parts that are not there yet, or not wanted, are null. */
export interface Findings {
  phase: 'starting' | 'ready' | 'broken';
  /** Why the engine cannot answer: it is broken, or was stopped for the text as it is. */
  trouble: string | null;
  /** Whether answers are of older texts, because those that stand there have errors. */
  isStale: boolean;
  diagnostics: readonly Diagnostic[];
  notes: readonly string[];
  skipped: Readonly<Record<string, number>>;
  parsed: number;
  inventory: Inventory | null;
  plugins: readonly Plugin[];
  explanation: Explanation | null;
  lint: readonly Finding[];
  matrix: Matrix | null;
  difference: Difference | null;
  tests: readonly AssertionResult[];
  comparison: {
    profiles: readonly string[];
    answers: readonly Answer[];
    review: readonly ReviewRow[];
  } | null;
  /** How many works have been answered in full. */
  answers: number;
}

export interface Inventory {
  namespaces: readonly NamespaceInfo[];
  workloads: readonly WorkloadInfo[];
  services: readonly ServiceInfo[];
  policies: readonly PolicyInfo[];
}

const NOTHING: Findings = {
  phase: 'starting',
  trouble: null,
  isStale: false,
  diagnostics: [],
  notes: [],
  skipped: {},
  parsed: 0,
  inventory: null,
  plugins: [],
  explanation: null,
  lint: [],
  matrix: null,
  difference: null,
  tests: [],
  comparison: null,
  answers: 0,
};

/** Milliseconds without a key after which somebody has stopped typing. */
const PAUSE = 250;

/** Thrown inside a round to end it, since newer work waits. */
class Superseded extends Error {}

export class Desk {
  #client: Client;
  #listeners = new Set<() => void>();
  #findings = NOTHING;
  #wanted: Work | null = null;
  #isRunning = false;
  /** Ends a pause. */
  #wake: () => void = () => {};
  /** What the worker was told last; null where that is not known. */
  #profile: string | null = null;
  #pinned: readonly TextDocument[] | null = null;
  #load: LoadResult | null = null;
  #parts = new Map<string, { on: readonly unknown[]; value: unknown }>();
  /** Texts that the engine was stopped for: asked again only once they are others. */
  #poison: readonly TextDocument[] | null = null;

  constructor(client: Client) {
    this.#client = client;
    client.ready.then(
      () => this.#give({ phase: 'ready' }),
      (error: unknown) => this.#give({ phase: 'broken', trouble: words(error) }),
    );
  }

  readonly subscribe = (listener: () => void): (() => void) => {
    this.#listeners.add(listener);
    return () => this.#listeners.delete(listener);
  };

  readonly findings = (): Findings => this.#findings;

  /** Whether the engine as it is can do this: what it cannot is no part of the page. */
  can(method: keyof Session): boolean {
    return method in this.#client;
  }

  /** For questions that are no part of the work, such as what would mend an answer. */
  get client(): Client {
    return this.#client;
  }

  consider(work: Work): void {
    if (this.#wanted === work) return;
    this.#wanted = work;
    this.#wake();
    void this.#run();
  }

  async #run(): Promise<void> {
    if (this.#isRunning) return;
    this.#isRunning = true;
    try {
      for (let work = this.#wanted; work; work = this.#wanted) {
        await this.#round(work);
        if (this.#wanted === work) break;
      }
    } finally {
      this.#isRunning = false;
    }
  }

  async #round(work: Work): Promise<void> {
    if (this.#poison === work.documents || this.#findings.phase === 'broken') return;
    const give = (part: Partial<Findings>) => {
      if (this.#wanted !== work) throw new Superseded();
      this.#give(part);
    };
    try {
      await this.#client.ready;
      await this.#settings(work);
      const load = await this.#texts(work);
      const { question, view, pinned } = work;
      const client = this.#client;
      // What is looked at comes first; what is offered in lists can wait.
      const explanation = await this.#part('why', [load, question], () => this.#explanation(question));
      give({ ...summary(load), trouble: null, explanation });
      if (view === 'matrix' || view === 'graph') {
        give({ matrix: await this.#part('matrix', [load], () => client.matrix()) });
      }
      give({ answers: this.#findings.answers + 1 });
      if (this.can('test')) give({ tests: await this.#part('test', [load], () => client.test()) });
      if (this.can('diff') && pinned) {
        give({ difference: await this.#part('diff', [load, pinned], () => client.diff()) });
      }
      give({ plugins: await this.#part('plugins', [], () => client.plugins()) });
      if (view === 'plugins') {
        give({ comparison: await this.#part('compare', [load, question], () => this.#comparison(work)) });
      }
      if (this.can('lint')) give({ lint: await this.#part('lint', [load], () => this.#lint(load)) });
      // Lists of what can be asked about are long: not while somebody types.
      if (this.#findings.inventory) await this.#pause();
      if (this.#wanted !== work) return;
      give({ inventory: await this.#part('inventory', [load], () => this.#inventory()) });
    } catch (error) {
      if (error instanceof Superseded) return;
      this.#failed(work, error);
    }
  }

  #failed(work: Work, error: unknown): void {
    if (error instanceof ClientError && error.kind === 'stopped') {
      // A new worker has the last good texts, and nothing else of what this one was told.
      this.#profile = null;
      this.#pinned = null;
      this.#load = null;
      this.#parts.clear();
      this.#poison = work.documents;
      this.#give({
        trouble: `The engine was stopped: ${words(error)}. It starts again when the text is another`,
      });
      return;
    }
    this.#give({ trouble: words(error) });
  }

  /** Until somebody has stopped typing, or types on. */
  #pause(): Promise<void> {
    return new Promise(resolve => {
      const timer = setTimeout(resolve, PAUSE);
      this.#wake = () => {
        clearTimeout(timer);
        resolve();
      };
    });
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
    if (this.#profile === work.profile) return;
    const settings = work.profile === SPECIFICATION ? {} : { profile: work.profile };
    this.#load = await this.#client.configure(settings);
    this.#profile = work.profile;
  }

  async #texts(work: Work): Promise<LoadResult> {
    if (this.can('pin') && this.#pinned !== work.pinned) {
      if (work.pinned) {
        await this.#client.load([...work.pinned]);
        await this.#client.pin();
      } else {
        await this.#client.unpin();
      }
      this.#load = null;
      this.#pinned = work.pinned;
    }
    const changes = changesTo(this.#client.documents, work.documents);
    const [one, ...more] = changes ?? [];
    if (this.#load && changes && !one) return this.#load;
    const isOne = one !== undefined && more.length === 0;
    this.#load = await (isOne
      ? this.#client.setText(one.name, one.text)
      : this.#client.load([...work.documents]));
    return this.#load;
  }

  #lint(load: LoadResult): Promise<Finding[]> {
    return load.status === 'loaded' ? this.#client.lint() : Promise.resolve([]);
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
    this.#findings = { ...this.#findings, ...part };
    for (const listener of this.#listeners) listener();
  }
}

const isNoSpecification = (name: string) => name !== SPECIFICATION;

/** The question, once it names both ends. */
export function toQuestion({ from, to, protocol, port }: Draft) {
  if (from.trim() === '' || to.trim() === '') return null;
  const hasPort = protocol !== 'ICMP' && port.trim() !== '';
  const number = /^\d+$/.test(port.trim()) ? Number(port) : port.trim();
  return { from: from.trim(), to: to.trim(), protocol, ...(hasPort ? { port: number } : {}) };
}

function summary(load: LoadResult) {
  const { diagnostics, notes, skipped, parsed } = load;
  return { diagnostics, notes, skipped, parsed, isStale: load.status === 'refused' };
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
