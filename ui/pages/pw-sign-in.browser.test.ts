/**
 * Who may do what, as people meet it: the first run, signing in and out, accounts and tokens, and what each role is
 * offered. A real Chromium against a real hub with one agent.
 */
import type { Browser, Page } from 'playwright-core';
import { afterAll, afterEach, beforeAll, describe, expect, test } from 'vitest';
import { accessibilityProblems } from '../testing/axe.ts';
import { openBrowser } from '../testing/browser.ts';
import { FakeHub, fakeSession } from '../testing/fake-hub.ts';
import { newPage, pillSays, sidewaysPx, sizes, themes } from '../testing/page.ts';
import { RealHub, type TestPerson } from '../testing/real-hub.ts';

const password = 'three quiet otters at noon';
/** Of everybody whom a test has not given another. */
const personPassword = 'spoon river lamp quartz';

let hub: RealHub;
let browser: Browser;
const opened: { readonly page: Page; readonly problems: readonly string[] }[] = [];

beforeAll(async () => {
  [hub, browser] = await Promise.all([RealHub.start({ isUnclaimed: true }), openBrowser()]);
});

afterAll(async () => {
  await browser?.close();
  await hub?.close();
});

afterEach(async () => {
  const problems = opened.flatMap((one) => one.problems);
  for (const { page } of opened.splice(0)) await page.close();
  expect(problems).toEqual([]);
});

/** A page with a browser's memory of its own. */
async function newcomer(theme: (typeof themes)[number] = 'dark'): Promise<Page> {
  const one = await newPage(browser, { theme });
  opened.push(one);
  return one.page;
}

/** A page of somebody of this role, who is signed in and called after it. */
async function member(role: TestPerson['role'], path = '/dashboard', theme?: (typeof themes)[number]): Promise<Page> {
  const page = await newcomer(theme);
  const cookie = await hub.signIn({ name: `${role} of the test`, role, password: personPassword });
  await page.context().addCookies([cookie]);
  await page.goto(hub.url + path);
  return page;
}

async function addPerson(name: string, role: TestPerson['role']): Promise<void> {
  await hub.ask('POST', '/api/v1/people', { name, role, password: personPassword });
}

async function fillIn(page: Page, name: string, secret: string): Promise<void> {
  await page.getByLabel('Name').fill(name);
  await page.getByLabel('Password', { exact: true }).fill(secret);
}

async function signIn(page: Page, name: string, secret = personPassword): Promise<void> {
  await page.goto(`${hub.url}/sign-in`);
  await fillIn(page, name, secret);
  await page.getByRole('button', { name: 'Sign in' }).click();
  await pillSays(page, /live/);
}

const heading = (page: Page, name: string) => page.getByRole('heading', { name, exact: true });
const button = (page: Page, name: string | RegExp) => page.getByRole('button', { name });
const toast = (page: Page, text: string | RegExp) => page.locator('pw-toasts').getByText(text);
const personRow = (page: Page, name: string) => page.getByRole('row').filter({ hasText: name });

/** Answers that say that something was asked which may not be. */
function refusalsOf(page: Page): string[] {
  const refusals: string[] = [];
  page.on('response', (answer) => {
    if ([401, 403].includes(answer.status()))
      refusals.push(`${answer.status()} ${answer.request().method()} ${answer.url()}`);
  });
  return refusals;
}

