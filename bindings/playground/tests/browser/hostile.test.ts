/** Texts that are made to hurt: the page stays alive, and the engine comes back. */
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { ask, expectVerdict, importText, type Site, startSite, withPage } from './harness';

let site: Site;
beforeAll(async () => {
  site = await startSite();
});
afterAll(() => site.close());

const laughs = ['a0: &a0 [x, x, x, x, x, x, x, x, x]']
  .concat(
    Array.from({ length: 12 }, (_, at) => `a${at + 1}: &a${at + 1} [${Array(9).fill(`*a${at}`).join(', ')}]`),
  )
  .join('\n');

const texts: [string, string][] = [
  ['anchors that multiply', laughs],
  ['lists in lists without end', '['.repeat(50_000)],
  ['maps in maps without end', '{a: '.repeat(20_000)],
  ['indentation without end', Array.from({ length: 3000 }, (_, at) => `${' '.repeat(at)}a:`).join('\n')],
  ['a line without end', `a: ${'x'.repeat(2_000_000)}`],
  ['nothing that is a letter', '\u0000\u0007\ufeff\u2028\ud800'.repeat(1000)],
  ['documents without end', '---\n'.repeat(50_000)],
  [
    'markup',
    'kind: Pod\napiVersion: v1\nmetadata: {name: "<script>window.hacked=1</script>", namespace: a}\n',
  ],
];

describe('the page outlives', () => {
  test.each(texts)(
    '%s',
    (_, text) =>
      withPage(site, async page => {
        await expectVerdict(page, /cannot reach/);
        await importText(page, text);
        // Alive: the page answers within a frame or two, whatever the engine does.
        const lag = await page.evaluate(async () => {
          let longest = 0;
          for (let round = 0; round < 20; round += 1) {
            const before = performance.now();
            await new Promise(resolve => setTimeout(resolve, 25));
            longest = Math.max(longest, performance.now() - before);
          }
          return longest;
        });
        expect(lag).toBeLessThan(1500);
        await page.getByRole('button', { name: 'Lessons' }).click();
        await page.getByRole('button', { name: /^Three pods/ }).click();
        await expectVerdict(page, /✕\s*shop\/web cannot reach shop\/db/);
        await ask(page, { from: 'shop/api', to: 'shop/db', port: '5432' });
        await expectVerdict(page, /✓/);
        expect(await page.evaluate(() => 'hacked' in window)).toBe(false);
      }),
    60_000,
  );
});
