/** Downtimes as people plan them: the built dashboard in a real Chromium against a real hub with a real agent. */
import type { Browser, Locator, Page } from 'playwright-core';
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, test } from 'vitest';
import { accessibilityProblems } from '../testing/axe.ts';
import { openBrowser } from '../testing/browser.ts';
import { blockSockets, newPage, pillSays, sidewaysPx, sizes, themes } from '../testing/page.ts';
import { RealHub } from '../testing/real-hub.ts';

interface Listed {
  readonly id: number;
  readonly reason: string;
  readonly author: string;
  readonly start: number | string;
  readonly end?: number;
  readonly rule?: string;
  readonly duration?: number;
  readonly zone?: string;
  readonly state: string;
  readonly hosts: { readonly names: readonly string[]; readonly tags: Readonly<Record<string, string>> };
}

const hourS = 3_600;
const path = '/api/v1/downtimes';

let hub: RealHub;
let browser: Browser;
let page: Page;
let problems: readonly string[];

beforeAll(async () => {
  hub = await RealHub.start();
  await hub.startAgent({ name: 'cache-03', tags: { role: 'cache', env: 'prod' } });
  await hub.simulateLive({ hosts: 2 });
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
  for (const { id } of await listed()) await hub.ask('DELETE', `${path}/${id}`);
  expect(problems).toEqual([]);
});

async function listed(): Promise<readonly Listed[]> {
  return (await hub.ask<readonly Listed[]>('GET', path)).body;
}

function nowS(): number {
  return Math.floor(Date.now() / 1_000);
}

/** The next day on which the clocks of Berlin skip an hour: tests are run in any year. */
function nextSpringChange(): { readonly day: string; readonly text: string } {
  const dayMs = 86_400_000;
  for (let year = new Date().getUTCFullYear(); ; year += 1) {
    const last = new Date(Date.UTC(year, 2, 31));
    const sunday = new Date(last.getTime() - last.getUTCDay() * dayMs);
    if (sunday.getTime() > Date.now() + dayMs)
      return { day: sunday.toISOString().slice(0, 10), text: `${sunday.getUTCDate()} Mar ${year}` };
  }
}

async function made(body: Readonly<Record<string, unknown>>): Promise<number> {
  const answer = await hub.ask<Listed>('POST', path, { author: 'ann', ...body });
  expect(answer.status).toBe(201);
  return answer.body.id;
}

/** Something of each kind. */
async function planSome(): Promise<void> {
  const names = ['cache-03'];
  await made({ hosts: { names }, start: nowS() - hourS, end: nowS() + hourS, reason: 'Valkey upgrade' });
  await made({ hosts: { names }, start: nowS() - 3 * hourS, end: nowS() - 60, reason: 'Kernel update' });
  await made({
    hosts: { tags: { env: 'prod' } },
    start: '2026-01-01T01:00:00',
    rule: 'FREQ=DAILY',
    duration: 2 * hourS,
    zone: 'Europe/Berlin',
    reason: 'Nightly backups',
  });
}

async function open(query = '?downtimes=week'): Promise<void> {
  await page.goto(hub.dashboard + query);
  await pillSays(page, /live · \d/);
  // The page's own code may come behind the pill.
  await page.getByRole('heading', { name: 'Downtimes', exact: true }).waitFor({ state: 'attached' });
}

function form(): Locator {
  return page.locator('pw-downtime-form');
}

function button(name: string | RegExp): Locator {
  return page.getByRole('button', { name, exact: typeof name === 'string' });
}

/** A row of the timeline by its title. */
function row(title: string): Locator {
  return page.locator('pw-timeline .row').filter({ hasText: title });
}

/** What is asked before a downtime is ended or deleted. */
function question(): Locator {
  return page.locator('pw-downtime-question');
}

/** Chooses a tag or a host in the form. */
async function applyTo(text: string): Promise<void> {
  const field = form().getByRole('combobox', { name: /^Applies to/ });
  await field.fill(text);
  await field.press('Enter');
}

async function toastSays(text: string): Promise<void> {
  await page.locator('pw-toasts').getByText(text).waitFor();
}

