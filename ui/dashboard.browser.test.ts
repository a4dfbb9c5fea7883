/** The built dashboard in a real Chromium against a hub that can be told to misbehave. */
import axe from 'axe-core';
import type { Browser, Page } from 'playwright-core';
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, test } from 'vitest';
import { openBrowser } from './testing/browser.ts';
import { buildDashboard } from './testing/build.ts';
import { FakeHub } from './testing/fake-hub.ts';

/** Steps of the page's own clocks take up to a second each; nothing here is timed, it is only given up after this. */
const patienceMs = 20_000;

let browser: Browser;
let page: Page;
let hub: FakeHub;
let address: string;
let problems: string[];

beforeAll(async () => {
  await buildDashboard();
  browser = await openBrowser();
});

afterAll(() => browser?.close());

beforeEach(async () => {
  hub = new FakeHub({ hostCount: 12, clockOffsetMs: -7_200_000 });
  address = await hub.start();
  page = await browser.newPage({ viewport: { width: 1_440, height: 900 }, locale: 'en-GB', colorScheme: 'dark' });
  page.setDefaultTimeout(patienceMs);
  problems = [];
  page.on('pageerror', (error) => problems.push(error.message));
  page.on('console', (message) => {
    // Refused sockets and answers are what some of these tests are about.
    const isExpected = /WebSocket connection|Failed to load resource/.test(message.text());
    if (message.type() === 'error' && !isExpected) problems.push(message.text());
  });
});

afterEach(async () => {
  await page.close();
  await hub.stop();
  expect(problems).toEqual([]);
});

async function open(query = ''): Promise<void> {
  await page.goto(address + query);
}

/** Waits until the pill says what `pattern` does. */
async function pillSays(pattern: RegExp): Promise<void> {
  await page.locator('pw-live-pill').filter({ hasText: pattern }).waitFor();
}

async function accessibilityProblems(): Promise<string[]> {
  // Not as a script of the page, which its security policy refuses.
  await page.evaluate(axe.source);
  const results = await page.evaluate(
    'axe.run(document, { runOnly: ["wcag2a", "wcag2aa", "wcag21a", "wcag21aa", "wcag22aa"] })',
  );
  const { violations } = results as axe.AxeResults;
  return violations.map(({ id, nodes }) => `${id}: ${nodes.map(({ target }) => target.join(' ')).join(', ')}`);
}

/** Width by which the page can be scrolled sideways. */
function sidewaysPx(): Promise<number> {
  return page.evaluate(() => document.documentElement.scrollWidth - document.documentElement.clientWidth);
}

describe('overview', () => {
  test('shows every host, and its values move', async () => {
    await open();
    await pillSays(/live · \d/);
    expect(await page.locator('pw-host-card').count()).toBe(12);
    const value = page.locator('pw-host-card').first().locator('.value').nth(2);
    const before = await value.textContent();
    await page.waitForFunction(
      ([text]) => {
        const find = (root: Document | ShadowRoot, path: readonly string[]): Element | null => {
          const found = root.querySelector(path[0]!);
          return path.length === 1 || found === null ? found : find(found.shadowRoot!, path.slice(1));
        };
        const card = find(document, ['pw-app', 'pw-overview', 'pw-host-card']);
        const now = card?.shadowRoot?.querySelectorAll('.value')[2]?.textContent;
        return now !== text && now !== '\u2013';
      },
      [before],
    );
  });

  test('filters by name and tag, and keeps the filter in the address', async () => {
    await open();
    await pillSays(/live · \d/);
    await page.keyboard.press('/');
    await page.keyboard.type('web role=web');
    await expect.poll(() => page.locator('pw-host-card').count()).toBe(2);
    expect(new URL(page.url()).searchParams.get('q')).toBe('web role=web');
    await page.reload();
    await expect.poll(() => page.locator('pw-host-card').count()).toBe(2);
    await page.keyboard.press('/');
    await page.keyboard.type('zzz');
    await page.getByText('No host matches').waitFor();
    await page.getByRole('button', { name: 'Clear filter' }).click();
    await expect.poll(() => page.locator('pw-host-card').count()).toBe(12);
  });

  test('moves a silent host to "Needs attention"', async () => {
    await open();
    await pillSays(/live/);
    hub.setHostState('db-01', 'down');
    const group = page.locator('section[aria-label="Needs attention"]');
    await group.locator('pw-host-card').filter({ hasText: 'db-01' }).waitFor();
    await group.getByText(/silent \d/).waitFor();
  });

  test('says how to connect an agent when there is no host', async () => {
    await hub.stop();
    hub = new FakeHub({ hostCount: 0 });
    address = await hub.start();
    await open();
    await page.getByRole('heading', { name: 'Add your first host' }).waitFor();
    await pillSays(/live · waiting/);
    await page.getByText(`PULSEWIRE_HUB_URL=${new URL(address).origin}`).waitFor();
  });
});

