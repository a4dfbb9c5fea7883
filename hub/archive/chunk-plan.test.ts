import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { dayMs, dayOf } from '#core/calendar.ts';
import { blockTicksMax } from '#core/limits.ts';
import type { Layout } from '#core/series.ts';
import { gauges } from '../testing/ticks.ts';
import { planChunks, type Source } from './chunk-plan.ts';

const layouts = [gauges(['a']), gauges(['a', 'b']), gauges(['a'], { intervalMs: 10_000 })];

function sourceOf(streamId: number, firstSeq: number, times: readonly number[], layout: Layout = layouts[0]!): Source {
  const bytes = new Uint8Array(0);
  const runs = [{ streamId, firstSeq, count: times.length }];
  return { layout, runs, times: Float64Array.from(times), data: bytes, offsets: new Uint32Array(0), isPacked: false };
}

/** `count` ticks a second apart, from an hour before the end of day 0. */
const ticks = (count: number, from = 0) =>
  Array.from({ length: count }, (_, index) => dayMs - 3_600_000 + (from + index) * 1_000);

describe('planChunks()', () => {
  test('divides at midnight and orders by stream and seq, whatever order sources come in', () => {
    const plans = planChunks(
      [sourceOf(2, 1, ticks(10)), sourceOf(1, 3_596, ticks(10, 3_595)), sourceOf(1, 1, ticks(3_595))],
      0,
    );
    expect(
      plans.map(({ day, tickCount, pieces }) => [
        day,
        tickCount,
        pieces.map((piece) => [piece.streamId, piece.firstSeq, piece.count]),
      ]),
    ).toEqual([
      [
        0,
        3_610,
        [
          [1, 1, 3_595],
          [1, 3_596, 5],
          [2, 1, 10],
        ],
      ],
      [1, 5, [[1, 3_601, 5]]],
    ]);
  });

  test('keeps intervals apart', () => {
    const plans = planChunks([sourceOf(1, 1, ticks(2)), sourceOf(1, 3, ticks(2, 2), layouts[2])], 0);
    expect(plans.map(({ intervalMs, tickCount }) => [intervalMs, tickCount])).toEqual([
      [1_000, 2],
      [10_000, 2],
    ]);
  });

  test('gives a host of many series chunks of fewer ticks', () => {
    const wide = gauges(Array.from({ length: 8_000 }, (_, index) => `m${index}`));
    const plans = planChunks([sourceOf(1, 1, ticks(3_000), wide)], 0);
    expect(plans.map(({ tickCount }) => tickCount)).toEqual([1_048, 1_048, 904]);
  });

  test('leaves out days below the floor', () => {
    const plans = planChunks([sourceOf(1, 1, ticks(4_000))], 1);
    expect(plans.map(({ day, tickCount }) => [day, tickCount])).toEqual([[1, 400]]);
    expect(planChunks([sourceOf(1, 1, ticks(10))], 1)).toEqual([]);
  });

  test('puts each tick into exactly one chunk of its own day that is not too large', () => {
    const anySource = fc.record({
      streamId: fc.integer({ min: 1, max: 3 }),
      gap: fc.integer({ min: 0, max: 3 }),
      count: fc.integer({ min: 1, max: 4_000 }),
      layout: fc.constantFrom(...layouts),
      startMs: fc.integer({ min: 0, max: 2 * dayMs }),
    });
    fc.assert(
      fc.property(fc.array(anySource, { maxLength: 12 }), (shapes) => {
        const nextSeq = new Map<number, number>();
        const sources = shapes.map(({ streamId, gap, count, layout, startMs }) => {
          const firstSeq = (nextSeq.get(streamId) ?? 1) + gap;
          nextSeq.set(streamId, firstSeq + count);
          return sourceOf(
            streamId,
            firstSeq,
            Array.from({ length: count }, (_, index) => startMs + index * layout.intervalMs),
            layout,
          );
        });
        const found: string[] = [];
        let isOfItsDay = true;
        for (const { day, intervalMs, tickCount, pieces } of planChunks(sources, 0)) {
          expect(tickCount).toBeLessThanOrEqual(blockTicksMax);
          let before = [0, 0] as [number, number];
          for (const { source, from, count, streamId, firstSeq } of pieces) {
            expect(streamId > before[0] || (streamId === before[0] && firstSeq > before[1])).toBe(true);
            before = [streamId, firstSeq + count - 1];
            expect(source.layout.intervalMs).toBe(intervalMs);
            for (let index = 0; index < count; index += 1) {
              isOfItsDay &&= dayOf(source.times[from + index]!) === day;
              found.push(`${streamId}/${firstSeq + index}/${source.times[from + index]}`);
            }
          }
        }
        const wanted = sources.flatMap(({ runs, times }) =>
          Array.from(times, (time, index) => `${runs[0]!.streamId}/${runs[0]!.firstSeq + index}/${time}`),
        );
        expect(isOfItsDay).toBe(true);
        expect(found.sort().join()).toBe(wanted.sort().join());
      }),
      { seed: 42, numRuns: 20 },
    );
  });
});
