import { createHash } from 'node:crypto';
import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { absenceAt, wordsOf } from '#core/absence.ts';
import { layoutCleanMsMin, layoutsPerMinuteMax } from '#core/limits.ts';
import { decodeLayout, encodeLayout } from '#core/series.ts';
import type { CollectContext, Collector, Readings, Slot } from './readings.ts';
import { type SampledTick, Sampler, type SamplerOptions, type SamplerPlan } from './sampler.ts';

const sha256 = (bytes: Uint8Array) => createHash('sha256').update(bytes).digest();
const startMs = 1_700_000_000_000;

function collector(name: string, collect: Collector['collect'], everyMs = 0): Collector {
  return { name, everyMs, collect };
}

/** Writes what `values` holds at the time; `null` leaves the slot unwritten. Series are declared when they appear. */
function writer(name: string, values: Record<string, number | null>, everyMs = 0): Collector {
  const slots = new Map<string, Slot>();
  return collector(
    name,
    (readings) => {
      for (const [key, value] of Object.entries(values)) {
        if (!slots.has(key)) slots.set(key, readings.slot(key, { unit: '1' }));
        if (value !== null) readings.set(slots.get(key)!, value);
      }
    },
    everyMs,
  );
}

function samplerOf(collectors: readonly Collector[], options: Partial<SamplerOptions> = {}): Sampler {
  return new Sampler({ collectors, intervalMs: 1_000, seriesMax: 100, sha256, ...options });
}

function tickAt(sampler: Sampler, ms: number): SampledTick {
  return sampler.tick({ tickMs: startMs + ms, nowMonotonicMs: 5_000 + ms });
}

/** A tick as a plain object: number or the reason why there is none, by key. */
function valuesOf({ layout, column }: SampledTick): Record<string, number | string | null> {
  const words = wordsOf(column);
  return Object.fromEntries(layout.series.map(({ key }, index) => [key, absenceAt(words, index) ?? column[index]!]));
}

describe('tick()', () => {
  test('has the values in the order in which the collectors declared them', () => {
    const tick = tickAt(samplerOf([writer('b', { b: 2 }), writer('a', { a: 1, c: 3 })]), 0);
    expect(tick.layout.series.map(({ key }) => key)).toEqual(['b', 'a', 'c']);
    expect([...tick.column]).toEqual([2, 1, 3]);
  });

  test('keeps one layout and one column while nothing changes', () => {
    const sampler = samplerOf([writer('a', { a: 1 })]);
    const first = tickAt(sampler, 0);
    const { layout, column } = first;
    const second = tickAt(sampler, 1_000);
    expect(second.layout).toBe(layout);
    expect(second.column).toBe(column);
    expect(sampler.layoutCount).toBe(1);
  });

  test('has a layout that a hub can decode', () => {
    const { layout } = tickAt(samplerOf([writer('a', { 'a{b="c d"}': 1 }, 10_000)]), 0);
    expect(decodeLayout(encodeLayout(layout), layout.id)).toEqual(layout);
  });

  test('appends series that appear later', () => {
    const values: Record<string, number> = { a: 1 };
    const sampler = samplerOf([writer('one', values), writer('two', { z: 26 })]);
    tickAt(sampler, 0);
    values['b'] = 2;
    expect(valuesOf(tickAt(sampler, 1_000))).toEqual({ a: 1, z: 26, b: 2 });
  });

  test('marks what a collector that ran did not write as failed', () => {
    const values: Record<string, number | null> = { a: 1, b: 2 };
    const sampler = samplerOf([writer('one', values)]);
    tickAt(sampler, 0);
    values['b'] = null;
    expect(valuesOf(tickAt(sampler, 1_000))).toEqual({ a: 1, b: 'failed' });
  });

  test('makes NaN and infinities failed and counts them', () => {
    const sampler = samplerOf([writer('one', { a: Number.NaN, b: Number.POSITIVE_INFINITY, c: -1 })]);
    expect(valuesOf(tickAt(sampler, 0))).toEqual({ a: 'failed', b: 'failed', c: -1 });
    expect(sampler.nonFiniteCount).toBe(2);
  });

  test('gives each collector the time since its own previous run', () => {
    const elapsed: number[] = [];
    const record = (_: Readings, context: CollectContext) => void elapsed.push(context.elapsedMs);
    const sampler = samplerOf([collector('one', record)]);
    for (const ms of [0, 1_003, 3_000]) tickAt(sampler, ms);
    expect(elapsed).toEqual([Number.NaN, 1_003, 1_997]);
  });

  test('has every place written, whatever the collectors do', () => {
    fc.assert(
      fc.property(fc.array(fc.array(fc.integer({ min: 0, max: 5 }), { maxLength: 6 }), { maxLength: 40 }), (script) => {
        const slots = new Map<number, Slot>();
        let actions: readonly number[] = [];
        const random = collector('random', (readings) => {
          for (const [index, action] of actions.entries()) {
            if (!slots.has(index) || action === 0) slots.set(index, readings.slot(`s${index}`, { unit: '1' }));
            if (action === 1) readings.set(slots.get(index)!, 7);
            if (action === 2) readings.end(slots.get(index)!);
            if (action === 3) readings.setAbsent(slots.get(index)!, 'notDue');
            if (action === 4) throw new Error('weather');
          }
        });
        const sampler = samplerOf([random, writer('slow', { slow: 1 }, 3_000)], { seriesMax: 5 });
        for (const [second, next] of script.entries()) {
          actions = next;
          const tick = tickAt(sampler, second * 61_000);
          expect(tick.column.length).toBe(tick.layout.series.length);
          const values = Object.values(valuesOf(tick));
          expect(values.every((value) => typeof value === 'string' || value === 7 || value === 1)).toBe(true);
        }
      }),
      { seed: 20_240_601, numRuns: 200 },
    );
  });
});

