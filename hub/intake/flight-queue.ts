/**
 * What has been accepted and waits for the database: open batches, sealed ones in arenas, and flights under way.
 *
 *   addTick ─► open batch ─seal─┐
 *   addReplay, addGap ──────────┴─► arena ─poll─► flight ─► answered
 *
 * A batch is sealed by age, ticks, bytes, a new layout, a replay, a gap, `bye` or a stop. Arenas leave when somebody
 * waits, when they are large, or after `flushDelayMs`; at most two flights are under way, so that one is encoded while
 * the other is committed.
 *
 * Invariants: batches of one stream leave in the order of their seqs; the bytes counted are those held; a layout goes
 * with the first flight that names it, and with the first one after it may have been lost. Hot path, guarded by
 * `bench ingest`.
 */
import type { GapReason } from '#core/message.ts';
import { encodeLayout, type Layout, type LayoutId } from '#core/series.ts';
import { Arena } from './arena.ts';
import type { IntakeCounters } from './counters.ts';
import type { Batch, Flight, FlightLayout, ReplayBatch } from './flight.ts';
import type { StreamEntry } from './host-intake.ts';

export interface FlightSettings {
  /** Longest time a tick waits in an open batch, ms: freshness in the database against cost per sample. */
  readonly batchAgeMs: number;
  /** Longest time a sealed batch waits for others, ms. */
  readonly flushDelayMs: number;
}

/** A replay as it was sent, from `skipTicks` on. */
export type AcceptedReplay = Omit<
  ReplayBatch,
  'kind' | 'streamId' | 'hostId' | 'lease' | 'byteOffset' | 'byteLength' | 'shiftMs'
>;

export interface AcceptedGap {
  readonly firstSeq: number;
  readonly lastSeq: number;
  readonly reason: GapReason;
  readonly fromMs: number;
  readonly toMs: number;
}

interface Flown {
  readonly batches: readonly Batch[];
  readonly queuedBytes: number;
  readonly oldestMs: number;
}

/** Raw bytes in an arena that make a flight by themselves: half a statement, as blocks are smaller than ticks. */
const flightBytesWanted = 4 * 1024 * 1024;
const flightsMax = 2;

export class FlightQueue {
  readonly #ports: { flush(flight: Flight): void };
  readonly #settings: FlightSettings;
  readonly #counters: IntakeCounters;
  /** Streams with an open batch, in the order in which their batches were opened. */
  readonly #open = new Set<StreamEntry>();
  readonly #arenas: Arena[] = [];
  readonly #flights = new Map<number, Flown>();
  /** Layouts that have left with a flight. */
  readonly #sentLayouts = new Set<LayoutId>();
  #openBytes = 0;
  #arenaBytes = 0;
  #flightBytes = 0;
  #nextFlightId = 1;

  constructor(
    ports: { flush(flight: Flight): void },
    { counters, ...settings }: FlightSettings & { readonly counters: IntakeCounters },
  ) {
    this.#ports = ports;
    this.#settings = settings;
    this.#counters = counters;
  }

  /** Open, sealed and in flight. */
  get queuedBytes(): number {
    return this.#openBytes + this.#arenaBytes + this.#flightBytes;
  }

  get flightCount(): number {
    return this.#flights.size;
  }

  /** Whether nothing waits. */
  get isIdle(): boolean {
    return this.#open.size === 0 && this.#arenas.length === 0 && this.#flights.size === 0;
  }

  /** How long the oldest tick has been waiting, ms; 0 when none is. */
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

  /** Copies a tick to the stream's open batch. `timeMs` is on the hub's clock. */
  addTick(
    entry: StreamEntry,
    tick: { readonly seq: number; readonly timeMs: number; readonly layout: Layout; readonly column: Uint8Array },
    nowMs: number,
  ): void {
    const { open } = entry;
    if (!open.isEmpty && (open.layout !== tick.layout || open.firstSeq + open.tickCount !== tick.seq))
      this.seal(entry, nowMs);
    if (open.isEmpty) this.#open.add(entry);
    const before = open.byteCount;
    open.add(tick, nowMs);
    this.#openBytes += open.byteCount - before;
    if (open.isFull) this.seal(entry, nowMs);
  }

