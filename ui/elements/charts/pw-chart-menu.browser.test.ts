/** The menu of a chart on a host's page: by pointer and by keys, and what it opens. What its canvas shows of odd series. */
import type { Browser, Locator, Page } from 'playwright-core';
import { afterAll, afterEach, beforeAll, beforeEach, expect, test } from 'vitest';
import { accessibilityProblems } from '../../testing/axe.ts';
import { openBrowser } from '../../testing/browser.ts';
import { newPage, themes } from '../../testing/page.ts';
import { RealHub } from '../../testing/real-hub.ts';

let hub: RealHub;
let browser: Browser;
let page: Page;
let problems: readonly string[];

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
  await page.goto(`${hub.dashboard}?host=this-machine&find=load_`);
  await page.locator('pw-chart canvas').first().waitFor();
});

afterEach(async () => {
  await page.close();
  expect(problems).toEqual([]);
});

function menuButton(): Locator {
  return page.getByRole('button', { name: 'Menu of Load average' });
}

function item(name: string): Locator {
  return page.getByRole('menuitem', { name });
}

test('is opened, walked and closed by keys, which gives the focus back', async () => {
  await menuButton().focus();
  await page.keyboard.press('ArrowDown');
  await expect.poll(() => item('Show as table').evaluate((element) => element.matches(':focus'))).toBe(true);
  await page.keyboard.press('End');
  expect(await item('Add note').evaluate((element) => element.matches(':focus'))).toBe(true);
  await page.keyboard.press('ArrowDown');
  expect(await item('Show as table').evaluate((element) => element.matches(':focus'))).toBe(true);
  await page.keyboard.press('Escape');
  await item('Show as table').waitFor({ state: 'hidden' });
  expect(await menuButton().evaluate((element) => element.matches(':focus'))).toBe(true);
});

test('shows the values of the window as a table that can be read and saved', async () => {
  await menuButton().click();
  await item('Show as table').click();
  await page.getByRole('dialog', { name: 'Load average' }).waitFor();
  const dialog = page.locator('pw-dialog');
  await dialog.getByRole('columnheader', { name: '15 m' }).waitFor();
  const cells = await dialog.locator('tbody tr').first().locator('td').allTextContents();
  expect(cells.map((text) => /^\d/.test(text))).toEqual([true, true, true]);
  for (const theme of themes) {
    await page.emulateMedia({ colorScheme: theme, reducedMotion: 'reduce' });
    expect(await accessibilityProblems(page)).toEqual([]);
  }
  const answer = await page.request.get(new URL((await dialog.getByRole('link').getAttribute('href'))!, hub.url).href);
  expect([answer.status(), (await answer.text()).split('\n')[0]]).toEqual([
    200,
    'time,seconds,host,series,value,avg,min,max,sum,count,step',
  ]);
  await page.keyboard.press('Escape');
  await dialog.waitFor({ state: 'detached' });
  expect(await menuButton().evaluate((element) => element.matches(':focus'))).toBe(true);
});

test('shows the chart larger', async () => {
  const small = await page.locator('pw-chart canvas').first().boundingBox();
  await menuButton().click();
  await item('Enlarge').click();
  await page.getByRole('dialog', { name: 'Load average' }).waitFor();
  const canvas = page.locator('pw-dialog canvas').first();
  await canvas.waitFor();
  expect((await canvas.boundingBox())!.height).toBeGreaterThan(small!.height * 2);
});

test('leads to a comparison of its metric that begins with the host, and to a rule', async () => {
  await menuButton().click();
  expect(await item('Create alert rule').getAttribute('href')).toBe(
    '/dashboard?rule=new&on=this-machine&metric=load_1m',
  );
  await item('Compare this metric').click();
  await page.getByRole('heading', { name: 'Load 1\u202fm' }).waitFor();
  const query = new URL(page.url()).searchParams;
  expect([query.get('compare'), query.get('metric'), query.get('range')]).toEqual(['this-machine', 'load_1m', '5m']);
});

test('begins a note', async () => {
  await menuButton().click();
  await item('Add note').click();
  await page.getByRole('dialog', { name: 'Add note' }).waitFor();
});

interface Painted {
  /** Labels of value axes, and how many CSS pixels of each are left of the canvas. */
  readonly labels: { readonly text: string; readonly cutPx: number }[];
  /** Centres of dots, in parts of the canvas. */
  readonly dots: { readonly x: number; readonly y: number }[];
}

/** Notes what is painted on the canvases of the page from now on. */
function watchCanvas(): void {
  const painted: Painted = { labels: [], dots: [] };
  Object.assign(window, { painted });
  const { fillText, arc } = CanvasRenderingContext2D.prototype;
  CanvasRenderingContext2D.prototype.fillText = function (text, x, y) {
    const cutPx = (this.measureText(text).width - x) / devicePixelRatio;
    if (this.textAlign === 'right') painted.labels.push({ text, cutPx });
    fillText.call(this, text, x, y);
  };
  CanvasRenderingContext2D.prototype.arc = function (x, y, ...rest) {
    painted.dots.push({ x: x / this.canvas.width, y: y / this.canvas.height });
    arc.call(this, x, y, ...rest);
  };
}

const readPainted = (): Promise<Painted> => page.evaluate(() => (window as unknown as { painted: Painted }).painted);

test('shows labels of its value axis whole, beside charts that begin at the same pixel, and a lone value as a dot', async () => {
  const now = Math.floor(Date.now() / 1_000);
  for (const [step, timestamp] of [now - 120, now - 60, now].entries()) {
    const grows = { value: 2_225_000_000 + step * 1_000, timestamp };
    const metrics = {
      grows,
      small: { value: step, timestamp },
      ...(step === 2 ? { lone: { value: 3.5, timestamp } } : {}),
    };
    const { status } = await hub.ask('POST', '/metrics', { hostname: 'nas', client_id: 'nas-cron', metrics });
    expect(status).toBeLessThan(300);
  }
  await page.addInitScript(watchCanvas);
  await page.goto(`${hub.dashboard}?host=nas`);
  await expect.poll(async () => (await readPainted()).labels.map(({ text }) => text)).toContain('2.225001G');
  const { labels } = await readPainted();
  expect(labels.filter(({ cutPx }) => cutPx > 0)).toEqual([]);
  const lefts = () =>
    page.locator('pw-chart .u-over').evaluateAll((plots) => plots.map((plot) => (plot as HTMLElement).offsetLeft));
  await expect.poll(async () => new Set(await lefts()).size).toBe(1);
  expect((await lefts())[0]).toBeGreaterThan(50);
  await expect.poll(async () => (await readPainted()).dots.length).toBeGreaterThan(0);
});