test('the first run makes an admin by the printed link, once, and keeps its code out of the address', async () => {
  const link = /http:\/\/\S+\/setup#code=[\w-]+/.exec(hub.log)?.[0] ?? '';
  const page = await newcomer();
  await page.goto(hub.dashboard);
  await heading(page, 'Make the first admin').waitFor();
  await page.getByLabel("Link from the hub's log").waitFor();
  await page.goto(link);
  await heading(page, 'Make the first admin').waitFor();
  expect(page.url()).toBe(link.slice(0, link.indexOf('#')));
  expect(await page.evaluate(() => document.documentElement.outerHTML + JSON.stringify(history.state))).not.toContain(
    'code=',
  );
  await fillIn(page, 'Mira Kovac', 'too short');
  await page.getByText('3 more characters.').waitFor();
  await button(page, 'Make account and sign in').click();
  await expect.poll(() => page.getByLabel('Password', { exact: true }).getAttribute('aria-invalid')).toBe('true');
  await page.getByLabel('Password', { exact: true }).fill(password);
  await page.getByText('Strong.').waitFor();
  await button(page, 'Show password').click();
  expect(await page.getByLabel('Password', { exact: true }).getAttribute('type')).toBe('text');
  await button(page, 'Make account and sign in').click();
  await pillSays(page, /live/);
  await button(page, 'Account of Mira Kovac').click();
  await page.locator('pw-account-menu').getByText('Admin', { exact: true }).waitFor();
  const other = await newcomer();
  await other.goto(link);
  await heading(other, 'This hub has an admin').waitFor();
  await other.getByRole('link', { name: 'Sign in' }).click();
  await heading(other, 'Sign in').waitFor();
});

describe('signing in', () => {
  test('with a wrong password says so, with the right one leads back to where one wanted to go', async () => {
    await hub.startAgent({ name: 'web-01', tags: { role: 'web' } });
    const page = await newcomer();
    const asked: string[] = [];
    page.on('request', (request) => asked.push(new URL(request.url()).pathname));
    await page.goto(`${hub.url}/dashboard?host=web-01&range=15m#cpu`);
    await heading(page, 'Sign in').waitFor();
    // Before there is a session nothing is asked of hosts, and no page of the dashboard is loaded.
    expect(asked.filter((path) => /^\/(api|fetch|live)/.test(path))).toEqual(['/api/v1/session']);
    expect(await page.evaluate(() => document.querySelector('pw-app'))).toBeNull();
    const fields = await page
      .locator('form input')
      .evaluateAll((inputs) =>
        inputs.map((input) => [input.getAttribute('autocomplete'), input.getAttribute('type') ?? 'text']),
      );
    expect(fields).toEqual([
      ['username', 'text'],
      ['current-password', 'password'],
    ]);
    await fillIn(page, 'Mira Kovac', 'not the right one');
    await page.keyboard.press('Enter');
    await page.getByRole('alert').getByText('Name or password is wrong.').waitFor();
    expect(await page.getByLabel('Password', { exact: true }).inputValue()).toBe('');
    await page.getByLabel('Password', { exact: true }).fill(password);
    await page.keyboard.press('Enter');
    await heading(page, 'web-01').waitFor();
    expect(page.url()).toBe(`${hub.url}/dashboard?host=web-01&range=15m#cpu`);
    await page.goto(`${hub.url}/sign-in?to=${encodeURIComponent('//evil.example/')}`);
    await expect.poll(() => page.url()).toBe(`${hub.url}/dashboard`);
  });

  test('out closes the live connection of every tab, and "back" shows nothing', async () => {
    await addPerson('Jan Petersen', 'viewer');
    const context = await browser.newContext({ viewport: sizes.desktop });
    const [page, tab] = [await context.newPage(), await context.newPage()];
    opened.push({ page, problems: [] }, { page: tab, problems: [] });
    await signIn(page, 'Jan Petersen');
    const sockets: string[] = [];
    let closed = 0;
    tab.on('websocket', (socket) => {
      sockets.push(socket.url());
      socket.on('close', () => {
        closed += 1;
      });
    });
    await tab.goto(`${hub.url}/dashboard?view=table`);
    await pillSays(tab, /live/);
    await button(page, 'Account of Jan Petersen').click();
    await page.getByRole('menuitem', { name: 'Sign out' }).click();
    await heading(page, 'Sign in').waitFor();
    await heading(tab, 'Sign in').waitFor();
    expect([closed, sockets.length]).toEqual([1, 1]);
    expect(tab.url()).toBe(`${hub.url}/sign-in?to=${encodeURIComponent('/dashboard?view=table')}`);
    await page.goto(hub.dashboard);
    await heading(page, 'Sign in').waitFor();
    await signIn(tab, 'Jan Petersen');
  });
});

