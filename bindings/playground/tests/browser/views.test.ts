/** Plugins, changes, tests, fixes and named checks. */
import type { Page } from 'playwright-core';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { ask, editorText, expectVerdict, openLesson, type Site, show, startSite, withPage } from './harness';

let site: Site;
beforeAll(async () => {
  site = await startSite();
});
afterAll(() => site.close());

test('plugins stand side by side, and choosing one asks it', () =>
  withPage(site, async page => {
    await expectVerdict(page, /cannot reach/);
    await show(page, 'Plugins');
    const row = (name: string) =>
      page.getByRole('row').filter({ has: page.getByRole('button', { name, exact: true }) });
    await row('The specification').getByText('denied').waitFor();
    await row('calico').getByText('denied').waitFor();
    await row('kubenet').getByText('allowed').waitFor();
    await row('kubenet').getByText('policy types').waitFor();
    await page.getByRole('button', { name: 'kubenet', exact: true }).press('Enter');
    await show(page, 'Answer');
    await expectVerdict(page, /✓.*can reach/);
    await page
      .getByRole('region', { name: 'The plugin' })
      .getByText(/The specification says: denied/)
      .waitFor();
    await page.getByLabel('Enforced by').selectOption('upstream');
    await expectVerdict(page, /✕.*cannot reach/);
  }));

/** Puts the cursor at the end of the first line that holds these words, and types. */
async function typeAfter(page: Page, words: string, typed: string): Promise<void> {
  await page.locator('.cm-line', { hasText: words }).first().click();
  await page.keyboard.press('End');
  await page.keyboard.type(typed);
}

test('a pinned version is compared with what is typed: connections, not lines', () =>
  withPage(site, async page => {
    await expectVerdict(page, /cannot reach/);
    await show(page, 'Changes');
    await page.getByRole('button', { name: 'Pin this version' }).press('Enter');
    await page.getByTestId('no-change').waitFor();
    await typeAfter(page, 'matchLabels: {app: db}', ' # as pinned');
    await page.getByTestId('no-change').waitFor();
    await typeAfter(page, 'port: postgres', '-other');
    const closed = page.getByRole('heading', { name: 'Closed' });
    await closed.waitFor();
    await page.getByRole('row', { name: /shop\/deployment\/api .*shop\/deployment\/db .*5432/ }).waitFor();
    expect(await page.getByRole('heading', { name: 'Opened' }).count()).toBe(0);
    await page.getByRole('tab', { name: /Changes\s*\+0 −1/ }).waitFor();
    await page.getByRole('button', { name: 'Back to the pinned one' }).click();
    await page.getByTestId('no-change').waitFor();
    expect(await editorText(page)).not.toContain('as pinned');
    await page.getByRole('button', { name: 'Unpin' }).press('Enter');
    await page.getByRole('button', { name: 'Pin this version' }).waitFor();
  }));

test('assertions are checked on every edit, beside the text and in a list that leads there', () =>
  withPage(site, async page => {
    await openLesson(page, 'A stray dash turns AND into OR');
    await page.getByRole('tab', { name: /^Tests\s*✕ 2/ }).waitFor();
    await show(page, 'Tests');
    await page.getByTestId('tests-sum').getByText('1 of 3 hold').waitFor();
    const failed = page.locator('.test-failed').first();
    await failed.getByRole('button').press('Enter');
    await page.getByRole('tab', { name: 'expected.yaml', selected: true }).waitFor();
    await expect
      .poll(() => page.locator('.mark-word').allTextContents())
      .toEqual(['✓ holds', '✕ does not hold', '✕ does not hold']);
    await page.getByRole('button', { name: 'Put it right' }).press('Enter');
    await page.getByTestId('tests-sum').getByText('3 of 3 hold').waitFor();
    await page.getByRole('tab', { name: /^Tests\s*✓ 3/ }).waitFor();
  }));

