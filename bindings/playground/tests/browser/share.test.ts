/** In and out: paste, drop, links, Markdown, files; and links that somebody made to do harm. */
import { deflateRawSync } from 'node:zlib';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { ask, editorText, expectVerdict, open, type Site, startSite, withPage } from './harness';

let site: Site;
beforeAll(async () => {
  site = await startSite();
});
afterAll(() => site.close());

test('files are dropped anywhere, and what the API server wrote for itself is left out', () =>
  withPage(site, async page => {
    await expectVerdict(page, /cannot reach/);
    const transfer = await page.evaluateHandle(() => {
      const files = new DataTransfer();
      const text =
        'kind: Namespace\napiVersion: v1\nmetadata:\n  managedFields:\n  - manager: kubectl\n  name: dropped\n';
      files.items.add(new File([text], 'dropped.yaml'));
      files.items.add(new File(['MZ'], 'virus.exe'));
      return files;
    });
    await page.dispatchEvent('.results', 'dragover', { dataTransfer: transfer });
    await page.locator('.drop-over').waitFor();
    await page.dispatchEvent('.results', 'drop', { dataTransfer: transfer });
    await page.getByRole('tab', { name: 'dropped.yaml', selected: true }).waitFor();
    expect(await editorText(page)).not.toContain('managedFields');
    expect(await page.getByRole('tab', { name: 'virus.exe' }).count()).toBe(0);
  }));

test('a link opens what it was made of, in another browser', () =>
  withPage(site, async page => {
    await ask(page, { from: 'shop/api', to: 'shop/db', port: '5432' });
    await expectVerdict(page, /✓/);
    await page.getByRole('button', { name: 'Share' }).press('Enter');
    const dialog = page.getByRole('dialog', { name: 'Share' });
    await dialog.getByText('All texts are in the link.').waitFor();
    await dialog.getByRole('button', { name: 'Copy link' }).click();
    await dialog.getByText('Link copied').waitFor();
    const link = await page.evaluate(() => navigator.clipboard.readText());
    expect(link).toContain('/#v1.');
    const { hash } = new URL(link);
    await withPage(site, other => expectVerdict(other, /✓\s*shop\/api can reach shop\/db on TCP 5432/), {
      hash,
    });
  }));

test('Markdown has the verdict, both sides, the link and the texts', () =>
  withPage(site, async page => {
    await expectVerdict(page, /cannot reach/);
    await page.getByRole('button', { name: 'Share' }).click();
    await page.getByRole('button', { name: 'Copy as Markdown' }).click();
    await page.getByText('Markdown copied').waitFor();
    const text = await page.evaluate(() => navigator.clipboard.readText());
    expect(text).toMatch(/^\*\*denied\*\*: shop\/web cannot reach shop\/db on TCP 5432/);
    expect(text).toContain('- egress: denied.');
    expect(text).toContain('- ingress: denied.');
    expect(text).toContain('/#v1.');
    expect(text).toContain('```yaml\n# Only the API may reach the database.');
  }));

test('the texts come as a file that can be read back', () =>
  withPage(site, async page => {
    await page.getByRole('button', { name: 'Share' }).click();
    const [file] = await Promise.all([
      page.waitForEvent('download'),
      page.getByRole('button', { name: 'Download YAML' }).click(),
    ]);
    expect(file.suggestedFilename()).toBe('manifests.yaml');
  }));

test('the site works without a network once it was there', () =>
  withPage(site, async page => {
    await page.evaluate(() => navigator.serviceWorker.ready);
    await page.reload();
    await expectVerdict(page, /cannot reach/);
    await page.context().setOffline(true);
    await page.reload();
    await expectVerdict(page, /cannot reach/);
    await page.getByRole('button', { name: 'Lessons' }).click();
    await page.getByRole('dialog').waitFor();
  }));

test('manifests that `portcullis playground -f` gives to the page are in it', () =>
  withPage(site, async page => {
    await expectVerdict(page, /cannot reach/);
    const texts = [
      { name: 'a/namespace.yaml', text: 'apiVersion: v1\nkind: Namespace\nmetadata: {name: given}\n' },
      {
        name: 'a/policy.yaml',
        text: 'apiVersion: networking.k8s.io/v1\nkind: NetworkPolicy\nmetadata: {name: p, namespace: given}\nspec: {podSelector: {}}\n',
      },
    ];
    const context = page.context();
    await context.route('**/manifests.json?7', route => route.fulfill({ json: { documents: texts } }));
    await context.route(site.url, async route => {
      const page = await (await route.fetch()).text();
      const told = '<meta name="portcullis-manifests" content="./manifests.json?7" />';
      await route.fulfill({
        body: page.replace('</head>', `${told}</head>`),
        contentType: 'text/html; charset=utf-8',
      });
    });
    const served = await context.newPage();
    await served.goto(site.url);
    await served.getByRole('tab', { name: 'a/policy.yaml', selected: true }).waitFor();
    await served.getByRole('tab', { name: 'a/namespace.yaml' }).waitFor();
    await expect.poll(() => editorText(served)).toContain('namespace: given');
  }));

test('the work outlives a reload', () =>
  withPage(site, async page => {
    await ask(page, { from: 'shop/api', to: 'shop/db', port: '5432' });
    await expectVerdict(page, /✓/);
    const kept = () => page.evaluate(() => JSON.stringify({ ...sessionStorage }));
    await expect.poll(kept).toContain('shop/api');
    await page.reload();
    await expectVerdict(page, /✓\s*shop\/api can reach shop\/db/);
  }));

const packed = (content: unknown) => `#v1.${deflateRawSync(JSON.stringify(content)).toString('base64url')}`;
const SCRIPT = '<img src=x onerror="window.hacked=1"><script>window.hacked=1</script>';

describe('a hostile link', () => {
  const cases: [string, string, RegExp | null][] = [
    ['that is damaged is refused', '#v1.AAAA', /not opened: this link is damaged/],
    ['of another version is refused', '#v9.AAAA', /newer playground/],
    ['that inflates without end is refused', packed({ d: [['a', 'a'.repeat(9_000_000)]] }), /too large/],
    [
      'with markup in every field shows it as text',
      packed({ d: [[SCRIPT, SCRIPT]], a: SCRIPT, q: [SCRIPT, SCRIPT, SCRIPT, SCRIPT], p: SCRIPT, v: SCRIPT }),
      null,
    ],
    [
      'with markup in names of objects shows it as text',
      packed({
        d: [['a.yaml', `kind: Pod\napiVersion: v1\nmetadata: {name: '${SCRIPT}', namespace: a}\n`]],
        q: [`a/${SCRIPT}`, 'javascript:window.hacked=1', 'TCP', '80'],
      }),
      null,
    ],
  ];
  test.each(cases)('%s', async (_, hash, words) => {
    const opened = await open(site, { hash });
    try {
      if (words) await opened.page.getByText(words).waitFor();
      await opened.page.getByRole('button', { name: 'Lessons' }).click();
      await opened.page.getByRole('dialog').waitFor();
      expect(await opened.page.evaluate(() => 'hacked' in window)).toBe(false);
      expect(opened.surprises.filter(surprise => !/profile/.test(surprise))).toEqual([]);
    } finally {
      await opened.close();
    }
  });
});
