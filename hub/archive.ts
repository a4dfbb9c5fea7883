/**
 * The archive thread: what may take long and must never hold up storing or viewing. Composition root.
 */
import '#core/no-proto.ts';

import { createHash } from 'node:crypto';
import { setTimeout as sleep } from 'node:timers/promises';
import { parentPort, workerData } from 'node:worker_threads';
import { assert } from '#core/errors.ts';
import { tryAlertsFile } from './alerts-file.ts';
import { runBacktest } from './archive/backtest.ts';
import type { BacktestRequest } from './archive/backtest-request.ts';
import type { QueryPorts } from './archive/known-blocks.ts';
import { LayoutBook } from './archive/layout-book.ts';
import { planQuery } from './archive/query-plan.ts';
import { answerQuery, type ExportRequest, exportPart, type FormattedQuery } from './archive/query-service.ts';
import { RetentionRun } from './archive/retention-run.ts';
import { Upkeep, type UpkeepRequest } from './archive/upkeep.ts';
import { createLog } from './log.ts';
import { noticeMethods } from './notices/notice-methods.ts';
import { queriesMax } from './query-slots.ts';
import type { StorageStart } from './storage.ts';
import { type AuditRequest, readAudit, readAuditActions, tidyAudit } from './store/access/audit.ts';
import { alertReadMethods } from './store/alerts/methods.ts';
import { tidyAlerts } from './store/alerts/tidy.ts';
import { archiveEphemeral } from './store/archiving.ts';
import { readFloors } from './store/chunks/floors.ts';
import { ensurePartitions, spansToKeep } from './store/chunks/partitions.ts';
import { readBlocks } from './store/chunks/read-blocks.ts';
import { retentionStore } from './store/chunks/retention-steps.ts';
import { StorageUseReader } from './store/chunks/storage-use.ts';
import { connect } from './store/connect.ts';
import { LayoutCache } from './store/layout-cache.ts';
import { readNewestLayout } from './store/newest-layout.ts';
import { noteReadMethods, tidyNotes } from './store/notes.ts';
import { dropOldPushStreams } from './store/push.ts';
import { type RecentRequest, readLatest, readRecent } from './store/recent.ts';
import { Removal } from './store/removal.ts';
import { readServerFacts } from './store/server-facts.ts';
import { handingOver, serve } from './threads/rpc.ts';

export type ArchiveMethods = ReturnType<typeof createMethods>;

const connectionCount = 2;
/** The rows of a query's batches are gone through three times: in memory, not in temporary files. */
const queryWorkMemory = '64MB';
const statementMsMax = 30_000;
/** Statements of upkeep: a large fleet's batches are looked through in one. */
const upkeepMsMax = 120_000;
/** Notices wait for nothing else: what is sent is noted at once. */
const noticeConnectionCount = 2;