describe('a slow collector', () => {
  test('runs at its own interval, and its series are not due in between', () => {
    const sampler = samplerOf([writer('slow', { slow: 5 }, 3_000)]);
    const values = [0, 1, 2, 3, 4, 5, 6].map((second) => valuesOf(tickAt(sampler, second * 1_000))['slow']);
    expect(values).toEqual([5, 'notDue', 'notDue', 5, 'notDue', 'notDue', 5]);
    expect(tickAt(sampler, 7_000).layout.series[0]!.every).toBe(3);
  });

  test('runs with the others in the first tick and apart from them after it', () => {
    const ran: Record<string, number[]> = { a: [], b: [], c: [], d: [] };
    let second = 0;
    const names = Object.keys(ran);
    const sampler = samplerOf(names.map((name) => collector(name, () => void ran[name]!.push(second), 4_000)));
    for (; second < 12; second += 1) tickAt(sampler, second * 1_000);
    expect(ran).toEqual({ a: [0, 4, 8], b: [0, 1, 5, 9], c: [0, 2, 6, 10], d: [0, 3, 7, 11] });
  });

  test('runs late, not never, when its tick was missed', () => {
    let count = 0;
    const sampler = samplerOf([collector('slow', () => void (count += 1), 5_000)]);
    for (const ms of [0, 1_000, 7_000, 8_000, 10_010]) tickAt(sampler, ms);
    expect(count).toBe(3);
  });

  test('that throws has failed series until it runs again', () => {
    let isBroken = false;
    let slot: Slot = -1;
    const slow = collector(
      'slow',
      (readings) => {
        slot = readings.slot('slow', { unit: '1' });
        readings.set(slot, 1);
        if (isBroken) throw new Error('broken');
      },
      2_000,
    );
    const sampler = samplerOf([slow]);
    tickAt(sampler, 0);
    isBroken = true;
    expect([1_000, 2_000, 3_000].map((ms) => valuesOf(tickAt(sampler, ms))['slow'])).toEqual([
      'notDue',
      'failed',
      'notDue',
    ]);
  });
});

describe('a series with an interval of its own', () => {
  test('is not due while its collector runs without writing it', () => {
    let second = 0;
    const script = collector('scripts', (readings) => {
      const slot = readings.slot('rare', { unit: '1', everyMs: 2_000 });
      if (second % 2 === 0) readings.set(slot, second);
    });
    const sampler = samplerOf([script]);
    const values: unknown[] = [];
    for (; second < 4; second += 1) values.push(valuesOf(tickAt(sampler, second * 1_000))['rare']);
    expect(values).toEqual([0, 'notDue', 2, 'notDue']);
    expect(tickAt(sampler, 4_000).layout.series[0]!.every).toBe(2);
  });

  test('can be stated to be not due or failed', () => {
    const states = ['notDue', 'failed'] as const;
    let index = 0;
    const one = collector('one', (readings) => readings.setAbsent(readings.slot('a', { unit: '1' }), states[index]!));
    const sampler = samplerOf([one]);
    const first = valuesOf(tickAt(sampler, 0));
    index = 1;
    expect([first, valuesOf(tickAt(sampler, 1_000))]).toEqual([{ a: 'notDue' }, { a: 'failed' }]);
  });
});

