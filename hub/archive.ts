/**
 * The archive thread: what may take long and must never hold up storing or viewing. Composition root.
 */
import { createHash } from 'node:crypto';
import { parentPort, workerData } from 'node:worker_threads';
import { assert } from '#core/errors.ts';
import { RetentionRun } from './archive/retention-run.ts';
import { Upkeep, type UpkeepRequest } from './archive/upkeep.ts';
import type { StorageStart } from './storage.ts';
import { archiveEphemeral } from './store/archiving.ts';
import { readFloors } from './store/chunks/floors.ts';
import { ensurePartitions, spansToKeep } from './store/chunks/partitions.ts';
import { retentionStore } from './store/chunks/retention-steps.ts';
import { StorageUseReader } from './store/chunks/storage-use.ts';
import { connect } from './store/connect.ts';
import { type HistoryRequest, readHistory } from './store/history.ts';
import { dropOldPushStreams } from './store/push.ts';
import { type RecentRequest, readLatest, readRecent } from './store/recent.ts';
import { serve } from './threads/rpc.ts';

export type ArchiveMethods = ReturnType<typeof createMethods>;

const connectionCount = 4;
const statementMsMax = 30_000;
/** Statements of upkeep: a large fleet's batches are looked through in one. */
const upkeepMsMax = 120_000;

function createMethods(start: StorageStart) {
  const sql = connect(start.connection, { connectionCount, name: 'pulsewire archive', statementMsMax });
  const slow = connect(start.connection, {
    connectionCount: 1,
    name: 'pulsewire upkeep',
    statementMsMax: upkeepMsMax,
  });
  const upkeep = new Upkeep(slow, { sha256: (bytes) => createHash('sha256').update(bytes).digest() });
  const retention = new RetentionRun(retentionStore(slow), start.retention);
  const storageUse = new StorageUseReader(slow);
  return {
    /** Makes partitions for the days to come, and lets go of what is too old or too much. */
    retain: async (clocks: { readonly nowMs: number; readonly nowMonotonicMs: number }) => {
      const { keepDays } = start.retention;
      await ensurePartitions(slow, spansToKeep({ keepDays, floors: await readFloors(slow), nowMs: clocks.nowMs }));
      return await retention.run(clocks);
    },
    retentionReport: (_: null) => Promise.resolve(retention.report),
    floors: (_: null) => readFloors(sql),
    storageUse: (_: null) => storageUse.read(),
    archiveEphemeral: (hours: number) => archiveEphemeral(sql, hours),
    /** Ends with the run; false when one was under way already. */
    upkeep: async (request: UpkeepRequest): Promise<boolean> => {
      const run = upkeep.run(request);
      await run;
      return run !== null;
    },
    upkeepReport: (_: null) => Promise.resolve(upkeep.report),
    history: (request: HistoryRequest) => readHistory(sql, request),
    recent: (request: RecentRequest) => readRecent(sql, request),
    latest: (hostId: number) => readLatest(sql, hostId),
    dropOldPushStreams: (_: null) => dropOldPushStreams(sql),
    stop: async (_: null): Promise<void> => {
      await upkeep.stop();
      await Promise.all([sql.end({ timeout: 2 }), slow.end({ timeout: 2 })]);
    },
  };
}

assert(parentPort !== null, 'the archive thread is started by main');
serve(parentPort, createMethods(workerData as StorageStart));
