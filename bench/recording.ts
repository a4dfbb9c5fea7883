/**
 * An hour of one host, once a second: values of a real host where a folder with a recording is named, else made
 * from a seed in the shape of one.
 *
 * A recording is `names.json`, the keys of the series, and `samples.f64.gz`: gzip of little-endian float64, one row
 * for each tick: epoch ms, then a value for each series (NaN: absent).
 */
import { mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { gunzipSync, gzipSync } from 'node:zlib';
import { ConfigError, DecodeError } from '#core/errors.ts';
import { createRandom, type Dataset } from './dataset.ts';

/** Names the folder of the recording; without it one is made up. */
export const recordingVariable = 'PULSEWIRE_HOST_DATA_FOLDER';

export interface RecordingPlan {
  /** null: made from `madeSeed`. */
  readonly folder: string | null;
  /** Takes one tick of so many: 10 makes of one second's ticks those of ten seconds. */
  readonly everyNth: number;
}

export interface Recording {
  readonly keys: readonly string[];
  readonly tickCount: number;
  /** ms after the first tick, rising. */
  readonly offsetsMs: Float64Array;
  /** values[tick × keys.length + series] */
  readonly values: Float64Array;
}

const madeSeed = 20_261;
const madeTickCount = 3_600;
const madeSeriesCount = 356;

/** The folder that the environment names; null when it names none. Throws ConfigError when it holds no recording. */
export function recordingFolder(env: NodeJS.ProcessEnv): string | null {
  const folder = env[recordingVariable] ?? '';
  if (folder === '') return null;
  try {
    readFileSync(join(folder, 'names.json'));
    return folder;
  } catch {
    throw new ConfigError([`${recordingVariable} must name a folder with names.json: got ${JSON.stringify(folder)}`]);
  }
}

export function readRecording({ folder, everyNth }: RecordingPlan): Recording {
  const whole = folder === null ? makeRecording() : readFolder(folder);
  return everyNth === 1 ? whole : thinned(whole, everyNth);
}

/** The recording as what every agent of a swarm sends, round after round. The memory is shared. */
export function recordedDataset({ keys, tickCount, offsetsMs, values }: Recording): Dataset {
  const bytes = new Uint8Array(values.buffer, values.byteOffset, values.byteLength);
  return { hostCount: 1, metricCount: keys.length, tickCount, keys, offsetsMs, values, bytes, waves: null };
}

/** Writes so many rounds, each `roundMs` after the one before, into a folder that other stores are fed from. */
export function writeRecording(
  folder: string,
  recording: Recording,
  rounds: { readonly count: number; readonly startMs: number; readonly roundMs: number },
): void {
  const { keys, tickCount, offsetsMs, values } = recording;
  const rowLength = keys.length + 1;
  const rows = new Float64Array(rounds.count * tickCount * rowLength);
  for (let row = 0; row < rounds.count * tickCount; row += 1) {
    const tick = row % tickCount;
    rows[row * rowLength] = rounds.startMs + Math.floor(row / tickCount) * rounds.roundMs + offsetsMs[tick]!;
    rows.set(values.subarray(tick * keys.length, (tick + 1) * keys.length), row * rowLength + 1);
  }
  mkdirSync(folder, { recursive: true });
  writeFileSync(join(folder, 'names.json'), JSON.stringify(keys));
  writeFileSync(join(folder, 'samples.f64.gz'), gzipSync(new Uint8Array(rows.buffer), { level: 1 }));
}

function readFolder(folder: string): Recording {
  const keys: unknown = JSON.parse(readFileSync(join(folder, 'names.json'), 'utf8'));
  if (!Array.isArray(keys) || !keys.every((key) => typeof key === 'string'))
    throw new DecodeError(`Cannot read recording: names.json must be a list of keys: got ${JSON.stringify(keys)}`);
  const bytes = gunzipSync(readFileSync(join(folder, 'samples.f64.gz')));
  const rowLength = keys.length + 1;
  const tickCount = bytes.byteLength / 8 / rowLength;
  if (!Number.isInteger(tickCount) || tickCount === 0)
    throw new DecodeError(`Cannot read recording: rows must have ${rowLength} values: got ${tickCount} rows`);
  const rows = new Float64Array(bytes.buffer.slice(bytes.byteOffset, bytes.byteOffset + bytes.byteLength));
  const offsetsMs = new Float64Array(tickCount);
  const values = new Float64Array(tickCount * keys.length);
  for (let tick = 0; tick < tickCount; tick += 1) {
    offsetsMs[tick] = rows[tick * rowLength]! - rows[0]!;
    values.set(rows.subarray(tick * rowLength + 1, (tick + 1) * rowLength), tick * keys.length);
  }
  return { keys, tickCount, offsetsMs, values };
}

function thinned({ keys, tickCount, offsetsMs, values }: Recording, everyNth: number): Recording {
  const ticks = Array.from({ length: Math.floor(tickCount / everyNth) }, (_, index) => index * everyNth);
  const kept = new Float64Array(ticks.length * keys.length);
  for (const [index, tick] of ticks.entries())
    kept.set(values.subarray(tick * keys.length, (tick + 1) * keys.length), index * keys.length);
  return {
    keys,
    tickCount: ticks.length,
    offsetsMs: Float64Array.from(ticks, (tick) => offsetsMs[tick]!),
    values: kept,
  };
}

type Random = () => number;

interface MadeShape {
  readonly name: string;
  /** How many of 356 series are so. */
  readonly count: number;
  /** How often the value changes, 0..1. */
  readonly changeRatio: number;
  readonly first: (random: Random) => number;
  readonly next: (before: number, random: Random) => number;
}

const hundredths = (value: number) => Math.round(value * 100) / 100;
const bytesOf = (random: Random) => Math.floor(random() * 5e5) * 4_096;

/** What series of a Linux host look like, as node_exporter shows them, and how many of each. */
const madeShapes: readonly MadeShape[] = [
  {
    name: 'constant',
    count: 249,
    changeRatio: 0,
    first: (random) => Math.floor(random() ** 4 * 1e10),
    next: (before) => before,
  },
  {
    name: 'events_total',
    count: 9,
    changeRatio: 1,
    first: bytesOf,
    next: (before, random) => before + Math.floor(random() ** 3 * 2e3),
  },
  {
    name: 'seconds_total',
    count: 9,
    changeRatio: 0.7,
    first: () => 150,
    next: (before, random) => hundredths(before + random() ** 4 / 2),
  },
  {
    name: 'waits_seconds_total',
    count: 15,
    changeRatio: 0.1,
    first: () => 40,
    next: (before, random) => Math.round((before + random() / 20) * 1e3) / 1e3,
  },
  {
    name: 'operations_total',
    count: 27,
    changeRatio: 0.06,
    first: bytesOf,
    next: (before, random) => before + Math.floor(random() ** 2 * 500),
  },
  {
    name: 'memory_bytes',
    count: 13,
    changeRatio: 0.9,
    first: bytesOf,
    next: (before, random) => before + Math.floor((random() - 0.5) * 64) * 4_096,
  },
  {
    name: 'pages_bytes',
    count: 17,
    changeRatio: 0.2,
    first: bytesOf,
    next: (before, random) => before + Math.floor((random() - 0.5) * 16) * 4_096,
  },
  { name: 'sockets', count: 14, changeRatio: 0.03, first: () => 15, next: (_, random) => Math.floor(random() * 20) },
  {
    name: 'load',
    count: 3,
    changeRatio: 0.1,
    first: () => 0.5,
    next: (before, random) => hundredths(Math.max(0, before * 0.97 + random() / 20)),
  },
];

/** The hour that is measured where no recording is: the same on each machine. */
export function makeRecording(): Recording {
  const random = createRandom(madeSeed);
  const shapes = madeShapes.flatMap((shape) => Array.from({ length: shape.count }, (_, index) => ({ shape, index })));
  const values = new Float64Array(madeTickCount * madeSeriesCount);
  const offsetsMs = new Float64Array(madeTickCount);
  const state = Float64Array.from(shapes, ({ shape }) => shape.first(random));
  for (let tick = 0; tick < madeTickCount; tick += 1) {
    // A timer of a process that has its share of a busy machine.
    offsetsMs[tick] = tick === 0 ? 0 : tick * 1_000 + Math.floor(random() * 3) - 1;
    for (const [series, { shape }] of shapes.entries()) {
      if (tick > 0 && random() < shape.changeRatio) state[series] = shape.next(state[series]!, random);
    }
    values.set(state, tick * madeSeriesCount);
  }
  const keys = shapes.map(({ shape, index }) => `made_${shape.name}{device="${index}"}`);
  return { keys, tickCount: madeTickCount, offsetsMs, values };
}
