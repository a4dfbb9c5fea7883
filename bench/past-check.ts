/**
 * Compares what is stored of simulated agents, in all tiers, with what they sent: each tick that is kept once and bit by
 * bit, each rollup with a recomputation that shares no code with the hub's.
 */
import { decodeBlockTimes, decodeOffsets } from '#core/block.ts';
import { decodeRollupColumn } from '#core/rollup-column.ts';
import type { Layout } from '#core/series.ts';
import type { Sql } from './database.ts';
import { columnOf, type Dataset, tickOffsetMs } from './dataset.ts';
import { readLayouts, storedTicks, unpackColumn } from './stored-ticks.ts';
import { createSwarmDataset, type SwarmPlan, type SwarmStream } from './swarm/swarm.ts';

export interface PastVerdict {
  /** Of days that raw keeps: sent and neither stored nor in a gap; stored more than once; stored and never sent, or otherwise. */
  readonly lostTicks: number;
  readonly repeatedTicks: number;
  readonly phantomTicks: number;
  readonly storedTicks: number;
  readonly gapTicks: number;
  /** Days of hosts whose raw data has gone, by age. */
  readonly droppedDays: number;
  readonly checkedMinutes: number;
  readonly checkedHours: number;
  readonly wrongBuckets: number;
  readonly problems: readonly string[];
}

type CheckPlan = Pick<SwarmPlan, 'agentCount' | 'metricCount' | 'tickCount' | 'intervalMs'>;

const dayMs = 86_400_000;
const problemsMax = 10;
const tiers = [
  { tier: 1, stepMs: 60_000, name: 'minutes' },
  { tier: 2, stepMs: 3_600_000, name: 'hours' },
] as const;

export async function judgePast(
  sql: Sql,
  of: { readonly streams: readonly SwarmStream[]; readonly plan: CheckPlan },
): Promise<PastVerdict> {
  const dataset = createSwarmDataset(of.plan);
  const [floor] = await sql<{ day: number }[]>`select day from floor where tier = 0`;
  const rawFloor = floor?.day ?? 0;
  const layouts = await readLayouts(sql);
  const sum = { lost: 0, repeated: 0, phantom: 0, stored: 0, gaps: 0, dropped: 0, minutes: 0, hours: 0, wrong: 0 };
  const problems: string[] = [];
  const note = (text: string) => {
    if (problems.length < problemsMax) problems.push(text);
  };
  for (const stream of of.streams) {
    const { producedSeq, hostName } = stream;
    const timeOf = (seq: number) => stream.firstMs + tickOffsetMs(dataset, seq - 1, of.plan.intervalMs);
    const seen = new Uint8Array(producedSeq + 1);
    for await (const { epoch, seq, timeMs, column } of storedTicks(sql, { hostName })) {
      sum.stored += 1;
      const isSame =
        epoch === stream.epoch &&
        seq <= producedSeq &&
        timeMs === timeOf(seq) &&
        Buffer.compare(column, columnOf(dataset, stream.host, seq - 1)) === 0;
      if (!isSame) {
        sum.phantom += 1;
        note(`${hostName}: seq ${seq} must be as it was sent`);
      } else if (seen[seq] === 1) {
        sum.repeated += 1;
        note(`${hostName}: seq ${seq} must be stored once`);
      } else seen[seq] = 1;
    }
    const gaps = await sql<{ first_seq: string; last_seq: string }[]>`
      select g.first_seq, g.last_seq from gap g join stream s on s.id = g.stream where encode(s.epoch, 'hex') = ${stream.epoch}`;
    const isGap = new Uint8Array(producedSeq + 1);
    for (const { first_seq, last_seq } of gaps) {
      isGap.fill(1, Number(first_seq), Number(last_seq) + 1);
      sum.gaps += Number(last_seq) - Number(first_seq) + 1;
    }
    const droppedDays = new Set<number>();
    const kept: number[] = [];
    for (let seq = 1; seq <= producedSeq; seq += 1) {
      const day = Math.floor(timeOf(seq) / dayMs);
      if (isGap[seq] === 1) {
        if (seen[seq] === 1) note(`${hostName}: seq ${seq} must not be both stored and in a gap`);
        continue;
      }
      kept.push(seq);
      if (day < rawFloor) droppedDays.add(day);
      else if (seen[seq] === 0) {
        sum.lost += 1;
        note(`${hostName}: seq ${seq} must be stored`);
      }
    }
    sum.dropped += droppedDays.size;
    const rolled = await readRolledDays(sql, hostName);
    for (const { tier, stepMs, name } of tiers) {
      const days = rolled[name];
      const wanted = recompute(kept, { dataset, host: stream.host, timeOf, stepMs, days });
      const found = await readRollup(sql, { hostName, tier, layouts, days });
      const wrong = countWrong(found, wanted);
      sum.wrong += wrong;
      sum[name] += wanted.size;
      if (wrong > 0) note(`${hostName}: ${name} must equal recomputation: got ${wrong} of ${wanted.size} that do not`);
    }
  }
  return {
    lostTicks: sum.lost,
    repeatedTicks: sum.repeated,
    phantomTicks: sum.phantom,
    storedTicks: sum.stored,
    gapTicks: sum.gaps,
    droppedDays: sum.dropped,
    checkedMinutes: sum.minutes,
    checkedHours: sum.hours,
    wrongBuckets: sum.wrong,
    problems,
  };
}

