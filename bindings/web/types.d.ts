/**
 * The API of `portcullis-web`: what goes in and what comes out, by hand. `tsc` holds the generated classes to it, and
 * tests hold every value that comes out to it.
 *
 * Unions are told apart by a literal field (`status`, `verdict`, `outcome`, `step`), or by their only key (`End`, `Group`).
 * Nothing here is optional in what comes out: what does not apply is `null` or an empty list.
 */

// ---------------------------------------------------------------------------------------------------------------- texts

/** A text with YAML or JSON, of any number of documents, under the name that answers give it. */
export interface TextDocument {
  name: string;
  text: string;
}

/**
 * A part of a text. `from` and `to` count UTF-16 units from 0, as `String.prototype.slice` and CodeMirror do;
 * `fromByte` and `toByte` count bytes of UTF-8; `line` and `column` count from 1, columns in characters, as the command
 * line prints them.
 */
export interface Span {
  document: string;
  line: number;
  column: number;
  from: number;
  to: number;
  fromByte: number;
  toByte: number;
}

/** Replaces `text.slice(from, to)`; the changes of one edit all count in the text before it, as CodeMirror's do. */
export interface TextChange {
  from: number;
  to: number;
  insert: string;
}

/** Changes to several texts, to be made together. */
export interface DocumentEdit {
  document: string;
  changes: TextChange[];
}

// ----------------------------------------------------------------------------------------------------------- loading

export type Severity = "error" | "warning" | "note";

/** Something wrong with a text. */
export interface Diagnostic {
  /** A stable code in kebab-case. */
  code: string;
  severity: "error" | "warning";
  /** The object, such as `NetworkPolicy shop/db`; nothing where the text is no object. */
  object: string | null;
  /** The field in upstream notation, such as `spec.ingress[0].ports[0].port`; empty where there is none. */
  field: string;
  message: string;
  /** What to do about it; empty where that goes without saying. */
  help: string;
  /** Nothing for what is wrong with the settings. */
  span: Span | null;
}

/** How to read texts and decide flows; the same names and values as on the command line. */
export interface Settings {
  /** The namespace of objects that name none (`-n`). */
  namespace?: string;
  /** A plugin, with or without a version (`--profile cilium@1.18`); without it, the specification decides. */
  profile?: string;
  /** Options of the profile, or of the specification (`--set key=value`). */
  set?: Record<string, string>;
  /** The addresses that domain names have (`--resolve`). */
  resolve?: Record<string, string[]>;
}

interface Load {
  /**
   * Grows with every change to what is loaded; answers, lists and matrices of the same number agree. 0 before anything
   * is loaded.
   */
  generation: number;
  /** Everything that is wrong, in the order of the texts; warnings too. */
  diagnostics: Diagnostic[];
  /** What was assumed, in words. */
  notes: string[];
  /** How many objects of kinds that are not read were skipped, by kind. */
  skipped: Record<string, number>;
  /** How many YAML documents were parsed for this load: those that changed. */
  parsed: number;
}

/** What became of texts. */
export type LoadResult = Loaded | Refused;

/** No error: what follows is answered for these texts. */
export interface Loaded extends Load {
  status: "loaded";
}

/**
 * Some error: nothing has changed, and what follows is answered for the texts that were loaded last. Spans in such
 * answers are of those older texts.
 */
export interface Refused extends Load {
  status: "refused";
}

// ---------------------------------------------------------------------------------------------------------- inventory

export interface NamespaceInfo {
  name: string;
  labels: Record<string, string>;
  /** Whether an object declares it; else it has the one label that the control plane gives. */
  declared: boolean;
}

export interface NodeInfo {
  name: string;
  labels: Record<string, string>;
  addresses: string[];
}

/** A workload, or a pod without one: the pods that lists and matrices have as one. */
export interface WorkloadInfo {
  /** As lists name it: `shop/deployment/web`, `shop/pod/debug`, with `#2` where pods of one owner have other labels. */
  name: string;
  /** As a question takes it. */
  end: End;
  namespace: string;
  kind: string;
  labels: Record<string, string>;
  ports: ContainerPort[];
  addresses: string[];
  /** `ns/name` of each pod; none where the workload stands for pods that were not given. */
  pods: string[];
  /** The places of the policies that select it, in `policies()`. */
  policies: number[];
}

export interface ContainerPort {
  name: string | null;
  port: number;
  protocol: "TCP" | "UDP" | "SCTP";
}

export interface ServiceInfo {
  /** `ns/name`. */
  name: string;
  end: End;
  namespace: string;
  type: string;
  addresses: string[];
  ports: { name: string | null; protocol: "TCP" | "UDP" | "SCTP"; port: number; targetPort: string; nodePort: number | null }[];
}

