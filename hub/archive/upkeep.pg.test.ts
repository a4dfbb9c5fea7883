import { describe, expect, test } from 'vitest';
import { type Absence, wordsOf, writeAbsence } from '#core/absence.ts';
import { decodeBlockTimes, decodeOffsets } from '#core/block.ts';
import { dayOf, dayStartMs, monthOf } from '#core/calendar.ts';
import { decodeRollupColumn } from '#core/rollup-column.ts';
import type { Layout } from '#core/series.ts';
import { bucketMs, tierCodes } from '#core/tier.ts';
import type { Sql } from '../store/connect.ts';
import { LayoutCache } from '../store/layout-cache.ts';
import { readLayouts } from '../store/layouts.ts';
import { storeBatch } from '../testing/batch-fixture.ts';
import { withDatabase } from '../testing/database.ts';
import { openTestStream } from '../testing/ingest-fixture.ts';
import { readStoredTicks, type StoredTick } from '../testing/stored-ticks.ts';
import { gauges, sha256 } from '../testing/ticks.ts';
import { Compactor } from './compactor.ts';
import { unpackColumn } from './packed-column.ts';
import { RollupBuilder } from './rollup-builder.ts';
import { Turn } from './turn.ts';
import { Upkeep } from './upkeep.ts';

const midnight = Date.UTC(2026, 2, 29);
const never = new AbortController().signal;
const now = { nowMs: midnight + 86_400_000, signal: never };

/** Uniform in 0..1, the same at each run. */
function seeded(seed: number): () => number {
  let state = seed >>> 0;
  return () => {
    state = (Math.imul(state, 1_664_525) + 1_013_904_223) >>> 0;
    return state / 4_294_967_296;
  };
}

/** Batches of a host by chance: several streams, layouts that change, absences, both sides of midnight. */
async function storeRandomBatches(sql: Sql, seed: number, options: { readonly hostId?: number } = {}): Promise<number> {
  const random = seeded(seed);
  const opened = await openTestStream(sql, `host-${seed}`);
  const hostId = options.hostId ?? opened.hostId;
  const absences: readonly Absence[] = ['notDue', 'gone', 'failed'];
  const layouts = [['a', 'b'], ['a', 'b', 'c'], ['c', 'x', 'a'], []].flatMap((keys) => [
    gauges(keys),
    gauges(keys, { intervalMs: 10_000 }),
  ]);
  for (let stream = 1; stream <= 3; stream += 1) {
    let seq = 1;
    let timeMs = midnight - 900_000 + Math.floor(random() * 600_000);
    for (let batch = 0; batch < 12; batch += 1) {
      if (random() < 0.2) seq += 5;
      const layout = layouts[Math.floor(random() * layouts.length)]!;
      const tickCount = 1 + Math.floor(random() * 64);
      const times = Float64Array.from({ length: tickCount }, () => (timeMs += layout.intervalMs));
      const values = Float64Array.from({ length: tickCount * layout.series.length }, () =>
        random() < 0.5 ? Math.round(random() * 1_000) / 10 : random() * 1e9,
      );
      const words = wordsOf(values);
      for (let at = 0; at < values.length; at += 1)
        if (random() < 0.15) writeAbsence(words, at, absences[Math.floor(random() * 3)]!);
      await storeBatch(sql, { hostId, streamId: stream, firstSeq: seq, layout, times, values });
      seq += tickCount;
    }
  }
  return hostId;
}

function newCompactor(sql: Sql): Compactor {
  const layouts = new LayoutCache(sql);
  return new Compactor(sql, { sha256, readLayouts: layouts.read.bind(layouts), turn: new Turn() });
}

function newRollups(sql: Sql): RollupBuilder {
  const layouts = new LayoutCache(sql);
  return new RollupBuilder(sql, { sha256, readLayouts: layouts.read.bind(layouts), turn: new Turn() });
}

const contentOf = (ticks: readonly StoredTick[]) => ticks.map(({ place: _, ...rest }) => rest);

/** Minimum, maximum, sum and count by series and start of bucket. */
type BucketMap = Map<string, { min: number; max: number; sum: number; count: number }>;

function recompute(ticks: readonly StoredTick[], stepMs: number): BucketMap {
  const buckets: BucketMap = new Map();
  const cell = new BigUint64Array(1);
  const value = new Float64Array(cell.buffer);
  for (const { timeMs, cells } of ticks) {
    for (const [key, bits] of cells) {
      cell[0] = bits;
      const number = value[0]!;
      if (Number.isNaN(number)) continue;
      const name = `${key}@${Math.floor(timeMs / stepMs) * stepMs}`;
      const bucket = buckets.get(name) ?? { min: number, max: number, sum: 0, count: 0 };
      buckets.set(name, {
        min: Math.min(bucket.min, number),
        max: Math.max(bucket.max, number),
        sum: bucket.sum + number,
        count: bucket.count + 1,
      });
    }
  }
  return buckets;
}

