import { describe, expect, test } from 'vitest';
import { decodeBlockTimes, decodeOffsets } from '#core/block.ts';
import { dayMs, dayOf, dayStartMs } from '#core/calendar.ts';
import { decodeRollupColumn } from '#core/rollup-column.ts';
import { simulatedSeries } from '#core/simulated/curves.ts';
import { SimulatedHost } from '#core/simulated/simulated-host.ts';
import { upSpans } from '#core/simulated/uptime.ts';
import { bucketMs, type Tier, tierCodes } from '#core/tier.ts';
import { unpackColumn } from '../archive/packed-column.ts';
import { RollupBuilder } from '../archive/rollup-builder.ts';
import { Turn } from '../archive/turn.ts';
import type { Sql } from '../store/connect.ts';
import { LayoutCache } from '../store/layout-cache.ts';
import { readSimulatedHosts, type SimulatedRow, sumChunks } from '../store/simulated.ts';
import { type TestDatabase, withDatabase } from '../testing/database.ts';
import { readStoredTicks } from '../testing/stored-ticks.ts';
import { sha256 } from '../testing/ticks.ts';
import { chooseHosts, namesOf } from './choose-hosts.ts';
import { HistoryWriter, type HistoryWriterOptions } from './history-writer.ts';
import { MonthBuilder, type MonthRequest } from './month-builder.ts';
import { type KeptFrom, keptFrom, type SimulationPlan } from './plan.ts';

const nowMs = Date.UTC(2026, 10, 26, 10, 17, 30);
const today = dayOf(nowMs);
const plan: SimulationPlan = { hostCount: 2, dayCount: 45, perHour: 12, seed: 5 };
const kept = keptFrom({
  today,
  keepDays: { raw: 5, minute: 20, hour: 1_096 },
  floors: { raw: 0, minute: 0, hour: 0 },
});
const allRaw: KeptFrom = { raw: today - 100, minute: today - 100, hour: today - 100 };

type Change = Partial<Omit<HistoryWriterOptions, 'plan'>> & {
  readonly plan?: SimulationPlan;
  readonly isReplace?: boolean;
};

/** One run of the simulator, on one lane. */
async function run(sql: Sql, { isReplace = false, ...change }: Change = {}): Promise<SimulatedRow[]> {
  const builder = new MonthBuilder(sha256);
  const options: HistoryWriterOptions = {
    ...{ plan, nowMs, kept, sha256 },
    builders: [(request) => builder.build(request)],
    signal: new AbortController().signal,
    onProgress: () => {},
    ...change,
  };
  const choice = chooseHosts(options.plan, await readSimulatedHosts(sql, namesOf(options.plan)), { isReplace });
  return await new HistoryWriter(sql, options).write(choice);
}

interface Bucket {
  readonly min: number;
  readonly max: number;
  readonly sum: number;
  readonly count: number;
}

/** Buckets of a tier by series and start. */
async function readRollup(sql: Sql, hostId: number, tier: 'minute' | 'hour'): Promise<Map<string, Bucket>> {
  const rows = await sql<{ offsets: Uint8Array; data: Uint8Array }[]>`
    select offsets, data from chunk where host = ${hostId} and tier = ${tierCodes[tier]}`;
  const buckets = new Map<string, Bucket>();
  for (const { offsets: directory, data } of rows) {
    const offsets = decodeOffsets(directory, simulatedSeries.length, data.byteLength);
    const starts = decodeBlockTimes(data.subarray(0, offsets[0]!));
    simulatedSeries.forEach(({ key }, place) => {
      const packed = data.subarray(offsets[place]!, offsets[place + 1]!);
      const { min, max, sum, count } = decodeRollupColumn(unpackColumn(packed, 1 << 20), starts.length);
      starts.forEach((start, slot) => {
        const name = `${key}@${start}`;
        expect(buckets.has(name)).toBe(false);
        buckets.set(name, { min: min[slot]!, max: max[slot]!, sum: sum[slot]!, count: count[slot]! });
      });
    });
  }
  return buckets;
}

