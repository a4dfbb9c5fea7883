/** Hosts as those see them who look after them: the built dashboard in a real Chromium against a real hub and agents. */
import type { Browser, Locator, Page } from 'playwright-core';
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, test } from 'vitest';
import { accessibilityProblems } from '../testing/axe.ts';
import { openBrowser } from '../testing/browser.ts';
import { blockSockets, newPage, pillSays, sidewaysPx, sizes, themes } from '../testing/page.ts';
import { RealHub } from '../testing/real-hub.ts';

interface Shown {
  readonly alias: string;
  readonly tags: Readonly<Record<string, string>>;
  readonly people_tags: Readonly<Record<string, string | null>>;
}

/** host_0 … of the simulation, and one more that is a real agent. */
const simulated = 120;

let hub: RealHub;
let browser: Browser;
let page: Page;
let problems: readonly string[];

beforeAll(async () => {
  hub = await RealHub.start();
  await hub.startAgent({ name: 'web-01', tags: { role: 'web', env: 'prod' } });
  await hub.simulateLive({ hosts: simulated });
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
  const names = ['web-01', 'web-renamed'];
  for (const name of names) await hub.ask('PATCH', `/api/v1/hosts/${name}`, { name: 'web-01', alias: '', tags: {} });
  expect(problems).toEqual([]);
});

async function open(query = ''): Promise<void> {
  await page.goto(`${hub.dashboard}?admin=hosts${query}`);
  await pillSays(page, /live · \d/);
  await page.getByRole('table', { name: 'Hosts' }).waitFor();
}

async function shown(name: string): Promise<Shown> {
  return (await hub.ask<Shown>('GET', `/api/v1/hosts/${name}`)).body;
}

function row(name: string): Locator {
  return page.getByRole('row').filter({ has: page.getByRole('link', { name, exact: true }) });
}

function settings(): Locator {
  return page.locator('pw-host-dialog');
}

async function toastSays(text: string): Promise<void> {
  await page.locator('pw-toasts').getByText(text).waitFor();
}

async function search(text: string): Promise<void> {
  await page.getByRole('searchbox', { name: 'Search hosts' }).fill(text);
}

