/**
 * Stored blocks into the series they belong to: which of their ticks count, by the cover of their day, and their
 * columns decoded. Hot path (`bench query`).
 */
import { decodeBlockTimes } from '#core/block.ts';
import { dayOf } from '#core/calendar.ts';
import { bitsOf, decodeColumn } from '#core/column.ts';
import { batchTicksMax } from '#core/limits.ts';
import { type Buckets, sliceBuckets } from '#core/rollup.ts';
import { decodeRollupColumn } from '#core/rollup-column.ts';
import { unpackColumn } from './packed-column.ts';
import type { DayCover } from './query-plan.ts';
import type { Span } from './query-request.ts';
import type { SeriesReading } from './series-reading.ts';
import type { StoredBlock } from './stored-blocks.ts';

/** A raw column of 8,192 ticks is 65,600 bytes; a rollup column is four of 2,048. */
const columnBytesMax = 98_304;

/** Takes what belongs to one series. */
export type BlockReading = Pick<SeriesReading, 'addSamples' | 'addBuckets'>;

export interface BlockPlace {
  readonly readings: ReadonlyMap<number, BlockReading>;
  readonly covers: ReadonlyMap<number, DayCover>;
  readonly span: Span;
}

/** Adds what of a block belongs to the answer. */
export function addBlock(block: StoredBlock, place: BlockPlace): void {
  const times = decodeBlockTimes(block.head);
  if (block.kind === 'batch') addRaw(block, times, { ...place, spans: [place.span] });
  else if (block.kind === 'raw') addRaw(block, times, { ...place, spans: place.covers.get(block.day)?.raw ?? [] });
  else addRollup(block, times, place);
}

/** Columns of batches are short and many: their memory is used again, by their length. */
const scratch: { readonly values: Float64Array; readonly bits: Int32Array }[] = [];

function scratchOf(tickCount: number): { readonly values: Float64Array; readonly bits: Int32Array } {
  if (tickCount > batchTicksMax) return scratchFor(tickCount);
  return (scratch[tickCount] ??= scratchFor(tickCount));
}

function scratchFor(tickCount: number) {
  const values = new Float64Array(tickCount);
  return { values, bits: bitsOf(values) };
}

/** Times of a chunk rise within each of its streams: where they fall the next one begins. */
function addRaw(
  block: StoredBlock,
  times: Float64Array,
  { readings, spans }: Pick<BlockPlace, 'readings'> & { readonly spans: readonly Span[] },
): void {
  const ranges = rangesIn(times, spans);
  if (ranges.length === 0) return;
  const { values, bits } = scratchOf(block.tickCount);
  for (const { number, bytes } of block.columns) {
    decodeColumn(block.kind === 'batch' ? bytes : unpackColumn(bytes, columnBytesMax), values, bits);
    const reading = readings.get(number)!;
    for (const [from, to] of ranges) reading.addSamples({ times, values }, from, to);
  }
}

function addRollup(block: StoredBlock, times: Float64Array, { readings, covers }: BlockPlace): void {
  const ranges =
    block.kind === 'minute' ? rangesIn(times, covers.get(block.day)?.minute ?? []) : hourRanges(times, covers);
  if (ranges.length === 0) return;
  for (const { number, bytes } of block.columns) {
    const columns = decodeRollupColumn(unpackColumn(bytes, columnBytesMax), block.tickCount);
    const buckets: Buckets = { starts: times, ...columns };
    const reading = readings.get(number)!;
    for (const [from, to] of ranges) reading.addBuckets(sliceBuckets(buckets, from, to));
  }
}

/** A month's block is looked at day by day, as each of its days has a cover of its own. */
function hourRanges(times: Float64Array, covers: ReadonlyMap<number, DayCover>): (readonly [number, number])[] {
  const ranges: (readonly [number, number])[] = [];
  for (let from = 0, to = 0; from < times.length; from = to) {
    const day = dayOf(times[from]!);
    while (to < times.length && dayOf(times[to]!) === day) to += 1;
    const found = rangesIn(times.subarray(from, to), covers.get(day)?.hour ?? []);
    for (const [first, end] of found) ranges.push([from + first, from + end]);
  }
  return ranges;
}

/** The places whose times lie in the spans, as runs in which times do not fall. */
function rangesIn(times: Float64Array, spans: readonly Span[]): (readonly [number, number])[] {
  const ranges: (readonly [number, number])[] = [];
  if (spans.length === 0 || times.length === 0) return ranges;
  for (let from = 0, to = 0; from < times.length; from = to) {
    to = from + 1;
    while (to < times.length && times[to]! >= times[to - 1]!) to += 1;
    const run = times.subarray(from, to);
    for (const { startMs, endMs } of spans) {
      const first = from + lowerBound(run, startMs);
      const end = from + lowerBound(run, endMs);
      if (first < end) ranges.push([first, end]);
    }
  }
  return ranges;
}

/** The first place in rising times whose time is at least `atMs`. */
export function lowerBound(times: Float64Array, atMs: number): number {
  let low = 0;
  let high = times.length;
  while (low < high) {
    const middle = (low + high) >> 1;
    if (times[middle]! < atMs) low = middle + 1;
    else high = middle;
  }
  return low;
}
