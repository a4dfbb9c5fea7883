/**
 * The embedded server that runs already, as another program than its hub reaches it: nothing is started, taken over
 * or stopped, so it works beside a hub and beside nobody.
 */
import { existsSync } from 'node:fs';
import type { PostgresConnection } from './connection.ts';
import { fallbackFolderOf, findExisting, openDataFolder, readPointer } from './home.ts';
import { accessCluster } from './server.ts';

export interface AttachedPostgres {
  readonly connection: PostgresConnection;
  close(): void;
}

/** `none`: there is no cluster. `stopped`: there is one, and no server of it answers. Throws ConfigError as `startEmbedded` does. */
export async function attachEmbedded(dataFolder: string): Promise<AttachedPostgres | 'none' | 'stopped'> {
  if (!existsSync(dataFolder)) return 'none';
  const folder = openDataFolder(dataFolder);
  const existing = findExisting(folder, readPointer(folder) ?? fallbackFolderOf(folder));
  if (existing === null) return 'none';
  const access = accessCluster(existing.cluster);
  if (await access.answers()) return { connection: access.connection, close: access.close };
  access.close();
  return 'stopped';
}
