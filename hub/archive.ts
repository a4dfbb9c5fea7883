/**
 * The archive thread: what may take long and must never hold up storing or viewing. Composition root.
 */
import { parentPort, workerData } from 'node:worker_threads';
import { assert } from '#core/errors.ts';
import type { StorageStart } from './storage.ts';
import { connect } from './store/connect.ts';
import { type HistoryRequest, readHistory } from './store/history.ts';
import { dropOldPushStreams } from './store/push.ts';
import { type RecentRequest, readLatest, readRecent } from './store/recent.ts';
import { serve } from './threads/rpc.ts';

export type ArchiveMethods = ReturnType<typeof createMethods>;

const connectionCount = 4;
const statementMsMax = 30_000;

function createMethods(start: StorageStart) {
  const sql = connect(start.connection, { connectionCount, name: 'pulsewire archive', statementMsMax });
  return {
    history: (request: HistoryRequest) => readHistory(sql, request),
    recent: (request: RecentRequest) => readRecent(sql, request),
    latest: (hostId: number) => readLatest(sql, hostId),
    dropOldPushStreams: (_: null) => dropOldPushStreams(sql),
    stop: (_: null) => sql.end({ timeout: 2 }),
  };
}

assert(parentPort !== null, 'the archive thread is started by main');
serve(parentPort, createMethods(workerData as StorageStart));
