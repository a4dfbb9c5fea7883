/**
 * A host's ring as pages for one viewer: blocks of consecutive ticks of one ordinal and layout, the seq as the
 * first column, deflated.
 */
import { deflateRawSync } from 'node:zlib';
import { BlockEncoder, joinBlock } from '#core/block.ts';
import { replaySamplesMax, snapshotPageBytesMax } from '#core/limits.ts';
import type { Snapshot } from '#core/message.ts';
import type { Ring, RingTick } from '#core/ring.ts';

const encoder = new BlockEncoder();

/** Pages of the ticks from `sinceMs` on; one empty page when there are none. */
export function snapshotPages(hostId: number, ring: Ring, sinceMs: number): Snapshot[] {
  const pages: Omit<Snapshot, 'page' | 'pageCount'>[] = [];
  for (let start = ring.indexSince(sinceMs); start < ring.count; ) {
    const end = runEnd(ring, start);
    pages.push(...pagesOf(hostId, ring, { start, end }));
    start = end;
  }
  if (pages.length === 0) {
    pages.push({
      kind: 'snapshot',
      hostId,
      ordinal: 0,
      layoutId: '0'.repeat(16),
      tickCount: 0,
      block: new Uint8Array(0),
    });
  }
  return pages.map((page, index) => ({ ...page, page: index, pageCount: pages.length }));
}

/** End of the run of ticks that one block can hold. */
function runEnd(ring: Ring, start: number): number {
  const first = ring.at(start);
  const ticksMax = Math.max(1, Math.floor(replaySamplesMax / (first.layout.series.length + 1)));
  let end = start + 1;
  while (end < ring.count && end - start < ticksMax) {
    const tick = ring.at(end);
    if (tick.ordinal !== first.ordinal || tick.layout !== first.layout) break;
    end += 1;
  }
  return end;
}

/** One page, or as many alike as it deflates into: halves, and their halves, would be encoded once more for each page that is doubled. */
function pagesOf(
  hostId: number,
  ring: Ring,
  range: { readonly start: number; readonly end: number },
): Omit<Snapshot, 'page' | 'pageCount'>[] {
  const { start, end } = range;
  const first = ring.at(start);
  const block = encodeRun(ring, range, first);
  if (block.byteLength > snapshotPageBytesMax && end - start > 1) {
    // Smaller blocks deflate a little worse.
    const partCount = Math.max(2, Math.ceil((block.byteLength * 1.1) / snapshotPageBytesMax));
    const ticks = Math.ceil((end - start) / partCount);
    const pages: ReturnType<typeof pagesOf> = [];
    for (let at = start; at < end; at += ticks)
      pages.push(...pagesOf(hostId, ring, { start: at, end: Math.min(end, at + ticks) }));
    return pages;
  }
  return [
    { kind: 'snapshot', hostId, ordinal: first.ordinal, layoutId: first.layout.id, tickCount: end - start, block },
  ];
}

function encodeRun(ring: Ring, range: { readonly start: number; readonly end: number }, first: RingTick): Uint8Array {
  const tickCount = range.end - range.start;
  const columnCount = first.layout.series.length + 1;
  const times = new Float64Array(tickCount);
  const values = new Float64Array(tickCount * columnCount);
  const bytes = new Uint8Array(values.buffer);
  for (let index = 0; index < tickCount; index += 1) {
    const tick = ring.at(range.start + index);
    times[index] = tick.timeMs;
    values[index * columnCount] = tick.seq;
    bytes.set(tick.column, (index * columnCount + 1) * 8);
  }
  const block = encoder.encode({ tickCount, columnCount, times, values, intervalMs: first.layout.intervalMs });
  // Level 1: a page is made while somebody waits, and the block has done most of the work.
  return deflateRawSync(joinBlock(block), { level: 1 });
}
