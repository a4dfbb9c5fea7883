/**
 * The values of a simulated host: what five series read at any instant, as a function of the host and the time alone.
 *
 * A curve is a base, the activity of the week (a table of its local week), a slow wander, rare spikes and noise of each
 * tick; percentages have two decimals and rates are whole bytes, as real agents send them. History and live agents ask
 * the same functions, so one goes on where the other ends. Hot path: about 50 ns a sample.
 */
import { dayMs } from '../calendar.ts';
import type { Series } from '../series.ts';
import type { HostNature, HostRole } from './host-nature.ts';
import { mix, seedOf, triangular, uniformAt, Wander } from './noise.ts';

const percent = { unit: 'percent', kind: 'gauge', every: 1 } as const;
const rate = { unit: 'bytes/s', kind: 'counter', every: 1 } as const;

/** In the order of `HostCurves.fill`. */
export const simulatedSeries: readonly Series[] = [
  { key: 'cpu_usage', ...percent },
  { key: 'memory_usage', ...percent },
  { key: 'disk_usage', ...percent },
  { key: 'network_in', ...rate },
  { key: 'network_out', ...rate },
];

const minuteMs = 60_000;
const hourMs = 60 * minuteMs;
/** 1970-01-01 was a Thursday: a week that begins on Monday began three days before. */
const mondayMs = -3 * dayMs;
const stepMs = 15 * minuteMs;
const stepsPerDay = dayMs / stepMs;
const stepsPerWeek = 7 * stepsPerDay;

/** A role's day as bumps: the hour of the top, the width in hours, the height; and what is left of it at weekends. */
const daysOf: Readonly<
  Record<HostRole, { readonly bumps: readonly [number, number, number][]; readonly weekend: number }>
> = {
  web: {
    bumps: [
      [10.5, 2.2, 1],
      [15, 2.4, 0.9],
    ],
    weekend: 0.35,
  },
  shop: {
    bumps: [
      [12.5, 2, 0.6],
      [20, 2.4, 1],
    ],
    weekend: 1.2,
  },
  database: {
    bumps: [
      [11, 3, 0.8],
      [16, 3, 0.7],
      [2, 0.7, 0.9],
    ],
    weekend: 0.6,
  },
  batch: {
    bumps: [
      [2.5, 1.4, 1],
      [13, 1, 0.3],
    ],
    weekend: 0.8,
  },
  cache: { bumps: [[14, 6, 0.7]], weekend: 0.8 },
};

/** At a restart the caches are empty and fill up in about this long. */
const warmMs = 2 * hourMs;
/** One in so many hours has a spike. */
const spikeOneIn = 40;
const spikeMsMin = 2 * minuteMs;
const spikeMsMax = 14 * minuteMs;

/** Where values go: series by series, `stride` apart, from `first` on. */
export interface CurvePlace {
  readonly first: number;
  readonly count: number;
  readonly stride: number;
  /** Of the run that these ticks belong to. */
  readonly bootMs: number;
}

export class HostCurves {
  readonly #week: Float64Array;
  readonly #zoneMs: number;
  readonly #load: number;
  readonly #noiseSeed: number;
  readonly #spikes: Spikes;
  readonly #disk: DiskFill;
  readonly #slow: Wander;
  readonly #quick: Wander;
  readonly #memoryBase: number;
  readonly #leakPerDay: number;
  readonly #netBytes: number;
  readonly #netRatio: number;

  constructor(nature: HostNature) {
    const { seed } = nature;
    this.#week = weekOf(nature.role);
    this.#zoneMs = nature.zoneMs;
    this.#load = nature.load;
    this.#noiseSeed = seedOf(seed, 'noise');
    this.#spikes = new Spikes(seedOf(seed, 'spikes'));
    this.#disk = new DiskFill(seedOf(seed, 'disk'));
    this.#slow = new Wander(seedOf(seed, 'slow'), 3 * hourMs);
    this.#quick = new Wander(seedOf(seed, 'quick'), 12 * minuteMs);
    this.#memoryBase = 25 + 35 * uniformAt(seed, 11);
    this.#leakPerDay = 1.2 * uniformAt(seed, 12);
    this.#netBytes = 20_000 * 10 ** (2 * uniformAt(seed, 13));
    this.#netRatio = 0.3 + 2.5 * uniformAt(seed, 14);
  }

