/**
 * One simulated agent: the real link over the model spool, a sampler that makes ticks with numbers of their own, and
 * what the owner of the socket does (connecting, backing off, closing when a timer has run out).
 */
import { createHash } from 'node:crypto';
import { deflateRawSync } from 'node:zlib';
import { wordsOf, writeAbsence } from '#core/absence.ts';
import { BlockEncoder, joinBlock } from '#core/block.ts';
import { decodeToAgent } from '#core/codec.ts';
import { assert, ProtocolError } from '#core/errors.ts';
import type { FromAgent, Id128, ToAgent } from '#core/message.ts';
import { createLayout, encodeLayout, type Layout } from '#core/series.ts';
import { AgentLink } from '#core/stream/agent-link.ts';
import type { TickItem } from '#core/stream/item.ts';
import type { MemorySpool, MemorySpoolState } from '#core/stream/memory-spool.ts';
import { CheckedSpool, gapPlacesOf, itemsOf, ticksOf } from './checked-spool.ts';
import { idOf, type Oracle } from './oracle.ts';
import type { SimDatabase } from './sim-database.ts';
import type { SimHub } from './sim-hub.ts';
import { type NetworkOptions, SimConnection } from './sim-network.ts';
import type { World } from './world.ts';

export interface SimAgentParts {
  readonly world: World;
  readonly oracle: Oracle;
  readonly hubs: readonly SimHub[];
  readonly network: NetworkOptions;
  readonly database: SimDatabase;
}

export interface SimAgentShape {
  readonly agentId: Id128;
  readonly spool: MemorySpool;
  /** Ticks between commits; 1 commits each. */
  readonly commitTicks: number;
  /** How wrong the wall clock is. */
  clockOffsetMs: number;
  /** Share of ticks at an impossible time. */
  readonly badTickRatio: number;
  /** Share of ticks that make a replay block or a frame unreadable. */
  readonly poisonRatio: number;
}

const garbage = Uint8Array.of(0xc1);
const encoder = new BlockEncoder();
const layouts = new Map<string, { readonly layout: Layout; readonly bytes: Uint8Array }>();
const sha256 = (bytes: Uint8Array) => createHash('sha256').update(bytes).digest();

/** The few layouts that simulated hosts have, made once. */
function layoutOf(seriesCount: number, intervalMs: number): { readonly layout: Layout; readonly bytes: Uint8Array } {
  const name = `${seriesCount} ${intervalMs}`;
  let known = layouts.get(name);
  if (known === undefined) {
    const series = Array.from({ length: seriesCount }, (_, index) => ({
      key: `s${index}`,
      unit: '',
      kind: 'gauge' as const,
      every: 1,
    }));
    const layout = createLayout({ intervalMs, series }, sha256);
    known = { layout, bytes: encodeLayout(layout) };
    layouts.set(name, known);
  }
  return known;
}

export class SimAgent {
  readonly shape: SimAgentShape;
  readonly #parts: SimAgentParts;
  readonly #world: World;
  readonly #spool: CheckedSpool;
  readonly #poisoned = new Set<number>();
  bootId: Id128;
  /** Host that the token is for; null: it comes with the enrolment key. */
  token: number | null = null;
  #hubId: Id128 | null = null;
  #link: AgentLink | null = null;
  #connection: SimConnection | null = null;
  /** Rises when the process ends, so that its timers find nothing. */
  #run = 0;
  #attempt = 0;
  #seriesCount = 2;
  #intervalMs = 1_000;
  #lastMs = 0;
  #uncommitted: number[] = [];
  isSampling = true;

  constructor(shape: SimAgentShape, parts: SimAgentParts) {
    this.shape = shape;
    this.#parts = parts;
    this.#world = parts.world;
    this.bootId = parts.world.id128();
    this.#spool = new CheckedSpool(shape.spool, { ...parts, agentId: shape.agentId });
  }

  get spool(): MemorySpool {
    return this.shape.spool;
  }

  get isRunning(): boolean {
    return this.#link !== null;
  }

  get connection(): SimConnection | null {
    return this.#connection;
  }

  /** Whether every tick and gap of the spool is acknowledged. */
  get isDrained(): boolean {
    return this.spool.streams().every((stream) => stream.acked === stream.next - 1);
  }

