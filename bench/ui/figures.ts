/** Numbers of a page as a result has them. */
import { Latencies, type LatencyFigures } from '../latency.ts';
import type { Figures } from '../scenario.ts';
import type { Busyness } from './measured-page.ts';

export function latenciesOf(timesMs: readonly number[]): LatencyFigures {
  const latencies = new Latencies();
  for (const timeMs of timesMs) latencies.add(timeMs);
  return latencies.figures();
}

/** `<name>P50Ms`, `<name>P99Ms`, `<name>MaxMs` and how many there were. */
export function shortLatencies(name: string, timesMs: readonly number[]): Figures {
  const { p50Ms, p99Ms, maxMs, count } = latenciesOf(timesMs);
  return { [`${name}P50Ms`]: p50Ms, [`${name}P99Ms`]: p99Ms, [`${name}MaxMs`]: maxMs, [`${name}Count`]: count };
}

export function busynessFigures(name: string, { coreRatio, taskRatio, report }: Busyness): Figures {
  const { longTasks } = report;
  return {
    [`${name}CoreRatio`]: coreRatio,
    [`${name}TaskRatio`]: taskRatio,
    [`${name}LongTaskCount`]: longTasks.length,
    [`${name}LongTaskMsMax`]: Math.max(0, ...longTasks),
  };
}

/** How even frames came: mean per second, and the time between two that 99 of 100 stay below. */
export function frameFigures(name: string, frameTimesMs: readonly number[]): Figures {
  const sumMs = frameTimesMs.reduce((sum, ms) => sum + ms, 0);
  const { p50Ms, p99Ms, maxMs } = latenciesOf(frameTimesMs);
  return {
    [`${name}FramesPerSec`]: (frameTimesMs.length / sumMs) * 1_000,
    [`${name}FrameP50Ms`]: p50Ms,
    [`${name}FrameP99Ms`]: p99Ms,
    [`${name}FrameMaxMs`]: maxMs,
  };
}

/** Median of what several runs gave. */
export function medianOf(values: readonly number[]): number {
  const sorted = values.toSorted((a, b) => a - b);
  return sorted[Math.floor(sorted.length / 2)] ?? Number.NaN;
}
