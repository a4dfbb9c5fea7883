import type postgres from 'postgres';
import { describe, expect, test } from 'vitest';
import { withDatabase } from '../../testing/database.ts';
import { connect } from '../connect.ts';
import { dumpSchema } from '../schema-dump.ts';
import { ensurePartitions, partitionStartOf, readPartitions } from './partitions.ts';

async function insertChunk(sql: postgres.Sql, tier: number, day: number): Promise<void> {
  await sql`insert into chunk values (1, ${tier}, ${day}, 1, 0, 1, 1, 0, 0, '', '', '', '\\x01')`;
}

describe('ensurePartitions()', () => {
  test('makes the partitions of all days named, once', () =>
    withDatabase(async ({ sql }) => {
      const span = { tier: 'raw', fromDay: 20_780, toDay: 20_782 } as const;

      expect(await ensurePartitions(sql, [span])).toBe(3);
      expect(await ensurePartitions(sql, [span, { ...span, toDay: 20_783 }, span])).toBe(1);
      expect(await readPartitions(sql)).toEqual(
        [20_780, 20_781, 20_782, 20_783].map((day) => ({
          tier: 'raw',
          fromDay: day,
          toDay: day + 1,
          state: 'attached',
        })),
      );
    }));

  test('makes them as wide as the tier has them, so that its rows find a place', () =>
    withDatabase(async ({ sql }) => {
      const [minute, hour] = (['minute', 'hour'] as const).map((tier) => ({ tier, fromDay: 20_780, toDay: 20_780 }));

      await ensurePartitions(sql, [minute!, hour!]);
      await insertChunk(sql, 1, partitionStartOf('minute', 20_780));
      await insertChunk(sql, 1, partitionStartOf('minute', 20_780) + 6);
      await insertChunk(sql, 2, partitionStartOf('hour', 20_780) + 90);

      await expect(insertChunk(sql, 1, partitionStartOf('minute', 20_780) + 7)).rejects.toMatchObject({
        code: '23514',
      });
      const partitions = await readPartitions(sql);
      expect(partitions.map(({ fromDay, toDay }) => [fromDay, toDay])).toEqual([
        [20_776, 20_783],
        [20_748, 20_839],
      ]);
    }));

  test('keeps the storage of large columns and the key as the parent has them', () =>
    withDatabase(async ({ sql }) => {
      await ensurePartitions(sql, [{ tier: 'raw', fromDay: 20_780, toDay: 20_780 }]);

      const columns = await sql<{ name: string; storage: string }[]>`
        select attname as name, attstorage as storage from pg_attribute
        where attrelid = 'chunk_raw_20780'::regclass and attname in ('data', 'offsets', 'runs') order by 1`;
      expect(columns.map(({ name, storage }) => `${name} ${storage}`)).toEqual(['data e', 'offsets e', 'runs x']);
      await insertChunk(sql, 0, 20_780);
      await expect(insertChunk(sql, 0, 20_780)).rejects.toMatchObject({ code: '23505' });
    }));

  test('makes each once when many ask at once', () =>
    withDatabase(async ({ sql }) => {
      const span = { tier: 'raw', fromDay: 20_780, toDay: 20_789 } as const;

      const made = await Promise.all(
        [0, 1, 2, 3].map((later) => ensurePartitions(sql, [{ ...span, toDay: 20_789 + later }])),
      );

      expect(made.reduce((sum, count) => sum + count)).toBe(13);
      expect(await readPartitions(sql)).toHaveLength(13);
    }));

  test('neither waits for, nor holds up, those who read and write', () =>
    withDatabase(async ({ sql, connection }) => {
      await ensurePartitions(sql, [{ tier: 'raw', fromDay: 20_780, toDay: 20_780 }]);
      const maker = connect({ url: null, ...connection }, { connectionCount: 1, name: 'test', statementMsMax: 10_000 });

      await sql.begin(async (tx) => {
        await tx`select count(*) from chunk`;
        await insertChunk(tx as unknown as postgres.Sql, 0, 20_780);
        await ensurePartitions(maker, [{ tier: 'raw', fromDay: 20_781, toDay: 20_781 }]);
        await insertChunk(maker, 0, 20_781);
      });

      expect(await sql`select day from chunk order by day`).toEqual([{ day: 20_780 }, { day: 20_781 }]);
      await maker.end();
    }));

  test('makes none that has expired, so that a late row cannot bring one back', () =>
    withDatabase(async ({ sql }) => {
      await sql`insert into floor values (0, 20781), (1, 20783)`;

      await ensurePartitions(sql, [
        { tier: 'raw', fromDay: 20_779, toDay: 20_782 },
        { tier: 'minute', fromDay: 20_779, toDay: 20_785 },
      ]);

      const partitions = await readPartitions(sql);
      expect(partitions.map(({ tier, fromDay }) => `${tier} ${fromDay}`)).toEqual([
        'raw 20781',
        'raw 20782',
        'minute 20783',
      ]);
      await expect(insertChunk(sql, 0, 20_780)).rejects.toMatchObject({ code: '23514' });
    }));

  test('refuses days that no calendar has', () =>
    withDatabase(async ({ sql }) => {
      await expect(ensurePartitions(sql, [{ tier: 'raw', fromDay: -1, toDay: 0 }])).rejects.toThrow('days -1 to 0');
      await expect(ensurePartitions(sql, [{ tier: 'raw', fromDay: 0, toDay: 1e9 }])).rejects.toThrow(
        'cannot be stored',
      );
    }));

  test('leaves the dump of the schema as it is when a partition is there', () =>
    withDatabase(async ({ sql }) => {
      const before = await dumpSchema(sql);
      await ensurePartitions(sql, [{ tier: 'hour', fromDay: 20_780, toDay: 20_780 }]);

      expect(await dumpSchema(sql)).toBe(before);
    }));
});

test('readPartitions() tells those that a detach has left behind', () =>
  withDatabase(async ({ sql }) => {
    await ensurePartitions(sql, [{ tier: 'raw', fromDay: 20_780, toDay: 20_781 }]);
    await sql`alter table chunk_raw detach partition chunk_raw_20780`;

    expect((await readPartitions(sql)).map(({ state }) => state)).toEqual(['detached', 'attached']);
  }));
