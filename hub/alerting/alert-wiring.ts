/**
 * Alerts, wired to the threads that store and send: the judge with what is told of its judgements, and the book of what people
 * have laid down.
 */
import type { Logger } from 'pino';
import { AlertBook } from '../alert-book.ts';
import type { AlertsFile } from '../alert-forms.ts';
import type { ArchiveMethods } from '../archive.ts';
import type { Fanout } from '../live/fanout.ts';
import type { Registry } from '../registry.ts';
import { SecretBox } from '../secret-box.ts';
import type { StorageEvent, StorageMethods } from '../storage.ts';
import type { StoredTarget } from '../store/alerts/record.ts';
import { type Caller, methodsOver } from '../threads/rpc.ts';
import { AlertRoom } from './alert-room.ts';
import type { TellingSettings } from './telling.ts';

export interface AlertParts {
  readonly registry: Registry;
  readonly fanout: Fanout;
  readonly storage: Caller<StorageMethods, StorageEvent>;
  readonly archive: Caller<ArchiveMethods, never>;
  readonly log: Logger;
  readonly hubId: string;
  /** Of the database (`hub.life`): another one after a restore. */
  readonly life: string;
  readonly settings: TellingSettings;
  /** Where the run before has stopped. */
  readonly targets: readonly StoredTarget[];
  readonly secretKey: Uint8Array;
  readonly alertsFile: AlertsFile | null;
  /** Rows of the outbox have been committed, and are due in so long. */
  pokeNotices(dueInMs: number): void;
}

/** Rules that are changed one after the other are compiled together, with rests of so many times what that takes. */
const definitionsDelayMs = 50;
const definitionsRests = 10;

export function wireAlerts(parts: AlertParts): { readonly alerts: AlertRoom; readonly alertBook: AlertBook } {
  const { registry, fanout, storage, archive, log, hubId, life, settings, targets } = parts;
  const alerts = new AlertRoom(
    {
      registry,
      clocks: () => ({ nowMs: Date.now(), nowMonotonicMs: performance.now() }),
      record: (rows) => storage.call('recordEvents', rows),
      savePending: (change) => storage.call('savePending', change),
      noteBye: (hostId) => storage.call('noteBye', hostId),
      heardHosts: (hostIds) => storage.call('heardHosts', hostIds),
      pokeNotices: () => parts.pokeNotices(settings.noticeWaitMs),
      sendDirect: ({ kind, sealedSettings }, message) =>
        archive.call('sendDirect', { channel: { kind, sealedSettings }, message }),
      alertsChanged: (rows) => fanout.alertsChanged(rows),
      alertsKnown: () => fanout.alertsKnown(),
      soon: (work) => setImmediate(work),
      random: Math.random,
      warn: (event, fields) => log.error(fields, event),
    },
    { hubId, life, settings, targets },
  );
  let tookMs = 0;
  const alertBook = new AlertBook(
    {
      store: methodsOver<StorageMethods>(storage),
      secrets: new SecretBox(parts.secretKey),
      log,
      onChanged: (definitions) => alerts.setDefinitions(definitions),
      onQuietChanged: (quiet) => alerts.setQuiet(quiet),
      onAcknowledged: (alertId) => alerts.alerting.acknowledged(alertId),
      soon: (work) => {
        const delayMs = Math.max(definitionsDelayMs, definitionsRests * tookMs);
        setTimeout(() => {
          const startedMs = performance.now();
          work();
          tookMs = performance.now() - startedMs;
        }, delayMs).unref();
      },
    },
    parts.alertsFile,
  );
  return { alerts, alertBook };
}
