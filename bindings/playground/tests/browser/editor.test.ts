/** The texts: tabs, problems, completion, hover. */
import type { Page } from 'playwright-core';
import { afterAll, beforeAll, expect, test, vi } from 'vitest';
import {
  editorText,
  expectVerdict,
  importText,
  open,
  type Site,
  settled,
  startSite,
  withPage,
} from './harness';

let site: Site;
beforeAll(async () => {
  site = await startSite();
});
afterAll(() => site.close());

const BROKEN = `apiVersion: networking.k8s.io/v1
kind: NetworkPolicy
metadata: {name: db, namespace: shop}
spec:
  podSelector: {}
  ingress:
  - from:
    - ipBlock: {cidr: 10.0.0.300/8}
`;

test('what is wrong stands in the line and in the list, and the list leads there', () =>
  withPage(site, async page => {
    await importText(page, BROKEN);
    const problems = page.getByRole('region', { name: 'Problems' });
    await problems.getByText(/^1 error/).waitFor();
    await page.getByRole('tab', { name: /pasted\.yaml.*1 error/ }).waitFor();
    await page.locator('.cm-lint-marker-error').waitFor();
    await problems.getByRole('button', { name: 'pasted.yaml:8' }).press('Enter');
    await expect.poll(() => page.evaluate(() => document.activeElement?.className)).toContain('cm-content');
    expect(await page.locator('.cm-activeLine').textContent()).toContain('10.0.0.300/8');
    await page.keyboard.press('Control+Shift+M');
    await page.locator('.cm-panel-lint').waitFor();
  }));

test('fields and values are completed from the schema, by keyboard', () =>
  withPage(site, async page => {
    await importText(page, `${BROKEN.slice(0, BROKEN.indexOf('  ingress:'))}  \n`);
    const content = page.locator('.cm-content');
    await content.focus();
    await page.keyboard.press('Control+End');
    await page.keyboard.press('ArrowUp');
    await page.keyboard.press('End');
    await page.keyboard.type('pol', { delay: 30 });
    await page.getByRole('option', { name: /policyTypes/ }).waitFor();
    // A list that has only just opened is not taken for the one that was meant.
    await page.waitForTimeout(150);
    await page.keyboard.press('Enter');
    await expect.poll(() => editorText(page)).toContain('  policyTypes:');
    await page.keyboard.press('Control+Home');
    await page.keyboard.press('Control+End');
    await page.keyboard.type('---\nkind: Net', { delay: 30 });
    await page
      .getByRole('option', { name: /NetworkPolicy/ })
      .first()
      .waitFor();
  }));

/** Rests the pointer on a field until its help is there: the text may scroll to what an answer rests on meanwhile. */
async function restOn(page: Page, field: string, help: string): Promise<void> {
  const word = page.locator('.cm-line span', { hasText: new RegExp(`^${field}$`) }).first();
  const rest = async () => {
    await page.mouse.move(0, 0);
    await word.hover({ timeout: 3_000 });
    await page.locator('.cm-schema-help', { hasText: help }).waitFor({ timeout: 3_000 });
  };
  await vi.waitFor(rest, { timeout: 30_000 });
}

test('a field says what it is about, where the pointer rests', () =>
  withPage(site, async page => {
    await expectVerdict(page, /cannot reach/);
    await restOn(page, 'policyTypes', 'The directions that it closes.');
  }));

test('a field that is scrolled under a pointer that rests says what it is about', () =>
  withPage(
    site,
    async page => {
      await expectVerdict(page, /cannot reach/);
      await settled(page);
      await restOn(page, 'policyTypes', 'The directions that it closes.');
      await page.locator('.cm-scroller').evaluate(scroller => {
        const { height } = scroller.querySelector('.cm-line')?.getBoundingClientRect() ?? { height: 0 };
        scroller.scrollBy({ top: height, behavior: 'instant' });
      });
      await page.locator('.cm-schema-help', { hasText: 'Flows to the pods that are let in.' }).waitFor();
    },
    { viewport: { width: 1440, height: 600 } },
  ));

test('texts are tabs: chosen with arrows, added, removed', async () => {
  const opened = await open(site);
  const { page } = opened;
  try {
    await expectVerdict(page, /cannot reach/);
    await page.getByRole('tab', { name: 'policies.yaml' }).focus();
    await page.keyboard.press('ArrowRight');
    await page.getByRole('tab', { name: 'cluster.yaml', selected: true }).waitFor();
    await expect.poll(() => editorText(page)).toContain('kind: Deployment');
    await page.getByRole('button', { name: 'New text' }).click();
    await page.getByRole('tab', { name: 'manifests.yaml', selected: true }).waitFor();
    await page.locator('.cm-content').focus();
    await page.keyboard.type('kind: Namespace');
    await page.getByRole('tab', { name: 'policies.yaml' }).click();
    await page.getByRole('tab', { name: /manifests\.yaml/ }).click();
    expect(await editorText(page)).toContain('kind: Namespace');
    page.removeAllListeners('dialog');
    page.once('dialog', dialog => dialog.accept());
    await page.getByRole('button', { name: 'Remove manifests.yaml' }).click();
    await expect.poll(() => page.getByRole('tab', { name: /manifests\.yaml/ }).count()).toBe(0);
    expect(opened.surprises).toEqual([]);
  } finally {
    await opened.close();
  }
});
