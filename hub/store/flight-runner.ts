/**
 * Stores one flight after the other: statements of bounded size, straddling batches cut and sent again, a
 * stream at fault singled out by halving. Each flight gets one answer, after its commit.
 */
import type { Logger } from 'pino';
import { dayStartMs } from '#core/calendar.ts';
import { storedMsMin } from '#core/limits.ts';
import type { Flight, FlightAnswer, RefusedBatch, StreamOutcome } from '../intake/flight.ts';
import { codeOf, troubleOf } from './connect.ts';
import { FlightEncoder, type Statement, type Work } from './flight-encoder.ts';
import { type IngestedStream, type IngestRow, ingest } from './ingest.ts';
import type { IngestConnection } from './ingest-connection.ts';
import { storeLayouts } from './layouts.ts';

/** A host whose replayed ticks have been stored, up to this time. */
export interface ReplayedHost {
  readonly hostId: number;
  readonly toMs: number;
}

export class FlightRunner {
  readonly #connection: IngestConnection;
  readonly #log: Logger;
  readonly #encoder = new FlightEncoder();
  /** Flights whose answer is not out yet, oldest first: what a reader of history has to look into. */
  readonly pending: Flight[] = [];
  #tail: Promise<void> = Promise.resolve();
  statementCount = 0;
  statementSeconds = 0;
  storedRows = 0;
  cutBatches = 0;
  /** Ticks that were older than the floor of raw when they came. */
  expiredTicks = 0;

  readonly #onReplayed: (replayed: readonly ReplayedHost[]) => void;

  /** `onReplayed` is told, after the commit, how far the replays of each host reached. */
  constructor(
    connection: IngestConnection,
    options: { readonly log: Logger; readonly onReplayed: (replayed: readonly ReplayedHost[]) => void },
  ) {
    this.#connection = connection;
    this.#log = options.log;
    this.#onReplayed = options.onReplayed;
  }

  /** From the next statement on, ticks of earlier days become gaps, and so do those of clocks that were never set. */
  setFloor(rawFloorDay: number): void {
    this.#encoder.floorMs = Math.max(storedMsMin, dayStartMs(rawFloorDay));
  }

