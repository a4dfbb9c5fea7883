/**
 * The alerts page against a hub with an agent whose metrics a test sets: rules really fire, notices really go out. Each
 * test ends with nothing firing.
 */
import { writeFileSync } from 'node:fs';
import { createServer, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import { join } from 'node:path';
import type { Browser, Locator, Page } from 'playwright-core';
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, test } from 'vitest';
import { accessibilityProblems } from '../testing/axe.ts';
import { openBrowser } from '../testing/browser.ts';
import { blockSockets, newPage, type PageOptions, patienceMs, pillSays, sidewaysPx } from '../testing/page.ts';
import { RealHub, valueScript } from '../testing/real-hub.ts';

interface ListedAlerts {
  readonly alerts: readonly { readonly id: number | null; readonly rule: string; readonly state: string }[];
}

let hub: RealHub;
let receiver: Server;
let browser: Browser;
let page: Page;
let problems: readonly string[];

beforeAll(async () => {
  receiver = createServer((request, answer) => {
    request.resume();
    request.on('end', () => answer.end());
  });
  await new Promise<void>((settle) => receiver.listen(0, '127.0.0.1', settle));
  const target = `127.0.0.1:${(receiver.address() as AddressInfo).port}`;
  hub = await RealHub.start({ settings: { internalTargets: [target], noticeWaitMs: 0, noticeIntervalMs: 1_000 } });
  set('queue', 0);
  set('spam', 0);
  await hub.startAgent({
    name: 'mail-01',
    tags: { role: 'mail' },
    scripts: {
      'queue.mjs': valueScript('queue_length', join(hub.folder, 'queue')),
      'spam.mjs': valueScript('spam_length', join(hub.folder, 'spam')),
    },
  });
  // Those that are there look at this machine, which is busy with tests.
  const { body: rules } = await hub.ask<readonly { readonly id: number }[]>('GET', '/api/v1/rules');
  for (const { id } of rules) await hub.ask('PATCH', `/api/v1/rules/${id}`, { enabled: false });
  await hub.ask('POST', '/api/v1/channels', { name: 'ops', kind: 'webhook', settings: { url: `http://${target}/in` } });
  const common = { condition: 'above', threshold: 80, recovery: 50, keep_firing: 0 };
  await hub.ask('POST', '/api/v1/rules', {
    ...{ ...common, name: 'Queue too long', metric: 'queue_length', for: 2, severity: 'critical' },
    hosts: { tags: { role: 'mail' } },
  });
  await hub.ask('POST', '/api/v1/rules', { ...common, name: 'Spam waits', metric: 'spam_length', for: 0 });
  browser = await openBrowser();
});

afterAll(async () => {
  await browser?.close();
  await hub?.close();
  receiver?.close();
});

beforeEach(async () => {
  await open();
});

afterEach(async () => {
  await page.close();
  set('queue', 0);
  set('spam', 0);
  await hub.askUntil<ListedAlerts>('/api/v1/alerts?state=open', ({ alerts }) => alerts.length === 0);
  const { body: silences } = await hub.ask<readonly { readonly id: number }[]>('GET', '/api/v1/silences');
  for (const { id } of silences) await hub.ask('DELETE', `/api/v1/silences/${id}`);
});

function set(name: 'queue' | 'spam', value: number): void {
  writeFileSync(join(hub.folder, name), String(value));
}

/** What the hub calls the one that fires of this rule, as soon as it is stored. */
async function firingId(rule: string): Promise<number> {
  const path = '/api/v1/alerts?state=firing';
  const { alerts } = await hub.askUntil<ListedAlerts>(path, (answer) => answer.alerts.some((one) => one.rule === rule));
  return alerts.find((one) => one.rule === rule)!.id!;
}

async function open(options: PageOptions = {}, address = '?alerts=open'): Promise<void> {
  await page?.close();
  ({ page, problems } = await newPage(browser, { hub, ...options }));
  await page.goto(hub.dashboard + address);
  await page.getByRole('heading', { name: 'Alerts', exact: true }).waitFor({ state: 'attached' });
}

