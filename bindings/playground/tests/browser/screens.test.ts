/** Every screen in light, dark and forced colours: nothing that axe finds, nothing that 320 pixels cut off. */

import { readFileSync } from 'node:fs';
import { createRequire } from 'node:module';
import type { Page } from 'playwright-core';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { expectVerdict, type Site, show, startSite, withPage } from './harness';

let site: Site;
beforeAll(async () => {
  site = await startSite();
});
afterAll(() => site.close());

const AXE = readFileSync(createRequire(import.meta.url).resolve('axe-core/axe.min.js'), 'utf8');

const button = (name: string) => (page: Page) =>
  page.getByRole('button', { name, exact: true }).first().click();

const SCREENS: [string, (page: Page) => Promise<void>][] = [
  ['the answer', async () => {}],
  ['the lessons', button('Lessons')],
  ['the import', button('Import')],
  ['the link', button('Share')],
  [
    'a lesson',
    async page => {
      await button('Lessons')(page);
      await page.getByRole('button', { name: /^A stray dash/ }).click();
      await page.getByRole('region', { name: 'Lesson' }).waitFor();
      await expectVerdict(page, /✓/);
    },
  ],
  [
    'a service with several paths',
    async page => {
      await button('Lessons')(page);
      await page.getByRole('button', { name: /^Tour/ }).click();
      for (let step = 0; step < 3; step += 1) await button('Next')(page);
      await expectVerdict(page, /◐/);
    },
  ],
  ['an open list of ends', async page => page.getByRole('combobox', { name: 'From', exact: true }).click()],
  ['plugins', page => viewed(page, 'Plugins', page.getByText('This question, by plugin'))],
];

async function viewed(page: Page, view: string, sign: { waitFor(): Promise<void> }): Promise<void> {
  await show(page, view);
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
  await page.evaluate(AXE);
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
  ['light', { colorScheme: 'light' }],
  ['dark', { colorScheme: 'dark' }],
  ['forced colours', { colorScheme: 'dark', forcedColors: 'active' }],
] as const;

describe.each(LOOKS)('in %s, axe finds nothing on', (_, look) => {
  test.each(SCREENS)('%s', (name, go) =>
    withPage(
      site,
      async page => {
        await expectVerdict(page, /cannot reach/);
        await page.locator('.cm-content').waitFor();
        await go(page);
        await page.waitForTimeout(150);
        expect(await violations(page, name)).toEqual([]);
      },
      { ...look, reducedMotion: 'reduce' },
    ),
  );
});

describe('320 pixels are enough for', () => {
  test.each(SCREENS)('%s', (_name, go) =>
    withPage(
      site,
      async page => {
        await expectVerdict(page, /cannot reach/);
        await go(page);
        const widths = await page.evaluate(() => [document.documentElement.scrollWidth, innerWidth]);
        expect(widths[0]).toBeLessThanOrEqual(widths[1] ?? 0);
      },
      { viewport: { width: 320, height: 640 } },
    ),
  );
});