describe('host', () => {
  test('opens from its card, shows charts with values, and goes back', async () => {
    await open();
    await page.locator('pw-host-card').filter({ hasText: 'web-01' }).click();
    await page.getByRole('heading', { name: 'web-01' }).waitFor();
    expect(new URL(page.url()).search).toBe('?host=web-01');
    await page.locator('pw-chart').first().locator('canvas').waitFor();
    await expect
      .poll(() => page.locator('pw-chart').first().locator('.legend b').first().textContent())
      .toMatch(/\d.*%/);
    await page.locator('pw-process-table').getByText('nginx: worker').waitFor({ state: 'attached' });
    await page.goBack();
    await expect.poll(() => page.locator('pw-host-card').count()).toBe(12);
  });

  test('opens by its address, and draws more than the frame of a chart', async () => {
    await open('?host=web-01');
    await page.locator('pw-chart canvas').first().waitFor();
    await expect
      .poll(() =>
        page
          .locator('pw-chart canvas')
          .first()
          .evaluate((canvas: HTMLCanvasElement) => {
            const pixels = canvas.getContext('2d')!.getImageData(0, 0, canvas.width, canvas.height).data;
            const colors = new Set<number>();
            for (let at = 0; at < pixels.length; at += 4)
              colors.add((pixels[at]! << 16) | (pixels[at + 1]! << 8) | pixels[at + 2]!);
            return colors.size;
          }),
      )
      .toBeGreaterThan(40);
  });

  test('finds charts, pauses and goes live again by keys', async () => {
    await open('?host=web-01&find=nginx');
    await expect.poll(() => page.locator('pw-chart').count()).toBe(1);
    await page.locator('pw-chart').getByText('nginx_requests_per_sec').waitFor();
    await page.keyboard.press('Space');
    await pillSays(/paused/);
    await page.keyboard.press('Space');
    await pillSays(/live/);
  });

  test('says that a host is not there', async () => {
    await open('?host=nowhere');
    await page.getByRole('heading', { name: 'There is no host “nowhere”' }).waitFor();
  });
});

describe('link', () => {
  test('tells nothing of a loss that heals at once', async () => {
    await open();
    await pillSays(/live · \d/);
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
    await pillSays(/live · \d/);
    expect([await banner.count(), await page.title()]).toEqual([0, 'Overview · Pulsewire']);
  });

  test('polls when there is no WebSocket, says so, and comes back by itself', async () => {
    await open();
    await pillSays(/live/);
    hub.refuse({ sockets: true, rest: false });
    await pillSays(/polling · \d/);
    await page.getByText(/Live connection lost .* ago\./).waitFor();
    hub.refuse({ sockets: false, rest: false });
    await page.getByRole('button', { name: 'Try now' }).click();
    await pillSays(/live · \d/);
    expect(await page.locator('pw-banner').count()).toBe(0);
  });

  test('shows hosts and charts from polling alone', async () => {
    hub.refuse({ sockets: true, rest: false });
    await open('?host=web-01');
    await pillSays(/polling/);
    await page.getByText('No live connection.').waitFor();
    await page.locator('pw-chart canvas').first().waitFor();
  });

  test('says that the hub is silent while its socket is open, and as of when the data is', async () => {
    await open();
    await pillSays(/live/);
    hub.refuse({ sockets: false, rest: true });
    hub.goSilent(true);
    await pillSays(/no data · \d/);
    await page.getByText(/Showing data as of \d\d:\d\d:\d\d UTC/).waitFor();
    hub.refuse({ sockets: false, rest: false });
    hub.goSilent(false);
    await pillSays(/live · \d/);
  });

  test('says that storing is delayed', async () => {
    await open();
    await pillSays(/live/);
    hub.setStorage('delayed', 128_000);
    await pillSays(/stored 2\u202fm 8\u202fs late/);
    await page.getByText('Storing is delayed by').waitFor();
    hub.setStorage('stored', 500);
    await pillSays(/live · \d/);
  });
});

describe('for everyone', () => {
  test.each([
    ['dark', ''],
    ['light', ''],
    ['dark', '?host=web-01'],
    ['light', '?host=web-01'],
  ] as const)('axe finds nothing in %s at %j', async (theme, query) => {
    await page.emulateMedia({ colorScheme: theme, reducedMotion: 'reduce' });
    hub.setHostState('db-01', 'down');
    hub.setHostState('api-01', 'stale');
    await open(query);
    await pillSays(/live · \d/);
    if (query !== '') await page.locator('pw-chart canvas').first().waitFor();
    expect(await accessibilityProblems()).toEqual([]);
  });

  test.each([
    [390, ''],
    [390, '?host=web-01'],
    [768, ''],
    [768, '?host=web-01'],
  ])('at %i px nothing scrolls sideways at %j', async (width, query) => {
    await page.setViewportSize({ width, height: 844 });
    await open(query);
    await pillSays(/live · \d/);
    await page
      .locator(query === '' ? 'pw-host-card' : 'pw-chart')
      .first()
      .waitFor();
    expect(await sidewaysPx()).toBe(0);
  });

  test('the theme that was chosen is kept', async () => {
    await open();
    await page.getByRole('button', { name: 'Switch to light theme' }).click();
    await page.reload();
    await page.getByRole('button', { name: 'Switch to dark theme' }).waitFor();
    expect(await page.evaluate(() => document.documentElement.dataset['theme'])).toBe('light');
  });

  test('arrows walk the cards and Enter opens one', async () => {
    await open();
    await page.locator('pw-host-card a').first().focus();
    await page.keyboard.press('ArrowRight');
    await page.keyboard.press('Enter');
    await page.getByRole('heading', { name: 'api-02' }).waitFor();
  });
});

describe('storage', () => {
  test('is reached from the top bar, shows the tiers, and is kept in the address', async () => {
    await open();
    await pillSays(/live · \d/);
    await page.getByRole('link', { name: 'Storage' }).click();
    await page.getByRole('heading', { name: 'Storage' }).waitFor();
    expect(new URL(page.url()).search).toBe('?admin=storage');
    await page.getByRole('row', { name: /^Raw .*14\sd$/ }).waitFor();
    await page.getByText('It ran 21', { exact: false }).waitFor();
    expect(await page.locator('pw-storage .notice').count()).toBe(0);
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
    expect(await accessibilityProblems()).toEqual([]);
    await page.setViewportSize({ width: 390, height: 844 });
    await page.getByRole('link', { name: 'Storage' }).waitFor();
    expect(await sidewaysPx()).toBe(0);
    expect(await accessibilityProblems()).toEqual([]);
  });
});
