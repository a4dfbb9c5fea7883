/**
 * From messages to the ring of one host: layout pages, snapshot pages and ticks, in whatever order they come.
 *
 * A snapshot page must be inflated, which takes a turn of the event loop; ticks that come meanwhile wait behind it in
 * one queue, so nothing overtakes. Between pages a tick may well be pushed before older ones: the ring orders by
 * (ordinal, seq) and knows what it has, so nothing is lost and nothing stands twice. The last page of a snapshot is
 * expected to be of the newest ordinal.
 */
import { decodeBlock, splitBlock } from '#core/block.ts';
import { DecodeError } from '#core/errors.ts';
import { layoutBytesMax } from '#core/limits.ts';
import type { LayoutMessage, Snapshot, Tick } from '#core/message.ts';
import { decodeLayout, type Layout, type LayoutId } from '#core/series.ts';
import { HostRing } from './ring.ts';
import { Signal } from './signal.ts';

/** What deflate-raw made smaller, as it was. Rejects when it is not deflate-raw or gives more than `bytesMax`. */
export type Inflate = (bytes: Uint8Array, bytesMax: number) => Promise<Uint8Array>;

/** 65,536 doubles are 512 KiB; columns that compress badly, their directory and head stay below this. */
const snapshotInflatedBytesMax = 4 * 1024 * 1024;
/** Ticks that wait for a page: pages take milliseconds, so more than this means that something hangs. */
const queuedMax = 10_000;
/** Seq of a tick that came from polling: it has no place in a stream and makes room for one that has. */
const polledSeq = 0;
const polledOrdinal = Number.MAX_SAFE_INTEGER;

/** Layouts by id, put together from pages. Ids are hashes of their content, so they stay good on the next socket. */
export class LayoutBook {
  readonly #layouts = new Map<LayoutId, Layout>();
  #pages: Uint8Array[] = [];

  get(id: LayoutId): Layout | null {
    return this.#layouts.get(id) ?? null;
  }

