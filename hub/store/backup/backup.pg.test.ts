/** A snapshot read from one PostgreSQL database and loaded into another. */
import { cpSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join, resolve } from 'node:path';
import { setTimeout as delay } from 'node:timers/promises';
import { describe, expect, test } from 'vitest';
import { type TestDatabase, withDatabase } from '../../testing/database.ts';
import { ensurePartitions, readPartitions } from '../chunks/partitions.ts';
import { connect, type Sql } from '../connect.ts';
import { migrate, readMigrations } from '../migrate.ts';
import { dumpSchema } from '../schema-dump.ts';
import { inDependencyOrder, readTables } from './catalogue.ts';
import { loadSnapshot } from './load.ts';
import { readSnapshot, type SnapshotPart } from './snapshot.ts';

const sqlFolder = resolve(import.meta.dirname, '../../../sql');
const day = 20_000;

/** A pool of one connection for a snapshot, as the tools open it. */
async function withReader<T>(database: TestDatabase, use: (sql: Sql) => Promise<T>): Promise<T> {
  const sql = connect(
    { url: null, ...database.connection },
    { connectionCount: 1, name: 'test', statementMsMax: 60_000 },
  );
  try {
    return await use(sql);
  } finally {
    await sql.end({ timeout: 0 });
  }
}

/** Text that PostgreSQL can hold and that formats have trouble with. */
const hostile = 'tab\tback\\slash \\N \\. "quoted" \'single\' {a,b} (c,d) line\nfeed\r\u0001 ünï 😀 $1 \\x00';

async function fill(sql: Sql): Promise<void> {
  await ensurePartitions(sql, [
    { tier: 'raw', fromDay: day, toDay: day + 1 },
    { tier: 'minute', fromDay: day, toDay: day },
    { tier: 'hour', fromDay: day, toDay: day },
  ]);
  await sql`insert into host (name, kind, tags, facts, machine_id, removed_at) values
    ('web', 'agent', ${sql.json({ [hostile.slice(0, 20)]: hostile })}, '{}', ${hostile}, null),
    ('', 'push', '{}', '{}', '', null), ('gone', 'push', '{}', '{}', '', now())`.catch(async () => {
    // A name may not be empty: the constraint is part of the schema.
    await sql`insert into host (name, kind, tags, machine_id, removed_at) values
      ('web', 'agent', ${sql.json({ [hostile.slice(0, 20)]: hostile })}, ${hostile}, null), ('gone', 'push', '{}', '', 'infinity')`;
  });
  await sql`insert into token (hash, host) select sha256(id::text::bytea), id from host`;
  await sql`insert into layout (id, body) values ('\\x0000000000000000', ''), ('\\xffffffffffffffff', '\\x00ff5c5c0a09')`;
  await sql`insert into stream (host, epoch, ordinal, first_seq, stored_seq, stored_ticks, gap_ticks, shift_ms, lease)
    select id, decode(lpad(to_hex(id), 32, '0'), 'hex'), 1, 1, 9007199254740993, 9007199254740990, 3, '-0', 4503599627370495 from host`;
  await sql`insert into batch (host, stream, first_seq, last_seq, layout, ticks, from_ms, to_ms, offsets, data)
    select 1, 1, n, n, '\\x0000000000000000', 1, f, 1.7976931348623157e308, '', decode(repeat(lpad(to_hex(n), 2, '0'), case n when 200 then 200000 else n end), 'hex')
    from generate_series(1, 255) n, (values ('NaN'::float8), ('-Infinity'), (0.1), (5e-324), ('-0')) v(f)`;
  await sql`insert into gap (host, stream, first_seq, last_seq, reason, from_ms, to_ms) values (1, 1, 5, 7, 'expired', 'NaN', 'Infinity')`;
  await sql`insert into chunk (host, tier, day, id, part, ticks, samples, from_ms, to_ms, layout, runs, offsets, data)
    select 1, t, ${day}::int + (t = 0 and p = 1)::int, nextval('chunk_id'), p, 5, 50, 1, 2, '\\xffffffffffffffff', '\\x0102', '\\x', '\\x0a5c4e'
    from generate_series(0, 2) t, generate_series(0, 1) p`;
  await sql`insert into day (host, day, version) values (1, ${day}, 7)`;
}

/** Every row of every table as text, by table. */
/** All but what is another one after a restore. */
async function contentOf(sql: Sql): Promise<Record<string, string[]>> {
  const content: Record<string, string[]> = {};
  for (const { name } of await readTables(sql)) {
    const rows = await sql<{ text: string }[]>`select t::text as text from ${sql(name)} t order by 1`;
    content[name] = rows.map(({ text }) => (name === 'hub' ? text.replace(/,[^,]*\)$/, ')') : text));
  }
  return content;
}

