/**
 * Knows every tick that was ever made and what became of it, and compares that with the database.
 *
 * The exact rule of I1. A tick is *accepted* once the spool has committed it. When all faults are healed and all
 * agents are drained, each accepted tick is stored exactly once, or its place in its stream is covered by a stored
 * gap, and never both. The promise says "as long as both disks survive"; where a disk was put back to an
 * earlier state, this is excused, and nothing else:
 *
 * - `lost`: the tick may be missing. Its last copy went with a disk: it was only in a spool that was restored,
 *   reverted or retired, or it was stored (or covered) only in what a restored or emptied database has
 *   undone, or its host was removed. Or: it had been given up by a reverted machine before its stream was re-homed.
 * - `copied`: the tick was in a spool that was copied (backup, clone, snapshot), so that two agents may offer it: it
 *   may be stored and covered by a gap. Moved to a new stream by one copy and stored by another it may be stored twice.
 */
import { assert } from '#core/errors.ts';
import type { Id128 } from '#core/message.ts';
import type { TickItem } from '#core/stream/item.ts';
import type { StoredTick, StreamRow } from './sim-database.ts';

export interface MadeTick {
  readonly id: number;
  readonly agentId: Id128;
  /** On the agent's clock. */
  readonly timeMs: number;
  readonly print: string;
  /** Each place it has had: `agent epoch seq`. More than one after it was re-homed. */
  readonly places: string[];
  /** Whether the hub has no reason to refuse it. */
  readonly isSound: boolean;
  isAccepted: boolean;
  isLost: boolean;
  isCopied: boolean;
}

export class Oracle {
  readonly #ticks = new Map<number, MadeTick>();
  readonly #byPlace = new Map<string, MadeTick[]>();
  #nextId = 1;

  nextId(): number {
    const id = this.#nextId;
    this.#nextId += 1;
    return id;
  }

