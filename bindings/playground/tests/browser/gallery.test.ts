/** Every lesson, before and after, and the tour. */
import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { ask, expectVerdict, openLesson, type Site, startSite, withPage } from './harness';

let site: Site;
beforeAll(async () => {
  site = await startSite();
});
afterAll(() => site.close());

const FOLDER = join(import.meta.dirname, '../../../../examples/mistakes');
const lessons = readdirSync(FOLDER, { withFileTypes: true })
  .filter(entry => entry.isDirectory())
  .map(({ name }) => name);

const read = (lesson: string, file: string) =>
  readFileSync(join(FOLDER, lesson, file), 'utf8')
    .split('\n')
    .filter(line => line !== '')
    .map(line => JSON.parse(line));

test('there are at least fourteen lessons', () => expect(lessons.length).toBeGreaterThanOrEqual(14));

describe('each lesson answers as the example does, before and after', () => {
  test.each(lessons)('%s', lesson =>
    withPage(site, async page => {
      const title =
        readFileSync(join(FOLDER, lesson, 'README.md'), 'utf8')
          .split('\n')[0]
          ?.slice(2) ?? '';
      await openLesson(page, title);
      const coach = page.getByRole('region', { name: 'Lesson' });
      const flows = read(lesson, 'flows.jsonl');
      for (const file of ['before.jsonl', 'after.jsonl']) {
        const answers = read(lesson, file);
        for (const [at, { from, to, protocol = 'TCP', port = '' }] of flows.entries()) {
          const [source, target] = [from, to].map(end => String(Object.values(end)[0]));
          const allowed = answers[at].allowed;
          const word = allowed === null ? '[◐]' : allowed ? '✓' : '✕';
          await ask(page, { from: `${source}`, to: `${target}`, protocol, port: String(port) });
          await expectVerdict(page, new RegExp(`^${word}\\s*${source} .* ${target}`));
        }
        if (file === 'before.jsonl') {
          await coach.getByRole('button', { name: 'Put it right' }).click();
          await coach.getByText('Put right', { exact: true }).waitFor();
        }
      }
    }),
  );
});

test('the tour shows each step as the document tells it', () =>
  withPage(site, async page => {
    await page.getByRole('button', { name: 'Lessons' }).focus();
    await page.keyboard.press('Enter');
    await page.getByRole('button', { name: /^Tour/ }).press('Enter');
    const coach = page.getByRole('region', { name: 'Tour' });
    const verdicts = ['✓', '✓', '✕', '◐', '◐', '✓', '✓', '✕', null, '✓', null];
    for (const [at, verdict] of verdicts.entries()) {
      await coach.getByText(new RegExp(`, ${at + 1} of ${verdicts.length}$`)).waitFor();
      if (verdict !== null) await expectVerdict(page, new RegExp(`^${verdict}`));
      const isLast = at === verdicts.length - 1;
      await coach.getByRole('button', { name: isLast ? 'Done' : 'Next' }).press('Enter');
    }
    await coach.waitFor({ state: 'detached' });
  }));
