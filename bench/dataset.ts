/**
 * The work that every store is given: hosts × metrics × ticks of seeded values, shaped as a host gives them.
 *
 * By the place of a metric, modulo 5: two percentages with two decimals, a byte counter, a whole number that
 * stays for ten ticks on average, a constant with all its digits. The formula, the generator (a linear
 * congruential one) and the order in which it is asked are fixed: the scripts that feed other stores the same
 * work make the same values.
 *
 * Memory is host by host, so that the column of one tick is one run of bytes that can be sent as it is.
 */
import { endianness } from 'node:os';
import { assert } from '#core/errors.ts';
import { type WavesByHost, writeWaves } from './waves.ts';

export interface DatasetShape {
  readonly hostCount: number;
  readonly metricCount: number;
  /** Ticks that are kept; a longer run goes round. */
  readonly tickCount: number;
}

export interface Dataset extends DatasetShape {
  /** Keys of the series, in the order of a column. */
  readonly keys: readonly string[];
  /** When the ticks of a round are due, ms after its first; null: one every interval. */
  readonly offsetsMs: Float64Array | null;
  /** values[(host × tickCount + tick) × metricCount + metric] */
  readonly values: Float64Array;
  /** The same memory: little-endian float64, as columns travel. */
  readonly bytes: Uint8Array;
  /** What is laid over the values, by the ticks of the run, which do not go round. */
  readonly waves: WavesByHost | null;
}

const seed = 12_345;
const kindCount = 5;

/** Makes the values of `shape`: the same at each call, on each machine. */
export function createDataset(shape: DatasetShape): Dataset {
  assert(endianness() === 'LE', 'columns are little-endian, and so must this machine be');
  const { hostCount, metricCount, tickCount } = shape;
  const random = createRandom(seed);
  const states = new Float64Array(hostCount * metricCount);
  for (let index = 0; index < states.length; index += 1) states[index] = random() * 100;

  const values = new Float64Array(states.length * tickCount);
  for (let tick = 0; tick < tickCount; tick += 1) {
    for (let index = 0; index < states.length; index += 1) {
      const metric = index % metricCount;
      const host = (index - metric) / metricCount;
      const state = advance(states[index]!, metric % kindCount, random);
      states[index] = state;
      values[(host * tickCount + tick) * metricCount + metric] =
        metric % kindCount <= 1 ? Math.round(state * 100) / 100 : state;
    }
  }
  const keys = Array.from({ length: metricCount }, (_, metric) => metricName(metric));
  return { ...shape, keys, offsetsMs: null, values, bytes: new Uint8Array(values.buffer), waves: null };
}

/** Place of the column of a tick in `bytes`. `host` and `tick` are from 0 and go round. */
export function columnOffset(dataset: Dataset, host: number, tick: number): number {
  const { hostCount, tickCount, metricCount } = dataset;
  return ((host % hostCount) * tickCount + (tick % tickCount)) * metricCount * 8;
}

/** When a tick is due, ms after tick 0. A round takes as many intervals as it has ticks. */
export function tickOffsetMs(dataset: Dataset, tick: number, intervalMs: number): number {
  const { offsetsMs, tickCount } = dataset;
  if (offsetsMs === null) return tick * intervalMs;
  return Math.floor(tick / tickCount) * tickCount * intervalMs + offsetsMs[tick % tickCount]!;
}

/** The column of a tick: to be read only, as it may be a view. */
export function columnOf(dataset: Dataset, host: number, tick: number): Uint8Array {
  const offset = columnOffset(dataset, host, tick);
  const column = dataset.bytes.subarray(offset, offset + dataset.metricCount * 8);
  const waves = dataset.waves?.get(host);
  if (waves === undefined) return column;
  const copy = column.slice();
  return writeWaves(new DataView(copy.buffer), waves, tick) ? copy : column;
}

/** Name of a metric by its place. */
export function metricName(metric: number): string {
  return `metric_${String(metric).padStart(3, '0')}`;
}

/** Uniform in 0..1 with the constants of "Numerical Recipes", modulo 2^32. */
export function createRandom(start: number): () => number {
  let state = start >>> 0;
  return () => {
    state = (Math.imul(state, 1_664_525) + 1_013_904_223) >>> 0;
    return state / 4_294_967_296;
  };
}

function advance(state: number, kind: number, random: () => number): number {
  switch (kind) {
    case 0:
    case 1:
      return Math.min(100, Math.max(0, state + (random() - 0.5) * 4));
    case 2:
      return state + Math.floor(random() * 1e6);
    case 3:
      return random() < 0.1 ? Math.floor(random() * 1e4) : Math.floor(state);
    default:
      return state;
  }
}
