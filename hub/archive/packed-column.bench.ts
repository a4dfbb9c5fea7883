/**
 * What compaction pays to pack the columns of a chunk, and a reader to unpack them: one column of 3,600 ticks of each
 * shape. Divide by 3,600 for the cost of a sample. It stands here and not in `bench/micro/`, which knows only core.
 */
import { bench, describe } from 'vitest';
import { bitsOf, decodeColumn } from '#core/column.ts';
import { ColumnEncoder } from '#core/column-encoder.ts';
import { ByteSink } from '#core/varint.ts';
import { packColumn, unpackColumn } from './packed-column.ts';

const count = 3_600;

/** Uniform in 0..1; Park and Miller's "minimal standard". */
function createRandom(): () => number {
  let state = 1;
  return () => {
    state = (state * 48_271) % 2_147_483_647;
    return state / 2_147_483_647;
  };
}

const random = createRandom();
let counter = random();
const shapes = {
  percent: () => Math.round(random() * 10_000) / 100,
  'counter from a fraction': () => (counter += Math.floor(random() * 1e6)),
  'mostly zero': () => (random() < 0.1 ? Math.floor(random() * 20) : 0),
  noise: () => random() + random() * 1e-9,
};

for (const [name, next] of Object.entries(shapes)) {
  const values = Float64Array.from({ length: count }, next);
  const sink = new ByteSink(count * 8 + 64);
  new ColumnEncoder().encode(sink, { words: bitsOf(values), first: 0, stride: 1, count });
  const column = sink.view().slice();
  const packed = packColumn(column);
  const target = new Float64Array(count);
  const words = bitsOf(target);

  describe(`${name}, ${(column.length / count).toFixed(2)} B/sample, packed ${(packed.length / count).toFixed(2)}`, () => {
    bench('pack column (3,600 ticks)', () => {
      packColumn(column);
    });
    bench('unpack and decode column (3,600 ticks)', () => {
      decodeColumn(unpackColumn(packed, count * 8 + 64), target, words);
    });
  });
}