  /** A new process: a new epoch. */
  start(): void {
    if (this.#link !== null) return;
    this.#world.note(`agent ${this.#name} starts`);
    this.#openEpoch();
    this.resume();
  }

  /** A process with the epoch that the spool has: a clone, or a machine that was reverted. */
  resume(): void {
    this.#link = this.#newLink();
    this.#run += 1;
    this.#lastMs = this.spool.streams().at(-1)!.startWallMs;
    const run = this.#run;
    this.#tickLater(run);
    this.#connectLater(run, 1_000);
  }

  kill(): void {
    if (this.#link === null) return;
    this.#world.note(`agent ${this.#name} is killed`);
    this.#world.tally.count('agent crash');
    this.#stop();
    const before = ticksOf(this.spool).length;
    this.spool.crash();
    if (ticksOf(this.spool).length < before) this.#world.tally.count('uncommitted ticks lost');
    this.#uncommitted = [];
  }

  /** A clean stop, when everything is drained. */
  stop(): void {
    this.#stop();
  }

  /** The disk is as it was then. What only it held since is lost. */
  putBack(state: MemorySpoolState): void {
    const ids = new Set(ticksOf(this.spool).map((tick) => idOf(tick.column)));
    const places = new Set(gapPlacesOf(this.spool, this.shape.agentId));
    this.spool.restore(state);
    for (const id of this.#parts.database.storedIds()) ids.delete(id);
    for (const place of this.#parts.database.gapPlaces()) places.delete(place);
    const heldIds = new Set(ticksOf(this.spool).map((tick) => idOf(tick.column)));
    this.#parts.oracle.undone({ ids, places }, heldIds);
    for (const tick of ticksOf(this.spool)) this.#parts.oracle.tick(tick.column).isCopied = true;
    this.#uncommitted = [];
  }

  /** The machine goes back to an earlier moment and runs on from there, clocks included. */
  revert(snapshot: { readonly state: MemorySpoolState; readonly clockOffsetMs: number; readonly atMs: number }): void {
    this.#world.note(`agent ${this.#name} is reverted`);
    this.#stop();
    this.putBack(snapshot.state);
    this.shape.clockOffsetMs = snapshot.clockOffsetMs - (this.#world.nowMs - snapshot.atMs);
    this.resume();
  }

  /** The clock is set: the run ends its epoch and starts another. */
  setClock(offsetMs: number): void {
    this.shape.clockOffsetMs = offsetMs;
    if (this.#link === null) return;
    this.#openEpoch();
    this.#link.epochOpened();
  }

  changeLayout(seriesCount: number): void {
    if (seriesCount !== this.#seriesCount) this.#world.tally.count('layout changed');
    this.#seriesCount = seriesCount;
  }

  changeInterval(intervalMs: number): void {
    if (intervalMs !== this.#intervalMs) this.#world.tally.count('interval changed');
    this.#intervalMs = intervalMs;
  }

  /** A range of unacknowledged ticks turns out to be damaged. */
  damage(): void {
    const stream = this.#world.pick(this.spool.streams());
    const count = stream.next - 1 - stream.acked;
    if (count < 1) return;
    const firstSeq = stream.acked + this.#world.between(1, count);
    const lastSeq = Math.min(stream.next - 1, firstSeq + this.#world.between(0, 3));
    this.spool.putGap(stream.epoch, { firstSeq, lastSeq, reason: 'damaged' });
  }

  get #name(): string {
    return this.shape.agentId.slice(0, 4);
  }

  get #wallMs(): number {
    return this.#world.nowMs + this.shape.clockOffsetMs;
  }

  #stop(): void {
    this.#run += 1;
    this.#link = null;
    this.#connection?.closeByAgent(this.#world.between(0, 5_000));
    this.#connection = null;
  }

  #openEpoch(): void {
    const startWallMs = this.#wallMs;
    this.spool.openEpoch({
      epoch: this.#world.id128(),
      bootId: this.bootId,
      startWallMs,
      startMonotonicMs: startWallMs - this.shape.clockOffsetMs,
    });
    this.#lastMs = startWallMs;
  }

  #newLink(): AgentLink {
    return new AgentLink({
      spool: this.#spool,
      send: (message) => this.#send(message),
      isCongested: () => this.#world.chance(0.02),
      packReplay: (ticks) => this.#pack(ticks),
      greet: () => ({
        version: 1,
        agentId: this.shape.agentId,
        hostName: 'h',
        agentVersion: '1',
        machineId: '',
        bootId: this.bootId,
        wallMs: this.#wallMs,
        monotonicMs: this.#world.nowMs,
        tags: {},
        facts: {},
        hubId: this.#hubId,
      }),
      welcomed: (welcome) => {
        this.#hubId = welcome.hubId;
        if (welcome.token !== null) this.token = Number(welcome.token);
        if (welcome.streams !== null) this.#attempt = 0;
      },
      openEpoch: () => this.#openEpoch(),
      configured: () => undefined,
      scripted: () => undefined,
    });
  }

  #send(message: FromAgent): void {
    this.#world.note(`agent ${this.#name} -> ${shown(message)}`);
    if (message.kind === 'frame' && this.#poisoned.has(idOf(message.column))) this.#connection?.sendUpRaw(garbage);
    else this.#connection?.sendUp(message);
  }

  #pack(ticks: readonly TickItem[]): { readonly block: Uint8Array; readonly inflatedBytes: number } {
    const columnCount = ticks[0]!.column.byteLength / 8;
    const values = new Float64Array(ticks.length * columnCount);
    const bytes = new Uint8Array(values.buffer);
    for (const [index, tick] of ticks.entries()) bytes.set(tick.column, index * columnCount * 8);
    const times = Float64Array.from(ticks, (tick) => tick.timeMs);
    const joined = joinBlock(
      encoder.encode({ tickCount: ticks.length, columnCount, values, times, intervalMs: this.#intervalMs }),
    );
    if (ticks.some((tick) => this.#poisoned.has(idOf(tick.column)))) joined.fill(0xff);
    return { block: deflateRawSync(joined, { level: 1 }), inflatedBytes: joined.byteLength };
  }

  #tickLater(run: number): void {
    this.#world.after(this.#intervalMs, () => {
      if (this.#run !== run) return;
      if (this.isSampling) this.#tick();
      else this.#link!.pump(this.#world.nowMs);
      this.#tickLater(run);
      if (this.#link!.isOverdue(this.#world.nowMs)) {
        this.#world.note(`agent ${this.#name} is overdue`);
        this.#connection?.closeByAgent(this.#world.between(0, 1_000));
        this.#closed(1006);
      }
    });
  }

  #tick(): void {
    const link = this.#link!;
    const { layout, bytes } = layoutOf(this.#seriesCount, this.#intervalMs);
    this.spool.addLayout(layout.id, bytes);
    const values = new Float64Array(this.#seriesCount);
    const id = this.#parts.oracle.nextId();
    values[0] = id;
    for (let index = 1; index < values.length; index += 1) {
      values[index] = Math.round(this.#world.random() * 1_000) / 10;
      if (this.#world.chance(0.1)) writeAbsence(wordsOf(values), index, this.#world.pick(['notDue', 'gone', 'failed']));
    }
    const column = new Uint8Array(values.buffer);
    const isBad = this.#world.chance(this.shape.badTickRatio);
    const timeMs = isBad ? this.#world.pick([this.#lastMs, -5, 9e15]) : Math.max(this.#wallMs, this.#lastMs + 1);
    if (!isBad) this.#lastMs = timeMs;
    if (this.#world.chance(this.shape.poisonRatio)) this.#poisoned.add(id);
    const { epoch } = this.spool.streams().at(-1)!;
    const seq = this.spool.append({ timeMs, layoutId: layout.id, column });
    assert(seq !== null, 'the model spool always has room');
    const place = { agentId: this.shape.agentId, epoch, seq };
    this.#parts.oracle.made({ timeMs, layoutId: layout.id, column }, place, !isBad && !this.#poisoned.has(id));
    this.#uncommitted.push(id);
    if (this.#uncommitted.length >= this.shape.commitTicks) {
      this.spool.commit();
      for (const made of this.#uncommitted) this.#parts.oracle.accepted(made);
      this.#uncommitted = [];
    }
    link.ticked(
      { epoch, seq, timeMs, layoutId: layout.id, layoutBytes: bytes, intervalMs: this.#intervalMs, column },
      this.#world.nowMs,
    );
  }

  #connectLater(run: number, delayMsMax: number): void {
    this.#world.after(this.#world.between(0, delayMsMax), () => {
      if (this.#run === run && this.#connection === null) this.#connect(run);
    });
  }

  #connect(run: number): void {
    const connection = new SimConnection(this.#world, this.#parts.network);
    const credential =
      this.token === null
        ? ({ kind: 'enrolment', enrolmentId: null } as const)
        : ({ kind: 'token', agentId: this.shape.agentId, hostId: this.token, hash: '' } as const);
    const hub = this.#world.pick(this.#parts.hubs).connect(connection, credential);
    if (hub === null) {
      this.#attempt += 1;
      this.#connectLater(run, Math.min(15_000, 1_000 * 2 ** this.#attempt));
      return;
    }
    this.#connection = connection;
    connection.attach({
      agent: {
        received: (bytes) => {
          if (this.#connection === connection) this.#received(bytes);
        },
        closed: (code) => {
          if (this.#connection === connection) this.#closed(code);
        },
      },
      hub,
    });
    this.#link!.opened(this.#world.nowMs);
  }

  #received(bytes: Uint8Array): void {
    const link = this.#link!;
    try {
      const message: ToAgent = decodeToAgent(bytes);
      link.received(message, this.#world.nowMs);
      link.pump(this.#world.nowMs);
    } catch (error) {
      if (!(error instanceof ProtocolError)) throw error;
      this.#world.note(`agent ${this.#name} closes: ${error.message}`);
      this.#connection?.closeByAgent(0);
      this.#closed(1006);
    }
  }

  #closed(code: number): void {
    this.#connection = null;
    const before = this.#rejectedTicks();
    this.#link!.closed(code);
    if (this.#rejectedTicks() > before) this.#world.tally.count('item blamed for closes');
    if (code === 4401) this.token = null;
    this.#attempt += 1;
    const isSlow = code === 4403 || code === 4409;
    this.#connectLater(this.#run, isSlow ? 10_000 : Math.min(15_000, 1_000 * 2 ** this.#attempt));
  }

  #rejectedTicks(): number {
    let count = 0;
    for (const { epoch } of this.spool.streams())
      for (const item of itemsOf(this.spool, epoch))
        if (item.kind === 'gap' && item.reason === 'rejected') count += item.lastSeq - item.firstSeq + 1;
    return count;
  }
}

function shown(message: FromAgent): string {
  return JSON.stringify(message, (_, value) => (value instanceof Uint8Array ? `<${value.byteLength}>` : value));
}
