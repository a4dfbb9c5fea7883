/**
 * What the hub holds in memory of one agent's host: its streams with their open batches, and the layouts that
 * its ticks may name. Lives from the first hello until the host is removed; the connection comes and goes.
 */
import { layoutBytesMax } from '#core/limits.ts';
import type { Id128 } from '#core/message.ts';
import type { Layout, LayoutId } from '#core/series.ts';
import { HubStream, type HubStreamShape } from '#core/stream/hub-stream.ts';
import { OpenBatch } from './open-batch.ts';

/** A stream together with its open batch. */
export class StreamEntry {
  readonly host: HostIntake;
  readonly stream: HubStream;
  readonly open = new OpenBatch();

  constructor(host: HostIntake, stream: HubStream) {
    this.host = host;
    this.stream = stream;
  }
}

/** Layouts kept of one host: the current one, and those of replays under way. */
const layoutCountMax = 64;

export class HostIntake {
  readonly hostId: number;
  readonly #byEpoch = new Map<Id128, StreamEntry>();
  readonly #byOrdinal = new Map<number, StreamEntry>();
  /** Least recently completed first. */
  readonly #layouts = new Map<LayoutId, { readonly layout: Layout; readonly byteCount: number }>();
  #layoutBytes = 0;

  constructor(hostId: number) {
    this.hostId = hostId;
  }

  entries(): IterableIterator<StreamEntry> {
    return this.#byEpoch.values();
  }

  byEpoch(epoch: Id128): StreamEntry | undefined {
    return this.#byEpoch.get(epoch);
  }

  byOrdinal(ordinal: number): StreamEntry | undefined {
    return this.#byOrdinal.get(ordinal);
  }

  /** Adds a stream that the database has just opened under an epoch or a key that is new here. */
  add(shape: HubStreamShape): StreamEntry {
    const entry = new StreamEntry(this, new HubStream(shape));
    // After a restore the database gives ordinals again: who had this one is known to it no longer.
    const before = this.#byOrdinal.get(shape.ordinal);
    if (before !== undefined) this.#byEpoch.delete(before.stream.epoch);
    this.#byEpoch.set(shape.epoch, entry);
    this.#byOrdinal.set(shape.ordinal, entry);
    return entry;
  }

  /** Lets go of streams that are settled and that the agent no longer offers. Answers the ids dropped. */
  dropSettled(offered: ReadonlySet<Id128>): number[] {
    const dropped: number[] = [];
    for (const entry of this.#byEpoch.values()) {
      const { stream } = entry;
      if (offered.has(stream.epoch) || stream.acceptedSeq > stream.storedSeq) continue;
      this.#byEpoch.delete(stream.epoch);
      this.#byOrdinal.delete(stream.ordinal);
      dropped.push(stream.id);
    }
    return dropped;
  }

  layout(id: LayoutId): Layout | undefined {
    return this.#layouts.get(id)?.layout;
  }

  /** Remembers a layout; the oldest ones go when there are too many (the agent sends them again when asked). */
  addLayout(layout: Layout, byteCount: number): void {
    // An object that open batches name stays the one for its id, or each of them would be sealed.
    const known = this.#layouts.get(layout.id);
    if (known === undefined) this.#layoutBytes += byteCount;
    this.#layouts.delete(layout.id);
    this.#layouts.set(layout.id, known ?? { layout, byteCount });
    for (const [oldestId, oldest] of this.#layouts) {
      if (this.#layouts.size <= layoutCountMax && this.#layoutBytes <= 4 * layoutBytesMax) break;
      if (oldestId === layout.id) break;
      this.#layouts.delete(oldestId);
      this.#layoutBytes -= oldest.byteCount;
    }
  }
}
