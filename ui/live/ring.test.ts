import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { fillAbsence, wordsOf, writeAbsence } from '#core/absence.ts';
import type { Layout } from '#core/series.ts';
import { HostRing, SparkRing, type TickPlace } from './ring.ts';

function layoutOf(id: string, ...keys: string[]): Layout {
  return { id, intervalMs: 1_000, series: keys.map((key) => ({ key, unit: '1', kind: 'gauge', every: 1 })) };
}

const one = layoutOf('one', 'a');

function place(ordinal: number, seq: number, timeMs = seq * 1_000): TickPlace {
  return { ordinal, seq, timeMs };
}

function seen(ring: HostRing, key = 'a'): number[] {
  return [...(ring.column(key)?.subarray(ring.start, ring.end) ?? [])];
}

describe('HostRing', () => {
  test('push() overwrites the oldest tick once full', () => {
    const ring = new HostRing(3);
    for (const seq of [1, 2, 3, 4, 5, 6, 7, 8]) ring.push(place(1, seq), one, Float64Array.of(seq));
    expect(seen(ring)).toEqual([6, 7, 8]);
    expect([...ring.times.subarray(ring.start, ring.end)]).toEqual([6_000, 7_000, 8_000]);
  });

  test('push() tells a tick that it has from one that is too old', () => {
    const ring = new HostRing(2);
    const pushed = [2, 3, 3, 1].map((seq) => ring.push(place(1, seq), one, Float64Array.of(seq)));
    expect(pushed).toEqual(['appended', 'appended', 'known', 'old']);
  });

  test('push() puts a tick of an older stream before those of a newer one, whatever its time', () => {
    const ring = new HostRing(4);
    ring.push(place(2, 1, 5_000), one, Float64Array.of(21));
    expect(ring.push(place(1, 9, 6_000), one, Float64Array.of(19))).toBe('inserted');
    expect(seen(ring)).toEqual([19, 21]);
  });

  test('push() orders a tick without a number by its time', () => {
    const ring = new HostRing(4);
    ring.push(place(1, 1), one, Float64Array.of(1));
    ring.push(place(1, 0, 3_000), one, Float64Array.of(3));
    ring.push(place(1, 2), one, Float64Array.of(2));
    expect(ring.push(place(1, 0, 3_000), one, Float64Array.of(3))).toBe('known');
    expect(seen(ring)).toEqual([1, 2, 3]);
  });

  test('push() repeats the value of a series that is not due, and leaves a hole where it failed or has gone', () => {
    const ring = new HostRing(4);
    ring.push(place(1, 1), one, Float64Array.of(5));
    for (const [index, absence] of (['notDue', 'failed', 'notDue', 'gone'] as const).entries()) {
      const column = new Float64Array(1);
      fillAbsence(column, absence);
      ring.push(place(1, index + 2), one, column);
    }
    expect(seen(ring)).toEqual([5, Number.NaN, Number.NaN, Number.NaN]);
  });

  test('push() follows a new layout: series keep their history, new ones have none', () => {
    const ring = new HostRing(4);
    ring.push(place(1, 1), one, Float64Array.of(1));
    ring.push(place(1, 2), layoutOf('two', 'b', 'a'), Float64Array.of(20, 2));
    expect([seen(ring), seen(ring, 'b')]).toEqual([
      [1, 2],
      [Number.NaN, 20],
    ]);
    expect(ring.layout?.id).toBe('two');
  });

  test('push() lets go of a series that no tick in the ring has', () => {
    const ring = new HostRing(2);
    ring.push(place(1, 1), layoutOf('two', 'b'), Float64Array.of(1));
    for (const seq of [2, 3, 4, 5, 6]) ring.push(place(1, seq), one, Float64Array.of(seq));
    expect(ring.column('b')).toBeNull();
  });

  test('retain() keeps order and values of what stays', () => {
    const ring = new HostRing(4);
    for (const seq of [1, 2, 3, 4]) ring.push(place(seq % 2 === 0 ? 2 : 1, seq), one, Float64Array.of(seq));
    ring.retain(({ ordinal }) => ordinal === 2);
    expect(seen(ring)).toEqual([2, 4]);
  });

  test('any order and repetition of ticks ends in the newest, each once, in order', () => {
    const arrivals = fc.array(fc.tuple(fc.integer({ min: 1, max: 3 }), fc.integer({ min: 1, max: 12 })), {
      maxLength: 60,
    });
    fc.assert(
      fc.property(arrivals, (list) => {
        const ring = new HostRing(64);
        for (const [ordinal, seq] of list) ring.push(place(ordinal, seq), one, Float64Array.of(ordinal * 100 + seq));
        const expected = [...new Set(list.map(([ordinal, seq]) => ordinal * 100 + seq))].sort((a, b) => a - b);
        expect(seen(ring)).toEqual(expected);
      }),
      { seed: 7 },
    );
  });

  test('ticks in order fill a ring of any size like an array that is cut', () => {
    fc.assert(
      fc.property(fc.integer({ min: 1, max: 9 }), fc.integer({ min: 0, max: 40 }), (capacity, count) => {
        const ring = new HostRing(capacity);
        const all = Array.from({ length: count }, (_, index) => index + 1);
        for (const seq of all) ring.push(place(1, seq), one, Float64Array.of(seq));
        expect(seen(ring)).toEqual(all.slice(-capacity));
      }),
      { seed: 8 },
    );
  });

  test('push() reads absences of each series by its own place', () => {
    const ring = new HostRing(2);
    const two = layoutOf('two', 'a', 'b');
    ring.push(place(1, 1), two, Float64Array.of(1, 2));
    const column = Float64Array.of(0, 3);
    writeAbsence(wordsOf(column), 0, 'notDue');
    ring.push(place(1, 2), two, column);
    expect([seen(ring), seen(ring, 'b')]).toEqual([
      [1, 1],
      [2, 3],
    ]);
  });
});

describe('SparkRing', () => {
  test('push() keeps the newest rows and refuses one that it has', () => {
    const ring = new SparkRing(2, 2);
    const source = Float32Array.of(1, 2, 3, 4, 5, 6);
    expect([
      ring.push(1, source, 0),
      ring.push(2, source, 2),
      ring.push(2, source, 4),
      ring.push(3, source, 4),
    ]).toEqual([true, true, false, true]);
    expect([ring.count, ring.newest(0), ring.values[ring.slot(1) * 2]]).toEqual([2, 5, 3]);
  });

  test('push() in any order keeps the newest in the order of their times', () => {
    const times = fc.array(fc.integer({ min: 1, max: 30 }), { maxLength: 60 });
    fc.assert(
      fc.property(times, (pushed) => {
        const ring = new SparkRing(8, 1);
        let model: number[] = [];
        for (const timeMs of pushed) {
          const isNew = !model.includes(timeMs) && (model.length < 8 || timeMs > model[0]!);
          expect(ring.push(timeMs, Float32Array.of(timeMs * 10), 0)).toBe(isNew);
          if (isNew) model = [...model, timeMs].sort((a, b) => a - b).slice(-8);
        }
        const slots = Array.from({ length: ring.count }, (_, age) => ring.slot(ring.count - 1 - age));
        expect(slots.map((slot) => ring.times[slot])).toEqual(model);
        expect(slots.map((slot) => ring.values[slot])).toEqual(model.map((timeMs) => timeMs * 10));
      }),
      { seed: 11, numRuns: 300 },
    );
  });
});
