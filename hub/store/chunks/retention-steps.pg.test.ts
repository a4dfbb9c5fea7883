import type postgres from 'postgres';
import { describe, expect, test } from 'vitest';
import { dayMs, dayStartMs } from '#core/calendar.ts';
import type { Tier } from '#core/tier.ts';
import type { RetentionSettings } from '../../archive/retention.ts';
import { RetentionRun, type RetentionStore } from '../../archive/retention-run.ts';
import { withDatabase } from '../../testing/database.ts';
import { connect, type Sql } from '../connect.ts';
import { raiseFloor, readFloors } from './floors.ts';
import { ensurePartitions, readPartitions } from './partitions.ts';
import { dropAged, retentionStore } from './retention-steps.ts';

/** Today by the database's clock, so that the two agree. */
const nowMs = Date.now();
const today = Math.floor(nowMs / dayMs);
const oldest = today - 15;
const settings: RetentionSettings = { keepDays: { raw: 14, minute: 90, hour: 1_096 }, storageBytesMax: null };

/** A host with a chunk in each of the last 16 days of raw, all rolled up. */
async function fill(sql: postgres.Sql, first = oldest): Promise<void> {
  await sql`insert into host (name, kind) values ('web', 'agent')`;
  await ensurePartitions(sql, [{ tier: 'raw', fromDay: first, toDay: today + 2 }]);
  for (let day = first; day <= today; day += 1) await addChunk(sql, day);
  await sql`insert into day (host, day, rolled_minute, rolled_hour) select 1, d, 1, 1 from generate_series(${first}::int, ${today}::int) d`;
}

async function addChunk(sql: postgres.Sql, day: number): Promise<void> {
  await sql`insert into chunk select 1, 0, ${day}, nextval('chunk_id'), 0, 1, 1, 0, 0, '', '', '', decode(repeat('ab', 20000), 'hex')`;
}

async function addBatch(sql: postgres.Sql, atMs: number): Promise<void> {
  await sql`insert into batch (host, stream, first_seq, last_seq, layout, ticks, from_ms, to_ms, offsets, data)
    values (1, 1, 1, 1, '', 1, ${atMs}, ${atMs}, '', '')`;
}

/** One run of a hub that has just started; of which `before` may stop it at a step, as a crash would. */
async function run(
  sql: Sql,
  options: { readonly settings?: RetentionSettings; readonly before?: (step: string) => void } = {},
) {
  const { before = () => {} } = options;
  const store = retentionStore(sql);
  const stopping = Object.fromEntries(
    Object.entries(store).map(([name, step]) => [
      name,
      async (...parts: never[]) => {
        before(name);
        return await (step as (...given: never[]) => Promise<unknown>)(...parts);
      },
    ]),
  ) as unknown as RetentionStore;
  return await new RetentionRun(stopping, options.settings ?? settings).run({ nowMs, nowMonotonicMs: 5_000 });
}

async function rawDaysOf(sql: postgres.Sql): Promise<string[]> {
  const partitions = await readPartitions(sql);
  return partitions.flatMap(({ tier, fromDay, state }) =>
    tier === 'raw' && fromDay < today - 12 ? [`${fromDay - today} ${state}`] : [],
  );
}

const kept = ['-14 attached', '-13 attached'];