async function readRollup(sql: Sql, hostId: number, tier: 'minute' | 'hour'): Promise<BucketMap> {
  const rows = await sql<{ layout: string; offsets: Uint8Array; data: Uint8Array }[]>`
    select encode(layout, 'hex') as layout, offsets, data from chunk where host = ${hostId} and tier = ${tierCodes[tier]}`;
  const layouts: ReadonlyMap<string, Layout> = await readLayouts(sql, [...new Set(rows.map(({ layout }) => layout))]);
  const buckets: BucketMap = new Map();
  for (const { layout, offsets: directory, data } of rows) {
    const { series, intervalMs } = layouts.get(layout)!;
    expect(intervalMs).toBe(bucketMs[tier]);
    const offsets = decodeOffsets(directory, series.length, data.byteLength);
    const times = decodeBlockTimes(data.subarray(0, offsets[0]!));
    series.forEach(({ key }, place) => {
      const bytes = unpackColumn(data.subarray(offsets[place]!, offsets[place + 1]!), 1 << 20);
      const { min, max, sum, count } = decodeRollupColumn(bytes, times.length);
      for (const [index, start] of times.entries()) {
        if (count[index] === 0) continue;
        const name = `${key}@${start}`;
        expect(buckets.has(name)).toBe(false);
        buckets.set(name, { min: min[index]!, max: max[index]!, sum: sum[index]!, count: count[index]! });
      }
    });
  }
  return buckets;
}

function expectSame(found: BucketMap, wanted: BucketMap): void {
  expect([...found.keys()].sort()).toEqual([...wanted.keys()].sort());
  for (const [name, { min, max, sum, count }] of wanted) {
    const own = found.get(name)!;
    expect({ min: own.min, max: own.max, count: own.count }).toEqual({ min, max, count });
    expect(Math.abs(own.sum - sum)).toBeLessThanOrEqual(1e-12 * Math.max(Math.abs(sum), Math.abs(min), Math.abs(max)));
  }
}

async function expectRollups(sql: Sql, hostId: number): Promise<void> {
  const ticks = await readStoredTicks(sql, hostId);
  expectSame(await readRollup(sql, hostId, 'minute'), recompute(ticks, bucketMs.minute));
  expectSame(await readRollup(sql, hostId, 'hour'), recompute(ticks, bucketMs.hour));
}

