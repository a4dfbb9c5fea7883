/**
 * Moves the data of a data folder to the major version of PostgreSQL that this version of Pulsewire brings: the old
 * binaries serve the old cluster, the new ones a new cluster, and the content goes from one to the other.
 *
 * Whatever interrupts it, the data folder holds a whole cluster (`swap.ts`), and it can be run again. The old cluster is
 * only read, and is kept.
 */
import { copyFileSync, existsSync, mkdirSync } from 'node:fs';
import { rm, statfs } from 'node:fs/promises';
import { join } from 'node:path';
import type { Logger } from 'pino';
import { ConfigError } from '#core/errors.ts';
import { type Binaries, binariesAt, copyBinaries, findBinaries } from './binaries.ts';
import { type Cluster, createCluster, findCluster } from './cluster.ts';
import type { PostgresConnection } from './connection.ts';
import { canRun, fallbackFolderOf, findExisting, openDataFolder, place, readPointer } from './home.ts';
import { lockFolder } from './lock.ts';
import type { Placement } from './placement.ts';
import { type ClusterServer, startCluster } from './server.ts';
import { checkOldName, discardUnfinished, finishSwap, listOldClusters, nextName, swapClusters } from './swap.ts';

export interface UpgradeOptions {
  readonly dataFolder: string;
  readonly log: Logger;
  /** The folder with binaries of the old major; `folder` is where they belong if they have to be fetched. */
  readonly findOldBinaries: (wanted: { readonly major: string; readonly folder: string }) => Promise<string>;
  /** Size of what is to be moved, bytes. Throws ConfigError when somebody uses the database. */
  readonly measure: (from: PostgresConnection) => Promise<number>;
  /** Copies the content and checks that all of it has arrived. */
  readonly transfer: (from: PostgresConnection, to: PostgresConnection) => Promise<void>;
}

export type UpgradeOutcome =
  | { readonly kind: 'current'; readonly major: string }
  | { readonly kind: 'upgraded'; readonly from: string; readonly to: string; readonly oldFolder: string };

/** Tables and indexes are built anew, and the WAL of doing that is up to `max_wal_size`. */
const spaceRatio = 1.2;
const spaceBytesMin = 2.5 * 1024 ** 3;
/** A small database does not fill that much WAL. */
const walRatio = 3;

/** Throws ConfigError for what the operator must change; then everything is as it was. */
export async function upgradeCluster(options: UpgradeOptions): Promise<UpgradeOutcome> {
  const { log } = options;
  const dataFolder = openDataFolder(options.dataFolder);
  const unlock = await lockFolder(dataFolder);
  try {
    const binaries = findBinaries();
    const fallbackFolder = readPointer(dataFolder) ?? fallbackFolderOf(dataFolder);
    for (const home of [dataFolder, fallbackFolder]) await finishSwap(home);
    const existing = findExisting(dataFolder, fallbackFolder);
    if (existing === null)
      throw new ConfigError([
        `the data folder must hold a PostgreSQL cluster: got none in ${JSON.stringify(dataFolder)}`,
      ]);
    const { home, cluster } = existing;
    checkOwner(cluster);
    if (cluster.major === binaries.major) return { kind: 'current', major: cluster.major };
    if (Number(cluster.major) > Number(binaries.major))
      throw new ConfigError([
        `the PostgreSQL cluster must be older than ${binaries.major}, which this version of Pulsewire brings: got ${JSON.stringify(cluster.major)}`,
      ]);
    checkOldName(home, cluster.major);
    const placement = await place({ dataFolder, fallbackFolder, existing, binaries });
    const oldFolder = await options.findOldBinaries({
      major: cluster.major,
      folder: oldBinariesFolder(dataFolder, cluster.major),
    });
    const old = binariesAt(oldFolder);
    if (old.major !== cluster.major)
      throw new ConfigError([
        `the old binaries must be of major version ${cluster.major}: got ${JSON.stringify(old.version)} in ${JSON.stringify(oldFolder)}`,
      ]);
    await discardUnfinished(home);
    await fillNext({ home, cluster, placement, old, binaries }, options);
    const kept = await swapClusters(home, cluster.major);
    log.info({ from: cluster.major, to: binaries.major }, 'postgresql.upgraded');
    return { kind: 'upgraded', from: cluster.major, to: binaries.major, oldFolder: kept };
  } finally {
    await unlock();
  }
}