function rowOf(section: 'Firing' | 'Pending' | 'Resolved', rule: string): Locator {
  const list = page.getByRole('list', { name: new RegExp(`^${section}`) });
  return list.getByRole('listitem').filter({ has: page.getByRole('link', { name: new RegExp(`^${rule} on`) }) });
}

/** Waits for a dialog of this title. The result has its fields and buttons, which stand in its slots. */
async function openDialog(title: string): Promise<Locator> {
  await page.getByRole('dialog', { name: title }).waitFor();
  return page.locator('pw-dialog');
}

/** Name of what has the focus. */
function focusedName(): Promise<string> {
  return page.evaluate(() => {
    let active = document.activeElement;
    while (active?.shadowRoot?.activeElement) active = active.shadowRoot.activeElement;
    return active?.getAttribute('aria-label') ?? active?.textContent?.trim() ?? '';
  });
}

describe('the open list', () => {
  test('is calm when nothing fires, and says what is watched', async () => {
    await page.getByRole('heading', { name: 'Nothing fires' }).waitFor();
    await page.getByText('2 rules watch 1 host.').waitFor();
    expect(problems).toEqual([]);
  });

  test('shows an alert pending, then firing, says so once, and lets it go when it is good again', async () => {
    await page.getByRole('heading', { name: 'Nothing fires' }).waitFor();
    set('queue', 95);
    const pending = rowOf('Pending', 'Queue too long');
    await pending.getByText('fires in').waitFor();
    await pending.getByText('not notified yet').waitFor();
    const firing = rowOf('Firing', 'Queue too long');
    await firing.waitFor();
    await firing.getByText('95', { exact: true }).waitFor();
    await firing.getByText('limit 80').waitFor();
    await expect
      .poll(() => page.getByRole('alert').allTextContents())
      .toContain('Firing, critical: Queue too long on mail-01');
    await page.getByText('1 critical', { exact: true }).waitFor();
    set('queue', 90);
    await firing.getByText('90', { exact: true }).waitFor();
    set('queue', 10);
    const over = rowOf('Resolved', 'Queue too long');
    await over.getByText('recovered by itself').waitFor();
    await page.getByRole('heading', { name: 'Nothing fires' }).waitFor();
    expect(problems).toEqual([]);
  });

  test('is acknowledged from the keyboard, with a comment, by whoever is signed in', async () => {
    set('queue', 95);
    await rowOf('Firing', 'Queue too long').getByRole('button', { name: 'Acknowledge' }).waitFor();
    await page.keyboard.press('j');
    expect(await focusedName()).toMatch(/^Queue too long on mail-01/);
    await firingId('Queue too long');
    await page.keyboard.press('a');
    const dialog = await openDialog('Acknowledge Queue too long on mail-01');
    // Ann is signed in: nobody asks for a name, and what is typed at once is the comment.
    await dialog.locator('#comment:focus').waitFor();
    expect(await dialog.getByLabel('Your name').count()).toBe(0);
    await page.keyboard.type('restarting the mailer');
    await page.keyboard.press('Enter');
    await dialog.waitFor({ state: 'detached' });
    await rowOf('Firing', 'Queue too long').getByText('Acknowledged by Ann', { exact: true }).waitFor();
    await page.getByText('1 critical, 1 acknowledged').waitFor();
    expect(await focusedName()).toMatch(/^Queue too long on mail-01.*acknowledged$/);
    const { body } = await hub.ask<ListedAlerts>('GET', '/api/v1/alerts?state=firing');
    expect(body.alerts).toMatchObject([{ acknowledged: { by: 'Ann', comment: 'restarting the mailer' } }]);
    // It cannot be acknowledged twice.
    await page.keyboard.press('a');
    expect(await page.getByRole('dialog').count()).toBe(0);
  });

  test('is acknowledged as a whole, and what was taken before a failure is not sent again', async () => {
    set('queue', 95);
    set('spam', 95);
    const queue = await firingId('Queue too long');
    const spam = await firingId('Spam waits');
    const asked: number[] = [];
    let isRefusing = true;
    await page.route('**/ack', async (route) => {
      const id = Number(new URL(route.request().url()).pathname.split('/').at(-2));
      asked.push(id);
      if (id === spam && isRefusing) await route.fulfill({ status: 503, json: { error: 'the database is away' } });
      else await route.continue();
    });
    await page.getByRole('button', { name: 'Acknowledge all 2' }).click();
    const dialog = await openDialog('Acknowledge 2 alerts');
    await dialog.getByRole('button', { name: 'Acknowledge', exact: true }).click();
    await dialog.getByText('1 of 2 are acknowledged. the database is away').waitFor();
    isRefusing = false;
    await dialog.getByRole('button', { name: 'Acknowledge', exact: true }).click();
    await rowOf('Firing', 'Spam waits').getByText('Acknowledged by Ann', { exact: true }).waitFor();
    await rowOf('Firing', 'Queue too long').getByText('Acknowledged by Ann', { exact: true }).waitFor();
    expect(asked).toEqual([queue, spam, spam]);
  });

  test('is silenced for a while, and the silence is ended in its list', async () => {
    set('spam', 95);
    const row = rowOf('Firing', 'Spam waits');
    await row.getByRole('button', { name: 'Silence Spam waits on mail-01' }).click();
    const dialog = await openDialog('Silence Spam waits on mail-01');
    await dialog.getByText('1 open alert is kept quiet:').waitFor();
    await dialog.getByRole('button', { name: '4 h' }).click();
    expect(await dialog.getByLabel('Your name').count()).toBe(0);
    await dialog.getByLabel('Reason').fill('being looked at');
    await dialog.getByRole('button', { name: /^Silence until/ }).click();
    await row.getByText(/^until \d\d:\d\d$/).waitFor();
    await page.getByRole('button', { name: 'Silences 1' }).click();
    expect(new URL(page.url()).search).toBe('?alerts=silences');
    const entry = page.getByRole('list', { name: 'Silences' }).getByRole('listitem');
    await entry.getByText('Spam waits on mail-01 (spam_length)').waitFor();
    await entry.getByText('being looked at').waitFor();
    await entry.getByText(/^by Ann,/).waitFor();
    await entry.getByText('keeps 1 alert quiet').waitFor();
    await entry.getByText(/left$/).waitFor();
    await entry.getByRole('button', { name: /^End now/ }).click();
    await page.getByRole('heading', { name: 'Nothing is silenced' }).waitFor();
    await page.goBack();
    await rowOf('Firing', 'Spam waits').getByRole('button', { name: 'Acknowledge' }).waitFor();
  });

  test('keeps the focus while others come, and while an alert moves from pending to firing', async () => {
    set('queue', 95);
    await rowOf('Pending', 'Queue too long').waitFor();
    await page.keyboard.press('j');
    await page.keyboard.press('Tab');
    await page.keyboard.press('Tab');
    expect(await focusedName()).toBe('Silence Queue too long on mail-01');
    set('spam', 95);
    await rowOf('Firing', 'Spam waits').waitFor();
    await rowOf('Firing', 'Queue too long').waitFor();
    await expect.poll(focusedName).toBe('Silence Queue too long on mail-01');
  });

  test('is searched and filtered, which stands in the address', async () => {
    set('queue', 95);
    set('spam', 95);
    await rowOf('Firing', 'Queue too long').waitFor();
    await rowOf('Firing', 'Spam waits').waitFor();
    await page.keyboard.press('/');
    await page.keyboard.type('spam');
    await expect.poll(() => page.getByRole('listitem').filter({ hasText: 'Queue too long' }).count()).toBe(0);
    expect(new URL(page.url()).search).toBe('?alerts=open&q=spam');
    await page.getByRole('searchbox').fill('role=mail');
    await page.getByLabel('Severity').selectOption('critical');
    await rowOf('Firing', 'Queue too long').waitFor();
    expect(await rowOf('Firing', 'Spam waits').count()).toBe(0);
    await page.reload();
    await rowOf('Firing', 'Queue too long').waitFor();
    expect(await page.getByRole('searchbox').inputValue()).toBe('role=mail');
    await page.getByRole('searchbox').fill('nothing of that kind');
    await page.getByRole('heading', { name: 'No alert matches critical' }).waitFor();
    await page.getByRole('button', { name: 'Clear filter' }).click();
    await rowOf('Firing', 'Spam waits').waitFor();
    expect(new URL(page.url()).search).toBe('?alerts=open');
  });
});