interface Bucket {
  min: number;
  max: number;
  sum: number;
  count: number;
}

/** Buckets by `series@start` of the days given. */
function recompute(
  seqs: readonly number[],
  of: {
    readonly dataset: Dataset;
    readonly host: number;
    readonly timeOf: (seq: number) => number;
    readonly stepMs: number;
    readonly days: ReadonlySet<number>;
  },
): Map<string, Bucket> {
  const buckets = new Map<string, Bucket>();
  for (const seq of seqs) {
    const timeMs = of.timeOf(seq);
    if (!of.days.has(Math.floor(timeMs / dayMs))) continue;
    const startMs = timeMs - (timeMs % of.stepMs);
    const bytes = columnOf(of.dataset, of.host, seq - 1);
    const values = new Float64Array(bytes.slice().buffer);
    for (const [place, value] of values.entries()) {
      if (Number.isNaN(value)) continue;
      const name = `${of.dataset.keys[place]}@${startMs}`;
      const bucket = buckets.get(name);
      if (bucket === undefined) buckets.set(name, { min: value, max: value, sum: value, count: 1 });
      else {
        bucket.min = Math.min(bucket.min, value);
        bucket.max = Math.max(bucket.max, value);
        bucket.sum += value;
        bucket.count += 1;
      }
    }
  }
  return buckets;
}

/** Days whose minutes, and whose hours, are valid. */
async function readRolledDays(
  sql: Sql,
  hostName: string,
): Promise<{ readonly minutes: ReadonlySet<number>; readonly hours: ReadonlySet<number> }> {
  const rows = await sql<{ day: number; minutes: boolean; hours: boolean }[]>`
    select d.day, d.rolled_minute = d.version as minutes, d.rolled_hour = d.version as hours
    from day d join host h on h.id = d.host where h.name = ${hostName}`;
  return {
    minutes: new Set(rows.filter(({ minutes }) => minutes).map(({ day }) => day)),
    hours: new Set(rows.filter(({ hours }) => hours).map(({ day }) => day)),
  };
}

async function readRollup(
  sql: Sql,
  of: {
    readonly hostName: string;
    readonly tier: number;
    readonly layouts: ReadonlyMap<string, Layout>;
    readonly days: ReadonlySet<number>;
  },
): Promise<Map<string, Bucket>> {
  const buckets = new Map<string, Bucket>();
  const rows = await sql<{ layout: string; offsets: Buffer; data: Buffer }[]>`
    select encode(c.layout, 'hex') as layout, c.offsets, c.data
    from chunk c join host h on h.id = c.host where h.name = ${of.hostName} and c.tier = ${of.tier} order by c.day, c.id, c.part`;
  for (const { layout, offsets: directory, data } of rows) {
    const { series } = of.layouts.get(layout)!;
    const offsets = decodeOffsets(directory, series.length, data.byteLength);
    const times = decodeBlockTimes(data.subarray(0, offsets[0]!));
    for (const [place, { key }] of series.entries()) {
      const column = unpackColumn(data.subarray(offsets[place]!, offsets[place + 1]!));
      const { min, max, sum, count } = decodeRollupColumn(column, times.length);
      for (const [index, startMs] of times.entries()) {
        if (count[index] === 0 || !of.days.has(Math.floor(startMs / dayMs))) continue;
        const name = `${key}@${startMs}`;
        const isTwice = buckets.has(name);
        buckets.set(isTwice ? `${name} again` : name, {
          min: min[index]!,
          max: max[index]!,
          sum: sum[index]!,
          count: count[index]!,
        });
      }
    }
  }
  return buckets;
}

function countWrong(found: ReadonlyMap<string, Bucket>, wanted: ReadonlyMap<string, Bucket>): number {
  let wrong = 0;
  for (const [name, { min, max, sum, count }] of wanted) {
    const own = found.get(name);
    const sumMargin = 1e-12 * Math.max(Math.abs(sum), Math.abs(min), Math.abs(max));
    const isSame =
      own !== undefined &&
      own.min === min &&
      own.max === max &&
      own.count === count &&
      Math.abs(own.sum - sum) <= sumMargin;
    if (!isSame) wrong += 1;
  }
  for (const name of found.keys()) if (!wanted.has(name)) wrong += 1;
  return wrong;
}
