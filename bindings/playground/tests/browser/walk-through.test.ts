/** `docs/playground.md`, step by step, with the pictures that it shows. */
import { join } from 'node:path';
import type { Page } from 'playwright-core';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { ask, expectVerdict, type Site, settled, startSite, withPage } from './harness';
import { expectInDocs, fixFonts } from './pictures';

let site: Site;
beforeAll(async () => {
  site = await startSite();
});
afterAll(() => site.close());

const PASTED = `apiVersion: v1
kind: List
items:
- apiVersion: v1
  kind: Namespace
  metadata: {name: shop}
- apiVersion: v1
  kind: Pod
  metadata: {name: web, namespace: shop, labels: {app: web}}
  status: {podIP: 10.0.0.1, phase: Running}
- apiVersion: v1
  kind: Pod
  metadata: {name: db, namespace: shop, labels: {app: db}}
  spec: {containers: [{name: db, ports: [{name: postgres, containerPort: 5432}]}]}
  status: {podIP: 10.0.0.2, phase: Running}
- apiVersion: networking.k8s.io/v1
  kind: NetworkPolicy
  metadata: {name: db, namespace: shop}
  spec:
    podSelector: {matchLabels: {app: db}}
    ingress:
    - from:
      - podSelector: {matchLabels: {app: wbe}}
      ports: [{port: postgres}]
`;

const DOCS = join(import.meta.dirname, '../../../../docs/playground');

async function inDocs(page: Page, name: string): Promise<void> {
  await settled(page);
  await expectInDocs(page, join(DOCS, `${name}.png`));
}

test('from an empty page with pasted manifests to why web cannot reach db, and to where it can', () =>
  withPage(
    site,
    async page => {
      await fixFonts(page);
      const begun = Date.now();
      await page.getByRole('button', { name: 'Lessons' }).click();
      await page.getByRole('button', { name: /^Nothing/ }).click();
      await page.getByRole('heading', { name: 'Who wants to reach whom?' }).waitFor();
      await inDocs(page, '1-empty');
      await page.getByRole('button', { name: 'Import', exact: true }).click();
      await page.getByRole('textbox', { name: /^Paste YAML/ }).fill(PASTED);
      await inDocs(page, '2-paste');
      await page.getByRole('dialog').getByRole('button', { name: 'Import', exact: true }).click();
      await ask(page, { from: 'shop/web', to: 'shop/db', port: '5432' });
      await expectVerdict(page, /✕\s*shop\/web cannot reach shop\/db on TCP 5432/);
      await page.getByTestId('egress').getByText('✓ allowed').waitFor();
      const ingress = page.getByTestId('ingress');
      await ingress.getByText('✕ denied').waitFor();
      await ingress.getByText('Nearest:').waitFor();
      expect(await ingress.textContent()).toContain('app: wbe');
      await page.locator('.mark-line-near').first().waitFor();
      await inDocs(page, '3-denied');
      await page.locator('.cm-line', { hasText: 'app: wbe' }).click();
      await page.keyboard.press('End');
      for (let step = 0; step < '}}'.length; step += 1) await page.keyboard.press('ArrowLeft');
      await page.keyboard.press('Backspace');
      await page.keyboard.press('Backspace');
      await page.keyboard.type('eb');
      await expectVerdict(page, /✓\s*shop\/web can reach shop\/db on TCP 5432/);
      await page.locator('.mark-line-allow').first().waitFor();
      await inDocs(page, '4-allowed');
      expect(Date.now() - begun).toBeLessThan(60_000);
    },
    { viewport: { width: 1200, height: 720 } },
  ));
