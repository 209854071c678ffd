/** What other viewers were reported to draw wrongly, each drawn right: in the picture, in the matrix, in the answer. */
import type { Page } from 'playwright-core';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { ask, expectVerdict, importText, type Site, show, startSite, withPage } from './harness';

let site: Site;
beforeAll(async () => {
  site = await startSite();
});
afterAll(() => site.close());

const namespace = (name: string) => `apiVersion: v1
kind: Namespace
metadata: {name: ${name}}
---
`;
const pod = (place: string, labels: string, address?: string) => {
  const [namespace, name] = place.split('/');
  const status = address ? `status: {podIP: ${address}, hostIP: 10.9.0.1}\n` : '';
  return `apiVersion: v1
kind: Pod
metadata: {name: ${name}, namespace: ${namespace}, labels: {${labels}}}
${status}---
`;
};
const policy = (place: string, spec: string) => {
  const [namespace, name] = place.split('/');
  return `apiVersion: networking.k8s.io/v1
kind: NetworkPolicy
metadata: {name: ${name}, namespace: ${namespace}}
spec: ${spec}
---
`;
};
const DB = 'podSelector: {matchLabels: {app: db}}';
const WHOLE = 'every port';

interface Case {
  name: string;
  text: string;
  /** What cells say, from and to. */
  cells: [from: string, to: string, says: string][];
  /** What lines of the picture say. */
  lines?: string[];
  /** What no line of the picture may say. */
  without?: RegExp;
}

const CASES: Case[] = [
  {
    name: 'ports of one rule are not those of another (lens 8195)',
    text: [
      namespace('a'),
      pod('a/db', 'app: db'),
      pod('a/one', 'app: one'),
      pod('a/two', 'app: two'),
      policy(
        'a/db',
        `{${DB}, ingress: [
  {from: [{podSelector: {matchLabels: {app: one}}}], ports: [{port: 1111}]},
  {from: [{podSelector: {matchLabels: {app: two}}}], ports: [{port: 2222}]}]}`,
      ),
    ].join(''),
    cells: [
      ['a/one', 'a/db', '1111'],
      ['a/two', 'a/db', '2222'],
    ],
    lines: ['one reaches db: 1111', 'two reaches db: 2222'],
  },
  {
    name: 'namespace and pod of one peer are both wanted (kubectl-np-viewer 6, radar 1745)',
    text: [
      namespace('a'),
      namespace('b'),
      pod('a/db', 'app: db'),
      pod('a/api', 'app: api'),
      pod('b/api', 'app: api'),
      pod('b/blog', 'app: blog'),
      policy(
        'a/db',
        `{${DB}, ingress: [{from: [{namespaceSelector: {matchLabels: {kubernetes.io/metadata.name: b}},
  podSelector: {matchLabels: {app: api}}}]}]}`,
      ),
    ].join(''),
    cells: [
      ['b/api', 'a/db', WHOLE],
      ['b/blog', 'a/db', 'nothing'],
      ['a/api', 'a/db', 'nothing'],
    ],
    without: /^blog reaches db/,
  },
  {
    name: 'expressions of selectors are no "all pods" (radar 1745)',
    text: [
      namespace('a'),
      pod('a/db', 'app: db'),
      pod('a/web', 'app: web'),
      pod('a/old', 'app: web, retired: "yes"'),
      policy(
        'a/db',
        `{${DB}, ingress: [{from: [{podSelector: {matchExpressions: [
  {key: app, operator: In, values: [web]}, {key: retired, operator: DoesNotExist}]}}]}]}`,
      ),
    ].join(''),
    cells: [
      ['a/web', 'a/db', WHOLE],
      ['a/old', 'a/db', 'nothing'],
    ],
  },
  {
    name: 'a range of ports is a range (radar 1745)',
    text: [
      namespace('a'),
      pod('a/db', 'app: db'),
      pod('a/web', 'app: web'),
      policy('a/db', `{${DB}, ingress: [{ports: [{port: 32000, endPort: 32768}]}]}`),
    ].join(''),
    cells: [['a/web', 'a/db', '32000–32768']],
    lines: ['web reaches db: 32000–32768'],
  },
  {
    name: 'a policy without policyTypes isolates (radar 1745)',
    text: [namespace('a'), pod('a/db', 'app: db'), pod('a/web', 'app: web'), policy('a/db', `{${DB}}`)].join(
      '',
    ),
    cells: [
      ['a/web', 'a/db', 'nothing'],
      ['a/db', 'a/web', WHOLE],
    ],
    without: /reaches db/,
  },
  {
    name: 'policies of one name in two namespaces are two (netfetch 91)',
    text: [
      namespace('a'),
      namespace('b'),
      pod('a/db', 'app: db'),
      pod('b/db', 'app: db'),
      pod('a/web', 'app: web'),
      policy('a/db', `{${DB}, ingress: [{ports: [{port: 1111}]}]}`),
      policy('b/db', `{${DB}, ingress: [{ports: [{port: 2222}]}]}`),
    ].join(''),
    cells: [
      ['a/web', 'a/db', '1111'],
      ['a/web', 'b/db', '2222'],
    ],
  },
  {
    name: 'rules that deny leaving are drawn (cilium-cli 2392)',
    text: [
      namespace('a'),
      pod('a/db', 'app: db'),
      pod('a/web', 'app: web'),
      `apiVersion: policy.networking.k8s.io/v1alpha2
kind: ClusterNetworkPolicy
metadata: {name: no-db}
spec:
  tier: Admin
  priority: 10
  subject: {pods: {namespaceSelector: {}, podSelector: {matchLabels: {app: web}}}}
  egress:
  - {name: not-there, action: Deny, to: [{pods: {namespaceSelector: {}, podSelector: {matchLabels: {app: db}}}}]}
`,
    ].join(''),
    cells: [
      ['a/web', 'a/db', 'nothing'],
      ['a/db', 'a/web', WHOLE],
    ],
    without: /^web reaches db/,
  },
  {
    name: 'one open side is no connection (radar 1752)',
    text: [
      namespace('a'),
      pod('a/db', 'app: db'),
      pod('a/web', 'app: web'),
      policy('a/db', `{${DB}, ingress: []}`),
      policy('a/web', '{podSelector: {matchLabels: {app: web}}, policyTypes: [Egress], egress: [{}]}'),
    ].join(''),
    cells: [['a/web', 'a/db', 'nothing']],
    without: /^web reaches db/,
  },
];

