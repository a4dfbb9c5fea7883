/**
 * The server of one cluster and how it is reached: by one that is running already, or by one that is started for a
 * piece of work and stopped after it.
 */
import type { Logger } from 'pino';
import { serverDataFolder } from '../store/probe.ts';
import { setLogin } from '../store/roles.ts';
import type { RunAs } from './account.ts';
import type { Binaries } from './binaries.ts';
import {
  type Cluster,
  databaseName,
  hubRoleName,
  keepHubPassword,
  ownerName,
  randomPassword,
  readPasswords,
  superuserName,
} from './cluster.ts';
import { openSocket, type PostgresConnection } from './connection.ts';
import { obtainPostmaster, type PostmasterOptions, stopPostmaster } from './postmaster.ts';

export interface ClusterAccess {
  /** As the owner of the tables, who is no superuser. */
  readonly connection: PostgresConnection;
  /** As the superuser, to the database `postgres`. */
  readonly superuserConnection: PostgresConnection;
  /** Whether the server of this cluster answers; false also when another one does. */
  answers(): Promise<boolean>;
  /** Gives back what the paths of the connections need. */
  close(): void;
}

/** How to reach the server of a cluster, whether it runs or not. Throws ConfigError when its socket cannot be named. */
export function accessCluster(cluster: Cluster): ClusterAccess {
  const { path, close } = openSocket(cluster.clusterFolder);
  const passwords = readPasswords(cluster);
  const superuser = { path, username: superuserName, password: passwords.superuser, database: superuserName };
  return {
    connection: { path, username: ownerName, password: passwords.application, database: databaseName },
    superuserConnection: superuser,
    answers: async () => (await serverDataFolder(superuser)) === cluster.clusterFolder,
    close,
  };
}

export interface ClusterOptions {
  readonly cluster: Cluster;
  readonly runAs: RunAs;
  readonly binaries: Binaries;
  readonly log: Logger;
}

export interface ClusterServer extends ClusterAccess {
  readonly isAdopted: boolean;
  stop(): Promise<void>;
}

/** Starts the server of a cluster, or takes over the one that a hub left running. The caller holds the lock of the data folder. */
export async function startCluster(options: ClusterOptions): Promise<ClusterServer> {
  const access = accessCluster(options.cluster);
  try {
    const postmasterOptions: PostmasterOptions = { ...options, answers: access.answers };
    const postmaster = await obtainPostmaster(postmasterOptions);
    return {
      ...access,
      isAdopted: postmaster.isAdopted,
      stop: async () => {
        await stopPostmaster(postmaster, options.cluster);
        access.close();
      },
    };
  } catch (error) {
    access.close();
    throw error;
  }
}

/**
 * How the hub itself connects: as a role that owns nothing. A cluster of before there was one is given it. The server
 * of the cluster runs, and the caller holds the lock of the data folder.
 */
export async function obtainHubConnection(cluster: Cluster, access: ClusterAccess): Promise<PostgresConnection> {
  let password = readPasswords(cluster).hub;
  if (password === null) {
    password = randomPassword();
    await setLogin(access.superuserConnection, { role: hubRoleName, password });
    await keepHubPassword(cluster, password);
  }
  return { ...access.connection, username: hubRoleName, password };
}
