/** A host's page as a person uses it, on a real hub: hosts with a past that go on, and this machine by its agent. */
import type { Browser, Locator, Page } from 'playwright-core';
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, test } from 'vitest';
import { decodeToViewer } from '#core/codec.ts';
import { accessibilityProblems } from '../testing/axe.ts';
import { openBrowser } from '../testing/browser.ts';
import {
  blockSockets,
  newPage,
  type PageOptions,
  patienceMs,
  pillSays,
  sidewaysPx,
  sizes,
  themes,
} from '../testing/page.ts';
import { RealHub } from '../testing/real-hub.ts';

const hourS = 3_600;

/** The index as a test reads it. */
interface WithEvents {
  readonly events: { readonly shown: readonly { readonly kind: string; readonly atMs: number }[] };
}

let hub: RealHub;
let browser: Browser;
let page: Page;
let problems: readonly string[];

beforeAll(async () => {
  hub = await RealHub.start();
  await hub.simulateLive({ hosts: 2, days: 2, perHour: 3_600 });
  await hub.startAgent({
    name: 'this-machine',
    tags: { role: 'web', env: 'test' },
    scripts: { 'orders.mjs': 'export const everyMs = 0;\nexport const collect = () => ({ orders_open: 7 });\n' },
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

/** Opens a host and waits until a chart is drawn. */
async function open(host: string, query = ''): Promise<void> {
  await page.goto(`${hub.dashboard}?host=${host}${query}`);
  await chart().locator('canvas').waitFor();
}

/** Starts again with another size or theme. */
async function reopen(options: PageOptions): Promise<void> {
  await page.close();
  ({ page, problems } = await newPage(browser, { hub, ...options }));
}

function chart(title?: string): Locator {
  const charts = page.locator('pw-chart');
  return title === undefined ? charts.first() : charts.filter({ has: page.locator(`h3:text-is("${title}")`) });
}

function search(): Record<string, string> {
  return Object.fromEntries(new URL(page.url()).searchParams);
}

/** The span that the address fixes, in seconds. */
function fixedSpan(): { fromS: number; toS: number; lengthS: number } {
  const { from, to } = search();
  return { fromS: Number(from), toS: Number(to), lengthS: Math.round(Number(to) - Number(from)) };
}

async function stepSays(text: string | RegExp): Promise<void> {
  await page.locator('pw-toolbar .step').filter({ hasText: text }).waitFor();
}

function legendValue(of: Locator): Locator {
  return of.locator('.legend b').first();
}

/** Share of the plot's width, from its left edge, that is painted in the colour of the first line. */
async function paintedShare(of: Locator): Promise<number> {
  return await of.evaluate((element) => {
    const canvas = element.shadowRoot!.querySelector('canvas')!;
    const over = element.shadowRoot!.querySelector<HTMLElement>('.u-over')!;
    const hex = getComputedStyle(document.documentElement).getPropertyValue('--pw-c1').trim();
    const color = [1, 3, 5].map((at) => Number.parseInt(hex.slice(at, at + 2), 16));
    const ratio = canvas.width / canvas.clientWidth;
    const { offsetLeft, offsetTop, clientWidth, clientHeight } = over;
    const area = [offsetLeft, offsetTop, clientWidth, clientHeight].map((px) => Math.round(px * ratio));
    const { data, width, height } = canvas.getContext('2d')!.getImageData(area[0]!, area[1]!, area[2]!, area[3]!);
    let columns = 0;
    for (let x = 0; x < width; x += 1) {
      let isPainted = false;
      for (let y = 0; y < height && !isPainted; y += 1) {
        const at = (y * width + x) * 4;
        isPainted = color.every((part, index) => Math.abs(data[at + index]! - part) < 40);
      }
      if (isPainted) columns += 1;
    }
    return columns / width;
  });
}

/** Share of the last `spanS` seconds in which the hub has ticks: between the made-up past and the first live tick there is a gap. */
async function storedShare(spanS: number): Promise<number> {
  const startS = Date.now() / 1_000 - spanS;
  const path = `/api/v1/query?host=host_0&series=cpu_usage&raw=1&start=${startS}`;
  const { body } = await hub.ask<{ series: { times: number[] }[] }>('GET', path);
  const times = body.series[0]?.times ?? [];
  const covered = times.reduce((sum, timeS, index) => sum + Math.min(2, timeS - (times[index - 1] ?? startS)), 0);
  return Math.min(1, covered / spanS);
}

/** Waits until the chart is drawn wherever there are ticks. */
async function drawsAll(of: Locator, spanS: number): Promise<void> {
  const missing = async () => (await storedShare(spanS)) - (await paintedShare(of));
  await expect.poll(missing, { timeout: patienceMs }).toBeLessThan(0.02);
}

/** Drags over a chart, from one share of its plot to another. */
async function drag(of: Locator, from: number, to: number, keys: readonly string[] = []): Promise<void> {
  const box = (await of.locator('.u-over').boundingBox())!;
  for (const key of keys) await page.keyboard.down(key);
  await page.mouse.move(box.x + box.width * from, box.y + 40);
  await page.mouse.down();
  await page.mouse.move(box.x + box.width * ((from + to) / 2), box.y + 44, { steps: 4 });
  await page.mouse.move(box.x + box.width * to, box.y + 44, { steps: 4 });
  await page.mouse.up();
  for (const key of keys) await page.keyboard.up(key);
}

describe('live', () => {
  test('shows every metric of the agent, custom ones with it, and their values move', async () => {
    await open('this-machine');
    await pillSays(page, /live · \d/);
    for (const title of ['CPU', 'Load and pressure', 'Memory', 'Network', 'Processes', 'Other'])
      await page.locator(`section[aria-label="${title}"]`).waitFor({ state: 'attached' });
    await chart('orders_open').waitFor({ state: 'attached' });
    await stepSays(/1\s?s raw/);
    const value = legendValue(chart('Utilisation'));
    const before = await value.textContent();
    await expect.poll(() => value.textContent(), { timeout: patienceMs }).not.toBe(before);
  });

  test('opens from its card and goes back to the overview', async () => {
    await page.goto(hub.dashboard);
    await page.locator('pw-host-card').filter({ hasText: 'this-machine' }).click();
    await page.getByRole('heading', { name: 'this-machine' }).waitFor();
    expect(search()).toEqual({ host: 'this-machine' });
    await page.goBack();
    await page.locator('pw-host-card').first().waitFor();
  });

  test('pauses and goes live again, by key and by button, and ticks that came meanwhile are there', async () => {
    await open('host_0');
    await pillSays(page, /live · \d/);
    await page.keyboard.press('Space');
    await pillSays(page, /paused/);
    const { toS } = fixedSpan();
    expect(fixedSpan().lengthS).toBe(300);
    await expect
      .poll(() =>
        hub.ask<{ host_0: { timestamp: number } }>('GET', '/fetch/latest').then(({ body }) => body.host_0.timestamp),
      )
      .toBeGreaterThan(toS + 3);
    await page.getByRole('button', { name: 'Go live' }).click();
    await pillSays(page, /live · \d/);
    expect(search()).toEqual({ host: 'host_0' });
    await drawsAll(chart('CPU used'), 300);
  });

  test('has the charts of a host that is away, and the hour before it fell silent', async () => {
    const atS = Math.floor(Date.now() / 1_000) - 2 * hourS;
    const jobs = (minute: number) => ({ jobs_waiting: { value: 5 + (minute % 3), timestamp: atS - minute * 60 } });
    for (let minute = 90; minute >= 0; minute -= 1)
      await hub.ask('POST', '/metrics', { hostname: 'old-host', client_id: 'test', metrics: jobs(minute) });
    await page.goto(`${hub.dashboard}?host=old-host`);
    await page.getByRole('heading', { name: 'No data in the last five minutes' }).waitFor();
    await chart('jobs_waiting').getByText('No values in this window').waitFor();
    await page.getByRole('button', { name: 'Show the hour before it fell silent' }).click();
    await expect.poll(fixedSpan).toMatchObject({ toS: atS, lengthS: hourS });
    await expect.poll(() => paintedShare(chart('jobs_waiting')), { timeout: patienceMs }).toBeGreaterThan(0.9);
  });

  test('says that a host is not there', async () => {
    await page.goto(`${hub.dashboard}?host=nowhere`);
    await page.getByRole('heading', { name: 'There is no host “nowhere”' }).waitFor();
  });
});

describe('ranges', () => {
  test.each([
    ['2', '15m', /3\s?s min\/avg\/max/],
    ['3', '1h', /10\s?s min\/avg\/max/],
    ['4', '6h', /1\s?m min\/avg\/max/],
    ['5', '24h', /5\s?m min\/avg\/max/],
    ['6', '7d', /30\s?m min\/avg\/max/],
    ['7', '30d', /2\s?h min\/avg\/max/],
    ['8', '1y', /1\s?d min\/avg\/max/],
  ])('key %s shows %s, names the step, and its charts have values', async (key, range, step) => {
    await open('host_0');
    await page.keyboard.press(key);
    await stepSays(step);
    expect(search()).toEqual({ host: 'host_0', range });
    await expect.poll(() => legendValue(chart('CPU used')).textContent(), { timeout: patienceMs }).toMatch(/\d/);
    await expect.poll(() => paintedShare(chart('CPU used')), { timeout: patienceMs }).toBeGreaterThan(0);
  });

  test('a day is drawn from edge to edge, history and live ticks without a seam', async () => {
    await open('host_0', '&range=24h');
    await stepSays(/5\s?m/);
    await expect.poll(() => paintedShare(chart('CPU used')), { timeout: patienceMs }).toBeGreaterThan(0.99);
    await page.keyboard.press('2');
    await stepSays(/3\s?s/);
    await drawsAll(chart('CPU used'), 900);
  });

  test('drag zooms, back and forward step through zooms, and a double click goes live', async () => {
    await open('host_0', '&range=24h');
    await stepSays(/5\s?m/);
    await drag(chart('CPU used'), 0.25, 0.5);
    await expect.poll(() => Object.keys(search())).toContain('from');
    const first = fixedSpan();
    expect(Math.abs(first.lengthS - 6 * hourS)).toBeLessThan(600);
    await stepSays(/1\s?m|30\s?s/);
    await pillSays(page, /paused/);
    await drag(chart('CPU used'), 0.4, 0.45);
    await expect.poll(() => fixedSpan().lengthS).toBeLessThan(0.3 * hourS);
    await stepSays(/[35]\s?s/);
    await page.goBack();
    await expect.poll(fixedSpan).toEqual(first);
    await page.goBack();
    await expect.poll(search).toEqual({ host: 'host_0', range: '24h' });
    await pillSays(page, /live/);
    await page.goForward();
    await expect.poll(fixedSpan).toEqual(first);
    await chart('CPU used')
      .locator('.u-over')
      .dblclick({ position: { x: 100, y: 50 } });
    await expect.poll(search).toEqual({ host: 'host_0' });
  });

  test('Shift and drag pans in the same place, brackets and signs move and zoom, 0 goes live', async () => {
    await open('host_0', '&range=6h');
    await stepSays(/1\s?m/);
    const entries = await page.evaluate(() => history.length);
    await drag(chart('CPU used'), 0.2, 0.7, ['Shift']);
    await expect.poll(() => Object.keys(search())).toContain('from');
    const panned = fixedSpan();
    expect(panned.lengthS).toBe(6 * hourS);
    expect(await page.evaluate(() => history.length)).toBe(entries);
    await expect.poll(() => paintedShare(chart('CPU used')), { timeout: patienceMs }).toBeGreaterThan(0.99);

    await page.keyboard.press('[');
    await expect.poll(() => fixedSpan().toS).toBe(panned.toS - 3 * hourS);
    await page.keyboard.press(']');
    await expect.poll(() => fixedSpan().toS).toBe(panned.toS);
    await page.keyboard.press('+');
    await expect.poll(() => fixedSpan().lengthS).toBe(3 * hourS);
    await page.keyboard.press('-');
    await expect.poll(() => fixedSpan().lengthS).toBe(6 * hourS);
    await page.keyboard.press('0');
    await expect.poll(search).toEqual({ host: 'host_0' });
  });

  test('a range of one’s own is typed, refused when it makes no sense, and shown to whoever opens the link', async () => {
    await open('host_0');
    await page.getByRole('button', { name: 'Custom' }).click();
    const iso = (ms: number) => new Date(ms).toISOString().slice(0, 19);
    const dayAgoMs = Math.floor(Date.now() / 1_000) * 1_000 - 24 * hourS * 1_000;
    await page.getByLabel('From', { exact: true }).fill(iso(dayAgoMs));
    await page.getByLabel('To', { exact: true }).fill(iso(dayAgoMs - 1_000));
    await page.getByRole('button', { name: 'Apply' }).click();
    await page.getByText('The end must be at least five seconds after the start.').waitFor();
    await page.getByLabel('To', { exact: true }).fill(iso(dayAgoMs + 600_000));
    await page.getByRole('button', { name: 'Apply' }).click();
    await expect.poll(fixedSpan).toMatchObject({ fromS: dayAgoMs / 1_000, lengthS: 600 });
    await stepSays(/1\s?s raw/);
    await page.reload();
    await chart('CPU used').locator('canvas').waitFor();
    await expect.poll(() => paintedShare(chart('CPU used')), { timeout: patienceMs }).toBeGreaterThan(0.95);
    await page.getByRole('button', { name: 'Custom' }).click();
    await page.keyboard.press('Escape');
    await page.getByLabel('From', { exact: true }).waitFor({ state: 'hidden' });
  });

  test('says what could not be loaded, and loads it when it is asked again', async () => {
    let isBroken = true;
    await page.route('**/api/v1/query', async (route) => {
      if (isBroken) await route.fulfill({ status: 503, json: { error: 'The database is away' } });
      else await route.continue();
    });
    await open('host_0', '&range=24h');
    const failed = chart('CPU used').locator('.failed');
    await failed.getByText(/^Could not load 1\sd\. The database is away$/).waitFor();
    isBroken = false;
    await failed.getByRole('button', { name: 'Try again' }).click();
    await failed.waitFor({ state: 'detached' });
    await expect.poll(() => paintedShare(chart('CPU used')), { timeout: patienceMs }).toBeGreaterThan(0.99);
  });

  test('history and new ticks are there without a WebSocket', async () => {
    await blockSockets(page);
    await open('host_0', '&range=15m');
    await pillSays(page, /polling/);
    await drawsAll(chart('CPU used'), 900);
    await page.keyboard.press('1');
    await drawsAll(chart('CPU used'), 300);
  });
});

describe('fingers', () => {
  test('one moves the cursor of all charts, two zoom', async () => {
    await page.close();
    page = await browser.newPage({ viewport: sizes.phone, hasTouch: true, isMobile: true });
    await page.context().addCookies([hub.cookie]);
    await open('host_0', '&range=24h');
    await stepSays(/5\s?m|10\s?m/);
    const box = (await chart('CPU used').locator('.u-over').boundingBox())!;
    const session = await page.context().newCDPSession(page);
    const touch = (type: 'touchStart' | 'touchMove' | 'touchEnd', ...xs: readonly number[]) =>
      session.send('Input.dispatchTouchEvent', {
        type,
        touchPoints: xs.map((x, id) => ({ x: box.x + box.width * x, y: box.y + 40, id })),
      });
    await touch('touchStart', 0.2);
    for (const x of [0.25, 0.3, 0.35]) await touch('touchMove', x);
    await expect.poll(() => page.locator('.cursor-time.shown').count()).toBeGreaterThan(1);
    await touch('touchEnd');
    await touch('touchStart', 0.4, 0.6);
    for (const by of [0.05, 0.1, 0.2]) await touch('touchMove', 0.4 - by, 0.6 + by);
    await touch('touchEnd');
    await expect.poll(() => Math.abs(fixedSpan().lengthS - 8 * hourS)).toBeLessThan(600);
    await expect.poll(() => paintedShare(chart('CPU used')), { timeout: patienceMs }).toBeGreaterThan(0.95);
  });
});

describe('charts', () => {
  test('share one cursor, whose values stand in every legend and are said when a key moves it', async () => {
    await open('host_0', '&range=6h');
    await stepSays(/1\s?m/);
    await expect.poll(() => paintedShare(chart('CPU used')), { timeout: patienceMs }).toBeGreaterThan(0.99);
    const box = (await chart('CPU used').locator('.u-over').boundingBox())!;
    await page.mouse.move(box.x + box.width / 3, box.y + 40);
    const times = () => page.locator('.cursor-time.shown').allTextContents();
    await expect.poll(async () => new Set(await times()).size).toBe(1);
    expect((await times()).length).toBeGreaterThan(1);
    await chart('Memory used').locator('.plot').focus();
    await page.keyboard.press('Shift+ArrowLeft');
    await expect.poll(async () => (await times()).length).toBeGreaterThan(1);
    expect(new Set(await times()).size).toBe(1);
    await chart('Memory used')
      .locator('[role="status"]')
      .filter({ hasText: /^\d\d:\d\d: Used \d/ })
      .waitFor({ state: 'attached' });
  });

  test('are found by metric, and the search is kept in the address', async () => {
    await open('this-machine');
    await page.keyboard.press('/');
    await page.keyboard.type('orders');
    await expect.poll(() => page.locator('pw-chart').count()).toBe(1);
    expect(search()).toEqual({ host: 'this-machine', find: 'orders' });
    await page.keyboard.type('zzz');
    await page.getByRole('heading', { name: 'No chart matches “orderszzz”' }).waitFor();
    await page.getByRole('button', { name: 'Clear search' }).click();
    await expect.poll(() => page.locator('pw-chart').count()).toBeGreaterThan(8);
  });

  test('stand side by side as wished, and the section is kept in the address', async () => {
    await open('this-machine');
    await page.getByRole('group', { name: 'Charts side by side' }).getByRole('button', { name: '1' }).click();
    expect(search()).toEqual({ host: 'this-machine', cols: '1' });
    await page
      .getByRole('navigation', { name: 'Sections' })
      .getByRole('button', { name: /^Network/ })
      .click();
    expect(new URL(page.url()).hash).toBe('#network');
    const top = () => page.locator('section[id="network"]').evaluate((section) => section.getBoundingClientRect().top);
    await expect.poll(top).toBeLessThan(160);
    await page.reload();
    await expect.poll(top, { timeout: patienceMs }).toBeLessThan(160);
    await page.locator('section[id="network"] pw-chart canvas').first().waitFor();
    await page.keyboard.press('k');
    await expect.poll(() => new URL(page.url()).hash).not.toBe('#network');
  });

  test('mark limits, alerts, downtimes and notes, and the index lists them', async () => {
    const rule = await hub.ask<{ id: number }>('POST', '/api/v1/rules', {
      ...{ name: 'Orders open', metric: 'orders_open', condition: 'above', threshold: 5, for: 0, severity: 'critical' },
    });
    const nowS = Math.floor(Date.now() / 1_000);
    const hosts = { names: ['this-machine'] };
    await hub.ask('POST', '/api/v1/downtimes', {
      ...{ hosts, start: nowS + 1, end: nowS + 600, author: 'ann', reason: 'new disks' },
    });
    await open('this-machine', '&find=orders');
    await page
      .locator('pw-host-header .chip.critical')
      .getByText(/Orders open for/)
      .waitFor();
    await page
      .locator('pw-host-notice')
      .getByText(/Downtime until .* UTC/)
      .waitFor();
    await expect.poll(() => chart('orders_open').getAttribute('severity'), { timeout: patienceMs }).toBe('critical');
    const index = page.getByRole('navigation', { name: 'Sections' });
    await index.getByRole('link', { name: /Orders open/ }).waitFor();
    await index.getByRole('link', { name: /Downtime: new disks/ }).waitFor();

    await page.keyboard.press('n');
    await page.getByRole('dialog', { name: 'Add note' }).waitFor();
    const dialog = page.locator('pw-note-dialog');
    await dialog.getByRole('button', { name: 'Add note' }).click();
    await dialog.getByText('Say what happened, in a few words.').waitFor();
    await dialog.getByLabel('What happened').fill('Deployed 4.2.1');
    await page.keyboard.press('Enter');
    await page.getByText('Note added').waitFor();
    await index.getByRole('button', { name: /Deployed 4\.2\.1/ }).click();
    await dialog.getByRole('button', { name: 'Remove note' }).click();
    await index.getByText('Deployed 4.2.1').waitFor({ state: 'detached' });
    await index.getByRole('link', { name: /Orders open/ }).click();
    await expect.poll(() => search()['alerts']).toBe('open');
    await hub.ask('DELETE', `/api/v1/rules/${rule.body.id}`);
  });

  test('fill a hole in the live stream from storage by themselves', async () => {
    let isDropping = false;
    await page.routeWebSocket(/\/live$/, (socket) => {
      const server = socket.connectToServer();
      server.onMessage((message) => {
        const isTick = typeof message !== 'string' && decodeToViewer(message).kind === 'tick';
        if (!isTick || !isDropping) socket.send(message);
      });
    });
    await open('host_1');
    await pillSays(page, /live · \d/);
    const index = page.locator('pw-section-index');
    await index.getByText('In this window').waitFor();
    // The host's own beginning is no data either; what counts is what is missing from now on.
    const sinceMs = Date.now() - 2_000;
    const holes = () =>
      index.evaluate(
        (element, fromMs) =>
          (element as unknown as WithEvents).events.shown.filter(({ kind, atMs }) => kind === 'gap' && atMs > fromMs)
            .length,
        sinceMs,
      );
    isDropping = true;
    await expect.poll(holes, { timeout: patienceMs }).toBe(1);
    await index
      .getByText(/^No data, \d+\ss/)
      .first()
      .waitFor();
    isDropping = false;
    await expect.poll(holes, { timeout: patienceMs }).toBe(0);
  });
});

describe('for everyone', () => {
  test.each(
    themes.flatMap((theme) => [
      [theme, 'live', ''],
      [theme, 'of a day', '&range=24h'],
    ]) as [(typeof themes)[number], string, string][],
  )('axe finds nothing in %s, %s', async (theme, _, query) => {
    await reopen({ theme });
    await open('this-machine', query);
    await pillSays(page, /live · \d/);
    await page.getByRole('button', { name: 'Custom' }).click();
    expect(await accessibilityProblems(page)).toEqual([]);
    await page.keyboard.press('Escape');
    await page.keyboard.press('n');
    await page.getByRole('dialog', { name: 'Add note' }).waitFor();
    expect(await accessibilityProblems(page)).toEqual([]);
  });

  test.each(['phone', 'tablet'] as const)(
    'on a %s nothing scrolls sideways, and every range can be reached',
    async (size) => {
      await reopen({ size });
      await open('this-machine');
      await pillSays(page, /live · \d/);
      expect(await sidewaysPx(page)).toBe(0);
      await page.getByRole('button', { name: 'Custom' }).click();
      await page.getByLabel('From', { exact: true }).waitFor();
      expect(await sidewaysPx(page)).toBe(0);
      expect(await accessibilityProblems(page)).toEqual([]);
    },
  );
});

test('a host that gets another name takes its page along', async () => {
  await open('host_1', '&range=1h');
  await hub.ask('PATCH', '/api/v1/hosts/host_1', { name: 'cache-one' });
  await expect.poll(search).toEqual({ host: 'cache-one', range: '1h' });
  await page.locator('pw-host-header').filter({ hasText: 'cache-one' }).waitFor();
  await chart().locator('canvas').waitFor();
  await hub.ask('PATCH', '/api/v1/hosts/cache-one', { name: 'host_1' });
  await expect.poll(search).toEqual({ host: 'host_1', range: '1h' });
});
