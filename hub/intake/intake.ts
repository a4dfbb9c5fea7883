/**
 * From accepted items to stored ones: the hosts, their links and streams, and what becomes of each answer.
 *
 *   agent-session ─accept─► FlightQueue ─flight─► storage thread ─answer─► settle ─► ack
 *
 * The bound is `queuedBytesMax` over open batches, arenas and flights: beyond it all is sealed and sent if nothing is
 * in flight; else what is not in flight is forgotten (the agents still hold it), credit goes to 0, and when a flight
 * has been answered the agents are given credit and send again.
 *
 * Invariants: an ack says what the database has committed, never more; what is accepted of a stream is in the queue,
 * in flight or stored, or the stream has been told to send again. Whatever looks as if the database had been restored
 * (less stored than before, another lease or key, a host that is gone) puts the layouts committed so far in doubt: they
 * are committed again when they are next named. An engine: no socket, no database, no clock. Hot path, guarded by
 * `bench ingest`.
 */
import { creditBytesMax, creditBytesMin } from '#core/limits.ts';
import type { Layout } from '#core/series.ts';
import type { HubStreamShape } from '#core/stream/hub-stream.ts';
import { type IntakeCounters, newCounters } from './counters.ts';
import type { Batch, Flight, FlightAnswer, StreamOutcome } from './flight.ts';
import { type AcceptedGap, type AcceptedReplay, FlightQueue, type FlightSettings } from './flight-queue.ts';
import { HostIntake, type StreamEntry } from './host-intake.ts';
import { LayoutBook } from './layout-book.ts';

export interface IntakeSettings extends FlightSettings {
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

export class Intake {
  /** Layouts of all hosts, each once. */
  readonly layouts = new LayoutBook();
  readonly #ports: IntakePorts;
  readonly #settings: IntakeSettings;
  readonly #hosts = new Map<number, HostIntake>();
  readonly #links = new Map<number, HostLink>();
  readonly #entries = new Map<number, StreamEntry>();
  readonly #queue: FlightQueue;
  #isStarved = false;
  /** What links were last told, or would have been. */
  #sharedCredit = creditBytesMax;
  readonly counters: IntakeCounters = newCounters();

  constructor(ports: IntakePorts, settings: IntakeSettings) {
    this.#ports = ports;
    this.#settings = settings;
    this.#queue = new FlightQueue(ports, { ...settings, counters: this.counters });
  }

  /** Bytes that wait for the database: open, sealed and in flight. */
  get queuedBytes(): number {
    return this.#queue.queuedBytes;
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
    return this.#queue.unstoredMs(nowMs);
  }

  /** Whether nothing waits. */
  get isIdle(): boolean {
    return this.#queue.isIdle;
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
    this.#shareCredit(link);
  }

