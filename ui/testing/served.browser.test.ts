/** What the real hub serves to a real browser: compressed files, a policy under which the page's workers run, and by REST alone the same pages. */
import type { Browser, Page } from 'playwright-core';
import { afterAll, afterEach, beforeAll, beforeEach, expect, test } from 'vitest';
import {
  adminRoute,
  adminTabs,
  alertLists,
  alertsRoute,
  compareLayouts,
  compareRoute,
  densities,
  downtimesRoute,
  downtimeViews,
  hostRoute,
  hostsRoute,
  hrefOf,
  overviewRoute,
  type Route,
  ruleRoute,
} from '../model/route.ts';
import { openBrowser } from './browser.ts';
import { blockSockets, newPage, patienceMs, pillSays } from './page.ts';
import { RealHub } from './real-hub.ts';

let hub: RealHub;
let browser: Browser;
let page: Page;
let problems: readonly string[];
/** What went wrong was meant to. */
let forgiven = false;

beforeAll(async () => {
  hub = await RealHub.start();
  await hub.startAgent({ name: 'this-machine' });
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
  if (!forgiven) expect(problems).toEqual([]);
  forgiven = false;
});

test('the overview comes compressed and is small', async () => {
  const encodings = new Map<string, string | undefined>();
  let bytes = 0;
  const session = await page.context().newCDPSession(page);
  await session.send('Network.enable');
  session.on('Network.loadingFinished', ({ encodedDataLength }) => {
    bytes += encodedDataLength;
  });
  page.on('response', (response) => {
    // What is smaller than its own headers gains nothing by being packed.
    const isTiny = Number(response.headers()['content-length']) < 400;
    if (/\.(js|css)$/.test(response.url()) && !isTiny)
      encodings.set(new URL(response.url()).pathname, response.headers()['content-encoding']);
  });
  await page.goto(hub.dashboard, { waitUntil: 'load' });
  await pillSays(page, /live · \d/);
  // A browser offers brotli to what it takes for safe: this machine itself is.
  expect(new Set(encodings.values())).toEqual(new Set(['br']));
  expect(bytes).toBeGreaterThan(20_000);
  expect(bytes).toBeLessThan(160_000);
});

test('the page decodes much history in a worker, which its policy lets it start', async () => {
  // More than it would decode itself; that there is nothing behind the answer is for the worker to find.
  await page.route('**/api/v1/query', async (route) => {
    const answer = await route.fetch();
    await route.fulfill({ response: answer, body: Buffer.concat([await answer.body(), Buffer.alloc(256 * 1024)]) });
  });
  const started = page.waitForEvent('worker');
  await page.goto(`${hub.dashboard}?host=this-machine&from=now-1h`);
  expect((await started).url()).toMatch(/\/dashboard\/assets\/decode-worker-[\w-]+\.js$/);
});

const everyPage: readonly (readonly [route: Route, element: string])[] = [
  ...densities.map((view) => [{ ...overviewRoute, view }, 'pw-overview'] as const),
  [{ ...overviewRoute, isTv: true }, 'pw-overview'],
  [{ ...hostRoute, host: 'this-machine' }, 'pw-host'],
  ...compareLayouts.map(
    (layout) => [{ ...compareRoute, hosts: ['this-machine'], metric: 'cpu_busy', layout }, 'pw-compare'] as const,
  ),
  ...alertLists.map((list) => [{ ...alertsRoute, list }, 'pw-alerts'] as const),
  [ruleRoute, 'pw-rule'],
  ...downtimeViews.map((view) => [{ ...downtimesRoute, view }, 'pw-downtimes'] as const),
  [{ ...downtimesRoute, id: 'new' }, 'pw-downtimes'],
  [{ ...hostsRoute, edit: 'this-machine' }, 'pw-hosts'],
  ...adminTabs.map((tab) => [{ ...adminRoute, tab }, 'pw-admin'] as const),
];

test('no page does anything that its policy forbids', async () => {
  for (const [route, element] of everyPage) {
    await page.goto(new URL(hrefOf(route), hub.dashboard).href);
    await page.locator(element).filter({ hasText: /\w{3}/ }).waitFor();
    // The browser says in its console what a policy has stopped.
    expect([hrefOf(route), problems]).toEqual([hrefOf(route), []]);
  }
  await page.context().clearCookies();
  await page.goto(hub.dashboard);
  await page.locator('pw-sign-in').waitFor();
});

test('the policy refuses text where script could come of it', async () => {
  await page.goto(hub.dashboard);
  const refusals = await page.evaluate(() => {
    const tries: (() => unknown)[] = [
      () => {
        document.body.innerHTML = '<img src=x onerror=alert(1)>';
      },
      () => new Worker('/dashboard/assets/x.js'),
      () =>
        (
          globalThis as unknown as { trustedTypes: { createPolicy(name: string, rules: object): unknown } }
        ).trustedTypes.createPolicy('mine', {}),
    ];
    return tries.map((attempt) => {
      try {
        attempt();
        return 'done';
      } catch (error) {
        return (error as Error).name;
      }
    });
  });
  expect(refusals).toEqual(['TypeError', 'TypeError', 'TypeError']);
  expect(problems.length).toBeGreaterThan(0);
  forgiven = true;
});

test('where WebSockets are blocked the page of a host has its processes all the same', async () => {
  await blockSockets(page);
  await page.goto(`${hub.dashboard}?host=this-machine`);
  await pillSays(page, /polling · \d/);
  const processes = page.locator('pw-process-table');
  await processes.scrollIntoViewIfNeeded();
  await expect.poll(() => processes.locator('tbody tr').count(), { timeout: patienceMs }).toBeGreaterThan(0);
  expect(await page.getByText('The agent has not sent its processes yet.').count()).toBe(0);
});

test('a note that a script posts is on an open page at once', async () => {
  await page.goto(`${hub.dashboard}?host=this-machine`);
  await pillSays(page, /live · \d/);
  await page.locator('pw-chart canvas').first().waitFor();
  const { status } = await hub.ask('POST', '/api/v1/notes', { text: 'Shop 4.2 is out', author: 'ci' });
  expect(status).toBe(201);
  await page.getByText('Shop 4.2 is out').first().waitFor();
});
