/** A rule made, moved and kept as a person does it, on a real hub with hosts that have a week behind them and go on. */
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { createServer, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { Browser, Locator, Page } from 'playwright-core';
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, test } from 'vitest';
import { accessibilityProblems } from '../testing/axe.ts';
import { openBrowser } from '../testing/browser.ts';
import { blockSockets, newPage, patienceMs, sidewaysPx, themes } from '../testing/page.ts';
import { RealHub } from '../testing/real-hub.ts';

interface KeptRule {
  readonly id: number;
  readonly name: string;
  readonly threshold: number;
  readonly recovery: number;
  readonly for: number;
  readonly enabled: boolean;
}

let hub: RealHub;
let browser: Browser;
let page: Page;
let problems: readonly string[];
/** Takes what a channel sends. */
let receiver: Server;
const received: string[] = [];
let folder: string;

beforeAll(async () => {
  receiver = createServer((request, response) => {
    request.on('data', (part: Buffer) => received.push(part.toString()));
    request.on('end', () => response.end('thanks'));
  });
  await new Promise<void>((settle) => receiver.listen(0, '127.0.0.1', settle));
  const { port } = receiver.address() as AddressInfo;
  folder = mkdtempSync(join(tmpdir(), 'pulsewire-rules-'));
  const alertsFile = join(folder, 'alerts.json');
  const fileRule = { name: 'From the file', metric: 'cpu_usage', condition: 'above', threshold: 97 };
  writeFileSync(alertsFile, JSON.stringify({ rules: [fileRule] }));
  hub = await RealHub.start({ settings: { internalTargets: [`127.0.0.1:${port}`], alertsFile } });
  await hub.simulateLive({ hosts: 4, days: 8, perHour: 240 });
  browser = await openBrowser();
});

