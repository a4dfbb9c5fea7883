import { describe, expect, test } from 'vitest';
import { withDatabase } from '../testing/database.ts';
import { readTables } from './backup/catalogue.ts';
import { ensurePartitions, readPartitions } from './chunks/partitions.ts';
import { connect, type Sql } from './connect.ts';
import { dumpSchema } from './schema-dump.ts';
import { readHubSessions } from './sessions.ts';
import { wipeDatabase } from './wipe.ts';

async function fill(sql: Sql): Promise<void> {
  await ensurePartitions(sql, [
    { tier: 'raw', fromDay: 20_000, toDay: 20_120 },
    { tier: 'hour', fromDay: 20_000, toDay: 20_000 },
  ]);
  await sql`insert into host (name, kind, removed_at) values ('web', 'push', null), ('gone', 'push', now())`;
  await sql`insert into token (hash, host) select sha256(id::text::bytea), id from host`;
  await sql`insert into layout (id, body) values ('\\x0000000000000000', '')`;
  await sql`insert into stream (host, epoch, ordinal, first_seq, stored_seq) select id, decode(lpad(id::text, 32, '0'), 'hex'), 1, 1, 0 from host`;
  await sql`insert into batch (host, stream, first_seq, last_seq, layout, ticks, from_ms, to_ms, offsets, data)
    select 1, 1, n, n, '\\x0000000000000000', 2, 0, 1, '', decode(repeat(md5(n::text), 200), 'hex') from generate_series(1, 1000) n`;
  await sql`insert into gap (host, stream, first_seq, last_seq, reason, from_ms, to_ms) values (1, 1, 5, 7, 'expired', 0, 1)`;
  await sql`insert into chunk (host, tier, day, id, part, ticks, samples, from_ms, to_ms, layout, runs, offsets, data)
    select 1, t, 20000, nextval('chunk_id'), p, 5, 50, 1, 2, '\\x0000000000000000', '', '', '' from unnest(array[0, 0, 2]) t, generate_series(0, 1) p`;
  await sql`insert into day (host, day) values (1, 20000)`;
  await sql`insert into floor (tier, day) values (0, 19990)`;
  await sql`insert into person (name, name_key, role, password_hash) values ('Ann', 'ann', 'admin', 'scrypt')`;
  await sql`insert into session (hash, person, expires_at) select sha256('cookie'), id, now() + interval '1 day' from person`;
  await sql`insert into api_token (name, hash, scope, person) select 'ci', sha256('token'), 'push', id from person`;
}

const keptRows = ['hub', 'access_mark', 'person', 'session', 'api_token'];

describe('wipeDatabase()', () => {
  test('leaves the schema, another hub, and who may do what', async () => {
    await withDatabase(async ({ sql }) => {
      const [before] = await sql`select id, created_at from hub`;
      await fill(sql);
      const summary = await wipeDatabase(sql);

      // Ticks of raw chunks count once, whatever their parts.
      expect(summary).toEqual({
        hostCount: 1,
        tickCount: 2_010,
        bytesBefore: expect.any(Number),
        bytesAfter: expect.any(Number),
      });
      expect(summary.bytesBefore - summary.bytesAfter).toBeGreaterThan(2_000_000);
      for (const { name } of await readTables(sql)) {
        const [row] = await sql`select count(*)::int as count from ${sql(name)}`;
        expect([name, row!['count']]).toEqual([name, keptRows.includes(name) ? 1 : 0]);
      }
      const [after] = await sql`select id, created_at from hub`;
      expect(after!['id']).not.toEqual(before!['id']);
      expect(Number(after!['created_at'])).toBeGreaterThan(Number(before!['created_at']));
      expect(await readPartitions(sql)).toEqual([]);
      await withDatabase(async (fresh) => expect(await dumpSchema(sql)).toBe(await dumpSchema(fresh.sql)));
    });
  });

  test('keeps the audit log', async () => {
    await withDatabase(async ({ sql }) => {
      await sql`insert into audit (key, at, actor_kind, actor_name, action, object, result, address, user_agent)
        values (gen_random_uuid(), now(), 'hub', 'hub', 'hub.started', '', 'done', '', '')`;
      await wipeDatabase(sql);
      expect(await sql`select action from audit`).toEqual([{ action: 'hub.started' }]);
    });
  });

  test('never gives an id a second time', async () => {
    await withDatabase(async ({ sql }) => {
      await fill(sql);
      await wipeDatabase(sql);
      const rows = await sql`insert into host (name, kind) values ('web', 'push') returning id`;
      expect(rows).toEqual([{ id: 3 }]);
    });
  });

  test('refuses a database that is not ours', async () => {
    await withDatabase(
      async ({ sql }) => {
        await sql`create table invoice as select 1 as id`;
        await expect(wipeDatabase(sql)).rejects.toThrow('must hold the tables of Pulsewire');
        expect(await sql`select id from invoice`).toEqual([{ id: 1 }]);
      },
      { migrations: 'none' },
    );
  });
});

test('readHubSessions() names the programs that use the database, tools left out', async () => {
  await withDatabase(async ({ sql, connection }) => {
    expect(await readHubSessions(sql)).toEqual([]);
    const others = ['pulsewire storage', 'pulsewire tool', 'psql', 'pulsewire archive'].map((name) =>
      connect({ url: null, ...connection }, { connectionCount: 1, name, statementMsMax: 1_000 }),
    );
    for (const other of others) await other`select 1`;
    expect(await readHubSessions(sql)).toEqual(['pulsewire archive', 'pulsewire storage']);
    for (const other of others) await other.end({ timeout: 0 });
    await expect.poll(() => readHubSessions(sql)).toEqual([]);
  });
});