function createMethods(start: StorageStart) {
  const sql = connect(start.connection, { connectionCount, name: 'pulsewire archive', statementMsMax });
  // The only one that owns anything: it makes and drops partitions, and lets old entries of the audit log go.
  const slow = connect(start.ownerConnection, {
    connectionCount: 1,
    name: 'pulsewire upkeep',
    statementMsMax: upkeepMsMax,
  });
  const upkeep = new Upkeep(slow, { sha256: (bytes) => createHash('sha256').update(bytes).digest() });
  const retention = new RetentionRun(retentionStore(slow), start.retention);
  const storageUse = new StorageUseReader(slow);
  const queries = connect(start.connection, {
    connectionCount: queriesMax,
    name: 'pulsewire query',
    statementMsMax,
    workMemory: queryWorkMemory,
    // Planning over 60 partitions takes 5 ms of a query's 15.
    plansOnce: true,
  });
  const cache = new LayoutCache(queries);
  const queryPorts: QueryPorts = {
    read: (request, signal) => readBlocks(queries, request, signal),
    readLayouts: (ids) => cache.read(ids),
    layouts: new LayoutBook(),
  };
  const noticeSql = connect(start.connection, {
    connectionCount: noticeConnectionCount,
    name: 'pulsewire notices',
    statementMsMax,
  });
  const { stopNotices, ...notices } = noticeMethods(noticeSql, {
    settings: start.notices,
    secretKey: start.secretKey,
    log: createLog(start.log).child({ thread: 'archive' }),
  });
  // Half of the time of one connection at most.
  const removal = new Removal(sql, (busyMs) => sleep(busyMs));
  return {
    /** Makes partitions for the days to come, and lets go of what is too old or too much. */
    retain: async (clocks: { readonly nowMs: number; readonly nowMonotonicMs: number }) => {
      const { keepDays } = start.retention;
      await ensurePartitions(slow, spansToKeep({ keepDays, floors: await readFloors(slow), nowMs: clocks.nowMs }));
      const report = await retention.run(clocks);
      const pause = () => sleep(10);
      await tidyAlerts(slow, { alertDays: keepDays.hour, pause });
      await tidyAudit(slow, { keepDays: start.auditDays, pause });
      await tidyNotes(slow, { keepDays: keepDays.hour, pause });
      return report;
    },
    retentionReport: (_: null) => Promise.resolve(retention.report),
    floors: (_: null) => readFloors(sql),
    audit: (request: AuditRequest) => readAudit(sql, request),
    auditActions: (_: null) => readAuditActions(sql),
    storageUse: (_: null) => storageUse.read(),
    serverFacts: (_: null) => readServerFacts(sql),
    archiveEphemeral: (hours: number) => archiveEphemeral(sql, hours),
    /** Ends with the run; false when one was under way already. */
    upkeep: async (request: UpkeepRequest): Promise<boolean> => {
      const run = upkeep.run(request);
      await run;
      return run !== null;
    },
    upkeepReport: (_: null) => Promise.resolve(upkeep.report),
    query: async (query: FormattedQuery, signal: AbortSignal) => {
      const bytes = await answerQuery(queryPorts, query, signal);
      return handingOver(bytes, [bytes.buffer]);
    },
    /**
     * Opens the connections of queries and plans their statement: together they take 50 ms and more, which the first to look
     * at a chart would wait for.
     */
    warmUp: async (nowMs: number): Promise<void> => {
      const resolution = { kind: 'points', pointsMax: 1, prefersSamples: false } as const;
      const plan = planQuery({ startMs: nowMs, endMs: nowMs + 1, resolution, tierMin: 'raw', rawSamples: 0 });
      const nothing = { plan, hostIds: [], layouts: [], streamIds: [], wantsGaps: true, samplesMax: 0 };
      const { signal } = new AbortController();
      // The first alone: planning side by side takes each of them twice as long, and somebody may wait for it.
      const read = () => readBlocks(queries, nothing, signal);
      await read();
      await Promise.all(Array.from({ length: queriesMax }, read));
    },
    exportPart: async (part: ExportRequest, signal: AbortSignal) => {
      const made = await exportPart(queryPorts, part, signal);
      return handingOver(made, [made.bytes.buffer]);
    },
    ...alertReadMethods(sql),
    ...noteReadMethods(sql),
    alertsFile: (path: string) => Promise.resolve(tryAlertsFile(path, process.env)),
    backtest: (request: BacktestRequest, signal: AbortSignal) => runBacktest(queryPorts, request, signal),
    recent: (request: RecentRequest) => readRecent(sql, request),
    latest: (hostId: number) => readLatest(sql, hostId),
    newestLayout: (hostId: number) => readNewestLayout(sql, hostId),
    dropOldPushStreams: (_: null) => dropOldPushStreams(sql),
    removeRows: (_: null) => removal.run(),
    removalCounters: async (_: null) => removal.counters,
    ...notices,
    stop: async (_: null): Promise<void> => {
      await Promise.all([upkeep.stop(), stopNotices(null)]);
      await Promise.all([sql, slow, queries, noticeSql].map((one) => one.end({ timeout: 2 })));
    },
  };
}

assert(parentPort !== null, 'the archive thread is started by main');
serve(parentPort, createMethods(workerData as StorageStart));
