/**
 * The commands that work on stored data as a whole: backup, restore, wipe, upgrade. Composition root of a process of
 * their own; a hub may be running beside it.
 *
 * What a command cannot do as things are is a ConfigError, and then nothing has been changed.
 */
import { readFileSync } from 'node:fs';
import { dirname, join, resolve } from 'node:path';
import { fileURLToPath } from 'node:url';
import { ConfigError } from '#core/errors.ts';
import { readBackup, verifyBackup, writeBackup } from './backup/backup-file.ts';
import { readHubConfig } from './config.ts';
import { attachEmbedded } from './embedded/attach.ts';
import { listLeftovers, removeLeftovers, upgradeCluster } from './embedded/upgrade.ts';
import { createLog } from './log.ts';
import { checkHeader, checkTarget, type LoadSummary, loadSnapshot } from './store/backup/load.ts';
import { readSnapshot, type SnapshotPart } from './store/backup/snapshot.ts';
import { readHubSessions } from './store/sessions.ts';
import { type WipeSummary, wipeDatabase } from './store/wipe.ts';
import { obtainOldBinaries } from './tools/old-binaries.ts';
import { ownHub } from './tools/own-hub.ts';
import { type PersonCommand, runPersonCommand } from './tools/people.ts';
import { findHub, openAlone, openShared, type Place, withSql } from './tools/target.ts';
import { formatBytes, formatCount } from './tools/words.ts';

export interface ToolOptions {
  /** The hub's settings; null: every setting has its default. */
  readonly configFile: string | null;
  /** Aborted to stop: what was begun is undone. */
  readonly signal: AbortSignal;
  readonly say: (line: string) => void;
  /** Asks a person; throws ConfigError where nobody can be asked. */
  readonly confirm: (question: string) => Promise<boolean>;
}

/** Where this package's files are: this file is `dist/tools.js`. */
const packageFolder = resolve(dirname(fileURLToPath(import.meta.url)), '..');
const sqlFolder = join(packageFolder, 'sql');
/** A hub first stores what it has taken, for up to 8 s, and then truncates. */
const wipeMsMax = 180_000;
const declined = 'Nothing was changed.';

/** Writes everything that is stored into a file, beside a running hub or without one. */
export async function runBackup(options: ToolOptions & { readonly file: string }): Promise<void> {
  const { file, signal, say } = options;
  const target = await openShared(placeOf(options));
  try {
    const about = { madeBy: readVersion(), atMs: Date.now() };
    let rowCount = 0;
    async function* told(parts: AsyncIterable<SnapshotPart>): AsyncGenerator<SnapshotPart, void, void> {
      let table = '';
      for await (const part of parts) {
        if (part.kind === 'table') table = part.name;
        if (part.kind === 'tableEnd') {
          rowCount += part.rowCount;
          say(`  ${table}: ${formatCount(part.rowCount)} rows`);
        }
        yield part;
      }
    }
    const { byteCount } = await withSql(target.connection, { connectionCount: 1, signal }, (sql) =>
      writeBackup(file, told(readSnapshot(sql)), about),
    );
    say(`Backed up ${formatCount(rowCount)} rows into ${file} (${formatBytes(byteCount)})`);
  } finally {
    await target.close();
  }
}

/** Replaces everything that is stored by what a backup holds. */
export async function runRestore(options: ToolOptions & { readonly file: string }): Promise<void> {
  const { file, signal, say, confirm } = options;
  const place = placeOf(options);
  say(`Checking ${file}`);
  const content = await verifyBackup(file);
  checkHeader(content.header, sqlFolder);
  const hub = await findHub(place, signal);
  if (hub === 'there')
    throw new ConfigError(['no hub may use the database meanwhile; stop it first: got one that is connected']);
  const rowCount = content.tables.reduce((sum, table) => sum + table.rowCount, 0);
  const made = `${new Date(content.atMs).toISOString()}, Pulsewire ${content.madeBy}, ${formatCount(rowCount)} rows`;
  if (!(await confirm(`Everything that is stored will be replaced by this backup (${made}). Go on?`))) {
    say(declined);
    return;
  }
  const target = await openAlone(place);
  try {
    const { tables } = await withSql(target.connection, { connectionCount: 2, signal }, async (sql) => {
      await checkNoHub(await readHubSessions(sql));
      await checkTarget(sql);
      return await loadSnapshot(sql, readBackup(file), { sqlFolder, onProgress: progressOf(say) });
    });
    sayTables(tables, say);
    say(`Restored ${formatCount(rowCount)} rows. Agents that have their tokens go on when the hub starts.`);
  } finally {
    await target.close();
  }
}

/** Removes everything that is stored: through the running hub, or without one. */
export async function runWipe(options: ToolOptions): Promise<void> {
  const { signal, say, confirm } = options;
  const place = placeOf(options);
  const hub = await findHub(place, signal);
  if (hub === 'none') {
    say(`There is no database in ${place.dataFolder}: nothing to wipe`);
    return;
  }
  if (
    !(await confirm(
      'All hosts and all that is stored will be gone for ever: history, rules, channels, downtimes and alerts. Go on?',
    ))
  ) {
    say(declined);
    return;
  }
  const summary = hub === 'there' ? await wipeThroughHub(place, options) : await wipeAlone(place, options);
  const { hostCount, tickCount, bytesBefore, bytesAfter } = summary;
  say(
    `Wiped ${formatCount(hostCount)} hosts and ${formatCount(tickCount)} ticks; ${formatBytes(Math.max(0, bytesBefore - bytesAfter))} freed. Channels, rules and downtimes are gone as well, but for those of an alerts file: nobody is told of anything until there are channels. Settings and the enrolment key are kept.`,
  );
}