export interface PolicyInfo extends PolicyRef {
  /** Nothing for policies of the whole cluster. */
  namespace: string | null;
  /** Whether it applies to traffic to, and from, what it selects. */
  ingress: boolean;
  egress: boolean;
  /** The places in `workloads()` of what it selects. */
  selects: number[];
}

// ---------------------------------------------------------------------------------------------------------- questions

/** An end of a flow, as `portcullis replay` reads it; services can be destinations only. */
export type End = { pod: string } | { workload: string } | { service: string } | { ip: string };

/** A flow. Ends may be texts as `portcullis eval` reads them: `shop/web`, `shop/deployment/web`, `svc/shop/db`, `10.0.0.1`. */
export interface Question {
  from: End | string;
  to: End | string;
  /** TCP, UDP, SCTP, ICMP, ICMPv6 in any case, or a number; TCP if left out. */
  protocol?: string | number;
  /** The number, or the name that the destination gives it. */
  port?: number | string;
  sourcePort?: number;
  icmpType?: number;
  icmpCode?: number;
  connection?: "new" | "established" | "reply";
}

/** A question, and by which plugin; what is left out is as the session's settings say. */
export interface Asked extends Question {
  /** `upstream` for the specification. */
  profile?: string;
  set?: Record<string, string>;
}

export type PolicyKind = "NetworkPolicy" | "ClusterNetworkPolicy" | "AdminNetworkPolicy" | "BaselineAdminNetworkPolicy";

export interface PolicyRef {
  kind: PolicyKind;
  /** `ns/name`, or `name` for policies of the cluster. */
  policy: string;
  tier: Tier;
  priority: number | null;
  span: Span | null;
}

export interface RuleRef extends PolicyRef {
  /** Such as `spec.ingress[0]`; `span` is that of the rule. */
  path: string;
}

/** A part of a rule. */
export interface Part {
  /** Such as `spec.ingress[0].from[1]`. */
  field: string;
  span: Span | null;
}

export type Tier = "Admin" | "NetworkPolicy" | "Baseline";

export type Reason =
  | "not-evaluated" | "isolated" | "deny-rule" | "protocol-denied" | "dropped"
  | "rule" | "no-policy" | "not-a-pod" | "host-network" | "finished-pod" | "loopback" | "own-node" | "protocol-exempt" | "reply"
  | "established" | "skipped";

/** What one side says; what is not the same for every pair is null. */
export interface Side {
  allowed: boolean | null;
  reason: Reason | null;
  rule: RuleRef | null;
}

/** A pair of what the ends stand for, or a path through a service. */
export interface Pair {
  from: string;
  to: string;
  /** Null where nobody knows what the plugin does. */
  allowed: boolean | null;
  egress: Side;
  ingress: Side;
  path: ServicePath | null;
}

/** One way through a service: the endpoint, the port there, and the source as the endpoint sees it. */
export interface ServicePath {
  endpoint: string;
  address: string | null;
  port: number | null;
  /** Null where a node sends it on whose address is not known. */
  source: string | null;
}

interface Answered {
  egress: Side;
  ingress: Side;
  /** At least one, unless a service has no path. */
  pairs: Pair[];
  /** `ns/name` of the service that translated, where there was one. */
  service: string | null;
  /** Why the service gives no path, where it does not. */
  refused: { from: string; code: string; rule: string; message: string }[];
  /** The numbered rules of the network model and of what is exempt that the answer rests on. */
  rules: string[];
  /** How the plugin comes in; null where the specification was asked. */
  plugin: PluginVerdict | null;
}

/** The answer to a question. */
export type Answer =
  | (Answered & { verdict: "allowed"; allowed: true })
  | (Answered & { verdict: "denied"; allowed: false })
  /** It depends on the pod, or on the path. */
  | (Answered & { verdict: "some"; allowed: null })
  /** It depends on what nobody knows. */
  | (Answered & { verdict: "unknown"; allowed: null })
  | Failed;

/** The question has no answer: it names what is not there, or makes no sense. */
export interface Failed {
  verdict: "error";
  code: string;
  message: string;
}

/** What a plugin makes of a flow, against the specification. */
export interface PluginVerdict {
  /** With its version, such as `cilium@1.19`. */
  profile: string;
  /** The specification's verdict. */
  ideal: "allowed" | "denied" | "some" | "unknown";
  /** The behaviours that make a side's verdict differ from the specification's. */
  differs: Behaviour[];
  /** The behaviours that nobody knows, and on which the answer hangs. */
  unknown: Behaviour[];
}

// ---------------------------------------------------------------------------------------------------------------- why

/** How an answer came about, or why there is none. */
export type Explanation =
  | (Explained & { answer: Exclude<Answer, Failed> })
  | { answer: Failed };

