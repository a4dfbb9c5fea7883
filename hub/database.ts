/**
 * From settings to a database that is ready: the embedded server or an external one, migrated, its durability
 * looked at, its hosts read.
 */
import type { Logger } from 'pino';
import { ConfigError } from '#core/errors.ts';
import { idleTargetsMax } from './alerting/alert-targets.ts';
import { type HubConfig, keepDaysOf } from './config.ts';
import { type EmbeddedPostgres, startEmbedded } from './embedded/embedded.ts';
import { type AccessState, readAccess } from './store/access/access-state.ts';
import { readHosts } from './store/admission.ts';
import { readTargets, type StoredTarget } from './store/alerts/record.ts';
import { type Floors, readFloors } from './store/chunks/floors.ts';
import { ensurePartitions, spansToKeep } from './store/chunks/partitions.ts';
import { connect, type StoreConnection } from './store/connect.ts';
import { checkDurability, migrate } from './store/migrate.ts';
import { grantHubRights, type HubRights } from './store/roles.ts';

export interface Database {
  /** As the role that the hub works as. */
  readonly connection: StoreConnection;
  /** As the owner of the tables: for partitions, retention and wiping. The same role where there is only one. */
  readonly ownerConnection: StoreConnection;
  readonly rights: HubRights;
  readonly embedded: EmbeddedPostgres | null;
  readonly known: Awaited<ReturnType<typeof readHosts>> & { readonly targets: readonly StoredTarget[] };
  readonly floors: Floors;
  /** Who may do what. */
  readonly access: AccessState;
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
  const { connection, ownerConnection } = connectionsOf(config, embedded);
  const sql = connect(ownerConnection, { connectionCount: 2, name: 'pulsewire start', statementMsMax: 600_000 });
  try {
    const { from, to } = await migrate(sql, options.sqlFolder);
    if (from !== to) log.info({ from, to }, 'schema.migrated');
    const rights = await grantHubRights(sql, connection);
    if (rights.isSuperuser) log.warn({ role: rights.role }, 'database.role-superuser');
    const durability = await checkDurability(sql);
    if (durability.kind === 'weak') log.warn({ weak: durability.weak }, 'database.durability-weak');
    const floors = await readFloors(sql);
    await ensurePartitions(sql, spansToKeep({ keepDays: keepDaysOf(config), floors, nowMs: options.nowMs }));
    return {
      connection,
      ownerConnection,
      rights,
      embedded,
      known: { ...(await readHosts(sql)), targets: await readTargets(sql, idleTargetsMax) },
      floors,
      access: await readAccess(sql),
    };
  } finally {
    await sql.end({ timeout: 2 });
  }
}

function connectionsOf(
  config: HubConfig,
  embedded: EmbeddedPostgres | null,
): { readonly connection: StoreConnection; readonly ownerConnection: StoreConnection } {
  if (embedded !== null)
    return {
      connection: { url: null, ...embedded.hubConnection },
      ownerConnection: { url: null, ...embedded.connection },
    };
  if (config.databaseUrl === null) throw new ConfigError(['a database must be configured']);
  const of = (url: string): StoreConnection => ({ url, path: null, username: '', password: '', database: '' });
  return { connection: of(config.databaseUrl), ownerConnection: of(config.databaseOwnerUrl ?? config.databaseUrl) };
}