/** Moves the cluster of the data folder to the major version of PostgreSQL that this version brings. */
export async function runUpgrade(
  options: ToolOptions & { readonly oldBinaries: string | null; readonly removesOld: boolean },
): Promise<void> {
  const { signal, say, confirm, oldBinaries } = options;
  const { config, dataFolder, log } = placeOf(options);
  if (config.databaseUrl !== null)
    throw new ConfigError([
      'the database must be the one inside; upgrade a server of your own by its own tools: got DATABASE_URL',
    ]);
  if (options.removesOld) {
    await removeOld(dataFolder, options);
    return;
  }
  if ((await attachEmbedded(dataFolder)) === 'none')
    throw new ConfigError([`the data folder must hold a database: got none in ${JSON.stringify(dataFolder)}`]);
  const outcome = await upgradeCluster({
    dataFolder,
    log,
    findOldBinaries: async (wanted) => oldBinaries ?? (await obtainOldBinaries(wanted, { say, confirm })),
    measure: (from) =>
      withSql({ url: null, ...from }, { connectionCount: 1, signal }, async (sql) => {
        await checkNoHub(await readHubSessions(sql));
        const [row] = await sql<{ bytes: string }[]>`select pg_database_size(current_database()) as bytes`;
        say(`Moving ${formatBytes(Number(row!.bytes))} into a new cluster`);
        return Number(row!.bytes);
      }),
    transfer: async (from, to) => {
      const { tables } = await withSql({ url: null, ...from }, { connectionCount: 1, signal }, (source) =>
        withSql({ url: null, ...to }, { connectionCount: 2, signal }, (target) =>
          loadSnapshot(target, readSnapshot(source), { sqlFolder, onProgress: progressOf(say) }),
        ),
      );
      sayTables(tables, say);
    },
  });
  if (outcome.kind === 'current') say(`The database is of PostgreSQL ${outcome.major} already: nothing to do`);
  else
    say(
      `Moved from PostgreSQL ${outcome.from} to ${outcome.to}. The old cluster is kept in ${outcome.oldFolder}; when all is well remove it with: pulsewire upgrade --remove-old`,
    );
}

async function removeOld(dataFolder: string, { say, confirm }: ToolOptions): Promise<void> {
  const folders = await listLeftovers(dataFolder);
  if (folders.length === 0) {
    say('There is nothing that an upgrade has left');
    return;
  }
  if (
    !(await confirm(`These folders will be gone for ever:\n${folders.map((path) => `  ${path}`).join('\n')}\nGo on?`))
  ) {
    say(declined);
    return;
  }
  await removeLeftovers(dataFolder, folders);
  say(`Removed ${folders.join(', ')}`);
}

async function wipeThroughHub(place: Place, { say }: ToolOptions): Promise<WipeSummary> {
  const hub = ownHub(place);
  say(`Wiping through the hub at ${hub.url}`);
  return (await hub.ask({ method: 'POST', path: '/api/v1/wipe', body: {}, msMax: wipeMsMax })) as WipeSummary;
}

async function wipeAlone(place: Place, { signal, say }: ToolOptions): Promise<WipeSummary> {
  say('Wiping the database; no hub is using it');
  const target = await openAlone(place);
  try {
    return await withSql(target.connection, { connectionCount: 1, signal }, async (sql) => {
      await checkNoHub(await readHubSessions(sql));
      return await wipeDatabase(sql);
    });
  } finally {
    await target.close();
  }
}

/** Through the running hub: it checks what is asked, and writes it down. */
export async function runPerson(options: ToolOptions & { readonly command: PersonCommand }): Promise<void> {
  await runPersonCommand(ownHub(placeOf(options)), options.command, options.say);
}

function checkNoHub(sessions: readonly string[]): void {
  if (sessions.length === 0) return;
  throw new ConfigError([`no hub may use the database meanwhile; stop it first: got ${sessions.join(', ')}`]);
}

function sayTables(tables: LoadSummary['tables'], say: (line: string) => void): void {
  for (const { name, rowCount } of tables) say(`  ${name}: ${formatCount(rowCount)} rows`);
}

/** A line each ten seconds, for what takes longer. */
function progressOf(say: (line: string) => void): (table: string, rowCount: number) => void {
  const everyMs = 10_000;
  let saidMs = performance.now();
  return (table, rowCount) => {
    if (performance.now() - saidMs < everyMs) return;
    saidMs = performance.now();
    say(`  ${table}: ${formatCount(rowCount)} rows so far`);
  };
}

function placeOf({ configFile }: ToolOptions): Place {
  const config = readHubConfig(configFile, process.env);
  const dataFolder = resolve(config.dataFolder ?? join(packageFolder, 'data'));
  return { config, dataFolder, log: createLog({ level: 'warn', isPretty: process.stderr.isTTY === true }) };
}

function readVersion(): string {
  return (JSON.parse(readFileSync(join(packageFolder, 'package.json'), 'utf8')) as { readonly version: string })
    .version;
}
