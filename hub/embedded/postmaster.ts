/**
 * One postmaster: started, or adopted from a hub that was killed; asked whether it is ready; stopped.
 *
 * It is the leader of its own session, so a Ctrl-C for the hub does not reach it and it outlives a hub that
 * is killed. Its pid is this object's identity, and before a signal is sent to a process that is no child of
 * ours, /proc is asked again whether the pid is still that postmaster.
 */
import { spawn } from 'node:child_process';
import { readFileSync } from 'node:fs';
import { open, rm } from 'node:fs/promises';
import { join } from 'node:path';
import { setTimeout as delay } from 'node:timers/promises';
import type { Logger } from 'pino';
import { commandAs, type RunAs } from './account.ts';
import type { Binaries } from './binaries.ts';
import { type Cluster, prepareStart, readLogTail } from './cluster.ts';
import { socketName } from './connection.ts';
import { decideStart, matchPostmaster, type PidFile, parsePidFile } from './pidfile.ts';
import { inspectProcess, listHolders } from './processes.ts';
import { postmasterArguments } from './settings.ts';

export interface Postmaster {
  readonly pid: number;
  /** Whether an earlier hub started it. */
  readonly isAdopted: boolean;
  /** Settles when the process has ended. */
  readonly ended: Promise<void>;
}

export interface PostmasterOptions {
  readonly cluster: Cluster;
  readonly runAs: RunAs;
  readonly binaries: Binaries;
  readonly log: Logger;
  /** Whether the server of this cluster answers on its socket; false also when another one does. */
  readonly answers: () => Promise<boolean>;
  /** Once it is aborted a server that has been started is returned before it is ready, and nothing new is started. */
  readonly signal?: AbortSignal;
}

/** How long somebody may stand in the way before the hub refuses to start: within 10 s with the last question (2 s). */
const obstacleMsMax = 7_000;
/** Recovery reads at most about 2 GB of WAL; a slow disk does 10 MB/s and then checkpoints. */
const recoveryMsMax = 600_000;
const lookAgainMs = 20;
const pollAdoptedMs = 250;
/** A fast shutdown writes a checkpoint: shared_buffers of 128 MB at 10 MB/s. */
const fastStopMsMax = 20_000;
/** The postmaster kills its own children 5 s into an immediate shutdown. */
const immediateStopMsMax = 10_000;

/** Returns the one postmaster of the cluster, ready. Throws when it cannot be started, or when somebody else uses the cluster. */
export async function obtainPostmaster(options: PostmasterOptions): Promise<Postmaster> {
  const { cluster, log } = options;
  const path = join(cluster.clusterFolder, 'postmaster.pid');
  const startedMs = performance.now();
  let isRecoveryLogged = false;
  for (;;) {
    const file = readPidFile(path);
    const decision = decideStart({
      file,
      process: file?.kind === 'entry' ? inspectProcess(file.pid) : null,
      holders: listHolders(cluster.clusterFolder),
      clusterFolder: cluster.clusterFolder,
      clusterUid: cluster.uid,
    });
    let obstacle: string;
    let msMax = obstacleMsMax;
    switch (decision.kind) {
      case 'start':
        await removeSocketLock(cluster);
        return startPostmaster(options);
      case 'clear':
        log.warn({ reason: decision.reason }, 'postgresql.pidfile-removed');
        await rm(path);
        await removeSocketLock(cluster);
        return startPostmaster(options);
      case 'adopt':
        if (decision.status === 'ready' && (await options.answers())) return adoptPostmaster(decision.pid, cluster);
        obstacle = `postmaster ${decision.pid} runs and does not answer; end it with: kill -INT ${decision.pid}`;
        if (decision.status === 'starting' || decision.status === 'stopping') msMax = recoveryMsMax;
        if (msMax === recoveryMsMax && !isRecoveryLogged) {
          isRecoveryLogged = true;
          log.info({ pid: decision.pid, status: decision.status }, 'postgresql.awaited');
        }
        break;
      case 'wait':
        obstacle = decision.reason;
        break;
    }
    options.signal?.throwIfAborted();
    if (performance.now() - startedMs > msMax) {
      throw new Error(
        `Cannot start PostgreSQL: nothing else may use the cluster ${JSON.stringify(cluster.clusterFolder)}: got ${JSON.stringify(obstacle)}`,
      );
    }
    await delay(lookAgainMs);
  }
}

/**
 * The socket has a lock of its own with the same pid, which stops PostgreSQL in the same way when that pid has
 * gone to somebody else. It lies in the cluster, so whoever may use the cluster may use the socket.
 */