  /** Writes values[first + series × stride + i] for the ticks times[first + i]. `times` rise and lie in one run of the host. */
  fill(times: Float64Array, values: Float64Array, { first, count, stride, bootMs }: CurvePlace): void {
    const load = this.#load;
    const noiseSeed = this.#noiseSeed;
    for (let index = first; index < first + count; index += 1) {
      const timeMs = times[index]!;
      const activity = this.#activityAt(timeMs);
      const slow = this.#slow.at(timeMs);
      const quick = this.#quick.at(timeMs);
      const spike = this.#spikes.at(timeMs);
      const second = Math.floor(timeMs / 1_000);
      const place = mix(second >>> 0, timeMs - second * 1_000);
      const noise = mix(noiseSeed, place);
      const busy = activity * (1 + 0.2 * slow) + 0.08 * quick;

      const cpu = 4 + 78 * load * busy + 14 * spike + (1 + 4 * busy) * triangular(noise);
      values[index] = hundredths(clamp(cpu, 0.2, 100));

      const upMs = timeMs - bootMs;
      const memory =
        this.#memoryBase * (0.55 + (0.45 * upMs) / (upMs + warmMs)) +
        (this.#leakPerDay * upMs) / dayMs +
        9 * activity +
        2.5 * slow +
        0.08 * triangular(mix(noise, 1));
      values[index + stride] = hundredths(clamp(memory, 3, 97));

      values[index + 2 * stride] = hundredths(this.#disk.at(timeMs));

      const traffic = Math.max(0.02, 0.06 + busy + 0.7 * spike);
      const bytesIn = this.#netBytes * traffic * (1 + 0.25 * triangular(mix(noise, 2)));
      values[index + 3 * stride] = Math.round(bytesIn);
      values[index + 4 * stride] = Math.round(bytesIn * this.#netRatio * (1 + 0.15 * triangular(mix(noise, 3))));
    }
  }

  /** 0..about 1.2: how busy the place is at this hour of its week. */
  #activityAt(timeMs: number): number {
    const localMs = timeMs + this.#zoneMs - mondayMs;
    const at = (localMs / stepMs) % stepsPerWeek;
    const step = Math.floor(at);
    const from = this.#week[step]!;
    return from + (this.#week[step + 1]! - from) * (at - step);
  }
}

/** Activity of a local week from Monday 0:00 in steps of 15 minutes, and once more its first. */
function weekOf(role: HostRole): Float64Array {
  const { bumps, weekend } = daysOf[role];
  const week = new Float64Array(stepsPerWeek + 1);
  for (let step = 0; step <= stepsPerWeek; step += 1) {
    const day = Math.floor(step / stepsPerDay) % 7;
    const hour = ((step % stepsPerDay) * stepMs) / hourMs;
    let activity = 0.06;
    for (const [top, width, height] of bumps) {
      // Around midnight a bump belongs to both days.
      for (const shift of [-24, 0, 24]) activity += height * Math.exp(-(((hour - top + shift) / width) ** 2));
    }
    week[step] = activity * (day >= 5 ? weekend : 1);
  }
  return week;
}

/** Sudden load that dies away: at most one in an hour, seldom any. */
class Spikes {
  readonly #seed: number;
  #hour = Number.NaN;
  #fromMs = 0;
  #forMs = 0;
  #height = 0;

  constructor(seed: number) {
    this.#seed = seed;
  }

  /** 0..3; 0 nearly always. */
  at(timeMs: number): number {
    const hour = Math.floor(timeMs / hourMs);
    if (hour !== this.#hour) this.#draw(hour);
    if (this.#height === 0) return 0;
    const part = (timeMs - this.#fromMs) / this.#forMs;
    return part >= 0 && part < 1 ? this.#height * (1 - part) * (1 - part) : 0;
  }

  #draw(hour: number): void {
    const seed = mix(this.#seed, hour);
    this.#hour = hour;
    this.#height = seed % spikeOneIn === 0 ? 1 + 2 * uniformAt(seed, 1) : 0;
    this.#forMs = spikeMsMin + (spikeMsMax - spikeMsMin) * uniformAt(seed, 2);
    this.#fromMs = hour * hourMs + uniformAt(seed, 3) * (hourMs - this.#forMs);
  }
}

/** A disk that fills for days and is then cleaned up, at another level each time. */
class DiskFill {
  readonly #seed: number;
  readonly #cycleMs: number;
  readonly #low: number;
  readonly #high: number;
  #cycle = Number.NaN;
  #from = 0;
  #to = 0;

  constructor(seed: number) {
    this.#seed = seed;
    this.#cycleMs = (3 + 18 * uniformAt(seed, 1)) * dayMs;
    this.#low = 20 + 30 * uniformAt(seed, 2);
    this.#high = this.#low + 15 + 30 * uniformAt(seed, 3);
  }

  /** Percent. */
  at(timeMs: number): number {
    const at = timeMs / this.#cycleMs;
    const cycle = Math.floor(at);
    if (cycle !== this.#cycle) {
      this.#cycle = cycle;
      this.#from = this.#low + 4 * uniformAt(mix(this.#seed, cycle), 4);
      this.#to = this.#high + 4 * uniformAt(mix(this.#seed, cycle), 5);
    }
    return this.#from + (this.#to - this.#from) * (at - cycle);
  }
}

function clamp(value: number, min: number, max: number): number {
  return Math.min(max, Math.max(min, value));
}

/** Two decimals, as a collector rounds them. */
function hundredths(value: number): number {
  return Math.round(value * 100) / 100;
}
