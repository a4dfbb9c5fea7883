/**
 * The cluster on the disk: made, recognised, given its settings.
 *
 *   <home>/postgresql/            of the hub's account; another account of the server may only pass
 *     cluster/                    PGDATA with the socket in it: 0700, of the account PostgreSQL runs as
 *     log/                        the server's log: 0700, of the same account
 *     start.log                   what the server said before it opened its log
 *     pulsewire.conf, local.conf  our settings, written at each start, and the operator's, if any
 *     passwords.json              0600, of the hub's account
 *   <home>/postgresql.new-<hex>/  one that is being made
 *
 * Invariant: `postgresql/` appears by one rename, complete, with roles, database and passwords, and synced. So
 * whatever else is found there was not made by this file, and is refused. As root the hub writes nothing into
 * a folder of the server's account, which could put a link in its way.
 */
import { randomBytes } from 'node:crypto';
import { readdirSync, readFileSync, realpathSync, statSync } from 'node:fs';
import { chmod, chown, mkdir, open, readdir, readFile, rename, rm, unlink, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { ConfigError, DecodeError } from '#core/errors.ts';
import { type RunAs, runAsAccount } from './account.ts';
import type { Binaries } from './binaries.ts';
import { formatSettings, logFilePattern, logFilesMax } from './settings.ts';

export const superuserName = 'postgres';
/** Owns the tables and is no superuser: migrations, partitions, and the tools that work on the whole. */
export const ownerName = 'pulsewire';
/** What the hub works as: it reads and writes rows, and owns nothing. */
export const hubRoleName = 'pulsewire_hub';
export const databaseName = 'pulsewire';

/** Measured: 0.7 s (initdb) and 0.1 s (roles) on two cores, 2026-11-22; a slow disk gets fifty times that. */
const toolMsMax = 60_000;

export interface Passwords {
  readonly superuser: string;
  /** Of the owner: it had the only role when the file got its form. */
  readonly application: string;
  /** Of the role that the hub works as; null in a cluster of before there was one. */
  readonly hub: string | null;
}

export interface Cluster {
  /** `<home>/postgresql`, without symbolic links. */
  readonly folder: string;
  /** PGDATA, without symbolic links: what the kernel calls the working folder of its servers. */
  readonly clusterFolder: string;
  readonly uid: number;
  readonly gid: number;
  /** Owner of `folder`: the account of the hub that made it. */
  readonly hubUid: number;
  /** As PG_VERSION has it. */
  readonly major: string;
}

/** Of the cluster that is in use, in its home. */
export const clusterName = 'postgresql';

/** The cluster in `home`; null when there is none. Throws ConfigError when something else lies in its place. */
export function findCluster(home: string, name: string = clusterName): Cluster | null {
  const path = join(home, name);
  try {
    return readCluster(path);
  } catch (error) {
    if (error instanceof Error && 'code' in error && (error.code === 'EACCES' || error.code === 'EPERM')) {
      throw new ConfigError([
        `the folder ${JSON.stringify(path)} must be readable by the account of the hub, uid ${process.getuid?.()}; start the hub as the owner of the folder or as root: got ${JSON.stringify(error.message)}`,
      ]);
    }
    throw error;
  }
}

function readCluster(path: string): Cluster | null {
  if (statSync(path, { throwIfNoEntry: false }) === undefined) return null;
  if (!statSync(path).isDirectory() || readdirSync(path).length === 0) {
    if (statSync(path).isDirectory()) return null;
    throw new ConfigError([`the PostgreSQL folder must be a folder: got a file, ${JSON.stringify(path)}`]);
  }
  const missing = ['cluster/PG_VERSION', 'cluster/global/pg_control', 'passwords.json'].find(
    (name) => statSync(join(path, name), { throwIfNoEntry: false }) === undefined,
  );
  if (missing !== undefined) {
    throw new ConfigError([
      `the folder ${JSON.stringify(path)} must hold a complete PostgreSQL cluster made by Pulsewire, or be absent; if nothing in it is needed, remove it: got one without ${missing}`,
    ]);
  }
  const folder = realpathSync(path);
  const clusterFolder = realpathSync(join(path, 'cluster'));
  const { uid, gid } = statSync(clusterFolder);
  const major = readFileSync(join(clusterFolder, 'PG_VERSION'), 'utf8').trim();
  return { folder, clusterFolder, uid, gid, hubUid: statSync(folder).uid, major };
}

/** The passwords of a cluster. Throws DecodeError when the file is not one of ours. */
export function readPasswords(cluster: Cluster): Passwords {
  const path = join(cluster.folder, 'passwords.json');
  const parsed: unknown = JSON.parse(readFileSync(path, 'utf8'));
  if (typeof parsed === 'object' && parsed !== null && 'superuser' in parsed && 'application' in parsed) {
    const { superuser, application } = parsed;
    const hub = 'hub' in parsed && typeof parsed.hub === 'string' ? parsed.hub : null;
    if (typeof superuser === 'string' && typeof application === 'string') return { superuser, application, hub };
  }
  throw new DecodeError(`Cannot read passwords: ${JSON.stringify(path)} must hold "superuser" and "application"`);
}

/** Keeps the password of the hub's role, once the server has the role. Whatever interrupts it, the file is whole. */
export async function keepHubPassword(cluster: Cluster, hub: string): Promise<void> {
  const path = join(cluster.folder, 'passwords.json');
  const passwords: Passwords = { ...readPasswords(cluster), hub };
  await writeFile(`${path}.new`, `${JSON.stringify(passwords)}\n`, { mode: 0o600, flush: true });
  await rename(`${path}.new`, path);
  await syncFolder(cluster.folder);
}

/** Makes a cluster in `home`, or leaves nothing behind and throws. The caller holds the lock of the data folder. */
export async function createCluster(
  home: string,
  options: { readonly runAs: RunAs; readonly binaries: Binaries; readonly name?: string },
): Promise<void> {
  for (const name of await readdir(home)) {
    if (name.startsWith('postgresql.new-')) await removeLeftover(join(home, name));
  }
  // Its own name each time: an initdb whose hub was killed may still be writing to the one before.
  const folder = join(home, `postgresql.new-${randomBytes(4).toString('hex')}`);
  try {
    await fill(folder, options);
    await rename(folder, join(home, options.name ?? clusterName));
    await syncFolder(home);
  } catch (error) {
    await rm(folder, { recursive: true, force: true });
    throw error;
  }
}

/** Removes what a killed hub was making. Its initdb may still be writing there: what is left goes at the next start. */
async function removeLeftover(folder: string): Promise<void> {
  try {
    await rm(folder, { recursive: true, force: true, maxRetries: 3, retryDelay: 100 });
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code !== 'ENOTEMPTY') throw error;
  }
}