  /** Stores the flight after those before it. Rejects only when the connection is stopped. */
  run(flight: Flight): Promise<FlightAnswer> {
    this.pending.push(flight);
    const result = this.#tail.then(() => this.#run(flight));
    this.#tail = result.then(
      () => {},
      () => {},
    );
    return result.finally(() => {
      this.pending.splice(this.pending.indexOf(flight), 1);
    });
  }

  async #run(flight: Flight): Promise<FlightAnswer> {
    if (flight.layouts.length > 0) await this.#connection.run((sql) => storeLayouts(sql, flight.layouts));
    const outcomes = new Map<number, StreamOutcome>();
    const refused: RefusedBatch[] = [];
    let works: readonly Work[] = flight.batches.map((batch) => ({ batch, fromSeq: batch.firstSeq }));
    while (works.length > 0) {
      const before = storedSeqs(outcomes);
      for (let start = 0; start < works.length; ) {
        const { statement, next } = this.#encoder.encode(works, start, { buffer: flight.buffer, refused });
        start = next;
        for (const outcome of await this.#store(statement, refused)) outcomes.set(outcome.streamId, outcome);
      }
      works = this.#unfinished(works, { outcomes, before, refused });
    }
    return { flightId: flight.flightId, outcomes: [...outcomes.values()], refused };
  }

  /**
   * What is still to be stored although its turn has come: a batch that begins below the stored seq and ends
   * above it (a rival stored its beginning) is cut there, and those behind it follow. A batch above a hole is
   * left: main asks the agent. Nothing is tried again for a stream that did not move.
   */
  #unfinished(
    works: readonly Work[],
    state: {
      readonly outcomes: ReadonlyMap<number, StreamOutcome>;
      readonly before: ReadonlyMap<number, number>;
      readonly refused: readonly RefusedBatch[];
    },
  ): Work[] {
    const next: Work[] = [];
    const chained = new Map<number, number>();
    for (const work of works) {
      const { streamId, lastSeq } = work.batch;
      const outcome = state.outcomes.get(streamId);
      if (outcome?.kind !== 'stored' || lastSeq <= outcome.storedSeq) continue;
      if (state.refused.some((one) => one.streamId === streamId)) continue;
      if (state.before.get(streamId) === outcome.storedSeq || work.batch.lease !== outcome.lease) continue;
      const wanted = chained.get(streamId) ?? outcome.storedSeq + 1;
      if (work.fromSeq > wanted) continue;
      if (work.fromSeq < wanted) this.cutBatches += 1;
      next.push({ batch: work.batch, fromSeq: wanted });
      chained.set(streamId, lastSeq + 1);
    }
    return next;
  }

  async #store(statement: Statement, refused: RefusedBatch[]): Promise<StreamOutcome[]> {
    if (statement.rows.length === 0) return [];
    const startedAt = performance.now();
    try {
      const stored = await this.#connection.run((sql) => ingest(sql, statement.rows, statement));
      this.statementCount += 1;
      this.statementSeconds += (performance.now() - startedAt) / 1_000;
      this.storedRows += statement.rows.length;
      this.expiredTicks += expiredTicksOf(statement.rows);
      this.#tellReplayed(statement);
      return outcomesOf(statement.rows, stored);
    } catch (error) {
      if (troubleOf(error) !== 'data') throw error;
      return this.#halve(statement, error, refused);
    }
  }

  #tellReplayed(statement: Statement): void {
    const reached = new Map<number, number>();
    for (const [index, { batch }] of statement.works.entries()) {
      if (batch.kind !== 'replay') continue;
      const { hostId, toMs } = statement.rows[index]!;
      reached.set(hostId, Math.max(reached.get(hostId) ?? 0, toMs));
    }
    if (reached.size > 0) this.#onReplayed([...reached].map(([hostId, toMs]) => ({ hostId, toMs })));
  }

  /** The data of some stream cannot be stored: stores the others, and names the one. */
  async #halve(statement: Statement, error: unknown, refused: RefusedBatch[]): Promise<StreamOutcome[]> {
    const streamIds = [...new Set(statement.rows.map((row) => row.streamId))];
    if (streamIds.length === 1) {
      const { streamId, lease, firstSeq } = statement.rows[0]!;
      this.#log.error({ streamId, firstSeq, reason: codeOf(error) }, 'batch.refused');
      refused.push({
        streamId,
        lease,
        seq: firstSeq,
        why: `Cannot store batch: the database refused it: got ${codeOf(error)}`,
      });
      return [];
    }
    const half = new Set(streamIds.slice(0, streamIds.length >> 1));
    const outcomes: StreamOutcome[] = [];
    for (const isFirst of [true, false]) {
      const rows = statement.rows.filter((row) => half.has(row.streamId) === isFirst);
      const works = statement.works.filter(({ batch }) => half.has(batch.streamId) === isFirst);
      outcomes.push(...(await this.#store({ ...statement, rows, works }, refused)));
    }
    return outcomes;
  }
}

function expiredTicksOf(rows: readonly IngestRow[]): number {
  let count = 0;
  for (const { reason, firstSeq, lastSeq } of rows) if (reason === 'expired') count += lastSeq - firstSeq + 1;
  return count;
}

function outcomesOf(rows: readonly IngestRow[], stored: readonly IngestedStream[]): StreamOutcome[] {
  const byId = new Map(stored.map((stream) => [stream.streamId, stream]));
  return [...new Set(rows.map((row) => row.streamId))].map((streamId) => {
    const stream = byId.get(streamId);
    return stream === undefined ? { kind: 'gone', streamId } : { kind: 'stored', ...stream };
  });
}

function storedSeqs(outcomes: ReadonlyMap<number, StreamOutcome>): Map<number, number> {
  const seqs = new Map<number, number>();
  for (const outcome of outcomes.values()) if (outcome.kind === 'stored') seqs.set(outcome.streamId, outcome.storedSeq);
  return seqs;
}
