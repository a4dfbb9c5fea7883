import { inflateRawSync } from 'node:zlib';
import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { type Absence, wordsOf } from '#core/absence.ts';
import { decodeBlock, splitBlock } from '#core/block.ts';
import { encodeMessage } from '#core/codec.ts';
import { snapshotPageBytesMax } from '#core/limits.ts';
import type { Snapshot } from '#core/message.ts';
import { Ring, type RingTick } from '#core/ring.ts';
import type { Layout } from '#core/series.ts';
import { Registry } from '../registry.ts';
import { hostIdentity } from '../testing/host-identity.ts';
import { gauges, tickOf } from '../testing/ticks.ts';
import { snapshotPages } from './snapshot.ts';

function ringOf(ticks: readonly RingTick[]): Ring {
  const ring = new Ring({ windowMs: 1e12, ticksMax: 10_000 });
  for (const tick of ticks) ring.push(tick);
  return ring;
}

/** What a viewer makes of the pages: every tick with its bytes, as words so that NaN payloads count. */
function rowsOf(pages: readonly Snapshot[], layouts: readonly Layout[]) {
  return pages.flatMap(({ ordinal, layoutId, tickCount, block }) => {
    if (tickCount === 0) return [];
    const columnCount = layouts.find((layout) => layout.id === layoutId)!.series.length + 1;
    const { times, values } = decodeBlock(splitBlock(inflateRawSync(block)), { tickCount, columnCount }, 1e7);
    return Array.from({ length: tickCount }, (_, tick) => {
      const row = values.slice(tick * columnCount + 1, (tick + 1) * columnCount);
      return { ordinal, seq: values[tick * columnCount], timeMs: times[tick], words: Array.from(wordsOf(row)) };
    });
  });
}

function expectedOf(ring: Ring, sinceMs: number) {
  const rows = [];
  for (let index = ring.indexSince(sinceMs); index < ring.count; index += 1) {
    const { ordinal, seq, timeMs, column } = ring.at(index);
    rows.push({ ordinal, seq, timeMs, words: Array.from(wordsOf(new Float64Array(column.slice().buffer))) });
  }
  return rows;
}

const absence = fc.constantFrom<Absence>('notDue', 'gone', 'failed');
const cell = fc.oneof({ weight: 5, arbitrary: fc.double({ noNaN: true }) }, { weight: 1, arbitrary: absence });

describe('snapshotPages()', () => {
  test('of an empty ring are one page without ticks', () => {
    const [page, ...more] = snapshotPages(7, ringOf([]), 0);

    expect(more).toEqual([]);
    expect(page).toMatchObject({ hostId: 7, page: 0, pageCount: 1, tickCount: 0 });
    expect(encodeMessage(page!).byteLength).toBeLessThan(100);
  });

  test('decode back to the ring, whatever layouts, streams and absences it holds', () => {
    const layouts = [gauges(['a']), gauges(['a', 'b']), gauges(['b'], { intervalMs: 10_000 })];
    const arbitrary = fc.array(
      fc.record({ ordinal: fc.integer({ min: 1, max: 2 }), layout: fc.nat(2), values: fc.tuple(cell, cell) }),
      { maxLength: 60 },
    );
    fc.assert(
      fc.property(arbitrary, fc.nat(70), (ticks, from) => {
        const ring = ringOf(
          ticks.map(({ ordinal, layout, values }, index) =>
            tickOf(layouts[layout]!, index + 1, values.slice(0, layouts[layout]!.series.length), {
              ordinal,
              timeMs: 1_000_000 + index * 1_000,
            }),
          ),
        );
        const sinceMs = 1_000_000 + from * 1_000;
        const pages = snapshotPages(1, ring, sinceMs);
        expect(pages.map(({ page, pageCount }) => [page, pageCount])).toEqual(
          pages.map((_, index) => [index, pages.length]),
        );
        expect(rowsOf(pages, layouts)).toEqual(expectedOf(ring, sinceMs));
      }),
      { seed: 20_261_122, numRuns: 150 },
    );
  });

  test('are at most 64 KiB each, of noise too', () => {
    const layout = gauges(Array.from({ length: 600 }, (_, index) => `m${index}`));
    let state = 1;
    const noise = () => {
      state = (Math.imul(state, 1_103_515_245) + 12_345) >>> 0;
      return state / 7 + 1 / (state + 1);
    };
    const ring = ringOf(Array.from({ length: 100 }, (_, index) => tickOf(layout, index + 1, layout.series.map(noise))));
    const pages = snapshotPages(1, ring, 0);

    expect(Math.max(...pages.map((page) => page.block.byteLength))).toBeLessThanOrEqual(snapshotPageBytesMax);
    expect(pages.length).toBeGreaterThan(5);
    expect(rowsOf(pages, [layout])).toEqual(expectedOf(ring, 0));
  });

  test('of a host with an interval of 10 s hold its whole window', () => {
    const registry = new Registry({ ringBytesMax: 1e9, ringWindowMsMax: 300_000 });
    const layout = gauges(['a'], { intervalMs: 10_000 });
    registry.put(hostIdentity(1));
    for (let seq = 1; seq <= 100; seq += 1) registry.push(1, tickOf(layout, seq, [seq]), 0);
    const rows = rowsOf(snapshotPages(1, registry.host(1)!.ring, 1_000_000 - 300_000), [layout]);

    expect(rows.map((row) => row.timeMs)).toEqual(Array.from({ length: 31 }, (_, index) => 700_000 + index * 10_000));
  });
});