describe('an account', () => {
  test('has a password that is changed by the old one, and sessions that can be ended', async () => {
    await addPerson('Ada Nwosu', 'editor');
    const [page, other] = [await newcomer(), await newcomer()];
    await signIn(page, 'Ada Nwosu');
    await signIn(other, 'Ada Nwosu');
    await button(page, 'Account of Ada Nwosu').click();
    await page.getByRole('menuitem', { name: 'Where you are signed in' }).click();
    await page.getByText('this one').waitFor();
    await button(page, /^End: Chrome on Linux/).click();
    await heading(other, 'Sign in').waitFor();
    await page.keyboard.press('Escape');
    await button(page, 'Account of Ada Nwosu').click();
    await page.getByRole('menuitem', { name: 'Change password' }).click();
    await page.getByLabel('Old password', { exact: true }).fill('not this one either');
    await page.getByLabel('New password', { exact: true }).fill(password);
    await page.getByLabel('New password', { exact: true }).press('Enter');
    await page.getByText('This is not the password that you have now.').waitFor();
    await page.getByLabel('Old password', { exact: true }).fill(personPassword);
    await page.locator('pw-dialog').getByRole('button', { name: 'Change password' }).click();
    await toast(page, 'Password changed').waitFor({ timeout: 60_000 });
    // The page goes on with another secret: changes are still taken.
    await page.goto(`${hub.url}/dashboard?downtimes=week`);
    await pillSays(page, /live/);
    await signIn(other, 'Ada Nwosu', password);
  });
});

describe('people', () => {
  test('are added, given another role, disabled and removed, and their open pages follow', async () => {
    const page = await member('admin', '/admin?tab=people');
    await button(page, 'Add person').click();
    const dialog = page.locator('pw-dialog');
    await dialog.getByLabel('Name').fill('Liu Wen');
    await dialog.getByLabel('Editor').check();
    await dialog.getByRole('button', { name: 'Add person' }).click();
    const made = (await dialog.getByRole('group', { name: 'Password' }).locator('code').textContent()) ?? '';
    expect(made.length).toBeGreaterThan(12);
    const copy = dialog.getByRole('button', { name: 'Copy' });
    await expect.poll(() => copy.evaluate((element) => element.matches(':focus'))).toBe(true);
    await page.keyboard.press('Enter');
    expect(await dialog.getByRole('group', { name: 'Password' }).locator('code').textContent()).toBe(made);
    await dialog.getByRole('button', { name: 'Done' }).click();
    await personRow(page, 'Liu Wen').waitFor();
    expect(await page.content()).not.toContain(made);

    const theirs = await newcomer();
    await signIn(theirs, 'Liu Wen', made);
    await theirs.goto(`${hub.url}/dashboard?downtimes=week`);
    await button(theirs, 'New downtime').first().waitFor();
    await page.getByLabel('Role of Liu Wen').selectOption('viewer');
    await toast(page, 'Liu Wen is a viewer now').waitFor();
    await button(theirs, 'New downtime').first().waitFor({ state: 'detached' });
    await pillSays(theirs, /live/);
    await button(page, 'Disable: Liu Wen').click();
    await heading(theirs, 'Sign in').waitFor();
    await fillIn(theirs, 'Liu Wen', made);
    await button(theirs, 'Sign in').click();
    await theirs.getByText('Name or password is wrong.').waitFor();
    await button(page, 'Enable: Liu Wen').click();

    await button(page, 'New password: Liu Wen').click();
    await dialog.getByLabel('Type one').check();
    await dialog.getByLabel('New password', { exact: true }).fill(password);
    await dialog.getByRole('button', { name: 'Set password' }).click();
    await toast(page, 'Password of Liu Wen set').waitFor();
    await signIn(theirs, 'Liu Wen', password);
    await button(page, 'Remove: Liu Wen').click();
    await dialog.getByText('With them go 1 open session.').waitFor();
    await dialog.getByRole('button', { name: 'Remove person' }).click();
    await toast(page, 'Liu Wen removed').waitFor();
    await heading(theirs, 'Sign in').waitFor();
  });

  test('cannot lose their last admin, nor somebody their own role by a slip', async () => {
    const page = await member('admin', '/admin?tab=people');
    const own = personRow(page, 'admin of the test');
    await own.getByText('you', { exact: true }).waitFor();
    expect(await own.getByRole('button', { name: /^Disable/ }).isDisabled()).toBe(true);
    expect(await page.getByLabel('Role of admin of the test').isDisabled()).toBe(true);
    await page.getByRole('searchbox', { name: 'Search people' }).fill('kovac');
    await own.waitFor({ state: 'detached' });
    expect(new URL(page.url()).searchParams.get('q')).toBe('kovac');
  });
});