describe('the hosts', () => {
  test('are reached by the navigation, each with its tags, agent and state, and lead to their charts', async () => {
    await page.goto(hub.dashboard);
    await page.getByRole('navigation', { name: 'Main' }).getByRole('link', { name: 'Admin' }).click();
    await page.getByText(`${simulated + 1} known`, { exact: false }).waitFor();
    await search('web-01');
    await row('web-01').getByText('env=prod').waitFor();
    await row('web-01')
      .getByText(/^\d+\.\d+\.\d+/)
      .waitFor();
    await row('web-01').getByText('Up').waitFor();
    await row('web-01').getByRole('link', { name: 'web-01' }).click();
    await page.getByRole('heading', { name: 'web-01' }).waitFor();
  });

  test('share their tabs with the storage', async () => {
    await open();
    const tabs = page.getByRole('navigation', { name: 'Administration' });
    await tabs.getByRole('link', { name: 'Storage' }).click();
    await page.getByRole('heading', { name: 'Storage' }).waitFor();
    await tabs.getByRole('link', { name: 'Hosts', exact: true }).click();
    await page.getByRole('heading', { name: 'Hosts', exact: true }).waitFor();
  });

  test('are made of rows of what is in sight alone, and all come into sight', async () => {
    await open();
    await expect.poll(() => page.locator('pw-hosts-table tbody tr:not(.spacer)').count()).toBeLessThan(simulated - 20);
    expect(await row('web-01').count()).toBe(0);
    await page.evaluate(() => window.scrollTo(0, document.documentElement.scrollHeight));
    await row('web-01').getByText('env=prod').waitFor();
  });

  test('are one stop for Tab, and arrows walk their rows, also those that are not made yet', async () => {
    await open();
    await row('host_0').getByRole('button', { name: 'Edit host_0' }).focus();
    for (let step = 0; step < 60; step += 1) await page.keyboard.press('ArrowDown');
    const focused = () =>
      page.evaluate(() => {
        let active = document.activeElement;
        while (active?.shadowRoot?.activeElement) active = active.shadowRoot.activeElement;
        return active?.getAttribute('aria-label');
      });
    await expect.poll(focused).toBe('Edit host_60');
    expect(await page.locator('pw-hosts-table tbody [tabindex="0"]').count()).toBe(4);
    await page.keyboard.press('Enter');
    await settings().getByLabel('Alias').waitFor();
    await page.keyboard.press('Escape');
    await expect.poll(focused).toBe('Edit host_60');
  });

  test('are searched by name, alias and tag, which the address keeps', async () => {
    await open();
    await page.keyboard.press('/');
    await page.keyboard.type('role=web env=prod');
    await expect.poll(() => page.locator('pw-hosts-table tbody tr').count()).toBe(1);
    expect(new URL(page.url()).searchParams.get('q')).toBe('role=web env=prod');
    await page.reload();
    await row('web-01').waitFor();
    await search('nobody');
    await page.getByText('No host matches “nobody”').waitFor();
    await page.getByRole('button', { name: 'Clear search' }).click();
    await row('host_0').waitFor();
  });

  test('are known while the live connection is away', async () => {
    await blockSockets(page);
    await page.goto(`${hub.dashboard}?admin=hosts&q=web-01`);
    await pillSays(page, /polling/);
    await row('web-01').getByText('env=prod').waitFor();
  });

  test('stay when their details cannot be read, and say so', async () => {
    await page.route('**/api/v1/hosts', (route) =>
      route.fulfill({ status: 503, json: { error: 'Cannot list hosts' } }),
    );
    await open('&q=web-01');
    await page.getByText('could not be read').waitFor();
    await row('web-01').getByText('env=prod').waitFor();
    await page.unroute('**/api/v1/hosts');
    await page.getByRole('button', { name: 'Try again' }).click();
    await expect.poll(() => page.getByText('could not be read').count()).toBe(0);
  });
});

describe('one host', () => {
  test('gets an alias and tags, whose sides are told apart', async () => {
    await open('&q=web-01');
    await page.getByRole('button', { name: 'Edit web-01' }).click();
    await settings().getByLabel('Alias').fill('Shop front');
    await settings().getByRole('button', { name: 'Remove role=web' }).click();
    await settings().getByText('Hidden:').waitFor();
    await settings().getByRole('combobox', { name: 'Add a tag' }).fill('site=north');
    await page.keyboard.press('Enter');
    await settings().getByRole('combobox', { name: 'Add a tag' }).fill('env=test');
    await page.keyboard.press('Enter');
    await settings().getByRole('button', { name: 'Save changes' }).click();
    await toastSays('Changes saved: web-01');

    await row('web-01').getByText('Shop front').waitFor();
    await row('web-01').locator('.chip.by-people', { hasText: 'env=test' }).waitFor();
    expect(await shown('web-01')).toMatchObject({
      alias: 'Shop front',
      tags: { env: 'test', site: 'north' },
      people_tags: { env: 'test', site: 'north', role: null },
    });

    await page.getByRole('button', { name: 'Edit web-01' }).click();
    await settings().getByRole('button', { name: 'Show role=web' }).click();
    await settings().getByRole('button', { name: 'Save changes' }).click();
    await row('web-01').locator('.chip.by-agent', { hasText: 'role=web' }).waitFor();
    expect((await shown('web-01')).people_tags).toEqual({ env: 'test', site: 'north' });
  });

  test('gets another name, but not that of another host', async () => {
    await open('&on=web-01');
    await settings().getByLabel('Name').fill('host_0');
    await settings().getByRole('button', { name: 'Save changes' }).click();
    await settings().getByText('belongs to another host').waitFor();
    await settings().getByLabel('Name').fill('web-renamed');
    await page.keyboard.press('Enter');
    await toastSays('web-01, now web-renamed');
    await search('renamed');
    await row('web-renamed').waitFor();
    expect(new URL(page.url()).searchParams.get('on')).toBeNull();
  });

  test('is removed once its name is typed', async () => {
    await open('&q=host_7');
    await row('host_7').waitFor();
    await page.getByRole('button', { name: 'Remove host_7', exact: true }).click();
    const removal = page.locator('pw-host-removal');
    await removal.getByText('all its history').waitFor();
    await removal.getByText('Its agent is running').waitFor();
    const remove = removal.getByRole('button', { name: 'Remove host' });
    expect(await remove.isDisabled()).toBe(true);
    await removal.getByLabel('Type host_7 to confirm').fill('host_');
    expect(await remove.isDisabled()).toBe(true);
    await removal.getByLabel('Type host_7 to confirm').fill('host_7');
    await remove.click();
    await toastSays('host_7 removed');
    await expect.poll(() => row('host_7').count()).toBe(0);
  });
});

