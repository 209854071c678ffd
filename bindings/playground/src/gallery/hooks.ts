/** The lessons in the order in which they teach, with a line each that makes curious. */
export const HOOKS: readonly (readonly [id: string, hook: string])[] = [
  ['stray-dash', 'One character lets a whole namespace in.'],
  ['other-namespace', 'Why Prometheus gets nothing.'],
  ['namespace-label', 'A namespace’s name is no label `name`.'],
  ['one-side-open', 'A connection needs both sides.'],
  ['service-port', 'Policies see the pod’s port.'],
  ['dns-forgotten', 'Every call fails before it begins.'],
  ['protocol-forgotten', 'Why names do not resolve.'],
  ['dash-before-ports', 'Everybody in, on that port.'],
  ['empty-from', 'Not nobody.'],
  ['empty-rule-or-empty-list', 'All, or nothing.'],
  ['policy-types-forgotten', 'Egress that stays open.'],
  ['policy-types-without-egress', 'They are ignored, quietly.'],
  ['except-is-no-deny', 'Policies add up.'],
  ['not-in-without-the-label', 'Pods nobody thought of.'],
];