describe('a collector that throws', () => {
  test('fails its own series only, is counted, and is announced once until it works again', () => {
    let isBroken = false;
    const events: string[] = [];
    const broken = collector('broken', (readings) => {
      readings.set(readings.slot('a', { unit: '1' }), 1);
      if (isBroken) throw new Error('weather');
    });
    const sampler = samplerOf([broken, writer('good', { b: 2 })], {
      onFailing: (name, error) => events.push(`${name}: ${(error as Error).message}`),
      onRecovered: (name) => events.push(`${name} works`),
    });
    tickAt(sampler, 0);
    isBroken = true;
    expect(valuesOf(tickAt(sampler, 1_000))).toEqual({ a: 'failed', b: 2 });
    tickAt(sampler, 2_000);
    isBroken = false;
    expect(valuesOf(tickAt(sampler, 3_000))).toEqual({ a: 1, b: 2 });
    expect(events).toEqual(['broken: weather', 'broken works']);
    expect(Object.fromEntries(sampler.failureCounts)).toEqual({ broken: 2, good: 0 });
  });
});

describe('end()', () => {
  /** `values` is written while it holds a number; null ends the series. */
  function device(values: { value: number | null }): Collector {
    let slot: Slot | null = null;
    return collector('device', (readings) => {
      if (values.value === null) {
        if (slot !== null) readings.end(slot);
        slot = null;
      } else {
        slot ??= readings.slot('device', { unit: '1' });
        readings.set(slot, values.value);
      }
    });
  }

  test('makes the series gone from this tick on', () => {
    const state = { value: 1 as number | null };
    const sampler = samplerOf([device(state)]);
    const { layout } = tickAt(sampler, 0);
    state.value = null;
    expect(valuesOf(tickAt(sampler, 1_000))).toEqual({ device: 'gone' });
    expect(valuesOf(tickAt(sampler, 2_000))).toEqual({ device: 'gone' });
    expect(tickAt(sampler, 3_000).layout).toBe(layout);
  });

  test('is undone when the series is declared again', () => {
    const state = { value: 1 as number | null };
    const sampler = samplerOf([device(state)]);
    tickAt(sampler, 0);
    state.value = null;
    tickAt(sampler, 1_000);
    state.value = 3;
    expect(valuesOf(tickAt(sampler, 2_000))).toEqual({ device: 3 });
    expect(sampler.layoutCount).toBe(1);
  });

  test('leaves the layout at the next cleaning, and coming back makes the same layout again', () => {
    const state = { value: 1 as number | null };
    const sampler = samplerOf([writer('a', { a: 1 }), device(state)]);
    const { layout } = tickAt(sampler, 0);
    state.value = null;
    tickAt(sampler, 1_000);
    expect(tickAt(sampler, layoutCleanMsMin - 1_000).layout).toBe(layout);
    expect(valuesOf(tickAt(sampler, layoutCleanMsMin))).toEqual({ a: 1 });
    expect(sampler.seriesCount).toBe(1);
    state.value = 5;
    const tick = tickAt(sampler, layoutCleanMsMin + 1_000);
    expect(tick.layout).toBe(layout);
    expect([...tick.column]).toEqual([1, 5]);
  });

  test('makes the handle useless, even when its place has another series', () => {
    const kept: Slot[] = [];
    let phase = 0;
    const one = collector('one', (readings) => {
      if (phase === 0) kept.push(readings.slot('a', { unit: '1' }));
      if (phase === 1) readings.end(kept[0]!);
      if (phase === 2) kept.push(readings.slot('b', { unit: '1' }));
      if (kept.length === 2) readings.set(kept[1]!, 2);
      readings.set(kept[0]!, 99);
      readings.setAbsent(kept[0]!, 'notDue');
    });
    const sampler = samplerOf([one]);
    tickAt(sampler, 0);
    phase = 1;
    expect(valuesOf(tickAt(sampler, 1_000))).toEqual({ a: 'gone' });
    phase = 2;
    expect(valuesOf(tickAt(sampler, layoutCleanMsMin))).toEqual({ b: 2 });
  });
});