afterAll(async () => {
  await browser?.close();
  await hub?.close();
  receiver?.close();
  rmSync(folder, { recursive: true, force: true });
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

/** Opens a new rule that fires some times on one host, once its back-test is there. */
async function openFiring(): Promise<void> {
  await open('rule=new&metric=cpu_usage&on=host_3');
  await field('Threshold').fill('62');
  await field('Recovery threshold').fill('55');
  await expect.poll(firedCount, { timeout: patienceMs }).toBeGreaterThan(1);
}

const field = (name: string) => page.getByRole('textbox', { name, exact: true });
const button = (name: string | RegExp) => page.getByRole('button', { name });
const handle = (name: string) => page.getByRole('slider', { name });
const strip = () => page.locator('pw-backtest');

/** What the strip says: 0 for never; −1 while it says nothing. */
async function firedCount(): Promise<number> {
  const text = (await strip().locator('header').textContent()) ?? '';
  const words = /would have fired\s+(never|once|(\d+) times)/.exec(text);
  if (words === null) return -1;
  return words[1] === 'never' ? 0 : words[1] === 'once' ? 1 : Number(words[2]);
}

async function rules(): Promise<readonly KeptRule[]> {
  return (await hub.ask<readonly KeptRule[]>('GET', '/api/v1/rules')).body;
}

async function createRule(body: object): Promise<KeptRule> {
  return (await hub.ask<KeptRule>('POST', '/api/v1/rules', body)).body;
}

/** Middle of an element on the screen. */
async function middleOf(
  locator: Locator,
): Promise<{ readonly x: number; readonly y: number; readonly height: number }> {
  const box = await locator.boundingBox();
  if (box === null) throw new Error('Cannot find the middle: the element must be seen: got none');
  return { x: box.x + box.width / 2, y: box.y + box.height / 2, height: box.height };
}

describe('a new rule', () => {
  test('is made by hand, shown by its chart and back-test, kept, and listed', async () => {
    await openFiring();
    await field('Name').fill('CPU high');
    await button('Critical').click();
    await field('For').fill('90 s');
    await field('What it is for').fill('Somebody waits');
    await page.getByText('CPU usage above 62 % for 1 m 30 s · not saved yet').waitFor();
    await page.getByText('1 host matches').waitFor();
    await button('Save rule').click();
    await page.getByText('Rule saved').waitFor();
    await expect.poll(() => new URL(page.url()).searchParams.get('rule')).toMatch(/^\d+$/);

    const kept = (await rules()).find(({ name }) => name === 'CPU high');
    expect(kept).toMatchObject({
      threshold: 62,
      recovery: 55,
      for: 90,
      severity: 'critical',
      summary: 'Somebody waits',
    });
    await page.getByRole('link', { name: 'Back to all rules' }).click();
    const row = page.locator('pw-rule-list li').filter({ hasText: 'CPU high' });
    await row.getByText('CPU usage above 62 for 1 m 30 s').waitFor();
    await row.getByText('1 host matches').waitFor();
  });

  test('begins with the host and metric of its address, and offers metrics that hosts have', async () => {
    await open('rule=new&metric=memory_usage&on=host_1');
    await page
      .locator('pw-rule-chart')
      .getByText('nearest to firing')
      .or(page.getByText('Memory usage').first())
      .waitFor();
    await page.getByRole('combobox', { name: /^Metric/ }).fill('disk');
    await page.getByRole('option', { name: 'disk_usage' }).click();
    await expect.poll(() => page.locator('pw-rule-chart .legend button').count()).toBe(2);
  });

  test('says at once what is wrong, and cannot be saved until it is right', async () => {
    await open('rule=new&metric=cpu_usage&on=host_0');
    await field('Recovery threshold').fill('99');
    await page.getByText('The recovery of "above 85" must not be above it: got 99').waitFor();
    await field('For').fill('soon');
    await page.getByText('A duration is wanted, such as "2 m" or "90 s": got "soon"').waitFor();
    expect(await button('Save rule').isDisabled()).toBe(true);
    expect(await field('For').getAttribute('aria-invalid')).toBe('true');
    await field('For').fill('2 m');
    await field('Recovery threshold').fill('');
    await expect.poll(() => button('Save rule').isEnabled()).toBe(true);
  });

  test('shows what the hub refuses at its field', async () => {
    await createRule({ name: 'Taken', metric: 'cpu_usage', condition: 'above', threshold: 99 });
    await open('rule=new&metric=cpu_usage&on=host_0');
    await field('Name').fill('Taken');
    await button('Save rule').click();
    await page.getByText('A name is given once: got "Taken"').waitFor();
    expect(await field('Name').inputValue()).toBe('Taken');
    await field('Name').fill('Free');
    await button('Save rule').click();
    await page.getByText('Rule saved').waitFor();
  });

  test('previews its message while it is typed', async () => {
    await open('rule=new&metric=cpu_usage&on=host_2');
    await page.getByRole('textbox', { name: 'Message' }).fill('{{host}} is {{condition}} ({{tag.role}})');
    await page.getByText(/^host_2 is above 85 \(\w+\)$/).waitFor();
    await page.getByRole('textbox', { name: 'Message' }).fill('{{hots}}');
    await page.getByText(/A template may name host/).waitFor();
  });
});

describe('limits in the chart', () => {
  test('are dragged; form, address and back-test follow', async () => {
    await openFiring();
    const before = await firedCount();
    const address = page.url();
    const from = await middleOf(handle('Threshold'));
    await page.mouse.move(from.x, from.y);
    await page.mouse.down();
    await page.mouse.move(from.x, from.y - 30, { steps: 5 });
    await expect.poll(() => field('Threshold').inputValue()).not.toBe('62');
    // It answers while the line is still held.
    await expect.poll(firedCount, { timeout: patienceMs }).toBeLessThan(before);
    await page.mouse.up();
    const threshold = Number(await field('Threshold').inputValue());
    expect(threshold).toBeGreaterThan(62);
    await page.getByText(new RegExp(`^CPU usage above ${threshold}.% for 2.m`)).waitFor();
    expect(page.url()).toBe(address);
  });

  test('are moved by keys, and take their recovery along', async () => {
    await openFiring();
    await handle('Threshold').focus();
    await page.keyboard.press('ArrowUp');
    await expect.poll(() => handle('Threshold').getAttribute('aria-valuetext')).toMatch(/^fires above 63.% for 2.m$/);
    await page.keyboard.press('PageDown');
    await expect.poll(() => field('Threshold').inputValue()).toBe('58');
    await page.keyboard.press('PageDown');
    await expect.poll(() => field('Recovery threshold').inputValue()).toBe('52');
    await page.keyboard.press('End');
    await expect.poll(() => field('Threshold').inputValue()).toBe('100');
    await page.keyboard.press('Home');
    await expect.poll(() => field('Threshold').inputValue()).toBe('0');
  });

  test('have handles that never cover each other', async () => {
    await openFiring();
    await field('Recovery threshold').fill('61');
    const [fire, clear] = [handle('Threshold'), handle('Recovery')];
    await expect.poll(() => clear.getAttribute('aria-valuenow')).toBe('61');
    const [first, second] = [await middleOf(fire), await middleOf(clear)];
    expect(second.y - first.y).toBeGreaterThanOrEqual(first.height);
  });
});

describe('the back-test', () => {
  test('offers quieter rules that are taken by a click', async () => {
    await openFiring();
    const before = await firedCount();
    const option = page
      .getByRole('region', { name: 'Quieter options' })
      .getByRole('button')
      .filter({ hasText: ': ' })
      .first();
    await option.click();
    await expect.poll(firedCount, { timeout: patienceMs }).toBeLessThan(before);
    expect([await field('Threshold').inputValue(), await field('For').inputValue()]).not.toEqual(['62', '2\u202fm']);
  });

  test('looks at other days', async () => {
    await openFiring();
    const before = await firedCount();
    await button('1 d').click();
    await strip().getByText('in 1 day').waitFor();
    expect(await firedCount()).toBeLessThan(before);
    await button('30 d').click();
    await strip().getByText('in 30 days').waitFor();
  });

  test('tints downtimes and says how many firings lie in one', async () => {
    const now = Date.now() / 1_000;
    const body = { hosts: {}, start: now - 6 * 86_400, end: now + 3_600, author: 'ann', reason: 'test' };
    const created = await hub.ask<{ id: number }>('POST', '/api/v1/downtimes', body);
    try {
      await openFiring();
      await strip().getByText('downtime: nobody is told').waitFor();
      await strip()
        .getByText(/in total, \S+ (times )?in a downtime|in total, once in a downtime/)
        .waitFor();
    } finally {
      await hub.ask('DELETE', `/api/v1/downtimes/${created.body.id}`);
    }
  });

  test('says that there is none of what is not stored, and that nothing matches', async () => {
    await open('rule=new&metric=cpu_usage&on=host_0');
    await page.getByRole('combobox', { name: 'Looks at' }).selectOption('A host that is down');
    await strip().getByText('only values are stored, not whether a host was away').waitFor();
    await open('rule=new&metric=cpu_usage&on=nobody');
    await strip().getByText('No host matches').waitFor();
    await page.locator('pw-rule-chart').getByText('No host matches.').waitFor();
    await open('rule=new&metric=nothing_like_it&on=host_0');
    await strip().getByText('No values of this metric in 7 days on 1 host').waitFor();
  });

  test('says why it was refused, and can be asked again', async () => {
    const refused = {
      status: 400,
      json: { error: 'Cannot back-test rule: at most 20000 series are judged: got more' },
    };
    await page.route('**/api/v1/rules/backtest', (route) => {
      const { start, end } = route.request().postDataJSON() as { readonly start: number; readonly end: number };
      return end - start > 90_000 ? route.fulfill(refused) : route.continue();
    });
    await open('rule=new&metric=cpu_usage&on=host_3');
    await strip().getByText('at most 20000 series are judged').waitFor();
    await button('Look at 1 day').click();
    await strip().getByText('in 1 day').waitFor();
  });
});

describe('a rule that is there', () => {
  test('is changed, compared with the one that is kept, and discarded', async () => {
    const { id } = await createRule({
      name: 'Kept',
      metric: 'cpu_usage',
      condition: 'above',
      threshold: 62,
      recovery: 55,
      for: 120,
      hosts: { names: ['host_3'] },
    });
    await open(`rule=${id}`);
    await page.getByText(/rule, changed .* ago/).waitFor();
    expect(await button('Save rule').isDisabled()).toBe(true);
    await field('Threshold').fill('70');
    await strip()
      .getByText(/^Saved rule: \d+ times, /)
      .waitFor();
    await button('Discard').click();
    expect(await field('Threshold').inputValue()).toBe('62');
    await field('Threshold').fill('66');
    await button('Save rule').click();
    await page.getByText('Rule saved').waitFor();
    expect((await rules()).find((rule) => rule.id === id)).toMatchObject({ threshold: 66 });
  });

  test('is not overwritten when somebody else has changed it meanwhile', async () => {
    const { id } = await createRule({ name: 'Two hands', metric: 'cpu_usage', condition: 'above', threshold: 90 });
    await open(`rule=${id}`);
    await field('Threshold').fill('91');
    await hub.ask('PATCH', `/api/v1/rules/${id}`, { threshold: 80 });
    await button('Save rule').click();
    await page.getByText('Somebody else has changed this rule meanwhile.').waitFor();
    expect(await field('Threshold').inputValue()).toBe('91');
    await button('Take theirs').click();
    await expect.poll(() => field('Threshold').inputValue()).toBe('80');
  });

  test('is saved as a new one when somebody else has deleted it meanwhile', async () => {
    const { id } = await createRule({ name: 'Gone', metric: 'cpu_usage', condition: 'above', threshold: 90 });
    await open(`rule=${id}`);
    await field('Threshold').fill('93');
    await hub.ask('DELETE', `/api/v1/rules/${id}`);
    await button('Save rule').click();
    await page.getByText('This rule was deleted meanwhile.').waitFor();
    await button('Save as a new rule').click();
    await page.getByText('Rule saved').waitFor();
    expect((await rules()).find((rule) => rule.name === 'Gone')).toMatchObject({ threshold: 93 });
  });

  test('is left only when that is meant', async () => {
    const { id } = await createRule({ name: 'Half done', metric: 'cpu_usage', condition: 'above', threshold: 90 });
    await open('alerts=rules');
    await page.getByRole('link', { name: 'Half done', exact: true }).click();
    await field('Threshold').fill('91');
    await page.getByRole('link', { name: 'Overview' }).first().click();
    await button('Stay here').click();
    expect(await field('Threshold').inputValue()).toBe('91');
    await page.goBack();
    await page.getByRole('heading', { name: 'Leave without saving?' }).waitFor();
    expect(new URL(page.url()).searchParams.get('rule')).toBe(String(id));
    await button('Discard and leave').click();
    await page.locator('pw-rule-list').waitFor();
  });

  test('is duplicated as a new one, and deleted after a question', async () => {
    const { id } = await createRule({ name: 'Original', metric: 'cpu_usage', condition: 'above', threshold: 91 });
    await open(`rule=${id}`);
    await page.getByRole('link', { name: 'Duplicate' }).click();
    await expect.poll(() => field('Name').inputValue()).toBe('Original (copy)');
    await button('Save rule').click();
    await page.getByText('Rule saved').waitFor();
    await button('Delete').click();
    await button('Delete rule').click();
    await page.getByText('Rule deleted').waitFor();
    const names = (await rules()).map(({ name }) => name);
    expect([names.includes('Original'), names.includes('Original (copy)')]).toEqual([true, false]);
  });

  test("of the hub's file can be looked at and copied, no more", async () => {
    await open('alerts=rules');
    const row = page.locator('pw-rule-list li').filter({ hasText: 'From the file' });
    await row.getByText('kept in the file').waitFor();
    expect(await row.getByRole('switch').isDisabled()).toBe(true);
    await row.getByRole('link', { name: 'From the file', exact: true }).click();
    await page.getByText("This rule is kept in the hub's file of alerts").waitFor();
    expect(await field('Threshold').isDisabled()).toBe(true);
    expect(await button('Save rule').isDisabled()).toBe(true);
    expect(await button('Delete').isDisabled()).toBe(true);
    await handle('Threshold').focus();
    await page.keyboard.press('ArrowUp');
    expect(await field('Threshold').inputValue()).toBe('97');
    await page.getByRole('link', { name: 'Duplicate' }).click();
    await expect.poll(() => field('Name').inputValue()).toBe('From the file (copy)');
    expect(await field('Threshold').isEnabled()).toBe(true);
  });

  test('is edited without WebSockets as well', async () => {
    await blockSockets(page);
    await openFiring();
    await page.getByText('1 host matches').waitFor();
    await handle('Threshold').focus();
    await page.keyboard.press('PageUp');
    await expect.poll(() => field('Threshold').inputValue()).toBe('67');
  });

  test('that is not there says so', async () => {
    await open('rule=999999');
    await page.getByRole('heading', { name: 'This rule is not there' }).waitFor();
  });
});

describe('the lists', () => {
  test('switch a rule off and on, and find it by its words', async () => {
    await createRule({ name: 'Switched', metric: 'cpu_usage', condition: 'above', threshold: 92 });
    await open('alerts=rules&q=switched');
    const box = page.getByRole('switch', { name: 'Enabled: Switched' });
    await box.click();
    await page.getByText('Rule disabled: what it had firing resolves').waitFor();
    expect((await rules()).find(({ name }) => name === 'Switched')?.enabled).toBe(false);
    expect(await page.locator('pw-rule-list li').count()).toBe(1);
    await box.click();
    await page.getByText('Rule enabled').waitFor();
  });

  test('say why they could not be loaded, and load when the hub is back', async () => {
    let isAway = true;
    const away = { status: 503, json: { error: 'Cannot list: the database is away' } };
    for (const path of ['rules', 'channels']) {
      isAway = true;
      await page.route(`**/api/v1/${path}`, (route) => (isAway ? route.fulfill(away) : route.continue()));
      await open(`alerts=${path}`);
      const list = page.locator(`pw-${path.slice(0, -1)}-list`);
      await list.getByText('Cannot list: the database is away').waitFor();
      isAway = false;
      await list.getByRole('button', { name: 'Try again' }).click();
      await list.getByText('Cannot list: the database is away').waitFor({ state: 'detached' });
    }
  });

  test('show what a channel gave up, to be tried again', async () => {
    const { body } = await hub.ask<{ id: number }>('POST', '/api/v1/channels', {
      name: 'dead end',
      kind: 'webhook',
      settings: { url: 'https://example.org/in' },
    });
    const notice = {
      id: 77,
      channel_id: body.id,
      state: 'dead',
      created: Date.now() / 1_000 - 90_000,
      attempts: 30,
      tries: [{ answer: 'HTTP 410' }],
      event: 'fired',
      rule: 'CPU high',
      host: 'web-03',
      message: 'web-03 is hot',
    };
    const retried: string[] = [];
    // A day of trying is no test: the hub's answer is given here.
    await page.route('**/api/v1/notices?*', (route) => route.fulfill({ json: { notices: [notice], next: null } }));
    await page.route('**/api/v1/notices/*/retry', (route) => {
      retried.push(route.request().url());
      return route.fulfill({ json: { status: 'success' } });
    });
    await open('alerts=channels');
    const row = page.locator('pw-channel-list .list').first().locator('li').filter({ hasText: 'dead end' });
    await row.getByText('1 given up').waitFor();
    const dead = page.getByRole('region', { name: 'Given up' });
    await dead.getByText('web-03 is hot').waitFor();
    await dead.getByText('HTTP 410').waitFor();
    await dead.getByRole('button', { name: 'Try again' }).click();
    await page.getByText('The notice is tried again').waitFor();
    expect(retried).toEqual([`${hub.url}/api/v1/notices/77/retry`]);
    await hub.ask('DELETE', `/api/v1/channels/${body.id}`);
  });

  test('make a channel whose secret nobody reads again, and test it', async () => {
    const { port } = receiver.address() as AddressInfo;
    await open('alerts=channels');
    await button('Add channel').first().click();
    await field('Name').fill('hook');
    await page.getByRole('combobox', { name: 'Kind' }).selectOption('Webhook');
    await button('Save channel').click();
    await page.getByText('An address that begins with https:// or http:// is wanted').waitFor();
    await page.getByLabel('Address', { exact: true }).fill(`http://127.0.0.1:${port}/in`);
    await button('Save channel').click();
    await page.getByText('Channel saved').waitFor();
    await button('Send test: hook').click();
    await page.getByText('Test sent. HTTP 200').waitFor();
    expect(received.join('')).toContain('A test of the channel');
    await button('Edit: hook').click();
    expect(await page.getByLabel('Address', { exact: true }).inputValue()).toBe('');
    await field('Name').fill('hook 2');
    await button('Save channel').click();
    await page.getByText('hook 2', { exact: true }).waitFor();
    await button('Send test: hook 2').click();
    await page.getByText('Test sent. HTTP 200').waitFor();
  });
});

describe('for everybody', () => {
  test.each(themes)('axe finds nothing in the %s theme', async (theme) => {
    await page.emulateMedia({ colorScheme: theme });
    await openFiring();
    await button('Override').click();
    await button('Escalation').click();
    // What lies half under the top bar counts as a target that is too small.
    await page.evaluate(() => scrollTo(0, 0));
    expect(await accessibilityProblems(page)).toEqual([]);
    await field('Threshold').fill('x');
    await page.getByText('A number is wanted: got "x"').waitFor();
    expect(await accessibilityProblems(page)).toEqual([]);
    await button('Discard').click();
    for (const list of ['rules', 'channels']) {
      await open(`alerts=${list}`);
      await page
        .locator(list === 'rules' ? 'pw-rule-list li' : 'pw-channel-list')
        .first()
        .waitFor();
      expect(await accessibilityProblems(page)).toEqual([]);
    }
    await button('Add channel').first().click();
    await page.getByRole('heading', { name: 'Add channel' }).waitFor();
    expect(await accessibilityProblems(page)).toEqual([]);
  });

  test('nothing is cut off at 390 px, and limits are dragged there too', async () => {
    await page.setViewportSize({ width: 390, height: 844 });
    await openFiring();
    expect(await sidewaysPx(page)).toBe(0);
    await handle('Threshold').scrollIntoViewIfNeeded();
    const from = await middleOf(handle('Threshold'));
    await page.mouse.move(from.x, from.y);
    await page.mouse.down();
    await page.mouse.move(from.x, from.y - 30, { steps: 3 });
    await page.mouse.up();
    await expect.poll(async () => Number(await field('Threshold').inputValue())).toBeGreaterThan(62);
    for (const list of ['rules', 'channels']) {
      await open(`alerts=${list}`);
      await page.locator(`pw-${list.slice(0, -1)}-list`).waitFor();
      expect(await sidewaysPx(page)).toBe(0);
    }
  });
});