async function fill(folder: string, options: { readonly runAs: RunAs; readonly binaries: Binaries }): Promise<void> {
  const { runAs, binaries } = options;
  const cluster = join(folder, 'cluster');
  const passwordFile = join(folder, 'superuser.password');
  const [superuser, application, hub] = [randomPassword(), randomPassword(), randomPassword()];
  const passwords: Passwords = { superuser, application, hub };
  await mkdir(folder);
  await chmod(folder, runAs.kind === 'user' ? 0o711 : 0o700);
  for (const path of [cluster, join(folder, 'log')]) {
    await mkdir(path);
    await chmod(path, 0o700);
    await give(path, runAs);
  }
  await writeFile(passwordFile, `${superuser}\n`, { mode: 0o600 });
  await give(passwordFile, runAs);

  await runTool(runAs, { file: binaries.initdb, args: initdbArguments(cluster, passwordFile) });
  await unlink(passwordFile);
  // A standalone server takes one command a paragraph (-j). What it says comes on standard error, and its exit
  // code is 0 either way.
  const complaint = await runTool(runAs, {
    file: binaries.postgres,
    args: ['--single', '-F', '-j', '-D', cluster, superuserName],
    input: [
      `create role ${ownerName} login password '${application}'`,
      `create role ${hubRoleName} login password '${hub}'`,
      `create database ${databaseName} owner ${ownerName}`,
    ]
      .join(';\n\n')
      .concat(';\n\n'),
  });
  if (/\b(ERROR|FATAL|PANIC):/.test(complaint)) {
    throw new Error(`Cannot create database: the new cluster must take its roles: got ${JSON.stringify(complaint)}`);
  }
  // The folder is fresh and its servers have ended, so this is still ours to write.
  await writeFile(join(cluster, 'postgresql.conf'), "include '../pulsewire.conf'\n");
  await writeFile(join(folder, 'pulsewire.conf'), formatSettings(binaries.major));
  await writeFile(join(folder, 'passwords.json'), `${JSON.stringify(passwords)}\n`, { mode: 0o600, flush: true });
  await runTool(runAs, { file: binaries.initdb, args: ['--sync-only', '-D', cluster] });
  await syncFolder(folder);
}

