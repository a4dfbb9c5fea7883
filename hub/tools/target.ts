/**
 * The database that a command works on, with or without a hub beside it.
 */
import type { Logger } from 'pino';
import { ConfigError } from '#core/errors.ts';
import { type HubConfig, ownerUrlOf } from '../config.ts';
import { attachEmbedded } from '../embedded/attach.ts';
import { startEmbedded } from '../embedded/embedded.ts';
import { codeOf, connect, type Sql, type StoreConnection } from '../store/connect.ts';
import { readHubSessions, toolName } from '../store/sessions.ts';

export interface Place {
  readonly config: HubConfig;
  readonly dataFolder: string;
  readonly log: Logger;
}

export interface Target {
  readonly connection: StoreConnection;
  close(): Promise<void>;
}

/** Codes of the system, the driver and the server (classes 08, 28, 3D and 57P) for a database that cannot be used as it is. */
const unreachable =
  /^(ECONN|EHOSTUNREACH|ENOTFOUND|EAI_|ETIMEDOUT|CONNECT_TIMEOUT|CONNECTION_|08...|28...|3D...|57P..)/;

/** How long a command that is stopped waits for its work to clean up after itself. */
const cleanupMsMax = 5_000;

/** The database as it is: the running server if there is one, else started for the time being. */
export async function openShared(place: Place): Promise<Target> {
  const external = externalTarget(place);
  if (external !== null) return external;
  const attached = await attachEmbedded(place.dataFolder);
  if (attached === 'none')
    throw new ConfigError([`the data folder must hold a database: got none in ${JSON.stringify(place.dataFolder)}`]);
  if (attached === 'stopped') return await openAlone(place);
  return { connection: { url: null, ...attached.connection }, close: async () => attached.close() };
}

/** The database for a command that no hub may work beside; made where there is none. The caller has asked `isHubThere`. */
export async function openAlone(place: Place): Promise<Target> {
  const external = externalTarget(place);
  if (external !== null) return external;
  const { dataFolder, log } = place;
  const embedded = await startEmbedded({ dataFolder, log });
  return { connection: { url: null, ...embedded.connection }, close: () => embedded.stop() };
}

/** Whether a hub works on the database now. `none`: there is no database yet. */
export async function findHub(place: Place, signal: AbortSignal): Promise<'there' | 'absent' | 'none'> {
  const external = externalTarget(place);
  const attached = external === null ? await attachEmbedded(place.dataFolder) : null;
  if (attached === 'none') return 'none';
  if (attached === 'stopped') return 'absent';
  const connection = attached === null ? external!.connection : { url: null, ...attached.connection };
  try {
    const sessions = await withSql(connection, { connectionCount: 1, signal }, readHubSessions);
    return sessions.length === 0 ? 'absent' : 'there';
  } finally {
    attached?.close();
  }
}

function externalTarget({ config }: Place): Target | null {
  const url = ownerUrlOf(config);
  if (url === null) return null;
  const connection = { url, path: null, username: '', password: '', database: '' };
  return { connection, close: () => Promise.resolve() };
}

/** Uses a pool and ends it. Aborting ends its connections, and with them what they were doing; then it throws. */
export async function withSql<T>(
  connection: StoreConnection,
  options: { readonly connectionCount: number; readonly signal: AbortSignal },
  use: (sql: Sql) => Promise<T>,
): Promise<T> {
  const { connectionCount, signal } = options;
  const sql = connect(connection, { connectionCount, name: toolName, statementMsMax: 0 });
  let stop = () => {};
  const stopped = new Promise<never>((_, reject) => {
    stop = () => reject(new ConfigError(['the command must come to its end: got a signal to stop']));
    signal.addEventListener('abort', stop, { once: true });
    if (signal.aborted) stop();
  });
  const work = use(sql);
  try {
    return await Promise.race([work, stopped]);
  } catch (error) {
    const code = codeOf(error);
    if (!unreachable.test(code)) throw error;
    throw new ConfigError([`the database must answer and let us in: got ${code}`]);
  } finally {
    signal.removeEventListener('abort', stop);
    await sql.end({ timeout: 0 });
    let timer: NodeJS.Timeout | undefined;
    const late = new Promise((resolve) => {
      timer = setTimeout(resolve, cleanupMsMax);
    });
    await Promise.race([work.catch(() => {}), late]);
    clearTimeout(timer);
  }
}
