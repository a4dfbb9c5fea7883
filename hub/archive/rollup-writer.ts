/**
 * Writes the block of a rollup, series by series: whoever makes rollups, from chunks or from values of its own, makes
 * the same bytes.
 */
import { type Block, BlockWriter } from '#core/block.ts';
import { assert } from '#core/errors.ts';
import type { Buckets } from '#core/rollup.ts';
import type { RollupColumns } from '#core/rollup-column.ts';
import { RollupColumnEncoder } from '#core/rollup-column-encoder.ts';
import { bucketMs, type Tier } from '#core/tier.ts';
import { ByteSink } from '#core/varint.ts';
import { packColumn } from './packed-column.ts';

export interface RollupFrame {
  readonly tier: Exclude<Tier, 'raw'>;
  /** Of the buckets that hold anything of any series, rising. */
  readonly starts: Float64Array;
  readonly columnCount: number;
}

export class RollupWriter {
  readonly #columns = new RollupColumnEncoder();
  readonly #writer = new BlockWriter();
  readonly #sink = new ByteSink(16_384);
  #starts: Float64Array = new Float64Array(0);

  /** Begins a block; what came before is forgotten. */
  begin({ tier, starts, columnCount }: RollupFrame): void {
    this.#starts = starts;
    this.#writer.begin({ tickCount: starts.length, columnCount, times: starts, intervalMs: bucketMs[tier] });
  }

  /** Appends the next series, its buckets spread over those of the block; answers how many hold something. */
  append(buckets: Buckets): number {
    this.#sink.length = 0;
    this.#columns.encode(this.#sink, this.#spread(buckets));
    this.#writer.append(packColumn(this.#sink.view()));
    return buckets.starts.length;
  }

  #spread(buckets: Buckets): RollupColumns {
    const starts = this.#starts;
    // Rising, and each among the starts: as many means the same.
    if (buckets.starts.length === starts.length) return buckets;
    const slots = {
      min: new Float64Array(starts.length).fill(Number.NaN),
      max: new Float64Array(starts.length).fill(Number.NaN),
      sum: new Float64Array(starts.length).fill(Number.NaN),
      count: new Float64Array(starts.length),
    };
    let slot = 0;
    for (let index = 0; index < buckets.starts.length; index += 1) {
      while (starts[slot]! < buckets.starts[index]!) slot += 1;
      assert(starts[slot] === buckets.starts[index], 'a bucket has a tick of its block');
      slots.min[slot] = buckets.min[index]!;
      slots.max[slot] = buckets.max[index]!;
      slots.sum[slot] = buckets.sum[index]!;
      slots.count[slot] = buckets.count[index]!;
    }
    return slots;
  }

  /** The caller owns the result. */
  end(): Block {
    const { data, offsets } = this.#writer.end();
    return { data: data.slice(), offsets: offsets.slice() };
  }
}