  /** Takes one page. Throws DecodeError when the whole is no layout or pages are missing. */
  accept(message: LayoutMessage): void {
    if (message.page === 0) this.#pages = [];
    if (message.page !== this.#pages.length || message.page >= message.pageCount)
      throw new DecodeError(
        `Cannot decode layout: page ${this.#pages.length} of ${message.pageCount} must come next: got ${message.page}`,
      );
    this.#pages.push(message.bytes.slice());
    if (message.page + 1 < message.pageCount) return;
    const bytes = joinBytes(this.#pages);
    this.#pages = [];
    this.#layouts.set(message.layoutId, decodeLayout(bytes, message.layoutId));
  }
}

export interface HostStreamOptions {
  readonly layouts: LayoutBook;
  readonly inflate: Inflate;
  readonly windowMs: number;
  /** What goes wrong while a page is decoded: our bug or the hub's, and not to be hidden. */
  readonly failed: (error: unknown) => void;
}

export class HostStream {
  /** The ring has changed. */
  readonly changed = new Signal();
  readonly #options: HostStreamOptions;
  #ring: HostRing;
  #queue: (Snapshot | Tick)[] = [];
  #isDraining = false;
  /** Rises with each socket: a page of the one before that is still being inflated is dropped. */
  #round = 0;
  #isFirstSnapshot = true;
  #hasSnapshot = false;

  constructor(options: HostStreamOptions) {
    this.#options = options;
    this.#ring = new HostRing(capacityOf(options.windowMs, 1_000));
  }

  get ring(): HostRing {
    return this.#ring;
  }

  /** Whether a whole snapshot has come since the last `restart`: an empty ring is then really empty. */
  get hasSnapshot(): boolean {
    return this.#hasSnapshot;
  }

  /** A new socket: what still waits belongs to the old one. What the ring holds stays on the screen. */
  restart(): void {
    this.#queue = [];
    this.#round += 1;
    this.#isFirstSnapshot = true;
    this.#hasSnapshot = false;
  }

  accept(message: Snapshot | Tick): void {
    if (message.kind === 'tick' && !this.#isDraining) {
      this.#pushTick(message);
      this.changed.announce();
      return;
    }
    if (this.#queue.length >= queuedMax) return;
    this.#queue.push(
      message.kind === 'tick'
        ? { ...message, column: message.column.slice() }
        : { ...message, block: message.block.slice() },
    );
    if (!this.#isDraining) this.#drain().catch(this.#options.failed);
  }

  /** A tick that was asked for instead of sent. Times that do not rise are left out. */
  acceptPolled(timeMs: number, layout: Layout, values: Float64Array): void {
    if (timeMs <= (this.#ring.newestMs ?? 0)) return;
    this.#ring.push({ ordinal: polledOrdinal, seq: polledSeq, timeMs }, layout, values);
    this.changed.announce();
  }

  async #drain(): Promise<void> {
    this.#isDraining = true;
    try {
      for (let message = this.#queue.shift(); message !== undefined; message = this.#queue.shift()) {
        if (message.kind === 'tick') this.#pushTick(message);
        else await this.#pushPage(message);
      }
    } finally {
      this.#isDraining = false;
      this.changed.announce();
    }
  }

  async #pushPage(page: Snapshot): Promise<void> {
    const round = this.#round;
    const isLast = page.page + 1 >= page.pageCount;
    if (this.#isFirstSnapshot && page.page === 0) this.#ring.retain((place) => place.ordinal !== polledOrdinal);
    const layout = this.#options.layouts.get(page.layoutId);
    if (page.tickCount > 0 && layout !== null) {
      const block = splitBlock(await this.#options.inflate(page.block, snapshotInflatedBytesMax));
      if (round !== this.#round) return;
      const columnCount = layout.series.length + 1;
      this.#pushRows(page, layout, decodeBlock(block, { tickCount: page.tickCount, columnCount }));
    }
    if (!isLast) return;
    // A hub that counts from lower ordinals than we know has forgotten its past; its present goes first.
    if (this.#isFirstSnapshot && page.tickCount > 0) this.#ring.retain((place) => place.ordinal <= page.ordinal);
    this.#isFirstSnapshot = false;
    this.#hasSnapshot = true;
  }

  #pushRows(page: Snapshot, layout: Layout, { times, values }: { times: Float64Array; values: Float64Array }): void {
    const columnCount = layout.series.length + 1;
    this.#fit(layout.intervalMs);
    for (let row = 0; row < page.tickCount; row += 1) {
      const at = row * columnCount;
      const place = { ordinal: page.ordinal, seq: values[at]!, timeMs: times[row]! };
      this.#ring.push(place, layout, values.subarray(at + 1, at + columnCount));
    }
  }

  #pushTick(tick: Tick): void {
    const layout = this.#options.layouts.get(tick.layoutId);
    // A column that does not fit its layout is the hub's fault; the tick is missing and shows as a gap.
    if (layout === null || tick.column.byteLength !== layout.series.length * 8) return;
    this.#fit(layout.intervalMs);
    // Copied, since a Float64Array must start at a multiple of 8.
    this.#ring.push(tick, layout, new Float64Array(tick.column.slice().buffer));
  }

  /** A host that ticks faster than every second needs a longer ring for the same window. */
  #fit(intervalMs: number): void {
    const capacity = capacityOf(this.#options.windowMs, intervalMs);
    if (capacity > this.#ring.capacity) this.#ring = new HostRing(capacity);
  }
}

/** The window, and a tenth more: the left edge of a chart must not show where the ring ends. */
function capacityOf(windowMs: number, intervalMs: number): number {
  return Math.ceil((windowMs * 1.1) / intervalMs) + 2;
}

function joinBytes(pages: readonly Uint8Array[]): Uint8Array {
  const count = pages.reduce((sum, page) => sum + page.byteLength, 0);
  if (count > layoutBytesMax)
    throw new DecodeError(`Cannot decode layout: at most ${layoutBytesMax} bytes are allowed: got ${count}`);
  const bytes = new Uint8Array(count);
  let at = 0;
  for (const page of pages) {
    bytes.set(page, at);
    at += page.byteLength;
  }
  return bytes;
}