/** What each line of the picture says to who cannot see it. */
async function lines(page: Page): Promise<string[]> {
  const labels = await page
    .locator('.react-flow__edge')
    .evaluateAll(edges => edges.map(edge => edge.getAttribute('aria-label') ?? ''));
  return labels.sort();
}

describe('drawn right:', () => {
  test.each(CASES)('$name', ({ text, cells, lines: wanted = [], without }) =>
    withPage(site, async page => {
      await importText(page, text);
      await show(page, 'Matrix');
      await page.getByRole('grid').waitFor();
      await page.getByLabel('Group who is alike').uncheck();
      for (const [from, to, says] of cells) {
        await page.getByRole('gridcell', { name: `${from} to ${to}: ${says}`, exact: true }).waitFor();
      }
      await show(page, 'Graph');
      await page.locator('.react-flow__node').first().waitFor();
      await page.locator('.react-flow__edge').first().waitFor({ state: 'attached' });
      const drawn = await lines(page);
      for (const line of wanted) expect(drawn).toContain(line);
      if (without) expect(drawn.filter(line => without.test(line))).toEqual([]);
      // The list and the picture are one.
      expect(await page.locator('.graph-list').locator('button').count()).toBe(drawn.length);
      const [[from, to, says] = ['', '', '']] = cells;
      const port = /^\d+/.exec(says)?.[0] ?? '80';
      await ask(page, { from, to, port });
      await show(page, 'Answer');
      await expectVerdict(page, says === 'nothing' ? /^✕/ : /^✓/);
    }),
  );

  test('what comes from a node is answered, and has its side (hubble-ui 1125)', () =>
    withPage(site, async page => {
      const nodes = ['10.9.0.1', '10.9.0.2'].map(
        (address, at) => `apiVersion: v1
kind: Node
metadata: {name: n${at}}
status: {addresses: [{type: InternalIP, address: ${address}}]}
---
`,
      );
      const objects = [
        namespace('a'),
        ...nodes,
        pod('a/db', 'app: db', '10.0.0.2').replace('status:', 'spec: {nodeName: n0}\nstatus:'),
        policy('a/db', `{${DB}}`),
      ];
      await importText(page, objects.join(''));
      await ask(page, { from: '10.9.0.2', to: 'a/db', port: '80' });
      await expectVerdict(page, /^✕\s*10\.9\.0\.2 cannot reach a\/db/);
      await page.getByTestId('ingress').getByText('✕ denied').waitFor();
      await ask(page, { from: '10.9.0.1', to: 'a/db', port: '80' });
      await expectVerdict(page, /^✓/);
      await page.getByTestId('ingress').getByText('own node is at the other end').waitFor();
    }));
});