describe('the detail', () => {
  test('answers why somebody was told, and follows the keys', async () => {
    set('queue', 95);
    set('spam', 95);
    const id = await firingId('Queue too long');
    await firingId('Spam waits');
    await rowOf('Firing', 'Queue too long').getByText('limit 80').click();
    const detail = page.getByRole('region', { name: 'Alert' });
    expect(new URL(page.url()).search).toBe(`?alerts=open&id=${id}`);
    await detail.getByRole('heading', { name: 'Queue too long on mail-01' }).waitFor();
    await detail.getByText('Queue length above 80 for 2', { exact: false }).waitFor();
    await detail.getByText('Pending: the condition became true').waitFor();
    await detail.getByText('Told to ops').waitFor();
    await detail.getByText(/sent after .*HTTP 200/).waitFor();
    await detail.getByText('1 host').waitFor();
    await detail.getByText('the first in 30').or(detail.getByText('times in 30')).waitFor();
    await detail.locator('pw-chart canvas').waitFor();
    await detail.getByText(/^Spam waits fired on the same host/).waitFor();
    await detail.getByLabel('Note on the charts of mail-01').fill('the mailer was restarted');
    await page.keyboard.press('Enter');
    await detail.getByText('\u201cthe mailer was restarted\u201d').waitFor();
    await rowOf('Firing', 'Queue too long')
      .getByRole('link', { name: /^Queue too long/ })
      .focus();
    await page.keyboard.press('j');
    await detail.getByRole('heading', { name: 'Spam waits on mail-01' }).waitFor();
    await page.keyboard.press('Escape');
    await detail.waitFor({ state: 'detached' });
    expect(await focusedName()).toMatch(/^Spam waits on mail-01/);
  });

  test('stays when its alert ends, and tells that nobody was told under a silence', async () => {
    await hub.ask('POST', '/api/v1/silences', { rules: ['Queue*'], duration: 600, author: 'ann', comment: 'known' });
    set('queue', 95);
    const id = await firingId('Queue too long');
    await open({}, `?alerts=open&id=${id}`);
    const detail = page.getByRole('region', { name: 'Alert' });
    await detail.getByText(/Nobody was told: silence \d+ of ann covers the alert: “known”/).waitFor();
    await detail
      .getByText('nobody (', { exact: false })
      .or(detail.getByText('the timeline says why'))
      .first()
      .waitFor();
    set('queue', 0);
    await detail.getByText('Resolved', { exact: true }).first().waitFor();
    await detail.getByText(/, recovered by itself$/).waitFor();
    expect(await detail.getByRole('button', { name: 'Acknowledge' }).count()).toBe(0);
  });

  test('has a notice that was given up sent again', async () => {
    set('spam', 95);
    const id = await firingId('Spam waits');
    const { body: trace } = await hub.ask<{ readonly events: readonly { readonly notices: readonly object[] }[] }>(
      'GET',
      `/api/v1/alerts/${id}/trace`,
    );
    const [event] = trace.events;
    const tries = [{ at: '2026-11-27T11:25:51.117Z', answer: 'HTTP 503', took_ms: 2 }];
    const dead = { ...event!.notices[0], id: 77, state: 'dead', attempts: 40, sent: null, tries };
    const asked: string[] = [];
    await page.route('**/trace', (route) =>
      route.fulfill({
        json: { ...trace, events: [{ ...event, notices: [asked.length === 0 ? dead : event!.notices[0]] }] },
      }),
    );
    await page.route('**/retry', async (route) => {
      asked.push(new URL(route.request().url()).pathname);
      await route.fulfill({ json: { status: 'success' } });
    });
    await page.goto(`${hub.dashboard}?alerts=open&id=${id}`);
    const detail = page.getByRole('region', { name: 'Alert' });
    await detail.getByText('given up after 40 tries: HTTP 503').waitFor();
    await detail.getByText('1 try').click();
    await detail.getByText('2\u202fms: HTTP 503').waitFor();
    await detail.getByRole('button', { name: 'Send again' }).click();
    await page.getByText('Sent again to ops').waitFor();
    expect(asked).toEqual(['/api/v1/notices/77/retry']);
    await detail.getByRole('button', { name: 'Send again' }).waitFor({ state: 'detached' });
  });

  test('is a page of its own on a phone, and "back" leaves it', async () => {
    await open({ size: 'phone' });
    set('queue', 95);
    const row = rowOf('Firing', 'Queue too long');
    await row.getByRole('button', { name: 'Acknowledge' }).waitFor();
    await row.getByRole('button', { name: /^Silence/ }).waitFor();
    expect(await sidewaysPx(page)).toBe(0);
    await row.getByRole('link', { name: /^Queue too long/ }).click();
    const detail = page.getByRole('region', { name: 'Alert' });
    await detail.getByRole('button', { name: 'Acknowledge' }).waitFor();
    expect(await page.getByRole('list', { name: /^Firing/ }).count()).toBe(0);
    expect(await sidewaysPx(page)).toBe(0);
    await page.goBack();
    await row.waitFor();
  });

  test('says that there is none of an address', async () => {
    await open({}, '?alerts=open&id=987654');
    await page.getByRole('region', { name: 'Alert' }).getByText('There is no such alert now').waitFor();
  });
});