/** Where the command puts old binaries that it fetches. */
export function oldBinariesFolder(dataFolder: string, major: string): string {
  return join(dataFolder, `postgresql-${major}-binaries`);
}

/** Folders that an upgrade has left: old clusters, and the binaries that were fetched for them. */
export async function listLeftovers(dataFolder: string): Promise<string[]> {
  const folder = openDataFolder(dataFolder);
  const fallbackFolder = readPointer(folder) ?? fallbackFolderOf(folder);
  const clusters = [...(await listOldClusters(folder)), ...(await listOldClusters(fallbackFolder))];
  const binaries = clusters.map((path) => oldBinariesFolder(folder, path.split('-').at(-1)!));
  return [...clusters, ...new Set(binaries.filter((path) => existsSync(path)))];
}

/** Removes them. Throws ConfigError unless there is a cluster that has taken their place. */
export async function removeLeftovers(dataFolder: string, folders: readonly string[]): Promise<void> {
  const folder = openDataFolder(dataFolder);
  const fallbackFolder = readPointer(folder) ?? fallbackFolderOf(folder);
  for (const home of [folder, fallbackFolder]) await finishSwap(home);
  if (findExisting(folder, fallbackFolder) === null)
    throw new ConfigError([
      `the data folder must hold the cluster that replaced the old one: got none in ${JSON.stringify(folder)}`,
    ]);
  for (const path of folders) await rm(path, { recursive: true, force: true });
}

/** Files that another account made could not be written by the hub afterwards. */
export function checkOwner(cluster: Pick<Cluster, 'folder' | 'hubUid'>): void {
  const uid = process.getuid?.();
  if (uid === cluster.hubUid) return;
  throw new ConfigError([
    `this command must run as the account of the hub, to whom ${JSON.stringify(cluster.folder)} belongs, uid ${cluster.hubUid}: got uid ${uid}`,
  ]);
}

async function fillNext(
  found: {
    readonly home: string;
    readonly cluster: Cluster;
    readonly placement: Placement;
    readonly old: Binaries;
    readonly binaries: Binaries;
  },
  options: UpgradeOptions,
): Promise<void> {
  const { home, cluster, placement } = found;
  const { runAs } = placement;
  const { log } = options;
  const binaries = placement.copiesBinaries ? await copyBinaries(found.binaries, home) : found.binaries;
  const old = (await canRun(runAs, found.old)) ? found.old : await copyBinaries(found.old, home);
  const servers: ClusterServer[] = [];
  let isDone = false;
  try {
    const from = await startCluster({ cluster, runAs, binaries: old, log });
    servers.push(from);
    await checkSpace(home, await options.measure(from.connection));
    await createCluster(home, { runAs, binaries, name: nextName });
    const next = findCluster(home, nextName)!;
    copyOwnSettings(cluster, next);
    const to = await startCluster({ cluster: next, runAs, binaries, log });
    servers.push(to);
    await options.transfer(from.connection, to.connection);
    isDone = true;
  } finally {
    // A server that was found running may be somebody's who needs it, unless its cluster is being replaced.
    for (const server of servers.reverse()) if (isDone || !server.isAdopted) await server.stop();
    if (!isDone) await discardUnfinished(home);
  }
}

async function checkSpace(home: string, bytes: number): Promise<void> {
  mkdirSync(home, { recursive: true });
  const { bavail, bsize } = await statfs(home);
  const wanted = bytes * spaceRatio + Math.min(spaceBytesMin, bytes * walRatio);
  if (bavail * bsize >= wanted) return;
  throw new ConfigError([
    `the disk must have ${formatGigabytes(wanted)} free for the new cluster beside the old one, in ${JSON.stringify(home)}: got ${formatGigabytes(bavail * bsize)}`,
  ]);
}

function formatGigabytes(bytes: number): string {
  return `${(bytes / 1e9).toFixed(1)} GB`;
}

/** The operator's settings go with the data; what the new server does not know of them stops it, and the upgrade. */
function copyOwnSettings(from: Cluster, to: Cluster): void {
  const file = join(from.folder, 'local.conf');
  if (existsSync(file)) copyFileSync(file, join(to.folder, 'local.conf'));
}
