/**
 * Where the time axis has its marks and what stands at them: round times of day, days, months or years of the display
 * zone, as many as have room. Pure, but for the zone.
 */
import { shownOffsetMs } from '../display-zone.ts';
import { formatClock, formatDay } from '../format.ts';
import type { Window } from './chart-data.ts';

const secondMs = 1_000;
const minuteMs = 60 * secondMs;
const hourMs = 60 * minuteMs;
const dayMs = 24 * hourMs;

/** Whole fractions of a day, and days; beyond, months. */
const stepsMs: readonly number[] = [
  ...[1, 2, 5, 10, 15, 30].map((count) => count * secondMs),
  ...[1, 2, 5, 10, 15, 30].map((count) => count * minuteMs),
  ...[1, 2, 3, 6, 12].map((count) => count * hourMs),
  ...[1, 2, 5, 10].map((count) => count * dayMs),
];
const monthSteps = [1, 2, 3, 6, 12, 24, 60, 120];
const monthMs = 30.4 * dayMs;

export type TimeUnit = 'second' | 'minute' | 'day' | 'month' | 'year';

export interface TimeMarks {
  /** Epoch ms, rising, inside the window. */
  readonly times: readonly number[];
  /** The smallest unit that the marks differ in. */
  readonly unit: TimeUnit;
}

/** At most `countMax` marks, and no finer ones than that asks for. */
export function timeMarks({ fromMs, toMs }: Window, countMax: number): TimeMarks {
  const leastMs = (toMs - fromMs) / Math.max(1, countMax);
  const stepMs = stepsMs.find((step) => step >= leastMs);
  if (stepMs === undefined) return monthMarks({ fromMs, toMs }, leastMs);
  if (stepMs > dayMs) return { times: dayMarks({ fromMs, toMs }, stepMs / dayMs), unit: 'day' };
  const times: number[] = [];
  const firstMs = Math.floor((fromMs + shownOffsetMs(fromMs)) / stepMs) * stepMs;
  for (let wallMs = firstMs; ; wallMs += stepMs) {
    const timeMs = instantOf(wallMs);
    if (timeMs > toMs) break;
    // In the hour that the clocks skip or repeat, two walls may be one instant.
    if (timeMs >= fromMs && timeMs > (times.at(-1) ?? Number.NEGATIVE_INFINITY)) times.push(timeMs);
  }
  return { times, unit: stepMs < minuteMs ? 'second' : stepMs < dayMs ? 'minute' : 'day' };
}

/** Every so many days of each month, from its first; the last before the next month is left out where it comes too near. */
function dayMarks({ fromMs, toMs }: Window, everyDays: number): number[] {
  const times: number[] = [];
  const start = new Date(fromMs + shownOffsetMs(fromMs));
  for (let month = 0; ; month += 1) {
    const firstMs = Date.UTC(start.getUTCFullYear(), start.getUTCMonth() + month, 1);
    if (instantOf(firstMs) > toMs) return times;
    const nextMs = Date.UTC(start.getUTCFullYear(), start.getUTCMonth() + month + 1, 1);
    for (let wallMs = firstMs; wallMs + (everyDays * dayMs) / 2 <= nextMs; wallMs += everyDays * dayMs) {
      const timeMs = instantOf(wallMs);
      if (timeMs >= fromMs && timeMs <= toMs) times.push(timeMs);
    }
  }
}

function monthMarks({ fromMs, toMs }: Window, leastMs: number): TimeMarks {
  const every = monthSteps.find((months) => months * monthMs >= leastMs) ?? monthSteps.at(-1)!;
  const times: number[] = [];
  const start = new Date(fromMs + shownOffsetMs(fromMs));
  const first = Math.floor((start.getUTCFullYear() * 12 + start.getUTCMonth()) / every) * every;
  for (let month = first; ; month += every) {
    const timeMs = instantOf(Date.UTC(Math.floor(month / 12), month % 12, 1));
    if (timeMs > toMs) break;
    if (timeMs >= fromMs) times.push(timeMs);
  }
  return { times, unit: every >= 12 ? 'year' : 'month' };
}

/** The instant at which clocks of the display zone show this wall time (as if it were UTC). */
function instantOf(wallMs: number): number {
  const guessMs = wallMs - shownOffsetMs(wallMs);
  return wallMs - shownOffsetMs(guessMs);
}

/** What stands at each mark: the first of a new day or year says so instead of its time. */
export function timeLabels({ times, unit }: TimeMarks): string[] {
  return times.map((timeMs) => labelOf(timeMs, unit));
}

function labelOf(timeMs: number, unit: TimeUnit): string {
  const date = new Date(timeMs + shownOffsetMs(timeMs));
  switch (unit) {
    case 'year':
      return String(date.getUTCFullYear());
    case 'month':
      return date.getUTCMonth() === 0 ? String(date.getUTCFullYear()) : formatDay(timeMs).split(' ')[1]!;
    case 'day':
      return formatDay(timeMs);
    case 'minute':
    case 'second': {
      const clock = formatClock(timeMs);
      if (clock === '00:00:00') return formatDay(timeMs);
      return unit === 'second' ? clock : clock.slice(0, 5);
    }
  }
}

/** The moment under the cursor: with its day where the window is longer than one, without seconds where nobody sees them. */
export function cursorLabel(atMs: number, spanMs: number, stepMs: number): string {
  const clock = formatClock(atMs);
  if (stepMs >= dayMs) return formatDay(atMs);
  const time = stepMs >= minuteMs ? clock.slice(0, 5) : clock;
  return spanMs >= dayMs ? `${formatDay(atMs)}, ${time}` : time;
}
