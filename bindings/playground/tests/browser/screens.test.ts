/** Every screen in light, dark and forced colours: axe finds nothing, it looks as it did, and 320 pixels do not cut it off. */

import { readFileSync } from 'node:fs';
import { createRequire } from 'node:module';
import type { Page } from 'playwright-core';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import {
  ask,
  expectVerdict,
  importText,
  openLesson,
  type Site,
  settled,
  show,
  startSite,
  withPage,
} from './harness';
import { expectPicture, fixFonts } from './pictures';

let site: Site;
beforeAll(async () => {
  site = await startSite();
});
afterAll(() => site.close());

const AXE = readFileSync(createRequire(import.meta.url).resolve('axe-core/axe.min.js'), 'utf8');

const button = (name: string) => (page: Page) =>
  page.getByRole('button', { name, exact: true }).first().click();

const BROKEN = `apiVersion: networking.k8s.io/v1
kind: NetworkPolicy
metadata: {name: db, namespace: shop}
spec:
  podSelector: {}
  ingres: []
  ingress:
  - from:
    - ipBlock: {cidr: 10.0.0.300/8}
`;

const SCREENS: [string, (page: Page) => Promise<unknown>][] = [
  ['the answer', async () => {}],
  ['an empty page', page => chosen(page, /^Nothing/, page.getByText('Who wants to reach whom?'))],
  ['the lessons', button('Lessons')],
  ['the import', button('Import')],
  ['the link', button('Share')],
  [
    'a lesson',
    async page => {
      await openLesson(page, 'A stray dash turns AND into OR');
      await expectVerdict(page, /✓/);
      await page.getByText('stray-dash-peers').waitFor();
    },
  ],
  [
    'a service with several paths',
    async page => {
      await chosen(page, /^Tour/, page.getByRole('region', { name: 'Tour' }));
      for (let step = 0; step < 3; step += 1) await button('Next')(page);
      await expectVerdict(page, /◐/);
    },
  ],
  [
    'tiers',
    async page => {
      await importText(page, TIERS);
      await ask(page, { from: 'shop/web', to: 'shop/db', port: '5432' });
      await expectVerdict(page, /✕/);
      await page
        .getByRole('list', { name: /^Tiers/ })
        .first()
        .waitFor();
    },
  ],
  [
    'errors',
    async page => {
      await importText(page, BROKEN);
      await page
        .getByRole('region', { name: 'Problems' })
        .getByText(/^\d errors?/)
        .waitFor();
    },
  ],
  ['an open list of ends', async page => page.getByRole('combobox', { name: 'From', exact: true }).click()],
  [
    'fixes',
    async page => {
      await button('How could it be allowed?')(page);
      await page.getByRole('button', { name: 'Apply' }).first().waitFor();
      await page
        .getByText(/^opens \d/)
        .first()
        .click();
    },
  ],
  ['the matrix', page => viewed(page, 'Matrix', page.getByRole('grid'))],
  [
    'the picture',
    async page => {
      await viewed(page, 'Graph', page.locator('.react-flow__edge').first());
      await page.getByText('Change who reaches whom').click();
      await page.getByText('The picture as a list').click();
    },
  ],
  ['plugins', page => viewed(page, 'Plugins', page.getByText('This question, by plugin'))],
  [
    'changes',
    async page => {
      await viewed(page, 'Changes', page.getByRole('button', { name: 'Pin this version' }));
      await button('Pin this version')(page);
      await page.locator('.cm-line', { hasText: 'port: postgres' }).first().click();
      await page.keyboard.press('End');
      await page.keyboard.type('-other');
      await page.getByRole('heading', { name: 'Closed' }).waitFor();
      await page.getByRole('tab', { name: 'Changes' }).focus();
    },
  ],
  [
    'tests',
    async page => {
      await openLesson(page, 'A stray dash turns AND into OR');
      await viewed(page, 'Tests', page.getByText('1 of 3 hold'));
      await page.getByRole('tab', { name: 'expected.yaml' }).click();
      await page.locator('.mark-word-deny').first().waitFor();
    },
  ],
];

