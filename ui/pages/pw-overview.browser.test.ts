/** The overview in a real Chromium, against a hub whose fleet is as small or as large as a test needs it. */
import type { Browser, Page } from 'playwright-core';
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, test } from 'vitest';
import type { AlertRow } from '#core/message.ts';
import { accessibilityProblems } from '../testing/axe.ts';
import { openBrowser } from '../testing/browser.ts';
import { buildDashboard } from '../testing/build.ts';
import { FakeHub } from '../testing/fake-hub.ts';
import { newPage, pillSays, sidewaysPx, sizes, themes } from '../testing/page.ts';

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
  ({ page, problems } = await newPage(browser));
});

afterEach(async () => {
  await page.close();
  await hub.stop();
  expect(problems).toEqual([]);
});

/** Opens the overview of so many hosts, and waits until it is live and drawn: its code comes beside that of the pill. */
async function open(hostCount: number, query = '', prepare: (hub: FakeHub) => void = () => {}): Promise<void> {
  hub = new FakeHub({ hostCount, clockOffsetMs: -7_200_000 });
  prepare(hub);
  address = await hub.start();
  await page.goto(address + query);
  await pillSays(page, /live · [\dw]/);
  await page.locator('pw-foot-keys, pw-empty-state, pw-tv').first().waitFor({ state: 'attached' });
}

function alertOn(hostId: number, said: Partial<AlertRow> = {}): AlertRow {
  return {
    ...{ ruleId: 1, hostId, series: 'cpu_used_percent', phase: 'firing', alertId: 1, ruleName: 'CPU high' },
    ...{ severity: 'warning', cause: 'limits', sinceMs: Date.now() - 7_200_000, value: 93, message: 'CPU above 85 %' },
    ...{ decision: 'told', isAcknowledged: false },
    ...said,
  };
}

function search(): URLSearchParams {
  return new URL(page.url()).searchParams;
}

const cards = () => page.locator('pw-host-card');
const rows = () => page.locator('pw-host-table .row');
/** The card or row that the keyboard is on. */
const focusedTitle = () =>
  page.evaluate(() => {
    let element = document.activeElement;
    while (element?.shadowRoot?.activeElement) element = element.shadowRoot.activeElement;
    const root = element?.getRootNode();
    return root instanceof ShadowRoot ? (root.querySelector('.name')?.textContent ?? '') : '';
  });

/** How many colours a canvas shows: an empty one has one. */
function colorsOf(selector: string, index = 0): Promise<number> {
  return page
    .locator(selector)
    .nth(index)
    .evaluate((canvas: HTMLCanvasElement) => {
      const pixels = canvas.getContext('2d')!.getImageData(0, 0, canvas.width, canvas.height).data;
      const colors = new Set<number>();
      for (let at = 0; at < pixels.length; at += 4)
        colors.add((pixels[at]! << 16) | (pixels[at + 1]! << 8) | pixels[at + 2]!);
      return colors.size;
    });
}

