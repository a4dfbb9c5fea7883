import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { Ring, type RingTick } from './ring.ts';
import type { Layout } from './series.ts';

function layoutOf(seriesCount: number): Layout {
  const series = Array.from({ length: seriesCount }, (_, index) => ({
    key: `m${index}`,
    unit: '',
    kind: 'gauge' as const,
    every: 1,
  }));
  return { id: String(seriesCount).padStart(16, '0'), intervalMs: 1_000, series };
}

const layouts = [1, 2, 3].map(layoutOf);

function tick(ordinal: number, seq: number, options: { timeMs?: number; layout?: Layout } = {}): RingTick {
  const layout = options.layout ?? layouts[0]!;
  const values = Float64Array.from({ length: layout.series.length }, (_, index) => ordinal * 1_000 + seq + index / 10);
  return {
    ordinal,
    seq,
    timeMs: options.timeMs ?? ordinal * 100_000 + seq * 1_000,
    layout,
    column: new Uint8Array(values.buffer),
  };
}

function placesOf(ring: Ring): string[] {
  return Array.from({ length: ring.count }, (_, index) => {
    const { ordinal, seq } = ring.at(index);
    return `${ordinal}:${seq}`;
  });
}

describe('Ring', () => {
  test('push() drops the oldest tick once full', () => {
    const ring = new Ring({ windowMs: 1e9, ticksMax: 3 });
    for (const seq of [1, 2, 3, 4]) expect(ring.push(tick(1, seq))).toBe('newest');

    expect(placesOf(ring)).toEqual(['1:2', '1:3', '1:4']);
  });

  test('push() drops ticks older than the window', () => {
    const ring = new Ring({ windowMs: 2_000, ticksMax: 100 });
    for (const seq of [1, 2, 3, 9]) ring.push(tick(1, seq));

    expect(placesOf(ring)).toEqual(['1:9']);
  });

  test('push() puts a replayed tick in its place and recognises it the second time', () => {
    const ring = new Ring({ windowMs: 1e9, ticksMax: 10 });
    ring.push(tick(1, 1));
    ring.push(tick(1, 3));

    expect(ring.push(tick(1, 2))).toBe('inserted');
    expect(ring.push(tick(1, 2))).toBe('duplicate');
    expect(placesOf(ring)).toEqual(['1:1', '1:2', '1:3']);
  });

  test('push() orders by ordinal before time', () => {
    const ring = new Ring({ windowMs: 1e9, ticksMax: 10 });
    ring.push(tick(2, 1, { timeMs: 500 }));
    ring.push(tick(1, 7, { timeMs: 900 }));

    expect(placesOf(ring)).toEqual(['1:7', '2:1']);
  });

  test('push() orders a tick without a seq by time', () => {
    const ring = new Ring({ windowMs: 1e9, ticksMax: 10 });
    ring.push(tick(1, 1, { timeMs: 1_000 }));
    ring.push(tick(1, 0, { timeMs: 2_000 }));

    expect(ring.push(tick(1, 2, { timeMs: 2_000 }))).toBe('duplicate');
    expect(ring.push(tick(1, 3, { timeMs: 3_000 }))).toBe('newest');
    expect(placesOf(ring)).toEqual(['1:1', '1:0', '1:3']);
  });

  test('indexSince() finds the first tick of a span', () => {
    const ring = new Ring({ windowMs: 1e9, ticksMax: 10 });
    for (const seq of [1, 2, 3]) ring.push(tick(1, seq));

    expect([0, 102_000, 102_001, 999_999].map((ms) => ring.indexSince(ms))).toEqual([0, 1, 2, 3]);
  });

  test('resize() to less drops the oldest ticks and gives their memory back', () => {
    const ring = new Ring({ windowMs: 1e9, ticksMax: 1_000 });
    for (let seq = 1; seq <= 1_000; seq += 1) ring.push(tick(1, seq, { layout: layouts[2]! }));
    const before = ring.byteCount;
    ring.resize({ windowMs: 99_500, ticksMax: 500 });

    expect([ring.count, ring.at(0).seq, ring.newest()!.seq]).toEqual([100, 901, 1_000]);
    expect(ring.byteCount).toBeLessThanOrEqual(before / 10);
    expect(ring.push(tick(1, 1_001, { layout: layouts[2]! }))).toBe('newest');
    expect([ring.count, ring.newest()!.seq]).toEqual([100, 1_001]);
  });

  test('resize() to more keeps what is there and grows by use', () => {
    const ring = new Ring({ windowMs: 1e9, ticksMax: 3 });
    for (const seq of [1, 2, 3, 4]) ring.push(tick(1, seq));
    ring.resize({ windowMs: 1e9, ticksMax: 5 });
    for (const seq of [5, 6, 7]) ring.push(tick(1, seq));

    expect(placesOf(ring)).toEqual(['1:3', '1:4', '1:5', '1:6', '1:7']);
  });

  test('any pushes leave the newest distinct places in order, each with its own bytes', () => {
    const arbitrary = fc.array(
      fc.record({ ordinal: fc.integer({ min: 1, max: 3 }), seq: fc.integer({ min: 1, max: 12 }), width: fc.nat(2) }),
      { maxLength: 60 },
    );
    fc.assert(
      fc.property(arbitrary, fc.integer({ min: 1, max: 20 }), (pushes, ticksMax) => {
        const ring = new Ring({ windowMs: 1e12, ticksMax });
        const model: RingTick[] = [];
        for (const { ordinal, seq, width } of pushes) {
          const pushed = tick(ordinal, seq, { layout: layouts[width]! });
          const outcome = ring.push(pushed);
          if (model.some((one) => one.ordinal === ordinal && one.seq === seq)) {
            expect(outcome).toBe('duplicate');
            continue;
          }
          const isBehindAll = model.length > 0 && (model[0]!.ordinal - ordinal || model[0]!.seq - seq) > 0;
          if (isBehindAll && model.length >= ticksMax) {
            expect(outcome).toBe('late');
            continue;
          }
          model.push(pushed);
          model.sort((a, b) => a.ordinal - b.ordinal || a.seq - b.seq);
          if (model.length > ticksMax) model.shift();
        }
        const kept = Array.from({ length: ring.count }, (_, index) => ({
          ...ring.at(index),
          column: Uint8Array.from(ring.at(index).column),
        }));
        expect(kept).toEqual(model.map((one) => ({ ...one, column: Uint8Array.from(one.column) })));
      }),
      { seed: 42 },
    );
  });
});
