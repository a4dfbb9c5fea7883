/**
 * What upkeep pays to roll up a day, and a reader to merge it: one series of 86,400 samples in minutes. Divide by
 * 86,400 for the cost of a sample, by 1,440 for that of a bucket. See `column.bench.ts` on what these figures can be
 * compared with.
 */
import { bench, describe } from 'vitest';
import { mergeBuckets, rollUp } from '#core/rollup.ts';
import { decodeRollupColumn } from '#core/rollup-column.ts';
import { RollupColumnEncoder } from '#core/rollup-column-encoder.ts';
import { ByteSink } from '#core/varint.ts';

const sampleCount = 86_400;
const times = Float64Array.from({ length: sampleCount }, (_, tick) => 1_700_006_400_000 + tick * 1_000);
const shapes = {
  percent: Float64Array.from(times, (_, tick) => Math.round(5_000 + 3_000 * Math.sin(tick * tick)) / 100),
  counter: Float64Array.from(times, (_, tick) => 1e9 + tick * 500 + Math.round(200 * Math.sin(tick * tick))),
  constant: new Float64Array(sampleCount).fill(4_096),
  noise: Float64Array.from(times, (_, tick) => Math.sin(tick * tick)),
};

for (const [name, values] of Object.entries(shapes)) {
  const encoder = new RollupColumnEncoder();
  const sink = new ByteSink(65_536);
  const minutes = rollUp(times, values, 60_000);
  encoder.encode(sink, minutes);
  const bytes = sink.view().slice();

  describe(`${name}, ${(bytes.byteLength / minutes.count.length).toFixed(2)} B/bucket`, () => {
    bench('roll up (86,400 samples in minutes)', () => {
      rollUp(times, values, 60_000);
    });
    bench('merge buckets (1,440 minutes in hours)', () => {
      mergeBuckets([minutes], 3_600_000);
    });
    bench('encode rollup column (1,440 minutes)', () => {
      sink.length = 0;
      encoder.encode(sink, minutes);
    });
    bench('decode rollup column (1,440 minutes)', () => {
      decodeRollupColumn(bytes, minutes.count.length);
    });
  });
}
