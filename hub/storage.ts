/**
 * The storage thread: encodes and stores flights, admits agents, reads checksums. Composition root.
 *
 * Flights have a connection of their own, so that nothing small waits behind a large statement and nothing
 * large behind a slow small one.
 */
import '#core/no-proto.ts';

import { parentPort, workerData } from 'node:worker_threads';
import { assert } from '#core/errors.ts';
import type { AuditRow } from './access/audit-row.ts';
import type { RetentionSettings } from './archive/retention.ts';
import type { PendingRequest } from './history.ts';
import type { OfferedStream } from './intake/clock-shift.ts';
import type { Flight } from './intake/flight.ts';
import { createLog, type LogSettings } from './log.ts';
import type { NoticeSettings } from './notices/notice-methods.ts';
import { recordAudit } from './store/access/audit.ts';
import { accessMethods } from './store/access/methods.ts';
import { type AdmitRequest, admit, findBearer, noteBye, openStreams, readHosts } from './store/admission.ts';
import { agentMethods } from './store/agents/methods.ts';
import { readHeardHosts } from './store/alerts/heard-hosts.ts';
import { alertMethods } from './store/alerts/methods.ts';
import { type EventRow, recordEvents, savePending } from './store/alerts/record.ts';
import { type ChecksumRequest, readChecksums } from './store/checksums.ts';
import { codeOf, connect, type StoreConnection } from './store/connect.ts';
import { FlightRunner, type ReplayedHost } from './store/flight-runner.ts';
import { editHost, type HostEdit, readHostChanges, removeHost } from './store/host-edits.ts';
import { IngestConnection, type StoreHealth } from './store/ingest-connection.ts';
import { noteMethods } from './store/notes.ts';
import { PendingSamples } from './store/pending.ts';
import { type PushRequest, storePush } from './store/push.ts';
import { scriptMethods } from './store/scripts.ts';
import { agentSettingsMethods } from './store/settings/agent-settings.ts';
import { clientMethods } from './store/settings/clients.ts';
import { announce, serve } from './threads/rpc.ts';

/** What the storage thread and the archive thread start with. */
export interface StorageStart {
  readonly connection: StoreConnection;
  /** As the owner of the tables, for partitions and retention alone. */
  readonly ownerConnection: StoreConnection;
  readonly log: LogSettings;
  /** First day of raw that is kept; ticks before it have expired. */
  readonly rawFloorDay: number;
  readonly retention: RetentionSettings;
  /** Days for which entries of the audit log are kept. */
  readonly auditDays: number;
  /** By which secrets of channels are sealed. */
  readonly secretKey: Uint8Array;
  readonly notices: NoticeSettings;
}

export type StorageEvent =
  | { readonly kind: 'health'; readonly health: StoreHealth; readonly reason: string }
  | { readonly kind: 'replayed'; readonly hosts: readonly ReplayedHost[] };

export interface StorageCounters {
  readonly statementCount: number;
  readonly statementSeconds: number;
  readonly storedRows: number;
  readonly repeatCount: number;
  readonly cutBatches: number;
  readonly expiredTicks: number;
}

export type StorageMethods = ReturnType<typeof createMethods>;

/** Statements beside the ingest; more connections would only queue in the server. */
const smallConnectionCount = 4;
const smallStatementMsMax = 15_000;
const accessStatementMsMax = 5_000;

function createMethods(start: StorageStart, port: NonNullable<typeof parentPort>) {
  const log = createLog(start.log).child({ thread: 'storage' });
  const small = connect(start.connection, {
    connectionCount: smallConnectionCount,
    name: 'pulsewire storage',
    statementMsMax: smallStatementMsMax,
  });
  // What happens to alerts waits behind nothing, and not for long once a database that was away is back.
  const alerts = connect(start.connection, {
    connectionCount: 1,
    name: 'pulsewire alerts',
    statementMsMax: smallStatementMsMax,
    retrySec: 0.5,
  });
  // Nor does who may still do what: somebody who has signed out is shut out within a second.
  const access = connect(start.connection, {
    connectionCount: 1,
    name: 'pulsewire access',
    statementMsMax: accessStatementMsMax,
    retrySec: 0.5,
  });
  const connection = new IngestConnection(start.connection, {
    log,
    random: Math.random,
    onHealth: (health, reason) => announce<StorageEvent>(port, { kind: 'health', health, reason }),
  });
  const runner = new FlightRunner(connection, {
    log,
    onReplayed: (hosts) => announce<StorageEvent>(port, { kind: 'replayed', hosts }),
  });
  runner.setFloor(start.rawFloorDay);
  const pendingSamples = new PendingSamples();
  return {
    flush: (flight: Flight) => {
      pendingSamples.learn(flight);
      return runner.run(flight);
    },
    /** First day of raw that is kept, from the next flight on. */
    setFloor: async (rawFloorDay: number): Promise<void> => runner.setFloor(rawFloorDay),
    hosts: (_: null) => readHosts(small),
    admit: (request: AdmitRequest) => admit(small, request),
    openStreams: (request: { readonly hostId: number; readonly streams: readonly OfferedStream[] }) =>
      openStreams(small, request.hostId, request.streams),
    findBearer: (hash: string) => findBearer(small, hash),
    ...agentMethods(small),
    noteBye: (hostId: number) => noteBye(small, hostId),
    heardHosts: (hostIds: readonly number[]) => readHeardHosts(small, hostIds),
    ...alertMethods(small),
    ...noteMethods(small),
    recordAudit: (rows: readonly AuditRow[]) => recordAudit(small, rows),
    ...accessMethods(access),
    ...scriptMethods(small),
    ...agentSettingsMethods(small),
    ...clientMethods(small),
    recordEvents: (rows: readonly EventRow[]) => recordEvents(alerts, rows),
    savePending: (change: Parameters<typeof savePending>[1]) => savePending(alerts, change),
    editHost: (edit: HostEdit) => editHost(small, edit),
    removeHost: (hostName: string) => removeHost(small, hostName),
    hostChanges: (since: string) => readHostChanges(small, since),
    checksums: (request: ChecksumRequest) => readChecksums(small, request),
    pending: (request: PendingRequest) => Promise.resolve(pendingSamples.read(runner.pending, request)),
    push: (request: PushRequest) => storePush(small, runner, request),
    /** Whether the database answers. */
    ping: async (_: null): Promise<string | null> => {
      try {
        await small`select 1`;
        return null;
      } catch (error) {
        return codeOf(error);
      }
    },
    counters: async (_: null): Promise<StorageCounters> => {
      const { statementCount, statementSeconds, storedRows, cutBatches, expiredTicks } = runner;
      const { repeatCount } = connection;
      return { statementCount, statementSeconds, storedRows, cutBatches, expiredTicks, repeatCount };
    },
    stop: async (_: null): Promise<void> => {
      const pools = [small, alerts, access].map((pool) => pool.end({ timeout: 2 }));
      await Promise.all([connection.stop(), ...pools]);
    },
  };
}

assert(parentPort !== null, 'the storage thread is started by main');
serve(parentPort, createMethods(workerData as StorageStart, parentPort));
