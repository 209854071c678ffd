/** The built site in a real Chromium: a server, a browser, a page that counts everything that should not happen. */
import { createReadStream, existsSync, statSync } from 'node:fs';
import { createServer, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import { delimiter, extname, isAbsolute, join, normalize } from 'node:path';
import {
  type Browser,
  type BrowserContext,
  type BrowserContextOptions,
  chromium,
  type Page,
} from 'playwright-core';
import { expect } from 'vitest';

const SITE = join(import.meta.dirname, '../../dist');
const KINDS: Record<string, string> = {
  '.html': 'text/html; charset=utf-8',
  '.js': 'text/javascript; charset=utf-8',
  '.css': 'text/css; charset=utf-8',
  '.svg': 'image/svg+xml',
  '.wasm': 'application/wasm',
};
const FLAGS = [
  '--headless',
  '--no-sandbox',
  '--disable-gpu',
  '--disable-quic',
  '--no-first-run',
  '--disable-background-networking',
  '--disable-component-update',
  '--disable-sync',
];
/** The program that `PORTCULLIS_BROWSER` names, or Debian's. */
function findBrowser(): string {
  const name = process.env['PORTCULLIS_BROWSER'] ?? 'chromium';
  const folders = (process.env['PATH'] ?? '').split(delimiter);
  const found = [name, ...folders.map(folder => join(folder, name))].find(
    path => isAbsolute(path) && existsSync(path),
  );
  if (!found) throw new Error(`${name} is missing: \`apt-get install chromium\``);
  return found;
}

export interface Site {
  browser: Browser;
  url: string;
  close: () => Promise<void>;
}

export async function startSite(): Promise<Site> {
  const server = await serve();
  const browser = await chromium.launch({ executablePath: findBrowser(), args: FLAGS });
  const { port } = server.address() as AddressInfo;
  return {
    browser,
    url: `http://127.0.0.1:${port}/`,
    close: async () => {
      await browser.close();
      await new Promise(resolve => server.close(resolve));
    },
  };
}

function serve(): Promise<Server> {
  const server = createServer((request, response) => {
    const { pathname } = new URL(request.url ?? '/', 'http://site');
    const path = join(SITE, normalize(pathname === '/' ? '/index.html' : pathname));
    if (!path.startsWith(SITE) || !existsSync(path) || !statSync(path).isFile()) {
      response.writeHead(404).end();
      return;
    }
    response.writeHead(200, { 'content-type': KINDS[extname(path)] ?? 'application/octet-stream' });
    createReadStream(path).pipe(response);
  });
  return new Promise(resolve => server.listen(0, '127.0.0.1', () => resolve(server)));
}

/** A page of the site. */
export interface Opened {
  page: Page;
  context: BrowserContext;
  /** Errors, dialogs, and requests to anywhere else: none is expected, ever. */
  surprises: string[];
  close: () => Promise<void>;
}

export async function open(
  site: Site,
  options: BrowserContextOptions & { hash?: string } = {},
): Promise<Opened> {
  const { hash = '', ...rest } = options;
  const context = await site.browser.newContext({
    viewport: { width: 1440, height: 900 },
    colorScheme: 'light',
    permissions: ['clipboard-read', 'clipboard-write'],
    ...rest,
  });
  // Sooner than a test ends, so that what was waited for is named.
  context.setDefaultTimeout(12_000);
  const page = await context.newPage();
  const surprises: string[] = [];
  page.on('pageerror', error => surprises.push(`error: ${error.message}`));
  page.on('console', message => {
    if (message.type() === 'error') surprises.push(`console: ${message.text()}`);
  });
  page.on('dialog', dialog => {
    surprises.push(`dialog: ${dialog.message()}`);
    void dialog.dismiss();
  });
  page.on('request', request => {
    if (!request.url().startsWith(site.url) && !/^(data|blob):/.test(request.url())) {
      surprises.push(`request: ${request.url()}`);
    }
  });
  await page.goto(site.url + hash);
  return { page, context, surprises, close: () => context.close() };
}

/** Runs with a fresh page, and holds it to have had no surprise. */
export async function withPage(
  site: Site,
  run: (page: Page, opened: Opened) => Promise<void>,
  options: BrowserContextOptions & { hash?: string } = {},
): Promise<void> {
  const opened = await open(site, options);
  try {
    await run(opened.page, opened);
    expect(opened.surprises).toEqual([]);
  } finally {
    await opened.close();
  }
}

/** Puts these manifests in place of what is there, through the dialog. */
export async function importText(page: Page, text: string): Promise<void> {
  await page.getByRole('button', { name: 'Import', exact: true }).click();
  const field = page.getByRole('textbox', { name: /^Paste YAML/ });
  await field.evaluate((element, value) => {
    // As a paste does it: all at once, however long.
    const set = Object.getOwnPropertyDescriptor(HTMLTextAreaElement.prototype, 'value')?.set;
    set?.call(element, value);
    element.dispatchEvent(new Event('input', { bubbles: true }));
  }, text);
  await page.getByRole('dialog').getByRole('button', { name: 'Import', exact: true }).click();
}

export interface Asked {
  from: string;
  to: string;
  port?: string;
  protocol?: string;
}

export async function ask(page: Page, { from, to, port, protocol }: Asked): Promise<void> {
  const form = page.getByRole('form', { name: 'Question' });
  const fill = async (label: string, value: string) => {
    const field = form.getByRole('combobox', { name: label, exact: true });
    await field.fill(value);
    await field.press('Escape');
  };
  await fill('From', from);
  await fill('To', to);
  if (protocol !== undefined) await form.getByLabel('Protocol').selectOption(protocol);
  if (port !== undefined) await fill('Port', port);
}

/** Opens the lesson of this title. */
export async function openLesson(page: Page, title: string): Promise<void> {
  await page.getByRole('button', { name: 'Lessons' }).click();
  await page.getByRole('button', { name: title.replaceAll('`', '') }).click();
  await page
    .getByRole('region', { name: 'Lesson' })
    .getByRole('heading', { name: title.replaceAll('`', '') })
    .waitFor();
}

export async function show(page: Page, view: string): Promise<void> {
  await page.getByRole('tab', { name: new RegExp(`^${view}`) }).click();
}

/** Waits for a verdict of this beginning, such as `✓`. */
export async function expectVerdict(page: Page, words: RegExp): Promise<void> {
  await expect.poll(() => page.getByTestId('verdict').textContent(), { timeout: 10_000 }).toMatch(words);
}

/** Waits until everything that the page shows is of the work as it is. */
export async function settled(page: Page): Promise<void> {
  await page.locator('main[data-whole="true"]').waitFor({ state: 'attached' });
}

/** The text that the editor shows, whole. */
export async function editorText(page: Page): Promise<string> {
  const lines = await page.locator('.cm-content .cm-line').allTextContents();
  return lines.join('\n');
}
