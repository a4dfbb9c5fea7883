/**
 * The hub once its database is known: wires intake, registry, live viewing and the two other threads together,
 * and drives their timers. Main makes one and gives its endpoints to the sockets.
 */
import { createHash } from 'node:crypto';
import { statfs } from 'node:fs/promises';
import type { EventLoopUtilization } from 'node:perf_hooks';
import { Worker } from 'node:worker_threads';
import type { Logger } from 'pino';
import { decodeFromViewer } from '#core/codec.ts';
import { overviewMs } from '#core/limits.ts';
import type { FleetPulse, Status, StorageState, Top } from '#core/message.ts';
import type { AuditEvents } from './access/audit.ts';
import { checkViewerMessage } from './access/viewer-rules.ts';
import { Agents } from './agents.ts';
import type { AlertBook } from './alert-book.ts';
import type { AlertsFile } from './alert-forms.ts';
import type { AlertRoom } from './alerting/alert-room.ts';
import { wireAlerts } from './alerting/alert-wiring.ts';
import type { UpkeepReport } from './archive/upkeep.ts';
import type { ArchiveMethods } from './archive.ts';
import { Chores } from './chores.ts';
import type { HubConfig } from './config.ts';
import type { EnrolmentKey } from './enrolment-key.ts';
import { History } from './history.ts';
import { Hosts } from './hosts.ts';
import type { Flight } from './intake/flight.ts';
import { type AcceptedTick, Intake } from './intake/intake.ts';
import { Keeper, type StorageAccount } from './keeper.ts';
import { Fanout, type ViewerSocket } from './live/fanout.ts';
import { newestOf, pulseOf } from './live/pulse.ts';
import { RingFiller } from './live/ring-filler.ts';
import { Notes } from './notes.ts';
import { Pusher } from './pusher.ts';
import { type Host, Registry } from './registry.ts';
import { ScriptBook } from './scripts/script-book.ts';
import { ScriptReportBook } from './scripts/script-reports.ts';
import { Clients } from './settings/clients.ts';
import { SettingsBook } from './settings/settings-book.ts';
import type { ViewerEndpoint } from './sockets/endpoints.ts';
import type { StorageEvent, StorageMethods, StorageStart } from './storage.ts';
import type { KnownHost, KnownToken } from './store/admission.ts';
import type { StoredTarget } from './store/alerts/record.ts';
import { Caller, methodsOver } from './threads/rpc.ts';

export interface EngineOptions {
  readonly config: HubConfig;
  readonly log: Logger;
  readonly version: string;
  readonly start: StorageStart;
  readonly known: {
    readonly hubId: string;
    readonly life: string;
    readonly hosts: readonly KnownHost[];
    readonly tokens: readonly KnownToken[];
    readonly readAt: string;
    readonly targets: readonly StoredTarget[];
  };
  readonly enrolmentKey: Pick<EnrolmentKey, 'hash' | 'isLocal'>;
  /** Rules, channels and downtimes that are kept in a file; null for none. */
  readonly alertsFile: AlertsFile | null;
  /** Where the embedded server keeps its files; null for an external one. */
  readonly databaseFolder: string | null;
  /** Files of the other two threads. */
  readonly storageFile: URL;
  readonly archiveFile: URL;
  readonly publish: (topic: string, bytes: Uint8Array) => void;
  /** Writes down what happens without a request. */
  readonly audit: AuditEvents;
  /** The storage thread has reached its database again. */
  readonly onStored: () => void;
  /** A thread has died: the process cannot go on. */
  readonly onFatal: (error: Error) => void;
}

/** The last unstored tick may be this old before storing is called delayed: batch age, flush delay, and the 2 s of the promise. */
const delayedMarginMs = 4_000;
/** Garbage of the other threads is short-lived; Node's default lets it grow to 48 MB a thread before it looks. */
const maxYoungGenerationSizeMb = 12;
/** How long a stop waits for what is in memory; the agents hold it as well. */
const drainMsMax = 8_000;
const pingMs = 5_000;
/** What another hub was told to do with agents, a revocation above all, is done here within twice that. */
const agentOrdersMs = 400;

