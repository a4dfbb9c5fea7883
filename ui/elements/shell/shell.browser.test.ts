/** The shell as people use it, on a real hub with one agent and a rule that fires: jumping, keys, settings, counts. */
import type { Browser, Page } from 'playwright-core';
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, test } from 'vitest';
import { accessibilityProblems } from '../../testing/axe.ts';
import { openBrowser } from '../../testing/browser.ts';
import { newPage, type OpenedPage, pillSays, sidewaysPx, themes } from '../../testing/page.ts';
import { RealHub } from '../../testing/real-hub.ts';

let browser: Browser;
let hub: RealHub;
let opened: OpenedPage;
let page: Page;

beforeAll(async () => {
  [hub, browser] = await Promise.all([RealHub.start(), openBrowser()]);
  await hub.startAgent({ name: 'web-01', tags: { role: 'web' } });
});

afterAll(async () => {
  await browser?.close();
  await hub?.close();
});

beforeEach(async () => {
  opened = await newPage(browser, { hub });
  page = opened.page;
});

afterEach(async () => {
  await page.close();
  expect(opened.problems).toEqual([]);
});

async function open(query = ''): Promise<void> {
  await page.goto(hub.dashboard + query);
  await pillSays(page, /live · \d/);
}

/** A rule that fires on every host at its next tick, until `end` is called. */
async function fire(severity: string): Promise<{ end(): Promise<void> }> {
  const rule = { metric: 'uptime_seconds', condition: 'above', threshold: 0, for: 0, keep_firing: 0, severity };
  const { body } = await hub.ask<{ id: number }>('POST', '/api/v1/rules', rule);
  return {
    async end() {
      await hub.ask('DELETE', `/api/v1/rules/${body.id}`);
    },
  };
}

describe('the jump field', () => {
  test('goes to a host by a few letters, and to a metric of it', async () => {
    await open();
    await page.keyboard.press('Control+k');
    await page.keyboard.type('web');
    await page.keyboard.press('Enter');
    await page.getByRole('heading', { name: 'web-01' }).waitFor();
    await page.locator('pw-chart').first().waitFor();
    await page.keyboard.press('Control+k');
    await page.keyboard.type('load_1m');
    await page.getByRole('option', { name: 'load_1m on web-01' }).click();
    await expect.poll(() => new URL(page.url()).searchParams.get('find')).toBe('load_1m');
    await page.goBack();
    await expect.poll(() => new URL(page.url()).searchParams.get('find')).toBe(null);
  });

  test('finds a metric where no host is open, and compares the hosts by it', async () => {
    await open();
    await page.keyboard.press('Control+k');
    await page.keyboard.type('swap_tot');
    await page.getByRole('option', { name: /^swap_total_bytes on \d+ hosts?$/ }).click();
    await expect.poll(() => new URL(page.url()).searchParams.get('metric')).toBe('swap_total_bytes');
    expect(new URL(page.url()).searchParams.get('compare')).toContain('web-01');
    await page.locator('pw-chart canvas').first().waitFor();
  });

  test('opens by its button, walks by arrows, and gives the focus back', async () => {
    await open();
    const button = page.getByRole('button', { name: 'Jump to host or metric' });
    await button.click();
    await page.keyboard.press('ArrowDown');
    await page.getByRole('option', { name: /^Compare/, selected: true }).waitFor();
    await page.keyboard.type('zzz');
    await page.getByText('Nothing is called “zzz”').waitFor();
    await page.keyboard.press('Escape');
    await expect.poll(() => button.evaluate((element) => element.matches(':focus'))).toBe(true);
  });
});

