/** The built dashboard in a real Chromium against a hub that can be told to misbehave. */
import type { Browser, Page } from 'playwright-core';
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, test } from 'vitest';
import { accessibilityProblems } from './testing/axe.ts';
import { openBrowser } from './testing/browser.ts';
import { buildDashboard } from './testing/build.ts';
import { FakeHub } from './testing/fake-hub.ts';
import { newPage, pillSays, sidewaysPx, tryNow } from './testing/page.ts';

let browser: Browser;
let page: Page;
let hub: FakeHub;
let address: string;
let problems: readonly string[];

beforeAll(async () => {
  await buildDashboard();
  browser = await openBrowser();
});

afterAll(() => browser?.close());

beforeEach(async () => {
  hub = new FakeHub({ hostCount: 12, clockOffsetMs: -7_200_000 });
  address = await hub.start();
  ({ page, problems } = await newPage(browser));
});

afterEach(async () => {
  await page.close();
  await hub.stop();
  expect(problems).toEqual([]);
});

async function open(query = ''): Promise<void> {
  await page.goto(address + query);
}

describe('link', () => {
  test('tells nothing of a loss that heals at once', async () => {
    await open();
    await pillSays(page, /live · \d/);
    const banner = page.locator('pw-banner');
    await page.evaluate(() => {
      const app = document.querySelector('pw-app')!;
      new MutationObserver(() => {
        if (app.shadowRoot!.querySelector('pw-banner') !== null) document.title = 'banner seen';
      }).observe(app.shadowRoot!, { childList: true, subtree: true });
    });
    hub.closeSockets(1012);
    await expect.poll(() => hub.viewerCount).toBe(0);
    await expect.poll(() => hub.viewerCount).toBe(1);
    await pillSays(page, /live · \d/);
    expect([await banner.count(), await page.title()]).toEqual([0, 'Overview · Pulsewire']);
  });

  test('polls when there is no WebSocket, says so, and comes back by itself', async () => {
    await open();
    await pillSays(page, /live/);
    hub.refuse({ sockets: true, rest: false });
    await pillSays(page, /polling · \d/);
    await page.getByText(/Live connection lost .* ago\./).waitFor();
    hub.refuse({ sockets: false, rest: false });
    await tryNow(page);
    await pillSays(page, /live · \d/);
    expect(await page.locator('pw-banner').count()).toBe(0);
  });

  test('shows hosts and charts from polling alone', async () => {
    hub.refuse({ sockets: true, rest: false });
    await open('?host=web-01');
    await pillSays(page, /polling/);
    await page.getByText('No live connection.').waitFor();
    await page.locator('pw-chart canvas').first().waitFor();
  });

  test('says that the hub is silent while its socket is open, and as of when the data is', async () => {
    await open();
    await pillSays(page, /live/);
    hub.refuse({ sockets: false, rest: true });
    hub.goSilent(true);
    await pillSays(page, /no data · \d/);
    await page.getByText(/Showing data as of \d\d:\d\d:\d\d UTC/).waitFor();
    hub.refuse({ sockets: false, rest: false });
    hub.goSilent(false);
    await pillSays(page, /live · \d/);
  });

  test('says that storing is delayed', async () => {
    await open();
    await pillSays(page, /live/);
    hub.setStorage('delayed', 128_000);
    await pillSays(page, /stored 2\u202fm 8\u202fs late/);
    await page.getByText('Storing is delayed by').waitFor();
    hub.setStorage('stored', 500);
    await pillSays(page, /live · \d/);
  });
});

describe('for everyone', () => {
  test.each(['dark', 'light'] as const)('axe finds nothing in %s', async (theme) => {
    await page.emulateMedia({ colorScheme: theme, reducedMotion: 'reduce' });
    hub.setHostState('db-01', 'down');
    hub.setHostState('api-01', 'stale');
    await open();
    await pillSays(page, /live · \d/);
    expect(await accessibilityProblems(page)).toEqual([]);
  });

  test.each([390, 768])('at %i px nothing scrolls sideways', async (width) => {
    await page.setViewportSize({ width, height: 844 });
    await open();
    await pillSays(page, /live · \d/);
    await page.locator('pw-host-card').first().waitFor();
    expect(await sidewaysPx(page)).toBe(0);
  });

  test('the theme that was chosen is kept', async () => {
    await open();
    await page.getByRole('button', { name: 'Settings' }).click();
    await page.getByRole('menuitem', { name: 'Theme dark' }).click();
    await page.getByRole('menuitem', { name: 'Theme light' }).waitFor();
    await page.reload();
    await pillSays(page, /live/);
    expect(await page.evaluate(() => document.documentElement.dataset['theme'])).toBe('light');
  });
});

describe('storage', () => {
  test('is reached by the jump field, shows the tiers, and is kept in the address', async () => {
    await open();
    await pillSays(page, /live · \d/);
    await page.keyboard.press('Control+k');
    await page.keyboard.type('stor');
    await page.keyboard.press('Enter');
    await page.getByRole('heading', { name: 'Storage' }).waitFor();
    expect(new URL(page.url()).pathname + new URL(page.url()).search).toBe('/admin?tab=storage');
    await page.getByRole('row', { name: /^Raw .*14\sd$/ }).waitFor();
    await page.getByText('It ran 21', { exact: false }).waitFor();
    expect(await page.locator('pw-admin-storage .notice').count()).toBe(0);
    await page.reload();
    await page.getByRole('row', { name: /^1 h / }).waitFor();
    await page.goBack();
    await expect.poll(() => page.locator('pw-host-card').count()).toBe(12);
  });

  test('says what is short, and keeps the figures while the hub cannot tell', async () => {
    hub.isShort = true;
    await open('?admin=storage');
    await page.getByText(/Only 717\sMiB are free/).waitFor();
    await page.getByText(/reached 89\s% of its bound/).waitFor();
    await page.getByText('Raw since', { exact: false }).waitFor();
    hub.refuse({ sockets: false, rest: true });
    await page.getByText('The hub cannot tell now', { exact: false }).waitFor();
    await page.getByRole('row', { name: /^Raw / }).waitFor();
  });

  test.each(['dark', 'light'] as const)('has no accessibility problem in %s, and fits a phone', async (colorScheme) => {
    hub.isShort = true;
    await page.emulateMedia({ colorScheme });
    await open('?admin=storage');
    await page.getByRole('row', { name: /^Raw / }).waitFor();
    expect(await accessibilityProblems(page)).toEqual([]);
    await page.setViewportSize({ width: 390, height: 844 });
    await page.getByRole('row', { name: /^Raw / }).waitFor();
    expect(await sidewaysPx(page)).toBe(0);
    expect(await accessibilityProblems(page)).toEqual([]);
  });
});