describe('retention', () => {
  test('drops the day that is too old, and nothing else', () =>
    withDatabase(async ({ sql }) => {
      await fill(sql);

      const outcome = await run(sql);

      expect(outcome).toEqual({
        raised: [{ tier: 'raw', day: today - 14, why: 'age' }],
        dropped: [{ tier: 'raw', fromDay: oldest }],
        hold: null,
      });
      expect(await rawDaysOf(sql)).toEqual(kept);
      expect(await readFloors(sql)).toEqual({ raw: today - 14, minute: 0, hour: 0 });
      expect(await run(sql)).toEqual({ raised: [], dropped: [], hold: null });
    }));

  test('leaves a day that is not rolled up, until it is', () =>
    withDatabase(async ({ sql }) => {
      await fill(sql);
      await sql`update day set version = 2 where day = ${oldest}`;

      expect(await run(sql)).toEqual({ raised: [], dropped: [], hold: 'needed' });
      expect(await rawDaysOf(sql)).toEqual(['-15 attached', ...kept]);

      await sql`update day set rolled_minute = 2`;
      expect((await run(sql)).dropped).toHaveLength(1);
    }));

  test('leaves a day that has a batch, until it is compacted', () =>
    withDatabase(async ({ sql }) => {
      await fill(sql);
      await addBatch(sql, dayStartMs(oldest) + 5_000);

      expect((await run(sql)).hold).toBe('needed');

      await sql`delete from batch`;
      await addBatch(sql, dayStartMs(oldest + 1) + 5_000);
      expect((await run(sql)).dropped).toHaveLength(1);
    }));

  test.each(['detach', 'drop', 'dropAged'])('goes on after a crash before the step "%s"', (crash) =>
    withDatabase(async ({ sql }) => {
      await fill(sql);
      const before = (step: string) => {
        if (step === crash) throw new Error('crash');
      };
      await expect(run(sql, { before })).rejects.toThrow('crash');
      expect((await readFloors(sql)).raw).toBe(today - 14);

      expect((await run(sql)).raised).toEqual([]);

      expect(await rawDaysOf(sql)).toEqual(kept);
    }),
  );

  test('finishes a detach that a start finds pending', () =>
    withDatabase(async ({ sql, connection }) => {
      await fill(sql);
      await withReader(sql, async () => {
        // The reader began before: the detach waits for it, and gives up.
        const hub = connect({ url: null, ...connection }, { connectionCount: 2, name: 'hub', statementMsMax: 400 });
        await expect(run(hub)).rejects.toMatchObject({ code: '57014' });
        await hub.end();
        expect(await rawDaysOf(sql)).toEqual(['-15 detaching', ...kept]);
        expect(await sql`select from chunk where day = ${oldest}`).toHaveLength(0);
        expect(await ensurePartitions(sql, [{ tier: 'raw', fromDay: today, toDay: today + 3 }])).toBe(1);
      });

      expect((await run(sql)).dropped).toEqual([{ tier: 'raw', fromDay: oldest }]);

      expect(await rawDaysOf(sql)).toEqual(kept);
    }));

  test('lets a read that began before the detach finish with all it was promised', () =>
    withDatabase(async ({ sql, connection }) => {
      await fill(sql);
      const hub = connect({ url: null, ...connection }, { connectionCount: 2, name: 'hub', statementMsMax: 20_000 });
      let running: Promise<unknown> = Promise.resolve();
      const days = await withReader(sql, async (readMore) => {
        running = run(hub);
        while (!(await rawDaysOf(sql)).includes('-15 detaching')) await readMore(0);
        return await readMore(100);
      });

      expect(days[0]).toBe(oldest);
      await running;
      await hub.end();
      expect(await rawDaysOf(sql)).toEqual(kept);
    }));

  test('is one when two hubs run it at once', () =>
    withDatabase(async ({ sql, connection }) => {
      await fill(sql);
      const hubs = [1, 2].map(() =>
        connect({ url: null, ...connection }, { connectionCount: 2, name: 'hub', statementMsMax: 20_000 }),
      );

      await Promise.allSettled(hubs.map((hub) => run(hub)));
      await run(sql);

      expect(await rawDaysOf(sql)).toEqual(kept);
      expect((await readFloors(sql)).raw).toBe(today - 14);
      await Promise.all(hubs.map((hub) => hub.end()));
    }));

  test('does not see a late batch of a day that has just gone, and makes no place for it', () =>
    withDatabase(async ({ sql }) => {
      await fill(sql);
      await run(sql);
      await addBatch(sql, dayStartMs(oldest) + 5_000);

      expect(await ensurePartitions(sql, [{ tier: 'raw', fromDay: oldest, toDay: oldest }])).toBe(0);
      await expect(addChunk(sql, oldest)).rejects.toMatchObject({ code: '23514' });
      expect((await run(sql)).hold).toBeNull();
    }));

  test('drops the oldest raw first when the database is too large, but not before it is rolled up', () =>
    withDatabase(async ({ sql }) => {
      await fill(sql, today - 5);
      const limited = { ...settings, storageBytesMax: 1 };
      await sql`update day set version = 2 where day = ${today - 4}`;

      const outcome = await run(sql, { settings: limited });

      expect(outcome.raised).toEqual([{ tier: 'raw', day: today - 4, why: 'budget' }]);
      expect(outcome.hold).toBe('needed');
      expect((await readFloors(sql)).raw).toBe(today - 4);
    }));

  test('keeps account', () =>
    withDatabase(async ({ sql }) => {
      await fill(sql);
      const retention = new RetentionRun(retentionStore(sql), settings);
      await retention.run({ nowMs, nowMonotonicMs: 0 });

      const { droppedBytes, ...report } = retention.report;
      expect(report).toEqual({ lastMs: nowMs, hold: null, droppedPartitions: 1, droppedRows: 0 });
      expect(droppedBytes).toBeGreaterThan(20_000);
    }));
});