describe('Compactor', () => {
  test.each([1, 2, 3, 4])(
    'keeps every tick bit for bit, whatever its stream, layout, interval and day (seed %i)',
    (seed) =>
      withDatabase(async ({ sql }) => {
        const hostId = await storeRandomBatches(sql, seed);
        const before = await readStoredTicks(sql, hostId);
        const compactor = newCompactor(sql);
        await compactor.compactHost(hostId, now);

        const after = await readStoredTicks(sql, hostId);
        expect(contentOf(after)).toEqual(contentOf(before));
        expect(new Set(after.map(({ place }) => place))).toEqual(new Set(['chunk']));
        const samples = before.reduce(
          (sum, { cells }) =>
            sum +
            [...cells.values()].filter((bits) => (bits & 0x7ff8_0000_0000_0000n) !== 0x7ff8_0000_0000_0000n).length,
          0,
        );
        expect(compactor.counts).toMatchObject({ batches: 36, ticks: before.length, samples, rivals: 0 });
        const days = await sql`select day, version from day where host = ${hostId} order by day`;
        const wanted = [...new Set(before.map(({ timeMs }) => dayOf(timeMs)))].sort();
        expect(days.map(({ day }) => day)).toEqual(wanted);
      }),
  );

  test('takes a small chunk of the day back in, and leaves one alone that is large', () =>
    withDatabase(async ({ sql }) => {
      const { hostId } = await openTestStream(sql);
      const layout = gauges(['a']);
      const compactor = newCompactor(sql);
      let seq = 1;
      const chunksAfter = async (tickCount: number) => {
        const times = Float64Array.from({ length: tickCount }, (_, index) => midnight + (seq + index) * 1_000);
        await storeBatch(sql, { hostId, streamId: 1, firstSeq: seq, layout, times, values: times });
        seq += tickCount;
        await compactor.compactHost(hostId, now);
        const rows = await sql<{ ticks: number }[]>`select ticks from chunk where host = ${hostId} order by id`;
        return rows.map(({ ticks }) => ticks);
      };
      expect(await chunksAfter(3_600)).toEqual([3_600]);
      expect(await chunksAfter(3_600)).toEqual([7_200]);
      expect(await chunksAfter(3_600)).toEqual([7_200, 3_600]);
      expect(await chunksAfter(6_000)).toEqual([7_200, 8_192, 1_408]);
      const [day] = await sql`select version from day where host = ${hostId}`;
      expect(Number(day!['version'])).toBe(4);
    }));

  test('gives more than 8,000 series to two parts of one chunk', () =>
    withDatabase(async ({ sql }) => {
      const { hostId } = await openTestStream(sql);
      for (const [index, name] of ['a', 'b'].entries()) {
        const layout = gauges(Array.from({ length: 5_000 }, (_, at) => `${name}${at}`));
        const values = Float64Array.from({ length: 10_000 }, (_, at) => at);
        const times = Float64Array.of(midnight + index * 2_000, midnight + index * 2_000 + 1_000);
        await storeBatch(sql, { hostId, streamId: 1, firstSeq: 1 + index * 2, layout, times, values });
      }
      const before = await readStoredTicks(sql, hostId);
      await newCompactor(sql).compactHost(hostId, now);

      expect(contentOf(await readStoredTicks(sql, hostId))).toEqual(contentOf(before));
      const rows = await sql`select part, ticks, samples, id from chunk where host = ${hostId} order by part`;
      expect(rows.map(({ part, ticks, samples }) => [part, ticks, Number(samples)])).toEqual([
        [0, 4, 16_000],
        [1, 4, 4_000],
      ]);
      expect(rows[0]!['id']).toBe(rows[1]!['id']);
      await newRollups(sql).run({ beforeDay: dayOf(midnight) + 1, signal: never });
      await expectRollups(sql, hostId);
    }));

  test('drops ticks of days below the floor and leaves the version of such a day alone', () =>
    withDatabase(async ({ sql }) => {
      const hostId = await storeRandomBatches(sql, 7);
      const before = await readStoredTicks(sql, hostId);
      await sql`insert into floor (tier, day) values (0, ${dayOf(midnight)}) on conflict (tier) do update set day = excluded.day`;
      await newCompactor(sql).compactHost(hostId, now);

      expect(contentOf(await readStoredTicks(sql, hostId))).toEqual(
        contentOf(before.filter(({ timeMs }) => timeMs >= midnight)),
      );
      expect(await sql`select from day where host = ${hostId} and day < ${dayOf(midnight)}`).toHaveLength(0);
      expect(await sql`select from batch`).toHaveLength(0);
    }));

  test('beside rivals that want the same hosts stores everything once', () =>
    withDatabase(async ({ sql }) => {
      const hostIds = await Promise.all([11, 12, 13].map((seed) => storeRandomBatches(sql, seed)));
      const before = await Promise.all(hostIds.map((hostId) => readStoredTicks(sql, hostId)));
      const rivals = [newCompactor(sql), newCompactor(sql), newCompactor(sql)];
      await Promise.all(rivals.map((rival) => rival.run({ nowMs: midnight, all: true, signal: never })));

      for (const [index, hostId] of hostIds.entries()) {
        expect(contentOf(await readStoredTicks(sql, hostId))).toEqual(contentOf(before[index]!));
      }
      expect(await sql`select from batch`).toHaveLength(0);
    }));

  test('looks at hosts that have many ticks or an old batch, and at all when asked', () =>
    withDatabase(async ({ sql }) => {
      const layout = gauges(['a']);
      const hosts = new Map<string, number>();
      for (const [name, tickCount, ageMs] of [
        ['many', 2_048, 0],
        ['old', 1, 7_300_000],
        ['young', 100, 7_000_000],
      ] as const) {
        const { hostId } = await openTestStream(sql, name);
        hosts.set(name, hostId);
        const times = Float64Array.from({ length: tickCount }, () => midnight - ageMs);
        await storeBatch(sql, { hostId, streamId: 1, firstSeq: 1, layout, times, values: times });
      }
      const compactor = newCompactor(sql);
      await compactor.run({ nowMs: midnight, all: false, signal: never });
      expect((await sql`select distinct host from batch`).map(({ host }) => host)).toEqual([hosts.get('young')]);
      await compactor.run({ nowMs: midnight, all: true, signal: never });
      expect(await sql`select from batch`).toHaveLength(0);
    }));

  test('leaves ticks in their batches that lie more than two days ahead', () =>
    withDatabase(async ({ sql }) => {
      const { hostId } = await openTestStream(sql);
      const layout = gauges(['a']);
      const values = Float64Array.of(1);
      for (const [seq, aheadMs] of [0, 2 * 86_400_000, 3 * 86_400_000, 8e15].entries())
        await storeBatch(sql, {
          hostId,
          streamId: 1,
          firstSeq: seq + 1,
          layout,
          times: Float64Array.of(midnight + aheadMs),
          values,
        });
      await newCompactor(sql).run({ nowMs: midnight, all: true, signal: never });
      const left = await sql<{ first_seq: string }[]>`select first_seq from batch order by id`;
      expect(left.map(({ first_seq }) => Number(first_seq))).toEqual([3, 4]);
    }));
});