const TIERS = `apiVersion: v1
kind: Namespace
metadata: {name: shop}
---
apiVersion: v1
kind: Pod
metadata: {name: web, namespace: shop, labels: {app: web}}
---
apiVersion: v1
kind: Pod
metadata: {name: db, namespace: shop, labels: {app: db}}
---
apiVersion: policy.networking.k8s.io/v1alpha2
kind: ClusterNetworkPolicy
metadata: {name: guard}
spec:
  tier: Admin
  priority: 10
  subject: {namespaces: {}}
  ingress:
  - {name: to-teams, action: Pass, from: [{namespaces: {}}]}
---
apiVersion: policy.networking.k8s.io/v1alpha2
kind: ClusterNetworkPolicy
metadata: {name: closed}
spec:
  tier: Baseline
  priority: 10
  subject: {namespaces: {}}
  ingress:
  - {name: nobody, action: Deny, from: [{namespaces: {}}]}
`;

async function viewed(page: Page, view: string, sign: { waitFor(): Promise<void> }): Promise<void> {
  await show(page, view);
  await sign.waitFor();
}

async function chosen(page: Page, entry: RegExp, sign: { waitFor(): Promise<void> }): Promise<void> {
  await button('Lessons')(page);
  await page.getByRole('button', { name: entry }).click();
  await sign.waitFor();
}

interface Violation {
  id: string;
  nodes: { target: unknown; failureSummary?: string }[];
}

/**
 * Rules that do not count on a screen. While a list of ends is open, the rest is hidden from screen readers, and stays
 * focusable: leaving the field closes the list, and all is there again.
 */
const EXEMPT: Record<string, string[]> = { 'an open list of ends': ['aria-hidden-focus'] };

async function violations(page: Page, name: string): Promise<string[]> {
  const found = await page.evaluate(async () => {
    const { axe } = window as unknown as {
      axe: { run(options: object): Promise<{ violations: Violation[] }> };
    };
    return (await axe.run({ runOnly: ['wcag2a', 'wcag2aa', 'wcag21a', 'wcag21aa', 'wcag22aa'] })).violations;
  });
  return found
    .filter(({ id }) => !EXEMPT[name]?.includes(id))
    .flatMap(({ id, nodes }) =>
      nodes.map(({ target, failureSummary }) => `${id}: ${JSON.stringify(target)} ${failureSummary ?? ''}`),
    );
}

const LOOKS = [
  ['light', { colorScheme: 'light', forcedColors: 'none' }],
  ['dark', { colorScheme: 'dark', forcedColors: 'none' }],
  ['forced colours', { colorScheme: 'dark', forcedColors: 'active' }],
] as const;

/** How far parts are scrolled hangs on what came first. */
async function toTop(page: Page): Promise<void> {
  await page.evaluate(() => {
    for (const part of document.querySelectorAll('.cm-scroller, .results, html')) part.scrollTop = 0;
  });
  await page.waitForTimeout(100);
}

const NARROW = { width: 320, height: 640 };

describe('axe finds nothing, it looks as it did, and 320 pixels are enough:', () => {
  test.each(SCREENS)('%s', (name, go) =>
    withPage(
      site,
      async page => {
        const file = name.replaceAll(' ', '-');
        await fixFonts(page);
        await expectVerdict(page, /cannot reach/);
        await page.locator('.cm-content').waitFor();
        await settled(page);
        await go(page);
        await settled(page);
        await page.evaluate(AXE);
        for (const [look, media] of LOOKS) {
          await page.emulateMedia(media);
          await page.waitForTimeout(100);
          await toTop(page);
          expect(await violations(page, name), look).toEqual([]);
          await expectPicture(page, `${file}-${look.replaceAll(' ', '-')}`);
        }
        await page.emulateMedia({ colorScheme: 'light', forcedColors: 'none' });
        await page.setViewportSize(NARROW);
        await page.waitForTimeout(200);
        const widths = await page.evaluate(() => [document.documentElement.scrollWidth, innerWidth]);
        expect(widths[0]).toBeLessThanOrEqual(widths[1] ?? 0);
        expect(await violations(page, name), 'narrow').toEqual([]);
        await toTop(page);
        await expectPicture(page, `${file}-narrow`);
      },
      { viewport: { width: 1280, height: 800 }, reducedMotion: 'reduce' },
    ),
  );
});