/** Buckets as the curves of a host say, of the days from `fromDay` to yesterday. */
function truthOf(index: number, span: { readonly fromMs: number; readonly fromDay: number; readonly stepMs: number }) {
  const fromMs = Math.max(span.fromMs, dayStartMs(span.fromDay));
  const { count, times, values, stride } = new SimulatedHost(plan.seed, index).ticks({
    ...{ fromMs, toMs: dayStartMs(today) },
    intervalMs: 300_000,
  });
  const buckets = new Map<string, Bucket>();
  for (let tick = 0; tick < count; tick += 1) {
    simulatedSeries.forEach(({ key }, series) => {
      const value = values[series * stride + tick]!;
      const name = `${key}@${Math.floor(times[tick]! / span.stepMs) * span.stepMs}`;
      const { min, max, sum, count: ticks } = buckets.get(name) ?? { min: value, max: value, sum: 0, count: 0 };
      buckets.set(name, { min: Math.min(min, value), max: Math.max(max, value), sum: sum + value, count: ticks + 1 });
    });
  }
  return buckets;
}

function expectSame(got: Map<string, Bucket>, wanted: Map<string, Bucket>): void {
  expect([...got.keys()].sort()).toEqual([...wanted.keys()].sort());
  const isOff = ([name, { min, max, sum, count }]: [string, Bucket]) => {
    const own = got.get(name)!;
    return own.min !== min || own.max !== max || own.count !== count || Math.abs(own.sum - sum) > 1e-12 * Math.abs(sum);
  };
  expect([...wanted].find(isOff)).toBe(undefined);
}

/** Everything that a host has, without ids: equal for equal histories. */
async function contentOf(sql: Sql, row: SimulatedRow) {
  const ticks = await readStoredTicks(sql, row.hostId);
  const streams = await sql`
    select first_seq, stored_seq, stored_ticks, gap_ticks, stored_at from stream where host = ${row.hostId} order by id`;
  const chunks = await sql`
    select tier, day, part, ticks, samples, from_ms, to_ms, encode(layout, 'hex') as layout, md5(data) as data
    from chunk where host = ${row.hostId} order by tier, day, from_ms`;
  const days =
    await sql`select day, version, rolled_minute, rolled_hour from day where host = ${row.hostId} order by day`;
  const { nextDay, toMs } = row;
  return {
    ...{ nextDay, toMs, streams: [...streams], chunks: [...chunks], days: [...days] },
    ticks: ticks.map(({ seq, timeMs, cells }) => [seq, timeMs, ...cells.values()]),
  };
}

async function contentsOf(sql: Sql, rows?: readonly SimulatedRow[]) {
  const found = rows ?? (await readSimulatedHosts(sql, namesOf(plan))).simulated;
  return await Promise.all(found.map((row) => contentOf(sql, row)));
}

/** The database as one that fails at its n-th statement from now on. */
function failingAt(sql: Sql, statement: number): Sql {
  let count = 0;
  const wrap = (target: Sql): Sql =>
    new Proxy(target, {
      apply: (_, __, args: unknown[]) => {
        // Called with a template it is a statement, with a value a part of one.
        if (Array.isArray(args[0]) && 'raw' in args[0]) {
          count += 1;
          if (count === statement) throw new Error(`cut at statement ${statement}`);
        }
        return Reflect.apply(target, undefined, args);
      },
      get: (_, name) =>
        name === 'begin'
          ? (use: (tx: Sql) => Promise<unknown>) => target.begin((tx) => use(wrap(tx as unknown as Sql)))
          : Reflect.get(target, name),
    });
  return wrap(sql);
}

async function withHistory(
  use: (sql: Sql, rows: SimulatedRow[], database: TestDatabase) => Promise<void>,
): Promise<void> {
  await withDatabase(async (database) => use(database.sql, await run(database.sql), database));
}

