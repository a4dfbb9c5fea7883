/** Comparing hosts as a person does: by typing, clicking and keys, on a real hub with hosts that have a past and go on. */
import type { Browser, Locator, Page } from 'playwright-core';
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, test } from 'vitest';
import { accessibilityProblems } from '../testing/axe.ts';
import { openBrowser } from '../testing/browser.ts';
import { FakeHub } from '../testing/fake-hub.ts';
import { blockSockets, newPage, patienceMs, sidewaysPx, themes } from '../testing/page.ts';
import { RealHub } from '../testing/real-hub.ts';

const hostCount = 12;

let hub: RealHub;
let browser: Browser;
let page: Page;
let problems: readonly string[];

beforeAll(async () => {
  hub = await RealHub.start();
  await hub.simulateLive({ hosts: hostCount, days: 1, perHour: 60 });
  await hub.startAgent({ name: 'this-machine', tags: { role: 'mine' } });
  for (let host = 0; host < hostCount; host += 1)
    await hub.ask('PATCH', `/api/v1/hosts/host_${host}`, {
      alias: '',
      tags: { fleet: 'simulated', parity: host % 2 === 0 ? 'even' : 'odd' },
    });
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

async function open(query: string): Promise<void> {
  await page.goto(`${hub.dashboard}?${query}`);
}

function search(): URLSearchParams {
  return new URL(page.url()).searchParams;
}

function rows(): Locator {
  return page.locator('pw-topn tbody tr');
}

/** Names in the ranking, from the first to the last. */
async function rankedNames(): Promise<string[]> {
  return (await rows().locator('.line').allTextContents()).map((text) => text.trim());
}

async function waitForRows(count: number): Promise<void> {
  await expect.poll(() => rows().count(), { timeout: patienceMs }).toBe(count);
}

/** Resolves when the newest values in the ranking have changed. */
async function newestMove(): Promise<void> {
  const newest = async () => (await rows().locator('td:nth-child(4)').allTextContents()).join(' ');
  const before = await newest();
  await expect.poll(newest, { timeout: patienceMs }).not.toBe(before);
}

/** Choice in the list that is open. */
function choice(name: string): Locator {
  return page.getByRole('option', { name });
}

/** Opaque pixels that the plot of a chart has. */
function paintedPixels(chart: Locator): Promise<number> {
  return chart
    .locator('canvas')
    .first()
    .evaluate((canvas: HTMLCanvasElement) => {
      const { data } = canvas.getContext('2d')!.getImageData(0, 0, canvas.width, canvas.height);
      let count = 0;
      for (let at = 3; at < data.length; at += 4) if (data[at]! > 0) count += 1;
      return count;
    });
}

test('asks for nothing any more once it was left', async () => {
  await open('compare=host_0,host_1&metric=cpu_usage');
  await page.getByRole('heading', { name: 'Same hosts, other metrics' }).waitFor();
  const asked: string[] = [];
  page.on('request', (request) => asked.push(new URL(request.url()).pathname));
  await page.getByRole('link', { name: 'Overview' }).first().click();
  await page.getByRole('link', { name: 'host_11' }).first().waitFor();
  await page.getByRole('link', { name: 'Downtimes' }).first().click();
  await page.getByRole('heading', { name: 'Downtimes' }).waitFor();
  // Of hosts and what they measure only Compare had anything to ask.
  expect(asked.filter((path) => /series|query|latest/.test(path))).toEqual([]);
});

describe('choosing', () => {
  test('begins with what can be compared, and a link shows it', async () => {
    await open('compare=');
    await page.getByRole('heading', { name: 'Compare hosts on one metric' }).waitFor();
    await page.getByRole('link', { name: /Every host with parity=even/ }).click();
    await page.getByText('No values of “cpu_used_percent”').waitFor();
    expect([search().get('compare'), search().getAll('tag')]).toEqual(['', ['parity=even']]);
    await page.getByRole('button', { name: 'CPU usage' }).click();
    await waitForRows(6);
    expect(search().get('metric')).toBe('cpu_usage');
    await page.goBack();
    await page.getByRole('heading', { name: 'Compare hosts on one metric' }).waitFor();
  });

  test('adds hosts and tags by typing, takes them away again, and keeps them in the address', async () => {
    await open('compare=host_3&metric=cpu_usage');
    await waitForRows(1);
    await page.keyboard.press('/');
    await page.keyboard.type('host_11');
    await page.keyboard.press('Enter');
    await waitForRows(2);
    await page.keyboard.type('parity=even');
    await page.keyboard.press('Enter');
    await waitForRows(8);
    expect([search().get('compare'), search().getAll('tag')]).toEqual(['host_3,host_11', ['parity=even']]);
    await page.reload();
    await waitForRows(8);
    await page.getByRole('button', { name: 'Remove parity=even' }).click();
    await page.getByRole('button', { name: 'Remove host_3', exact: true }).click();
    await waitForRows(1);
    expect(await rankedNames()).toEqual(['host_11']);
    expect(search().get('compare')).toBe('host_11');
  });

  test('compares a host from when it gets the tag', async () => {
    await open('compare=&tag=late%3Dyes&metric=cpu_usage');
    await page.getByText('No host has this tag now.').waitFor();
    const tags = { fleet: 'simulated', parity: 'odd' };
    await hub.ask('PATCH', '/api/v1/hosts/host_5', { tags: { ...tags, late: 'yes' } });
    await waitForRows(1);
    await hub.ask('PATCH', '/api/v1/hosts/host_5', { tags });
    await page.getByText('No host has this tag now.').waitFor();
  });

  test('chooses among the metrics that the hosts have', async () => {
    await open('compare=host_0,this-machine&metric=cpu_usage');
    await waitForRows(1);
    const field = page.getByRole('combobox', { name: 'Metric' });
    await field.click();
    await choice('CPU usage · cpu_usage').waitFor();
    await field.fill('memory us');
    await choice('Memory used · memory_used_percent').waitFor();
    await choice('Memory usage · memory_usage').click();
    await expect.poll(() => search().get('metric')).toBe('memory_usage');
    await page.getByRole('heading', { name: 'Memory usage' }).waitFor();
    await page.getByText('No values of this metric in the window: “this-machine”.').waitFor();
  });

  test('names hosts that are not there', async () => {
    await open('compare=host_0,nowhere&metric=cpu_usage');
    await page.getByText('There is no “nowhere”').waitFor();
    await waitForRows(1);
  });
});

describe('seeing', () => {
  test('draws every host and goes on live', async () => {
    await open('compare=host_0,host_1,host_2&metric=cpu_usage&range=5m');
    await waitForRows(3);
    const chart = page.locator('pw-chart');
    await chart.locator('canvas').first().waitFor();
    await expect.poll(() => paintedPixels(chart)).toBeGreaterThan(1_000);
    await newestMove();
  });

  test('says of many how many are in colour, and shows only the top that is wanted', async () => {
    await open('compare=&tag=fleet%3Dsimulated&metric=cpu_usage');
    await waitForRows(hostCount);
    await page.getByText(`8 of ${hostCount} in colour`).waitFor();
    await newestMove();
    await page.getByLabel('Lines that are shown').selectOption('3');
    await waitForRows(3);
    expect(search().get('top')).toBe('3');
    expect(await page.getByText('in colour').count()).toBe(0);
    await page.locator('pw-chart .legend button').nth(2).waitFor();
  });

  test('orders by the highest or the lowest', async () => {
    await open('compare=&tag=fleet%3Dsimulated&metric=cpu_usage&from=1&to=2&range=24h&stat=max');
    await waitForRows(hostCount);
    const highest = await rankedNames();
    const values = (await rows().locator('td:last-child').allTextContents()).map((text) => Number.parseFloat(text));
    expect(values).toEqual([...values].sort((a, b) => b - a));
    await page.getByRole('button', { name: 'Lowest' }).click();
    await expect.poll(rankedNames).toEqual(highest.reverse());
  });

  test('lets one line stand out, by keys alone', async () => {
    await open('compare=host_0,host_1,host_2&metric=cpu_usage');
    await waitForRows(3);
    const [, second] = await rankedNames();
    await rows().locator('.line').first().focus();
    await page.keyboard.press('ArrowDown');
    await page.keyboard.press('Enter');
    await page.getByText(`${second} stands out`).waitFor();
    expect(search().get('focus')).toBe(second);
    expect(await page.getByRole('link', { name: 'Open host' }).getAttribute('href')).toContain(`host=${second}`);
    await page.keyboard.press('Escape');
    await expect.poll(() => search().get('focus')).toBeNull();
  });

  test('shows a chart for each host on one scale', async () => {
    await open('compare=host_0,host_1,host_2&metric=cpu_usage');
    await page.getByRole('button', { name: 'Small multiples' }).click();
    await expect.poll(() => page.locator('pw-chart').count()).toBe(3);
    await page.getByText('dashed: the mean of all 3').waitFor();
    expect(search().get('layout')).toBe('multiples');
  });

  test('shows differences, and says to what', async () => {
    await open('compare=host_0,host_1,host_2&metric=cpu_usage&layout=difference');
    await page.getByText('average, less that of the mean of all 3').waitFor();
    await page.getByLabel('Difference to').selectOption('first');
    await page.getByText('average, less that of host_0').waitFor();
    expect(search().get('against')).toBe('first');
    expect(await page.locator('pw-chart .legend button').count()).toBe(2);
  });

  test('shows the same hosts on other metrics, which lead on', async () => {
    await open('compare=host_0,host_1&metric=cpu_usage');
    const other = page.locator('pw-compare-others pw-chart').filter({ hasText: 'Memory usage' });
    await other.locator('canvas').first().waitFor();
    await other.hover();
    await page.getByRole('button', { name: 'Menu of Memory usage' }).click();
    await page.getByRole('menuitem', { name: 'Compare this metric' }).click();
    await expect.poll(() => search().get('metric')).toBe('memory_usage');
    expect(search().get('compare')).toBe('host_0,host_1');
    await page.locator('pw-compare-others pw-chart').filter({ hasText: 'CPU usage' }).waitFor();
  });

  test('stands still when it is paused, and the link shows the same window', async () => {
    await open('compare=host_0,host_1&metric=cpu_usage&range=15m');
    await waitForRows(2);
    await page.keyboard.press('Space');
    await page.getByRole('button', { name: 'Go live' }).waitFor();
    const span = Number(search().get('to')) - Number(search().get('from'));
    expect(span).toBeCloseTo(900, 0);
    await page.reload();
    await waitForRows(2);
    await page.getByRole('button', { name: 'Go live' }).click();
    await expect.poll(() => search().get('range')).toBe('15m');
  });
});

describe('trouble', () => {
  test('says that history could not be read, and tries again', async () => {
    await page.route('**/api/v1/query', (route) =>
      route.fulfill({ status: 503, body: '{"error":"The database is away."}' }),
    );
    await open('compare=host_0&metric=cpu_usage');
    await page.getByText('Could not load CPU usage of 1 host. The database is away.').waitFor();
    await page.unroute('**/api/v1/query');
    await page.getByRole('button', { name: 'Try again' }).click();
    await waitForRows(1);
    expect(await page.getByText('Could not load').count()).toBe(0);
  });

  test('says of more hosts than it compares that they are too many, and asks for nothing', async () => {
    const large = new FakeHub({ hostCount: 700 });
    try {
      let asked = 0;
      page.on('request', (request) => {
        if (request.url().includes('/api/v1/query')) asked += 1;
      });
      await page.goto(`${await large.start()}?compare=&tag=env%3Dprod`);
      await page.getByRole('heading', { name: '560 hosts are too many to compare' }).waitFor();
      expect(asked).toBe(0);
    } finally {
      await large.stop();
    }
  });

  test('compares without a WebSocket too', async () => {
    await blockSockets(page);
    await open('compare=host_0,host_1&metric=cpu_usage&range=5m');
    await waitForRows(2);
    await newestMove();
  });
});

describe('for everyone', () => {
  const views = [
    ['nothing chosen', 'compare=', 'pw-compare-help'],
    ['one chart', 'compare=host_0,host_1,nowhere&metric=cpu_usage&focus=host_0', 'pw-topn'],
    ['small multiples', 'compare=&tag=fleet%3Dsimulated&metric=cpu_usage&layout=multiples', 'pw-topn'],
    ['differences', 'compare=host_0,host_1&metric=cpu_usage&layout=difference', 'pw-topn'],
    ['no values', 'compare=host_0&metric=nothing', 'pw-metric-list button'],
  ] as const;

  test.each(views)('axe finds nothing at %s, in both themes and on a phone', async (_, query, sign) => {
    for (const theme of themes) {
      await page.emulateMedia({ colorScheme: theme, reducedMotion: 'reduce' });
      await open(query);
      await page.locator(sign).first().waitFor();
      expect(await accessibilityProblems(page)).toEqual([]);
    }
    await page.setViewportSize({ width: 390, height: 844 });
    expect(await sidewaysPx(page)).toBe(0);
    expect(await accessibilityProblems(page)).toEqual([]);
  });
});
