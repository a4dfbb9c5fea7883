/**
 * The ticks of one stream that came as frames and are not sealed yet: consecutive seqs, one layout. Memory is
 * kept from batch to batch. Hot path, guarded by `bench ingest`.
 */
import { assert } from '#core/errors.ts';
import { batchBytesMax, batchTicksMax } from '#core/limits.ts';
import type { Layout } from '#core/series.ts';
import type { HubStream } from '#core/stream/hub-stream.ts';
import type { Arena } from './arena.ts';

const noTimes = new Float64Array(0);
const noValues = new Uint8Array(0);

export class OpenBatch {
  #layout: Layout | null = null;
  #firstSeq = 0;
  #tickCount = 0;
  #openedMs = 0;
  /** Made with the first tick: most connections of a large hub are idle at any moment. */
  #times = noTimes;
  /** Row by row; a Float64Array's bytes, since columns come as bytes and are only copied. */
  #values = noValues;
  #rowBytes = 0;

  get isEmpty(): boolean {
    return this.#tickCount === 0;
  }

  get openedMs(): number {
    return this.#openedMs;
  }

  get layout(): Layout | null {
    return this.#layout;
  }

  get byteCount(): number {
    return this.#tickCount * (this.#rowBytes + 8);
  }

  get isFull(): boolean {
    return this.#tickCount >= batchTicksMax || (this.#tickCount + 1) * this.#rowBytes > batchBytesMax;
  }

  get firstSeq(): number {
    return this.#firstSeq;
  }

  get tickCount(): number {
    return this.#tickCount;
  }

  /** Appends the tick `seq`; the caller has sealed a batch that is full or of another layout. `column` is copied. */
  add(
    tick: { readonly seq: number; readonly timeMs: number; readonly layout: Layout; readonly column: Uint8Array },
    nowMs: number,
  ): void {
    if (this.#tickCount === 0) this.#open(tick.seq, tick.layout, nowMs);
    assert(
      tick.layout === this.#layout && tick.seq === this.#firstSeq + this.#tickCount,
      'a batch is of one layout and consecutive',
    );
    const at = this.#tickCount * this.#rowBytes;
    if (at + this.#rowBytes > this.#values.length) this.#grow();
    this.#values.set(tick.column, at);
    this.#times[this.#tickCount] = tick.timeMs;
    this.#tickCount += 1;
  }

  /** Copies the batch into the arena and empties it. */
  seal(stream: HubStream, hostId: number, arena: Arena): void {
    assert(this.#layout !== null && this.#tickCount > 0, 'an empty batch cannot be sealed');
    const timesBytes = this.#tickCount * 8;
    const valuesBytes = this.#tickCount * this.#rowBytes;
    const byteOffset = arena.reserve(timesBytes + valuesBytes);
    const target = arena.bytes;
    target.set(new Uint8Array(this.#times.buffer, 0, timesBytes), byteOffset);
    target.set(this.#values.subarray(0, valuesBytes), byteOffset + timesBytes);
    arena.batches.push({
      kind: 'ticks',
      streamId: stream.id,
      hostId,
      lease: stream.lease,
      firstSeq: this.#firstSeq,
      lastSeq: this.#firstSeq + this.#tickCount - 1,
      layoutId: this.#layout.id,
      intervalMs: this.#layout.intervalMs,
      tickCount: this.#tickCount,
      columnCount: this.#layout.series.length,
      byteOffset,
      shiftMs: stream.shiftMs,
    });
    this.clear();
  }

  /** Forgets the ticks; the memory stays. */
  clear(): void {
    this.#tickCount = 0;
  }

  /** Calls `onTick` for each tick, oldest first; `column` is valid during the call. */
  forEach(onTick: (seq: number, timeMs: number, column: Uint8Array) => void): void {
    for (let index = 0; index < this.#tickCount; index += 1) {
      const at = index * this.#rowBytes;
      onTick(this.#firstSeq + index, this.#times[index]!, this.#values.subarray(at, at + this.#rowBytes));
    }
  }

  #open(seq: number, layout: Layout, nowMs: number): void {
    this.#firstSeq = seq;
    this.#openedMs = nowMs;
    if (this.#times.length === 0) this.#times = new Float64Array(batchTicksMax);
    if (this.#layout === layout) return;
    this.#layout = layout;
    this.#rowBytes = layout.series.length * 8;
    // Most hosts seal by age after 10 ticks; memory grows by doubling from 4.
    if (this.#values.length < this.#rowBytes) this.#values = new Uint8Array(this.#rowBytes * 4);
  }

  #grow(): void {
    const ticksMax = Math.min(batchTicksMax, Math.max(1, Math.floor(batchBytesMax / Math.max(1, this.#rowBytes))));
    const size = Math.max(
      (this.#tickCount + 1) * this.#rowBytes,
      Math.min(ticksMax * this.#rowBytes, this.#values.length * 2),
    );
    const grown = new Uint8Array(size);
    grown.set(this.#values.subarray(0, this.#tickCount * this.#rowBytes));
    this.#values = grown;
  }
}
