import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import postgres from 'postgres';
import { afterEach, describe, expect, test } from 'vitest';
import { withDatabase } from '../testing/database.ts';
import { checkDurability, migrate } from './migrate.ts';

const folders: string[] = [];

afterEach(() => {
  for (const folder of folders.splice(0)) rmSync(folder, { recursive: true });
});

/** A folder with these migrations, numbered in order. */
function migrationsOf(...texts: readonly string[]): string {
  const folder = mkdtempSync(join(tmpdir(), 'pulsewire-migrations-'));
  folders.push(folder);
  texts.forEach((text, index) => {
    writeFileSync(join(folder, `${String(index + 1).padStart(4, '0')}-step.sql`), text);
  });
  return folder;
}

const first =
  'create table one (id int primary key); create function two() returns int language sql as $$ select 2 $$;';
const second = 'create table three (id int); insert into one values (7);';
const empty = { migrations: 'none' } as const;

describe('migrate()', () => {
  test('applies what is missing, in order, and nothing twice', async () => {
    await withDatabase(async ({ sql }) => {
      expect(await migrate(sql, migrationsOf(first))).toEqual({ from: 0, to: 1 });
      const folder = migrationsOf(first, second);
      expect(await migrate(sql, folder)).toEqual({ from: 1, to: 2 });
      expect(await migrate(sql, folder)).toEqual({ from: 2, to: 2 });
      expect(await sql`select version, name, (select id from one) as id from migration order by version`).toEqual([
        { version: 1, name: '0001-step.sql', id: 7 },
        { version: 2, name: '0002-step.sql', id: 7 },
      ]);
    }, empty);
  });

  test('leaves nothing of a file that fails, and goes on once it is mended', async () => {
    await withDatabase(async ({ sql }) => {
      const broken = migrationsOf(first, 'create table three (id int); select 1 / 0;');
      await expect(migrate(sql, broken)).rejects.toMatchObject({
        message: 'Cannot migrate: "0002-step.sql" must succeed',
        cause: expect.objectContaining({ code: '22012' }),
      });
      expect(await sql`select to_regclass('three') as three, max(version) as version from migration`).toEqual([
        { three: null, version: 1 },
      ]);
      expect(await migrate(sql, migrationsOf(first, second))).toEqual({ from: 1, to: 2 });
    }, empty);
  });

  test('leaves nothing of a file whose backend is killed in the middle', async () => {
    await withDatabase(async ({ sql, connection }) => {
      const rival = postgres({ ...connection, max: 1, onnotice: () => undefined });
      const migrating = migrate(sql, migrationsOf(first, 'create table three (id int); select pg_sleep(60);'));
      const outcome = expect(migrating).rejects.toThrow('must succeed');
      const isAsleep = async () =>
        (
          await rival`select pg_terminate_backend(pid) from pg_stat_activity where wait_event = 'PgSleep' and datname = current_database()`
        ).length > 0;
      while (!(await isAsleep()));
      await outcome;
      expect(await rival`select to_regclass('three') as three, max(version) as version from migration`).toEqual([
        { three: null, version: 1 },
      ]);
      await rival.end();
    }, empty);
  });

  test('runs each file once when several hubs start together', async () => {
    await withDatabase(async ({ connection, sql }) => {
      const folder = migrationsOf(first, second, 'create table four (id int)');
      const pools = Array.from({ length: 4 }, () => postgres({ ...connection, max: 1, onnotice: () => undefined }));
      const results = await Promise.all(pools.map((pool) => migrate(pool, folder)));
      for (const pool of pools) await pool.end();

      expect(results.map((result) => result.to)).toEqual([3, 3, 3, 3]);
      expect(
        await sql`select count(*)::int as versions, (select count(*)::int from one) as rows from migration`,
      ).toEqual([{ versions: 3, rows: 1 }]);
    }, empty);
  });

  test('refuses a schema that is newer than the files and leaves it as it is', async () => {
    await withDatabase(async ({ sql }) => {
      await migrate(sql, migrationsOf(first, second));

      await expect(migrate(sql, migrationsOf(first))).rejects.toMatchObject({
        name: 'ConfigError',
        message: expect.stringContaining('which knows 1'),
      });
      expect(await sql`select max(version) as version from migration`).toEqual([{ version: 2 }]);
    }, empty);
  });

  test.each([
    ['a hole in the numbers', '0002-late.sql', 'select 1'],
    ['a name that is not understood', '1-first.sql', 'select 1'],
    ['a file that ends its transaction', '0001-first.sql', 'select 1;\ncommit;\nselect 2'],
  ])('refuses %s before it touches the database', async (_, name, text) => {
    await withDatabase(async ({ sql }) => {
      const folder = migrationsOf();
      writeFileSync(join(folder, name), text);
      await expect(migrate(sql, folder)).rejects.toThrow('Cannot read migrations');
      expect(await sql`select to_regclass('migration') as migration`).toEqual([{ migration: null }]);
    }, empty);
  });
});

describe('checkDurability()', () => {
  test('calls the embedded server strong', async () => {
    await withDatabase(async ({ sql }) => expect(await checkDurability(sql)).toEqual({ kind: 'strong' }), empty);
  });

  test('names what is weak', async () => {
    await withDatabase(async ({ connection }) => {
      const sql = postgres({ ...connection, max: 1, connection: { synchronous_commit: 'off' } as never });
      expect(await checkDurability(sql)).toEqual({ kind: 'weak', weak: ['synchronous_commit = off'] });
      await sql.end();
    }, empty);
  });
});