async function removeSocketLock(cluster: Cluster): Promise<void> {
  await rm(join(cluster.clusterFolder, `${socketName}.lock`), { force: true });
}

async function startPostmaster(options: PostmasterOptions): Promise<Postmaster> {
  const { cluster, runAs, binaries, log } = options;
  await prepareStart(cluster);
  const args = postmasterArguments(cluster.clusterFolder);
  const command = commandAs(runAs, binaries.postgres, args);
  // What the server says before it opens its own log. A file, as a pipe would break when the hub is killed.
  const output = await open(join(cluster.folder, 'start.log'), 'w', 0o600);
  // In the cluster from the first instant, so that a later hub sees it before it has written its pid.
  const child = spawn(command.file, command.args, {
    ...command.options,
    cwd: cluster.clusterFolder,
    detached: true,
    stdio: ['ignore', output.fd, output.fd],
  });
  // Read through a function: the compiler takes a variable that only a callback sets for one that never changes.
  let ending: string | null = null;
  const readEnding = (): string | null => ending;
  const ended = new Promise<void>((resolve) => {
    const settle = (reason: string) => {
      ending = reason;
      resolve();
    };
    child.once('error', (error) => settle(error.message));
    child.once('exit', (code, signal) => settle(signal ?? `exit code ${code}`));
  });
  await output.close();
  child.unref();

  const startedMs = performance.now();
  let isRecoveryLogged = false;
  for (;;) {
    const file = readPidFile(join(cluster.clusterFolder, 'postmaster.pid'));
    const reason = readEnding();
    if (reason === null && child.pid !== undefined && options.signal?.aborted === true) {
      return { pid: child.pid, isAdopted: false, ended };
    }
    if (reason === null && file?.kind === 'entry' && file.pid === child.pid && file.status === 'ready') {
      return { pid: file.pid, isAdopted: false, ended };
    }
    if (reason !== null) {
      throw new Error(`Cannot start PostgreSQL: the server must stay up: got ${reason}\n${await readLogTail(cluster)}`);
    }
    const elapsedMs = performance.now() - startedMs;
    if (elapsedMs > 3_000 && !isRecoveryLogged) {
      isRecoveryLogged = true;
      log.info({ pid: child.pid }, 'postgresql.recovering');
    }
    if (elapsedMs > recoveryMsMax) {
      child.kill('SIGQUIT');
      throw new Error(`Cannot start PostgreSQL: it must be ready within ${recoveryMsMax} ms: got no answer`);
    }
    await Promise.race([ended, delay(lookAgainMs)]);
  }
}

function adoptPostmaster(pid: number, cluster: Cluster): Postmaster {
  const ended = new Promise<void>((resolve) => {
    const timer = setInterval(() => {
      if (isPostmaster(pid, cluster)) return;
      clearInterval(timer);
      resolve();
    }, pollAdoptedMs);
    timer.unref();
  });
  return { pid, isAdopted: true, ended };
}

/** Ends the postmaster: fast shutdown (SIGTERM would wait for every client), then an immediate one. */
export async function stopPostmaster(postmaster: Postmaster, cluster: Cluster): Promise<void> {
  for (const [signal, msMax] of [
    ['SIGINT', fastStopMsMax],
    ['SIGQUIT', immediateStopMsMax],
  ] as const) {
    if (!isPostmaster(postmaster.pid, cluster)) return;
    process.kill(postmaster.pid, signal);
    const deadlineMs = performance.now() + msMax;
    // Polled, as an adopted one is no child of ours; one that is a child is a zombie until Node asks for its exit code.
    while (isPostmaster(postmaster.pid, cluster) && performance.now() < deadlineMs) await delay(lookAgainMs);
  }
  if (isPostmaster(postmaster.pid, cluster)) {
    throw new Error(`Cannot stop PostgreSQL: postmaster ${postmaster.pid} must end: got none of it after SIGQUIT`);
  }
}

function isPostmaster(pid: number, cluster: Cluster): boolean {
  const facts = inspectProcess(pid);
  const { clusterFolder, uid } = cluster;
  return facts !== null && matchPostmaster(facts, { clusterFolder, clusterUid: uid }) !== 'no';
}

function readPidFile(path: string): PidFile | null {
  try {
    return parsePidFile(readFileSync(path, 'utf8'));
  } catch (error) {
    if (error instanceof Error && 'code' in error && error.code === 'ENOENT') return null;
    throw error;
  }
}