describe('cards', () => {
  test('show every host, and their values move', async () => {
    await open(12);
    expect(await cards().count()).toBe(12);
    const value = cards().first().locator('.value').nth(2);
    await expect.poll(() => value.textContent()).toMatch(/\d/);
    const before = await value.textContent();
    await expect.poll(() => value.textContent()).not.toBe(before);
    await expect.poll(() => colorsOf('pw-host-card canvas')).toBeGreaterThan(10);
  });

  test('say how to connect an agent when there is no host', async () => {
    await open(0);
    await page.getByRole('heading', { name: 'Add your first host' }).waitFor();
    await pillSays(page, /live · waiting/);
    await page.getByText(`PULSEWIRE_HUB_URL=${new URL(address).origin}`).waitFor();
  });

  test('that need attention come first, each with its reason', async () => {
    await open(12, '', (fake) => {
      fake.setHostState('db-01', 'down');
      fake.setDowntime('api-01', Date.now() - 7_200_000 + 3_600_000);
      fake.setAlerts([
        alertOn(1, { severity: 'critical' }),
        alertOn(4, { phase: 'pending' }),
        alertOn(5, { series: 'memory_used_percent' }),
      ]);
    });
    const group = page.locator('section[aria-label="Needs attention"]');
    await group.getByText(/silent \d/).waitFor();
    expect(await group.locator('pw-host-card .name').allTextContents()).toEqual([
      'db-01',
      'web-01',
      'worker-01',
      'api-01',
    ]);
    await group.getByText(/until \d\d:\d\d/).waitFor();
    expect(await group.locator('pw-host-card').nth(1).locator('.value.critical').count()).toBe(1);
    expect(await group.locator('pw-host-card').nth(2).locator('.value.warning').textContent()).toMatch(/%$/);
  });

  test('become a strip when too many need attention, which opens', async () => {
    await open(60, '', (fake) => {
      for (const host of fake.hosts.slice(0, 40)) fake.setHostState(host.name, 'down');
    });
    const chips = page.locator('pw-host-chip');
    await expect.poll(() => chips.count()).toBe(23);
    expect(await sectionTop('api')).toBeLessThan(700);
    await page.getByRole('button', { name: 'and 17 more' }).click();
    await expect.poll(() => chips.count()).toBe(40);
  });

  test('are walked by arrows across groups, and Enter opens one', async () => {
    await open(12, '?group=role');
    await cards().first().locator('a').focus();
    const steps = [
      ['ArrowRight', 'api-02'],
      ['ArrowDown', 'cache-02'],
      ['ArrowLeft', 'cache-01'],
      ['End', 'worker-02'],
      ['Home', 'api-01'],
    ] as const;
    for (const [key, title] of steps) {
      await page.keyboard.press(key);
      await expect.poll(focusedTitle).toBe(title);
    }
    await page.keyboard.press('Enter');
    await page.getByRole('heading', { name: 'api-01' }).waitFor();
  });

  test('are one tab stop', async () => {
    await open(12);
    expect(await page.locator('pw-host-card a[tabindex="0"]').count()).toBe(1);
  });

  test('of hundreds are made only where they are seen, and only those are watched', async () => {
    await open(300, '?view=cards&sort=name');
    await cards().first().waitFor();
    await expect.poll(async () => hub.watchedIds?.length === (await cards().count())).toBe(true);
    expect(await cards().count()).toBeLessThan(80);
    await page.evaluate(() => window.scrollTo(0, document.documentElement.scrollHeight));
    await cards().filter({ hasText: 'worker-50' }).waitFor();
    await expect.poll(() => hub.watchedIds?.includes(299)).toBe(true);
    expect(hub.watchedIds).not.toContain(2);
    await expect.poll(() => lineEnds('pw-host-card')).toBeLessThan(0.1);
  });
});

/** Share of the width at the left of the last sparkline in which nothing is drawn: 0 when it has its whole past. */
function lineEnds(selector: string): Promise<number> {
  return page
    .locator(`${selector} canvas`)
    .last()
    .evaluate((canvas: HTMLCanvasElement) => {
      const { width, height } = canvas;
      const pixels = canvas.getContext('2d')!.getImageData(0, 0, width, height).data;
      for (let x = 0; x < width; x += 1)
        for (let y = 0; y < height; y += 1) if (pixels[(y * width + x) * 4 + 3]! > 0) return x / width;
      return 1;
    });
}

function sectionTop(title: string): Promise<number> {
  return page.locator(`section[aria-label="${title}"]`).evaluate((section) => section.getBoundingClientRect().top);
}

describe('the filter', () => {
  test('finds by name and tag, and stays in the address', async () => {
    await open(12);
    await page.keyboard.press('/');
    await page.keyboard.type('web role=web');
    await expect.poll(() => cards().count()).toBe(2);
    expect(search().get('q')).toBe('web role=web');
    await page.reload();
    await expect.poll(() => cards().count()).toBe(2);
    await page.keyboard.press('/');
    await page.keyboard.type('zzz');
    await page.getByText('No host matches').waitFor();
    await page.getByRole('button', { name: 'Clear filter' }).click();
    await expect.poll(() => cards().count()).toBe(12);
  });

  test('takes several statuses, and a click on a count', async () => {
    await open(12, '', (fake) => {
      fake.setHostState('db-01', 'down');
      fake.setHostState('db-02', 'stale');
      fake.setDowntime('web-01', Date.now() + 3_600_000);
    });
    await page.getByRole('button', { name: 'Down 1' }).click();
    await expect.poll(() => cards().count()).toBe(1);
    await page.getByRole('button', { name: 'Downtime 1' }).click();
    await expect.poll(() => cards().count()).toBe(2);
    expect(search().get('status')).toBe('down,downtime');
    await page.locator('pw-fleet-header').getByRole('button', { name: '1 stale' }).click();
    await expect.poll(() => cards().locator('.name').allTextContents()).toEqual(['db-02']);
    await page.getByRole('button', { name: 'All 12' }).click();
    await expect.poll(() => cards().count()).toBe(12);
  });

  test('keeps order, group, density and scale in the address, and shows the same from there', async () => {
    await open(12);
    await page.getByLabel('Sort').selectOption('cpu');
    await page.getByLabel('Group').selectOption('dc');
    await page.getByRole('button', { name: 'Auto scale' }).click();
    await page.keyboard.press('d');
    await page.locator('pw-host-table').waitFor();
    expect(Object.fromEntries(search())).toEqual({ sort: 'cpu', group: 'dc', scale: 'auto', view: 'table' });
    await page.goto(page.url());
    await page.getByRole('columnheader', { name: 'CPU' }).waitFor();
    expect(await page.getByRole('columnheader', { name: 'CPU' }).getAttribute('aria-sort')).toBe('descending');
    expect(await page.getByLabel('Group').inputValue()).toBe('dc');
    expect(await page.getByRole('button', { name: 'Auto scale' }).getAttribute('aria-pressed')).toBe('true');
  });

  test('folds a group away and back', async () => {
    await open(12, '?group=role');
    await page.getByRole('button', { name: 'Collapse api' }).click();
    await expect.poll(() => cards().count()).toBe(10);
    await page.getByRole('button', { name: 'Expand api' }).click();
    await expect.poll(() => cards().count()).toBe(12);
  });
});

