/**
 * Spooled ticks as the block of a `replay` message. Runs only while a backlog drains, a block at a time.
 */
import { deflateRawSync } from 'node:zlib';
import { BlockEncoder, joinBlock } from '#core/block.ts';
import { assert } from '#core/errors.ts';
import { decodeLayout, type LayoutId } from '#core/series.ts';
import type { LinkPorts } from '#core/stream/agent-link.ts';
import type { TickItem } from '#core/stream/item.ts';

/** Packs ticks of one layout, whose canonical bytes `layoutOf` knows. */
export function createReplayPacker(layoutOf: (id: LayoutId) => Uint8Array | null): LinkPorts['packReplay'] {
  const encoder = new BlockEncoder();
  let known: { readonly id: LayoutId; readonly intervalMs: number } | null = null;

  function intervalOf(id: LayoutId): number {
    if (known?.id === id) return known.intervalMs;
    const bytes = layoutOf(id);
    assert(bytes !== null, `the spool holds ticks of layout ${id} and not the layout`);
    known = { id, intervalMs: decodeLayout(bytes, id).intervalMs };
    return known.intervalMs;
  }

  return (ticks) => {
    const { layoutId, column } = ticks[0]!;
    const columnCount = column.byteLength / 8;
    const values = new Float64Array(ticks.length * columnCount);
    copyColumns(ticks, values);
    const block = joinBlock(
      encoder.encode({
        tickCount: ticks.length,
        columnCount,
        values,
        times: Float64Array.from(ticks, (tick) => tick.timeMs),
        intervalMs: intervalOf(layoutId),
      }),
    );
    return { block: deflateRawSync(block), inflatedBytes: block.byteLength };
  };
}

/** Byte by byte: the columns need not be aligned, and the payloads of their NaNs must stay. */
function copyColumns(ticks: readonly TickItem[], values: Float64Array): void {
  const target = new Uint8Array(values.buffer);
  let at = 0;
  for (const { column } of ticks) {
    target.set(column, at);
    at += column.byteLength;
  }
}