describe('HistoryWriter', () => {
  test('stores the curves of each host as raw ticks, each in one stream a run', async () => {
    await withHistory(async (sql, rows) => {
      expect(rows.map(({ name }) => name)).toEqual(['host_0', 'host_1']);
      for (const [index, row] of rows.entries()) {
        const host = new SimulatedHost(plan.seed, index);
        const span = { fromMs: dayStartMs(kept.raw), toMs: row.toMs };
        const truth = host.ticks({ ...span, intervalMs: 300_000 });
        const stored = await readStoredTicks(sql, row.hostId);
        expect(stored.map(({ timeMs }) => timeMs)).toEqual([...truth.times.subarray(0, truth.count)]);
        const bits = new BigUint64Array(truth.values.buffer);
        const isOff = stored.findIndex(({ cells }, tick) =>
          simulatedSeries.some(({ key }, series) => cells.get(key) !== bits[series * truth.stride + tick]),
        );
        expect(isOff).toBe(-1);

        const streams = await sql<{ id: string; first_seq: string; stored_seq: string; stored_ticks: string }[]>`
          select id, first_seq, stored_seq, stored_ticks from stream where host = ${row.hostId} order by ordinal`;
        expect(streams).toHaveLength(upSpans(host.nature, span).length);
        for (const { id, first_seq, stored_seq, stored_ticks } of streams) {
          const seqs = stored.filter(({ streamId }) => streamId === Number(id)).map(({ seq }) => seq);
          expect(seqs).toEqual(Array.from({ length: seqs.length }, (_, place) => place + 1));
          expect([first_seq, stored_seq, stored_ticks]).toEqual(['1', `${seqs.length}`, `${seqs.length}`]);
        }
      }
    });
  });

  test('gives every day that is over its rollups, also where no raw is kept, and leaves today to the hub', async () => {
    await withHistory(async (sql, rows) => {
      for (const [index, row] of rows.entries()) {
        const { fromMs } = row;
        const minutes = await readRollup(sql, row.hostId, 'minute');
        expectSame(minutes, truthOf(index, { fromMs, fromDay: kept.minute, stepMs: bucketMs.minute }));
        const hours = await readRollup(sql, row.hostId, 'hour');
        expectSame(hours, truthOf(index, { fromMs, fromDay: 0, stepMs: bucketMs.hour }));
        const open = await sql<{ day: number }[]>`
          select day from day where host = ${row.hostId} and (rolled_minute <> version or rolled_hour <> version)`;
        expect([...open]).toEqual([{ day: today }]);
      }
    });
  });

  test('makes the very bytes that the rollup builder makes of the raw ticks', async () => {
    await withDatabase(async ({ sql }) => {
      await run(sql, { kept: allRaw, plan: { ...plan, hostCount: 1, dayCount: 12 } });
      const read = () =>
        sql`select tier, day, ticks, samples, from_ms, to_ms, layout, offsets, data from chunk where tier > 0 order by tier, day`;
      const made = await read();
      await sql`update day set rolled_minute = 0, rolled_hour = 0 where day < ${today}`;
      await sql`delete from chunk where tier > 0`;
      const layouts = new LayoutCache(sql);
      const options = { sha256, readLayouts: layouts.read.bind(layouts), turn: new Turn() };
      await new RollupBuilder(sql, options).run({ beforeDay: today, signal: new AbortController().signal });
      expect([...(await read())]).toEqual([...made]);
      expect(made.length).toBeGreaterThan(12);
    });
  });

  test('makes the same rollups whether raw is kept or not', async () => {
    const minutesOf = (sql: Sql) =>
      sql`select day, data from chunk where tier = 1 and day >= ${kept.minute} order by day, from_ms, data`;
    const hoursOf = (sql: Sql) => sql`select day, data from chunk where tier = 2 order by day, data`;
    await withHistory(async (sql) => {
      await withDatabase(async (other) => {
        await run(other.sql, { kept: allRaw });
        expect([...(await minutesOf(other.sql))]).toEqual([...(await minutesOf(sql))]);
        expect([...(await hoursOf(other.sql))]).toEqual([...(await hoursOf(sql))]);
      });
    });
  });

  test('leaves a rollup to the hub that is written later, and the hub goes on where it ends', async () => {
    await withHistory(async (sql, rows) => {
      const layouts = new LayoutCache(sql);
      const options = { sha256, readLayouts: layouts.read.bind(layouts), turn: new Turn() };
      const before = await readRollup(sql, rows[0]!.hostId, 'hour');
      await new RollupBuilder(sql, options).run({ beforeDay: today + 1, signal: new AbortController().signal });
      const after = await readRollup(sql, rows[0]!.hostId, 'hour');
      for (const [name, bucket] of before) expect(after.get(name)).toEqual(bucket);
      expect(after.size - before.size).toBe(11 * simulatedSeries.length);
    });
  });

  test('run again it changes nothing, also another day', async () => {
    await withHistory(async (sql) => {
      const before = await contentsOf(sql);
      let calls = 0;
      await run(sql, { nowMs: nowMs + dayMs * 1.5, onProgress: () => (calls += 1) });
      expect([calls, await contentsOf(sql)]).toEqual([0, before]);
    });
  });

  test('cut at every statement, it ends with the same as without a cut', async () => {
    await withHistory(async (whole) => {
      await withDatabase(async ({ sql }) => {
        let rows: SimulatedRow[] | null = null;
        let cuts = 0;
        for (let statement = 1; rows === null; statement += 1) {
          rows = await run(failingAt(sql, statement)).catch((error: Error) => {
            expect(error.message).toContain('cut at statement');
            cuts += 1;
            return null;
          });
        }
        expect(cuts).toBeGreaterThan(15);
        expect(await contentsOf(sql)).toEqual(await contentsOf(whole));
      });
    });
  });

  test('stopped between months, it goes on with the months that are left', async () => {
    await withHistory(async (whole) => {
      await withDatabase(async ({ sql }) => {
        for (let turn = 0; ; turn += 1) {
          const stopping = new AbortController();
          const rows = await run(sql, { signal: stopping.signal, onProgress: () => stopping.abort() });
          if (rows.length === plan.hostCount) break;
          expect(turn).toBeLessThan(5);
        }
        expect(await contentsOf(sql)).toEqual(await contentsOf(whole));
      });
    });
  });

  test('begun before a midnight and finished after it, it has what it was asked for first', async () => {
    await withDatabase(async ({ sql }) => {
      const builder = new MonthBuilder(sha256);
      let built = 0;
      const failing = (request: MonthRequest) => {
        built += 1;
        return built === 2 ? Promise.reject(new Error('cut')) : builder.build(request);
      };
      await expect(run(sql, { builders: [failing] })).rejects.toThrow('cut');
      const rows = await run(sql, { nowMs: nowMs + dayMs, kept: { ...kept, raw: kept.raw + 1 } });
      expect(rows[0]!.toMs).toBe(Math.floor(nowMs / 60_000) * 60_000);
      expect(rows[1]!.toMs).toBe(rows[0]!.toMs + dayMs);
      const open = await sql`select host, day from day where rolled_hour <> version`;
      expect([...open]).toEqual([{ host: rows[1]!.hostId, day: today + 1 }]);
    });
  });

  test('writes on several lanes at once', async () => {
    await withDatabase(async ({ sql }) => {
      const builders = [1, 2, 3].map(() => {
        const builder = new MonthBuilder(sha256);
        return (request: MonthRequest) => builder.build(request);
      });
      const rows = await run(sql, { builders, plan: { ...plan, hostCount: 7, dayCount: 3 } });
      expect(rows.map(({ name }) => name)).toEqual(namesOf({ hostCount: 7 }));
      const sums = await sumChunks(
        sql,
        rows.map(({ hostId }) => hostId),
      );
      expect(sums.map(({ tier }): Tier => tier)).toEqual(['raw', 'minute', 'hour']);
      for (const [index, row] of rows.entries()) {
        const { count } = new SimulatedHost(plan.seed, index).ticks({ ...row, intervalMs: 300_000 });
        expect(await readStoredTicks(sql, row.hostId)).toHaveLength(count);
      }
    });
  });

  test('a lane that fails stops the others, and is heard', async () => {
    await withDatabase(async ({ sql }) => {
      const builder = new MonthBuilder(sha256);
      let built = 0;
      const builders = [
        (request: MonthRequest) => {
          built += 1;
          return builder.build(request);
        },
        () => Promise.reject(new Error('the thread has died')),
      ];
      await expect(run(sql, { builders, plan: { ...plan, hostCount: 50, dayCount: 1 } })).rejects.toThrow('has died');
      expect(built).toBeLessThan(50);
    });
  });

  test('replaces hosts by others of the same name', async () => {
    await withHistory(async (sql, before) => {
      const rows = await run(sql, { isReplace: true, plan: { ...plan, dayCount: 2, seed: 6 } });
      expect(rows.map(({ name }) => name)).toEqual(['host_0', 'host_1']);
      expect(rows.some(({ hostId }) => before.some((old) => old.hostId === hostId))).toBe(false);
      const old =
        await sql`select from stream where host = any(${sql.array(before.map(({ hostId }) => hostId))}::int4[])`;
      expect(old).toHaveLength(0);
    });
  });

  test('never touches a real host', async () => {
    await withDatabase(async ({ sql }) => {
      await sql`insert into host (name, kind) values ('host_1', 'push')`;
      await expect(run(sql)).rejects.toThrow('must not belong to real ones');
      await expect(run(sql, { isReplace: true })).rejects.toThrow('must not belong to real ones');
      expect(await sql`select name from host`).toHaveLength(1);
    });
  });

  test('gives its hosts an alias, tags and the interval', async () => {
    await withHistory(async (sql, rows) => {
      const { alias, tags } = new SimulatedHost(plan.seed, 0).nature;
      const [host] = await sql`
        select alias, agent_tags as tags, interval_ms, kind from host where id = ${rows[0]!.hostId}`;
      expect(host).toEqual({ alias, tags, interval_ms: 300_000, kind: 'agent' });
    });
  });
});
