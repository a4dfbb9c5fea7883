/**
 * The model spool with two witnesses: deleting is checked against the database at the moment it happens (I6), and
 * rows that move to another stream are followed.
 */
import { assert } from '#core/errors.ts';
import type { GapReason, Id128 } from '#core/message.ts';
import type { LayoutId } from '#core/series.ts';
import type { Item, ReadLimits, Spool, SpoolStream, TickItem } from '#core/stream/item.ts';
import { firstSeqOf, lastSeqOf } from '#core/stream/item.ts';
import type { ModelSpool } from '#core/stream/testing/model-spool.ts';
import { idOf, type Oracle } from './oracle.ts';
import type { World } from './world.ts';

const everything: ReadLimits = { tickCountMax: Number.POSITIVE_INFINITY, samplesMax: Number.POSITIVE_INFINITY };

export class CheckedSpool implements Spool {
  readonly model: ModelSpool;
  readonly #parts: {
    readonly world: World;
    readonly oracle: Oracle;
    readonly agentId: Id128;
    readonly wasStored: (id: number) => boolean;
    readonly wasGap: (epoch: Id128, seq: number) => boolean;
  };

  constructor(
    model: ModelSpool,
    parts: {
      readonly world: World;
      readonly oracle: Oracle;
      readonly agentId: Id128;
      readonly wasStored: (id: number) => boolean;
      readonly wasGap: (epoch: Id128, seq: number) => boolean;
    },
  ) {
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
    for (const item of itemsOf(this.model, epoch)) {
      if (firstSeqOf(item) > seq) break;
      if (item.kind === 'gap') {
        this.#excuse(epoch, item.firstSeq, Math.min(seq, item.lastSeq));
        continue;
      }
      const isSafe = this.#parts.wasStored(idOf(item.column)) || this.#parts.wasGap(epoch, item.seq);
      assert(isSafe, `I6: tick ${idOf(item.column)} at ${epoch} ${item.seq} is stored before it is deleted`);
    }
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
    const { oracle, agentId, world } = this.#parts;
    const target = this.model.streams().at(-1)!;
    let next = target.next;
    const wanted = new Set(seqs);
    for (const item of itemsOf(this.model, epoch)) {
      if (item.kind === 'tick') {
        if (!wanted.has(item.seq)) {
          const isSafe = this.#parts.wasStored(idOf(item.column));
          assert(isSafe, `I6: tick ${idOf(item.column)} at ${epoch} ${item.seq} is stored before it is left behind`);
          continue;
        }
        oracle.moved(item, { agentId, epoch: target.epoch, seq: next });
        next += 1;
        continue;
      }
      this.#excuse(epoch, item.firstSeq, item.lastSeq, true);
    }
    world.tally.count('fork found');
    world.tally.count('rows re-homed', seqs.length);
    this.model.rehome(epoch, seqs);
  }

  /** Ticks that a copied or reverted machine had given up before its stream was found to have gone on elsewhere. */
  #excuse(epoch: Id128, firstSeq: number, lastSeq: number, isForked = false): void {
    for (let seq = firstSeq; seq <= lastSeq; seq += 1) {
      const made = this.#parts.oracle.at(`${this.#parts.agentId} ${epoch} ${seq}`);
      if (this.#parts.wasGap(epoch, seq) || (made.length < 2 && !isForked)) continue;
      for (const tick of made) if (!this.#parts.wasStored(tick.id)) tick.isLost = true;
    }
  }
}

export function itemsOf(spool: ModelSpool, epoch: Id128): Item[] {
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
export function ticksOf(spool: ModelSpool): TickItem[] {
  const ticks: TickItem[] = [];
  for (const { epoch } of spool.streams())
    for (const item of itemsOf(spool, epoch)) if (item.kind === 'tick') ticks.push(item);
  return ticks;
}

/** Places, as `agent epoch seq`, of the ticks that a spool has given up. */
export function* gapPlacesOf(spool: ModelSpool, agentId: Id128): Generator<string> {
  for (const { epoch } of spool.streams())
    for (const item of itemsOf(spool, epoch))
      if (item.kind === 'gap')
        for (let seq = item.firstSeq; seq <= item.lastSeq; seq += 1) yield `${agentId} ${epoch} ${seq}`;
}