describe('RollupBuilder', () => {
  test.each([21, 22])(
    'makes minutes and hours that equal recomputation, also when late data changes a day (seed %i)',
    (seed) =>
      withDatabase(async ({ sql }) => {
        const hostId = await storeRandomBatches(sql, seed);
        const compactor = newCompactor(sql);
        const rollups = newRollups(sql);
        const all = { beforeDay: dayOf(midnight) + 2, signal: never };
        await compactor.compactHost(hostId, now);
        await rollups.run(all);
        await expectRollups(sql, hostId);
        expect(await sql`select from day where rolled_minute <> version or rolled_hour <> version`).toHaveLength(0);

        await storeRandomBatches(sql, seed + 100, { hostId });
        // Streams of both rounds have the same ids here, so the second ones are moved out of the way.
        await sql`update batch set stream = stream + 10`;
        await compactor.compactHost(hostId, now);
        expect(await sql`select from day where rolled_minute <> version`).not.toHaveLength(0);
        await rollups.run(all);
        await expectRollups(sql, hostId);
      }),
  );

  test('leaves today and days with batches alone, and keeps the hours of other days when one is made anew', () =>
    withDatabase(async ({ sql }) => {
      const { hostId } = await openTestStream(sql);
      const layout = gauges(['a', 'b']);
      const firstDay = monthOf(dayOf(midnight));
      let seq = 1;
      const store = async (day: number) => {
        const times = Float64Array.from({ length: 50 }, (_, index) => dayStartMs(day) + index * 600_000 + seq);
        const values = Float64Array.from({ length: 100 }, (_, index) => index + seq);
        await storeBatch(sql, { hostId, streamId: 1, firstSeq: seq, layout, times, values });
        seq += 50;
      };
      const compactor = newCompactor(sql);
      const rollups = newRollups(sql);
      for (const day of [0, 1, 2]) await store(firstDay + day);
      await compactor.compactHost(hostId, now);
      await store(firstDay + 1);
      await rollups.run({ beforeDay: firstDay + 2, signal: never });
      const rolled = async () =>
        (await sql`select day from day where rolled_minute = version and rolled_hour = version order by day`).map(
          ({ day }) => day - firstDay,
        );
      expect(await rolled()).toEqual([0]);

      await compactor.compactHost(hostId, now);
      await rollups.run({ beforeDay: firstDay + 3, signal: never });
      expect(await rolled()).toEqual([0, 1, 2]);
      await expectRollups(sql, hostId);
      expect(await sql`select from chunk where tier = 2`).toHaveLength(1);
    }));

  test('beside rivals, and while raw data changes, ends with rollups that equal recomputation', () =>
    withDatabase(async ({ sql }) => {
      const hostId = await storeRandomBatches(sql, 31);
      const compactor = newCompactor(sql);
      await compactor.compactHost(hostId, now);
      const late = async () => {
        await storeRandomBatches(sql, 32, { hostId });
        await sql`update batch set stream = stream + 10`;
        await compactor.compactHost(hostId, now);
      };
      const all = { beforeDay: dayOf(midnight) + 2, signal: never };
      const rivals = [newRollups(sql), newRollups(sql), newRollups(sql)];
      await Promise.all([late(), ...rivals.map((rival) => rival.run(all))]);
      await rivals[0]!.run(all);
      await expectRollups(sql, hostId);
    }));
});

describe('Upkeep', () => {
  test('runs once at a time and reports what it did', () =>
    withDatabase(async ({ sql }) => {
      await storeRandomBatches(sql, 41);
      const upkeep = new Upkeep(sql, { sha256 });
      const run = upkeep.run({ nowMs: midnight + 3 * 86_400_000, all: true });
      expect(upkeep.run({ nowMs: midnight, all: true })).toBeNull();
      expect(upkeep.report.isRunning).toBe(true);
      await run;
      expect(upkeep.report).toMatchObject({ isRunning: false, runs: 1, compaction: { hosts: 1, batches: 36 } });
      expect(upkeep.report.rollups.days).toBeGreaterThan(0);
    }));
});
