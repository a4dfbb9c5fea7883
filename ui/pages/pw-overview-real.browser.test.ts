/** The overview against a real hub, a real agent and clients that push: what the hub sends to what is in sight. */
import type { Browser, Page } from 'playwright-core';
import { afterAll, afterEach, beforeAll, beforeEach, expect, test } from 'vitest';
import { openBrowser } from '../testing/browser.ts';
import { newPage, pillSays } from '../testing/page.ts';
import { RealHub } from '../testing/real-hub.ts';

const pushedCount = 70;

let hub: RealHub;
let browser: Browser;
let page: Page;
let problems: readonly string[];

beforeAll(async () => {
  hub = await RealHub.start();
  browser = await openBrowser();
}, 120_000);

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

test('a host with an agent has all its figures, and is stale when that is gone', async () => {
  const agent = await hub.startAgent({ name: 'web-01', tags: { role: 'web', env: 'prod' } });
  await page.goto(`${hub.url}/dashboard?view=table`);
  await pillSays(page, /live · \d/);
  const row = page.locator('#row-web-01');
  for (const figure of ['cpu', 'memory', 'network', 'disk', 'load', 'uptime', 'age'])
    await expect.poll(() => row.locator(`.${figure} b`).textContent()).toMatch(/\d/);
  expect(await row.locator('.tags').textContent()).toBe('env=prod');

  await agent.stop('SIGKILL');
  const header = page.getByRole('region', { name: 'Fleet' });
  await header.getByText('1 stale').waitFor();
  await page.keyboard.press('d');
  await page.keyboard.press('d');
  await page.locator('pw-host-card').getByText(/ old$/).waitFor();
});

test('hosts that were never in sight have their past as soon as one scrolls to them', async () => {
  const now = Math.floor(Date.now() / 1_000);
  for (let index = 0; index < pushedCount; index += 1) {
    const hostname = `pushed-${String(index).padStart(2, '0')}`;
    for (const ago of [540, 360, 180, 0]) {
      const metrics = { cpu_usage: { value: 45, timestamp: now - ago } };
      expect((await hub.ask('POST', '/metrics', { hostname, client_id: 'test', metrics })).status).toBe(200);
    }
  }
  await page.goto(`${hub.url}/dashboard?view=table&sort=name&group=&q=pushed`);
  await page.locator('#row-pushed-00').waitFor();
  expect(await page.locator('#row-pushed-69').count()).toBe(0);
  await page.getByRole('grid', { name: 'Hosts' }).focus();
  await page.keyboard.press('End');
  await expect.poll(() => page.locator('#row-pushed-69 .cpu b').textContent()).toBe('45');
  // Nine minutes of the hour that these hosts' sparklines show; the newest value alone is a dot.
  await expect.poll(() => page.evaluate<number>(drawnWidth)).toBeGreaterThan(8);
});

/** Pixels from the first to the last that is drawn in the last canvas of the table, whose hosts have CPU values only. */
const drawnWidth = `(() => {
  const overview = document.querySelector('pw-app').shadowRoot.querySelector('pw-overview');
  const canvases = overview.shadowRoot.querySelector('pw-host-table').shadowRoot.querySelectorAll('canvas');
  const canvas = canvases[canvases.length - 1];
  const { width, height } = canvas;
  const pixels = canvas.getContext('2d').getImageData(0, 0, width, height).data;
  const isDrawn = (x) => Array.from({ length: height }, (_, y) => pixels[(y * width + x) * 4 + 3]).some((alpha) => alpha > 0);
  const drawn = Array.from({ length: width }, (_, x) => x).filter(isDrawn);
  return drawn.length === 0 ? 0 : drawn[drawn.length - 1] - drawn[0];
})()`;
