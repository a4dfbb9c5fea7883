/**
 * A host with a week of history, a tick a second: from the click on "24 h" to the chart of it, and from a threshold that is
 * dragged to the back-test of the week. The simulator makes the week up and goes on from there.
 */
import { type ChildProcess, spawn } from 'node:child_process';
import type { Browser, Locator } from 'playwright-core';
import { assert } from '#core/errors.ts';
import { runningSeed } from '#core/simulated/running-seed.ts';
import { benchEnrolmentKey, benchOperatorHeaders, type HubFolder, programFile } from '../hub-process.ts';
import type { ScenarioContext } from '../scenario.ts';
import { simulate } from '../scenario-simulate.ts';
import type { PastPart } from '../scenarios.ts';
import { sleep, withHub } from '../session.ts';
import { latenciesOf } from './figures.ts';
import { type MeasuredPage, openPage } from './measured-page.ts';
import type { PartOutcome } from './part.ts';

const host = 'host_0';
const metric = 'cpu_usage';
const upMsMax = 30_000;
const drawnMsMax = 30_000;
/** Until a page that was opened has its live values, and after an answer until nothing more is drawn of it. */
const settleMs = 1_500;
const dragSteps = 12;

interface Answered {
  /** From what somebody did to the last byte of the answer, and to the frame that shows it. */
  readonly answeredMs: number;
  readonly drawnMs: number;
}

export function measurePast(
  part: PastPart,
  { browser, context }: { readonly browser: Browser; readonly context: ScenarioContext },
): Promise<PartOutcome> {
  return withHub(context, async (session) => {
    const { folder } = session.hub;
    const seed = runningSeed(1, Date.now());
    const plan = { hostCount: 1, days: part.days, perHour: part.perHour, seed };
    const { exitCode } = await simulate(plan, session);
    assert(exitCode === 0, 'the simulator ends well');
    const live = startLive(folder, { ...part, seed });
    try {
      await hostIsUp(folder);
      context.say(`${part.days} days of one host are stored`);
      const charts: Answered[] = [];
      const backtests: Answered[] = [];
      const problems: string[] = [];
      for (let turn = 0; turn < part.runCount; turn += 1) {
        const page = await openPage(browser, { port: folder.port });
        await page.open(`http://127.0.0.1:${folder.port}/dashboard?host=${host}`);
        await sleep(settleMs);
        const day = page.page.getByRole('button', { name: '24 h', exact: true });
        await page.record();
        await day.click();
        charts.push(await answered(page, { path: '/api/v1/query', event: 'click' }));
        problems.push(...page.problems);
        await page.close();
      }
      context.say('The chart of a day is measured');
      for (let turn = 0; turn < part.runCount; turn += 1) {
        const page = await openPage(browser, { port: folder.port });
        await page.page.goto(`http://127.0.0.1:${folder.port}/dashboard?rule=new&on=${host}&metric=${metric}`);
        const line = page.page.getByRole('slider').first();
        await line.waitFor();
        await sleep(settleMs);
        await page.record();
        await drag(line);
        backtests.push(await answered(page, { path: '/backtest', event: 'pointermove' }));
        problems.push(...page.problems);
        await page.close();
      }
      const figures = { ...answeredFigures('day', charts), ...answeredFigures('backtest', backtests) };
      return { figures, problems };
    } finally {
      live.kill('SIGTERM');
    }
  });
}

function answeredFigures(name: string, runs: readonly Answered[]) {
  const drawn = latenciesOf(runs.map(({ drawnMs }) => drawnMs));
  return {
    [`${name}AnsweredMsP50`]: latenciesOf(runs.map(({ answeredMs }) => answeredMs)).p50Ms,
    [`${name}DrawnMsP50`]: drawn.p50Ms,
    [`${name}DrawnMsMax`]: drawn.maxMs,
  };
}

/** From the last such event to the answer of the last such request, and to what is drawn next: waits for it. */
async function answered(
  { page }: MeasuredPage,
  { path, event }: { readonly path: string; readonly event: string },
): Promise<Answered> {
  const untilMs = performance.now() + drawnMsMax;
  while (performance.now() < untilMs) {
    await sleep(settleMs);
    const asked = `benchProbe.answered(${JSON.stringify(path)}, ${JSON.stringify(event)})`;
    const found = (await page.evaluate(asked)) as Answered;
    if (Number.isFinite(found.drawnMs)) return found;
  }
  throw new Error(`Cannot go on: an answer of ${path} must be drawn within ${drawnMsMax} ms`);
}

/** Takes the line by its middle and moves it down by a fifth of the chart, in steps as a hand does. */
async function drag(line: Locator): Promise<void> {
  const box = await line.boundingBox();
  assert(box !== null, 'a line that can be dragged is in sight');
  const { mouse } = line.page();
  const x = box.x + box.width / 2;
  const y = box.y + box.height / 2;
  await mouse.move(x, y);
  await mouse.down();
  for (let step = 1; step <= dragSteps; step += 1) await mouse.move(x, y + step * 2);
  await mouse.up();
}

/** The same host, which ticks on: what is asked for is what is there. */
function startLive(
  { configFile }: HubFolder,
  { days, perHour, seed }: PastPart & { readonly seed: number },
): ChildProcess {
  const plan = { hosts: 1, days, 'per-hour': perHour, seed };
  const flags = Object.entries(plan).flatMap(([name, value]) => [`--${name}`, String(value)]);
  const args = [...flags, '--live', '--yes'];
  return spawn(process.execPath, [programFile(), 'simulate', ...args, '--config', configFile], {
    stdio: ['ignore', 'ignore', 'ignore', 'ipc'],
    env: { ...process.env, PULSEWIRE_ENROLMENT_KEY: benchEnrolmentKey },
  });
}

async function hostIsUp({ port }: HubFolder): Promise<void> {
  const untilMs = performance.now() + upMsMax;
  while (performance.now() < untilMs) {
    const answer = await fetch(`http://127.0.0.1:${port}/fetch/hosts`, { headers: benchOperatorHeaders });
    const hosts = (await answer.json()) as Record<string, { readonly status: string }>;
    if (hosts[host]?.status === 'up') return;
    await sleep(100);
  }
  throw new Error(`Cannot go on: ${host} must be up within ${upMsMax} ms`);
}
