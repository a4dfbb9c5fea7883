/**
 * Builders for tests of rings, viewers and readers: layouts of plain gauges and ticks of numbers.
 */
import { createHash } from 'node:crypto';
import { type Absence, wordsOf, writeAbsence } from '#core/absence.ts';
import type { RingTick } from '#core/ring.ts';
import { createLayout, type Layout } from '#core/series.ts';

export const sha256 = (bytes: Uint8Array) => new Uint8Array(createHash('sha256').update(bytes).digest());

/** A layout of gauges with these keys; `every` of a key where it is not 1. */
export function gauges(
  keys: readonly string[],
  options: { readonly intervalMs?: number; readonly every?: Readonly<Record<string, number>> } = {},
): Layout {
  const series = keys.map((key) => ({ key, unit: '', kind: 'gauge' as const, every: options.every?.[key] ?? 1 }));
  return createLayout({ intervalMs: options.intervalMs ?? 1_000, series }, sha256);
}

/** Bytes of a row; a word stands for an absence. */
export function column(values: readonly (number | Absence)[]): Uint8Array {
  const row = new Float64Array(values.length);
  values.forEach((value, place) => {
    if (typeof value === 'number') row[place] = value;
    else writeAbsence(wordsOf(row), place, value);
  });
  return new Uint8Array(row.buffer);
}

/** Tick `seq` of a stream whose ticks are one interval apart from `startMs` on. */
export function tickOf(
  layout: Layout,
  seq: number,
  values: readonly (number | Absence)[],
  options: { readonly ordinal?: number; readonly timeMs?: number; readonly startMs?: number } = {},
): RingTick {
  const timeMs = options.timeMs ?? (options.startMs ?? 0) + seq * layout.intervalMs;
  return { ordinal: options.ordinal ?? 1, seq, timeMs, layout, column: column(values) };
}