export class Engine {
  readonly intake: Intake;
  readonly registry: Registry;
  readonly fanout: Fanout;
  readonly agents: Agents;
  readonly alerts: AlertRoom;
  readonly alertBook: AlertBook;
  readonly history: History;
  readonly hosts: Hosts;
  readonly notes: Notes;
  readonly scriptBook: ScriptBook;
  readonly scriptReports: ScriptReportBook;
  readonly settings: SettingsBook;
  readonly clients: Clients;
  readonly pusher: Pusher;
  readonly keeper: Keeper;
  readonly chores: Chores;
  readonly storage: Caller<StorageMethods, StorageEvent>;
  readonly archive: Caller<ArchiveMethods, never>;
  /** Writes down in the audit log what happens without a request. */
  readonly audit: AuditEvents;
  readonly #options: EngineOptions;
  readonly #workers: readonly Worker[];
  readonly #loads: EventLoopUtilization[] = [];
  readonly #timers: NodeJS.Timeout[] = [];
  #isAway = false;
  #isDeaf = false;
  #isOver = false;
  #lastSamples = 0;
  #samplesPerSec = 0;
  #newestMs = 0;
  #pulse: FleetPulse | null = null;
  #storageState: StorageState = 'stored';
  /** Pages of admins show agents as they were. */
  #areAgentsStale = false;
  #isReadingOrders = false;
  readonly #ringFiller: RingFiller;