describe('what is over', () => {
  test('stands in a list of its own, with how long it lasted, and goes back page by page', async () => {
    set('spam', 95);
    await firingId('Spam waits');
    set('spam', 0);
    await hub.askUntil<ListedAlerts>('/api/v1/alerts?state=open', ({ alerts }) => alerts.length === 0);
    await page.getByRole('button', { name: /^Resolved, 24/ }).click();
    const row = rowOf('Resolved', 'Spam waits').first();
    await row.getByText(/^ended \d\d:\d\d$/).waitFor();
    await page.getByRole('button', { name: 'Show older ones' }).click();
    await page.getByText('That is all of them.').waitFor();
    await page.getByRole('searchbox').fill('no such host');
    await page.getByRole('heading', { name: /^No alert matches/ }).waitFor();
  });
});

describe('without a WebSocket', () => {
  test('shows, acknowledges and lets go all the same, by asking', async () => {
    await blockSockets(page);
    await page.reload();
    await pillSays(page, /polling/);
    set('queue', 95);
    const row = rowOf('Firing', 'Queue too long');
    await row.getByText('95', { exact: true }).waitFor();
    await row.getByRole('button', { name: 'Acknowledge' }).click();
    const dialog = await openDialog('Acknowledge Queue too long on mail-01');
    await dialog.getByRole('button', { name: 'Acknowledge', exact: true }).click();
    await row.getByText('Acknowledged by Ann', { exact: true }).waitFor();
    set('queue', 0);
    await rowOf('Resolved', 'Queue too long').getByText('acknowledged by Ann', { exact: true }).first().waitFor();
  });
});

