/** Tags of the fleet and settings of agents as an admin has them: the built dashboard in a real Chromium against a real hub and agents. */
import type { Browser, Locator, Page } from 'playwright-core';
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, test } from 'vitest';
import { accessibilityProblems } from '../testing/axe.ts';
import { openBrowser } from '../testing/browser.ts';
import { newPage, sidewaysPx, themes } from '../testing/page.ts';
import { RealHub } from '../testing/real-hub.ts';

let hub: RealHub;
let browser: Browser;
let page: Page;
let problems: readonly string[];

beforeAll(async () => {
  hub = await RealHub.start();
  await hub.startAgent({ name: 'web-01', tags: { role: 'web', env: 'prod' } });
  for (const [hostname, role] of [
    ['db-01', 'db'],
    ['db-02', 'postgres'],
    ['db-03', 'postgres'],
  ])
    await hub.ask('POST', '/metrics', { hostname, client_id: 'c', metrics: { a: 1 }, tags: { role } });
  browser = await openBrowser();
}, 180_000);

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

async function open(): Promise<void> {
  await page.goto(`${hub.url}/admin?tab=tags`);
  await page.getByRole('table', { name: 'Names' }).waitFor();
}

/** With how many hosts have it. */
function value(tag: string, text: string, count: number): Locator {
  return page
    .getByRole('group', { name: `Values of ${tag}`, exact: true })
    .getByRole('button', { name: new RegExp(`^${text}\\s*${count}$`) });
}

async function choose(...names: readonly string[]): Promise<void> {
  for (const name of names) await page.getByRole('checkbox', { name: `Choose ${name}` }).check();
}

async function toastSays(text: string): Promise<void> {
  await page.locator('pw-toasts').getByText(text).waitFor();
}

async function tagsOf(name: string): Promise<Record<string, string>> {
  return (await hub.ask<{ tags: Record<string, string> }>('GET', `/api/v1/hosts/${name}`)).body.tags;
}

describe('tags', () => {
  test('are counted by value, and a value is merged into another over all its hosts', async () => {
    await open();
    await value('role', 'postgres', 2).click();
    await page.getByRole('button', { name: 'Rename or merge' }).click();
    const dialog = page.locator('pw-tag-change');
    await dialog.getByLabel('New value').fill('db');
    await dialog.getByText('2 hosts will join the 1 that have it already.').waitFor();
    await dialog.getByRole('button', { name: 'Change 2 hosts' }).click();
    await toastSays('Tags of 2 hosts changed');
    await value('role', 'db', 3).waitFor();
    expect(await tagsOf('db-02')).toEqual({ role: 'db' });
  });

  test('are set on chosen hosts, renamed and removed over all of them', async () => {
    await open();
    await choose('db-01', 'db-03');
    await page.getByRole('button', { name: 'Set a tag' }).click();
    await page.getByRole('combobox', { name: 'Tag to add' }).fill('rack=a1');
    await page.getByRole('button', { name: 'Add tag' }).click();
    await value('rack', 'a1', 2).waitFor();
    await page.getByRole('button', { name: 'Rename rack' }).click();
    await page.getByLabel('New name').fill('shelf');
    await page.getByRole('button', { name: 'Change 2 hosts' }).click();
    await value('shelf', 'a1', 2).waitFor();
    expect(await tagsOf('db-01')).toMatchObject({ shelf: 'a1' });
    await page.getByRole('button', { name: 'Remove shelf' }).click();
    await page.getByRole('button', { name: 'Remove from 2 hosts' }).click();
    await value('shelf', 'a1', 2).waitFor({ state: 'detached' });
    expect(Object.keys(await tagsOf('db-03'))).not.toContain('shelf');
  });
});

describe('settings of an agent', () => {
  async function openSettings(...hosts: readonly string[]): Promise<Locator> {
    await open();
    await choose(...hosts);
    await page.getByRole('button', { name: 'Settings of their agents' }).click();
    return page.locator('pw-settings-editor');
  }

  test('are applied by it, shown beside what is in force and what its file pins, and reset', async () => {
    const editor = await openSettings('web-01');
    await editor.getByText('Nothing is set: the agent runs as it is').waitFor();
    // Interval and tags stand in the file of this agent.
    await editor.getByText('pinned').first().waitFor();
    await editor.getByText('Its local file decides: tags env, tags role.').waitFor();
    await editor.getByLabel('Interval, seconds').fill('0');
    await editor.getByText('Seconds between 0.1 and 3600 are wanted, in whole milliseconds.').waitFor();
    expect(await editor.getByRole('button', { name: 'Apply' }).isDisabled()).toBe(true);
    await editor.getByRole('button', { name: 'Discard' }).click();

    await editor.getByLabel('tcp: on or off').selectOption('Off');
    await editor.getByLabel('load: each so many ticks').fill('5');
    await editor.getByLabel('Tags of the agent').fill('site=north');
    await editor.getByRole('button', { name: 'Apply' }).click();
    await toastSays('Settings of web-01 saved');
    await editor.getByText('Version 1 is applied').waitFor();
    await editor.getByRole('row').filter({ hasText: 'tcp' }).getByRole('cell', { name: 'off', exact: true }).waitFor();
    await editor.getByRole('row').filter({ hasText: 'load' }).getByRole('cell', { name: 'each 5 ticks' }).waitFor();
    await hub.askUntil<{ tags: Record<string, string> }>(
      '/api/v1/hosts/web-01',
      ({ tags }) => tags['site'] === 'north',
    );

    await editor.getByText('Versions').click();
    await editor.getByText('by Ann', { exact: false }).first().waitFor();
    await editor.getByRole('button', { name: 'Reset to default' }).click();
    await editor.getByRole('button', { name: 'Apply' }).click();
    await editor.getByText('Version 2 is applied').waitFor();
    await editor.getByRole('row').filter({ hasText: 'load' }).getByRole('cell', { name: 'each tick' }).waitFor();
  });

  test('are changed for several hosts at once, and those without an agent are named', async () => {
    const editor = await openSettings('web-01', 'db-01');
    await editor.getByLabel('tcp: each so many ticks').fill('60');
    await editor.getByRole('button', { name: 'Apply to 2 hosts' }).click();
    await editor.getByText('1 of 2 hosts were not changed:').waitFor();
    await editor.getByText('db-01: Cannot change settings: the host has no agent').waitFor();
    const { body } = await hub.ask<{ settings: unknown }>('GET', '/api/v1/hosts/web-01/settings');
    expect(body.settings).toEqual({ collectors: { tcp: { every: 60 } } });
  });

  test.each(themes)('and the tags are readable in %s, at a desk and on a phone', async (theme) => {
    for (const size of ['desktop', 'phone'] as const) {
      await page.close();
      ({ page, problems } = await newPage(browser, { hub, theme, size }));
      await open();
      await value('role', 'web', 1).click();
      expect(await sidewaysPx(page)).toBe(0);
      expect(await accessibilityProblems(page)).toEqual([]);
      await choose('web-01');
      await page.getByRole('button', { name: 'Settings of their agents' }).click();
      await page.locator('pw-settings-editor').getByText('In force', { exact: false }).first().waitFor();
      expect(await sidewaysPx(page)).toBe(0);
      expect(await accessibilityProblems(page)).toEqual([]);
    }
  });
});