describe('layouts', () => {
  test('are made at most six times a minute: later series wait, and their values are counted', () => {
    const values: Record<string, number> = {};
    const sampler = samplerOf([writer('one', values)]);
    for (let second = 0; second < 9; second += 1) {
      values[`s${second}`] = second;
      tickAt(sampler, second * 1_000);
    }
    expect(sampler.layoutCount).toBe(layoutsPerMinuteMax);
    // s6 waits in 3 ticks, s7 in 2, s8 in 1.
    expect(sampler.valuesDroppedCount).toBe(6);
    expect(Object.keys(valuesOf(tickAt(sampler, 59_999)))).toHaveLength(layoutsPerMinuteMax);
    expect(valuesOf(tickAt(sampler, 60_000))).toEqual({ ...values });
    expect(sampler.layoutCount).toBe(layoutsPerMinuteMax + 1);
  });

  test('change with the interval, and so do the intervals of the series', () => {
    const sampler = samplerOf([writer('slow', { slow: 1 }, 10_000), writer('fast', { fast: 2 })]);
    tickAt(sampler, 0);
    tickAt(sampler, 1_000);
    sampler.changeInterval(5_000);
    const tick = tickAt(sampler, 2_000);
    expect(valuesOf(tick)).toEqual({ slow: 1, fast: 2 });
    expect(tick.layout.intervalMs).toBe(5_000);
    expect(tick.layout.series.map(({ every }) => every)).toEqual([2, 1]);
  });
});

describe('slot()', () => {
  test('refuses series beyond seriesMax, and counts', () => {
    const sampler = samplerOf([writer('one', { a: 1, b: 2, c: 3 })], { seriesMax: 2 });
    expect(valuesOf(tickAt(sampler, 0))).toEqual({ a: 1, b: 2 });
    expect(sampler.seriesRefusedCount).toBe(1);
  });

  test.each([
    ['a key that is not canonical', 'a{z="1",b="2"}', '1'],
    ['a key with a control character', 'a{b="\u0007"}', '1'],
    ['a key that is too long', `a{b="${'x'.repeat(1_100)}"}`, '1'],
    ['a unit that is too long', 'a', 'x'.repeat(40)],
  ])('refuses %s', (_, key, unit) => {
    const slots: Slot[] = [];
    const sampler = samplerOf([collector('one', (readings) => void slots.push(readings.slot(key, { unit })))]);
    tickAt(sampler, 0);
    expect(slots).toEqual([-1]);
    expect(sampler.seriesRefusedCount).toBe(1);
  });

  test('refuses a key that belongs to another collector', () => {
    const sampler = samplerOf([writer('host', { load: 1 }), writer('scripts', { load: 99 })]);
    expect(valuesOf(tickAt(sampler, 0))).toEqual({ load: 1 });
    expect(sampler.seriesRefusedCount).toBe(1);
  });

  test('refuses what would make the layout larger than a message may be', () => {
    const values = Object.fromEntries(
      Array.from({ length: 2_000 }, (_, index) => [`a{b="${index}${'x'.repeat(900)}"}`, 1]),
    );
    const sampler = samplerOf([writer('one', values)], { seriesMax: 4_000 });
    const { layout } = tickAt(sampler, 0);
    expect(encodeLayout(layout).byteLength).toBeLessThanOrEqual(1_024 * 1_024);
    expect(layout.series.length + sampler.seriesRefusedCount).toBe(2_000);
  });

  test('is our bug outside a collector run', () => {
    expect(() => samplerOf([]).slot('a', { unit: '1' })).toThrow(/while a collector runs/);
  });
});

