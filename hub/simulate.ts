/**
 * The simulator as a program (`pulsewire simulate`): made-up hosts with a past, written into the database of a hub, whether
 * that hub runs or not. Composition root; loaded by the command line.
 *
 *   settings ─► database (the running hub's, an external one, or the one inside, started for this) ─► which hosts are
 *   there ─► outlook, and the operator's consent ─► history ─► summary ─► what is to happen then (live agents)
 */
import { createHash } from 'node:crypto';
import { dirname, join, resolve } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { fileURLToPath } from 'node:url';
import type { Logger } from 'pino';
import { dayOf } from '#core/calendar.ts';
import { ConfigError } from '#core/errors.ts';
import type { Id128 } from '#core/message.ts';
import { type HubConfig, keepDaysOf, ownerUrlOf, readHubConfig } from './config.ts';
import { attachEmbedded } from './embedded/attach.ts';
import { startEmbedded } from './embedded/embedded.ts';
import { readEnrolmentSecret } from './enrolment-key.ts';
import { readHubAddress } from './hub-address.ts';
import { createLog } from './log.ts';
import { ownUrl } from './network/own-url.ts';
import { chooseHosts, hostIndexOf, namesOf } from './simulate/choose-hosts.ts';
import { HistoryWriter, type Progress } from './simulate/history-writer.ts';
import { startMonthThreads } from './simulate/month-threads.ts';
import { keptFrom, type Outlook, outlookOf, type SimulationPlan, spanOf } from './simulate/plan.ts';
import { readFloors } from './store/chunks/floors.ts';
import { connect, type StoreConnection } from './store/connect.ts';
import { migrate } from './store/migrate.ts';
import {
  dropTokens,
  flushCommits,
  lockSimulation,
  readSimulatedHosts,
  type SimulatedRow,
  sumChunks,
  type TierSums,
} from './store/simulated.ts';

/** What is about to be done. */
export interface SimulationOutlook extends Outlook {
  /** Hosts that are there and complete, to be finished, to be removed first, and to be made. */
  readonly completeCount: number;
  readonly begunCount: number;
  readonly replacedCount: number;
  readonly newCount: number;
  /** Whether the database is that of a running hub, an external one, or was started for this. */
  readonly database: 'running' | 'external' | 'own';
}

export interface SimulationSummary {
  readonly hostCount: number;
  readonly completeCount: number;
  /** Where the newest of the complete histories ends, epoch ms; 0 where there is none. */
  readonly toMs: number;
  /** Ticks made by this run, and how long it took. */
  readonly tickCount: number;
  readonly durationMs: number;
  /** Counted from the rows of all hosts of the plan. */
  readonly tiers: readonly TierSums[];
}

/** What simulated agents need to be the agents of the hosts written. */
export interface SimulatedFleetAccess {
  readonly hosts: readonly { readonly index: number; readonly agentId: Id128 }[];
  readonly enrolmentKey: string;
}

export interface SimulateOptions {
  /** The hub's settings; null: every setting has its default. */
  readonly configFile: string | null;
  readonly plan: SimulationPlan;
  readonly isReplace: boolean;
  /** Aborted to stop: what has been written stays, and the next run goes on from there. */
  readonly signal: AbortSignal;
  /** Asked before anything is written; false ends it. Not asked where there is nothing to write. */
  readonly confirm: (outlook: SimulationOutlook) => Promise<boolean>;
  readonly onProgress: (progress: Progress) => void;
  readonly onSummary: (summary: SimulationSummary) => void;
  /** What comes after the history, while nobody else may simulate; null for nothing. Not called when stopped before. */
  readonly andThen: ((fleet: SimulatedFleetAccess) => Promise<void>) | null;
}

const packageFolder = resolve(dirname(fileURLToPath(import.meta.url)), '..');
const lockMsMax = 5_000;
const lockRetryMs = 100;
/** One a lane. */
const connectionsMax = 4;
/** A month of a host at ten ticks a second, its index and a slow disk. */
const statementMsMax = 600_000;

/** Where the hub of these settings answers: what it has written itself, or what its settings say where it has not. */
export function hubUrlOf(configFile: string | null): string {
  const config = readHubConfig(configFile, process.env);
  return readHubAddress(dataFolderOf(config)) ?? ownUrl({ host: config.host, port: config.port, names: null });
}

function dataFolderOf(config: HubConfig): string {
  return resolve(config.dataFolder ?? join(packageFolder, 'data'));
}

