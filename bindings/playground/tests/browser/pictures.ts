/**
 * Pictures of the page, compared with those that are kept. A kept picture is a quarter as wide and as high as the page, so
 * that it is small and the edges of letters, which hang on the machine, blur; what moves, vanishes or changes its colour
 * remains.
 */
import { existsSync, mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import type { Page } from 'playwright-core';
import { expect } from 'vitest';

const KEPT = join(import.meta.dirname, '../pictures');
/** Where pictures go that are not as they were, to be looked at. */
const OTHER = join(import.meta.dirname, '../../node_modules/.pictures');
/** The kept picture's size, of the page's. */
const SCALE = 0.25;
/** How far a channel may be off, of 255. */
const NEAR = 24;
/** How many pixels may be further off, of all. */
const FEW = 0.01;

/** Fonts that come with Debian's Chromium, since every machine has others. */
export async function fixFonts(page: Page): Promise<void> {
  await page.addStyleTag({
    content:
      ':root { --sans: "DejaVu Sans"; --mono: "DejaVu Sans Mono"; } .cm-cursor { visibility: hidden !important; }',
  });
  const has = await page.evaluate(() => {
    const width = (font: string) => {
      const context = document.createElement('canvas').getContext('2d');
      if (!context) return 0;
      context.font = `40px ${font}`;
      return context.measureText('Which line says so?').width;
    };
    return width('"DejaVu Sans", monospace') !== width('"No such font", monospace');
  });
  if (!has) throw new Error('the font DejaVu Sans is missing: `apt-get install fonts-dejavu-core`');
}

/** Holds the page to look as it did; with `PORTCULLIS_PICTURES=keep` keeps how it looks. */
export async function expectPicture(page: Page, name: string): Promise<void> {
  const kept = join(KEPT, `${name}.png`);
  const now = await page.screenshot({ animations: 'disabled', caret: 'hide' });
  if (process.env['PORTCULLIS_PICTURES'] === 'keep') {
    write(kept, await shrunk(page, now));
    return;
  }
  if (!existsSync(kept)) throw new Error(`there is no picture ${name}.png: \`npm run pictures\` keeps one`);
  await expectAlike(page, kept, await shrunk(page, now));
}

/** A page of the documentation has this picture, whole. */
export async function expectInDocs(page: Page, path: string): Promise<void> {
  const now = await page.screenshot({ animations: 'disabled', caret: 'hide' });
  if (process.env['PORTCULLIS_PICTURES'] === 'keep') {
    write(path, now);
    return;
  }
  await expectAlike(page, path, now, SCALE);
}

async function expectAlike(page: Page, path: string, now: Buffer, scale = 1): Promise<void> {
  const [before, after] = scale === 1 ? [readFileSync(path), now] : await both(page, path, now);
  const off = await difference(page, before, after);
  if (off <= FEW) return;
  const other = join(OTHER, `${path.split('/').at(-1)}`);
  write(other, now);
  expect.fail(
    `${path} is ${(100 * off).toFixed(1)} % off: ${other} is how it looks now; \`npm run pictures\` keeps that`,
  );
}

async function both(page: Page, path: string, now: Buffer): Promise<[Buffer, Buffer]> {
  return [await shrunk(page, readFileSync(path)), await shrunk(page, now)];
}

function write(path: string, picture: Buffer): void {
  mkdirSync(dirname(path), { recursive: true });
  writeFileSync(path, picture);
}

/** Runs in a page of its own, whose rules do not forbid what pictures need. */
async function beside<T, A>(page: Page, run: (argument: A) => Promise<T>, argument: A): Promise<T> {
  const other = await page.context().newPage();
  try {
    return await other.evaluate(run as never, argument as never);
  } finally {
    await other.close();
  }
}

async function shrunk(page: Page, picture: Buffer): Promise<Buffer> {
  const small = await beside(
    page,
    async ({ data, scale }: { data: string; scale: number }) => {
      const image = new Image();
      image.src = `data:image/png;base64,${data}`;
      await image.decode();
      const canvas = document.createElement('canvas');
      canvas.width = Math.round(image.width * scale);
      canvas.height = Math.round(image.height * scale);
      const context = canvas.getContext('2d');
      if (!context) throw new Error('no canvas');
      context.imageSmoothingQuality = 'high';
      context.drawImage(image, 0, 0, canvas.width, canvas.height);
      return canvas.toDataURL('image/png').split(',')[1] ?? '';
    },
    { data: picture.toString('base64'), scale: SCALE },
  );
  return Buffer.from(small, 'base64');
}

/** How many pixels of two pictures differ, of all; all of them, where the sizes do. */
function difference(page: Page, before: Buffer, after: Buffer): Promise<number> {
  return beside(
    page,
    async ({ pictures, near }: { pictures: string[]; near: number }) => {
      const read = async (data: string) => {
        const image = new Image();
        image.src = `data:image/png;base64,${data}`;
        await image.decode();
        const canvas = document.createElement('canvas');
        canvas.width = image.width;
        canvas.height = image.height;
        const context = canvas.getContext('2d');
        if (!context) throw new Error('no canvas');
        context.drawImage(image, 0, 0);
        return context.getImageData(0, 0, image.width, image.height);
      };
      const [one, two] = await Promise.all(pictures.map(read));
      if (!one || !two || one.width !== two.width || one.height !== two.height) return 1;
      let off = 0;
      for (let at = 0; at < one.data.length; at += 4) {
        const apart = [0, 1, 2].map(channel =>
          Math.abs((one.data[at + channel] ?? 0) - (two.data[at + channel] ?? 0)),
        );
        if (Math.max(...apart) > near) off += 1;
      }
      return off / (one.data.length / 4);
    },
    { pictures: [before, after].map(picture => picture.toString('base64')), near: NEAR },
  );
}
