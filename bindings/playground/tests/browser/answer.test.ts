/** The question and its answer, by mouse and by keyboard. */

import type { Page } from 'playwright-core';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { ask, expectVerdict, type Site, settled, startSite, withPage } from './harness';

let site: Site;
beforeAll(async () => {
  site = await startSite();
});
afterAll(() => site.close());

/** Holds files back until they are asked for. */
async function holdBack(page: Page, files: string): Promise<() => void> {
  let send = () => {};
  const sent = new Promise<void>(resolve => {
    send = resolve;
  });
  await page.context().route(files, async route => {
    await sent;
    await route.continue();
  });
  return send;
}

test('the page is there before the engine is', () =>
  withPage(
    site,
    async page => {
      const send = await holdBack(page, '**/*.wasm');
      await page.reload({ waitUntil: 'commit' });
      await page.getByRole('form', { name: 'Question' }).waitFor();
      await page.getByText('The engine is on its way').waitFor();
      await page.locator('.cm-content').waitFor();
      send();
      await expectVerdict(page, /cannot reach/);
    },
    { serviceWorkers: 'block' },
  ));

test('a question is answered before all of the engine is there', () =>
  withPage(
    site,
    async page => {
      const send = await holdBack(page, '**/portcullis_web_rest*.wasm');
      await page.reload({ waitUntil: 'commit' });
      await expectVerdict(page, /✕\s*shop\/web cannot reach shop\/db/);
      await ask(page, { from: 'shop/api', to: 'shop/db', port: '5432' });
      await expectVerdict(page, /✓/);
      expect(await page.locator('main[data-whole="true"]').count()).toBe(0);
      send();
      await settled(page);
      await expectVerdict(page, /✓/);
    },
    { serviceWorkers: 'block' },
  ));

test('a first visit has an answer, the side that denies, and the line that comes nearest', () =>
  withPage(site, async page => {
    await expectVerdict(page, /✕\s*shop\/web cannot reach shop\/db on TCP 5432/);
    const egress = page.getByTestId('egress');
    await egress.getByText('✕ denied').waitFor();
    await egress.getByText('Nearest:').waitFor();
    await page.getByTestId('ingress').getByText('✕ denied').waitFor();
    await page.locator('.mark-line-near').first().waitFor();
    expect(await page.locator('.mark-word').allTextContents()).toContain('≈ nearest that lets it out');
    const steps = page.getByRole('region', { name: 'The way of the packet' }).getByRole('listitem');
    expect(await steps.count()).toBeGreaterThan(2);
  }));

test('what is allowed has its rule marked in the text, and the rule leads there', () =>
  withPage(site, async page => {
    await ask(page, { from: 'shop/api', to: 'shop/db', port: 'postgres' });
    await expectVerdict(page, /✓\s*shop\/api can reach shop\/db on TCP postgres/);
    await page.locator('.mark-line-allow').first().waitFor();
    await page.getByTestId('ingress').getByRole('button', { name: 'spec.ingress[0]' }).first().click();
    await expect.poll(() => page.evaluate(() => document.activeElement?.className)).toContain('cm-content');
    expect(await page.locator('.cm-activeLine').textContent()).toContain('from:');
  }));

test('the question is asked with the keyboard alone', () =>
  withPage(site, async page => {
    await expectVerdict(page, /cannot reach/);
    const from = page.getByRole('combobox', { name: 'From', exact: true });
    await from.focus();
    await page.keyboard.press('Control+A');
    await page.keyboard.type('shop/deployment/a');
    await page.keyboard.press('ArrowDown');
    await page.keyboard.press('Enter');
    await expect.poll(() => from.inputValue()).toMatch(/^shop\/(deployment\/)?api$/);
    await expectVerdict(page, /✓.*can reach/);
    await page.keyboard.press('Tab');
    await page.keyboard.press('Enter');
    await expectVerdict(page, /^.\s*shop\/db .* shop\/(deployment\/)?api/);
  }));

test('an edit is answered at once, and text with an error keeps the last answer and says so', () =>
  withPage(site, async page => {
    await expectVerdict(page, /cannot reach/);
    await ask(page, { from: 'shop/api', to: 'shop/db', port: '5432' });
    await expectVerdict(page, /✓/);
    await page.locator('.cm-line', { hasText: 'port: postgres' }).click();
    await page.keyboard.press('End');
    await page.keyboard.type('ql');
    await expectVerdict(page, /✕/);
    await page.keyboard.press('Control+Z');
    await page.keyboard.press('Control+Z');
    await expectVerdict(page, /✓/);
    await page.locator('.cm-line', { hasText: 'podSelector:' }).first().click();
    await page.keyboard.press('Home');
    await page.keyboard.type('{');
    await page.getByText(/Answers are of the text as it last was/).waitFor();
    await expectVerdict(page, /✓/);
    await page
      .getByRole('region', { name: 'Problems' })
      .getByText('error:')
      .first()
      .waitFor({ state: 'attached' });
  }));

test('an end that is not there is said, and is no verdict', () =>
  withPage(site, async page => {
    await ask(page, { from: 'shop/wbe', to: 'shop/db' });
    await page.getByRole('heading', { name: 'No answer yet' }).waitFor();
    expect(await page.getByTestId('verdict').count()).toBe(0);
  }));

test('Escape and Tab leave the editor', () =>
  withPage(site, async page => {
    await page.locator('.cm-content').click();
    await page.keyboard.press('Escape');
    await page.keyboard.press('Tab');
    await expect
      .poll(() => page.evaluate(() => document.activeElement?.closest('.cm-editor') === null))
      .toBe(true);
  }));
