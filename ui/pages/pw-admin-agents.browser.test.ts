/** Agents and enrolment as an admin meets them: a token made in the page lets a real agent in, which is rotated, revoked, let in again. */
import type { Browser, Page } from 'playwright-core';
import { afterAll, afterEach, beforeAll, expect, test } from 'vitest';
import { accessibilityProblems } from '../testing/axe.ts';
import { openBrowser } from '../testing/browser.ts';
import { newPage, type PageOptions, sidewaysPx } from '../testing/page.ts';
import { RealHub } from '../testing/real-hub.ts';

let hub: RealHub;
let browser: Browser;
/** A hub, an agent and a browser on a machine that may be busy with something else. */
const startMsMax = 240_000;
const actMsMax = 60_000;
const opened: { readonly page: Page; readonly problems: readonly string[] }[] = [];

beforeAll(async () => {
  hub = await RealHub.start();
  browser = await openBrowser();
}, startMsMax);

afterEach(async () => {
  for (const { page, problems } of opened.splice(0)) {
    await page.close();
    expect(problems).toEqual([]);
  }
});

afterAll(async () => {
  await browser?.close();
  await hub?.close();
});

async function open(tab: string, options: PageOptions = {}): Promise<Page> {
  const one = await newPage(browser, { hub, ...options });
  opened.push(one);
  one.page.setDefaultTimeout(actMsMax);
  await one.page.goto(`${hub.url}/admin?tab=${tab}`);
  return one.page;
}

/** The secret in the box of this name. */
async function secretOf(page: Page, label: string): Promise<string> {
  return (await page.getByRole('group', { name: label, exact: true }).locator('code').textContent()) ?? '';
}

interface Agent {
  readonly is_revoked: boolean;
  readonly is_connected: boolean;
  readonly tokens: readonly { readonly id: string }[];
}
const agentOf = async (host: string) => (await hub.ask<Agent>('GET', `/api/v1/agents/${host}`)).body;

test(
  'a token made in the page lets an agent in, once, and both pages show it',
  async () => {
    const page = await open('enrol');
    await page.getByRole('button', { name: 'Create token' }).waitFor();
    await page.getByLabel('Name').fill('rack 4');
    await page.getByLabel('Machines').fill('none');
    await page.getByRole('button', { name: 'Create token' }).click();
    await page.getByText('A whole number of machines is wanted').waitFor();
    await page.getByLabel('Machines').fill('1');
    await page.getByLabel('Tags').fill('env=prod role=web');
    await page.getByRole('button', { name: 'Create token' }).click();
    await page.getByText('the token is not shown again').waitFor();
    const token = await secretOf(page, 'Token');
    expect(token).toMatch(/^pwe_/);
    expect(await secretOf(page, 'Install command')).toBe(
      `curl -fsSL ${hub.url}/install.sh | sudo sh -s -- --token ${token}`,
    );
    expect(await accessibilityProblems(page)).toEqual([]);

    await hub.startAgent({ name: 'web-08', enrolmentToken: token });
    const row = page.getByRole('row').filter({ hasText: 'rack 4' });
    await expect.poll(() => row.textContent(), { timeout: actMsMax }).toMatch(/1 of 1.*used up.*web-08/s);
    await page.getByRole('link', { name: 'Agents' }).click();
    const agent = page.getByRole('row').filter({ hasText: 'web-08' });
    await agent.waitFor();
    expect(await page.content()).not.toContain(token);
    await page.goBack();
    await page.getByRole('button', { name: 'Create token' }).waitFor();
    expect(await page.content()).not.toContain(token);
  },
  startMsMax,
);

test('an agent gets a new token, is revoked after a question, and is allowed in again', async () => {
  const page = await open('agents');
  await page.getByRole('button', { name: 'web-08' }).click();
  const panel = page.locator('pw-agent-panel');
  // It has enrolled on the link of now.
  await panel.getByText('not used yet').waitFor();
  const [before] = (await agentOf('web-08')).tokens;
  await panel.getByRole('button', { name: 'New token' }).click();
  await expect.poll(async () => (await agentOf('web-08')).tokens[0]!.id, { timeout: actMsMax }).not.toBe(before!.id);
  await panel.getByText('replaced, good for').waitFor();
  expect(await accessibilityProblems(page)).toEqual([]);

  await panel.getByRole('button', { name: 'Revoke' }).click();
  await page.getByRole('button', { name: 'Keep it' }).click();
  expect((await agentOf('web-08')).is_revoked).toBe(false);
  await panel.getByRole('button', { name: 'Revoke' }).click();
  await page.getByRole('button', { name: 'Revoke agent' }).click();
  await panel.getByText('Nothing is taken of').waitFor();
  expect(await agentOf('web-08')).toMatchObject({ is_revoked: true, is_connected: false });
  await page.getByRole('row').filter({ hasText: 'web-08' }).getByText('revoked', { exact: true }).waitFor();
  const header = panel.locator('header');
  expect([await header.getByText('Revoked').count(), await header.locator('pw-status').count()]).toEqual([1, 0]);
  await panel.getByRole('button', { name: 'Allow to enrol again' }).click();
  await panel.getByText('Nothing is taken of').waitFor({ state: 'detached' });
  expect((await agentOf('web-08')).is_revoked).toBe(false);
});

test('an enrolment token is revoked after a question', async () => {
  await hub.ask('POST', '/api/v1/enrolments', { name: 'spare', expires: Date.now() / 1_000 + 600, uses: 9 });
  const page = await open('enrol');
  await page.getByRole('button', { name: 'Revoke: spare' }).click();
  await page.getByRole('button', { name: 'Revoke token' }).click();
  const row = page.getByRole('row').filter({ hasText: 'spare' });
  await expect.poll(() => row.textContent(), { timeout: actMsMax }).toMatch(/0 of 9.*revoked/s);
});

test.each([
  ['agents', 'dark', 'phone'],
  ['enrol', 'light', 'phone'],
  ['agents', 'light', 'desktop'],
] as const)('%s, %s, %s: nothing is wider than the page, and axe finds nothing', async (tab, theme, size) => {
  const page = await open(tab, { theme, size });
  await page.getByRole('row').nth(1).waitFor();
  expect(await sidewaysPx(page)).toBe(0);
  expect(await accessibilityProblems(page)).toEqual([]);
  const folder = process.env['PULSEWIRE_SHOTS'];
  if (folder !== undefined) await page.screenshot({ path: `${folder}/${tab}-${theme}-${size}.png` });
});
