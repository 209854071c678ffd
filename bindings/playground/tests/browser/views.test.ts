/** Plugins, changes, tests and fixes. */
import { afterAll, beforeAll, test } from 'vitest';
import { expectVerdict, type Site, show, startSite, withPage } from './harness';

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
