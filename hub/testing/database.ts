/**
 * A database of its own for each test that asks: cloned from a template that was migrated once, in one server
 * that all files of a test run share (see `database-server.ts`) and that runs with the settings of production.
 */
import { spawn } from 'node:child_process';
import { createHash, randomBytes } from 'node:crypto';
import { chmodSync, existsSync, mkdirSync, readFileSync } from 'node:fs';
import { createRequire } from 'node:module';
import { tmpdir } from 'node:os';
import { join, resolve } from 'node:path';
import { setTimeout as delay } from 'node:timers/promises';
import { pathToFileURL } from 'node:url';
import { isMainThread } from 'node:worker_threads';
import postgres from 'postgres';
import type { PostgresConnection } from '../embedded/connection.ts';
import { migrate, readMigrations } from '../store/migrate.ts';

export interface TestDatabase {
  /** As the owner, who is no superuser; a pool of four. */
  readonly sql: postgres.Sql;
  /** The same for a pool of one's own, for a thread, or for a hub that is started with it. */
  readonly connection: PostgresConnection;
  /** As the role that a hub works as; without rights until a hub, or the test, has given them. */
  readonly hubConnection: PostgresConnection;
  /** To this database as the superuser. */
  readonly superuserConnection: PostgresConnection;
}

export interface DatabaseOptions {
  /** Folder of migrations that the database starts with; `none` for an empty one. Default: `sql/` of the repository. */
  readonly migrations?: string | 'none';
}

interface Server {
  readonly superuser: PostgresConnection;
  readonly application: PostgresConnection;
  readonly hub: PostgresConnection;
}

const repositoryMigrations = resolve(import.meta.dirname, '../../sql');
/** initdb takes 1 s on two idle cores; the other projects of the run may be using them. */
const serverMsMax = 50_000;
/** Any fixed number: two files that start at once must not make the same template. */
const templateLockKey = 0x7077_7470;

/** Runs `use` with a database of its own and drops it after, whether `use` succeeded or not. */
export async function withDatabase<T>(
  use: (database: TestDatabase) => Promise<T>,
  options: DatabaseOptions = {},
): Promise<T> {
  const database = await createTestDatabase(options);
  try {
    return await use(database);
  } finally {
    await database.drop();
  }
}

/** A database for a whole file: make it in `beforeAll`, drop it in `afterAll`. */
export async function createTestDatabase(
  options: DatabaseOptions = {},
): Promise<TestDatabase & { drop(): Promise<void> }> {
  const server = await startServer();
  const name = `test_${randomBytes(6).toString('hex')}`;
  await asSuperuser(server, async (admin) => {
    const template = await ensureTemplate(admin, { server, migrations: options.migrations ?? repositoryMigrations });
    await admin.unsafe(`create database ${name} template ${template} owner ${server.application.username}`);
  });
  const connection = { ...server.application, database: name };
  const sql = postgres({ ...connection, max: 4, onnotice: () => undefined });
  return {
    sql,
    connection,
    hubConnection: { ...server.hub, database: name },
    superuserConnection: { ...server.superuser, database: name },
    drop: async () => {
      await sql.end({ timeout: 1 });
      await asSuperuser(server, (admin) => admin.unsafe(`drop database ${name} with (force)`));
    },
  };
}

/**
 * Environment of a hub that works on a database of the test server as it does on the one inside: as a role that owns nothing, beside the
 * owner of `url`. Any other URL is the only one.
 */
export async function hubEnvironment(url: string): Promise<Record<string, string>> {
  const { application, hub } = await startServer();
  const own = `//${application.username}:${encodeURIComponent(application.password)}@`;
  if (!url.includes(own)) return { DATABASE_URL: url };
  const other = `//${hub.username}:${encodeURIComponent(hub.password)}@`;
  return { DATABASE_URL: url.replace(own, other), DATABASE_OWNER_URL: url };
}

async function asSuperuser<T>(server: Server, use: (admin: postgres.Sql) => Promise<T>): Promise<T> {
  const admin = postgres({ ...server.superuser, max: 1, onnotice: () => undefined });
  try {
    return await use(admin);
  } finally {
    await admin.end({ timeout: 1 });
  }
}

/** The name of a database that has these migrations; made under a lock by the first who asks. */
async function ensureTemplate(
  admin: postgres.Sql,
  options: { readonly server: Server; readonly migrations: string },
): Promise<string> {
  if (options.migrations === 'none') return 'template0';
  const { server, migrations } = options;
  const texts = readMigrations(migrations).map(({ name, text }) => `${name}\n${text}`);
  const template = `template_${createHash('sha256').update(texts.join('\n')).digest('hex').slice(0, 12)}`;
  await admin`select pg_advisory_lock(${templateLockKey})`;
  const [found] = await admin`select from pg_database where datname = ${template}`;
  if (found === undefined) {
    const unfinished = `${template}_new`;
    await admin.unsafe(`drop database if exists ${unfinished}`);
    await admin.unsafe(`create database ${unfinished} template template0 owner ${server.application.username}`);
    const sql = postgres({ ...server.application, database: unfinished, max: 1, onnotice: () => undefined });
    await migrate(sql, migrations).finally(() => sql.end({ timeout: 1 }));
    await admin.unsafe(`alter database ${unfinished} rename to ${template}`);
  }
  await admin`select pg_advisory_unlock(${templateLockKey})`;
  return template;
}

/** The server of this run: started by whoever makes its folder first. */
async function startServer(): Promise<Server> {
  // The runner is the parent of the process that runs a file, or this process when files run in threads.
  const runner = isMainThread ? process.ppid : process.pid;
  const folder = join(tmpdir(), `pulsewire-test-${process.getuid?.() ?? 0}-${runner}`);
  const ready = join(folder, 'ready.json');
  if (makeFolder(folder)) spawnServer(folder, runner);
  const startedMs = performance.now();
  while (!existsSync(ready)) {
    if (performance.now() - startedMs > serverMsMax) {
      throw new Error(
        `Cannot start test database: ${JSON.stringify(ready)} must appear: got none in ${serverMsMax} ms`,
      );
    }
    await delay(20);
  }
  const report = JSON.parse(readFileSync(ready, 'utf8')) as Server | { readonly error: string };
  if ('error' in report) throw new Error(`Cannot start test database: the server must start: got ${report.error}`);
  return report;
}

/** Whether this process made it. PostgreSQL's account has to pass through it when the tests run as root. */
function makeFolder(folder: string): boolean {
  try {
    mkdirSync(folder, { mode: 0o711 });
    chmodSync(folder, 0o711);
    return true;
  } catch (error) {
    if (error instanceof Error && 'code' in error && error.code === 'EEXIST') return false;
    throw error;
  }
}

function spawnServer(folder: string, runner: number): void {
  const loader = pathToFileURL(createRequire(import.meta.url).resolve('tsx')).href;
  const script = join(import.meta.dirname, 'database-server.ts');
  const args = ['--import', loader, script, folder, String(runner)];
  spawn(process.execPath, args, { detached: true, stdio: 'ignore' }).unref();
}