  constructor(options: EngineOptions) {
    const { config, start, known, log, version } = options;
    this.#options = options;
    this.audit = options.audit;
    this.#workers = [options.storageFile, options.archiveFile].map((file) => this.#startWorker(file));
    this.storage = new Caller<StorageMethods, StorageEvent>(this.#workers[0]!, (event) => this.#storageTold(event));
    this.archive = new Caller<ArchiveMethods, never>(this.#workers[1]!, () => {});
    this.registry = new Registry({ ringBytesMax: config.ringBytesMax, ringWindowMsMax: config.ringWindowMs });
    for (const host of known.hosts) this.registry.put(host);
    for (const token of known.tokens) this.registry.addToken(token.hash, token.hostId);
    this.fanout = new Fanout(this.registry, {
      publish: options.publish,
      fillRing: (hostId) => this.#background(this.#ringFiller.fill(hostId)),
      openAlerts: () => this.alerts.openAlerts(),
    });
    this.intake = new Intake(
      { flush: (flight) => this.#flush(flight), onTick: (tick) => this.#show(tick) },
      { batchAgeMs: config.batchAgeMs, flushDelayMs: config.flushDelayMs, queuedBytesMax: config.queuedBytesMax },
    );
    this.#ringFiller = new RingFiller({
      registry: this.registry,
      readRecent: (request) => this.archive.call('recent', request),
      decodeLayout: (bytes, id) => this.intake.layouts.decode(bytes, id),
      isWatched: (hostId) => this.fanout.isWatched(hostId),
      filled: (hostId) => this.fanout.hostFilled(hostId, Date.now()),
      background: (work) => this.#background(work),
    });
    const { noticeWaitMs, noticeIntervalMs } = config;
    const { alerts, alertBook } = wireAlerts({
      ...{ registry: this.registry, fanout: this.fanout, storage: this.storage, archive: this.archive, log },
      hubId: known.hubId,
      life: known.life,
      settings: { noticeWaitMs, noticeIntervalMs },
      targets: known.targets,
      secretKey: start.secretKey,
      alertsFile: options.alertsFile,
      pokeNotices: (dueInMs) => this.chores.pokeNotices(dueInMs),
    });
    this.alerts = alerts;
    this.alertBook = alertBook;
    const hostOf = (hostId: number) => this.registry.host(hostId)?.identity;
    this.scriptBook = new ScriptBook({
      store: methodsOver<StorageMethods>(this.storage),
      hostOf,
      publisherKeys: config.scriptPublisherKeys.map((key) => key.slice('ed25519:'.length)),
    });
    this.scriptReports = new ScriptReportBook({
      store: methodsOver<StorageMethods>(this.storage),
      hostOf,
      isKnown: (name) => this.scriptBook.knows(name),
      audit: options.audit,
      nowMs: Date.now,
    });
    this.agents = new Agents({
      intake: this.intake,
      registry: this.registry,
      store: methodsOver<StorageMethods>(this.storage),
      identity: { hubId: known.hubId, hubVersion: version, seriesMax: config.seriesPerHostMax },
      sha256,
      enrolmentKey: options.enrolmentKey,
      log,
      audit: options.audit,
      onChanged: () => {
        this.#areAgentsStale = true;
      },
      presence: this.alerts.presence,
      onTop: (hostId, top) => this.#showTop(hostId, top),
      scripts: {
        linked: (hostId, link) => this.scriptBook.linked(hostId, link),
        unlinked: (hostId) => this.scriptBook.unlinked(hostId),
        // An agent reports again when it has been given the list.
        reported: (hostId, reports) => {
          if (this.scriptBook.isLoaded) this.scriptReports.reported(hostId, reports);
        },
      },
      settings: {
        of: (hostId) => (this.settings.isLoaded ? this.settings.of(hostId) : null),
        reported: (hostId, report) => this.settings.reported(hostId, report),
      },
      nowMs: Date.now,
      nowMonotonicMs: () => performance.now(),
    });
    this.settings = new SettingsBook({
      store: methodsOver<StorageMethods>(this.storage),
      give: (hostId) => this.agents.giveSettings(hostId),
      giveAll: () => this.agents.giveAllSettings(),
      speaks: (hostId) => this.agents.speaks(hostId, 'settings'),
      onTags: (host) => this.hosts.learned(host),
      onChanged: () => {},
      digest: (text) => createHash('sha256').update(text).digest('base64url').slice(0, 16),
      log,
    });
    this.clients = new Clients(methodsOver<StorageMethods>(this.storage));
    this.notes = new Notes({
      store: methodsOver<StorageMethods>(this.storage),
      reads: methodsOver<ArchiveMethods>(this.archive),
      onChanged: () => this.fanout.notesChanged(),
    });
    this.history = new History({
      intake: this.intake,
      pending: (request) => this.storage.call('pending', request),
      query: (query, signal) => this.archive.call('query', query, { signal }),
      exportPart: (part, signal) => this.archive.call('exportPart', part, { signal }),
      backtest: (request, signal) => this.archive.call('backtest', request, { signal }),
    });
    this.keeper = this.#createKeeper();
    this.pusher = new Pusher({
      registry: this.registry,
      sha256,
      store: (request) => this.storage.call('push', request),
      readLatest: (hostId) => this.archive.call('latest', hostId),
      show: (tick) => this.#show(tick),
      floorMs: () => this.keeper.rawFloorMs,
    });
    this.hosts = new Hosts(
      {
        registry: this.registry,
        edit: async (edit) => {
          const answer = await this.storage.call('editHost', edit);
          if (edit.newName !== null) await this.#followMentions();
          return answer;
        },
        remove: async (hostName) => {
          const hostId = await this.storage.call('removeHost', hostName);
          await this.#followMentions();
          return hostId;
        },
        readChanges: async (since) => {
          const changes = await this.storage.call('hostChanges', since);
          if (changes.changed.length > 0) await this.#followMentions();
          return changes;
        },
        onRemoved: (host) => this.#hostRemoved(host),
        onRenamed: ({ identity }) => {
          // In one turn with the rules and downtimes that say the new name, or they would not mean the host for a moment.
          this.alerts.judge.renameHost(identity);
          this.alertBook.tellNow();
        },
        onNameFreed: (hostName) => this.pusher.forget(hostName),
      },
      known.readAt,
    );
    this.chores = new Chores({
      ...{ archive: this.archive, keeper: this.keeper, hosts: this.hosts, alertBook, notes: this.notes, log },
      scripts: { book: this.scriptBook, reports: this.scriptReports },
      settings: this.settings,
      isStored: () => this.#storageState === 'stored',
      isTroubleKnown: () => this.#isAway || this.#isDeaf || this.#isOver,
      background: (work) => this.#background(work),
    });
    log.debug({ connection: { database: start.connection.database } }, 'engine.created');
  }

  /** Starts the timers. */
  run(): void {
    this.#background(this.#ringFiller.fillAll());
    this.#every(overviewMs, () => {
      this.intake.poll(Date.now());
      this.fanout.poll(Date.now(), performance.now());
      this.agents.poll(performance.now());
      this.#tellHosts();
      this.alerts.poll();
      this.notes.poll(performance.now());
    });
    this.#every(1_000, () => {
      this.registry.check(performance.now());
      this.#samplesPerSec = this.intake.counters.acceptedSamples - this.#lastSamples;
      this.#lastSamples = this.intake.counters.acceptedSamples;
      this.#newestMs = newestOf(this.registry.hosts());
      this.#pulse = pulseOf(this.registry.hosts(), { nowMs: Date.now(), nowMonotonicMs: performance.now() });
      this.#judgeStorage();
      this.#ringFiller.fillReplayed();
      if (this.#areAgentsStale) this.fanout.agentsChanged();
      this.#areAgentsStale = false;
      this.fanout.status(this.status());
    });
    this.#every(pingMs, () => this.#background(this.#pingStorage()));
    this.#every(agentOrdersMs, () => this.#followAgentOrders());
    this.chores.run((intervalMs, work) => this.#every(intervalMs, work));
  }

  get viewerEndpoint(): ViewerEndpoint {
    const { fanout } = this;
    return {
      // Who may look may see everything: what is shown is the same for all.
      opened: (socket, _actor) => fanout.opened(socket, this.status()),
      received: (socket: ViewerSocket, bytes, actor) => {
        const message = decodeFromViewer(bytes);
        checkViewerMessage(message, actor);
        fanout.received(socket, message, Date.now());
      },
      drained: (socket) => fanout.drained(socket, Date.now()),
      dropped: (socket) => fanout.dropped(socket, performance.now()),
      closed: (socket) => fanout.closed(socket),
    };
  }

  get log(): Logger {
    return this.#options.log;
  }

  /** Share of the time since the last call, or the start, that each of the other threads was busy, 0 to 1. */
  threadLoads(): { readonly name: string; readonly busyRatio: number }[] {
    return this.#workers.map((worker, index) => {
      const now = worker.performance.eventLoopUtilization();
      // By one reading alone the platform would take the moment since it, which can even be below zero.
      const before = this.#loads[index] ?? { idle: 0, active: 0, utilization: 0 };
      const { utilization } = worker.performance.eventLoopUtilization(now, before);
      this.#loads[index] = now;
      return { name: index === 0 ? 'storage' : 'archive', busyRatio: utilization };
    });
  }

  status(): Status {
    const nowMs = Date.now();
    return {
      kind: 'status',
      nowMs,
      storage: this.#storageState,
      unstoredMs: this.intake.unstoredMs(nowMs),
      hostCount: this.registry.count,
      connectedCount: this.agents.connectionCount,
      viewerCount: this.fanout.viewerCount,
      samplesPerSec: this.#samplesPerSec,
      newestMs: this.#newestMs,
      pulse: this.#pulse,
    };
  }

  /** Stores what is in memory, tells everybody to come back, and ends the threads. */
  async stop(): Promise<void> {
    await this.#drain();
    this.closeAll(1012, 'The hub is restarting');
    await this.#end();
  }

  /** Stores what is in memory and ends the threads; connections stay open, and nothing more is taken from them. */
  async retire(): Promise<void> {
    await this.#drain();
    await this.#end();
  }

  /** Closes the connections of all agents and viewers. */
  closeAll(closeCode: number, reason: string): void {
    this.agents.closeAll(closeCode, reason);
    this.fanout.closeAll(closeCode, reason);
  }

  async #drain(): Promise<void> {
    const { log } = this.#options;
    this.agents.drain();
    this.pusher.isStopping = true;
    this.intake.sealAll(Date.now());
    const isDrained = () => this.intake.isIdle && this.pusher.waitingCount === 0 && this.alerts.isIdle;
    const deadlineMs = performance.now() + drainMsMax;
    while (!isDrained() && performance.now() < deadlineMs) {
      this.intake.poll(Date.now());
      this.alerts.drain();
      await sleep(10);
    }
    if (!isDrained()) log.warn({ queuedBytes: this.intake.queuedBytes }, 'hub.stopped-undrained');
    for (const timer of this.#timers) clearInterval(timer);
    await this.alerts.alerting.stop().catch(() => {
      // The database is away: what is pending begins anew.
    });
  }

  async #end(): Promise<void> {
    // What is under way from here on fails, and that is no fault.
    this.#isOver = true;
    await Promise.race([
      Promise.allSettled([this.storage.call('stop', null), this.archive.call('stop', null)]),
      // A notice that is being sent has 5 s.
      sleep(6_000),
    ]);
    await Promise.all(this.#workers.map((worker) => worker.removeAllListeners('exit').terminate()));
    for (const caller of [this.storage, this.archive]) caller.close('Cannot call: the thread has ended');
  }

  /** What is used, now or a moment ago. Rejects when the database is away. */
  async readAccount(): Promise<StorageAccount> {
    return await this.keeper.account({ nowMs: Date.now(), nowMonotonicMs: performance.now() });
  }

  async readUpkeep(): Promise<UpkeepReport> {
    return await this.archive.call('upkeepReport', null);
  }

  /** Rules and notes that say a host by its name follow it. */
  async #followMentions(): Promise<void> {
    await Promise.all([this.alertBook.follow(), this.notes.follow()]).catch(() => {
      // The database is away; the next time will do.
    });
  }

  #createKeeper(): Keeper {
    const { config, start, log, databaseFolder } = this.#options;
    const ports = {
      retain: (clocks: Parameters<Keeper['retain']>[0]) => this.archive.call('retain', clocks),
      readFloors: () => this.archive.call('floors', null),
      readUse: () => this.archive.call('storageUse', null),
      readReport: () => this.archive.call('retentionReport', null),
      archiveEphemeral: (hours: number) => this.archive.call('archiveEphemeral', hours),
      setRawFloor: (day: number) => this.storage.call('setFloor', day),
      readDiskFree: () => readDiskFree(databaseFolder),
      log,
    };
    const settings = { ...start.retention, ephemeralHours: config.ephemeralHours };
    return new Keeper(ports, { settings, rawFloorDay: start.rawFloorDay });
  }

  /** Work that nobody waits for; its failure is a fault of ours. */
  #background(work: Promise<void>): void {
    work.catch((error: unknown) => this.#fail(error));
  }

  #every(intervalMs: number, work: () => void): void {
    this.#timers.push(setInterval(work, intervalMs));
  }

  #startWorker(file: URL): Worker {
    const worker = new Worker(file, {
      workerData: this.#options.start,
      resourceLimits: { maxYoungGenerationSizeMb },
    });
    worker.on('error', (error) => this.#options.onFatal(error instanceof Error ? error : new Error(String(error))));
    worker.on('exit', (code) => this.#options.onFatal(new Error(`Cannot go on: a thread ended with code ${code}`)));
    return worker;
  }

  #flush(flight: Flight): void {
    this.storage.call('flush', flight, { transfer: [flight.buffer] }).then(
      (answer) => this.intake.settled(answer, Date.now()),
      (error: unknown) => this.#fail(error),
    );
  }

  #fail(error: unknown): void {
    if (!this.#isOver) this.#options.onFatal(error instanceof Error ? error : new Error(String(error)));
  }

  #show(tick: AcceptedTick): void {
    const outcome = this.registry.push(tick.hostId, tick, performance.now());
    if (outcome === 'newest') {
      this.fanout.ticked(tick);
      this.alerts.tick(tick);
    } else if (outcome === 'inserted') this.fanout.backfilled(tick);
  }

  #showTop(hostId: number, top: Top): void {
    const host = this.registry.host(hostId);
    if (host === undefined) return;
    host.top = top;
    this.fanout.processes(hostId, top);
  }

  /** Memory lets go of a removed host, and its rows begin to go. */
  #hostRemoved(host: Host): void {
    const { hostId, name } = host.identity;
    this.agents.removed(hostId);
    this.intake.removed(hostId);
    this.fanout.removed(hostId);
    this.alerts.judge.removeHost(hostId);
    this.settings.forget(hostId);
    this.#ringFiller.removed(hostId);
    this.scriptReports.removed(hostId);
    this.chores.removeRows();
    this.#options.log.info({ hostId, hostName: name }, 'host.removed');
  }

  #tellHosts(): void {
    // First, so that a new host is told of with the downtime that it is in.
    for (const { identity } of this.registry.changedHosts()) {
      this.alerts.hostChanged(identity);
      this.scriptBook.hostChanged(identity.hostId);
    }
    const changes = this.registry.takeChanges();
    if (changes !== null) this.fanout.hostsChanged(changes);
  }

  #storageTold(event: StorageEvent): void {
    if (event.kind === 'replayed') {
      this.#ringFiller.noteReplays(event.hosts, Date.now());
      return;
    }
    this.#isAway = event.health === 'away';
    this.#judgeStorage();
  }

  #followAgentOrders(): void {
    if (this.#isReadingOrders) return;
    this.#isReadingOrders = true;
    this.agents.identities
      .follow()
      .catch(() => {
        // The database is away: nobody is let in meanwhile.
      })
      .finally(() => {
        this.#isReadingOrders = false;
      });
  }

  /** While nothing is stored nobody would notice that the database is away. */
  async #pingStorage(): Promise<void> {
    this.#isDeaf = (await this.storage.call('ping', null)) !== null;
    this.#judgeStorage();
  }

  #judgeStorage(): void {
    const { batchAgeMs, flushDelayMs } = this.#options.config;
    const isLate = this.intake.unstoredMs(Date.now()) > batchAgeMs + flushDelayMs + delayedMarginMs;
    const state: StorageState = this.#isAway || this.#isDeaf ? 'away' : isLate ? 'delayed' : 'stored';
    if (state === this.#storageState) return;
    this.#options.log.info({ from: this.#storageState, to: state }, 'storage.changed');
    this.#storageState = state;
    if (state === 'stored') this.#options.onStored();
    this.alerts.storageChanged(state === 'away');
    this.fanout.status(this.status());
  }
}

async function readDiskFree(folder: string | null): Promise<number | null> {
  if (folder === null) return null;
  const { bavail, bsize } = await statfs(folder);
  return bavail * bsize;
}

function sha256(bytes: Uint8Array): Uint8Array {
  return createHash('sha256').update(bytes).digest();
}

/** Keeps no process running: a stop that is faster than its longest wait ends at once. */
function sleep(ms: number): Promise<void> {
  return new Promise((resolve) => {
    setTimeout(resolve, ms).unref();
  });
}
