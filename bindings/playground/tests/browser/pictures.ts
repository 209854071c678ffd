/**
 * Pictures of the page, compared with those that are kept. They are compared at a fifth of their width and height and in
 * few colours, so that the edges of letters, which hang on the machine, blur; what moves, vanishes or changes its colour
 * remains. That small they are kept, too, except those that the documentation shows.
 */
import { existsSync, mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import { basename, dirname, join } from 'node:path';
import type { Browser, Page } from 'playwright-core';
import { expect } from 'vitest';

const KEPT = join(import.meta.dirname, '../pictures');
/** Where pictures go that are not as they were, to be looked at. */
const OTHER = join(import.meta.dirname, '../../node_modules/.pictures');
const SETTINGS = {
  scale: 0.2,
  /** How far colours lie apart, of 255. */
  step: 17,
  /** How far a channel may be off. */
  near: 40,
};
/** How many pixels may be further off, of all. */
const FEW = 0.01;

const isKeeping = process.env['PORTCULLIS_PICTURES'] === 'keep';

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

/** Holds the page to look as it did. */
export async function expectPicture(page: Page, name: string): Promise<void> {
  const path = join(KEPT, `${name}.png`);
  const now = await picture(page);
  const { small, off } = await compare(page, now, isKeeping ? null : kept(path));
  if (isKeeping) write(path, small);
  else refuse(off, path, now);
}

/** Holds a picture of the documentation to show the page as it is. */
export async function expectInDocs(page: Page, path: string): Promise<void> {
  const now = await picture(page);
  if (isKeeping) write(path, now);
  else refuse((await compare(page, now, kept(path))).off, path, now);
}

const picture = (page: Page) => page.screenshot({ animations: 'disabled', caret: 'hide' });

function kept(path: string): Buffer {
  if (existsSync(path)) return readFileSync(path);
  throw new Error(`there is no ${path}: \`cargo xtask playground --pictures\` keeps how the page looks`);
}

/** Says that a picture is another one, and where it can be looked at. */
function refuse(off: number, path: string, now: Buffer): void {
  if (off <= FEW) return;
  const other = join(OTHER, basename(path));
  write(other, now);
  expect.fail(
    `${path} is ${(100 * off).toFixed(1)} % off: ${other} is how it looks now, and ` +
      '`cargo xtask playground --pictures` keeps that',
  );
}

function write(path: string, picture: Buffer): void {
  mkdirSync(dirname(path), { recursive: true });
  writeFileSync(path, picture);
}

/** Pages in which pictures are worked on, one a browser: those of the site may load none. */
const benches = new WeakMap<Browser, Promise<Page>>();

function bench(page: Page): Promise<Page> {
  const browser = page.context().browser();
  if (!browser) throw new Error('the page has no browser');
  const held = benches.get(browser) ?? browser.newPage();
  benches.set(browser, held);
  return held;
}

/** The picture in small, and how many of its pixels are other ones than the kept picture's: all, where the sizes differ. */
async function compare(
  page: Page,
  now: Buffer,
  before: Buffer | null,
): Promise<{ small: Buffer; off: number }> {
  const { small, off } = await (await bench(page)).evaluate(
    async ({ now, before, settings: { scale, step, near } }) => {
      const read = async (data: string) => {
        const image = new Image();
        image.src = `data:image/png;base64,${data}`;
        await image.decode();
        return image;
      };
      const draw = (image: HTMLImageElement, width: number, height: number) => {
        const canvas = document.createElement('canvas');
        [canvas.width, canvas.height] = [width, height];
        const context = canvas.getContext('2d');
        if (!context) throw new Error('no canvas');
        context.imageSmoothingQuality = 'high';
        context.drawImage(image, 0, 0, width, height);
        const pixels = context.getImageData(0, 0, width, height);
        pixels.data.forEach((value, at) => {
          pixels.data[at] = Math.round(value / step) * step;
        });
        context.putImageData(pixels, 0, 0);
        return { canvas, data: pixels.data };
      };
      const image = await read(now);
      const [width, height] = [Math.round(image.width * scale), Math.round(image.height * scale)];
      const { canvas, data } = draw(image, width, height);
      const small = canvas.toDataURL('image/png').split(',')[1] ?? '';
      if (before === null) return { small, off: 0 };
      const other = await read(before);
      const isSmall = other.width === width && other.height === height;
      const isWhole = other.width === image.width && other.height === image.height;
      if (!isSmall && !isWhole) return { small, off: 1 };
      const wanted = draw(other, width, height).data;
      let off = 0;
      for (let at = 0; at < data.length; at += 4) {
        const apart = [0, 1, 2].map(channel =>
          Math.abs((data[at + channel] ?? 0) - (wanted[at + channel] ?? 0)),
        );
        if (Math.max(...apart) > near) off += 1;
      }
      return { small, off: off / (width * height) };
    },
    { now: now.toString('base64'), before: before?.toString('base64') ?? null, settings: SETTINGS },
  );
  return { small: Buffer.from(small, 'base64'), off };
}