describe('several hosts', () => {
  test('are given a tag, and rid of it', async () => {
    await open('&q=host_1');
    await page.getByLabel('Choose host_10', { exact: true }).click();
    await page.getByLabel('Choose host_13', { exact: true }).click({ modifiers: ['Shift'] });
    await page.getByText('4 chosen').waitFor();
    await page.getByRole('button', { name: 'Add tag' }).click();
    const dialog = page.locator('pw-tags-dialog');
    await dialog.getByRole('combobox').waitFor();
    await page.keyboard.type('rack');
    await dialog.getByRole('button', { name: 'Add tag' }).click();
    await dialog.getByText('such as site=north').waitFor();
    await dialog.getByRole('combobox').fill('rack=b4');
    await dialog.getByRole('button', { name: 'Add tag' }).click();
    await toastSays('Tag rack=b4 added to 4 hosts');
    await row('host_12').getByText('rack=b4').waitFor();
    for (const name of ['host_10', 'host_11', 'host_12', 'host_13'])
      expect((await shown(name)).people_tags).toEqual({ rack: 'b4' });

    await page.getByRole('button', { name: 'Remove tag' }).click();
    await dialog.getByRole('combobox').fill('role');
    await page.keyboard.press('Enter');
    await dialog.getByRole('button', { name: 'Remove tag' }).click();
    await toastSays('Tag role removed from 4 hosts');
    expect((await shown('host_11')).people_tags).toEqual({ rack: 'b4', role: null });
    await page.getByRole('button', { name: 'Clear' }).click();
    expect(await page.getByText('4 chosen').count()).toBe(0);
  });
});

describe('for everyone', () => {
  test.each(themes)('axe finds nothing in %s, which fits a phone', async (theme) => {
    await hub.ask('PATCH', '/api/v1/hosts/web-01', { alias: 'Shop front', tags: { site: 'north', role: null } });
    await page.emulateMedia({ colorScheme: theme, reducedMotion: 'reduce' });
    await open('&q=web-01');
    await row('web-01').locator('.chip.by-people').waitFor();
    await page.getByLabel('Choose web-01').click();
    expect(await accessibilityProblems(page)).toEqual([]);
    await page.setViewportSize(sizes.phone);
    expect([await sidewaysPx(page), await accessibilityProblems(page)]).toEqual([0, []]);
    await page.setViewportSize(sizes.desktop);
    await page.getByRole('button', { name: 'Edit web-01' }).click();
    await settings().getByText('Hidden:').waitFor();
    expect(await accessibilityProblems(page)).toEqual([]);
    await page.setViewportSize(sizes.phone);
    expect([await sidewaysPx(page), await accessibilityProblems(page)]).toEqual([0, []]);
    await settings().getByRole('button', { name: 'Cancel' }).click();
    await page.setViewportSize(sizes.desktop);
    await page.getByRole('button', { name: 'Remove web-01' }).click();
    await page.locator('pw-host-removal').getByText('all its history').waitFor();
    expect(await accessibilityProblems(page)).toEqual([]);
  });
});
