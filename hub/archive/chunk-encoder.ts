/**
 * Writes the bytes of chunks, column by column: only one column of doubles is in memory at a time, however many
 * series a host has.
 *
 * Each column is read back and compared bit for bit before it is handed on, and the samples that went in are counted
 * where they come from: what was stored before is deleted for what is made here. Hot path of compaction (`bench compact`).
 */
import { writeAbsence } from '#core/absence.ts';
import { type Block, type BlockFrame, BlockWriter } from '#core/block.ts';
import { bitsOf, decodeColumn } from '#core/column.ts';
import { ColumnEncoder, columnOverheadBytes } from '#core/column-encoder.ts';
import { assert } from '#core/errors.ts';
import { blockTicksMax, seriesPerLayoutMax } from '#core/limits.ts';
import { encodeRuns, joinRuns } from '#core/runs.ts';
import { createLayout, type Layout, type Series, type Sha256 } from '#core/series.ts';
import { unionSeries } from '#core/union-layout.ts';
import { ByteSink } from '#core/varint.ts';
import type { ChunkPlan, Piece, Source } from './chunk-plan.ts';
import { packColumn, unpackColumn } from './packed-column.ts';
import type { TurnTaking } from './turn.ts';

/** A row of the table of chunks. */
export interface ChunkPart extends Block {
  readonly day: number;
  /** Parts of one chunk follow one another and count from 0. */
  readonly part: number;
  readonly tickCount: number;
  readonly sampleCount: number;
  readonly fromMs: number;
  readonly toMs: number;
  readonly layout: Layout;
  /** Encoded. */
  readonly runs: Uint8Array;
}

/** Most bytes of an unpacked column of so many values. */
export function columnBytesMax(tickCount: number): number {
  return tickCount * 8 + columnOverheadBytes;
}

export class ChunkEncoder {
  readonly #sha256: Sha256;
  readonly #encoder = new ColumnEncoder();
  readonly #writer = new BlockWriter();
  readonly #sink = new ByteSink(65_536);
  readonly #values = new Float64Array(blockTicksMax);
  readonly #words = bitsOf(this.#values);
  readonly #scratch = new Float64Array(blockTicksMax);
  readonly #scratchWords = bitsOf(this.#scratch);

  constructor(sha256: Sha256) {
    this.#sha256 = sha256;
  }

  /** The rows of one chunk. The caller owns the result. */
  async encode(plan: ChunkPlan, turn: TurnTaking): Promise<ChunkPart[]> {
    const layouts = [...new Set(plan.pieces.map(({ source }) => source.layout))];
    const union = unionSeries(layouts);
    const placesOf = new Map(layouts.map((layout, index) => [layout, union.places[index]!]));
    const times = timesOf(plan);
    const shape = {
      day: plan.day,
      tickCount: plan.tickCount,
      fromMs: times.reduce((min, time) => Math.min(min, time)),
      toMs: times.reduce((max, time) => Math.max(max, time)),
      runs: encodeRuns(joinRuns(plan.pieces)),
    };
    const parts: ChunkPart[] = [];
    for (let first = 0; first === 0 || first < union.series.length; first += seriesPerLayoutMax) {
      const series = union.series.slice(first, first + seriesPerLayoutMax);
      const layout = this.#layoutOf(layouts, { intervalMs: plan.intervalMs, series });
      const frame = { tickCount: plan.tickCount, columnCount: series.length, times, intervalMs: plan.intervalMs };
      const encoded = await this.#encodeColumns(frame, { pieces: plan.pieces, placesOf, first, turn });
      parts.push({ ...shape, part: parts.length, layout, ...encoded });
    }
    return parts;
  }

