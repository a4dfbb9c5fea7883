/**
 * Ticks of the data set as a `replay` message: the block of `core/block.ts`, deflated as an agent does it.
 */
import { deflateRawSync } from 'node:zlib';
import { BlockEncoder, joinBlock } from '#core/block.ts';
import { replaySamplesMax } from '#core/limits.ts';
import type { Replay } from '#core/message.ts';
import type { Layout } from '#core/series.ts';
import { columnOffset, type Dataset, tickOffsetMs } from '../dataset.ts';
import { writeWaves } from '../waves.ts';

/** Ticks that one replay takes at most; an agent of ours never puts more in one. */
const tickCountMax = 1_024;

export interface ReplayRun {
  readonly dataset: Dataset;
  readonly host: number;
  readonly layout: Layout;
  readonly ordinal: number;
  readonly firstSeq: number;
  readonly count: number;
  /** Time of seq 1. */
  readonly startMs: number;
}

/** How many ticks of so many series one replay may hold. */
export function replayTickCountMax(metricCount: number): number {
  return Math.max(1, Math.min(tickCountMax, Math.floor(replaySamplesMax / metricCount)));
}

/** Encodes replay after replay in the same scratch memory. */
export class ReplayEncoder {
  readonly #encoder = new BlockEncoder();
  #values = new Float64Array(0);
  #times = new Float64Array(0);

  /** The caller owns the result. */
  encode(run: ReplayRun): Replay {
    const { dataset, host, layout, ordinal, firstSeq, count } = run;
    const { metricCount } = dataset;
    const waves = dataset.waves?.get(host);
    if (this.#values.length < count * metricCount) this.#values = new Float64Array(count * metricCount);
    if (this.#times.length < count) this.#times = new Float64Array(count);
    for (let index = 0; index < count; index += 1) {
      const from = columnOffset(dataset, host, firstSeq - 1 + index) / 8;
      this.#values.set(dataset.values.subarray(from, from + metricCount), index * metricCount);
      if (waves !== undefined)
        writeWaves(new DataView(this.#values.buffer, index * metricCount * 8), waves, firstSeq - 1 + index);
      this.#times[index] = run.startMs + tickOffsetMs(dataset, firstSeq - 1 + index, layout.intervalMs);
    }
    const joined = joinBlock(
      this.#encoder.encode({
        tickCount: count,
        columnCount: metricCount,
        values: this.#values.subarray(0, count * metricCount),
        times: this.#times.subarray(0, count),
        intervalMs: layout.intervalMs,
      }),
    );
    return {
      kind: 'replay',
      ordinal,
      firstSeq,
      tickCount: count,
      layoutId: layout.id,
      inflatedBytes: joined.byteLength,
      block: deflateRawSync(joined),
    };
  }
}
