/**
 * The database as the statements of the hub see it: hosts, streams and what `ingest()` has inserted (hub/store/ingest.ts).
 *
 * Each call is one committed statement. `ingest` inserts for each stream the unbroken chain of rows of its lease
 * that starts right behind the stored seq, moves the accounting by what it inserted, and answers for every stream
 * named. A backup is a copy of everything; restoring puts it back.
 */
import { assert } from '#core/errors.ts';
import type { GapReason, Id128, StreamOffer } from '#core/message.ts';
import type { HubStreamShape } from '#core/stream/hub-stream.ts';
import { itemCrc } from '#core/stream/item.ts';
import { idOf, type Oracle } from './oracle.ts';
import type { World } from './world.ts';

/** A tick as it is stored, on the agent's own clock. */
export interface StoredTick {
  readonly timeMs: number;
  readonly layoutId: string;
  readonly column: Uint8Array;
}

export interface IngestRow {
  readonly streamId: number;
  readonly lease: number;
  readonly firstSeq: number;
  readonly lastSeq: number;
  /** null for a gap. */
  readonly ticks: readonly StoredTick[] | null;
  readonly reason: GapReason | null;
  readonly crc: number;
}

export interface IngestedStream {
  readonly streamId: number;
  readonly lease: number;
  readonly storedSeq: number;
  readonly storedCrc: number | null;
  readonly gapTicks: number;
}

export interface StoredGap {
  readonly firstSeq: number;
  readonly lastSeq: number;
  readonly reason: GapReason;
}

export interface StreamRow {
  readonly id: number;
  readonly hostId: number;
  readonly epoch: Id128;
  readonly ordinal: number;
  readonly firstSeq: number;
  readonly shiftMs: number;
  lease: number;
  storedSeq: number;
  storedCrc: number | null;
  storedTicks: number;
  gapTicks: number;
  readonly ticks: Map<number, StoredTick>;
  readonly gaps: StoredGap[];
}

export interface HostRow {
  readonly id: number;
  readonly agentId: Id128;
  nextOrdinal: number;
}

interface State {
  hubId: Id128;
  /** Goes back with a restore, as sequences do: then a key names another stream than before, told apart by its lease. */
  nextKey: number;
  readonly hosts: Map<number, HostRow>;
  readonly streams: Map<number, StreamRow>;
  readonly layouts: Set<string>;
}

export class SimDatabase {
  readonly #world: World;
  readonly #oracle: Oracle;
  #state: State;
  isAway = false;
  /** Ticks from before this instant have expired. Only rises. */
  floorMs = 0;
  /** Whether a hostile proxy stands between agents and hubs. */
  isProxied = false;
  /** The highest seq that was ever committed, by agent and epoch. */
  readonly everStored = new Map<string, number>();
  /** Numbers of all ticks that were ever committed, and places that were ever covered by a gap. */
  readonly wasStored = new Set<number>();
  readonly wasGap = new Set<string>();
  /** Whether anything committed was ever taken back: by a restore, a new database or a removed host. */
  hasUndone = false;

  constructor(world: World, oracle: Oracle) {
    this.#world = world;
    this.#oracle = oracle;
    this.#state = { hubId: world.id128(), nextKey: 1, hosts: new Map(), streams: new Map(), layouts: new Set() };
  }

  get hubId(): Id128 {
    return this.#state.hubId;
  }

  get streams(): ReadonlyMap<number, StreamRow> {
    return this.#state.streams;
  }

  hostOf(stream: StreamRow): HostRow | undefined {
    return this.#state.hosts.get(stream.hostId);
  }

  host(hostId: number): HostRow | undefined {
    return this.#state.hosts.get(hostId);
  }

