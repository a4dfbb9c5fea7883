/**
 * The buffer that sealed batches are copied into until the storage thread takes it: one transfer for many
 * batches (a `postMessage` each would cost 8.5 µs, measured). Hot path, guarded by `bench ingest`.
 */
import type { Layout, LayoutId } from '#core/series.ts';
import type { Batch } from './flight.ts';

const startBytes = 256 * 1024;
/** Memory of a batch beside its ticks: an object of about ten fields. */
const batchShapeBytes = 128;

export class Arena {
  readonly batches: Batch[] = [];
  /** Each layout that a batch in it names. */
  readonly layouts = new Map<LayoutId, Layout>();
  /** When the first batch was sealed: it need not wait for ever for company. */
  readonly sealedMs: number;
  /** When the oldest tick in it came. */
  oldestMs: number;
  /** Whether somebody waits for the answer (a pushed body, a stop). */
  isUrgent = false;
  #bytes = new Uint8Array(startBytes);
  #byteCount = 0;

  constructor(nowMs: number) {
    this.sealedMs = nowMs;
    this.oldestMs = nowMs;
  }

  get byteCount(): number {
    return this.#byteCount;
  }

  /** What counts against the bound: also a list of nothing but gaps has an end. */
  get queuedBytes(): number {
    return this.#byteCount + this.batches.length * batchShapeBytes;
  }

  /** Room for `byteCount` bytes, aligned to 8. Answers the offset; write through `bytes` before the next call. */
  reserve(byteCount: number): number {
    const offset = (this.#byteCount + 7) & ~7;
    if (offset + byteCount > this.#bytes.length) this.#grow(offset + byteCount);
    this.#byteCount = offset + byteCount;
    return offset;
  }

  get bytes(): Uint8Array {
    return this.#bytes;
  }

  /** The buffer to transfer. The arena must not be used afterwards. */
  buffer(): ArrayBuffer {
    return this.#bytes.buffer;
  }

  #grow(byteCount: number): void {
    let size = this.#bytes.length;
    while (size < byteCount) size *= 2;
    const grown = new Uint8Array(size);
    grown.set(this.#bytes.subarray(0, this.#byteCount));
    this.#bytes = grown;
  }
}