describe('a downtime', () => {
  test('that starts now mutes its hosts, is drawn, marks the host, and is ended', async () => {
    await open();
    await page.getByRole('heading', { name: 'No downtime is planned' }).waitFor();
    await page.keyboard.press('n');
    await form().getByLabel('What is done').fill('Valkey upgrade');
    await applyTo('cache-03');
    await form().getByText('1 host matches').waitFor();
    await form().getByRole('button', { name: 'Start now' }).click();
    await form().getByLabel('For').fill('3 h');
    expect(await form().getByLabel('By', { exact: true }).count()).toBe(0);
    await button('Create downtime').click();
    await toastSays('Downtime created');

    await row('Valkey upgrade').getByText('cache-03').waitFor();
    await page.getByText('Active now 1').waitFor();
    const [downtime] = await listed();
    expect(downtime).toMatchObject({
      reason: 'Valkey upgrade',
      author: 'Ann',
      state: 'active',
      hosts: { names: ['cache-03'] },
    });
    expect(downtime!.end! - Number(downtime!.start)).toBeCloseTo(3 * hourS);
    expect(new URL(page.url()).searchParams.get('id')).toBeNull();

    await page.getByRole('link', { name: 'Admin' }).first().click();
    await page.getByRole('row', { name: /cache-03.*Downtime/ }).waitFor();
    await page.goBack();

    await button('End now: Valkey upgrade').click();
    await question().getByText('is told from now on').waitFor();
    await question().getByRole('button', { name: 'End now' }).click();
    await toastSays('Downtime ended');
    // With the answer, not with the next step of the line of now.
    await page
      .locator('pw-ended-downtimes')
      .getByRole('row', { name: /Valkey upgrade.*Ann/ })
      .waitFor({ timeout: 1_500 });
    expect(await button('End now: Valkey upgrade').count()).toBe(0);
    expect((await listed())[0]!.state).toBe('over');
  });

  test('that is once is planned in a zone, drawn while it is a draft, and changed', async () => {
    await open('?downtimes=day&at=2090-06-01&tz=America/New_York');
    await button('New downtime').first().click();
    await form().getByLabel('What is done').fill('Rack B4 power work');
    await applyTo('env=prod');
    await form().getByLabel('Start, day').fill('2090-06-01');
    await form().getByLabel('Start, time').fill('8');
    await form().getByRole('button', { name: 'Ends at' }).click();
    await form().getByLabel('End, day').fill('2090-06-01');
    await form().getByLabel('End, time').fill('1730');
    await row('Rack B4 power work').getByText('08:00 to 17:30').waitFor();
    expect(await row('Rack B4 power work').locator('.bar.draft').count()).toBe(1);
    await form()
      .getByRole('row', { name: /Thu 1 Jun 2090, 08:00 to 17:30 12:00 to 21:30/ })
      .waitFor();
    await button('Create downtime').click();
    await toastSays('Downtime created');
    const [before] = await listed();
    expect(before).toMatchObject({
      start: Date.UTC(2090, 5, 1, 12) / 1_000,
      end: Date.UTC(2090, 5, 1, 21, 30) / 1_000,
      hosts: { tags: { env: 'prod' } },
    });

    await row('Rack B4 power work').getByRole('button').click();
    await form().getByRole('heading', { name: 'Change downtime' }).waitFor();
    await form().getByRole('button', { name: 'Recurring' }).click();
    await form().getByLabel('For').fill('9 h');
    await form().getByLabel('Repeats by').selectOption('monthly');
    await form().getByLabel('Which').selectOption('first');
    await button('Save changes').click();
    await toastSays('Changes saved');
    expect((await listed())[0]).toMatchObject({
      id: before!.id,
      start: '2090-06-01T08:00:00',
      rule: 'FREQ=MONTHLY;BYDAY=1TH',
      duration: 9 * hourS,
      zone: 'America/New_York',
    });
  });

  test('that comes again is warned of where clocks change', async () => {
    const change = nextSpringChange();
    await open(`?downtimes=week&at=${change.day}&tz=Europe/Berlin&id=new&on=cache-03`);
    await form().getByText('1 host matches').waitFor();
    await form().getByLabel('What is done').fill('Weekly maintenance');
    await form().getByRole('button', { name: 'Recurring' }).click();
    await form().getByLabel('First day').fill('2026-01-04');
    await form().getByLabel('From', { exact: true }).fill('02:00');
    for (const day of ['Mon', 'Tue', 'Wed', 'Thu', 'Fri', 'Sat', 'Sun']) {
      const weekday = form().getByRole('button', { name: day, exact: true });
      if (((await weekday.getAttribute('aria-pressed')) === 'true') !== (day === 'Sun')) await weekday.click();
    }
    await form()
      .getByText(
        new RegExp(`On ${change.text} clocks skip 02:00 to 03:00. That window starts at 03:00 and keeps its 2\\sh.`),
      )
      .waitFor();
    await form()
      .getByRole('row', { name: new RegExp(`Sun ${change.text.slice(0, 6)}.*, 03:00 to 05:00`) })
      .waitFor();
    await row('Weekly maintenance').getByText('03:00').waitFor();

    await button('Create downtime').click();
    await toastSays('Downtime created');
    expect((await listed())[0]).toMatchObject({
      start: '2026-01-04T02:00:00',
      rule: 'FREQ=WEEKLY;BYDAY=SU',
      duration: 2 * hourS,
      zone: 'Europe/Berlin',
    });
  });

  test('is not made before everything is said, and what the hub refuses is shown', async () => {
    await open('?downtimes=week&id=new');
    await button('Create downtime').click();
    await form().getByText('Say what is done').waitFor();
    await form().getByText('Choose hosts or tags').waitFor();
    expect(
      await form()
        .getByLabel('What is done')
        .evaluate((input) => input.matches(':focus')),
    ).toBe(true);
    await form().getByLabel('What is done').fill('Move');
    await form().getByLabel('It is for all hosts').check();
    await form().getByLabel('Lasts for', { exact: true }).last().fill('2');
    await form().getByText('Give a length with its unit').waitFor();
    await form().getByLabel('Lasts for', { exact: true }).last().fill('2 h');
    await page.route(`**${path}`, (route) =>
      route.request().method() === 'POST'
        ? route.fulfill({
            status: 400,
            json: { error: 'Cannot create downtime: schedule: the end must be after the start' },
          })
        : route.continue(),
    );
    await button('Create downtime').click();
    await form().getByText('The end must be after the start.').waitFor();
    await page.unroute(`**${path}`);
    await button('Create downtime').click();
    await toastSays('Downtime created');
    expect((await listed())[0]!.hosts).toMatchObject({ names: [], tags: {} });
  });

  test('is deleted after a question', async () => {
    await planSome();
    await open('?downtimes=week&view=list');
    await button('Delete Nightly backups').click();
    await question().getByRole('button', { name: 'Cancel' }).click();
    expect(await listed()).toHaveLength(3);
    await button('Delete Nightly backups').click();
    await question().getByRole('button', { name: 'Delete' }).click();
    await toastSays('Downtime deleted');
    await expect.poll(() => page.getByRole('row', { name: /Nightly backups/ }).count()).toBe(0);
    expect(await listed()).toHaveLength(2);
  });
});