describe('keys', () => {
  test('are listed behind "?", and can be turned off', async () => {
    await open();
    const theme = () => page.evaluate(() => document.documentElement.dataset['theme'] ?? 'dark');
    await page.keyboard.press('t');
    await expect.poll(theme).toBe('light');
    await page.keyboard.press('?');
    await page.getByRole('heading', { name: 'Keys' }).waitFor();
    await page.getByRole('checkbox', { name: 'Single keys work on this page' }).uncheck();
    await page.keyboard.press('Escape');
    await page.getByRole('heading', { name: 'Keys' }).waitFor({ state: 'detached' });
    await page.keyboard.press('t');
    await page.keyboard.press('Control+k');
    await page.keyboard.press('Escape');
    expect(await theme()).toBe('light');
  });

  test('are letters while one types', async () => {
    await open();
    // Before there is a field to go to, a key is a key.
    await page.locator('pw-filter-bar').waitFor();
    await page.keyboard.press('/');
    await page.keyboard.type('ft?');
    await expect.poll(() => new URL(page.url()).searchParams.get('q')).toBe('ft?');
    expect(await page.evaluate(() => document.documentElement.dataset['theme'] ?? '')).toBe('');
  });
});

describe('settings', () => {
  test('switch theme and zone, by pointer and by keys, and are kept', async () => {
    await open();
    await page.getByRole('button', { name: 'Settings' }).click();
    await page.getByRole('menuitem', { name: /^Times UTC/ }).click();
    await page.getByRole('menuitem', { name: /^Times local/ }).waitFor();
    await page.keyboard.press('ArrowUp');
    await page.keyboard.press('Enter');
    await page.getByRole('menuitem', { name: /^Theme light/ }).waitFor();
    await page.keyboard.press('Escape');
    await page.reload();
    await pillSays(page, /live/);
    expect(await page.evaluate(() => document.documentElement.dataset['theme'])).toBe('light');
    await page.getByRole('button', { name: 'Settings' }).click();
    await page.getByRole('menuitem', { name: /^Times local/ }).waitFor();
  });
});

describe('what fires', () => {
  test('is counted in title, icon and navigation until it ends', async () => {
    await open();
    const icon = () => page.locator('link[rel="icon"]').getAttribute('href');
    await expect.poll(() => page.title()).toBe('Overview · Pulsewire');
    const warning = await fire('warning');
    await page.getByRole('link', { name: 'Alerts 1 firing' }).waitFor();
    await expect.poll(() => page.title()).toBe('(1) Overview · Pulsewire');
    await expect.poll(icon).toContain('favicon-warning.svg');
    const critical = await fire('critical');
    await expect.poll(() => page.title()).toBe('(2) Overview · Pulsewire');
    await expect.poll(icon).toContain('favicon-critical.svg');
    await page
      .getByRole('alert')
      .filter({ hasText: 'Firing, critical: uptime_seconds' })
      .waitFor({ state: 'attached' });
    await warning.end();
    await critical.end();
    await expect.poll(() => page.title()).toBe('Overview · Pulsewire');
    await expect.poll(icon).toMatch(/favicon\.svg$/);
  });
});

describe('for everyone', () => {
  test.each(themes)('axe finds nothing in %s, with the jump field, the keys or the settings open', async (theme) => {
    await page.emulateMedia({ colorScheme: theme });
    await open();
    await page.keyboard.press('Control+k');
    await page.getByRole('option', { name: /^Compare/ }).waitFor();
    expect(await accessibilityProblems(page)).toEqual([]);
    await page.keyboard.press('Escape');
    await page.locator('pw-command').waitFor({ state: 'detached' });
    await page.keyboard.press('?');
    await page.getByRole('heading', { name: 'Keys' }).waitFor();
    expect(await accessibilityProblems(page)).toEqual([]);
    await page.keyboard.press('Escape');
    await page.getByRole('heading', { name: 'Keys' }).waitFor({ state: 'detached' });
    await page.getByRole('button', { name: 'Settings' }).click();
    await page.getByRole('menuitem', { name: /^Theme/ }).waitFor();
    expect(await accessibilityProblems(page)).toEqual([]);
  });

  test('a phone has the navigation at the bottom', async () => {
    await page.setViewportSize({ width: 390, height: 844 });
    await open();
    await page.locator('pw-tab-bar').getByRole('link', { name: 'Downtimes' }).click();
    await page.getByRole('heading', { name: 'Downtimes', level: 1 }).waitFor();
    expect(await sidewaysPx(page)).toBe(0);
  });
});
