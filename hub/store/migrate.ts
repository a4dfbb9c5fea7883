/**
 * Moves the database forward to the schema that this version of the hub knows, and says how far it can be
 * trusted with data.
 *
 * Files are `0001-name.sql`, `0002-…`, without a hole. Each runs as one simple query, which PostgreSQL takes as
 * one transaction: the lock, the row in `migration`, then the file. So a file is either applied and recorded or
 * has left nothing, and of two hubs that start at once the second finds the row and goes on. The lock is of the
 * transaction, so it works through a connection pooler too.
 */
import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import postgres from 'postgres';
import { ConfigError } from '#core/errors.ts';

export interface Migration {
  readonly version: number;
  readonly name: string;
  readonly text: string;
}

/** The oldest that is tested: `ingest` and the partitions need nothing newer. */
const serverVersionMin = 15;
/** Any fixed number that nothing else in the database locks: the bytes of "pwmi". */
const lockKey = 0x7077_6d69;
/** A rival's migration may rewrite a table; one that takes longer is looked at by a person. */
const lockTimeout = '60s';

/**
 * Applies what is missing (of the first `upTo`, if not of all) and returns the version before and after. Throws ConfigError for a server that is too
 * old and for a schema that is newer than `folder`; a failing file is thrown as an Error that names it.
 */
export async function migrate(
  sql: postgres.Sql,
  folder: string,
  options: { readonly upTo?: number } = {},
): Promise<{ readonly from: number; readonly to: number }> {
  const migrations = readMigrations(folder).slice(0, options.upTo);
  await checkServerVersion(sql);
  await createMigrationTable(sql);
  const from = await readVersion(sql);
  if (from > migrations.length) {
    throw new ConfigError([
      `the schema of the database must not be newer than this version of Pulsewire, which knows ${migrations.length}; start the newer version, or restore a backup made by this one: got ${from}`,
    ]);
  }
  for (const migration of migrations.slice(from)) await apply(sql, migration);
  return { from, to: migrations.length };
}

/** The migrations in `folder`, in order. Throws when a name is not understood or a number is missing. */
export function readMigrations(folder: string): readonly Migration[] {
  const names = readdirSync(folder).filter((name) => name.endsWith('.sql') && name !== 'schema.sql');
  return names.sort().map((name, index) => {
    const version = Number(/^(\d{4})-[a-z0-9-]+\.sql$/.exec(name)?.[1] ?? Number.NaN);
    if (version !== index + 1) {
      const expected = String(index + 1).padStart(4, '0');
      throw new Error(
        `Cannot read migrations: file ${index + 1} must be named "${expected}-….sql": got ${JSON.stringify(name)}`,
      );
    }
    const text = readFileSync(join(folder, name), 'utf8');
    if (/^\s*(begin|start transaction|commit|rollback)\s*;/im.test(text)) {
      throw new Error(`Cannot read migrations: a file must not end its transaction: got ${JSON.stringify(name)}`);
    }
    return { version, name, text };
  });
}

async function checkServerVersion(sql: postgres.Sql): Promise<void> {
  const [row] = await sql<{ version: string }[]>`select current_setting('server_version') as version`;
  const version = row?.version ?? '';
  if (Number.parseInt(version, 10) >= serverVersionMin) return;
  throw new ConfigError([`PostgreSQL must be of version ${serverVersionMin} or newer: got ${JSON.stringify(version)}`]);
}

async function createMigrationTable(sql: postgres.Sql): Promise<void> {
  const [row] = await sql<{ exists: boolean }[]>`select to_regclass('migration') is not null as exists`;
  if (row?.exists === true) return;
  await sql.unsafe(`${takeLock}
    create table if not exists migration (
      version int primary key,
      name text not null,
      applied_at timestamptz not null default clock_timestamp()
    );`);
}

const takeLock = `set local lock_timeout = '${lockTimeout}'; set local statement_timeout = 0;
  set local client_min_messages = warning; select pg_advisory_xact_lock(${lockKey});`;

async function readVersion(sql: postgres.Sql): Promise<number> {
  const [row] = await sql<{ version: number }[]>`select coalesce(max(version), 0) as version from migration`;
  return row?.version ?? 0;
}

async function apply(sql: postgres.Sql, migration: Migration): Promise<void> {
  try {
    await sql.unsafe(`${takeLock}
      insert into migration (version, name) values (${migration.version}, '${migration.name}');
      ${migration.text}`);
  } catch (error) {
    // A rival applied it while we waited for the lock.
    if (error instanceof postgres.PostgresError && error.code === '23505' && error.table_name === 'migration') return;
    throw new Error(`Cannot migrate: ${JSON.stringify(migration.name)} must succeed`, { cause: error });
  }
}

export type Durability =
  | { readonly kind: 'strong' }
  /** `weak` names each setting with its value: committed data may be lost or torn by a crash. */
  | { readonly kind: 'weak'; readonly weak: readonly string[] };

/** Whether a commit on this server survives a crash, so that it may be acknowledged to an agent. */
export async function checkDurability(sql: postgres.Sql): Promise<Durability> {
  const rows = await sql<{ name: string; setting: string }[]>`
    select name, setting from pg_settings
    where name in ('fsync', 'full_page_writes', 'synchronous_commit') and setting = 'off' order by name`;
  if (rows.length === 0) return { kind: 'strong' };
  return { kind: 'weak', weak: rows.map((row) => `${row.name} = ${row.setting}`) };
}