describe('what is planned', () => {
  beforeEach(planSome);

  test('stands on the timeline in its groups, walked by arrows, and its form in the address', async () => {
    await open('?downtimes=week&tz=Europe/Berlin');
    for (const title of ['Active now 1', 'One time 1', 'Recurring 1']) await page.getByText(title).waitFor();
    await expect.poll(() => row('Nightly backups').locator('.bar').count()).toBe(7);
    await row('Valkey upgrade').getByRole('button').first().focus();
    await page.keyboard.press('ArrowDown');
    await page.keyboard.press('ArrowDown');
    await page.keyboard.press('Enter');
    await form().getByRole('heading', { name: 'Change downtime' }).waitFor();
    expect(await form().getByLabel('What is done').inputValue()).toBe('Nightly backups');

    const copy = await browser.newPage();
    await copy.context().addCookies([hub.cookie]);
    await copy.goto(page.url());
    await copy.locator('pw-downtime-form').getByLabel('What is done').waitFor();
    expect(await copy.locator('pw-downtime-form').getByLabel('What is done').inputValue()).toBe('Nightly backups');
    await copy.close();

    await page.keyboard.press('Escape');
    await expect.poll(() => form().count()).toBe(0);
    await page.keyboard.press('Enter');
    await form().getByRole('heading', { name: 'Change downtime' }).waitFor();
    await page.goBack();
    await expect.poll(() => form().count()).toBe(0);
  });

  test('is looked at by day, week and month, in any zone, by keys', async () => {
    await open('?downtimes=week&at=2090-03-26');
    await page.getByText('20 to 26 Mar 2090').waitFor();
    await page.keyboard.press(']');
    await page.getByText('27 Mar to 2 Apr 2090').waitFor();
    await button('Month').click();
    await page.keyboard.press('[');
    await page.getByText('March 2090', { exact: true }).waitFor();
    await page.getByLabel('Shown in', { exact: true }).first().click();
    await page.keyboard.type('tokyo');
    await page.keyboard.press('Enter');
    await expect.poll(() => new URL(page.url()).searchParams.get('tz')).toBe('Asia/Tokyo');
    await row('Nightly backups').locator('.bar[title="Wed 1 Mar 2090, 09:00 to 11:00"]').waitFor();
    await page.getByRole('heading', { name: 'Downtimes' }).click();
    await page.keyboard.press('0');
    await expect.poll(() => new URL(page.url()).searchParams.get('at')).toBeNull();
    await page.keyboard.press('d');
    await page.locator('pw-downtime-calendar').waitFor();
  });

  test('stands in a calendar, whose days lead to their timeline', async () => {
    await open('?downtimes=week&view=calendar&at=2090-03-08&tz=Europe/Berlin');
    await expect.poll(() => page.locator('pw-downtime-calendar .bar').count()).toBe(35);
    await page.getByRole('link', { name: 'Wed 8 Mar, 1 downtime' }).focus();
    await page.keyboard.press('ArrowDown');
    await page.keyboard.press('ArrowRight');
    await page.keyboard.press('Enter');
    await page.getByText('Thu 16 Mar 2090', { exact: true }).waitFor();
    await row('Nightly backups').waitFor();
  });

  test('is marked and cannot be changed here when it is kept in the file of alerts', async () => {
    await page.route(`**${path}`, async (route) => {
      const answer = await route.fetch();
      const rows: readonly Listed[] = await answer.json();
      await route.fulfill({ json: rows.map((each) => ({ ...each, read_only: each.reason === 'Nightly backups' })) });
    });
    await open();
    await row('Nightly backups').getByText('file').waitFor();
    await row('Nightly backups').getByRole('button').click();
    await form().getByText('It is kept in the hub’s file of alerts').waitFor();
    expect(await form().getByLabel('What is done').isDisabled()).toBe(true);
    expect(
      await form()
        .getByRole('button', { name: /Save|Delete|End/ })
        .count(),
    ).toBe(0);
    await form().getByRole('button', { name: 'Close' }).click();
    await button('List').click();
    expect(await button('Delete Nightly backups').count()).toBe(0);
    await button('Delete Valkey upgrade').waitFor();
  });

  test('that somebody else has deleted is said to be gone', async () => {
    await open('?downtimes=week&id=2000000000');
    await page.getByText('This downtime is no longer there.').waitFor();
    await button('Close').click();
    expect(new URL(page.url()).searchParams.get('id')).toBeNull();
  });

  test('that somebody else deletes while it is changed can be saved as a new one', async () => {
    const spec = { hosts: { names: ['web-01'] }, start: nowS() + 86_400, duration: 3_600, reason: 'Before' };
    const { body: made } = await hub.ask<{ readonly id: number }>('POST', path, spec);
    await open(`?downtimes=week&id=${made.id}`);
    await form().getByLabel('What is done').fill('Typed all the same');
    await hub.ask('DELETE', `${path}/${made.id}`);
    await button('Save changes').click();
    await form().getByText('Somebody has deleted this downtime meanwhile.').waitFor();
    expect(await form().getByLabel('What is done').inputValue()).toBe('Typed all the same');
    await button('Save as a new downtime').click();
    await toastSays('Downtime created');
    const again = (await listed()).find(({ reason }) => reason === 'Typed all the same');
    expect(again).toMatchObject({ start: spec.start, end: spec.start + spec.duration });
    await hub.ask('DELETE', `${path}/${again?.id}`);
  });

  test('is known while the live connection is away, and says so when it is not', async () => {
    await blockSockets(page);
    await page.goto(`${hub.dashboard}?downtimes=week`);
    await pillSays(page, /polling/);
    await row('Valkey upgrade').waitFor();
    await page.route(`**${path}`, (route) =>
      route.fulfill({ status: 503, json: { error: 'Cannot list downtimes: the hub is starting' } }),
    );
    await page.reload();
    await page.getByText('Downtimes could not be loaded.').waitFor();
    await page.unroute(`**${path}`);
    await button('Try again').click();
    await row('Valkey upgrade').waitFor();
    expect(await page.getByText('Downtimes could not be loaded.').count()).toBe(0);
  });

  test.each(themes.flatMap((theme) => ['timeline', 'calendar', 'list', 'form'].map((view) => [view, theme] as const)))(
    'axe finds nothing at the %s in %s, which fits a phone',
    async (view, theme) => {
      await page.emulateMedia({ colorScheme: theme, reducedMotion: 'reduce' });
      await open(view === 'form' ? '?downtimes=week&id=new&tz=Europe/Berlin' : `?downtimes=week&view=${view}`);
      await page.getByText('Valkey upgrade').first().waitFor();
      if (view === 'form') {
        await form().getByRole('button', { name: 'Recurring' }).click();
        await form().getByLabel('Repeats by').selectOption('daily');
        await form().getByLabel('From', { exact: true }).fill('02:30');
        await form()
          .getByText(/clocks skip/)
          .waitFor();
        await button('Create downtime').click();
        await form().getByText('Say what is done').waitFor();
      }
      expect(await accessibilityProblems(page)).toEqual([]);
      await page.setViewportSize(sizes.phone);
      await page.getByText('Valkey upgrade').first().waitFor({ state: 'attached' });
      expect([await sidewaysPx(page), await accessibilityProblems(page)]).toEqual([0, []]);
    },
  );
});

test('axe finds nothing in the question and in an empty page', async () => {
  await open();
  await page.getByRole('heading', { name: 'No downtime is planned' }).waitFor();
  expect(await accessibilityProblems(page)).toEqual([]);
  await planSome();
  await page.reload();
  await button('End now: Valkey upgrade').click();
  await question().getByText('is told from now on').waitFor();
  expect(await accessibilityProblems(page)).toEqual([]);
});