  unlinked(hostId: number, link: HostLink): void {
    if (this.#links.get(hostId) !== link) return;
    this.#links.delete(hostId);
    this.#shareCredit(null);
  }

  /**
   * Tells all links but `newest` (its welcome says it) when their share has moved by more than a fifth: without it the
   * first agents of many would keep the credit of a few, and all together pass the bound.
   */
  #shareCredit(newest: HostLink | null): void {
    const credit = this.creditBytes;
    if (credit === 0 || (credit > this.#sharedCredit * 0.8 && credit < this.#sharedCredit * 1.25)) return;
    this.#sharedCredit = credit;
    for (const link of this.#links.values()) if (link !== newest) link.creditChanged(credit);
  }

  get linkCount(): number {
    return this.#links.size;
  }

  /** Registers what the database has opened for a host's link: what earlier links had not got stored is forgotten. */
  opened(hostId: number, shapes: readonly HubStreamShape[]): StreamEntry[] {
    const host = this.host(hostId);
    return shapes.map((shape) => {
      const known = host.byEpoch(shape.epoch);
      if (known !== undefined) this.#queue.clearOpen(known);
      if (known !== undefined && (known.stream.id !== shape.id || shape.storedSeq < known.stream.storedSeq))
        this.#queue.forgetLayouts();
      if (known !== undefined && known.stream.id === shape.id) {
        known.stream.relink(shape);
        return known;
      }
      for (const former of [known, host.byOrdinal(shape.ordinal)]) {
        if (former === undefined) continue;
        this.#queue.clearOpen(former);
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
      this.#queue.clearOpen(entry);
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
    const { seq, layout, column } = tick;
    const { stream, host } = entry;
    const timeMs = tick.timeMs + stream.shiftMs;
    this.#queue.addTick(entry, { seq, timeMs, layout, column }, nowMs);
    this.counters.acceptedTicks += 1;
    this.counters.acceptedSamples += layout.series.length;
    this.#ports.onTick({ hostId: host.hostId, ordinal: stream.ordinal, seq, layout, timeMs, column });
    this.#checkBound(nowMs);
  }

  /** Shows a tick that is not stored. `timeMs` is on the hub's clock. */
  showTick(tick: AcceptedTick): void {
    this.#ports.onTick(tick);
  }

  /** Adds a replay block that the stream has accepted from `skipTicks` on. `block` is copied. */
  addReplay(entry: StreamEntry, replay: AcceptedReplay, block: Uint8Array, nowMs: number): void {
    this.#queue.addReplay(entry, { replay, block }, nowMs);
    const tickCount = replay.tickCount - replay.skipTicks;
    this.counters.acceptedTicks += tickCount;
    this.counters.replayedTicks += tickCount;
    this.counters.acceptedSamples += tickCount * replay.columnCount;
    this.#checkBound(nowMs);
  }

  /** Adds a gap that the stream has accepted. Times are the agent's. */
  addGap(entry: StreamEntry, gap: AcceptedGap, nowMs: number): void {
    this.#queue.addGap(entry, gap, nowMs);
    this.#checkBound(nowMs);
  }

  /** Seals the open batch of a stream, if it has one. */
  seal(entry: StreamEntry, nowMs: number): void {
    this.#queue.seal(entry, nowMs);
  }

  /** Seals all that a host has open and sends it on without waiting for company. */
  sealHost(hostId: number, nowMs: number): void {
    for (const entry of this.host(hostId).entries()) this.#queue.seal(entry, nowMs);
    this.#queue.hurry();
  }

  /** Seals everything: a stop of the hub. */
  sealAll(nowMs: number): void {
    this.#queue.sealAll(nowMs);
  }

  /** Seals what is old enough and sends what is ready. Call it at the end of a turn and every 100 ms. */
  poll(nowMs: number): void {
    this.#queue.poll(nowMs);
  }

  /** The storage thread has committed a flight, as far as it could be. */
  settled(answer: FlightAnswer, nowMs: number): void {
    const batches = this.#queue.answered(answer.flightId);
    if (batches === null) return;
    const lastSeqs = this.#lastSeqs(batches);
    for (const outcome of answer.outcomes) {
      const entry = this.#entries.get(outcome.streamId);
      if (entry === undefined) continue;
      if (outcome.kind === 'gone') {
        this.#queue.forgetLayouts();
        const link = this.#links.get(entry.host.hostId);
        this.removed(entry.host.hostId);
        link?.gone();
        continue;
      }
      const lastSeq = lastSeqs.get(outcome.streamId);
      // All that this flight had of the stream came over an earlier link: the present one knows better already.
      if (lastSeq === undefined) continue;
      if (outcome.lease !== entry.stream.lease) {
        this.#queue.forgetLayouts();
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
    this.#queue.forEachSealed(hostId, onBatch);
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
    this.#queue.forgetLayouts();
    this.#queue.clearOpen(entry);
    link?.forgotten(entry);
    return true;
  }

  #forget(entry: StreamEntry): void {
    this.#queue.clearOpen(entry);
    entry.stream.forget();
  }

  /** Lets go of an entry, unless its key has been given to another one after a restore. */
  #dropEntry(entry: StreamEntry): void {
    if (this.#entries.get(entry.stream.id) === entry) this.#entries.delete(entry.stream.id);
  }

  /** Sends everything, or gives it up if the database has not answered for so long that the bound is reached. */
  #checkBound(nowMs: number): void {
    if (this.queuedBytes <= this.#settings.queuedBytesMax) return;
    if (this.#queue.flightCount === 0) {
      this.#queue.sealAll(nowMs);
      this.#queue.poll(nowMs);
      return;
    }
    this.#queue.dropSealed();
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
