/** The picture, by mouse, by keyboard and as a list; and changes that are made in it. */
import type { Page } from 'playwright-core';
import { afterAll, beforeAll, expect, test, vi } from 'vitest';
import { editorText, expectVerdict, type Site, show, startSite, withPage } from './harness';

let site: Site;
beforeAll(async () => {
  site = await startSite();
});
afterAll(() => site.close());

async function opened(page: Page): Promise<void> {
  await expectVerdict(page, /cannot reach/);
  await show(page, 'Graph');
  await page.getByRole('group', { name: /^Who reaches whom: \d+ groups, \d+ connections/ }).waitFor();
  await page.locator('.react-flow__edge').first().waitFor();
}

const line = (page: Page, name: string) => page.getByRole('button', { name, exact: true });

test('a line asks its question, by mouse and by keyboard', () =>
  withPage(site, async page => {
    await opened(page);
    await line(page, 'api reaches db: 5432').press('Enter');
    await expectVerdict(page, /✓\s*shop\/deployment\/api can reach shop\/deployment\/db on TCP 5432/);
    await show(page, 'Graph');
    await page.locator('.line-words', { hasText: /^5432$/ }).click();
    await page.getByRole('tab', { name: 'Answer', selected: true }).waitFor();
  }));

test('lines and boxes are reached with Tab', () =>
  withPage(site, async page => {
    await opened(page);
    const seen = new Set<string>();
    await page.getByRole('tab', { name: 'Graph' }).focus();
    for (let step = 0; step < 40; step += 1) {
      await page.keyboard.press('Tab');
      const label = await page.evaluate(() =>
        document.activeElement?.closest('.react-flow')
          ? document.activeElement.getAttribute('aria-label')
          : null,
      );
      if (label) seen.add(label);
    }
    expect([...seen]).toContain('api reaches db: 5432');
    expect([...seen]).toContain('shop: db');
  }));

test('the list has what the picture has', () =>
  withPage(site, async page => {
    await opened(page);
    await page.getByText('The picture as a list').click();
    const list = page.locator('.graph-list').getByRole('button');
    const lines = page.locator('.react-flow__edge');
    await expect.poll(async () => (await list.count()) - (await lines.count())).toBe(0);
    await list.filter({ hasText: 'reaches shop/db: 5432' }).first().press('Enter');
    await expectVerdict(page, /✓.*can reach shop\/deployment\/db on TCP 5432/);
  }));

test('a line that is drawn is a question, and its fix a small change of the text that can be undone', () =>
  withPage(site, async page => {
    await opened(page);
    const before = await editorText(page);
    const handle = (name: string, kind: string) =>
      page.locator(`.react-flow__node[aria-label="shop: ${name}"] .react-flow__handle.${kind}`);
    const verdict = page.getByTestId('change-verdict').getByText(/cannot reach .*db on TCP 5432/);
    // Boxes that are measured anew move under the pointer.
    await vi.waitFor(
      async () => {
        await handle('web', 'source').dragTo(handle('db', 'target'), { force: true });
        await verdict.waitFor({ timeout: 4_000 });
      },
      { timeout: 30_000 },
    );
    const fixes = page.locator('.change').getByRole('region', { name: 'Fix it' });
    await fixes.getByRole('button', { name: 'How could it be allowed?' }).click();
    await fixes.getByRole('button', { name: 'Apply' }).first().click();
    await line(page, 'web reaches db: 5432').waitFor({ state: 'attached' });
    const after = await editorText(page);
    expect(after.split('\n').length - before.split('\n').length).toBeLessThan(16);
    for (const kept of ['# Only the API may reach the database.', 'matchLabels: {app: api}'])
      expect(after).toContain(kept);
    await page.locator('.cm-content').focus();
    await page.keyboard.press('Control+Z');
    await expect.poll(() => line(page, 'web reaches db: 5432').count()).toBe(0);
  }));

test('the same change is made with the keyboard alone', () =>
  withPage(site, async page => {
    await opened(page);
    await page.getByText('Change who reaches whom').focus();
    await page.keyboard.press('Enter');
    await page.getByLabel('Source').selectOption('shop/deployment/web');
    await page.getByLabel('Destination').selectOption('shop/deployment/db');
    await page.getByLabel('On port').fill('5432');
    const fixes = page.locator('.change').getByRole('region', { name: 'Fix it' });
    await fixes.getByRole('button', { name: 'How could it be allowed?' }).press('Enter');
    await fixes.getByRole('button', { name: 'Apply' }).first().press('Enter');
    await line(page, 'web reaches db: 5432').waitFor({ state: 'attached' });
  }));