describe('the header', () => {
  test('counts hosts and alerts, and leads to the alerts of a severity', async () => {
    await open(12, '', (fake) => {
      fake.setHostState('db-01', 'down');
      fake.setAlerts([alertOn(1, { severity: 'critical' }), alertOn(2), alertOn(7, { phase: 'pending' })]);
    });
    const header = page.getByRole('region', { name: 'Fleet' });
    await header.getByText('11 up').waitFor();
    await header.getByText('1 pending').waitFor();
    await header.getByText('1 warning').waitFor();
    await header.getByRole('link', { name: '1 critical' }).click();
    await expect.poll(() => search().get('sev')).toBe('critical');
  });
});

describe('the table', () => {
  test('is what hundreds of hosts are shown as, with rows only where they are seen', async () => {
    await open(310, '?sort=name');
    await rows().first().waitFor();
    // How many fit is known once the page has its height.
    await expect.poll(async () => hub.watchedIds?.length === (await rows().count())).toBe(true);
    expect(await rows().count()).toBeLessThan(60);
    await expect.poll(() => rows().first().locator('.cpu b').textContent()).toMatch(/\d/);
    await expect.poll(() => colorsOf('pw-host-table canvas')).toBeGreaterThan(10);
    await page.evaluate(() => window.scrollTo(0, 4_000));
    await expect.poll(() => lineEnds('pw-host-table')).toBeLessThan(0.1);
    expect(await page.getByRole('grid', { name: 'Hosts' }).getAttribute('aria-rowcount')).toBe('317');
  });

  test('is ordered by a click on a head, with the highest on top', async () => {
    await open(12, '?view=table&group=');
    await page.getByRole('columnheader', { name: 'Memory' }).getByRole('button').click();
    await expect.poll(() => search().get('sort')).toBe('memory');
    const inOrder = async () => {
      const cells = await page.locator('pw-host-table .row').evaluateAll((all) =>
        all
          .map((row) => ({
            top: row.getBoundingClientRect().top,
            value: Number(row.querySelector('.memory b')!.textContent),
          }))
          .sort((a, b) => a.top - b.top)
          .map(({ value }) => value),
      );
      return cells.every((value, index) => index === 0 || value <= cells[index - 1]! + 3);
    };
    await expect.poll(inOrder).toBe(true);
  });

  test('is one tab stop, walked by keys far beyond what is drawn, and opened by Enter', async () => {
    await open(310, '?view=table&sort=name&group=');
    const grid = page.getByRole('grid', { name: 'Hosts' });
    await grid.focus();
    const current = () => grid.getAttribute('aria-activedescendant');
    await expect.poll(current).toBe('row-api-01');
    const steps = [
      ['ArrowDown', /^row-api-02$/],
      ['PageDown', /^row-api-[2-9]\d$/],
      ['End', /^row-worker-51$/],
      ['ArrowUp', /^row-worker-50$/],
      ['Home', /^row-api-01$/],
    ] as const;
    for (const [key, row] of steps) {
      await page.keyboard.press(key);
      await expect.poll(current).toMatch(row);
    }
    await page.keyboard.press('End');
    await page.locator('#row-worker-51').waitFor();
    await page.keyboard.press('Enter');
    await page.getByRole('heading', { name: 'worker-51' }).waitFor();
  });
});

