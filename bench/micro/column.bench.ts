/**
 * What the storage thread pays to encode a batch, and a reader to decode one: blocks of 64 ticks × 50
 * columns, all of one shape or ten of each of five. Divide by 3,200 for the cost of a sample.
 *
 * vitest turns every use of an imported name into a property read, which makes encoding two to five times
 * slower here than in the bundled hub: compare these figures with each other only.
 */
import { bench, describe } from 'vitest';
import { type Block, BlockEncoder, type BlockInput, decodeBlock } from '#core/block.ts';

const tickCount = 64;
const columnCount = 50;
const blockCount = 32;

type Random = () => number;

/** Park and Miller's "minimal standard" generator: the bench must draw the same values everywhere. */
function createRandom(seed: number): Random {
  let state = seed;
  return () => {
    state = (state * 48_271) % 2_147_483_647;
    return state / 2_147_483_647;
  };
}

/** Each returns a function that gives the next value of one series. */
const shapes = {
  percent: (random: Random) => {
    let value = random() * 100;
    return () => {
      value = Math.min(100, Math.max(0, value + random() * 4 - 2));
      return Math.round(value * 100) / 100;
    };
  },
  counter: (random: Random) => {
    let value = Math.floor(random() * 1e9);
    return () => (value += Math.floor(random() * 1e6));
  },
  'sparse integers': (random: Random) => () => (random() < 0.1 ? Math.floor(random() * 20) : 0),
  constant: (random: Random) => {
    const value = Math.floor(random() * 1e9);
    return () => value;
  },
  noise: (random: Random) => () => random() * 1e4 + random() * 1e-6,
};

function createInputs(names: readonly (keyof typeof shapes)[]): readonly BlockInput[] {
  const random = createRandom(1);
  return Array.from({ length: blockCount }, () => {
    const values = new Float64Array(tickCount * columnCount);
    for (let column = 0; column < columnCount; column += 1) {
      const next = shapes[names[column % names.length]!](random);
      for (let tick = 0; tick < tickCount; tick += 1) values[tick * columnCount + column] = next();
    }
    const times = Float64Array.from({ length: tickCount }, (_, tick) => 1_700_000_000_000 + tick * 1_000);
    return { values, times, intervalMs: 1_000, tickCount, columnCount };
  });
}

const all = Object.keys(shapes) as (keyof typeof shapes)[];
const mixes = [['five shapes', all] as const, ...all.map((name) => [name, [name]] as const)];

for (const [name, names] of mixes) {
  const inputs = createInputs(names);
  const encoder = new BlockEncoder();
  const blocks = inputs.map((input): Block => {
    const { data, offsets } = encoder.encode(input);
    return { data: data.slice(), offsets: offsets.slice() };
  });
  const bytes = blocks.reduce((sum, block) => sum + block.data.length + block.offsets.length, 0);
  const bytesPerSample = (bytes / (blockCount * tickCount * columnCount)).toFixed(2);

  describe(`${name}, ${bytesPerSample} B/sample with the directory`, () => {
    let turn = 0;
    bench('encode block (64 ticks × 50 columns)', () => {
      encoder.encode(inputs[turn % blockCount]!);
      turn += 1;
    });
    bench('decode block (64 ticks × 50 columns)', () => {
      decodeBlock(blocks[turn % blockCount]!, { tickCount, columnCount });
      turn += 1;
    });
  });
}