describe('when the hub does not answer', () => {
  test('says what cannot be known, goes on showing what fires, and comes back', async () => {
    set('spam', 95);
    await rowOf('Firing', 'Spam waits').waitFor();
    await page.route('**/api/v1/**', (route) =>
      route.fulfill({ status: 503, json: { error: 'the database is away' } }),
    );
    set('queue', 95);
    await rowOf('Firing', 'Queue too long').waitFor();
    await page.getByText('may be out of date. the database is away').waitFor();
    await page.unroute('**/api/v1/**');
    await page.getByRole('button', { name: 'Try again' }).click();
    await page.getByText('may be out of date').waitFor({ state: 'detached' });
  });

  test('keeps what was typed when an acknowledgement is refused', async () => {
    set('spam', 95);
    await firingId('Spam waits');
    await page.route('**/ack', (route) => route.fulfill({ status: 503, json: { error: 'the database is away' } }));
    await rowOf('Firing', 'Spam waits').getByRole('button', { name: 'Acknowledge' }).click();
    const dialog = await openDialog('Acknowledge Spam waits on mail-01');
    await dialog.getByLabel('Comment').fill('on it');
    // For a moment after it has fired the page may not know its id yet, and says so; it can be tried again.
    const isRefused = async () => {
      await page.keyboard.press('Enter');
      return await dialog.getByText('the database is away').isVisible();
    };
    await expect.poll(isRefused, { interval: 500 }).toBe(true);
    expect(await dialog.getByLabel('Comment').inputValue()).toBe('on it');
    await page.unroute('**/ack');
    await dialog.getByRole('button', { name: 'Acknowledge' }).click();
    await rowOf('Firing', 'Spam waits').getByText('Acknowledged by Ann', { exact: true }).waitFor();
  });
});

