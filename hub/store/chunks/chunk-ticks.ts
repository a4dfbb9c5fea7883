/**
 * Ticks of raw chunks, for readers that want whole ticks: chosen ones only, column by column, so that memory is bounded
 * by what is chosen and not by the chunk.
 */
import { decodeBlockTimes, decodeOffsets } from '#core/block.ts';
import { bitsOf, decodeColumn } from '#core/column.ts';
import { columnOverheadBytes } from '#core/column-encoder.ts';
import { decodeRuns } from '#core/runs.ts';
import type { LayoutId } from '#core/series.ts';
import { unpackColumn } from '../../archive/packed-column.ts';

export interface ChunkRow {
  readonly ticks: number;
  readonly layout: LayoutId;
  readonly runs: Uint8Array;
  readonly offsets: Uint8Array;
  readonly data: Uint8Array;
}

/** Consecutive ticks of one stream that were chosen. */
export interface ChosenRun {
  readonly streamId: number;
  readonly firstSeq: number;
  /** Place of the first in the chunk. */
  readonly from: number;
  readonly count: number;
}

/** One chunk, of which columns are decoded one after the other. */
export class ChunkReader {
  readonly times: Float64Array;
  readonly #row: ChunkRow;
  readonly #offsets: Uint32Array;
  readonly #column: Float64Array;
  readonly #bits: Int32Array;

  /** Throws DecodeError when the row is damaged. */
  constructor(row: ChunkRow, columnCount: number) {
    this.#row = row;
    this.#offsets = decodeOffsets(row.offsets, columnCount, row.data.byteLength);
    this.times = decodeBlockTimes(row.data.subarray(0, this.#offsets[0]!));
    this.#column = new Float64Array(row.ticks);
    this.#bits = bitsOf(this.#column);
  }

  /** Runs of the chunk's ticks, each as far as `isChosen` answers true for its seqs and times. */
  choose(
    isChosen: (tick: { readonly streamId: number; readonly seq: number; readonly timeMs: number }) => boolean,
  ): ChosenRun[] {
    const chosen: ChosenRun[] = [];
    let at = 0;
    for (const { streamId, firstSeq, count } of decodeRuns(this.#row.runs, this.#row.ticks)) {
      let from = -1;
      for (let index = 0; index <= count; index += 1) {
        const isIn = index < count && isChosen({ streamId, seq: firstSeq + index, timeMs: this.times[at + index]! });
        if (isIn && from < 0) from = index;
        if (isIn || from < 0) continue;
        chosen.push({ streamId, firstSeq: firstSeq + from, from: at + from, count: index - from });
        from = -1;
      }
      at += count;
    }
    return chosen;
  }

  /** The values of one column; valid until the next call. NaNs keep their payload in `bits` (`bitsOf`). */
  column(place: number): { readonly values: Float64Array; readonly bits: Int32Array } {
    const { data, ticks } = this.#row;
    const packed = data.subarray(this.#offsets[place]!, this.#offsets[place + 1]!);
    decodeColumn(unpackColumn(packed, ticks * 8 + columnOverheadBytes), this.#column, this.#bits);
    return { values: this.#column, bits: this.#bits };
  }
}
