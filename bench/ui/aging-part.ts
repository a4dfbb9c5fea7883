/**
 * Time made short: what eight hours of ticks leave in the heap of an open page, and how a page that was hidden for an hour comes
 * back. A feeder whose clock runs faster stands in for the hub, and the page's own clock runs with it.
 */
import type { Browser } from 'playwright-core';
import type { Figures, ScenarioContext } from '../scenario.ts';
import type { AgingPart } from '../scenarios.ts';
import { sleep } from '../session.ts';
import { Feeder } from './feeder.ts';
import { hostSeries } from './host-series.ts';
import { type MeasuredPage, openPage } from './measured-page.ts';
import type { PartOutcome } from './part.ts';

const views = { overview: '', host: '?host=bench-0000' } as const;
const hiddenWatchMs = 3_000;

export async function measureAging(
  part: AgingPart,
  { browser, context }: { readonly browser: Browser; readonly context: ScenarioContext },
): Promise<PartOutcome> {
  const feeder = new Feeder({ hostCount: part.hostCount, series: hostSeries });
  const address = await feeder.start();
  const figures: Record<string, number> = {};
  const problems: string[] = [];
  try {
    feeder.run(1);
    for (const [name, query] of Object.entries(views)) {
      const page = await openPage(browser, { withClock: true });
      await page.open(address + query);
      Object.assign(figures, await age(page, { name, part, feeder }));
      context.say(`The ${name} was open for ${part.openSec} s and hidden for ${part.hiddenSec} s`);
      problems.push(...page.problems);
      await page.close();
    }
    for (const name of Object.keys(views)) {
      const drawn = figures[`${name}HiddenDraws`];
      if (drawn !== 0) problems.push(`nothing may be drawn while the ${name} is hidden: got ${drawn} frames`);
    }
    return { figures, problems };
  } finally {
    await feeder.stop();
  }
}

async function age(
  page: MeasuredPage,
  { name, part, feeder }: { readonly name: string; readonly part: AgingPart; readonly feeder: Feeder },
): Promise<Figures> {
  const run = async (speed: number) => {
    await page.page.evaluate(`benchClock.setSpeed(${speed})`);
    feeder.run(speed);
  };
  await run(part.speed);
  const startSec = feeder.seconds;
  const heaps: number[] = [];
  for (let sec = part.settleSec; sec <= part.openSec; sec += part.heapEverySec) {
    await feeder.reach(startSec + sec);
    heaps.push(await page.heapBytes());
  }
  const hidden = await measureHidden(page, { part, feeder, run });
  return {
    [`${name}HeapBytes`]: heaps[0]!,
    [`${name}HeapGrowthBytes`]: heaps.at(-1)! - heaps[0]!,
    [`${name}HeapSpreadBytes`]: Math.max(...heaps) - Math.min(...heaps),
    [`${name}HiddenDraws`]: hidden.draws,
    [`${name}ShownCurrentMs`]: hidden.currentMs,
    [`${name}ShownDraws`]: hidden.shownDraws,
  };
}

/** Hides the page, lets time pass, shows it at the speed of every day, and looks at the first second. */
async function measureHidden(
  page: MeasuredPage,
  options: { readonly part: AgingPart; readonly feeder: Feeder; readonly run: (speed: number) => Promise<void> },
) {
  const { part, feeder, run } = options;
  await page.page.evaluate('benchClock.setHidden(true)');
  // What was asked for before may still be drawn.
  await sleep(100);
  await page.record();
  await feeder.reach(feeder.seconds + part.hiddenSec);
  const { frames } = await page.report();
  await run(1);
  await sleep(2_000);
  await page.record();
  const shown = (await page.page.evaluate(
    '(() => { const atMs = benchProbe.nowMs(); benchClock.setHidden(false); return { atMs, tickMs: benchProbe.knownMs() }; })()',
  )) as { readonly atMs: number; readonly tickMs: number };
  await sleep(hiddenWatchMs);
  const report = await page.report();
  const current = report.frames.find(({ tickMs }) => tickMs >= shown.tickMs);
  return {
    draws: frames.length,
    currentMs: current === undefined ? Number.POSITIVE_INFINITY : current.atMs - shown.atMs,
    shownDraws: report.frames.filter(({ atMs }) => atMs - shown.atMs < 1_000).length,
  };
}