describe.each(['dark', 'light'] as const)('accessibility in %s', (theme) => {
  test('has no problem in lists, detail and dialogs', async () => {
    await open({ theme });
    await page.getByRole('heading', { name: 'Nothing fires' }).waitFor();
    expect(await accessibilityProblems(page)).toEqual([]);
    set('queue', 95);
    set('spam', 95);
    const id = await firingId('Queue too long');
    await firingId('Spam waits');
    await rowOf('Firing', 'Queue too long').click({ position: { x: 200, y: 40 } });
    const detail = page.getByRole('region', { name: 'Alert' });
    await detail.getByText(/sent after .*HTTP 200/).waitFor();
    expect(new URL(page.url()).searchParams.get('id')).toBe(String(id));
    expect(await accessibilityProblems(page)).toEqual([]);
    for (const [key, title] of [
      ['a', 'Acknowledge Queue too long on mail-01'],
      ['s', 'Silence Queue too long on mail-01'],
    ] as const) {
      await page.keyboard.press(key);
      await page.getByRole('dialog', { name: title }).waitFor();
      expect(await accessibilityProblems(page)).toEqual([]);
      await page.keyboard.press('Escape');
      await page.getByRole('dialog').waitFor({ state: 'detached' });
    }
    await page.getByRole('button', { name: /^Silences/ }).click();
    await page.getByRole('heading', { name: 'Nothing is silenced' }).waitFor();
    expect(await accessibilityProblems(page)).toEqual([]);
    await page.goBack();
    await page.setViewportSize({ width: 390, height: 844 });
    await expect.poll(() => sidewaysPx(page), { timeout: patienceMs }).toBe(0);
    expect(await accessibilityProblems(page)).toEqual([]);
  });
});

test('TV mode shows the value of now, as the page does, and not the one at which it fired', async () => {
  set('queue', 120);
  await firingId('Queue too long');
  await open({}, '?alerts=open');
  set('queue', 91);
  await page.goto(`${hub.dashboard}?tv=1`);
  const value = page.locator('pw-tv-alerts li').filter({ hasText: 'Queue too long' }).locator('.value');
  await expect.poll(() => value.textContent(), { timeout: 15_000 }).toBe('91');
});