export interface Explained {
  /** The pair that is explained: the first that is denied, else the first. */
  from: string;
  to: string;
  /** What happens to the packet, in order. */
  steps: Step[];
  egress: SideTrace;
  ingress: SideTrace;
  /** What the answer rests on that the texts do not say, in words. */
  notes: string[];
}

/** A step of the network model; the words are for people. */
export type Step =
  | { step: "source"; name: string; address: string | null; words: string }
  | { step: "service"; service: string; rules: string[]; words: string }
  | { step: "egress"; side: Side; words: string }
  | { step: "source-rewritten"; source: string | null; words: string }
  | { step: "ingress"; side: Side; words: string }
  | { step: "destination"; name: string; address: string | null; port: number | null; words: string }
  | { step: "no-path"; code: string; rule: string; words: string };

export interface SideTrace {
  side: Side;
  /** The pod whose policies were asked; null for an end that is no pod to policies. */
  pod: string | null;
  /** What each tier says, in the order in which they are asked. */
  tiers: TierTrace[];
  /** The policies that select the pod and speak of this direction, in order, with what each rule says. */
  policies: (PolicyRef & { rules: RuleTrace[] })[];
  /** Policies that select the pod and do not apply to this direction. */
  notBy: PolicyRef[];
  /** The parts of the deciding rule through which it matches: what to highlight. */
  deciding: Part[];
  /** The rule that comes nearest to allowing what is denied because the pod is isolated. */
  nearest: Nearest | null;
}

export type TierTrace =
  | { tier: Tier; outcome: "not-asked" | "no-policy" | "no-match" | "isolated" }
  | { tier: Tier; outcome: "passed" | "allowed" | "denied"; rule: RuleRef };

export interface RuleTrace {
  rule: RuleRef;
  action: "Allow" | "Deny" | "Pass";
  /** It holds something that is not known here: it matches nothing if it is to allow, else everything. */
  failsClosed: boolean;
  matches: boolean;
  peers: HalfTrace;
  traffic: HalfTrace;
}

/** One half of a rule: its peers, or its ports. */
export type HalfTrace =
  /** It names none, hence holds any. */
  | { outcome: "any" }
  | { outcome: "matched"; part: Part }
  | { outcome: "missed"; missed: Part[] };

export interface Nearest {
  rule: RuleRef;
  lacks: (Part & { message: string })[];
}

// ------------------------------------------------------------------------------------------------------- connectivity

/** Ranges of ports, both ends included, by protocol; a protocol without a port is left out. */
export type Ports = Partial<Record<"TCP" | "UDP" | "SCTP", [number, number][]>>;

/** Workloads by name, or addresses that are no pod's and no node's. */
export type Group = { workloads: string[] } | { cidrs: string[] };

/** Every pair of the two groups has these ports. */
export interface Connection {
  from: Group;
  to: Group;
  ports: Ports;
}

/** Who can reach whom: all of it, exactly, in entries that do not overlap. */
export interface Connections {
  workloads: string[];
  connections: Connection[];
}

/**
 * Who can reach whom, cell by cell: `ports[cells[rowOf[from] * columns + columnOf[to]]]` is what `ends[from]` reaches on
 * `ends[to]`. Ends with equal rows share one (`rowOf`), and likewise columns. What a workload reaches on itself, and
 * addresses on addresses, is not in it: such cells have no meaning.
 */
export interface Matrix {
  generation: number;
  ends: MatrixEnd[];
  rowOf: Uint32Array;
  columnOf: Uint32Array;
  rows: number;
  columns: number;
  cells: Uint32Array;
  ports: CellPorts[];
}

/** `name` is the workload's, as in `workloads()`, or the first range with how many more there are. */
export type MatrixEnd =
  | { kind: "workload"; name: string; namespace: string }
  | { kind: "outside"; name: string; cidrs: string[] };

export interface CellPorts {
  /** Nothing, every port of every protocol, or something between. */
  extent: "none" | "all" | "some";
  ports: Ports;
}

/** What changed since `pin()`. */
export interface Difference {
  added: Connection[];
  removed: Connection[];
}

// ------------------------------------------------------------------------------------------------ lint, tests, fixes

/** What a named check found. */
export interface Finding {
  /** The check's id in kebab-case. */
  code: string;
  severity: Severity;
  object: string | null;
  field: string;
  message: string;
  help: string;
  span: Span | null;
  /** Edits that remedy it, each by itself. */
  fixes: { title: string; edits: DocumentEdit[] }[];
}

/** What became of an assertion of a document `kind: PolicyTest`. */
export type AssertionResult = {
  name: string;
  /** Of the assertion in the text. */
  span: Span | null;
} & (
  | { status: "passed" }
  | { status: "failed"; message: string }
  | { status: "error"; code: string; message: string }
);