test('a token is shown once, opens what it may, and nothing once it is revoked', async () => {
  const page = await member('admin', '/admin?tab=tokens');
  await button(page, 'New token').first().click();
  const dialog = page.locator('pw-dialog');
  await dialog.getByLabel('Name').fill('board');
  await dialog.getByLabel('It works for').selectOption('7');
  await dialog.getByRole('button', { name: 'Create token' }).click();
  const token = (await dialog.getByRole('group', { name: 'Token' }).locator('code').textContent()) ?? '';
  await dialog.getByRole('button', { name: 'Done' }).click();
  const status = async (path: string, method = 'GET') =>
    (await fetch(hub.url + path, { method, headers: { authorization: `Bearer ${token}` } })).status;
  expect([await status('/api/v1/hosts'), await status('/api/v1/people')]).toEqual([200, 403]);
  await page.reload();
  const row = page.getByRole('row').filter({ hasText: 'board' });
  await row.getByText('Read', { exact: true }).waitFor();
  await row.getByText(/^in [67]/).waitFor();
  expect(await page.content()).not.toContain(token);
  await button(page, 'Revoke: board').click();
  await dialog.getByRole('button', { name: 'Revoke token' }).click();
  await toast(page, 'board revoked').waitFor();
  await expect.poll(() => status('/api/v1/hosts')).toBe(401);
});

test('a token that pushes can be for one client, and is listed as that', async () => {
  const page = await member('admin', '/admin?tab=tokens');
  await button(page, 'New token').first().click();
  const dialog = page.locator('pw-dialog');
  await dialog.getByLabel('Name').fill('backup job');
  expect(await dialog.getByLabel('Only as the client').count()).toBe(0);
  await dialog.getByText('Push metrics').click();
  await dialog.getByLabel('Only as the client').fill('backup');
  await dialog.getByRole('button', { name: 'Create token' }).click();
  const token = (await dialog.getByRole('group', { name: 'Token' }).locator('code').textContent()) ?? '';
  await dialog.getByRole('button', { name: 'Done' }).click();
  const status = async (client: string) =>
    (await fetch(`${hub.url}/client_config?client_id=${client}`, { headers: { authorization: `Bearer ${token}` } }))
      .status;
  expect([await status('backup'), await status('shop')]).toEqual([404, 403]);
  await page.getByRole('row').filter({ hasText: 'backup job' }).getByText('Push metrics as backup').waitFor();
});

