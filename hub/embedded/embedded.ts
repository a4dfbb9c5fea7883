/**
 * The PostgreSQL inside: from a data folder to a server that answers, is kept alive and is stopped cleanly.
 *
 *   lock folder → find or place the cluster → make it → start or adopt → supervise → stop
 *
 * Invariants: at most one postmaster; a cluster that exists is never left for another (see `placement.ts`);
 * nothing half-made stays behind. When the hub is killed the server runs on and the next hub adopts it.
 */
import { createHash } from 'node:crypto';
import { accessSync, chmodSync, constants, existsSync, mkdirSync, readFileSync, realpathSync } from 'node:fs';
import { writeFile } from 'node:fs/promises';
import { join, resolve } from 'node:path';
import type { Logger } from 'pino';
import { ConfigError } from '#core/errors.ts';
import { serverDataFolder } from '../store/probe.ts';
import { chooseAccount, hasAccount, type RunAs, readPasswd, runAsAccount } from './account.ts';
import { type Binaries, copyBinaries, findBinaries } from './binaries.ts';
import {
  applicationName,
  type Cluster,
  createCluster,
  databaseName,
  findCluster,
  readPasswords,
  superuserName,
} from './cluster.ts';
import { openSocket, type PostgresConnection, type Socket } from './connection.ts';
import { lockFolder } from './lock.ts';
import { choosePlacement, type Placement, type PlacementProbes } from './placement.ts';
import { obtainPostmaster } from './postmaster.ts';
import { type EmbeddedState, Supervisor } from './supervisor.ts';

export interface EmbeddedPostgres {
  /** As the owner of the database, who is no superuser. Valid until `stop`, across restarts, in every thread of this process. */
  readonly connection: PostgresConnection;
  /** As the superuser, to the database `postgres`: for tests and for the operator's own work. */
  readonly superuserConnection: PostgresConnection;
  /** Pid of the postmaster of now; it changes when the server is restarted. */
  readonly pid: number;
  /** Whether it was found running, started by a hub that is gone. */
  readonly isAdopted: boolean;
  /** Calls `listener` when the server dies and again when it is back. */
  onState(listener: (state: EmbeddedState) => void): void;
  /** Ends the server, and with it every connection. Settles when the process is gone; safe to call twice. */
  stop(): Promise<void>;
}

const pointerName = 'postgresql.path';
const probeMsMax = 5_000;

/**
 * Starts PostgreSQL on `dataFolder`, which is made when it is absent, or adopts the one that runs there.
 * Throws ConfigError for what the operator must change; then no process and no new file is left.
 */
export async function startEmbedded(options: {
  readonly dataFolder: string;
  readonly log: Logger;
}): Promise<EmbeddedPostgres> {
  const { log } = options;
  const binaries = findBinaries();
  const dataFolder = openDataFolder(options.dataFolder);
  const unlock = await lockFolder(dataFolder);
  let socket: Socket | null = null;
  try {
    const found = await prepareCluster(dataFolder, { binaries, log });
    socket = openSocket(found.cluster.clusterFolder);
    const passwords = readPasswords(found.cluster);
    const superuser = connectionAs(superuserName, { socket, password: passwords.superuser, database: superuserName });
    const connection = connectionAs(applicationName, {
      socket,
      password: passwords.application,
      database: databaseName,
    });
    const answers = async () => (await serverDataFolder(superuser)) === found.cluster.clusterFolder;
    const postmasterOptions = { ...found, log, answers };
    const postmaster = await obtainPostmaster(postmasterOptions);
    log.info({ pid: postmaster.pid, adopted: postmaster.isAdopted, runAs: found.runAs.kind }, 'postgresql.started');
    const supervisor = new Supervisor(postmaster, postmasterOptions);
    const opened = socket;
    let stopping: Promise<void> | null = null;
    return {
      connection,
      superuserConnection: superuser,
      get pid() {
        return supervisor.pid;
      },
      isAdopted: postmaster.isAdopted,
      onState: (listener) => supervisor.onState(listener),
      stop: () => {
        stopping ??= supervisor.stop().finally(async () => {
          opened.close();
          await unlock();
        });
        return stopping;
      },
    };
  } catch (error) {
    socket?.close();
    await unlock();
    throw error;
  }
}

function connectionAs(
  username: string,
  options: { readonly socket: Socket; readonly password: string; readonly database: string },
): PostgresConnection {
  return { path: options.socket.path, username, password: options.password, database: options.database };
}

/** The real path of the data folder. A new one lets other accounts through, as PostgreSQL's may have to pass, and shows them nothing. */
function openDataFolder(path: string): string {
  const folder = resolve(path);
  try {
    if (!existsSync(folder)) {
      mkdirSync(folder, { recursive: true });
      chmodSync(folder, process.getuid?.() === 0 ? 0o711 : 0o700);
    }
    accessSync(folder, constants.R_OK | constants.W_OK | constants.X_OK);
    return realpathSync(folder);
  } catch (error) {
    throw new ConfigError([
      `the data folder must be one that the hub can make, or enter and write to, as uid ${process.getuid?.()}: got ${JSON.stringify(error instanceof Error ? error.message : error)}`,
    ]);
  }
}

