/**
 * The hub once its database is known: wires intake, registry, live viewing and the two other threads together,
 * and drives their timers. Main makes one and gives its endpoints to the sockets.
 */
import { createHash } from 'node:crypto';
import { statfs } from 'node:fs/promises';
import { Worker } from 'node:worker_threads';
import type { Logger } from 'pino';
import { decodeFromViewer } from '#core/codec.ts';
import { overviewMs } from '#core/limits.ts';
import type { Status, StorageState, Top } from '#core/message.ts';
import { Agents } from './agents.ts';
import type { UpkeepReport } from './archive/upkeep.ts';
import type { ArchiveMethods } from './archive.ts';
import type { HubConfig } from './config.ts';
import { History } from './history.ts';
import { Hosts } from './hosts.ts';
import type { Flight } from './intake/flight.ts';
import { type AcceptedTick, Intake } from './intake/intake.ts';
import { Keeper, type StorageAccount } from './keeper.ts';
import { Fanout, type ViewerSocket } from './live/fanout.ts';
import { Pusher } from './pusher.ts';
import { type Host, Registry } from './registry.ts';
import type { ViewerEndpoint } from './sockets/endpoints.ts';
import type { StorageEvent, StorageMethods, StorageStart } from './storage.ts';
import type { KnownHost, KnownToken } from './store/admission.ts';
import type { ReplayedHost } from './store/flight-runner.ts';
import { Caller, RemoteError } from './threads/rpc.ts';

export interface EngineOptions {
  readonly config: HubConfig;
  readonly log: Logger;
  readonly version: string;
  readonly start: StorageStart;
  readonly known: {
    readonly hubId: string;
    readonly hosts: readonly KnownHost[];
    readonly tokens: readonly KnownToken[];
    readonly readAt: string;
  };
  readonly enrolmentHash: Uint8Array;
  /** Where the embedded server keeps its files; null for an external one. */
  readonly databaseFolder: string | null;
  /** Files of the other two threads. */
  readonly storageFile: URL;
  readonly archiveFile: URL;
  readonly publish: (topic: string, bytes: Uint8Array) => void;
  /** A thread has died: the process cannot go on. */
  readonly onFatal: (error: Error) => void;
}

/** The last unstored tick may be this old before storing is called delayed: batch age, flush delay, and the 2 s of the promise. */
const delayedMarginMs = 4_000;
/** Garbage of the other threads is short-lived; Node's default lets it grow to 48 MB a thread before it looks. */
const maxYoungGenerationSizeMb = 12;
/** How long a stop waits for what is in memory; the agents hold it as well. */
const drainMsMax = 8_000;
const pushCleanMs = 3_600_000;
/** Hosts come due by their ticks or by age (`hub/archive/compactor.ts`): looking more often spreads the work. */
const upkeepMs = 600_000;
const pingMs = 5_000;
const retentionMs = 3_600_000;
/** Floors that another hub has raised, and hosts that have become old, are seen this soon. */
const keeperMs = 60_000;
/** How soon a change of a host that another hub has made is seen here. */
const followMs = 20_000;
const removalMs = 60_000;
/** Rings of more hosts than this are filled when somebody looks at them: each costs a read of some milliseconds. */
const startFillHostsMax = 500;

export class Engine {
  readonly intake: Intake;
  readonly registry: Registry;
  readonly fanout: Fanout;
  readonly agents: Agents;
  readonly history: History;
  readonly hosts: Hosts;
  readonly pusher: Pusher;
  readonly keeper: Keeper;
  readonly storage: Caller<StorageMethods, StorageEvent>;
  readonly archive: Caller<ArchiveMethods, never>;
  readonly #options: EngineOptions;
  readonly #workers: readonly Worker[];
  readonly #timers: NodeJS.Timeout[] = [];
  #isAway = false;
  #isDeaf = false;
  #isOver = false;
  #lastSamples = 0;
  #samplesPerSec = 0;
  #storageState: StorageState = 'stored';
  readonly #replayedHosts = new Set<number>();