async function lifeOf(sql: Sql): Promise<string> {
  const [hub] = await sql<{ life: string }[]>`select encode(life, 'hex') as life from hub`;
  return hub!.life;
}

async function sequencesOf(sql: Sql): Promise<unknown> {
  return [...(await sql`select sequencename, last_value from pg_sequences order by 1`)];
}

async function copy(from: TestDatabase, into: TestDatabase, folder = sqlFolder) {
  return await withReader(from, (sql) => loadSnapshot(into.sql, readSnapshot(sql), { sqlFolder: folder }));
}

describe('a snapshot', () => {
  test('holds every table of the schema', async () => {
    await withDatabase(async ({ sql }) => {
      const rows = await sql<{ name: string }[]>`
        select relname as name from pg_class where relnamespace = 'public'::regnamespace and relkind in ('r', 'p') and not relispartition`;
      const names = (await readTables(sql)).map(({ name }) => name);
      expect([...names, 'migration'].sort()).toEqual(rows.map(({ name }) => name).sort());
      expect(names.indexOf('host')).toBeLessThan(names.indexOf('token'));
    });
  });

  test('comes back whole in an empty database: rows of every kind, partitions, sequences, schema', async () => {
    await withDatabase(async (from) => {
      await fill(from.sql);
      await withDatabase(
        async (into) => {
          const { tables } = await copy(from, into);

          expect(await contentOf(into.sql)).toEqual(await contentOf(from.sql));
          expect(tables.map(({ rowCount }) => rowCount)).toContain(1_275);
          expect(await dumpSchema(into.sql)).toBe(await dumpSchema(from.sql));
          expect(await readPartitions(into.sql)).toEqual(await readPartitions(from.sql));
          expect(await sequencesOf(into.sql)).toEqual(await sequencesOf(from.sql));
          // Notices of what happens from here on are not taken for repetitions of what happened after the backup.
          expect(await lifeOf(into.sql)).not.toBe(await lifeOf(from.sql));
        },
        { migrations: 'none' },
      );
    });
  });

  test('takes the place of everything that was there', async () => {
    await withDatabase(async (from) => {
      await withDatabase(async (into) => {
        await fill(into.sql);
        await into.sql`create table leftover as select 1 as one`;
        await copy(from, into);

        expect(await contentOf(into.sql)).toEqual(await contentOf(from.sql));
        expect(await dumpSchema(into.sql)).toBe(await dumpSchema(from.sql));
        await into.sql`insert into host (name, kind) values ('new', 'push')`;
      });
    });
  });

  test('is what was stored at one moment, whatever is written meanwhile', async () => {
    await withDatabase(async (from) => {
      await fill(from.sql);
      const before = await contentOf(from.sql);
      await withDatabase(
        async (into) => {
          async function* slowed(parts: AsyncIterable<SnapshotPart>) {
            for await (const part of parts) {
              if (part.kind === 'header') {
                await from.sql`delete from gap`;
                await from.sql`insert into host (name, kind) values ('late', 'push')`;
              }
              yield part;
            }
          }
          await withReader(from, (sql) => loadSnapshot(into.sql, slowed(readSnapshot(sql)), { sqlFolder }));

          expect(await contentOf(into.sql)).toEqual(before);
        },
        { migrations: 'none' },
      );
    });
  });

  test('of an older schema is moved forward once it is loaded', async () => {
    const folder = mkdtempSync(join(tmpdir(), 'pulsewire-sql-'));
    const count = readMigrations(sqlFolder).length;
    cpSync(sqlFolder, folder, { recursive: true });
    writeFileSync(
      join(folder, `${String(count + 1).padStart(4, '0')}-later.sql`),
      `alter table gap add column note text not null default 'none'; create table later (id int primary key); insert into later values (7);`,
    );
    try {
      await withDatabase(async (from) => {
        await fill(from.sql);
        await withDatabase(async (into) => {
          await copy(from, into, folder);

          expect(await into.sql`select note from gap`).toEqual([{ note: 'none' }]);
          expect(await into.sql`select id from later`).toEqual([{ id: 7 }]);
          // And back: this version does not know that schema.
          await expect(copy(into, from)).rejects.toThrow('must not be of a newer schema');
          expect(await from.sql`select count(*)::int as count from gap`).toEqual([{ count: 1 }]);
        });
      });
    } finally {
      rmSync(folder, { recursive: true, force: true });
    }
  });

  test.each<[string, (parts: SnapshotPart[]) => SnapshotPart[], string]>([
    [
      'a row that breaks a constraint',
      (parts) => withRows(parts, 'gap', '1\t1\t1\t9\t1\texpired\t0\t0\n'),
      'gap_check',
    ],
    [
      'a value that is none',
      (parts) => withRows(parts, 'gap', '1\tx\t1\t1\t1\texpired\t0\t0\n'),
      'invalid input syntax',
    ],
    ['a row with too few values', (parts) => withRows(parts, 'gap', '1\t1\n'), 'it must have 8 values: got 2'],
    ['a row that is cut off', (parts) => withRows(parts, 'gap', '1'), 'its last row must be whole'],
    ['a chunk of no tier', (parts) => withRows(parts, 'chunk', `1\t9${'\t1'.repeat(11)}\n`), 'must be of a tier'],
    ['no end', (parts) => parts.slice(0, -1), 'it must have an end'],
    [
      'a table less',
      (parts) =>
        parts.filter(
          (part, index) =>
            !(part.kind === 'table' && part.name === 'gap') &&
            !(part.kind === 'tableEnd' && (parts[index - 1] as { name?: string }).name === 'gap'),
        ),
      'it must hold every table: got none of gap',
    ],
    [
      'another table',
      (parts) => [{ ...(parts[0] as Extract<SnapshotPart, { kind: 'header' }>), tables: [] }, ...parts.slice(1)],
      'the tables of the backup must be those of schema',
    ],
  ])('with %s leaves the database as it was', async (_, change, message) => {
    await withDatabase(async (from) => {
      const parts: SnapshotPart[] = [];
      await withReader(from, async (sql) => {
        for await (const part of readSnapshot(sql)) parts.push(part);
      });
      await withDatabase(async (into) => {
        await fill(into.sql);
        const before = [await contentOf(into.sql), await sequencesOf(into.sql), await dumpSchema(into.sql)];
        async function* changed() {
          yield* change(parts);
        }

        await expect(loadSnapshot(into.sql, changed(), { sqlFolder })).rejects.toThrow(message);
        expect([await contentOf(into.sql), await sequencesOf(into.sql), await dumpSchema(into.sql)]).toEqual(before);
      });
    });
  });

  test('is not loaded over tables of somebody else', async () => {
    await withDatabase(async (from) => {
      await withDatabase(
        async (into) => {
          await into.sql`create table invoice (id int)`;
          await expect(copy(from, into)).rejects.toThrow("must be empty or Pulsewire's own: got one with invoice");
          expect(await into.sql`select to_regclass('invoice') is not null as there`).toEqual([{ there: true }]);
        },
        { migrations: 'none' },
      );
    });
  });

  test('is not read from a database without our tables', async () => {
    await withDatabase(
      async (from) => {
        await withReader(from, async (sql) => {
          await expect(readSnapshot(sql).next()).rejects.toThrow('must hold the tables of Pulsewire');
        });
      },
      { migrations: 'none' },
    );
  });

  test('ends with an error when its connection is lost, whether between tables or within one', async () => {
    await withDatabase(async (from) => {
      await fill(from.sql);
      for (const kind of ['table', 'rows'] as const) {
        await withReader(from, async (sql) => {
          const [backend] = await sql<{ pid: number }[]>`select pg_backend_pid() as pid`;
          const read = async () => {
            for await (const part of readSnapshot(sql)) {
              if (part.kind !== kind) continue;
              await from.sql`select pg_terminate_backend(${backend!.pid}, 5000)`;
              await delay(0);
            }
          };
          await expect(read(), kind).rejects.toThrow();
        });
      }
    });
  });
});

function withRows(parts: readonly SnapshotPart[], table: string, text: string): SnapshotPart[] {
  return parts.flatMap((part): SnapshotPart[] =>
    part.kind === 'table' && part.name === table ? [part, { kind: 'rows', bytes: Buffer.from(text) }] : [part],
  );
}

test('inDependencyOrder() refuses a ring', () => {
  const items = [{ id: 1 }, { id: 2 }, { id: 3 }];
  expect(inDependencyOrder(items, [{ from: 1, to: 3 }])).toEqual([{ id: 2 }, { id: 3 }, { id: 1 }]);
  expect(() =>
    inDependencyOrder(items, [
      { from: 1, to: 2 },
      { from: 2, to: 1 },
    ]),
  ).toThrow('must not form a ring');
});

test('a migration folder of this version makes what is backed up', async () => {
  await withDatabase(
    async ({ sql }) => {
      await migrate(sql, sqlFolder, { upTo: 1 });
      expect((await readTables(sql)).map(({ name }) => name)).not.toContain('chunk');
      await migrate(sql, sqlFolder);
      expect((await readTables(sql)).map(({ name }) => name)).toContain('chunk');
    },
    { migrations: 'none' },
  );
});
