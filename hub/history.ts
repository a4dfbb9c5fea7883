/**
 * Reads history across memory and database without seam, doubling or hole: open and sealed batches here first, the
 * storage thread's flights second, the database third (`hub/archive/query.ts`). Data only moves that way.
 */
import { setImmediate as nextTurn } from 'node:timers/promises';
import type { Layout } from '#core/series.ts';
import { matcherOf, type SeriesMatcher } from '#core/series-pattern.ts';
import type { BacktestAnswer, BacktestRequest } from './archive/backtest-request.ts';
import type { MemoryPart, QueryRequest } from './archive/query-request.ts';
import type { ExportPart, ExportRequest, FormattedQuery, QueryFormat } from './archive/query-service.ts';
import { HttpError } from './http.ts';
import { samplePartOf } from './intake/flight-ticks.ts';
import type { Intake } from './intake/intake.ts';
import { pushedNameOf } from './push-body.ts';
import { backtestsMax, backtestsWaitingMax, QuerySlots } from './query-slots.ts';
import { RemoteError } from './threads/rpc.ts';

/** What of a query the storage thread needs to know. */
export interface PendingRequest {
  readonly hostIds: readonly number[];
  readonly patterns: readonly string[];
}

export interface HistoryPorts {
  readonly intake: Intake;
  pending(request: PendingRequest): Promise<readonly MemoryPart[]>;
  query(query: FormattedQuery, signal: AbortSignal): Promise<Uint8Array>;
  exportPart(part: ExportRequest, signal: AbortSignal): Promise<ExportPart>;
  backtest(request: BacktestRequest, signal: AbortSignal): Promise<BacktestAnswer>;
}

/** A query as a route makes it: what memory holds is added here. */
export type HistoryQuery = Omit<QueryRequest, 'parts'>;

/** A back-test as a route makes it. */
export interface HistoryBacktest extends Omit<BacktestRequest, 'parts'> {
  /** At least the series that the rule means. */
  readonly patterns: readonly string[];
}

/** Between two hosts the loop of main gets its turn after this many parts: some hundred µs. */
const partsPerTurnMax = 500;

export class History {
  readonly #ports: HistoryPorts;
  readonly slots = new QuerySlots();
  readonly backtestSlots = new QuerySlots({ runningMax: backtestsMax, waitingMax: backtestsWaitingMax });

  constructor(ports: HistoryPorts) {
    this.#ports = ports;
  }

  /** Rejects with an HttpError (400: more than may be asked for; 503: busy, or the database is away), or with the signal's reason. */
  async read(query: HistoryQuery, format: QueryFormat, signal: AbortSignal): Promise<Uint8Array> {
    return await this.slots.run(async () => {
      const parts = await this.#memoryParts(query);
      return await answered(this.#ports.query({ request: { ...query, parts }, format }, signal));
    }, signal);
  }

  /** Lines of CSV in order of stretches of time. A part is only read once the one before has been taken. */
  async *export(query: HistoryQuery, signal: AbortSignal): AsyncGenerator<Uint8Array> {
    let next: ExportPart['next'] = { fromMs: query.startMs, widthMs: 0 };
    while (next !== null) {
      const place: { readonly fromMs: number; readonly widthMs: number } = next;
      const part = await this.slots.run(async () => {
        const request = { ...query, parts: await this.#memoryParts(query) };
        return await answered(this.#ports.exportPart({ request, ...place }, signal));
      }, signal);
      yield part.bytes;
      next = part.next;
    }
  }

  /** As `read`. */
  async backtest({ patterns, ...test }: HistoryBacktest, signal: AbortSignal): Promise<BacktestAnswer> {
    const run = async () => {
      const parts = await this.#memoryParts({ hosts: test.hosts, patterns });
      return await answered(this.#ports.backtest({ ...test, parts }, signal));
    };
    return await this.backtestSlots.run(() => this.slots.run(run, signal), signal);
  }

  async #memoryParts(query: Pick<HistoryQuery, 'hosts' | 'patterns'>): Promise<MemoryPart[]> {
    const { patterns } = query;
    const hostIds = query.hosts.map(({ hostId }) => hostId);
    const places = new PlacesOf(patterns);
    const parts: MemoryPart[] = [];
    let turnCount = 0;
    for (const hostId of hostIds) {
      this.#addOwn(parts, hostId, places);
      if (parts.length - turnCount < partsPerTurnMax) continue;
      turnCount = parts.length;
      await nextTurn();
    }
    // Everything of main is taken before anything of the storage thread is asked for.
    parts.push(...(await answered(this.#ports.pending({ hostIds, patterns }))));
    return parts;
  }

  #addOwn(parts: MemoryPart[], hostId: number, places: PlacesOf): void {
    const { intake } = this.#ports;
    intake.forEachSealed(hostId, (batch, buffer) => {
      const layout = batch.kind === 'gap' ? undefined : intake.host(hostId).layout(batch.layoutId);
      if (layout === undefined) return;
      for (const place of places.in(layout)) {
        const part = samplePartOf(batch, buffer, place);
        if (part !== null)
          parts.push({ ...part, hostId, series: layout.series[place]!, intervalMs: layout.intervalMs });
      }
    });
    intake.forEachOpen(hostId, ({ stream }, seq, timeMs, column, layout) => {
      const times = Float64Array.of(timeMs);
      for (const place of places.in(layout)) {
        const values = new Float64Array(column.slice(place * 8, place * 8 + 8).buffer);
        const { intervalMs, series } = layout;
        parts.push({ streamId: stream.id, firstSeq: seq, times, values, hostId, series: series[place]!, intervalMs });
      }
    });
  }
}

/** Where the series that patterns mean stand in each layout. */
export class PlacesOf {
  readonly #matcher: SeriesMatcher;
  readonly #places = new Map<Layout, readonly number[]>();

  constructor(patterns: readonly string[]) {
    this.#matcher = matcherOf(patterns);
  }

  in(layout: Layout): readonly number[] {
    let places = this.#places.get(layout);
    if (places === undefined) {
      places = layout.series.flatMap(({ key }, place) =>
        this.#matcher(key) || this.#matcher(pushedNameOf(key)) ? [place] : [],
      );
      this.#places.set(layout, places);
    }
    return places;
  }
}

/** What another thread failed at, as what a client can do about it. */
async function answered<T>(work: Promise<T>): Promise<T> {
  try {
    return await work;
  } catch (error) {
    if (!(error instanceof RemoteError)) throw error;
    if (error.code === 'ERR_QUERY_LIMIT') throw new HttpError(400, error.message);
    // What comes from the database or its driver has a code; what does not is a fault of ours.
    if (error.code === null || error.code.startsWith('ERR_')) throw error;
    throw new HttpError(503, 'Cannot read history: the database is away', { 'retry-after': '10' });
  }
}
