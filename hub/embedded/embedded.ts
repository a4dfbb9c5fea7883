/**
 * The PostgreSQL inside: from a data folder to a server that answers, is kept alive and is stopped cleanly.
 *
 *   lock folder → find or place the cluster → make it → start or adopt → supervise → stop
 *
 * Invariants: at most one postmaster; a cluster that exists is never left for another (see `placement.ts`);
 * nothing half-made stays behind. When the hub is killed the server runs on and the next hub adopts it.
 */
import { mkdirSync } from 'node:fs';
import { writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import type { Logger } from 'pino';
import { ConfigError } from '#core/errors.ts';
import type { RunAs } from './account.ts';
import { type Binaries, copyBinaries, findBinaries } from './binaries.ts';
import { type Cluster, createCluster, findCluster } from './cluster.ts';
import type { PostgresConnection } from './connection.ts';
import { fallbackFolderOf, findExisting, openDataFolder, place, pointerName, readPointer } from './home.ts';
import { lockFolder } from './lock.ts';
import { obtainPostmaster } from './postmaster.ts';
import { accessCluster, type ClusterAccess, obtainHubConnection } from './server.ts';
import { type EmbeddedState, Supervisor } from './supervisor.ts';
import { finishSwap } from './swap.ts';

export interface EmbeddedPostgres {
  /** As the owner of the tables, who is no superuser. Valid until `stop`, across restarts, in every thread of this process. */
  readonly connection: PostgresConnection;
  /** As the role that the hub works as: it may read and write rows, as far as it has been granted that (hub/store/roles.ts). */
  readonly hubConnection: PostgresConnection;
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
  let access: ClusterAccess | null = null;
  try {
    const found = await prepareCluster(dataFolder, { binaries, log });
    access = accessCluster(found.cluster);
    const { connection, superuserConnection, answers } = access;
    const postmasterOptions = { ...found, log, answers };
    const postmaster = await obtainPostmaster(postmasterOptions);
    log.info({ pid: postmaster.pid, adopted: postmaster.isAdopted, runAs: found.runAs.kind }, 'postgresql.started');
    const supervisor = new Supervisor(postmaster, postmasterOptions);
    const opened = access;
    const hubConnection = await obtainHubConnection(found.cluster, access).catch(async (error: unknown) => {
      await supervisor.stop();
      throw error;
    });
    let stopping: Promise<void> | null = null;
    return {
      connection,
      hubConnection,
      superuserConnection,
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
    access?.close();
    await unlock();
    throw error;
  }
}

async function prepareCluster(
  dataFolder: string,
  options: { readonly binaries: Binaries; readonly log: Logger },
): Promise<{ readonly cluster: Cluster; readonly runAs: RunAs; readonly binaries: Binaries }> {
  const { log } = options;
  const fallbackFolder = readPointer(dataFolder) ?? fallbackFolderOf(dataFolder);
  for (const home of [dataFolder, fallbackFolder])
    if (await finishSwap(home)) log.warn({ folder: home }, 'postgresql.upgrade-finished');
  const existing = findExisting(dataFolder, fallbackFolder);
  if (existing !== null) checkMajor(existing.cluster, options.binaries.major);
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

function checkMajor({ major, clusterFolder }: Cluster, wanted: string): void {
  if (major === wanted) return;
  const way =
    Number(major) < Number(wanted)
      ? 'move it there with: pulsewire upgrade'
      : 'start the version of Pulsewire that made it';
  throw new ConfigError([
    `the PostgreSQL cluster ${JSON.stringify(clusterFolder)} must be of major version ${wanted}, which this version of Pulsewire brings; ${way}: got ${JSON.stringify(major)}`,
  ]);
}