/** A change to the policies that brings a wanted verdict about; the best comes first. */
export interface Fix {
  /** In words, such as ``add port 5432 to `shop/db` spec.ingress[0]``. */
  title: string;
  edits: DocumentEdit[];
  /** Everything that it changes, what was wanted included. */
  changes: Difference;
}

// ------------------------------------------------------------------------------------------------------------ plugins

/** A network plugin. */
export interface Plugin {
  name: string;
  summary: string;
  /** The newest first. */
  versions: string[];
  options: { key: string; values: string[]; ownName: string }[];
  behaviours: Behaviour[];
}

/** Something that a plugin does otherwise than the specification says. */
export interface Behaviour {
  id: string;
  ideal: string;
  actual: string;
  source: string;
  confidence: string;
  /** Whether nobody knows what it does. */
  unknown: boolean;
}

/** What a plugin makes of a policy as it is written. */
export interface ReviewRow extends PolicyRef {
  profile: string;
  status: "enforced" | "partly" | "ignored" | "unknown";
  differences: (Part & { id: string; ideal: string; actual: string })[];
}

/** An option of the specification, with its values, the one that counts first told. */
export interface OptionInfo {
  key: string;
  value: string;
  values: string[];
}

// ---------------------------------------------------------------------------------------------------------- the session

/** Texts, and what they say of flows. `Portcullis` is one; `Client` is one in a worker, with promises. */
export interface Session {
  /** Puts these texts in place of all others. Texts keep their order. */
  load(documents: TextDocument[]): LoadResult;
  /** Puts a text in place of the one of that name, or adds it at the end. */
  setText(name: string, text: string): LoadResult;
  /** Changes a text; throws if there is none of that name, or a change lies outside of it. */
  edit(name: string, changes: TextChange[]): LoadResult;
  /** Removes a text; throws if there is none of that name. */
  remove(name: string): LoadResult;
  /** Takes other settings; throws if they name what is not there, and nothing has changed. */
  configure(settings: Settings): LoadResult;
  /** What the newest API server would say to the texts as they are. */
  validate(): Diagnostic[];
  /** The part of a text that a field of the object around it is, such as `spec.ingress[0].from[1]`; null if there is none. */
  locate(document: string, line: number, field: string): Span | null;

  namespaces(): NamespaceInfo[];
  nodes(): NodeInfo[];
  workloads(): WorkloadInfo[];
  services(): ServiceInfo[];
  policies(): PolicyInfo[];

  decide(question: Asked): Answer;
  why(question: Asked): Explanation;
  /** A line for each line, as `portcullis replay` reads and writes them. */
  replay(lines: string): string;

  list(): Connections;
  matrix(): Matrix;
  /** Keeps what is loaded, for `diff()`. */
  pin(): void;
  unpin(): void;
  /** Null where nothing is pinned. */
  diff(): Difference | null;

  /** What named checks find in the texts that answers are about; what loading said is not in it. */
  lint(): Finding[];
  /** In the order of the texts. */
  test(): AssertionResult[];
  /**
   * Changes that bring a verdict about, the one with the fewest side effects first; none where no small change does.
   * Throws if the question has no answer, all of it is as wanted already, or what decides is no policy.
   */
  fix(question: Question, expect: "allow" | "deny"): Fix[];

  plugins(): Plugin[];
  /** Policies × plugins; profiles are named as in settings. */
  review(profiles: string[]): ReviewRow[];
  /** One answer a profile, in the order given. */
  compare(question: Question, profiles: string[]): Answer[];
  options(): OptionInfo[];

  /** The compiled image, which `Image` and every other host reads. */
  image(): Uint8Array;
}

/** A compiled image, decided by address as dataplanes do. */
export interface Decider {
  readonly generation: number;
  /** Records of 40 bytes in, records of 16 bytes out; throws if the length is no multiple of 40. */
  decideBatch(packets: Uint8Array): Uint8Array;
}

// ------------------------------------------------------------------------------------------------------------ the worker

/** A call in a worker. */
export type WorkerRequest = {
  [M in keyof Session]: { id: number; method: M; arguments: Parameters<Session[M]> };
}[keyof Session];

/** What a worker posts: first that it is ready or cannot be, then one answer a request, in their order. */
export type WorkerResponse =
  | { kind: "ready"; version: string }
  | { kind: "broken"; message: string }
  /** The second part of the module is there, or cannot be loaded. */
  | { kind: "whole" }
  | { kind: "lacking"; message: string }
  /** The request that is next needs the second part of the module, which is on its way; until it is there, or cannot be. */
  | { kind: "waiting" }
  | { kind: "resumed" }
  | { kind: "result"; id: number; result: unknown }
  /** What a method threw. */
  | { kind: "refused"; id: number; message: string };

/** A session in a worker. */
export type AsyncSession = {
  [M in keyof Session]: (...parameters: Parameters<Session[M]>) => Promise<ReturnType<Session[M]>>;
};