  hostOfAgent(agentId: Id128): HostRow | undefined {
    return [...this.#state.hosts.values()].find((host) => host.agentId === agentId);
  }

  enrol(agentId: Id128): HostRow {
    const known = this.hostOfAgent(agentId);
    if (known !== undefined) return known;
    const host = { id: this.#key(), agentId, nextOrdinal: 1 };
    this.#state.hosts.set(host.id, host);
    return host;
  }

  /** Opens streams for one link: unknown ones right before their oldest seq. Each gets the new lease. */
  open(hostId: number, offers: readonly { readonly offer: StreamOffer; readonly shiftMs: number }[]): HubStreamShape[] {
    const host = this.#state.hosts.get(hostId);
    assert(host !== undefined, 'streams are opened for a host that exists');
    return offers.map(({ offer, shiftMs }) => {
      let row = [...this.#state.streams.values()].find((one) => one.hostId === hostId && one.epoch === offer.epoch);
      if (row === undefined) {
        row = {
          id: this.#key(),
          hostId,
          epoch: offer.epoch,
          ordinal: host.nextOrdinal,
          firstSeq: offer.oldest,
          shiftMs,
          lease: 0,
          storedSeq: offer.oldest - 1,
          storedCrc: null,
          storedTicks: 0,
          gapTicks: 0,
          ticks: new Map(),
          gaps: [],
        };
        host.nextOrdinal += 1;
        this.#state.streams.set(row.id, row);
        if (shiftMs !== 0) this.#world.tally.count('clock shifted');
      }
      row.lease = this.#world.between(1, 2 ** 40);
      const { id, epoch, ordinal, storedSeq, storedCrc, gapTicks, lease } = row;
      return { id, epoch, ordinal, storedSeq, storedCrc, gapTicks, shiftMs: row.shiftMs, lease };
    });
  }

  /** Numbers of all ticks that are stored. */
  storedIds(): Set<number> {
    const ids = new Set<number>();
    for (const stream of this.#state.streams.values())
      for (const tick of stream.ticks.values()) ids.add(idOf(tick.column));
    return ids;
  }

  /** Places, as `agent epoch seq`, that stored gaps cover. */
  gapPlaces(): Set<string> {
    const places = new Set<string>();
    for (const stream of this.#state.streams.values()) {
      const agentId = this.hostOf(stream)?.agentId;
      for (const gap of stream.gaps)
        for (let seq = gap.firstSeq; seq <= gap.lastSeq; seq += 1) places.add(`${agentId} ${stream.epoch} ${seq}`);
    }
    return places;
  }

  storeLayout(id: string): void {
    this.#state.layouts.add(id);
  }

  /** Rows in any order. A stream that does not exist is not answered. */
  ingest(rows: readonly IngestRow[]): IngestedStream[] {
    const byStream = new Map<number, IngestRow[]>();
    for (const row of rows) byStream.set(row.streamId, [...(byStream.get(row.streamId) ?? []), row]);
    const answers: IngestedStream[] = [];
    for (const [streamId, streamRows] of byStream) {
      const stream = this.#state.streams.get(streamId);
      if (stream === undefined) continue;
      this.#store(stream, streamRows);
      const { lease, storedSeq, storedCrc, gapTicks } = stream;
      answers.push({ streamId, lease, storedSeq, storedCrc, gapTicks });
    }
    return answers;
  }

  /** Checksums of stored ticks; 0 where there is none. */
  checksums(streamId: number, range: { readonly firstSeq: number; readonly count: number }): Uint32Array {
    const stream = this.#state.streams.get(streamId);
    const sums = new Uint32Array(range.count);
    for (let index = 0; index < range.count; index += 1) {
      const seq = range.firstSeq + index;
      const tick = stream?.ticks.get(seq);
      if (tick !== undefined) sums[index] = itemCrc({ kind: 'tick', seq, ...tick });
    }
    return sums;
  }

  remove(hostId: number): void {
    this.hasUndone = true;
    this.#state.hosts.delete(hostId);
    for (const stream of this.#state.streams.values())
      if (stream.hostId === hostId) this.#state.streams.delete(stream.id);
  }

  backup(): State {
    const { hubId, nextKey, hosts, streams, layouts } = this.#state;
    return {
      hubId,
      nextKey,
      hosts: new Map([...hosts].map(([id, host]) => [id, { ...host }])),
      streams: new Map(
        [...streams].map(([id, row]) => [id, { ...row, ticks: new Map(row.ticks), gaps: [...row.gaps] }]),
      ),
      layouts: new Set(layouts),
    };
  }

  restore(backup: State): void {
    this.hasUndone = true;
    this.#state = backup;
  }

  empty(): void {
    this.hasUndone = true;
    this.#state = { hubId: this.#world.id128(), nextKey: 1, hosts: new Map(), streams: new Map(), layouts: new Set() };
  }

  #store(stream: StreamRow, rows: readonly IngestRow[]): void {
    const { tally } = this.#world;
    const ours = rows.filter((row) => row.lease === stream.lease);
    if (ours.length < rows.length) tally.count('batch of an earlier lease left out');
    const candidates = ours.filter((row) => row.lastSeq > stream.storedSeq).sort((a, b) => a.firstSeq - b.firstSeq);
    if (candidates.length < ours.length) tally.count('duplicate ignored by the database');
    let before = stream.storedSeq;
    for (const row of candidates) {
      // The statement compares with the row before, inserted or not: one that is out of step ends the chain.
      if (row.firstSeq !== before + 1) break;
      before = row.lastSeq;
      this.#insert(stream, row);
    }
  }

  #insert(stream: StreamRow, row: IngestRow): void {
    const host = this.#state.hosts.get(stream.hostId)!;
    const count = row.lastSeq - row.firstSeq + 1;
    if (row.ticks === null) {
      assert(row.reason !== null, 'a gap has a reason');
      stream.gaps.push({ firstSeq: row.firstSeq, lastSeq: row.lastSeq, reason: row.reason });
      stream.gapTicks += count;
      this.#world.tally.count(`gap stored: ${row.reason}`);
    } else {
      assert(row.ticks.length === count, 'a batch holds as many ticks as seqs');
      for (const [index, tick] of row.ticks.entries()) {
        assert(!stream.ticks.has(row.firstSeq + index), 'a seq is stored once');
        // A restore takes layouts, too: until a hub has noticed it, it believes them stored.
        const isKnown = this.hasUndone || this.#state.layouts.has(tick.layoutId);
        assert(isKnown, 'a layout is committed before the first batch that names it');
        stream.ticks.set(row.firstSeq + index, tick);
      }
      stream.storedTicks += count;
    }
    stream.storedSeq = row.lastSeq;
    stream.storedCrc = row.crc;
    const key = `${host.agentId} ${stream.epoch}`;
    this.everStored.set(key, Math.max(this.everStored.get(key) ?? 0, stream.storedSeq));
    for (let seq = row.firstSeq; seq <= row.lastSeq; seq += 1) {
      const tick = row.ticks?.[seq - row.firstSeq];
      if (tick === undefined) {
        const place = `${host.agentId} ${stream.epoch} ${seq}`;
        this.wasGap.add(place);
        // A hostile proxy can make a sound tick look like a breach.
        const isFair = row.reason !== 'rejected' || this.isProxied || this.#oracle.isUnsoundAt(place);
        assert(isFair, `a tick that is given up as refused had a fault: ${place}`);
        const isOld = row.reason !== 'expired' || this.#oracle.isOlderAt(place, this.floorMs - stream.shiftMs);
        assert(isOld, `a tick that is given up as expired is older than the floor: ${place}`);
        continue;
      }
      this.#oracle.stored(host.agentId, { epoch: stream.epoch, seq }, tick);
      this.wasStored.add(idOf(tick.column));
    }
  }

  #key(): number {
    const key = this.#state.nextKey;
    this.#state.nextKey += 1;
    return key;
  }
}