  /** Adds a block as it is, behind what the stream has open. */
  addReplay(
    entry: StreamEntry,
    { replay, block }: { readonly replay: AcceptedReplay; readonly block: Uint8Array },
    nowMs: number,
  ): void {
    this.seal(entry, nowMs);
    const { id: streamId, lease, shiftMs } = entry.stream;
    const arena = this.#arena(nowMs, nowMs);
    const before = arena.queuedBytes;
    const byteOffset = arena.reserve(block.byteLength);
    arena.bytes.set(block, byteOffset);
    arena.batches.push({
      kind: 'replay',
      streamId,
      hostId: entry.host.hostId,
      lease,
      ...replay,
      byteOffset,
      byteLength: block.byteLength,
      shiftMs,
    });
    this.#arenaBytes += arena.queuedBytes - before;
    arena.layouts.set(replay.layoutId, entry.host.layout(replay.layoutId)!);
    this.#counters.sealedBatches += 1;
  }

  /** Adds a gap behind what the stream has open. Times are the agent's. */
  addGap(entry: StreamEntry, gap: AcceptedGap, nowMs: number): void {
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
    this.#counters.sealedBatches += 1;
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
    arena.layouts.set(layout.id, layout);
    this.#counters.sealedBatches += 1;
  }

  /** Seals all that is open, and lets nothing wait for company. */
  sealAll(nowMs: number): void {
    for (const entry of [...this.#open]) this.seal(entry, nowMs);
    this.hurry();
  }

  /** Somebody waits for what is sealed. */
  hurry(): void {
    for (const arena of this.#arenas) arena.isUrgent = true;
  }

  /** Gives up what a stream has open: its agent still holds it. */
  clearOpen(entry: StreamEntry): void {
    if (entry.open.isEmpty) return;
    this.#openBytes -= entry.open.byteCount;
    entry.open.clear();
    this.#open.delete(entry);
    this.#counters.forgottenBatches += 1;
  }

  /** Gives up what is sealed and not in flight, of all streams. */
  dropSealed(): void {
    for (const arena of this.#arenas) this.#counters.forgottenBatches += arena.batches.length;
    this.#arenas.length = 0;
    this.#arenaBytes = 0;
  }

  /** Seals what is old enough and sends what is ready. */
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

  /** A flight is no longer under way. Answers what it carried; null for one that is not known. */
  answered(flightId: number): readonly Batch[] | null {
    const flown = this.#flights.get(flightId);
    if (flown === undefined) return null;
    this.#flights.delete(flightId);
    this.#flightBytes -= flown.queuedBytes;
    return flown.batches;
  }

  /** The database may have lost what it had: each layout goes again with the next flight that names it. */
  forgetLayouts(): void {
    this.#sentLayouts.clear();
  }

  /** The sealed batches of a host that have not been handed over, oldest first. */
  forEachSealed(hostId: number, onBatch: (batch: Batch, buffer: ArrayBuffer) => void): void {
    for (const arena of this.#arenas) {
      for (const batch of arena.batches) if (batch.hostId === hostId) onBatch(batch, arena.buffer());
    }
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

  /** Those that have not left yet; from now on they have. */
  #unsentLayouts(layouts: Iterable<Layout>): FlightLayout[] {
    const unsent: FlightLayout[] = [];
    for (const layout of layouts) {
      if (this.#sentLayouts.has(layout.id)) continue;
      this.#sentLayouts.add(layout.id);
      unsent.push({ id: layout.id, bytes: encodeLayout(layout) });
    }
    return unsent;
  }

  #fly(): void {
    const arena = this.#arenas.shift()!;
    const { batches, queuedBytes, oldestMs } = arena;
    const flight: Flight = {
      flightId: this.#nextFlightId,
      batches: arena.batches,
      layouts: this.#unsentLayouts(arena.layouts.values()),
      buffer: arena.buffer(),
    };
    this.#nextFlightId += 1;
    this.#flights.set(flight.flightId, { batches, queuedBytes, oldestMs });
    this.#arenaBytes -= queuedBytes;
    this.#flightBytes += queuedBytes;
    this.#counters.flights += 1;
    this.#ports.flush(flight);
  }
}

/** Whether `waitMs` have gone by since; a clock that was set back must not make anything wait. */
function isPast(sinceMs: number, waitMs: number, nowMs: number): boolean {
  return nowMs - sinceMs >= waitMs || nowMs < sinceMs;
}
