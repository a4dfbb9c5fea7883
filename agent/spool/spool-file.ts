/**
 * One open spool database: its streams, and every change to them and their items.
 *
 * Nothing here begins or ends a transaction or survives an error of SQLite: it throws, the owner (`SqliteSpool`) rolls
 * back and opens the file anew, because the streams kept in memory here may then be ahead of the file.
 *
 * Invariant: of each stream, ticks and gaps cover oldest..next − 1 without hole or overlap, and oldest ≤ acked + 1.
 */
import { assert } from '#core/errors.ts';
import type { GapReason, Id128 } from '#core/message.ts';
import type { LayoutId } from '#core/series.ts';
import { timeBetween } from '#core/stream/gap-range.ts';
import type { Item, ReadLimits, SpoolStream, TickItem } from '#core/stream/item.ts';
import { type Database, pageBytes } from './database.ts';
import { idBytes, rowCrc, type StreamRow } from './schema.ts';
import { prepareStatements, type SpoolStatements } from './statements.ts';
import { type SeqRange, StreamItems } from './stream-items.ts';
import { loadStream, newStream, type StreamStart, type StreamState, toSpoolStream } from './stream-state.ts';

export interface NewTick {
  readonly timeMs: number;
  readonly layoutId: LayoutId;
  /** Little-endian float64, one a series. */
  readonly column: Uint8Array;
}

export interface SpoolSizes {
  /** Pages that the file may have. */
  readonly pagesMax: number;
  /** Pages of ticks dropped in one transaction: SQLite writes those that it frees to the WAL, too. */
  readonly dropPagesMax: number;
}

export interface SpoolFileOptions extends SpoolSizes {
  readonly keepAcked: boolean;
  /** Called for each range of ticks given up. */
  readonly onLost: (reason: GapReason, tickCount: number) => void;
}

/** Part of the ticks given up at once when full, if `dropPagesMax` is not less. */
const dropRatio = 1 / 20;
/** Pages beside the tick's own that an append may need: a new leaf, its parents, a free-list trunk, a stream row. */
const sparePages = 8;

export class SpoolFile {
  readonly #options: SpoolFileOptions;
  #sizes: SpoolSizes;
  readonly #sql: SpoolStatements;
  readonly #items: StreamItems;
  readonly #streams: StreamState[] = [];
  #heldTicks = 0;
  #layoutCount: number;
  /** The layout added last, which the next tick will use. */
  #newestLayout: Buffer = Buffer.alloc(0);
  /** Layout of the newest tick, as hex and as stored. */
  #lastLayout: LayoutId | null = null;
  #lastLayoutBytes: Buffer = Buffer.alloc(0);