/**
 * The locale is PostgreSQL's own (`builtin`), so none needs to be installed and text sorts alike everywhere.
 * The WAL segment stays at 16 MB: a larger one makes the first start slower and gives this load nothing.
 */
function initdbArguments(cluster: string, passwordFile: string): readonly string[] {
  const locale = ['--locale=C', '--locale-provider=builtin', '--builtin-locale=C.UTF-8', '--encoding=UTF8'];
  const access = ['--auth=scram-sha-256', `--username=${superuserName}`, `--pwfile=${passwordFile}`];
  return ['-D', cluster, '--no-sync', '--no-instructions', '--data-checksums', ...locale, ...access];
}

async function runTool(
  runAs: RunAs,
  tool: { readonly file: string; readonly args: readonly string[]; readonly input?: string },
): Promise<string> {
  const outcome = await runAsAccount(runAs, { ...tool, msMax: toolMsMax });
  if (outcome.code === 0) return outcome.complaint;
  throw new Error(
    `Cannot create database: ${JSON.stringify(tool.file)} must succeed: got ${outcome.code === null ? '' : `exit code ${outcome.code}, `}${JSON.stringify(outcome.complaint)}`,
  );
}

/** Gives the cluster the settings of this version and removes old logs. The postmaster must not be running. */
export async function prepareStart(cluster: Cluster): Promise<void> {
  const path = join(cluster.folder, 'pulsewire.conf');
  await writeFile(`${path}.new`, formatSettings(cluster.major), { flush: true });
  // The server's account reads it whatever the umask is; there is no secret in it.
  await chmod(`${path}.new`, 0o644);
  await rename(`${path}.new`, path);
  await pruneLogs(cluster);
}

/** Keeps the newest `logFilesMax` files of the server's log. */
export async function pruneLogs(cluster: Cluster): Promise<void> {
  const folder = join(cluster.folder, 'log');
  const files = (await readdir(folder)).filter((name) => logFilePattern.test(name)).sort();
  for (const name of files.slice(0, -logFilesMax)) await rm(join(folder, name), { force: true });
}

/** The last lines that the server said: in `start.log`, or in its own log once it has opened that. */
export async function readLogTail(cluster: Cluster): Promise<string> {
  const opening = await readFile(join(cluster.folder, 'start.log'), 'utf8');
  const folder = join(cluster.folder, 'log');
  const newest = (await readdir(folder))
    .filter((name) => logFilePattern.test(name))
    .sort()
    .at(-1);
  const isOpened = opening.includes('redirecting log output') && newest !== undefined;
  const text = isOpened ? await readFile(join(folder, newest), 'utf8') : opening;
  return text.trim().split('\n').slice(-8).join('\n');
}

async function give(path: string, runAs: RunAs): Promise<void> {
  if (runAs.kind === 'user') await chown(path, runAs.uid, runAs.gid);
}

export async function syncFolder(path: string): Promise<void> {
  const folder = await open(path, 'r');
  try {
    await folder.sync();
  } finally {
    await folder.close();
  }
}

/** 192 bits in characters that need no quoting in SQL, JSON or a URL. */
export function randomPassword(): string {
  return randomBytes(24).toString('base64url');
}
