/**
 * Connections to PostgreSQL with the settings that the whole hub relies on. postgres.js stays in this folder.
 */
import postgres from 'postgres';

export type Sql = postgres.Sql;

/** How to reach the database: plain data, so that each thread can open its own connections. */
export interface StoreConnection {
  /** A connection string; null when the parts below are used. */
  readonly url: string | null;
  /** Socket file of the embedded server. */
  readonly path: string | null;
  readonly username: string;
  readonly password: string;
  readonly database: string;
}

export interface ConnectOptions {
  readonly connectionCount: number;
  /** Shown in pg_stat_activity. */
  readonly name: string;
  /** A statement that takes longer is ended by the server, ms. */
  readonly statementMsMax: number;
  /** Memory of a sort or a list of rows before it goes to a file; the server's own setting when absent. */
  readonly workMemory?: string;
  /** Plans each statement once and not for its values: for few large statements over many partitions. */
  readonly plansOnce?: boolean;
  /** Seconds between tries to connect again; the driver's own rise to 20 s when absent. */
  readonly retrySec?: number;
  /** Whether a commit is on the disk when it is answered, which is the default. Without, a crash may undo the newest ones. */
  readonly isDurable?: boolean;
}

/** Waiting for a lock longer than this is trouble worth a retry (a table lock by hand, a migration). */
const lockMsMax = 10_000;

/** Opens a pool lazily: the first statement connects. */
export function connect(connection: StoreConnection, options: ConnectOptions): Sql {
  const shared: postgres.Options<Record<string, never>> = {
    max: options.connectionCount,
    connect_timeout: 10,
    idle_timeout: 0,
    max_lifetime: null,
    fetch_types: false,
    // Its types know a switch only.
    ...(options.retrySec === undefined ? {} : { backoff: options.retrySec as unknown as boolean }),
    // Notices (an object exists already) are of no use to anybody.
    onnotice: () => {},
    connection: {
      application_name: options.name,
      statement_timeout: options.statementMsMax,
      lock_timeout: lockMsMax,
      // Whatever the server's default is, an ack means on disk.
      synchronous_commit: options.isDurable === false ? 'off' : 'on',
      tcp_keepalives_idle: 30,
      // Estimates for arrays as parameters are guesses, and compiling a statement of a millisecond does not pay.
      jit: false,
      ...(options.workMemory === undefined ? {} : { work_mem: options.workMemory }),
      ...(options.plansOnce === true ? { plan_cache_mode: 'force_generic_plan' } : {}),
    },
  };
  if (connection.url !== null) return postgres(connection.url, shared);
  const { username, password, database } = connection;
  return postgres({
    ...shared,
    ...(connection.path === null ? {} : { path: connection.path }),
    username,
    password,
    database,
  });
}

/** What an error of the database asks for. */
export type StoreTrouble =
  /** This very data cannot be stored. */
  | 'data'
  /** The server is away, busy, full or restarting: try again. */
  | 'weather';

/**
 * SQLSTATE classes 22 (data exception) and 23 (integrity constraint) blame the data; everything else, and all
 * errors of the connection, may be gone at the next try. Source: PostgreSQL manual, appendix A.
 */
export function troubleOf(error: unknown): StoreTrouble {
  const code = codeOf(error);
  return /^2[23][0-9A-Z]{3}$/.test(code) ? 'data' : 'weather';
}

/** SQLSTATE or driver code of an error; its message when it has none. */
export function codeOf(error: unknown): string {
  if (error instanceof Error) {
    const { code } = error as { code?: unknown };
    return typeof code === 'string' ? code : error.message;
  }
  return String(error);
}
