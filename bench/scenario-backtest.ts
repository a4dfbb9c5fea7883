/**
 * `backtest`: how long one rule over a whole fleet takes, from the request to the last byte, in the minute tier and in raw
 * ticks. The past is made up by the built simulator. The answer is checked against buckets read by `/api/v1/query` and
 * judged here, one after the other.
 */

import { postgresVersion } from './database.ts';
import { benchOperatorHeaders } from './hub-process.ts';
import { Latencies } from './latency.ts';
import type { ScenarioContext, ScenarioOutcome } from './scenario.ts';
import { simulate } from './scenario-simulate.ts';
import type { BacktestScenario } from './scenarios.ts';
import { cpuBetween, readCpu, restartHub, type Session, withHub } from './session.ts';

const dayMs = 86_400_000;
const metric = 'cpu_usage';
const threshold = 60;
/** Points that one query gives of a series. */
const queryMinutesMax = 9_000;

interface Answer {
  readonly fired: number;
  readonly hosts: number;
  readonly tier: string;
  readonly samples_read: number;
  readonly series: readonly { readonly host: string; readonly fired: number }[];
}

interface Asked {
  readonly startMs: number;
  readonly endMs: number;
  readonly rawSamples: number;
  /** Seconds. */
  readonly duration: number;
}

export function runBacktest(scenario: BacktestScenario, context: ScenarioContext): Promise<ScenarioOutcome> {
  return withHub(context, async (session) => {
    const { exitCode } = await simulate(scenario, session);
    const endMs = Math.floor(Date.now() / 60_000) * 60_000;
    const minute = { startMs: endMs - scenario.days * dayMs, endMs, rawSamples: 0, duration: 120 };
    const raw = { startMs: endMs - scenario.rawDays * dayMs, endMs, rawSamples: 10_000_000, duration: 120 };
    await restartHub(session);
    const cold = await ask(session, minute);
    const minutes = await measure(session, { asked: minute, scenario });
    const ticks = await measure(session, { asked: raw, scenario });
    context.say(`minutes: ${minutes.p50Ms} ms, raw: ${ticks.p50Ms} ms`);
    const problems = [
      ...(exitCode === 0 ? [] : [`the simulator must end with 0: got ${exitCode}`]),
      ...tierProblems(minutes.answer, 'minute', scenario),
      ...tierProblems(ticks.answer, 'raw', scenario),
      ...(await firedProblems(session, { ...minute, duration: 0 })),
    ];
    return {
      figures: {
        backtestMinuteColdMs: cold.elapsedMs,
        backtestMinuteMsP50: minutes.p50Ms,
        backtestMinuteMsMax: minutes.maxMs,
        backtestMinuteCpuSec: minutes.cpuSec,
        backtestBuckets: minutes.answer.samples_read / 2,
        backtestRawMsP50: ticks.p50Ms,
        backtestRawMsMax: ticks.maxMs,
        backtestRawCpuSec: ticks.cpuSec,
        backtestRawSamples: ticks.answer.samples_read,
        backtestFired: minutes.answer.fired,
      },
      problems,
      postgresVersion: await postgresVersion(session.database.sql),
    };
  });
}

async function measure(
  session: Session,
  { asked, scenario }: { readonly asked: Asked; readonly scenario: BacktestScenario },
) {
  const latencies = new Latencies();
  for (let turn = 0; turn < scenario.warmupCount; turn += 1) await ask(session, asked);
  const before = readCpu(session);
  let answer: Answer | null = null;
  for (let turn = 0; turn < scenario.measureCount; turn += 1) {
    const asking = await ask(session, asked);
    latencies.add(asking.elapsedMs);
    answer = asking.answer;
  }
  const { hubSec, postgresSec } = cpuBetween(before, readCpu(session));
  const { p50Ms, maxMs } = latencies.figures();
  return { answer: answer!, p50Ms, maxMs, cpuSec: (hubSec + postgresSec) / scenario.measureCount };
}

async function ask({ hub }: Session, { startMs, endMs, rawSamples, duration }: Asked) {
  const rule = { metric, condition: 'above', threshold, for: duration, keep_firing: 0 };
  const body = { rule, start: startMs / 1_000, end: endMs / 1_000, raw_samples: rawSamples };
  const fromMs = performance.now();
  const response = await fetch(`http://127.0.0.1:${hub.folder.port}/api/v1/rules/backtest`, {
    method: 'POST',
    headers: { ...benchOperatorHeaders, 'content-type': 'application/json' },
    body: JSON.stringify(body),
  });
  const text = await response.text();
  const elapsedMs = performance.now() - fromMs;
  if (response.status !== 200) throw new Error(`Cannot back-test: the hub must answer: got ${response.status} ${text}`);
  return { elapsedMs, answer: JSON.parse(text) as Answer };
}

function tierProblems({ tier, hosts }: Answer, wanted: string, { hostCount }: BacktestScenario): readonly string[] {
  return [
    ...(tier === wanted ? [] : [`the tier must be ${wanted}: got ${tier}`]),
    ...(hosts === hostCount ? [] : [`hosts must be ${hostCount}: got ${hosts}`]),
  ];
}

/** Counts the firings of a few hosts by the minimum and maximum of their minutes. */
async function firedProblems(session: Session, asked: Asked): Promise<readonly string[]> {
  const { answer } = await ask(session, asked);
  const problems: string[] = [];
  for (const host of ['host_0', 'host_1']) {
    let isFiring = false;
    let fired = 0;
    for (let fromMs = asked.startMs; fromMs < asked.endMs; fromMs += queryMinutesMax * 60_000) {
      const toMs = Math.min(asked.endMs, fromMs + queryMinutesMax * 60_000);
      const span = `start=${fromMs / 1_000}&end=${toMs / 1_000}&step=60`;
      const url = `http://127.0.0.1:${session.hub.folder.port}/api/v1/query?host=${host}&series=${metric}&${span}`;
      const { series } = (await (await fetch(url, { headers: benchOperatorHeaders })).json()) as {
        readonly series: readonly { readonly min: readonly number[]; readonly max: readonly number[] }[];
      };
      const [minutes] = series;
      minutes?.max.forEach((max, index) => {
        if (!isFiring && max > threshold) fired += 1;
        isFiring = (isFiring || max > threshold) && minutes.min[index]! > threshold;
      });
    }
    const said = answer.series.find((one) => one.host === host)?.fired ?? 0;
    if (said !== fired) problems.push(`${host} must have fired ${fired} times: got ${said}`);
  }
  return problems;
}
