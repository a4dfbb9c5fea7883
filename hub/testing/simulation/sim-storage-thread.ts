/**
 * The storage thread of one simulated hub: one flight after the other, in statements of a few batches, each repeated
 * until its outcome is known; batches that straddle the stored seq are cut and sent again within the flight.
 *
 * What a statement did is only known from its answer: it may be lost before the commit or behind it. Its backend is
 * ended before it is repeated, so a lost statement never runs later.
 */
import { inflateRawSync } from 'node:zlib';
import { decodeBlock, splitBlock } from '#core/block.ts';
import { DecodeError } from '#core/errors.ts';
import { itemCrc } from '#core/stream/item.ts';
import type {
  Batch,
  Flight,
  FlightAnswer,
  RefusedBatch,
  ReplayBatch,
  StreamOutcome,
  TickBatch,
} from '../../intake/flight.ts';
import { countExpired } from '../../intake/flight-ticks.ts';
import type { IngestRow, SimDatabase, StoredTick } from './sim-database.ts';
import type { World } from './world.ts';

export interface StorageThreadOptions {
  /** Batches in one statement. */
  readonly statementBatchesMax: number;
  readonly statementMsMax: number;
  readonly unknownOutcomeRatio: number;
}

interface Work {
  readonly batch: Batch;
  readonly fromSeq: number;
}

class RefusedTick extends Error {
  override readonly name = 'RefusedTick';
  readonly seq: number | null;

  constructor(seq: number | null, message: string) {
    super(message);
    this.seq = seq;
  }
}

export class SimStorageThread {
  readonly #world: World;
  readonly #database: SimDatabase;
  readonly #options: StorageThreadOptions;
  readonly #onAnswer: (answer: FlightAnswer) => void;
  readonly #flights: Flight[] = [];
  /** Layouts of flights, until they are committed: once each, so a restore of the database takes them. */
  readonly #unstoredLayouts = new Set<string>();
  #isRunning = false;
  #isDead = false;

  constructor(
    world: World,
    database: SimDatabase,
    options: StorageThreadOptions & { readonly onAnswer: (answer: FlightAnswer) => void },
  ) {
    this.#world = world;
    this.#database = database;
    this.#options = options;
    this.#onAnswer = options.onAnswer;
  }

  get isIdle(): boolean {
    return this.#flights.length === 0;
  }

  flush(flight: Flight): void {
    this.#flights.push(flight);
    if (!this.#isRunning) this.#next();
  }

  /** The process is gone. A statement that the server has already got may still commit. */
  kill(): void {
    this.#isDead = true;
  }

  #next(): void {
    const flight = this.#flights[0];
    this.#isRunning = flight !== undefined;
    if (flight === undefined) return;
    for (const { id } of flight.layouts) this.#unstoredLayouts.add(id);
    const run = new FlightRun(flight);
    this.#statement(run);
  }

  #statement(run: FlightRun): void {
    const rows = run.nextRows(this.#options.statementBatchesMax, this.#database.floorMs);
    if (rows === null) {
      this.#flights.shift();
      this.#world.after(this.#world.between(0, 20), () => {
        if (this.#isDead) return;
        this.#onAnswer(run.answer());
        this.#next();
      });
      return;
    }
    if (rows.length === 0) {
      this.#statement(run);
      return;
    }
    this.#try(rows, (answers) => {
      run.answered(rows, answers, this.#world);
      this.#statement(run);
    });
  }

  #try(rows: readonly IngestRow[], onAnswer: (answers: ReturnType<SimDatabase['ingest']>) => void, tries = 0): void {
    this.#world.after(this.#world.between(1, this.#options.statementMsMax), () => {
      // The server has it: it runs even if nobody waits for the answer any more.
      const isLost = this.#world.chance(this.#options.unknownOutcomeRatio);
      const answers = this.#database.isAway || (isLost && this.#world.chance(0.5)) ? null : this.#ingest(rows);
      if (this.#isDead) {
        if (answers !== null) this.#world.tally.count('commit without ack');
        return;
      }
      if (answers !== null && !isLost) {
        if (tries > 0) this.#world.tally.count('unknown outcome repeated');
        onAnswer(answers);
        return;
      }
      if (answers !== null) this.#world.tally.count('statement committed twice');
      this.#world.after(this.#world.between(50, 500), () => {
        if (!this.#isDead) this.#try(rows, onAnswer, tries + 1);
      });
    });
  }

  #ingest(rows: readonly IngestRow[]): ReturnType<SimDatabase['ingest']> {
    for (const id of this.#unstoredLayouts) this.#database.storeLayout(id);
    this.#unstoredLayouts.clear();
    return this.#database.ingest(rows);
  }
}

/** One flight on its way into the database. */
class FlightRun {
  readonly #flight: Flight;
  readonly #outcomes = new Map<number, StreamOutcome>();
  readonly #refused: RefusedBatch[] = [];
  #works: readonly Work[];
  #at = 0;
  #before = new Map<number, number>();

  constructor(flight: Flight) {
    this.#flight = flight;
    this.#works = flight.batches.map((batch) => ({ batch, fromSeq: batch.firstSeq }));
  }

