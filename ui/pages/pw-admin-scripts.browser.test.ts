/** Scripts as an admin sees them: the built dashboard against a real hub, an agent that runs scripts and one that does not. */
import { execFileSync } from 'node:child_process';
import { writeFileSync } from 'node:fs';
import { join, resolve } from 'node:path';
import type { Browser, Page } from 'playwright-core';
import { afterAll, afterEach, beforeAll, expect, test } from 'vitest';
import { accessibilityProblems } from '../testing/axe.ts';
import { openBrowser } from '../testing/browser.ts';
import { newPage, sidewaysPx } from '../testing/page.ts';
import { RealHub } from '../testing/real-hub.ts';

const program = resolve(import.meta.dirname, '../../dist/pulsewire.js');

let hub: RealHub;
let browser: Browser;
let page: Page;
let problems: readonly string[];
/** Whether this machine can run scripts. */
let canRun = false;

function sign(...args: string[]): string {
  return execFileSync(process.execPath, [program, 'sign', ...args], { encoding: 'utf8' });
}

function signed(name: string, code: string, version = 1): string {
  const file = join(hub.folder, `${name}.sh`);
  writeFileSync(file, code);
  const key = join(hub.folder, 'publisher.key');
  return sign(
    file,
    '--key',
    key,
    '--name',
    name,
    '--target',
    'tag:role=web',
    '--every',
    '1s',
    '--sign-version',
    String(version),
  );
}

beforeAll(async () => {
  hub = await RealHub.start();
  const key = sign('--new-key', join(hub.folder, 'publisher.key')).trim();
  const scripts = { enabled: true, publisherKeys: [key], runAs: 'nobody' };
  await hub.startAgent({ name: 'web-01', tags: { role: 'web' }, settings: { scripts } });
  await hub.startAgent({ name: 'web-02', tags: { role: 'web' } });
  const doors = await hub
    .askUntil<readonly { readonly host: string; readonly door: string }[]>(
      '/api/v1/scripts/.agents',
      (body) => body.length === 2 && body.some(({ host, door }) => host === 'web-01' && door !== 'blocked'),
    )
    .catch(() => []);
  canRun = doors.some(({ door }) => door === 'open');
  browser = await openBrowser();
}, 120_000);

afterAll(async () => {
  await browser?.close();
  await hub?.close();
});

afterEach(async () => {
  await page?.close();
  expect(problems).toEqual([]);
});

async function open(options: Parameters<typeof newPage>[1] = {}, query = ''): Promise<void> {
  ({ page, problems } = await newPage(browser, { hub, ...options }));
  await page.goto(`${hub.url}/admin?tab=scripts${query}`);
  await page.getByRole('heading', { name: 'Scripts', exact: true }).waitFor();
}

async function paste(text: string): Promise<void> {
  await page.getByRole('button', { name: 'Paste' }).click();
  await page.getByLabel('What "pulsewire sign" has printed').fill(text);
  await page.getByRole('button', { name: 'Upload' }).click();
}

test('a script is pasted, refused with what to do when it is not signed, taken when it is, and seen at its agents', async (context) => {
  await open();
  await page.getByText('No scripts yet').waitFor();
  await paste('echo depth 7');
  await page
    .getByText(/it must be signed/)
    .first()
    .waitFor();
  await page.getByRole('button', { name: 'Cancel' }).click();
  await paste(signed('queue-depth', 'echo depth 7; echo a word to say >&2'));
  await page.locator('pw-toasts').getByText('queue-depth uploaded as version 1').waitFor();
  const detail = page.getByRole('region', { name: 'Script queue-depth' });
  await detail.getByText('role=web').waitFor();
  await detail.getByText('web-02').waitFor();
  if (!canRun) return context.skip();
  await detail.getByRole('region', { name: 'Last output on web-01' }).getByText('depth 7').waitFor();
  await detail.getByRole('region', { name: 'Last errors on web-01' }).getByText('a word to say').waitFor();
  await page.getByRole('row').filter({ hasText: 'queue-depth' }).getByText('1 well').waitFor();
});

test('a file is chosen, a script is removed after a question, and how to open agents is explained', async () => {
  await open();
  const markup = '<img src=x onerror=alert(1)>';
  const file = {
    name: 'failing.signed',
    mimeType: 'text/plain',
    buffer: Buffer.from(signed('failing', `echo '${markup}'; exit 3`)),
  };
  await page.getByLabel('Signed script').setInputFiles(file);
  await page.locator('pw-toasts').getByText('failing uploaded as version 1').waitFor();
  if (canRun) await page.getByText('got exit code 3').waitFor();
  // What a script prints is text.
  if (canRun) await page.getByRole('region', { name: 'Last output on web-01' }).getByText(markup).waitFor();
  await page.getByRole('button', { name: 'Remove', exact: true }).click();
  await page.getByRole('button', { name: 'Keep it' }).click();
  await page.getByRole('button', { name: 'Remove', exact: true }).click();
  await page.getByRole('button', { name: 'Remove script' }).click();
  await page.locator('pw-toasts').getByText('failing removed').waitFor();
  await page.getByRole('row').filter({ hasText: 'failing' }).waitFor({ state: 'detached' });
  await page.getByRole('button', { name: 'How to sign and open' }).click();
  await page.getByText('This hub cannot make an agent run anything').waitFor();
  expect(await accessibilityProblems(page)).toEqual([]);
  await page.getByRole('button', { name: 'Close' }).last().click();
});

test.each([
  ['desktop', 'dark'],
  ['desktop', 'light'],
  ['phone', 'dark'],
] as const)('the page fits and is accessible: %s %s', async (size, theme) => {
  await open({ size, theme }, '&on=queue-depth');
  await page.getByRole('region', { name: 'Script queue-depth' }).waitFor();
  const shots = process.env['PULSEWIRE_SHOTS'];
  if (shots !== undefined) await page.screenshot({ path: join(shots, `scripts-${size}-${theme}.png`), fullPage: true });
  expect(await sidewaysPx(page)).toBe(0);
  expect(await accessibilityProblems(page)).toEqual([]);
});
