/**
 * The model spool with two witnesses: deleting is checked against the database at the moment it happens (I6), and
 * rows that move to another stream are followed.
 */
import { assert } from '#core/errors.ts';
import type { GapReason, Id128 } from '#core/message.ts';
import type { LayoutId } from '#core/series.ts';
import type { Item, ReadLimits, Spool, SpoolStream, TickItem } from '#core/stream/item.ts';
import { firstSeqOf, lastSeqOf } from '#core/stream/item.ts';
import type { MemorySpool } from '#core/stream/memory-spool.ts';
import { idOf, type Oracle } from './oracle.ts';
import type { SimDatabase } from './sim-database.ts';
import type { World } from './world.ts';

const everything: ReadLimits = { tickCountMax: Number.POSITIVE_INFINITY, samplesMax: Number.POSITIVE_INFINITY };

export interface CheckedSpoolParts {
  readonly world: World;
  readonly oracle: Oracle;
  readonly database: SimDatabase;
  readonly agentId: Id128;
}

export class CheckedSpool implements Spool {
  readonly model: MemorySpool;
  readonly #parts: CheckedSpoolParts;

  constructor(model: MemorySpool, parts: CheckedSpoolParts) {
    this.model = model;
    this.#parts = parts;
  }

  streams(): readonly SpoolStream[] {
    return this.model.streams();
  }

  stream(epoch: Id128): SpoolStream | null {
    return this.model.stream(epoch);
  }

  read(epoch: Id128, fromSeq: number, limits: ReadLimits): readonly Item[] {
    return this.model.read(epoch, fromSeq, limits);
  }

  layout(id: LayoutId): Uint8Array | null {
    return this.model.layout(id);
  }

  acknowledge(epoch: Id128, seq: number, gapTicks: number): void {
    const { database } = this.#parts;
    const ids = new Set<number>();
    for (const item of itemsOf(this.model, epoch)) {
      if (firstSeqOf(item) > seq) break;
      if (item.kind === 'gap') {
        this.#excuse(epoch, item.firstSeq, Math.min(seq, item.lastSeq));
        continue;
      }
      const id = idOf(item.column);
      const isSafe = database.wasStored.has(id) || database.wasGap.has(this.#place(epoch, item.seq));
      assert(isSafe, `I6: tick ${id} at ${epoch} ${item.seq} is stored before it is deleted`);
      ids.add(id);
    }
    this.#forgiveLateAck(ids);
    this.model.acknowledge(epoch, seq, gapTicks);
  }

  rewind(epoch: Id128, seq: number, reason: GapReason): void {
    this.model.rewind(epoch, seq, reason);
  }

  putGap(
    epoch: Id128,
    range: { readonly firstSeq: number; readonly lastSeq: number; readonly reason: GapReason },
  ): void {
    this.model.putGap(epoch, range);
  }

  rehome(epoch: Id128, seqs: readonly number[]): void {
    const { oracle, database, agentId, world } = this.#parts;
    const target = this.model.streams().at(-1)!;
    let next = target.next;
    const wanted = new Set(seqs);
    const leftIds = new Set<number>();
    for (const item of itemsOf(this.model, epoch)) {
      if (item.kind === 'gap') {
        this.#excuse(epoch, item.firstSeq, item.lastSeq, true);
      } else if (wanted.has(item.seq)) {
        oracle.moved(item, { agentId, epoch: target.epoch, seq: next });
        next += 1;
      } else {
        const id = idOf(item.column);
        assert(database.wasStored.has(id), `I6: tick ${id} at ${epoch} ${item.seq} is stored before it is left behind`);
        leftIds.add(id);
      }
    }
    this.#forgiveLateAck(leftIds);
    world.tally.count('fork found');
    world.tally.count('rows re-homed', seqs.length);
    this.model.rehome(epoch, seqs);
  }

  #place(epoch: Id128, seq: number): string {
    return `${this.#parts.agentId} ${epoch} ${seq}`;
  }

  /** What a truthful answer of the hub has deleted, although the database has undone it while the answer was under way. */
  #forgiveLateAck(ids: Set<number>): void {
    const { database, oracle } = this.#parts;
    if (!database.hasUndone) return;
    for (const id of database.storedIds()) ids.delete(id);
    oracle.undone({ ids, places: [] }, new Set());
  }

  /** Ticks given up by a machine that was copied or reverted, whose stream was then found to have gone on elsewhere. */
  #excuse(epoch: Id128, firstSeq: number, lastSeq: number, isForked = false): void {
    const { database, oracle } = this.#parts;
    const covered = database.hasUndone ? database.gapPlaces() : database.wasGap;
    const stored = database.hasUndone ? database.storedIds() : database.wasStored;
    for (let seq = firstSeq; seq <= lastSeq; seq += 1) {
      const place = this.#place(epoch, seq);
      const made = oracle.at(place);
      const isUndone = database.wasGap.has(place) || made.some((tick) => database.wasStored.has(tick.id));
      const isContested = isForked || isUndone || made.length > 1 || made.some((tick) => tick.isCopied);
      if (covered.has(place) || !isContested) continue;
      for (const tick of made) if (!stored.has(tick.id)) tick.isLost = true;
    }
  }
}

export function itemsOf(spool: MemorySpool, epoch: Id128): Item[] {
  const stream = spool.stream(epoch);
  const items: Item[] = [];
  if (stream === null) return items;
  for (let seq = stream.oldest; seq < stream.next; ) {
    const read = spool.read(epoch, seq, everything);
    if (read.length === 0) break;
    items.push(...read);
    seq = lastSeqOf(read.at(-1)!) + 1;
  }
  assert(items.length === 0 || firstSeqOf(items[0]!) <= stream.oldest, 'a spool covers its range');
  return items;
}

/** Every tick that a spool holds. */
export function ticksOf(spool: MemorySpool): TickItem[] {
  const ticks: TickItem[] = [];
  for (const { epoch } of spool.streams())
    for (const item of itemsOf(spool, epoch)) if (item.kind === 'tick') ticks.push(item);
  return ticks;
}

/** Places, as `agent epoch seq`, of the ticks that a spool has given up. */
export function* gapPlacesOf(spool: MemorySpool, agentId: Id128): Generator<string> {
  for (const { epoch } of spool.streams())
    for (const item of itemsOf(spool, epoch))
      if (item.kind === 'gap')
        for (let seq = item.firstSeq; seq <= item.lastSeq; seq += 1) yield `${agentId} ${epoch} ${seq}`;
}