describe('changePlan()', () => {
  const plan = (collectors: SamplerPlan['collectors'], every: Readonly<Record<string, number>> = {}): SamplerPlan => ({
    collectors,
    everyOf: (key) => every[key] ?? null,
  });
  const off = { isOn: false, every: null };
  const seconds = (sampler: Sampler, from: number, to: number) =>
    Array.from({ length: to - from }, (_, at) => valuesOf(tickAt(sampler, (from + at) * 1_000)));

  test('turns a collector off: it does not run, and its series are gone', () => {
    let count = 0;
    const sampler = samplerOf([writer('a', { a: 1 }), writer('b', { b: 2 }), collector('c', () => void (count += 1))]);
    tickAt(sampler, 0);
    sampler.changePlan(plan({ b: off, c: off }));
    expect(seconds(sampler, 1, 3)).toEqual([
      { a: 1, b: 'gone' },
      { a: 1, b: 'gone' },
    ]);
    expect(count).toBe(1);
    expect(sampler.collectors.map(({ name, isOn }) => [name, isOn])).toEqual([
      ['a', true],
      ['b', false],
      ['c', false],
    ]);
  });

  test('turns it on again with the slots that it has, whether its series have left the layout or not', () => {
    const sampler = samplerOf([writer('a', { a: 1 }), writer('b', { b: 2 })]);
    tickAt(sampler, 0);
    sampler.changePlan(plan({ a: off }));
    tickAt(sampler, 1_000);
    sampler.changePlan(plan({}));
    expect(valuesOf(tickAt(sampler, 2_000))).toEqual({ a: 1, b: 2 });
    sampler.changePlan(plan({ a: off }));
    tickAt(sampler, 3_000);
    expect(valuesOf(tickAt(sampler, layoutCleanMsMin + 3_000))).toEqual({ b: 2 });
    sampler.changePlan(plan({}));
    expect(valuesOf(tickAt(sampler, layoutCleanMsMin + 4_000))).toEqual({ b: 2, a: 1 });
  });

  test('lets the series of a collector be gone for a tick before they leave the layout', () => {
    const sampler = samplerOf([writer('a', { a: 1 }), writer('b', { b: 2 })]);
    tickAt(sampler, 0);
    sampler.changePlan(plan({ a: off }));
    expect(valuesOf(tickAt(sampler, 2 * layoutCleanMsMin))).toEqual({ a: 'gone', b: 2 });
  });

  test('gives a collector a pace in ticks, which counts for its series', () => {
    const sampler = samplerOf([writer('a', { a: 1 }), writer('slow', { slow: 2 }, 10_000)]);
    tickAt(sampler, 0);
    sampler.changePlan(plan({ a: { isOn: true, every: 3 }, slow: { isOn: true, every: 1 } }));
    const ticks = seconds(sampler, 1, 8);
    expect(ticks.map(({ a }) => a)).toEqual([1, 'notDue', 'notDue', 1, 'notDue', 'notDue', 1]);
    expect(ticks.every(({ slow }) => slow === 2)).toBe(true);
    expect(tickAt(sampler, 8_000).layout.series.map(({ every }) => every)).toEqual([3, 1]);
  });

  test('gives one series of a collector a value at each so many-th tick, and not due in between', () => {
    const sampler = samplerOf([writer('one', { a: 1, b: 2 })], { plan: plan({}, { a: 4 }) });
    const ticks = seconds(sampler, 0, 9);
    expect(ticks.map(({ a }) => a)).toEqual([1, 'notDue', 'notDue', 'notDue', 1, 'notDue', 'notDue', 'notDue', 1]);
    expect(ticks.every(({ b }) => b === 2)).toBe(true);
    expect(tickAt(sampler, 9_000).layout.series.map(({ every }) => every)).toEqual([4, 1]);
  });

  test('rounds the interval of a series up to a multiple of what its collector has', () => {
    const sampler = samplerOf([writer('slow', { a: 1 }, 3_000)], { plan: plan({}, { a: 4 }) });
    const values = seconds(sampler, 0, 13).map(({ a }) => a === 1);
    expect(values.flatMap((isThere, second) => (isThere ? [second] : []))).toEqual([0, 6, 12]);
    expect(tickAt(sampler, 13_000).layout.series[0]!.every).toBe(6);
  });

  test('says that a thinned series failed only where it was due', () => {
    let isBroken = false;
    const broken = writer('one', { a: 1 });
    const one = collector('one', (readings, context) => {
      broken.collect(readings, context);
      if (isBroken) throw new Error('weather');
    });
    const sampler = samplerOf([one], { plan: plan({}, { a: 3 }) });
    tickAt(sampler, 0);
    isBroken = true;
    expect(seconds(sampler, 1, 3).map(({ a }) => a)).toEqual(['notDue', 'notDue']);
  });

  test('keeps its multiples when the interval changes', () => {
    const sampler = samplerOf([writer('one', { a: 1 })], { plan: plan({}, { a: 2 }) });
    tickAt(sampler, 0);
    sampler.changeInterval(5_000);
    const values = [5, 10, 15, 20].map((second) => valuesOf(tickAt(sampler, second * 1_000))['a']);
    expect(values).toEqual([1, 'notDue', 1, 'notDue']);
  });

  test('makes no other layout for a plan that changes nothing', () => {
    const sampler = samplerOf([writer('a', { a: 1 })]);
    const { layout } = tickAt(sampler, 0);
    sampler.changePlan(plan({ a: { isOn: true, every: null } }));
    expect(tickAt(sampler, 1_000).layout).toBe(layout);
  });
});