  get acceptedCount(): number {
    return [...this.#ticks.values()].filter((tick) => tick.isAccepted).length;
  }

  get strictCount(): number {
    return [...this.#ticks.values()].filter((tick) => tick.isAccepted && !tick.isLost && !tick.isCopied).length;
  }

  made(
    tick: StoredTick,
    place: { readonly agentId: Id128; readonly epoch: Id128; readonly seq: number },
    isSound = true,
  ): void {
    const id = idOf(tick.column);
    const { agentId, epoch, seq } = place;
    assert(!this.#ticks.has(id), 'each tick is made once');
    const made: MadeTick = {
      id,
      agentId,
      timeMs: tick.timeMs,
      print: printOf(tick),
      places: [],
      isSound,
      isAccepted: false,
      isLost: false,
      isCopied: false,
    };
    this.#ticks.set(id, made);
    this.#place(made, `${agentId} ${epoch} ${seq}`);
  }

  accepted(id: number): void {
    this.#ticks.get(id)!.isAccepted = true;
  }

  tick(column: Uint8Array): MadeTick {
    const tick = this.#ticks.get(idOf(column));
    assert(tick !== undefined, `a tick that nobody made: ${idOf(column)}`);
    return tick;
  }

  moved(item: TickItem, place: { readonly agentId: Id128; readonly epoch: Id128; readonly seq: number }): void {
    this.#place(this.tick(item.column), `${place.agentId} ${place.epoch} ${place.seq}`);
  }

  /** The ticks whose place this is, or was for one of their copies: two, after a machine was copied or reverted. */
  at(place: string): MadeTick[] {
    return (this.#byPlace.get(place) ?? []).filter((tick) => tick.isCopied || tick.places.at(-1) === place);
  }

  /** Whether a tick that the hub may refuse has ever been at this place: a copy may have moved it on meanwhile. */
  isUnsoundAt(place: string): boolean {
    return (this.#byPlace.get(place) ?? []).some((tick) => !tick.isSound);
  }

  /** Whether some tick that has been at this place is from before `floorMs` on its agent's clock. */
  isOlderAt(place: string, floorMs: number): boolean {
    return (this.#byPlace.get(place) ?? []).some((tick) => tick.timeMs < floorMs);
  }

  /** The database has undone these ticks and these places in gaps: they are lost unless a spool holds them. */
  undone(
    undone: { readonly ids: Iterable<number>; readonly places: Iterable<string> },
    heldIds: ReadonlySet<number>,
  ): void {
    for (const id of undone.ids) if (!heldIds.has(id)) this.#ticks.get(id)!.isLost = true;
    for (const place of undone.places) for (const tick of this.at(place)) if (!heldIds.has(tick.id)) tick.isLost = true;
  }

  /** I2: what is stored was made by that agent, at that place, and is unchanged. */
  stored(agentId: Id128, place: { readonly epoch: Id128; readonly seq: number }, tick: StoredTick): void {
    const made = this.tick(tick.column);
    const name = `${agentId} ${place.epoch} ${place.seq}`;
    assert(made.agentId === agentId, `I2: tick ${made.id} is stored under its agent`);
    assert(made.places.includes(name), `I2: tick ${made.id} is stored at its place: got ${name}`);
    assert(
      made.print === printOf(tick),
      `I2: tick ${made.id} is stored unchanged: got ${printOf(tick)}, not ${made.print}`,
    );
  }

  #place(tick: MadeTick, place: string): void {
    tick.places.push(place);
    this.#byPlace.set(place, [...(this.#byPlace.get(place) ?? []), tick]);
  }

  /** I1 and I4, when everything is healed and drained. */
  judge(streams: Iterable<{ readonly stream: StreamRow; readonly agentId: Id128 }>): void {
    const counts = new Map<number, number>();
    const covered = new Set<string>();
    for (const { stream, agentId } of streams) {
      checkContiguity(stream);
      for (const tick of stream.ticks.values()) {
        const { id } = this.tick(tick.column);
        counts.set(id, (counts.get(id) ?? 0) + 1);
      }
      for (const gap of stream.gaps)
        for (let seq = gap.firstSeq; seq <= gap.lastSeq; seq += 1) covered.add(`${agentId} ${stream.epoch} ${seq}`);
    }
    for (const tick of this.#ticks.values()) {
      const count = counts.get(tick.id) ?? 0;
      // Of a tick that was moved only its last place counts; copies may have gone different ways.
      const places = tick.isCopied ? tick.places : tick.places.slice(-1);
      const isCovered = places.some((place) => covered.has(place));
      const what = `tick ${tick.id} of ${tick.places.join(', ')}${tick.isLost ? ' (lost)' : ''}${tick.isCopied ? ' (copied)' : ''}`;
      if (count > 1)
        assert(tick.isCopied && tick.places.length > 1, `I1: stored once: ${what} is stored ${count} times`);
      if (count > 0 && isCovered) assert(tick.isCopied || tick.isLost, `I1: not both: ${what} is stored and in a gap`);
      if (count === 0 && !isCovered && tick.isAccepted) assert(tick.isLost, `I1: not lost: ${what} is nowhere`);
    }
  }
}

/** I4: ticks and gaps cover first..stored without hole or overlap, and the accounting says so. */
export function checkContiguity(stream: StreamRow): void {
  const name = `stream ${stream.id}`;
  const total = stream.storedSeq - stream.firstSeq + 1;
  assert(stream.storedTicks + stream.gapTicks === total, `I4: the accounting of ${name} adds up to ${total}`);
  assert(stream.ticks.size === stream.storedTicks, `I4: ${name} holds the ticks that it counts`);
  let gapTicks = 0;
  for (const gap of stream.gaps) {
    for (let seq = gap.firstSeq; seq <= gap.lastSeq; seq += 1) {
      assert(!stream.ticks.has(seq), `I4: seq ${seq} of ${name} is a tick or in a gap`);
      gapTicks += 1;
    }
  }
  assert(gapTicks === stream.gapTicks, `I4: the gaps of ${name} do not overlap and are counted`);
  for (const seq of stream.ticks.keys())
    assert(seq >= stream.firstSeq && seq <= stream.storedSeq, `I4: seq ${seq} of ${name} lies in its range`);
}

/** The first value of each simulated tick is its own number. */
export function idOf(column: Uint8Array): number {
  return new DataView(column.buffer, column.byteOffset).getFloat64(0, true);
}

function printOf(tick: StoredTick): string {
  return `${tick.timeMs} ${tick.layoutId} ${Buffer.from(tick.column).toString('latin1')}`;
}
