/** The dashboard as a newcomer meets it: a real agent on this machine, a real hub, its PostgreSQL, and each of them failing. */
import type { Browser, Page } from 'playwright-core';
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, test } from 'vitest';
import { openBrowser } from './browser.ts';
import { blockSockets, newPage, patienceMs, pillSays, tryNow } from './page.ts';
import { RealHub } from './real-hub.ts';

let hub: RealHub;
let browser: Browser;
let page: Page;
let problems: readonly string[];

beforeAll(async () => {
  hub = await RealHub.start();
  await hub.startAgent({ name: 'this-machine', tags: { role: 'web' } });
  browser = await openBrowser();
});

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

/** Resolves when the text that `read` gives holds a figure, and then another one. */
async function moves(read: () => Promise<string>): Promise<void> {
  await expect.poll(read, { timeout: patienceMs }).toMatch(/\d/);
  const before = await read();
  await expect.poll(read, { timeout: patienceMs }).not.toBe(before);
}

/** All figures of the card of this machine, of which some change with every tick. */
async function cardValues(): Promise<string> {
  const card = page.locator('pw-host-card').filter({ hasText: 'this-machine' });
  return (await card.locator('.value').allTextContents()).join(' ');
}

describe('a newcomer', () => {
  test('finds the machine that is watched, with values that move', async () => {
    await page.goto(hub.dashboard);
    await pillSays(page, /live · \d/);
    await moves(cardValues);
    expect(await page.locator('pw-host-card').count()).toBe(1);
  });

  test('opens it and reads its charts', async () => {
    await page.goto(hub.dashboard);
    await page.locator('pw-host-card').filter({ hasText: 'this-machine' }).click();
    await page.getByRole('heading', { name: 'this-machine' }).waitFor();
    const memory = page.locator('pw-chart').filter({ hasText: 'Memory' }).first();
    await memory.locator('canvas').first().waitFor();
    await moves(async () => (await memory.locator('.legend').first().textContent()) ?? '');
  });
});

describe('trouble', () => {
  test('a hub that crashed is told, and is live again when it is back', async () => {
    await page.goto(hub.dashboard);
    await pillSays(page, /live · \d/);
    await hub.kill();
    await page.getByText('The hub has not answered for').waitFor();
    await pillSays(page, /no data · \d/);
    await hub.startAgain();
    await tryNow(page);
    await pillSays(page, /live · \d/);
    await moves(cardValues);
    expect(await page.locator('pw-banner').count()).toBe(0);
  });

  test('a database that is gone is told while the page stays live, and its return too', async () => {
    await page.goto(hub.dashboard);
    await pillSays(page, /live · \d/);
    await hub.holdDatabase();
    await pillSays(page, /live · not stored/);
    await page.getByText('The database cannot be reached.').waitFor();
    await moves(cardValues);
    await hub.releaseDatabase();
    await pillSays(page, /live · \d/);
    expect(await page.locator('pw-banner').count()).toBe(0);
  });

  test('where WebSockets are blocked the page polls, says so, and its values move all the same', async () => {
    const unblock = await blockSockets(page);
    await page.goto(hub.dashboard);
    await pillSays(page, /polling · \d/);
    await page.getByText('No live connection.').waitFor();
    await moves(cardValues);
    unblock();
    await tryNow(page);
    await pillSays(page, /live · \d/);
  });
});

describe('RealHub', () => {
  test('has history of made-up hosts, which go on', async () => {
    await hub.simulate({ hosts: 2, days: 1, perHour: 60 });
    const program = await hub.simulateLive({ hosts: 2, days: 1, perHour: 60 });
    await page.goto(hub.dashboard);
    await expect.poll(() => page.locator('pw-host-card').count(), { timeout: patienceMs }).toBe(3);
    await program.stop();
  });
});
