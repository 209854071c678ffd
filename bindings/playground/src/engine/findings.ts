/** What the page can show: everything that the engine said of the work. */
import type {
  Answer,
  AssertionResult,
  Diagnostic,
  Difference,
  Explanation,
  Finding,
  Fix,
  Matrix,
  NamespaceInfo,
  Plugin,
  PolicyInfo,
  ReviewRow,
  ServiceInfo,
  TextDocument,
  WorkloadInfo,
} from 'portcullis-web';
import type { Work } from '../app/state';

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
  /** The texts in which the places of `lint` count. */
  lintOn: readonly TextDocument[];
  matrix: Matrix | null;
  difference: Difference | null;
  tests: readonly AssertionResult[];
  comparison: {
    profiles: readonly string[];
    answers: readonly Answer[];
    review: readonly ReviewRow[];
  } | null;
  /** What took too long for texts of this size, and is left out. */
  leftOut: readonly Spare[];
  /** How many works have been answered, as far as they are looked at. */
  answers: number;
  /** The work of which nothing is still to be asked. */
  wholeOf: Work | null;
}

/** What the page can be without. */
export type Spare = 'lint' | 'test' | 'diff';

/** Changes that bring a verdict about, and the texts in which their places count. */
export interface Offer {
  fixes: readonly Fix[];
  on: readonly TextDocument[];
}

export interface Inventory {
  namespaces: readonly NamespaceInfo[];
  workloads: readonly WorkloadInfo[];
  services: readonly ServiceInfo[];
  policies: readonly PolicyInfo[];
}

export const NOTHING: Findings = {
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
  lintOn: [],
  matrix: null,
  difference: null,
  tests: [],
  comparison: null,
  leftOut: [],
  answers: 0,
  wholeOf: null,
};