  constructor(options: EngineOptions) {
    const { config, start, known, log, version } = options;
    this.#options = options;
    this.#workers = [options.storageFile, options.archiveFile].map((file) => this.#startWorker(file));
    this.storage = new Caller<StorageMethods, StorageEvent>(this.#workers[0]!, (event) => this.#storageTold(event));
    this.archive = new Caller<ArchiveMethods, never>(this.#workers[1]!, () => {});
    this.registry = new Registry({ ringBytesMax: config.ringBytesMax, ringWindowMsMax: config.ringWindowMs });
    for (const host of known.hosts) this.registry.put(host);
    for (const token of known.tokens) this.registry.addToken(token.hash, token.hostId);
    this.fanout = new Fanout(this.registry, {
      publish: options.publish,
      fillRing: (hostId) => this.#background(this.#fillRing(hostId)),
    });
    this.intake = new Intake(
      { flush: (flight) => this.#flush(flight), onTick: (tick) => this.#show(tick) },
      { batchAgeMs: config.batchAgeMs, flushDelayMs: config.flushDelayMs, queuedBytesMax: config.queuedBytesMax },
    );
    this.agents = new Agents({
      intake: this.intake,
      registry: this.registry,
      store: {
        admit: (request) => this.storage.call('admit', request),
        openStreams: (request) => this.storage.call('openStreams', request),
        findToken: (hash) => this.storage.call('findToken', hash),
        checksums: (request) => this.storage.call('checksums', request),
      },
      identity: { hubId: known.hubId, hubVersion: version, seriesMax: config.seriesPerHostMax },
      sha256,
      enrolmentHash: options.enrolmentHash,
      log,
      onTop: (hostId, top) => this.#showTop(hostId, top),
      nowMs: Date.now,
      nowMonotonicMs: () => performance.now(),
    });
    this.history = new History({
      intake: this.intake,
      pending: (request) => this.storage.call('pending', request),
      query: (query, signal) => this.archive.call('query', query, { signal }),
      exportPart: (part, signal) => this.archive.call('exportPart', part, { signal }),
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
        edit: (edit) => this.storage.call('editHost', edit),
        remove: (hostName) => this.storage.call('removeHost', hostName),
        readChanges: (since) => this.storage.call('hostChanges', since),
        onRemoved: (host) => this.#hostRemoved(host),
        onNameFreed: (hostName) => this.pusher.forget(hostName),
      },
      known.readAt,
    );
    log.debug({ connection: { database: start.connection.database } }, 'engine.created');
  }

  /** Starts the timers. */
  run(): void {
    this.#background(this.#fillAll());
    this.#every(overviewMs, () => {
      this.intake.poll(Date.now());
      this.fanout.poll(Date.now(), performance.now());
      this.agents.poll(performance.now());
      this.#tellHosts();
    });
    this.#every(1_000, () => {
      this.registry.check(performance.now());
      this.#samplesPerSec = this.intake.counters.acceptedSamples - this.#lastSamples;
      this.#lastSamples = this.intake.counters.acceptedSamples;
      this.#judgeStorage();
      this.#fillReplayed();
      this.fanout.status(this.status());
    });
    this.#every(pingMs, () => this.#background(this.#pingStorage()));
    this.#every(upkeepMs, () => {
      this.runUpkeep({ all: false }).catch((error: unknown) => {
        // The database is away, or a fault that the log must show; the next run finds the same rows.
        if (!this.#isAway && !this.#isOver) this.#options.log.warn({ err: error }, 'upkeep.failed');
      });
    });
    // Somebody may be looking at a chart already; nobody waits for what is old to go.
    this.#keep(async () => {
      await this.archive.call('warmUp', Date.now());
      await this.retain();
    });
    this.#every(retentionMs, () => this.#keep(() => this.retain()));
    this.#every(keeperMs, () => {
      this.#keep(() => this.keeper.refresh());
      this.#keep(() => this.keeper.archiveEphemeral());
    });
    this.#every(followMs, () => {
      this.hosts.follow().catch(() => {
        // The database is away; the next time will do.
      });
    });
    this.#removeRows();
    this.#every(removalMs, () => this.#removeRows());
    this.#every(pushCleanMs, () => {
      this.archive.call('dropOldPushStreams', null).catch(() => {
        // The database is away; an hour later is as good.
      });
    });
  }

  get viewerEndpoint(): ViewerEndpoint {
    const { fanout } = this;
    return {
      opened: (socket) => fanout.opened(socket, this.status()),
      received: (socket: ViewerSocket, bytes) => fanout.received(socket, decodeFromViewer(bytes), Date.now()),
      drained: (socket) => fanout.drained(socket, Date.now()),
      dropped: (socket) => fanout.dropped(socket, performance.now()),
      closed: (socket) => fanout.closed(socket),
    };
  }

  get log(): Logger {
    return this.#options.log;
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
    const isDrained = () => this.intake.isIdle && this.pusher.waitingCount === 0;
    const deadlineMs = performance.now() + drainMsMax;
    while (!isDrained() && performance.now() < deadlineMs) {
      this.intake.poll(Date.now());
      await sleep(10);
    }
    if (!isDrained()) log.warn({ queuedBytes: this.intake.queuedBytes }, 'hub.stopped-undrained');
    for (const timer of this.#timers) clearInterval(timer);
  }

  async #end(): Promise<void> {
    // What is under way from here on fails, and that is no fault.
    this.#isOver = true;
    await Promise.race([
      Promise.allSettled([this.storage.call('stop', null), this.archive.call('stop', null)]),
      sleep(3_000),
    ]);
    await Promise.all(this.#workers.map((worker) => worker.removeAllListeners('exit').terminate()));
    for (const caller of [this.storage, this.archive]) caller.close('Cannot call: the thread has ended');
  }

  /** Compacts and rolls up what is due, or everything. Settles at the end; false when a run was under way already. */
  async runUpkeep(options: { readonly all: boolean }): Promise<boolean> {
    return await this.archive.call('upkeep', { nowMs: Date.now(), ...options });
  }

  /** Lets go of what is too old or too much. Rejects when the database is away. */
  async retain(): Promise<void> {
    await this.keeper.retain({ nowMs: Date.now(), nowMonotonicMs: performance.now() });
  }

  /** What is used, now or a moment ago. Rejects when the database is away. */
  async readAccount(): Promise<StorageAccount> {
    return await this.keeper.account({ nowMs: Date.now(), nowMonotonicMs: performance.now() });
  }

  async readUpkeep(): Promise<UpkeepReport> {
    return await this.archive.call('upkeepReport', null);
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

  /** What failed will be tried again. While the database is away that is no news. */
  #keep(work: () => Promise<void>): void {
    work().catch((error: unknown) => {
      if (!this.#isAway && !this.#isDeaf && !this.#isOver) this.#options.log.warn({ err: error }, 'keeping.failed');
    });
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
    if (outcome === 'newest') this.fanout.ticked(tick);
    else if (outcome === 'inserted') this.fanout.backfilled(tick);
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
    this.#replayedHosts.delete(hostId);
    this.#removeRows();
    this.#options.log.info({ hostId, hostName: name }, 'host.removed');
  }

  #removeRows(): void {
    this.archive.call('removeRows', null).catch(() => {
      // The database is away; what is left is found again a minute later.
    });
  }

  #tellHosts(): void {
    const changes = this.registry.takeChanges();
    if (changes !== null) this.fanout.hostsChanged(changes);
  }

  #storageTold(event: StorageEvent): void {
    if (event.kind === 'replayed') {
      this.#noteReplays(event.hosts);
      return;
    }
    this.#isAway = event.health === 'away';
    this.#judgeStorage();
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
    this.fanout.status(this.status());
  }

  /**
   * Replayed ticks that reach into a ring's window belong there too. They are read back from storage, once a
   * viewer watches the host: inflating every replay here as well would keep the loop from its live ticks.
   */
  #noteReplays(hosts: readonly ReplayedHost[]): void {
    const sinceMs = Date.now() - this.registry.ringWindowMs;
    for (const { hostId, toMs } of hosts) {
      const host = this.registry.host(hostId);
      if (host === undefined || toMs < sinceMs) continue;
      host.isRingFilled = false;
      if (this.fanout.isWatched(hostId)) this.#replayedHosts.add(hostId);
    }
  }

  /** A backlog comes in many flights; its host is read once a second at most. */
  #fillReplayed(): void {
    for (const hostId of this.#replayedHosts) {
      this.registry.host(hostId)!.isRingFilled = true;
      this.#background(this.#fillRing(hostId));
    }
    this.#replayedHosts.clear();
  }

  /** Fills the rings of a small fleet after a restart, so that the first look shows the last minutes. */
  async #fillAll(): Promise<void> {
    for (const host of [...this.registry.hosts()].slice(0, startFillHostsMax)) {
      if (host.isRingFilled) continue;
      host.isRingFilled = true;
      await this.#fillRing(host.identity.hostId);
    }
  }

  /** Fills a ring from storage; those who watch the host get it again. While the database is away the next one to look asks again. */
  async #fillRing(hostId: number): Promise<void> {
    const host = this.registry.host(hostId);
    if (host === undefined) return;
    const sinceMs = Date.now() - this.registry.ringWindowMs;
    try {
      const { layouts, blocks } = await this.archive.call('recent', { hostId, sinceMs });
      const byId = new Map(layouts.map(({ id, bytes }) => [id, this.intake.layouts.decode(bytes, id)]));
      for (const { ordinal, firstSeq, layoutId, times, values } of blocks) {
        const layout = byId.get(layoutId)!;
        const rowBytes = layout.series.length * 8;
        for (const [tick, timeMs] of times.entries()) {
          const column = new Uint8Array(values.buffer, values.byteOffset + tick * rowBytes, rowBytes);
          host.ring.push({ ordinal, seq: ordinal === 0 ? 0 : firstSeq + tick, timeMs, layout, column });
        }
      }
      if (blocks.length > 0) this.fanout.hostFilled(hostId, Date.now());
    } catch (error) {
      if (!(error instanceof RemoteError)) throw error;
      host.isRingFilled = false;
    }
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
