/** The matrix, by mouse and by keyboard. */
import type { Page } from 'playwright-core';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { expectVerdict, importText, type Site, show, startSite, withPage } from './harness';

let site: Site;
beforeAll(async () => {
  site = await startSite();
});
afterAll(() => site.close());

const cell = (page: Page, name: string | RegExp) => page.getByRole('gridcell', { name });

async function opened(page: Page): Promise<void> {
  await expectVerdict(page, /cannot reach/);
  await show(page, 'Matrix');
  await page.getByRole('grid', { name: 'Who reaches whom' }).waitFor();
}

test('each cell says what passes, and asks its question', () =>
  withPage(site, async page => {
    await opened(page);
    await page
      .getByTestId('matrix-sum')
      .getByText(/^3 workloads and 2 ranges outside/)
      .waitFor();
    await cell(page, 'shop/web to shop/db: nothing').waitFor();
    await cell(page, 'shop/web to shop/web: says nothing').waitFor();
    await cell(page, 'shop/api to shop/db: 5432').click();
    await page.getByRole('tab', { name: 'Answer', selected: true }).waitFor();
    await expectVerdict(page, /✓\s*shop\/deployment\/api can reach shop\/deployment\/db on TCP 5432/);
  }));

test('arrows go from cell to cell, and Enter asks', () =>
  withPage(site, async page => {
    await opened(page);
    const focused = () => page.evaluate(() => document.activeElement?.getAttribute('aria-label') ?? '');
    await page.locator('td[role=gridcell][tabindex="0"]').focus();
    await page.keyboard.press('Control+Home');
    const first = await focused();
    await page.keyboard.press('ArrowRight');
    await page.keyboard.press('ArrowDown');
    expect(await focused()).not.toBe(first);
    await page.keyboard.press('Control+Home');
    expect(await focused()).toBe(first);
    const wanted = 'shop/api to shop/db: 5432';
    for (let row = 0; row < 5 && (await focused()) !== wanted; row += 1) {
      await page.keyboard.press('Home');
      for (let column = 0; column < 5 && (await focused()) !== wanted; column += 1) {
        await page.keyboard.press('ArrowRight');
      }
      if ((await focused()) !== wanted) await page.keyboard.press('ArrowDown');
    }
    expect(await focused()).toBe(wanted);
    await page.keyboard.press('Enter');
    await expectVerdict(page, /✓\s*shop\/deployment\/api can reach/);
  }));

test('rows, columns and a port are filtered, and who is alike is one', () =>
  withPage(site, async page => {
    await opened(page);
    const rows = () => page.getByRole('rowheader').count();
    expect(await rows()).toBeGreaterThan(2);
    await page.getByLabel('Rows, from').fill('web');
    await expect.poll(rows).toBe(1);
    await page.getByLabel('Columns, to').fill('api');
    await cell(page, 'shop/web to shop/api: 53, 8081; UDP 53').waitFor();
    await page.locator('.matrix-filters').getByLabel('Port').fill('8081');
    await cell(page, 'shop/web to shop/api: reaches port 8081').waitFor();
    await page.locator('.matrix-filters').getByLabel('Port').fill('80');
    await cell(page, 'shop/web to shop/api: does not reach port 80').waitFor();
    await page.getByLabel('Rows, from').fill('');
    const grouped = await rows();
    await page.getByLabel('Group who is alike').uncheck();
    await expect.poll(rows).toBeGreaterThan(grouped);
  }));

test('of a large matrix only what is seen is made, and the last cell is reached by keyboard', () =>
  withPage(site, async page => {
    const pods = Array.from({ length: 300 }, (_, at) => {
      const labels = `{app: w${at}}`;
      return `apiVersion: v1
kind: Pod
metadata: {name: w${at}, namespace: a, labels: ${labels}}
---
apiVersion: networking.k8s.io/v1
kind: NetworkPolicy
metadata: {name: w${at}, namespace: a}
spec: {podSelector: {matchLabels: ${labels}}, ingress: [{ports: [{port: ${1000 + at}}]}]}
`;
    });
    await expectVerdict(page, /cannot reach/);
    await importText(page, pods.join('---\n'));
    await show(page, 'Matrix');
    await page
      .getByTestId('matrix-sum')
      .getByText(/^300 workloads/)
      .waitFor();
    await page.getByLabel('Group who is alike').uncheck();
    await expect.poll(() => page.getByRole('grid').getAttribute('aria-rowcount')).toBe('303');
    expect(await page.getByRole('gridcell').count()).toBeLessThan(2500);
    await page.locator('td[role=gridcell][tabindex="0"]').focus();
    await page.keyboard.press('Control+End');
    await expect
      .poll(() => page.evaluate(() => document.activeElement?.getAttribute('data-at')))
      .toBe('301 301');
  }));
