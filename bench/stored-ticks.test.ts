import { deflateRawSync } from 'node:zlib';
import { describe, expect, test } from 'vitest';
import { BlockEncoder, mapBlockColumns } from '#core/block.ts';
import { columnOf, createDataset } from './dataset.ts';
import type { StoredTick } from './kill-check.ts';
import { contentProblems, unpackBlock } from './stored-ticks.ts';

test('unpackBlock() gives back the columns that were deflated, and those that were not', () => {
  const times = Float64Array.of(1_000, 2_000);
  const values = Float64Array.of(1.5, 2, 3.25, 4);
  const block = new BlockEncoder().encode({ tickCount: 2, columnCount: 2, values, times, intervalMs: 1_000 });
  const packed = mapBlockColumns(block, 2, (column, index) =>
    index === 0 ? column : Buffer.concat([Uint8Array.of(0x20), deflateRawSync(column)]),
  );

  const { data, offsets } = unpackBlock(packed, 2);
  expect(Buffer.compare(data, block.data)).toBe(0);
  expect(Buffer.compare(offsets, block.offsets)).toBe(0);
});

test('unpackBlock() puts the bytes of raw values together again', () => {
  const values = Uint8Array.from({ length: 16 }, (_, index) => index);
  const planes = Uint8Array.from({ length: 16 }, (_, index) => (index % 2) * 8 + Math.floor(index / 2));
  const packed = Buffer.concat([Uint8Array.of(0x21), deflateRawSync(planes)]);
  const head = Uint8Array.of(9);

  const block = { data: Buffer.concat([head, packed]), offsets: Uint8Array.of(1, 0, 1 + packed.byteLength, 0) };
  expect([...unpackBlock(block, 1).data]).toEqual([9, 0x11, ...values]);
});

describe('contentProblems()', () => {
  const dataset = createDataset({ hostCount: 1, metricCount: 5, tickCount: 8 });
  const made = { dataset, host: 0, firstMs: 1_000, intervalMs: 1_000 };
  const stored = (seq: number): StoredTick => {
    return {
      epoch: 'e',
      seq,
      timeMs: seq * 1_000,
      layoutId: 'l',
      column: columnOf(dataset, 0, seq - 1),
      counter: null,
    };
  };

  test('finds none in what was made', async () => {
    expect(await contentProblems([stored(1), stored(2)], made)).toEqual([]);
  });

  test('finds another time and other values', async () => {
    const later = { ...stored(2), timeMs: 2_001 };
    const other = { ...stored(3), column: columnOf(dataset, 0, 5) };

    expect(await contentProblems([later, other], made)).toEqual([
      'host 0, seq 2: time must be 2000: got 2001',
      'host 0, seq 3: other values are stored',
    ]);
  });
});