/** Rejects with ConfigError for what the operator must change; then nothing has been written. */
export async function simulate(options: SimulateOptions): Promise<void> {
  const config = readHubConfig(options.configFile, process.env);
  // Life-cycle lines of a server that is started for this are of no interest here.
  const level = config.logLevel === 'debug' ? 'debug' : 'warn';
  const log = createLog({ level, isPretty: process.stderr.isTTY === true });
  const dataFolder = dataFolderOf(config);
  const database = await openDatabase(config, { dataFolder, log });
  const name = 'pulsewire simulate';
  // What a crash undoes the next run writes again, so the disk is waited for once, at the end: the 500 commits of 100
  // hosts took half of the time on a busy disk.
  const isDurable = false;
  const sql = connect(database.connection, { connectionCount: connectionsMax, name, statementMsMax, isDurable });
  // The lock that keeps other simulators away lasts as long as its connection.
  const durable = connect(database.connection, { connectionCount: 1, name, statementMsMax });
  try {
    await migrate(durable, join(packageFolder, 'sql'));
    await takeLock(durable);
    const context = { kind: database.kind, keepDays: keepDaysOf(config), flush: () => flushCommits(durable) };
    const rows = await writeHistory(sql, { ...options, ...context });
    if (options.andThen === null || rows === null || options.signal.aborted) return;
    await dropTokens(
      sql,
      rows.map(({ hostId }) => hostId),
    );
    const hosts = rows.map(({ name, agentId }) => ({ index: hostIndexOf(name), agentId }));
    await options.andThen({
      hosts,
      enrolmentKey: readEnrolmentSecret({ env: process.env, file: config.enrolmentKeyFile, dataFolder }),
    });
  } finally {
    await Promise.all([sql.end({ timeout: 2 }), durable.end({ timeout: 2 })]);
    await database.close();
  }
}

/** The server may still be busy with the last statement of a run that was killed a moment ago. */
async function takeLock(sql: ReturnType<typeof connect>): Promise<void> {
  for (const startMs = performance.now(); !(await lockSimulation(sql)); await sleep(lockRetryMs)) {
    if (performance.now() - startMs > lockMsMax)
      throw new ConfigError(['no other simulation may be under way in this database: got one'], 'simulate');
  }
}

/** The hosts of the plan, complete; null when the operator did not want it. */
async function writeHistory(
  sql: ReturnType<typeof connect>,
  options: SimulateOptions & {
    readonly kind: SimulationOutlook['database'];
    readonly keepDays: ReturnType<typeof keepDaysOf>;
    readonly flush: () => Promise<void>;
  },
): Promise<SimulatedRow[] | null> {
  const { plan, signal, onProgress, keepDays } = options;
  const nowMs = Date.now();
  const choice = chooseHosts(plan, await readSimulatedHosts(sql, namesOf(plan)), options);
  const kept = keptFrom({ today: dayOf(nowMs), keepDays, floors: await readFloors(sql) });
  const { complete, begun, replaced, newIndexes } = choice;
  const counts = { completeCount: complete.length, begunCount: begun.length, replacedCount: replaced.length };
  const outlook = {
    ...outlookOf(spanOf(plan, nowMs), { hostCount: begun.length + newIndexes.length, kept }),
    ...counts,
    newCount: newIndexes.length,
    database: options.kind,
  };
  const isWorkLeft = begun.length + newIndexes.length > 0;
  if (isWorkLeft && (!(await options.confirm(outlook)) || signal.aborted)) return null;
  const startMs = performance.now();
  let tickCount = 0;
  const threads = startMonthThreads(new URL('./simulate-worker.js', import.meta.url));
  const writer = new HistoryWriter(sql, {
    ...{ plan, nowMs, kept, signal, builders: threads.builders },
    sha256: (bytes) => createHash('sha256').update(bytes).digest(),
    onProgress: (progress) => {
      tickCount = progress.tickCount;
      onProgress(progress);
    },
  });
  const rows = await writer.write(choice).finally(() => threads.stop());
  await options.flush();
  const durationMs = performance.now() - startMs;
  const toMs = rows.reduce((max, row) => Math.max(max, row.toMs), 0);
  const tiers = await sumChunks(
    sql,
    rows.map(({ hostId }) => hostId),
  );
  options.onSummary({ hostCount: plan.hostCount, completeCount: rows.length, toMs, tickCount, durationMs, tiers });
  return rows;
}

interface OpenedDatabase {
  readonly connection: StoreConnection;
  readonly kind: SimulationOutlook['database'];
  close(): Promise<void>;
}

async function openDatabase(
  config: HubConfig,
  options: { readonly dataFolder: string; readonly log: Logger },
): Promise<OpenedDatabase> {
  const url = ownerUrlOf(config);
  if (url !== null) {
    const connection = { url, path: null, username: '', password: '', database: '' };
    return { connection, kind: 'external', close: async () => {} };
  }
  const attached = await attachEmbedded(options.dataFolder);
  if (attached !== 'none' && attached !== 'stopped')
    return { connection: { url: null, ...attached.connection }, kind: 'running', close: async () => attached.close() };
  const embedded = await startEmbedded(options);
  return { connection: { url: null, ...embedded.connection }, kind: 'own', close: () => embedded.stop() };
}