  /** Rows of the next statement; null when there is none. */
  nextRows(batchesMax: number, floorMs: number): IngestRow[] | null {
    if (this.#at >= this.#works.length) return null;
    const rows: IngestRow[] = [];
    for (; this.#at < this.#works.length && rows.length < batchesMax; this.#at += 1) {
      const { batch, fromSeq } = this.#works[this.#at]!;
      if (this.#refused.some((one) => one.streamId === batch.streamId && one.lease === batch.lease)) continue;
      try {
        rows.push(...toRows(batch, fromSeq, { buffer: this.#flight.buffer, floorMs }));
      } catch (error) {
        if (!(error instanceof RefusedTick)) throw error;
        const { streamId, lease } = batch;
        this.#refused.push({ streamId, lease, seq: error.seq, why: error.message });
      }
    }
    return rows;
  }

  answered(rows: readonly IngestRow[], answers: ReturnType<SimDatabase['ingest']>, world: World): void {
    for (const row of rows) this.#outcomes.set(row.streamId, { kind: 'gone', streamId: row.streamId });
    for (const answer of answers) this.#outcomes.set(answer.streamId, { kind: 'stored', ...answer });
    if (this.#at < this.#works.length) return;
    this.#works = this.#unfinished(world);
    this.#before = new Map();
    for (const [id, outcome] of this.#outcomes) if (outcome.kind === 'stored') this.#before.set(id, outcome.storedSeq);
    this.#at = 0;
  }

  answer(): FlightAnswer {
    return { flightId: this.#flight.flightId, outcomes: [...this.#outcomes.values()], refused: this.#refused };
  }

  #unfinished(world: World): Work[] {
    const next: Work[] = [];
    const wantedSeqs = new Map<number, number>();
    for (const work of this.#works) {
      const { streamId, lastSeq, lease } = work.batch;
      const outcome = this.#outcomes.get(streamId);
      if (outcome?.kind !== 'stored' || outcome.lease !== lease || lastSeq <= outcome.storedSeq) continue;
      if (this.#refused.some((one) => one.streamId === streamId && one.lease === lease)) continue;
      if (this.#before.get(streamId) === outcome.storedSeq) continue;
      const wanted = wantedSeqs.get(streamId) ?? outcome.storedSeq + 1;
      if (work.fromSeq > wanted) continue;
      if (work.fromSeq < wanted) world.tally.count('batch that straddles cut');
      next.push({ batch: work.batch, fromSeq: wanted });
      wantedSeqs.set(streamId, lastSeq + 1);
    }
    return next;
  }
}

/** A row; or, for ticks from before the floor, a gap in their place and a row for the rest. */
function toRows(
  batch: Batch,
  fromSeq: number,
  { buffer, floorMs }: { readonly buffer: ArrayBuffer; readonly floorMs: number },
): IngestRow[] {
  const { streamId, lease, lastSeq } = batch;
  if (batch.kind === 'gap') {
    const crc = itemCrc({ ...batch, kind: 'gap' });
    return [{ streamId, lease, firstSeq: fromSeq, lastSeq, ticks: null, reason: batch.reason, crc }];
  }
  const ticks = batch.kind === 'ticks' ? readTicks(batch, buffer) : readReplay(batch, fromSeq, buffer);
  const wanted = ticks.slice(ticks.length - (lastSeq - fromSeq + 1));
  const crcAt = (index: number) => itemCrc({ kind: 'tick', seq: fromSeq + index, ...wanted[index]! });
  const expiredCount = countExpired(
    Float64Array.from(wanted, ({ timeMs }) => timeMs + batch.shiftMs),
    floorMs,
  );
  const rows: IngestRow[] = [];
  if (expiredCount > 0) {
    const part = { firstSeq: fromSeq, lastSeq: fromSeq + expiredCount - 1 };
    rows.push({ streamId, lease, ...part, ticks: null, reason: 'expired', crc: crcAt(expiredCount - 1) });
  }
  if (expiredCount < wanted.length) {
    const rest = { firstSeq: fromSeq + expiredCount, lastSeq, ticks: wanted.slice(expiredCount) };
    rows.push({ streamId, lease, ...rest, reason: null, crc: crcAt(wanted.length - 1) });
  }
  return rows;
}

function readTicks(batch: TickBatch, buffer: ArrayBuffer): StoredTick[] {
  const { tickCount, columnCount, byteOffset, layoutId, shiftMs } = batch;
  const times = new Float64Array(buffer, byteOffset, tickCount);
  return Array.from(times, (timeMs, index) => ({
    timeMs: timeMs - shiftMs,
    layoutId,
    column: new Uint8Array(buffer, byteOffset + (tickCount + index * columnCount) * 8, columnCount * 8).slice(),
  }));
}

function readReplay(batch: ReplayBatch, fromSeq: number, buffer: ArrayBuffer): StoredTick[] {
  const { tickCount, columnCount, byteOffset, byteLength, inflatedBytes, layoutId } = batch;
  try {
    const inflated = inflateRawSync(new Uint8Array(buffer, byteOffset, byteLength), { maxOutputLength: inflatedBytes });
    const { times, values } = decodeBlock(splitBlock(inflated), { tickCount, columnCount });
    const firstSeq = batch.lastSeq - tickCount + 1;
    return Array.from(times, (timeMs, index) => {
      if (!(timeMs > 0 && timeMs <= 8.64e15) || (index > 0 && timeMs <= times[index - 1]!))
        throw new RefusedTick(Math.max(fromSeq, firstSeq + index), 'Cannot store tick: times of a stream rise');
      const column = new Uint8Array(values.buffer, index * columnCount * 8, columnCount * 8).slice();
      return { timeMs, layoutId, column };
    });
  } catch (error) {
    if (error instanceof DecodeError || (error instanceof Error && 'code' in error))
      throw new RefusedTick(null, error.message);
    throw error;
  }
}