test('what is answered becomes an assertion, which fails once it is answered otherwise', () =>
  withPage(site, async page => {
    await ask(page, { from: 'shop/api', to: 'shop/db', port: '5432' });
    await expectVerdict(page, /✓/);
    await show(page, 'Tests');
    await page.getByText('Nothing is asserted yet').waitFor();
    await page.getByRole('button', { name: 'Assert that shop/api to shop/db is allowed' }).click();
    await page.getByTestId('tests-sum').getByText('1 of 1 hold').waitFor();
    await page.getByRole('tab', { name: 'tests.yaml', selected: true }).waitFor();
    await page.getByRole('tab', { name: 'policies.yaml' }).click();
    await typeAfter(page, 'port: postgres', '-other');
    await page.getByTestId('tests-sum').getByText('0 of 1 hold').waitFor();
    await page.getByText(/shop\/.*api.* -> shop\/.*db.*denied/).waitFor();
  }));

test('beside a denial stand the least changes that would allow it, with all else that they change', () =>
  withPage(site, async page => {
    await ask(page, { from: 'shop/web', to: 'shop/api', port: '9999' });
    await expectVerdict(page, /✕/);
    const fixes = page.getByRole('region', { name: 'Fix it' });
    await fixes.getByRole('button', { name: 'How could it be allowed?' }).click();
    const first = fixes.getByRole('listitem').first();
    await first.getByText(/opens 1, closes 0/).click();
    await first.getByRole('row', { name: /shop\/deployment\/web .*shop\/deployment\/api .*9999/ }).waitFor();
    await first.getByRole('button', { name: 'Apply' }).click();
    await expectVerdict(page, /✓\s*shop\/web can reach shop\/api on TCP 9999/);
    const text = await editorText(page);
    expect(text).toContain('9999');
    expect(text).toContain('# The web frontend calls the API and DNS, nothing else.');
    await page.locator('.cm-content').focus();
    await page.keyboard.press('Control+Z');
    await expectVerdict(page, /✕/);
    expect(await editorText(page)).not.toContain('9999');
  }));

test('what is allowed can be denied in the same way, by keyboard', () =>
  withPage(site, async page => {
    await ask(page, { from: 'shop/api', to: 'shop/db', port: '5432' });
    await expectVerdict(page, /✓/);
    const fixes = page.getByRole('region', { name: 'Fix it' });
    await fixes.getByRole('button', { name: 'How could it be denied?' }).press('Enter');
    await fixes.getByRole('button', { name: 'Apply' }).first().press('Enter');
    await expectVerdict(page, /✕\s*shop\/api cannot reach shop\/db/);
  }));

test('named checks stand in the line and in the list, with what remedies them', () =>
  withPage(site, async page => {
    await openLesson(page, 'A stray dash turns AND into OR');
    const problems = page.getByRole('region', { name: 'Problems' });
    const finding = problems.getByRole('listitem').filter({ hasText: 'stray-dash-peers' });
    await finding.getByText('two peers').waitFor();
    await page.locator('.cm-lint-marker-warning').first().waitFor();
    await page.getByRole('tab', { name: /policy\.yaml.*warning/ }).waitFor();
    await finding.getByRole('button', { name: 'policy.yaml:14' }).press('Enter');
    await expect.poll(() => page.locator('.cm-activeLine').textContent()).toContain('- podSelector:');
    await expectVerdict(page, /✓/);
    await finding.getByRole('button', { name: 'make one peer of the two' }).click();
    await expectVerdict(page, /✕/);
    await expect.poll(() => finding.count()).toBe(0);
    expect(await editorText(page)).toContain('      podSelector:');
    // In the text: the list of what is found there, by keyboard.
    await page.locator('.cm-content').focus();
    await page.keyboard.press('Control+Z');
    await expectVerdict(page, /✓/);
    await finding.waitFor();
    await page.keyboard.press('Control+Shift+M');
    await page.locator('.cm-panel-lint [aria-selected]').filter({ hasText: 'two peers' }).waitFor();
    await page.keyboard.press('m');
    await expectVerdict(page, /✕/);
  }));
