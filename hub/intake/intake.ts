/**
 * From accepted items to stored ones: open batches, sealing, flights to the storage thread, and acks.
 *
 *   agent-session ─accept─► open batch ─seal─► arena ─poll─► flight ─answer─► settle ─► ack
 *
 * A batch is sealed by age, ticks, bytes, a new layout, a gap, `bye` or a stop. Arenas leave when somebody
 * waits, when they are large, or after `flushDelayMs`; at most two flights are under way, so that one is
 * encoded while the other is committed. The bound is `queuedBytesMax` over open batches, arenas and
 * flights: beyond it all is sealed and sent if nothing is in flight; else what is not in flight is
 * forgotten (the agents still hold it), credit goes to 0, and when a flight has been answered the agents are
 * given credit and send again.
 *
 * An engine: no socket, no database, no clock. Hot path, guarded by `bench ingest`.
 */
import { creditBytesMax, creditBytesMin } from '#core/limits.ts';
import type { GapReason } from '#core/message.ts';
import { encodeLayout, type Layout, type LayoutId } from '#core/series.ts';
import type { HubStreamShape } from '#core/stream/hub-stream.ts';
import { Arena } from './arena.ts';
import type { Batch, Flight, FlightAnswer, ReplayBatch, StreamOutcome } from './flight.ts';
import { HostIntake, type StreamEntry } from './host-intake.ts';
import { LayoutBook } from './layout-book.ts';

export interface IntakeSettings {
  /** Longest time a tick waits in an open batch, ms: freshness in the database against cost per sample. */
  readonly batchAgeMs: number;
  /** Longest time a sealed batch waits for others, ms. */
  readonly flushDelayMs: number;
  readonly queuedBytesMax: number;
}

/** A tick that viewers and rules should see. `column` is valid during the call. */
export interface AcceptedTick {
  readonly hostId: number;
  readonly ordinal: number;
  /** 0 for a tick without a place in the stream. */
  readonly seq: number;
  readonly layout: Layout;
  /** On the hub's clock, if the agent's is known to be wrong. */
  readonly timeMs: number;
  readonly column: Uint8Array;
}

/** What the sessions of a host are told. */
export interface HostLink {
  acknowledged(entry: StreamEntry): void;
  /** The storage thread refused the item at `seq`; null: the block as a whole. */
  refused(entry: StreamEntry, seq: number | null, why: string): void;
  /** Items behind the stored seq have been given up and must be sent again. */
  forgotten(entry: StreamEntry): void;
  creditChanged(bytes: number): void;
  /** The host was removed. */
  gone(): void;
  /** Another link has taken over the host or one of its streams, here or at another hub. */
  replaced(): void;
}

export interface IntakePorts {
  flush(flight: Flight): void;
  onTick(tick: AcceptedTick): void;
}

/** Raw bytes in an arena that make a flight by themselves: half a statement, as blocks are smaller than ticks. */
const flightBytesWanted = 4 * 1024 * 1024;
const flightsMax = 2;

/** Counters since the start, for metrics and the status message. */
export interface IntakeCounters {
  acceptedTicks: number;
  acceptedSamples: number;
  replayedTicks: number;
  duplicateItems: number;
  nacks: number;
  refusedTicks: number;
  forgottenBatches: number;
  sealedBatches: number;
  flights: number;
}

export class Intake {
  /** Layouts of all hosts, each once. */
  readonly layouts = new LayoutBook();
  readonly #ports: IntakePorts;
  readonly #settings: IntakeSettings;
  readonly #hosts = new Map<number, HostIntake>();
  readonly #links = new Map<number, HostLink>();
  readonly #entries = new Map<number, StreamEntry>();
  /** Streams with an open batch, in the order in which their batches were opened. */
  readonly #open = new Set<StreamEntry>();
  readonly #arenas: Arena[] = [];
  readonly #flights = new Map<
    number,
    { readonly batches: readonly Batch[]; readonly queuedBytes: number; readonly oldestMs: number }
  >();
  readonly #sentLayouts = new Set<LayoutId>();
  #openBytes = 0;
  #arenaBytes = 0;
  #flightBytes = 0;
  #nextFlightId = 1;
  #isStarved = false;
  readonly counters: IntakeCounters = {
    acceptedTicks: 0,
    acceptedSamples: 0,
    replayedTicks: 0,
    duplicateItems: 0,
    nacks: 0,
    refusedTicks: 0,
    forgottenBatches: 0,
    sealedBatches: 0,
    flights: 0,
  };

