import { describe, expect, test } from 'vitest';
import { dayMs } from '#core/calendar.ts';
import type { Tier } from '#core/tier.ts';
import { coverOf, type DayState, edgeSpans, ownStep, planQuery } from './query-plan.ts';
import type { Resolution } from './query-request.ts';

const minuteMs = 60_000;
const hourMs = 3_600_000;
const points = (pointsMax: number): Resolution => ({ kind: 'points', pointsMax, prefersSamples: false });
const step = (stepMs: number): Resolution => ({ kind: 'step', stepMs });

function plan(
  widthMs: number,
  resolution: Resolution,
  options: { readonly startMs?: number; readonly tierMin?: Tier; readonly rawSamples?: number } = {},
) {
  const startMs = options.startMs ?? 20_000 * dayMs;
  const { tierMin = 'raw', rawSamples = widthMs / 1_000 } = options;
  return planQuery({ startMs, endMs: startMs + widthMs, resolution, tierMin, rawSamples });
}

describe('planQuery()', () => {
  test.each<[string, number, Resolution, Tier, number]>([
    ['five minutes', 5 * minuteMs, points(1_000), 'raw', 301],
    ['a day in 1,000 points, which whole minutes would nearly halve', dayMs, points(1_000), 'raw', 86_487],
    ['a day in 500 points', dayMs, points(500), 'minute', 180_000],
    ['a week', 7 * dayMs, points(1_000), 'minute', 660_000],
    ['30 days', 30 * dayMs, points(1_000), 'minute', 2_640_000],
    ['a year', 365 * dayMs, points(1_000), 'hour', 9 * hourMs],
    ['one point', dayMs, points(1), 'hour', dayMs],
    ['a step of a minute', dayMs, step(minuteMs), 'minute', minuteMs],
    ['a step of 90 s', dayMs, step(90_000), 'raw', 90_000],
    ['a step of 90 minutes', dayMs, step(90 * minuteMs), 'minute', 90 * minuteMs],
    ['a step of three hours', dayMs, step(3 * hourMs), 'hour', 3 * hourMs],
    ['samples', dayMs, { kind: 'raw' }, 'raw', 0],
  ])('gives %s its tier and step', (_, widthMs, resolution, tier, stepMs) => {
    expect(plan(widthMs, resolution)).toMatchObject({ tier, stepMs, isCoarser: false });
  });

  test('leaves the finer tier where it would cost too much or has gone', () => {
    expect(plan(dayMs, points(1_000), { rawSamples: 10e6 })).toMatchObject({
      tier: 'minute',
      stepMs: 120_000,
      isCoarser: true,
    });
    expect(plan(hourMs, points(1_000), { tierMin: 'minute' })).toMatchObject({ tier: 'minute', stepMs: minuteMs });
    expect(plan(dayMs, step(90_000), { tierMin: 'hour' })).toMatchObject({ tier: 'hour', stepMs: hourMs });
  });

  test('has whole hours in the middle, whole minutes around them, and raw at both ends', () => {
    const startMs = 20_000 * dayMs + 90_500;
    const made = plan(3 * hourMs, step(hourMs), { startMs });
    const at = (hours: number, minutes: number) => 20_000 * dayMs + hours * hourMs + minutes * minuteMs;

    expect(made.hours).toEqual({ startMs: at(1, 0), endMs: at(3, 0) });
    expect(edgeSpans(made)).toEqual({
      raw: [
        { startMs, endMs: at(0, 2) },
        { startMs: at(3, 1), endMs: startMs + 3 * hourMs },
      ],
      minute: [
        { startMs: at(0, 2), endMs: at(1, 0) },
        { startMs: at(3, 0), endMs: at(3, 1) },
      ],
    });
  });

  test.each([
    ['less than an hour', 40 * minuteMs],
    ['less than a minute', 30_000],
  ])('has no whole bucket in %s', (_, widthMs) => {
    const made = plan(widthMs, step(hourMs), { startMs: 20_000 * dayMs + 11 * minuteMs + 5 });
    const { raw, minute } = edgeSpans(made);

    expect(made.hours.startMs).toBe(made.hours.endMs);
    const all = [...raw, ...minute].sort((a, b) => a.startMs - b.startMs);
    expect(all[0]!.startMs).toBe(made.startMs);
    for (const [index, span] of all.entries()) expect(span.endMs).toBe(all[index + 1]?.startMs ?? made.endMs);
  });
});

test('ownStep() is whole intervals of a series', () => {
  expect(ownStep({ tier: 'raw', stepMs: 301 }, 1_000)).toBe(1_000);
  expect(ownStep({ tier: 'raw', stepMs: 86_487 }, 10_000)).toBe(90_000);
  expect(ownStep({ tier: 'minute', stepMs: minuteMs }, 1_000)).toBe(minuteMs);
  expect(ownStep({ tier: 'minute', stepMs: minuteMs }, 300_000)).toBe(300_000);
  expect(ownStep({ tier: 'raw', stepMs: 0 }, 1_000)).toBe(0);
});

describe('coverOf()', () => {
  const startMs = 20_000 * dayMs + 90_500;
  const made = planQuery({
    startMs,
    endMs: startMs + 3 * dayMs,
    resolution: step(hourMs),
    tierMin: 'raw',
    rawSamples: 1e9,
  });
  const noFloors = { raw: 0, minute: 0, hour: 0 };
  const states: readonly Omit<DayState, 'day'>[] = [
    { hasMinutes: false, hasHours: false },
    { hasMinutes: true, hasHours: false },
    { hasMinutes: true, hasHours: true },
  ];

  test('has each instant of the span once, whatever is rolled up', () => {
    for (const state of states) {
      const cover = coverOf(made, { day: 20_001, ...state }, noFloors);
      const spans = [...cover.raw, ...cover.minute, ...cover.hour].sort((a, b) => a.startMs - b.startMs);
      expect(spans[0]!.startMs).toBe(made.startMs);
      for (const [index, span] of spans.entries()) expect(span.endMs).toBe(spans[index + 1]?.startMs ?? made.endMs);
    }
  });

  test('asks the coarsest tier that is valid', () => {
    const widths = states.map((state) => {
      const cover = coverOf(made, { day: 20_001, ...state }, noFloors);
      const sum = (tier: Tier) => cover[tier].reduce((all, span) => all + span.endMs - span.startMs, 0);
      return { raw: sum('raw'), minute: sum('minute'), hour: sum('hour') };
    });

    expect(widths).toEqual([
      { raw: 3 * dayMs, minute: 0, hour: 0 },
      { raw: minuteMs, minute: 3 * dayMs - minuteMs, hour: 0 },
      { raw: minuteMs, minute: 59 * minuteMs, hour: 71 * hourMs },
    ]);
  });

  test('takes whole buckets at the edges where finer data has gone', () => {
    const noRaw = coverOf(made, { day: 20_000, hasMinutes: false, hasHours: false }, { ...noFloors, raw: 20_001 });
    expect(noRaw).toEqual({
      raw: [],
      minute: [{ startMs: 20_000 * dayMs + minuteMs, endMs: 20_003 * dayMs + 2 * minuteMs }],
      hour: [],
    });
    const noMinutes = coverOf(
      made,
      { day: 20_000, hasMinutes: true, hasHours: true },
      { hour: 0, raw: 20_010, minute: 20_001 },
    );
    expect(noMinutes).toEqual({
      raw: [],
      minute: [],
      hour: [{ startMs: 20_000 * dayMs, endMs: 20_003 * dayMs + hourMs }],
    });
  });
});
