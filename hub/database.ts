/**
 * From settings to a database that is ready: the embedded server or an external one, migrated, its durability
 * looked at, its hosts read.
 */
import type { Logger } from 'pino';
import { ConfigError } from '#core/errors.ts';
import { type HubConfig, keepDaysOf } from './config.ts';
import { type EmbeddedPostgres, startEmbedded } from './embedded/embedded.ts';
import { readHosts } from './store/admission.ts';
import { type Floors, readFloors } from './store/chunks/floors.ts';
import { ensurePartitions, spansToKeep } from './store/chunks/partitions.ts';
import { connect, type StoreConnection } from './store/connect.ts';
import { checkDurability, migrate } from './store/migrate.ts';

export interface Database {
  readonly connection: StoreConnection;
  readonly embedded: EmbeddedPostgres | null;
  readonly known: Awaited<ReturnType<typeof readHosts>>;
  readonly floors: Floors;
}

/** Starts the embedded server; null when an external one is configured. */
export async function startServer(
  config: HubConfig,
  options: { readonly dataFolder: string; readonly log: Logger },
): Promise<EmbeddedPostgres | null> {
  if (config.databaseUrl !== null) return null;
  return await startEmbedded(options);
}

/** Migrates, makes partitions, and reads. Rejects with ConfigError for what the operator must change, else when the database is away. */
export async function openDatabase(
  config: HubConfig,
  options: {
    readonly embedded: EmbeddedPostgres | null;
    readonly sqlFolder: string;
    readonly log: Logger;
    readonly nowMs: number;
  },
): Promise<Database> {
  const { embedded, log } = options;
  const connection = connectionOf(config, embedded);
  const sql = connect(connection, { connectionCount: 2, name: 'pulsewire start', statementMsMax: 600_000 });
  try {
    const { from, to } = await migrate(sql, options.sqlFolder);
    if (from !== to) log.info({ from, to }, 'schema.migrated');
    const durability = await checkDurability(sql);
    if (durability.kind === 'weak') log.warn({ weak: durability.weak }, 'database.durability-weak');
    const floors = await readFloors(sql);
    await ensurePartitions(sql, spansToKeep({ keepDays: keepDaysOf(config), floors, nowMs: options.nowMs }));
    return { connection, embedded, known: await readHosts(sql), floors };
  } finally {
    await sql.end({ timeout: 2 });
  }
}

function connectionOf(config: HubConfig, embedded: EmbeddedPostgres | null): StoreConnection {
  if (embedded !== null) return { url: null, ...embedded.connection };
  if (config.databaseUrl === null) throw new ConfigError(['a database must be configured']);
  return { url: config.databaseUrl, path: null, username: '', password: '', database: '' };
}
