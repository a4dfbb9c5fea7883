import { createHash } from 'node:crypto';
import { inflateRawSync } from 'node:zlib';
import { expect, test } from 'vitest';
import { wordsOf, writeAbsence } from '#core/absence.ts';
import { decodeBlock, splitBlock } from '#core/block.ts';
import { createLayout, encodeLayout } from '#core/series.ts';
import type { TickItem } from '#core/stream/item.ts';
import { createReplayPacker } from './replay.ts';

const series = ['a', 'b', 'c'].map((key) => ({ key, unit: '1', kind: 'gauge' as const, every: 1 }));
const layout = createLayout({ intervalMs: 1_000, series }, (bytes) => createHash('sha256').update(bytes).digest());

/** A tick whose column lies as SQLite may hand it out: at an odd address. */
function tickOf(seq: number): TickItem {
  const values = Float64Array.of(seq, seq / 3, 0);
  writeAbsence(wordsOf(values), 2, seq % 2 === 0 ? 'gone' : 'notDue');
  const column = new Uint8Array(values.byteLength + 1).subarray(1);
  column.set(new Uint8Array(values.buffer));
  return { kind: 'tick', seq, timeMs: 1_700_000_000_000 + seq * 1_000, layoutId: layout.id, column };
}

test('packReplay() packs ticks bit for bit, the kinds of "no value" too', () => {
  const ticks = Array.from({ length: 100 }, (_, index) => tickOf(index + 1));
  const pack = createReplayPacker(() => encodeLayout(layout));
  const { block, inflatedBytes } = pack(ticks);
  const inflated = inflateRawSync(block);
  expect(inflated.byteLength).toBe(inflatedBytes);
  const { times, values } = decodeBlock(splitBlock(inflated), { tickCount: 100, columnCount: 3 });
  expect([...times]).toEqual(ticks.map(({ timeMs }) => timeMs));
  expect(Buffer.from(values.buffer, values.byteOffset, values.byteLength)).toEqual(
    Buffer.concat(ticks.map(({ column }) => column)),
  );
});

test('packReplay() fails for a layout that the spool does not have', () => {
  expect(() => createReplayPacker(() => null)([tickOf(1)])).toThrow('and not the layout');
});