  constructor(ports: IntakePorts, settings: IntakeSettings) {
    this.#ports = ports;
    this.#settings = settings;
  }

  /** Bytes that wait for the database: open, sealed and in flight. */
  get queuedBytes(): number {
    return this.#openBytes + this.#arenaBytes + this.#flightBytes;
  }

  get queuedBytesMax(): number {
    return this.#settings.queuedBytesMax;
  }

  /** Credit of one agent: an equal share of the bound, within limits; 0 while what was queued had to be forgotten. */
  get creditBytes(): number {
    if (this.#isStarved) return 0;
    // A quarter of the bound is for what sessions of the last seconds still have under way.
    const share = Math.floor((this.#settings.queuedBytesMax * 0.75) / Math.max(1, this.#links.size));
    return Math.min(creditBytesMax, Math.max(creditBytesMin, share));
  }

  /** How long the oldest unstored tick has been waiting, ms; 0 when none is. */
  unstoredMs(nowMs: number): number {
    let oldestMs = nowMs;
    for (const entry of this.#open) {
      oldestMs = Math.min(oldestMs, entry.open.openedMs);
      break;
    }
    for (const arena of this.#arenas) oldestMs = Math.min(oldestMs, arena.oldestMs);
    for (const flight of this.#flights.values()) oldestMs = Math.min(oldestMs, flight.oldestMs);
    return nowMs - oldestMs;
  }

  /** Whether nothing waits. */
  get isIdle(): boolean {
    return this.#open.size === 0 && this.#arenas.length === 0 && this.#flights.size === 0;
  }

  host(hostId: number): HostIntake {
    let host = this.#hosts.get(hostId);
    if (host === undefined) {
      host = new HostIntake(hostId);
      this.#hosts.set(hostId, host);
    }
    return host;
  }

  /** The connected session of a host, told of acks and credit from now on. One before it is told that it is replaced. */
  linked(hostId: number, link: HostLink): void {
    const before = this.#links.get(hostId);
    this.#links.set(hostId, link);
    if (before !== undefined && before !== link) before.replaced();
  }

  unlinked(hostId: number, link: HostLink): void {
    if (this.#links.get(hostId) === link) this.#links.delete(hostId);
  }

  get linkCount(): number {
    return this.#links.size;
  }

  /** Registers what the database has opened for a host's link: what earlier links had not got stored is forgotten. */
  opened(hostId: number, shapes: readonly HubStreamShape[]): StreamEntry[] {
    const host = this.host(hostId);
    return shapes.map((shape) => {
      const known = host.byEpoch(shape.epoch);
      if (known !== undefined) this.#clearOpen(known);
      if (known !== undefined && known.stream.id === shape.id) {
        known.stream.relink(shape);
        return known;
      }
      for (const former of [known, host.byOrdinal(shape.ordinal)]) {
        if (former === undefined) continue;
        this.#clearOpen(former);
        this.#dropEntry(former);
      }
      const entry = host.add(shape);
      this.#entries.set(shape.id, entry);
      return entry;
    });
  }

  /** Lets go of settled streams of a host that its agent no longer offers. */
  dropSettled(hostId: number, offered: ReadonlySet<string>): void {
    for (const streamId of this.host(hostId).dropSettled(offered)) this.#entries.delete(streamId);
  }

  /** Forgets a removed host. What is in flight of it comes back as `gone`. */
  removed(hostId: number): void {
    const host = this.#hosts.get(hostId);
    if (host === undefined) return;
    for (const entry of host.entries()) {
      this.#clearOpen(entry);
      this.#dropEntry(entry);
    }
    this.#hosts.delete(hostId);
    this.#links.delete(hostId);
  }

  /** Adds a tick that the stream has accepted, and shows it. `timeMs` is the agent's. */
  addTick(
    entry: StreamEntry,
    tick: { readonly seq: number; readonly timeMs: number; readonly layout: Layout; readonly column: Uint8Array },
    nowMs: number,
  ): void {
    const { open, stream, host } = entry;
    if (!open.isEmpty && (open.layout !== tick.layout || open.firstSeq + open.tickCount !== tick.seq))
      this.seal(entry, nowMs);
    if (open.isEmpty) this.#open.add(entry);
    const timeMs = tick.timeMs + stream.shiftMs;
    const before = open.byteCount;
    open.add({ seq: tick.seq, timeMs, layout: tick.layout, column: tick.column }, nowMs);
    this.#openBytes += open.byteCount - before;
    this.counters.acceptedTicks += 1;
    this.counters.acceptedSamples += tick.layout.series.length;
    if (open.isFull) this.seal(entry, nowMs);
    this.#ports.onTick({
      hostId: host.hostId,
      ordinal: stream.ordinal,
      seq: tick.seq,
      layout: tick.layout,
      timeMs,
      column: tick.column,
    });
    this.#checkBound(nowMs);
  }

  /** Shows a tick that is not stored. `timeMs` is on the hub's clock. */
  showTick(tick: AcceptedTick): void {
    this.#ports.onTick(tick);
  }

  /** Adds a replay block that the stream has accepted from `skipTicks` on. `block` is copied. */
  addReplay(
    entry: StreamEntry,
    replay: Omit<ReplayBatch, 'kind' | 'streamId' | 'hostId' | 'lease' | 'byteOffset' | 'byteLength' | 'shiftMs'>,
    block: Uint8Array,
    nowMs: number,
  ): void {
    this.seal(entry, nowMs);
    const arena = this.#arena(nowMs, nowMs);
    const before = arena.queuedBytes;
    const byteOffset = arena.reserve(block.byteLength);
    arena.bytes.set(block, byteOffset);
    arena.batches.push({
      kind: 'replay',
      streamId: entry.stream.id,
      hostId: entry.host.hostId,
      lease: entry.stream.lease,
      ...replay,
      byteOffset,
      byteLength: block.byteLength,
      shiftMs: entry.stream.shiftMs,
    });
    this.#arenaBytes += arena.queuedBytes - before;
    this.#nameLayout(arena, entry.host.layout(replay.layoutId)!);
    const tickCount = replay.tickCount - replay.skipTicks;
    this.counters.acceptedTicks += tickCount;
    this.counters.replayedTicks += tickCount;
    this.counters.acceptedSamples += tickCount * replay.columnCount;
    this.counters.sealedBatches += 1;
    this.#checkBound(nowMs);
  }

  /** Adds a gap that the stream has accepted. Times are the agent's. */
  addGap(
    entry: StreamEntry,
    gap: {
      readonly firstSeq: number;
      readonly lastSeq: number;
      readonly reason: GapReason;
      readonly fromMs: number;
      readonly toMs: number;
    },
    nowMs: number,
  ): void {
    this.seal(entry, nowMs);
    const { id: streamId, lease, shiftMs } = entry.stream;
    const arena = this.#arena(nowMs, nowMs);
    const before = arena.queuedBytes;
    arena.batches.push({
      kind: 'gap',
      streamId,
      hostId: entry.host.hostId,
      lease,
      ...gap,
      fromMs: gap.fromMs + shiftMs,
      toMs: gap.toMs + shiftMs,
    });
    this.#arenaBytes += arena.queuedBytes - before;
    this.counters.sealedBatches += 1;
    this.#checkBound(nowMs);
  }

  /** Seals the open batch of a stream, if it has one. */
  seal(entry: StreamEntry, nowMs: number): void {
    if (entry.open.isEmpty) return;
    const arena = this.#arena(nowMs, entry.open.openedMs);
    const layout = entry.open.layout!;
    const before = arena.queuedBytes;
    this.#openBytes -= entry.open.byteCount;
    entry.open.seal(entry.stream, entry.host.hostId, arena);
    this.#arenaBytes += arena.queuedBytes - before;
    this.#open.delete(entry);
    this.#nameLayout(arena, layout);
    this.counters.sealedBatches += 1;
  }

  /** Seals all that a host has open and sends it on without waiting for company. */
  sealHost(hostId: number, nowMs: number): void {
    for (const entry of this.host(hostId).entries()) this.seal(entry, nowMs);
    for (const arena of this.#arenas) arena.isUrgent = true;
  }

  /** Seals everything: a stop of the hub. */
  sealAll(nowMs: number): void {
    for (const entry of [...this.#open]) this.seal(entry, nowMs);
    for (const arena of this.#arenas) arena.isUrgent = true;
  }

  /** Seals what is old enough and sends what is ready. Call it at the end of a turn and every 100 ms. */
  poll(nowMs: number): void {
    for (const entry of this.#open) {
      if (!isPast(entry.open.openedMs, this.#settings.batchAgeMs, nowMs)) break;
      this.seal(entry, nowMs);
    }
    while (this.#flights.size < flightsMax && this.#arenas.length > 0) {
      const arena = this.#arenas[0]!;
      const isReady =
        arena.isUrgent ||
        this.#arenas.length > 1 ||
        arena.byteCount >= flightBytesWanted ||
        isPast(arena.sealedMs, this.#settings.flushDelayMs, nowMs);
      if (!isReady) return;
      this.#fly();
    }
  }

  /** The storage thread has committed a flight, as far as it could be. */
  settled(answer: FlightAnswer, nowMs: number): void {
    const flown = this.#flights.get(answer.flightId);
    if (flown === undefined) return;
    this.#flights.delete(answer.flightId);
    this.#flightBytes -= flown.queuedBytes;
    const lastSeqs = this.#lastSeqs(flown.batches);
    for (const outcome of answer.outcomes) {
      const entry = this.#entries.get(outcome.streamId);
      if (entry === undefined) continue;
      if (outcome.kind === 'gone') {
        const link = this.#links.get(entry.host.hostId);
        this.removed(entry.host.hostId);
        link?.gone();
        continue;
      }
      const lastSeq = lastSeqs.get(outcome.streamId);
      // All that this flight had of the stream came over an earlier link: the present one knows better already.
      if (lastSeq === undefined) continue;
      if (outcome.lease !== entry.stream.lease) {
        this.#forget(entry);
        this.#links.get(entry.host.hostId)?.replaced();
        continue;
      }
      const isRewound = this.#settle(entry, outcome);
      const isRefused = answer.refused.some((one) => one.streamId === outcome.streamId && one.lease === outcome.lease);
      if (outcome.storedSeq >= lastSeq || isRewound || isRefused) continue;
      // A hole: a batch that was refused or forgotten stands between. The agent has it.
      this.#forget(entry);
      this.#links.get(entry.host.hostId)?.forgotten(entry);
    }
    for (const refused of answer.refused) {
      const entry = this.#entries.get(refused.streamId);
      if (entry === undefined || entry.stream.lease !== refused.lease) continue;
      // What came behind the refused item cannot be stored either: it will be sent again.
      this.counters.refusedTicks += 1;
      this.#forget(entry);
      this.#links.get(entry.host.hostId)?.refused(entry, refused.seq, refused.why);
    }
    if (this.#isStarved) {
      this.#isStarved = false;
      for (const link of this.#links.values()) link.creditChanged(this.creditBytes);
    }
    this.poll(nowMs);
  }

  /** The open batch of each stream of a host, for reading history: calls `onTick` oldest first. */
  forEachOpen(
    hostId: number,
    onTick: (entry: StreamEntry, seq: number, timeMs: number, column: Uint8Array, layout: Layout) => void,
  ): void {
    const host = this.#hosts.get(hostId);
    if (host === undefined) return;
    for (const entry of host.entries()) {
      const { open } = entry;
      if (open.isEmpty) continue;
      const layout = open.layout!;
      open.forEach((seq, timeMs, column) => {
        onTick(entry, seq, timeMs, column, layout);
      });
    }
  }

  /** The sealed batches of a host that have not been handed over, for reading history, oldest first. */
  forEachSealed(hostId: number, onBatch: (batch: Batch, buffer: ArrayBuffer) => void): void {
    for (const arena of this.#arenas) {
      for (const batch of arena.batches) if (batch.hostId === hostId) onBatch(batch, arena.buffer());
    }
  }

  /** The last seq of each stream in a flight, of batches under the lease that holds now. */
  #lastSeqs(batches: readonly Batch[]): Map<number, number> {
    const lastSeqs = new Map<number, number>();
    for (const { streamId, lease, lastSeq } of batches) {
      if (this.#entries.get(streamId)?.stream.lease === lease) lastSeqs.set(streamId, lastSeq);
    }
    return lastSeqs;
  }

  /** Answers whether the database has less than it had. */
  #settle(entry: StreamEntry, outcome: Extract<StreamOutcome, { kind: 'stored' }>): boolean {
    const change = entry.stream.settle(outcome);
    const link = this.#links.get(entry.host.hostId);
    if (change === 'advanced') link?.acknowledged(entry);
    if (change !== 'rewound') return false;
    this.#clearOpen(entry);
    link?.forgotten(entry);
    return true;
  }

  #forget(entry: StreamEntry): void {
    this.#clearOpen(entry);
    entry.stream.forget();
  }

  /** Lets go of an entry, unless its key has been given to another one after a restore. */
  #dropEntry(entry: StreamEntry): void {
    if (this.#entries.get(entry.stream.id) === entry) this.#entries.delete(entry.stream.id);
  }

  #clearOpen(entry: StreamEntry): void {
    if (entry.open.isEmpty) return;
    this.#openBytes -= entry.open.byteCount;
    entry.open.clear();
    this.#open.delete(entry);
    this.counters.forgottenBatches += 1;
  }

  /** Where a batch that is sealed now goes; its oldest tick came at `openedMs`. */
  #arena(nowMs: number, openedMs: number): Arena {
    let arena = this.#arenas.at(-1);
    if (arena === undefined || arena.byteCount >= flightBytesWanted) {
      arena = new Arena(nowMs);
      this.#arenas.push(arena);
    }
    arena.oldestMs = Math.min(arena.oldestMs, openedMs);
    return arena;
  }

  #nameLayout(arena: Arena, layout: Layout): void {
    if (this.#sentLayouts.has(layout.id)) return;
    this.#sentLayouts.add(layout.id);
    arena.layouts.push({ id: layout.id, bytes: encodeLayout(layout) });
  }

  #fly(): void {
    const arena = this.#arenas.shift()!;
    const { batches, queuedBytes, oldestMs } = arena;
    const flight: Flight = {
      flightId: this.#nextFlightId,
      batches: arena.batches,
      layouts: arena.layouts,
      buffer: arena.buffer(),
    };
    this.#nextFlightId += 1;
    this.#flights.set(flight.flightId, { batches, queuedBytes, oldestMs });
    this.#arenaBytes -= queuedBytes;
    this.#flightBytes += queuedBytes;
    this.counters.flights += 1;
    this.#ports.flush(flight);
  }

  /** Sends everything, or gives it up if the database has not answered for so long that the bound is reached. */
  #checkBound(nowMs: number): void {
    if (this.queuedBytes <= this.#settings.queuedBytesMax) return;
    if (this.#flights.size === 0) {
      this.sealAll(nowMs);
      this.poll(nowMs);
      return;
    }
    for (const arena of this.#arenas) {
      this.counters.forgottenBatches += arena.batches.length;
      for (const layout of arena.layouts) this.#sentLayouts.delete(layout.id);
    }
    this.#arenas.length = 0;
    this.#arenaBytes = 0;
    // The answer to the flight that is under way ends this state.
    if (!this.#isStarved) for (const link of this.#links.values()) link.creditChanged(0);
    this.#isStarved = true;
    for (const entry of this.#entries.values()) {
      if (entry.stream.acceptedSeq === entry.stream.storedSeq) continue;
      this.#forget(entry);
      this.#links.get(entry.host.hostId)?.forgotten(entry);
    }
  }
}

/** Whether `waitMs` have gone by since; a clock that was set back must not make anything wait. */
function isPast(sinceMs: number, waitMs: number, nowMs: number): boolean {
  return nowMs - sinceMs >= waitMs || nowMs < sinceMs;
}