describe('what is offered', () => {
  const offers = [
    ['/dashboard?alerts=open', 'link', 'New rule', 'editor'],
    ['/dashboard?alerts=silences', 'button', 'Silence…', 'editor'],
    ['/dashboard?alerts=rules', 'switch', /^Enabled: /, 'editor'],
    ['/dashboard?rule=1', 'button', 'Save rule', 'editor'],
    ['/dashboard?downtimes=week', 'button', 'New downtime', 'editor'],
    ['/dashboard?host=web-01', 'link', 'Add downtime', 'editor'],
    ['/admin?tab=hosts', 'button', 'Edit web-01', 'editor'],
    ['/admin?tab=hosts', 'button', 'Remove web-01', 'admin'],
    ['/admin?tab=channels', 'button', 'Add channel', 'admin'],
    ['/admin?tab=people', 'button', 'Add person', 'admin'],
    ['/admin?tab=tokens', 'button', 'New token', 'admin'],
  ] as const;
  const ranks = ['viewer', 'editor', 'admin'] as const;

  test.each(ranks)('to a role %s is what the hub takes from it, and nothing that is asked is refused', async (role) => {
    const page = await member(role);
    const refusals = refusalsOf(page);
    for (const [path, kind, name, needed] of offers) {
      await page.goto(hub.url + path);
      await pillSays(page, /live/);
      const offered = page.getByRole(kind, { name }).first();
      if (ranks.indexOf(role) >= ranks.indexOf(needed)) await offered.waitFor();
      else {
        await page.locator('main h1, main h2').first().waitFor();
        expect([path, await offered.count()]).toEqual([path, 0]);
      }
    }
    const tabs = page.getByRole('navigation', { name: 'Administration' }).getByRole('link');
    await page.goto(`${hub.url}/admin?tab=hosts`);
    await tabs.first().waitFor();
    const titles = (await tabs.allTextContents()).map((text) => text.trim());
    expect(titles.includes('Audit log')).toBe(role === 'admin');
    expect(titles.includes('Channels')).toBe(role !== 'viewer');
    expect(titles.includes('Storage')).toBe(true);
    if (role !== 'admin') {
      await page.goto(`${hub.url}/admin?tab=audit`);
      await heading(page, 'This page is for admins').waitFor();
    }
    expect(refusals).toEqual([]);
  });

  test('to an onlooker is what a viewer sees, and the way to sign in and back', async () => {
    const fake = new FakeHub({ hostCount: 3 });
    fake.session = { ...fakeSession(null), actor: { kind: 'anonymous', name: '', role: 'viewer' }, can_read: true };
    try {
      const url = await fake.start();
      const page = await newcomer();
      await page.goto(`${url}?view=table`);
      await pillSays(page, /live/);
      fake.session = fakeSession(null);
      await page.getByRole('link', { name: 'Sign in' }).click();
      await heading(page, 'Sign in').waitFor();
      expect(new URL(page.url()).searchParams.get('to')).toBe('/dashboard?view=table');
    } finally {
      await fake.stop();
    }
  });
});

describe('for everyone', () => {
  test.each(themes)('axe finds nothing in %s, and all of it fits a phone', async (theme) => {
    const stranger = await newcomer(theme);
    const page = await member('admin', '/admin?tab=people', theme);
    const isFine = async (one: Page) => {
      for (const size of [sizes.desktop, sizes.phone]) {
        await one.setViewportSize(size);
        expect([one.url(), await accessibilityProblems(one)]).toEqual([one.url(), []]);
        expect([one.url(), await sidewaysPx(one)]).toEqual([one.url(), 0]);
      }
    };
    await stranger.goto(`${hub.url}/sign-in`);
    await stranger.getByText('Trouble signing in?').click();
    await isFine(stranger);
    await personRow(page, 'Mira Kovac').waitFor();
    await isFine(page);
    await button(page, 'Add person').click();
    await isFine(page);
    await page.goto(`${hub.url}/admin?tab=tokens`);
    await button(page, 'New token').first().waitFor();
    await isFine(page);
    await page.goto(`${hub.url}/admin?tab=channels`);
    await heading(page, 'Channels').waitFor();
    await isFine(page);
    await button(page, 'Account of admin of the test').click();
    await page.getByRole('menuitem', { name: 'Change password' }).click();
    await page.getByLabel('Old password', { exact: true }).waitFor();
    await isFine(page);
  });
});