  constructor(db: Database, options: SpoolFileOptions) {
    this.#options = options;
    this.#sizes = options;
    this.#sql = prepareStatements(db);
    this.#items = new StreamItems(this.#sql);
    const rows = this.#sql.streams.all() as StreamRow[];
    rows.forEach((row, index) => {
      const lastTickId = rows[index + 1]?.base ?? Number.MAX_SAFE_INTEGER;
      const { stream, heldTicks } = loadStream(this.#sql, { row, lastTickId });
      this.#streams.push(stream);
      this.#heldTicks += heldTicks;
    });
    this.#layoutCount = this.#sql.layoutCount.get() as number;
  }

  get heldTicks(): number {
    return this.#heldTicks;
  }

  /** Bytes of the database without its WAL. */
  get bytes(): number {
    return (this.#sql.pageCount.get() as number) * pageBytes;
  }

  /** Pages that hold something. */
  get usedPages(): number {
    return (this.#sql.pageCount.get() as number) - (this.#sql.freePages.get() as number);
  }

  /** It has more pages than it may, though some of them may be free. */
  get isOversized(): boolean {
    return (this.#sql.pageCount.get() as number) > this.#sizes.pagesMax;
  }

  get isTooFull(): boolean {
    return this.usedPages > this.#sizes.pagesMax && this.#heldTicks > 0;
  }

  resize(sizes: SpoolSizes): void {
    this.#sizes = { pagesMax: sizes.pagesMax, dropPagesMax: sizes.dropPagesMax };
  }

  /** Gives up some of the oldest ticks, those that are only kept first. */
  dropSome(): void {
    const count = this.#dropTicksMax();
    if (this.#dropKept(count) === 0) this.#dropOldest(count);
    this.#dropDrained();
    this.#dropLayouts();
  }

  /** Held gaps and the seqs that they cover, by reason. */
  gaps(): { readonly reason: GapReason; readonly count: number; readonly ticks: number }[] {
    return this.#sql.gapTotals.all() as { reason: GapReason; count: number; ticks: number }[];
  }

  streams(): SpoolStream[] {
    return this.#streams.map(toSpoolStream);
  }

  stream(epoch: Id128): SpoolStream | null {
    const stream = this.#streams.find((each) => each.start.epoch === epoch);
    return stream === undefined ? null : toSpoolStream(stream);
  }

  /** The seq that the stream's next tick would get; null when there is no such stream. */
  nextOf(epoch: Id128): number | null {
    return this.#streams.find((each) => each.start.epoch === epoch)?.next ?? null;
  }

  meta(key: string): string | null {
    return (this.#sql.meta.get(key) as string | undefined) ?? null;
  }

  setMeta(key: string, value: string | null): void {
    this.#sql.setMeta.run(key, value);
  }

  /** Makes a new current stream; drained ones go. `acked` is above 0 only for a stream whose rows a damage took. */
  openStream(start: StreamStart, acked = 0): void {
    const stream = newStream(start, { previous: this.#streams.at(-1), acked });
    const { id, epochBytes, base, next } = stream;
    const { bootId, startWallMs, startMonotonicMs } = start;
    this.#sql.addStream.run(id, epochBytes, idBytes(bootId), startWallMs, startMonotonicMs, base, acked, next);
    this.#streams.push(stream);
    this.#dropDrained();
  }

  /** Covers what the last acks knew of and the file has not: its end was lost with a WAL. */
  coverLostTails(): void {
    for (const { start, seenNext, lastMs } of this.#streams) this.skipTo(start.epoch, seenNext, lastMs);
  }

  /** Numbers seqs that were given out and are not in the file as one gap, so that they are never given out again. */
  skipTo(epoch: Id128, next: number, lastMs: number): void {
    const stream = this.#known(epoch);
    if (next <= stream.next) return;
    const firstSeq = stream.next;
    stream.next = next;
    const fromMs = timeBetween(
      firstSeq,
      { seq: firstSeq - 1, timeMs: stream.lastMs },
      { seq: next - 1, timeMs: lastMs },
    );
    this.#items.lay(stream, { kind: 'gap', firstSeq, lastSeq: next - 1, reason: 'damaged', fromMs, toMs: lastMs });
    this.#options.onLost('damaged', next - firstSeq);
    stream.lastMs = lastMs;
  }

  /** Stores a layout before its first tick. Layouts that no held tick uses go at the next ack or stream. */
  addLayout(id: LayoutId, bytes: Uint8Array): void {
    this.#newestLayout = Buffer.from(id, 'hex');
    this.#sql.addLayout.run(this.#newestLayout, bytes);
    this.#layoutCount = this.#sql.layoutCount.get() as number;
  }

  layout(id: LayoutId): Uint8Array | null {
    return (this.#sql.layout.get(Buffer.from(id, 'hex')) as Buffer | undefined) ?? null;
  }

  /** Adds a tick to the current stream, giving up the oldest ones when the file is full. null: no room can be made. */
  append(tick: NewTick): number | null {
    if (!this.#makeRoom(tick.column.byteLength)) return null;
    return this.#insert(this.#current(), tick);
  }

  read(epoch: Id128, fromSeq: number, limits: ReadLimits): Item[] {
    const stream = this.#known(epoch);
    const firstSeq = Math.max(fromSeq, stream.oldest);
    if (firstSeq >= stream.next) return [];
    const gap = this.#items.gapAt(stream, firstSeq);
    if (gap !== null) return [gap];

    const lastSeq = this.#items.lastBeforeGap(stream, firstSeq);
    const ticks: TickItem[] = [];
    let samples = 0;
    for (const tick of this.#items.ticks(stream, { firstSeq, lastSeq }, Math.max(1, limits.tickCountMax))) {
      if (tick === null || tick.seq !== firstSeq + ticks.length) break;
      samples += tick.column.byteLength / 8;
      if (ticks.length > 0 && (samples > limits.samplesMax || tick.layoutId !== ticks[0]!.layoutId)) break;
      ticks.push(tick);
    }
    return ticks;
  }

  /**
   * Puts a gap in place of the unreadable ticks from `seq` on: those before the next one that is whole. True when
   * there was one, so that `read` now answers.
   */
  coverDamage(epoch: Id128, fromSeq: number): boolean {
    const stream = this.#known(epoch);
    const firstSeq = Math.max(fromSeq, stream.oldest);
    if (firstSeq >= stream.next || this.#items.gapAt(stream, firstSeq) !== null) return false;
    let lastSeq = this.#items.lastBeforeGap(stream, firstSeq);
    for (const tick of this.#items.ticks(stream, { firstSeq, lastSeq }, lastSeq - firstSeq + 1)) {
      if (tick === null) continue;
      lastSeq = tick.seq - 1;
      break;
    }
    if (lastSeq < firstSeq) return false;
    this.#giveUp(stream, { firstSeq, lastSeq }, 'damaged');
    return true;
  }

  /** True when there is more to forget: in another transaction, by the same call again. */
  acknowledge(epoch: Id128, seq: number, gapTicks: number): boolean {
    const stream = this.#known(epoch);
    assert(seq < stream.next, 'only numbered ticks are acknowledged');
    if (seq < stream.acked) return false;
    if (seq > stream.acked) {
      stream.ackedCrc = this.#items.crcAt(stream, seq);
      // What the hub counts as given up and this end did not give up was too old when it came.
      const expired = gapTicks - stream.gapTicks - this.#items.countGapTicks(stream, stream.acked, seq);
      if (expired > 0) this.#options.onLost('expired', expired);
    }
    stream.acked = seq;
    stream.gapTicks = gapTicks;
    this.#saveStream(stream);
    if (!this.#options.keepAcked) this.#dropThrough(stream, Math.min(seq, stream.oldest + this.#dropTicksMax() - 1));
    this.#dropDrained();
    this.#dropLayouts();
    return !this.#options.keepAcked && stream.oldest <= seq;
  }

  rewind(epoch: Id128, seq: number, reason: GapReason): void {
    const stream = this.#known(epoch);
    if (seq >= stream.acked) return;
    stream.ackedCrc = this.#items.crcAt(stream, seq);
    stream.acked = seq;
    const { oldest } = stream;
    if (oldest > seq + 1) {
      const before = { seq: 1, timeMs: stream.start.startWallMs };
      const after =
        oldest === stream.next
          ? { seq: oldest - 1, timeMs: stream.lastMs }
          : { seq: oldest, timeMs: this.#items.timeAt(stream, oldest) };
      const fromMs = timeBetween(seq + 1, before, after);
      const toMs = timeBetween(oldest - 1, before, after);
      this.#items.lay(stream, { kind: 'gap', firstSeq: seq + 1, lastSeq: oldest - 1, reason, fromMs, toMs });
      stream.oldest = seq + 1;
      this.#options.onLost(reason, oldest - 1 - seq);
    }
    this.#saveStream(stream);
  }

  putGap(epoch: Id128, range: SeqRange & { readonly reason: GapReason }): void {
    const stream = this.#known(epoch);
    assert(range.lastSeq < stream.next, 'a gap covers only numbered ticks');
    // What the hub has stored is not given up.
    const firstSeq = Math.max(range.firstSeq, stream.acked + 1);
    if (firstSeq <= range.lastSeq) this.#giveUp(stream, { firstSeq, lastSeq: range.lastSeq }, range.reason);
  }

  rehome(epoch: Id128, seqs: readonly number[]): void {
    const forked = this.#known(epoch);
    const current = this.#current();
    assert(forked !== current, 'the current stream is not re-homed into itself');
    for (const seq of [...new Set(seqs)].sort((a, b) => a - b)) {
      const tick = this.#items.tickAt(forked, seq);
      if (tick !== null) this.#insert(current, tick);
    }
    this.#dropThrough(forked, forked.next - 1);
    this.#dropDrained();
  }

  #known(epoch: Id128): StreamState {
    const stream = this.#streams.find((each) => each.start.epoch === epoch);
    assert(stream !== undefined, 'the spool knows the epoch');
    return stream;
  }

  #current(): StreamState {
    const stream = this.#streams.at(-1);
    assert(stream !== undefined, 'an epoch is open');
    return stream;
  }

  #insert(stream: StreamState, tick: NewTick): number {
    const seq = stream.next;
    const { timeMs, layoutId, column } = tick;
    const crc = rowCrc({ kind: 'tick', seq, timeMs, layoutId, column }, stream.epochBytes);
    if (layoutId !== this.#lastLayout) this.#switchLayout(layoutId, stream.base + seq - 1);
    this.#sql.addTick.run(stream.base + seq, stream.epochBytes, seq, timeMs, this.#lastLayoutBytes, crc, column);
    stream.next = seq + 1;
    stream.lastMs = timeMs;
    this.#heldTicks += 1;
    return seq;
  }

  /** Notes the last tick of the layout used so far, which tells when it can go. */
  #switchLayout(layoutId: LayoutId, lastTick: number): void {
    const bytes = Buffer.from(layoutId, 'hex');
    this.#sql.endLayouts.run(lastTick, bytes);
    this.#sql.useLayout.run(bytes);
    this.#lastLayout = layoutId;
    this.#lastLayoutBytes = bytes;
  }

  #dropLayouts(): void {
    if (this.#layoutCount <= 1) return;
    this.#sql.dropLayouts.run(this.#newestLayout);
    this.#layoutCount = this.#sql.layoutCount.get() as number;
  }

  #saveStream(stream: StreamState): void {
    this.#sql.saveStream.run(stream.acked, stream.ackedCrc, stream.gapTicks, stream.next, stream.id);
  }

  /** Removes streams that hold nothing, but never the current one. */
  #dropDrained(): void {
    for (let index = this.#streams.length - 2; index >= 0; index -= 1) {
      const stream = this.#streams[index]!;
      if (stream.oldest < stream.next) continue;
      this.#sql.dropStream.run(stream.id);
      this.#streams.splice(index, 1);
    }
  }

  /** Forgets everything up to `seq`, of a gap that reaches over it the part below. */
  #dropThrough(stream: StreamState, seq: number): void {
    if (seq < stream.oldest) return;
    this.#heldTicks -= this.#items.dropThrough(stream, seq);
    stream.oldest = seq + 1;
  }

  /** Turns held items into a gap. */
  #giveUp(stream: StreamState, range: SeqRange, reason: GapReason): void {
    const fromMs = this.#items.timeAt(stream, range.firstSeq);
    const toMs = this.#items.timeAt(stream, range.lastSeq);
    const covered = this.#items.lay(stream, { kind: 'gap', ...range, reason, fromMs, toMs });
    const lost = range.lastSeq - range.firstSeq + 1 - covered;
    this.#items.dropTicks(stream, range);
    this.#heldTicks -= lost;
    this.#options.onLost(reason, lost);
  }

  /** Makes sure that a tick of so many bytes fits; what is only kept goes first, then the oldest become a gap. */
  #makeRoom(columnBytes: number): boolean {
    const pages = Math.ceil(columnBytes / pageBytes) + sparePages;
    while (this.#freePages() < pages) {
      const count = Math.min(this.#dropTicksMax(), Math.max(1, Math.ceil(this.#heldTicks * dropRatio)));
      if (this.#dropKept(count) === 0 && this.#dropOldest(count) === 0) return false;
      this.#dropDrained();
      this.#dropLayouts();
    }
    return true;
  }

  #dropTicksMax(): number {
    return Math.max(1, Math.floor((this.#sizes.dropPagesMax * pageBytes * this.#heldTicks) / this.bytes));
  }

  #freePages(): number {
    // A file that is larger than it may be does not grow, and is made smaller by `dropSome`.
    const grow = Math.max(0, this.#sizes.pagesMax - (this.#sql.pageCount.get() as number));
    return grow >= 64 ? grow : grow + (this.#sql.freePages.get() as number);
  }

  #dropKept(countMax: number): number {
    for (const stream of this.#streams) {
      if (stream.oldest > stream.acked) continue;
      const lastSeq = Math.min(stream.acked, stream.oldest + countMax - 1);
      const count = lastSeq - stream.oldest + 1;
      this.#dropThrough(stream, lastSeq);
      return count;
    }
    return 0;
  }

  #dropOldest(countMax: number): number {
    let dropped = 0;
    for (const stream of this.#streams) {
      let fromSeq = stream.acked + 1;
      while (dropped < countMax && fromSeq < stream.next) {
        const gap = this.#items.gapAt(stream, fromSeq);
        if (gap !== null) {
          fromSeq = gap.lastSeq + 1;
          continue;
        }
        const lastSeq = Math.min(this.#items.lastBeforeGap(stream, fromSeq), fromSeq + countMax - dropped - 1);
        this.#giveUp(stream, { firstSeq: fromSeq, lastSeq }, 'spool_full');
        dropped += lastSeq - fromSeq + 1;
        fromSeq = lastSeq + 1;
      }
      if (dropped >= countMax) break;
    }
    return dropped;
  }
}
