/** The audit log and the health of the hub as an admin sees them, in a real Chromium against a real hub. */
import { readFileSync } from 'node:fs';
import type { Browser, Page } from 'playwright-core';
import { afterAll, afterEach, beforeAll, beforeEach, expect, test } from 'vitest';
import { accessibilityProblems } from '../testing/axe.ts';
import { openBrowser } from '../testing/browser.ts';
import { newPage, sidewaysPx, sizes, themes } from '../testing/page.ts';
import { RealHub } from '../testing/real-hub.ts';

let hub: RealHub;
let browser: Browser;
let page: Page;
let problems: readonly string[];

beforeAll(async () => {
  hub = await RealHub.start();
  for (let index = 0; index < 130; index += 1) await hub.ask('POST', '/api/v1/notes', { text: `note ${index}` });
  await hub.ask('POST', '/api/v1/notes', { text: '' });
  await hub.ask('POST', '/api/v1/tokens', { name: 'deploy', scope: 'read' });
  browser = await openBrowser();
}, 240_000);

afterAll(async () => {
  await browser?.close();
  await hub?.close();
});

beforeEach(async () => {
  ({ page, problems } = await newPage(browser, { hub }));
});

afterEach(async () => {
  await page.close();
  expect(problems).toEqual([]);
});

const rows = () => page.locator('pw-audit-table tbody tr:not(.more)');

async function open(tab: 'audit' | 'health' | 'storage', query = ''): Promise<void> {
  await page.goto(`${hub.url}/admin?tab=${tab}${query}`);
  await page.getByRole('heading', { level: 1 }).waitFor();
  const inside = { audit: 'pw-audit-table', health: '.bounds', storage: 'table' }[tab];
  await page.locator(`pw-admin-${tab} ${inside}`).first().waitFor();
}

test('an entry says who did what to which object from where, and opens to the rest', async () => {
  await open('audit', '&q=deploy');
  await expect.poll(() => rows().count()).toBe(1);
  expect(await rows().textContent()).toMatch(/operator\s*created API token\s*deploy\s*127\.0\.0\.1/);
  await page.getByRole('button', { name: 'Details: operator created API token' }).click();
  await page.getByText('token.created').waitFor();
  await page.getByText('201').waitFor();
});

test('search and filters are in the address, and what is left is read back page by page', async () => {
  await open('audit');
  await expect.poll(() => rows().count()).toBe(100);
  await page.getByRole('button', { name: 'Show older' }).click();
  await expect.poll(() => rows().count()).toBeGreaterThan(130);
  await page.getByLabel('Result').selectOption('refused');
  await expect.poll(() => rows().count()).toBe(1);
  expect(page.url()).toContain('result=refused');
  const did = rows().locator('.did');
  await did.getByText('was refused: create note').waitFor();
  expect(await did.locator('svg').count()).toBe(1);
  await page.getByLabel('Action').selectOption('token.created');
  await page.getByText('No entry is like this').waitFor();
  await page.getByRole('button', { name: 'Show all' }).click();
  await expect.poll(() => rows().count()).toBe(100);
  await page.getByLabel('When').selectOption('24h');
  expect(page.url()).toContain('since=24h');
  await page.reload();
  await expect.poll(() => rows().count()).toBe(100);
});

test('the file that is taken away is what was asked for, and that is in the log', async () => {
  await open('audit', '&action=token.created');
  const [download] = await Promise.all([
    page.waitForEvent('download'),
    page.getByRole('link', { name: 'Export CSV' }).click(),
  ]);
  const lines = readFileSync(await download.path(), 'utf8')
    .trimEnd()
    .split('\r\n');
  expect(lines).toHaveLength(2);
  expect(lines[1]).toContain('token.created,deploy,done,201');
  await open('audit', '&action=audit.exported');
  expect(await rows().first().textContent()).toContain('exported audit log');
});

test('health says what is near its bound, what runs, and as whom the hub works', async () => {
  await open('health');
  await page.getByText('pulsewire_hub, which owns no table').waitFor();
  await page.getByRole('heading', { name: 'Bounds' }).waitFor();
  await page.getByText('stores everything').waitFor();
  await page.getByText(process.version).first().waitFor();
});

test('on a phone the tab of the page that is open is in sight', async () => {
  await page.setViewportSize(sizes.phone);
  await open('health');
  const tab = page.getByRole('navigation', { name: 'Administration' }).getByRole('link', { name: 'Hub health' });
  const { x, width } = (await tab.boundingBox())!;
  expect(x).toBeGreaterThanOrEqual(0);
  expect(x + width).toBeLessThanOrEqual(sizes.phone.width);
});

test.each(['audit', 'health', 'storage'] as const)(
  '%s is for everybody to read, at each size and in each theme',
  async (tab) => {
    for (const theme of themes) {
      await page.emulateMedia({ colorScheme: theme });
      for (const size of ['desktop', 'phone'] as const) {
        await page.setViewportSize(sizes[size]);
        await open(tab);
        if (process.env['PULSEWIRE_SHOTS'] !== undefined)
          await page.screenshot({ path: `${process.env['PULSEWIRE_SHOTS']}/${tab}-${theme}-${size}.png` });
        expect([theme, size, await accessibilityProblems(page)]).toEqual([theme, size, []]);
        expect(await sidewaysPx(page)).toBe(0);
      }
    }
  },
);