  /** Nearly always all ticks of a chunk have one layout, which is the union then. */
  #layoutOf(
    layouts: readonly Layout[],
    shape: { readonly intervalMs: number; readonly series: readonly Series[] },
  ): Layout {
    const [only] = layouts;
    if (layouts.length === 1 && only!.series.length === shape.series.length) return only!;
    return createLayout(shape, this.#sha256);
  }

  async #encodeColumns(
    frame: BlockFrame,
    from: {
      readonly pieces: readonly Piece[];
      readonly placesOf: ReadonlyMap<Layout, Int32Array>;
      readonly first: number;
      readonly turn: TurnTaking;
    },
  ): Promise<Block & { readonly sampleCount: number }> {
    const { tickCount } = frame;
    this.#writer.begin(frame);
    let sampleCount = 0;
    for (let column = 0; column < frame.columnCount; column += 1) {
      const readCount = this.#fill(from.pieces, from.placesOf, from.first + column);
      this.#sink.length = 0;
      const writtenCount = this.#encoder.encode(this.#sink, {
        words: this.#words,
        first: 0,
        stride: 1,
        count: tickCount,
      });
      assert(writtenCount === readCount, 'samples in are samples out');
      this.#readBack(tickCount);
      this.#writer.append(packColumn(this.#sink.view()));
      sampleCount += writtenCount;
      if (from.turn.isOver) await from.turn.yield();
    }
    const { data, offsets } = this.#writer.end();
    return { data: data.slice(), offsets: offsets.slice(), sampleCount };
  }

  /** Fills the column with the values of one series and returns how many are numbers. */
  #fill(pieces: readonly Piece[], placesOf: ReadonlyMap<Layout, Int32Array>, series: number): number {
    let at = 0;
    let sampleCount = 0;
    let decoded: Source | null = null;
    for (const { source, from, count } of pieces) {
      const place = placesOf.get(source.layout)![series]!;
      if (place < 0) for (let tick = at; tick < at + count; tick += 1) writeAbsence(this.#unsigned, tick, 'gone');
      else {
        const { values, words } = this.#scratchOf(source.times.length);
        if (decoded !== source) {
          decodeColumn(columnOf(source, place), values, words);
          decoded = source;
        }
        const isWhole = count === values.length;
        this.#words.set(isWhole ? words : words.subarray(from * 2, (from + count) * 2), at * 2);
      }
      for (let tick = at; tick < at + count; tick += 1) if (!Number.isNaN(this.#values[tick])) sampleCount += 1;
      at += count;
    }
    return sampleCount;
  }

  /**
   * The scratch memory for so many values. Nearly all batches of a host have as many ticks as the one before, and a pair
   * of views made for each column of each of them is a third of what filling costs.
   */
  #scratchOf(count: number): { readonly values: Float64Array; readonly words: Int32Array } {
    if (this.#scratchView.values.length !== count) {
      const words = this.#scratchWords.subarray(0, count * 2);
      this.#scratchView = { values: this.#scratch.subarray(0, count), words };
    }
    return this.#scratchView;
  }

  #scratchView = { values: this.#scratch, words: this.#scratchWords };
  readonly #unsigned = new Uint32Array(this.#values.buffer);

  #readBack(tickCount: number): void {
    const words = this.#scratchWords.subarray(0, tickCount * 2);
    decodeColumn(this.#sink.view(), this.#scratch.subarray(0, tickCount), words);
    let different = 0;
    for (let at = 0; at < words.length; at += 1) different |= words[at]! ^ this.#words[at]!;
    assert(different === 0, 'a column comes back bit for bit');
  }
}

/** The unpacked bytes of the column of a series. */
function columnOf({ data, offsets, isPacked, times }: Source, place: number): Uint8Array {
  const bytes = data.subarray(offsets[place]!, offsets[place + 1]!);
  return isPacked ? unpackColumn(bytes, columnBytesMax(times.length)) : bytes;
}

function timesOf({ pieces, tickCount }: ChunkPlan): Float64Array {
  const times = new Float64Array(tickCount);
  let at = 0;
  for (const { source, from, count } of pieces) {
    times.set(source.times.subarray(from, from + count), at);
    at += count;
  }
  return times;
}