async function prepareCluster(
  dataFolder: string,
  options: { readonly binaries: Binaries; readonly log: Logger },
): Promise<{ readonly cluster: Cluster; readonly runAs: RunAs; readonly binaries: Binaries }> {
  const { log } = options;
  const fallbackFolder = readPointer(dataFolder) ?? fallbackFolderOf(dataFolder);
  const existing = findExisting(dataFolder, fallbackFolder);
  if (existing !== null && existing.cluster.major !== options.binaries.major) {
    throw new ConfigError([
      `the PostgreSQL cluster ${JSON.stringify(existing.cluster.clusterFolder)} must be of major version ${options.binaries.major}, which this version of Pulsewire brings; start the version that made it: got ${JSON.stringify(existing.cluster.major)}`,
    ]);
  }
  const placement = await place({ dataFolder, fallbackFolder, existing, binaries: options.binaries });
  if (placement.home !== dataFolder) {
    log.warn({ folder: placement.home }, 'postgresql.placed-elsewhere');
    mkdirSync(placement.home, { recursive: true, mode: 0o755 });
  }
  const binaries = placement.copiesBinaries ? await copyBinaries(options.binaries, placement.home) : options.binaries;
  const { runAs } = placement;
  if (existing === null) {
    await createCluster(placement.home, { runAs, binaries });
    log.info({ folder: placement.home, runAs: runAs.kind }, 'postgresql.created');
  }
  if (placement.home !== dataFolder) await writeFile(join(dataFolder, pointerName), `${placement.home}\n`);
  const cluster = existing?.cluster ?? findCluster(placement.home);
  if (cluster === null)
    throw new Error(`Cannot open cluster: ${JSON.stringify(placement.home)} must hold one: got none`);
  return { cluster, runAs, binaries };
}

function place(options: {
  readonly dataFolder: string;
  readonly fallbackFolder: string;
  readonly existing: { readonly home: string; readonly cluster: Cluster } | null;
  readonly binaries: Binaries;
}): Promise<Placement> {
  const { existing, binaries } = options;
  const passwd = readPasswd();
  const selfUid = process.getuid?.() ?? -1;
  return choosePlacement(
    {
      selfUid,
      selfIsNamed: hasAccount(passwd, selfUid),
      account: chooseAccount(passwd),
      dataFolder: options.dataFolder,
      fallbackFolder: options.fallbackFolder,
      existing:
        existing === null
          ? null
          : {
              home: existing.home,
              folder: existing.cluster.clusterFolder,
              uid: existing.cluster.uid,
              gid: existing.cluster.gid,
            },
    },
    probesOf(binaries),
  );
}

function probesOf(binaries: Binaries): PlacementProbes {
  const tryScript = async (runAs: RunAs, { script, path }: { readonly script: string; readonly path: string }) => {
    const outcome = await runAsAccount(runAs, { file: '/bin/sh', args: ['-c', script, 'sh', path], msMax: probeMsMax });
    return outcome.code === 0 ? null : outcome.complaint || `exit code ${outcome.code}`;
  };
  return {
    reach: (runAs, folder) => tryScript(runAs, { script: 'cd "$1"', path: folder }),
    // initdb reads its templates from `share`, and the loader the libraries from `lib`.
    run: (runAs) =>
      tryScript(runAs, {
        script:
          '"$1/bin/postgres" --version >/dev/null && test -x "$1/bin/initdb" && test -r "$1/share/postgresql/postgres.bki"',
        path: binaries.folder,
      }),
  };
}

/** The cluster of a data folder, in it or in the fallback. Throws ConfigError when it is named and not there. */
function findExisting(
  dataFolder: string,
  fallbackFolder: string,
): { readonly home: string; readonly cluster: Cluster } | null {
  for (const home of [dataFolder, fallbackFolder]) {
    const cluster = findCluster(home);
    if (cluster !== null) return { home, cluster };
  }
  if (readPointer(dataFolder) === null) return null;
  throw new ConfigError([
    `the PostgreSQL cluster of ${JSON.stringify(dataFolder)} must lie where the file ${pointerName} says; bring it back, or remove that file to start with an empty one: got none in ${JSON.stringify(fallbackFolder)}`,
  ]);
}

function readPointer(dataFolder: string): string | null {
  const path = join(dataFolder, pointerName);
  return existsSync(path) ? readFileSync(path, 'utf8').trim() : null;
}

function fallbackFolderOf(dataFolder: string): string {
  return join('/var/lib/pulsewire', createHash('sha256').update(dataFolder).digest('hex').slice(0, 8));
}
