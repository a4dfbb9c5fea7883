/**
 * Fleets of a thousand and of five thousand hosts: how soon an empty browser shows the overview, what it loads for that, and
 * how evenly frames come while somebody scrolls and searches.
 */
import type { Browser } from 'playwright-core';
import type { Figures, ScenarioContext } from '../scenario.ts';
import type { FleetPart } from '../scenarios.ts';
import { sleep, withAgents, withHub } from '../session.ts';
import { frameFigures, latenciesOf, medianOf } from './figures.ts';
import { overviewSeries } from './host-series.ts';
import { type MeasuredPage, openPage } from './measured-page.ts';
import type { PartOutcome } from './part.ts';

const searchText = 'bench-00 01';
const keyPauseMs = 120;
/** A wheel that is turned fast. */
const scrollPxPerSec = 4_000;

interface Opened {
  readonly page: MeasuredPage;
  readonly contentMs: number;
  readonly drawnMs: number;
  readonly assetBytes: number;
}

/** `name` begins the names of the figures. */
export function measureFleet(
  part: FleetPart,
  options: { readonly name: string; readonly browser: Browser; readonly context: ScenarioContext },
): Promise<PartOutcome> {
  const { name, browser, context } = options;
  const { hostCount, connectsPerSec, openCount, scrollMs } = part;
  return withHub(context, (session) => {
    const { port } = session.hub.folder;
    const startsInMs = 2_000 + (hostCount / connectsPerSec) * 1_500;
    const plan = {
      port,
      agentCount: hostCount,
      metricCount: overviewSeries.length,
      series: overviewSeries,
      tickCount: 60,
      intervalMs: 1_000,
      replays: true,
      startsInMs,
      seed: 1,
    };
    return withAgents(plan, async (agents) => {
      await agents.call('connect', { perSecond: connectsPerSec, count: hostCount });
      await agents.call('startTicks', null);
      await sleep(startsInMs);
      context.say(`${hostCount} hosts tick`);
      const opened: Opened[] = [];
      for (let turn = 0; turn < openCount; turn += 1) {
        await opened.at(-1)?.page.close();
        opened.push(await openOverview(browser, port));
      }
      const crowded = scrollMs === 0 ? {} : await measureCrowd(opened, { name, port, scrollMs });
      await opened.at(-1)?.page.close();
      const report = await agents.call('report', null);
      return {
        figures: {
          [`${name}ContentMsP50`]: medianOf(opened.map(({ contentMs }) => contentMs)),
          [`${name}DrawnMsP50`]: medianOf(opened.map(({ drawnMs }) => drawnMs)),
          [`${name}DrawnMsMax`]: Math.max(...opened.map(({ drawnMs }) => drawnMs)),
          [`${name}AssetBytes`]: medianOf(opened.map(({ assetBytes }) => assetBytes)),
          ...crowded,
          [`${name}GeneratorLatenessP99Ms`]: report.lateness.p99Ms,
        },
        problems: opened.flatMap(({ page }) => page.problems),
      };
    });
  });
}

/** In the page that was opened last: as it chose to be, then as a table. */
async function measureCrowd(
  opened: readonly Opened[],
  options: { readonly name: string; readonly port: number; readonly scrollMs: number },
): Promise<Figures> {
  const { name, port, scrollMs } = options;
  const { page } = opened.at(-1)!;
  const scroll = await measureScroll(page, `${name}Scroll`, scrollMs);
  const search = await measureSearch(page, `${name}Search`);
  await page.open(`http://127.0.0.1:${port}/dashboard?view=table`);
  return { ...scroll, ...search, ...(await measureScroll(page, `${name}TableScroll`, scrollMs)) };
}

async function openOverview(browser: Browser, port: number): Promise<Opened> {
  const page = await openPage(browser, { port });
  const drawnMs = await page.open(`http://127.0.0.1:${port}/dashboard`);
  const contentMs = (await page.page.evaluate(
    "performance.getEntriesByName('first-contentful-paint')[0].startTime",
  )) as number;
  return { page, contentMs, drawnMs, assetBytes: page.assetBytes };
}

/** Down and back up at an even pace, as far as that goes in the time. */
async function measureScroll(page: MeasuredPage, name: string, scrollMs: number): Promise<Figures> {
  await page.record();
  const scroll = `benchProbe.frameTimes(${scrollMs}, (part) => {
    const { scrollHeight, clientHeight } = document.documentElement;
    const farthest = Math.min(scrollHeight - clientHeight, ${(scrollPxPerSec * scrollMs) / 2_000});
    scrollTo(0, (1 - Math.abs(1 - 2 * part)) * farthest);
  })`;
  const scrolled = (await page.page.evaluate(scroll)) as number[];
  const { longTasks } = await page.report();
  return { ...frameFigures(name, scrolled), [`${name}LongTaskMsMax`]: Math.max(0, ...longTasks) };
}

/** A search that is typed and deleted again, key by key. */
async function measureSearch(page: MeasuredPage, name: string): Promise<Figures> {
  await page.record();
  const typing = page.page.evaluate(`benchProbe.frameTimes(${searchText.length * keyPauseMs * 2}, () => {})`);
  await page.page.keyboard.press('/');
  await page.page.keyboard.type(searchText, { delay: keyPauseMs });
  for (const _ of searchText) await page.page.keyboard.press('Backspace', { delay: keyPauseMs });
  const typed = (await typing) as number[];
  const { inputsMs, longTasks } = await page.report();
  return {
    ...frameFigures(name, typed),
    [`${name}LongTaskMsMax`]: Math.max(0, ...longTasks),
    [`${name}KeyP99Ms`]: latenciesOf(inputsMs).p99Ms,
  };
}