describe('tiles', () => {
  test('are painted, tell of the one under the pointer, and lead to it', async () => {
    await open(12, '?view=tiles&group=');
    await expect.poll(() => colorsOf('pw-tile-group canvas')).toBeGreaterThan(3);
    const canvas = page.locator('pw-tile-group canvas');
    await canvas.hover({ position: { x: 6, y: 6 } });
    await page.locator('pw-host-tiles .tip').getByText('api-01').waitFor();
    await canvas.click({ position: { x: 21, y: 6 } });
    await page.getByRole('heading', { name: 'api-02' }).waitFor();
  });

  test('are walked by keys, with a line that says where one is', async () => {
    await open(12, '?view=tiles&group=', (fake) => fake.setHostState('db-01', 'down'));
    await page.getByRole('application').focus();
    const line = page.locator('pw-host-tiles [role=status]');
    await expect.poll(() => line.textContent()).toMatch(/^db-01, down, silent/);
    await page.keyboard.press('ArrowRight');
    await expect.poll(() => line.textContent()).toMatch(/^api-01, up, CPU \d/);
    await page.keyboard.press('End');
    await expect.poll(() => line.textContent()).toMatch(/^worker-02/);
    await page.keyboard.press('Enter');
    await page.getByRole('heading', { name: 'worker-02' }).waitFor();
  });

  test('are what a thousand hosts are shown as, told of in turns', async () => {
    await open(1_000);
    await expect.poll(() => colorsOf('pw-tile-group canvas')).toBeGreaterThan(3);
    await expect.poll(() => hub.watchedIds).toEqual([]);
    await page.getByLabel('Colour by').selectOption('network');
    expect(search().get('metric')).toBe('network');
    await page.locator('pw-tile-legend').getByText(/b\/s/).waitFor();
  });
});

describe('TV mode', () => {
  test('is entered by a key with the filter of the overview, has no chrome, and is left by Esc', async () => {
    await open(12, '?tag=env%3Dprod');
    await page.keyboard.press('f');
    await page.locator('pw-tv').getByText('env=prod').waitFor();
    expect([await page.locator('pw-topbar').count(), search().get('tv')]).toEqual([0, '1']);
    await expect.poll(() => page.locator('pw-tv .figure').first().textContent()).toBe('10');
    await page.keyboard.press('Escape');
    await cards().first().waitFor();
    expect([search().get('tv'), search().get('tag')]).toEqual([null, 'env=prod']);
  });

  test('turns its pages, and shows the alerts as soon as a critical one begins', async () => {
    await open(12, '?tv=1&rotate=5');
    await expect.poll(() => colorsOf('pw-tv-tiles canvas')).toBeGreaterThan(10);
    await page.locator('pw-tv-busiest').getByText('Memory').waitFor();
    hub.setAlerts([alertOn(1, { severity: 'critical', ruleName: 'Disk full' })]);
    await page.locator('pw-tv-alerts[columns="2"]').getByText('Disk full').waitFor();
    expect(await page.locator('pw-tv footer .on').textContent()).toBe('Alerts');
  });

  test('says on the wall that the hub is gone', async () => {
    await open(12, '?tv=1');
    hub.refuse({ sockets: true, rest: true });
    await page.locator('pw-tv footer').getByText('The hub has not answered').waitFor();
  });

  test.each(themes)('axe finds nothing in %s', async (colorScheme) => {
    await page.emulateMedia({ colorScheme, reducedMotion: 'reduce' });
    await open(12, '?tv=1', (fake) => fake.setAlerts([alertOn(1, { severity: 'critical' }), alertOn(5)]));
    await page.locator('pw-tv-alerts').getByText('CPU high').first().waitFor();
    expect(await accessibilityProblems(page)).toEqual([]);
  });
});

test('a fleet that is polled is shown as before', async () => {
  await open(12);
  hub.refuse({ sockets: true, rest: false });
  await pillSays(page, /polling · \d/);
  expect(await cards().count()).toBe(12);
  await expect.poll(() => cards().first().locator('.value').first().textContent()).toMatch(/\d/);
});

describe('for everyone', () => {
  const views = ['cards', 'table', 'tiles'] as const;
  const prepare = (fake: FakeHub) => {
    fake.setHostState('db-01', 'down');
    fake.setHostState('api-01', 'stale');
    fake.setHostState('cache-02', 'never');
    fake.setDowntime('web-02', Date.now() + 3_600_000);
    fake.setAlerts([alertOn(1, { severity: 'critical' }), alertOn(5)]);
  };

  test.each(views.flatMap((view) => themes.map((theme) => [view, theme] as const)))(
    'axe finds nothing in %s in %s',
    async (view, colorScheme) => {
      await page.emulateMedia({ colorScheme, reducedMotion: 'reduce' });
      await open(12, `?view=${view}`, prepare);
      await page.locator('pw-filter-bar').waitFor();
      expect(await accessibilityProblems(page)).toEqual([]);
    },
  );

  test.each(views.flatMap((view) => (['phone', 'tablet'] as const).map((size) => [view, size] as const)))(
    '%s scroll nothing sideways on a %s, and axe finds nothing',
    async (view, size) => {
      await page.setViewportSize(sizes[size]);
      await open(12, `?view=${view}`, prepare);
      await page.locator('pw-filter-bar').waitFor();
      expect(await sidewaysPx(page)).toBe(0);
      expect(await accessibilityProblems(page)).toEqual([]);
    },
  );
});
