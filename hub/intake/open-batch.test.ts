import { describe, expect, test } from 'vitest';
import { batchBytesMax, batchTicksMax } from '#core/limits.ts';
import type { Layout } from '#core/series.ts';
import { HubStream } from '#core/stream/hub-stream.ts';
import { Arena } from './arena.ts';
import { OpenBatch } from './open-batch.ts';

function layoutOf(seriesCount: number): Layout {
  const series = Array.from({ length: seriesCount }, (_, index) => ({
    key: `s${index}`,
    unit: '',
    kind: 'gauge' as const,
    every: 1,
  }));
  return { id: `${seriesCount}`.padStart(16, '0'), intervalMs: 1_000, series };
}

const stream = new HubStream({
  id: 4,
  epoch: 'e',
  ordinal: 2,
  storedSeq: 10,
  storedCrc: null,
  gapTicks: 0,
  shiftMs: 500,
  lease: 8,
});

/** Adds ticks `firstSeq`… of a layout; each value is its seq. */
function fill(batch: OpenBatch, layout: Layout, seqs: readonly number[]): void {
  for (const seq of seqs) {
    const column = new Uint8Array(new Float64Array(layout.series.length).fill(seq).buffer);
    batch.add({ seq, timeMs: seq * 1_000, layout, column }, 77);
  }
}

describe('OpenBatch', () => {
  test('seal() copies times and rows into the arena and empties the batch', () => {
    const batch = new OpenBatch();
    const arena = new Arena(0);
    fill(batch, layoutOf(2), [11, 12, 13]);
    batch.seal(stream, 6, arena);
    expect(arena.batches).toEqual([
      {
        kind: 'ticks',
        streamId: 4,
        hostId: 6,
        lease: 8,
        firstSeq: 11,
        lastSeq: 13,
        layoutId: '0000000000000002',
        intervalMs: 1_000,
        tickCount: 3,
        columnCount: 2,
        byteOffset: 0,
        shiftMs: 500,
      },
    ]);
    const doubles = [...new Float64Array(arena.buffer(), 0, 9)];
    expect(doubles).toEqual([11_000, 12_000, 13_000, 11, 11, 12, 12, 13, 13]);
    expect([batch.isEmpty, batch.byteCount]).toEqual([true, 0]);
  });

  test('a batch is used again for another layout', () => {
    const batch = new OpenBatch();
    fill(batch, layoutOf(1), [11, 12]);
    batch.clear();
    fill(batch, layoutOf(5), [20]);
    const rows: unknown[] = [];
    batch.forEach((seq, timeMs, column) => {
      rows.push([seq, timeMs, column.byteLength]);
    });
    expect(rows).toEqual([[20, 20_000, 40]]);
  });

  test('isFull after so many ticks, or so many bytes', () => {
    const small = new OpenBatch();
    const narrow = layoutOf(1);
    for (let seq = 1; !small.isFull; seq += 1) fill(small, narrow, [seq]);
    const large = new OpenBatch();
    const wide = layoutOf(8_000);
    for (let seq = 1; !large.isFull; seq += 1) fill(large, wide, [seq]);
    expect([small.tickCount, large.tickCount]).toEqual([batchTicksMax, Math.floor(batchBytesMax / 64_000)]);
  });

  test('a hole inside a batch is a bug', () => {
    const batch = new OpenBatch();
    const layout = layoutOf(1);
    fill(batch, layout, [11]);
    expect(() => fill(batch, layout, [13])).toThrow('a batch is of one layout and consecutive');
  });

  test('a layout without series makes ticks without bytes', () => {
    const batch = new OpenBatch();
    fill(batch, layoutOf(0), [1, 2]);
    expect([batch.tickCount, batch.byteCount]).toEqual([2, 16]);
  });
});