/** A transaction that has read one row of a cursor over all chunks, and reads more when asked. */
async function withReader<T>(
  sql: postgres.Sql,
  use: (readMore: (count: number) => Promise<number[]>) => Promise<T>,
): Promise<T> {
  return (await sql.begin(async (tx) => {
    await tx`declare reader cursor for select day from chunk order by day`;
    const first = await tx<{ day: number }[]>`fetch 1 from reader`;
    return await use(async (count) => {
      const rows = await tx.unsafe<{ day: number }[]>(`fetch ${count} from reader`);
      return [...first, ...rows].map(({ day }) => day);
    });
  })) as T;
}

describe('compaction into a day', () => {
  const compact = (sql: postgres.Sql, day: number) => sql`
    select compact_batches(1, '{}', '{}', '{}',
      array[row(1, ${day}::int, 0, 1, 1, 0, 0, '00', 1, 1, 1, 1, 1, 1)::chunk_row], '\\x01', '\\x01', '\\x01')`;

  test('below the floor is refused, so that its rollup stays as it is', () =>
    withDatabase(async ({ sql }) => {
      await fill(sql);
      await raiseFloor(sql, 'raw', today - 14);

      await expect(compact(sql, oldest)).rejects.toMatchObject({ code: 'PW001' });
      await compact(sql, today - 14);
      expect(await sql`select day, version::int from day where version > 1`).toEqual([{ day: today - 14, version: 2 }]);
    }));

  test('makes a floor wait that is about to rise over it, which then does not', () =>
    withDatabase(async ({ sql }) => {
      await fill(sql);
      let raising: Promise<boolean> = Promise.resolve(true);
      await sql.begin(async (tx) => {
        await compact(tx as unknown as postgres.Sql, oldest);
        raising = raiseFloor(sql, 'raw', today - 14);
        await untilWaiting(sql);
      });

      expect(await raising).toBe(false);
    }));
});

/** Until a statement waits for an advisory lock. */
async function untilWaiting(sql: postgres.Sql): Promise<void> {
  while ((await sql`select from pg_locks where locktype = 'advisory' and not granted`).length === 0);
}

describe('raiseFloor()', () => {
  const raise = (sql: Sql, tier: Tier, day: number) => raiseFloor(sql, tier, day);

  test('never lowers one', () =>
    withDatabase(async ({ sql }) => {
      expect(await raise(sql, 'raw', 20_010)).toBe(true);
      expect(await raise(sql, 'raw', 20_000)).toBe(true);

      expect((await readFloors(sql)).raw).toBe(20_010);
    }));

  test('keeps days of a coarser tier that the finer one still has, or that it has not been made of', () =>
    withDatabase(async ({ sql }) => {
      await sql`insert into day (host, day, rolled_minute) values (1, 20000, 1)`;
      expect(await raise(sql, 'minute', 20_006)).toBe(false);
      await raise(sql, 'raw', 20_100);
      expect(await raise(sql, 'minute', 20_006)).toBe(false);
      await sql`update day set rolled_hour = 1`;

      expect(await raise(sql, 'minute', 20_006)).toBe(true);
      expect(await raise(sql, 'hour', 20_007)).toBe(false);
      expect(await raise(sql, 'hour', 20_006)).toBe(true);
    }));
});

test('dropAged() removes gaps and days below the last floor, and streams long below the first', () =>
  withDatabase(async ({ sql }) => {
    await sql`insert into floor values (0, 20100), (2, 20000)`;
    await sql`insert into host (name, kind, last_ordinal) values ('web', 'agent', 3)`;
    await sql`insert into gap (host, stream, first_seq, last_seq, reason, from_ms, to_ms)
      select 1, 1, 1, 1, 'expired', 0, d * 86400000::float8 from unnest(array[19999, 20000]) d`;
    await sql`insert into day (host, day) values (1, 19999), (1, 20000)`;
    await sql`insert into stream (host, epoch, ordinal, first_seq, stored_seq, stored_at)
      select 1, decode(repeat('0' || n, 16), 'hex'), n, 1, 0, to_timestamp(d * 86400)
      from unnest(array[1, 2, 3], array[20069, 20070, 10000]) o (n, d)`;

    expect(await dropAged(sql)).toBe(3);

    expect(await sql`select ordinal from stream order by ordinal`).toEqual([{ ordinal: 2 }, { ordinal: 3 }]);
    expect(await sql`select day from day`).toEqual([{ day: 20_000 }]);
    expect(await sql`select from gap`).toHaveLength(1);
  }));
