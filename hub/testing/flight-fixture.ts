/**
 * Builders for tests of the storage thread: flights of ticks whose values tell their seq, replays and gaps, and a
 * runner with a connection of its own.
 */
import { deflateRawSync } from 'node:zlib';
import { pino } from 'pino';
import { BlockEncoder, joinBlock } from '#core/block.ts';
import { encodeLayout, type Layout } from '#core/series.ts';
import type { Batch, Flight } from '../intake/flight.ts';
import type { StoreConnection } from '../store/connect.ts';
import { FlightRunner } from '../store/flight-runner.ts';
import { IngestConnection } from '../store/ingest-connection.ts';
import type { OpenedStream } from './ingest-fixture.ts';
import { gauges } from './ticks.ts';

export const flightLayout = gauges(['a', 'b']);
const encoder = new BlockEncoder();
let flightCount = 0;

export interface Seqs {
  readonly first: number;
  readonly last: number;
}

export type Piece = { readonly stream: OpenedStream } & (
  | { readonly kind: 'ticks' | 'replay' | 'gap'; readonly seqs: Seqs; readonly layout?: Layout }
  | { readonly kind: 'broken'; readonly seqs: Seqs; readonly layout?: Layout }
);

/** When tick `seq` was, and what its series are worth. */
export const timeOf = (seq: number) => 1_700_000_000_000 + seq * 1_000;
export const cellOf = (seq: number, place: number) => seq * 10 + place;

function ticksOf({ first, last }: Seqs, layout: Layout) {
  const tickCount = last - first + 1;
  const columnCount = layout.series.length;
  const times = Float64Array.from({ length: tickCount }, (_, tick) => timeOf(first + tick));
  const values = Float64Array.from({ length: tickCount * columnCount }, (_, at) =>
    cellOf(first + Math.floor(at / columnCount), at % columnCount),
  );
  return { tickCount, columnCount, times, values };
}

/** The pieces as main hands them over; a `broken` one is a replay whose bytes do not inflate. */
export function flightOf(pieces: readonly Piece[]): Flight {
  const parts: Uint8Array[] = [];
  let byteCount = 0;
  const place = (bytes: Uint8Array) => {
    const byteOffset = byteCount;
    const padded = new Uint8Array((bytes.byteLength + 7) & ~7);
    padded.set(bytes);
    parts.push(padded);
    byteCount += padded.byteLength;
    return byteOffset;
  };
  const layouts = new Map<string, Layout>();
  const batches = pieces.map((piece): Batch => {
    const { stream, seqs, layout = flightLayout } = piece;
    const shape = { ...stream, firstSeq: seqs.first, lastSeq: seqs.last };
    if (piece.kind === 'gap')
      return { kind: 'gap', ...shape, reason: 'spool_full', fromMs: timeOf(seqs.first), toMs: timeOf(seqs.last) };
    layouts.set(layout.id, layout);
    const ticks = ticksOf(seqs, layout);
    const { tickCount, columnCount, times, values } = ticks;
    const common = { ...shape, layoutId: layout.id, intervalMs: layout.intervalMs, tickCount, columnCount, shiftMs: 0 };
    if (piece.kind === 'ticks') {
      const rows = new Uint8Array(times.byteLength + values.byteLength);
      rows.set(new Uint8Array(times.buffer));
      rows.set(new Uint8Array(values.buffer), times.byteLength);
      return { kind: 'ticks', ...common, byteOffset: place(rows) };
    }
    const joined = joinBlock(encoder.encode({ ...ticks, intervalMs: layout.intervalMs }));
    const bytes = piece.kind === 'broken' ? new Uint8Array(20).fill(0xff) : deflateRawSync(joined);
    const sizes = { byteLength: bytes.byteLength, inflatedBytes: joined.byteLength, skipTicks: 0 };
    return { kind: 'replay', ...common, ...sizes, byteOffset: place(bytes) };
  });
  const buffer = new ArrayBuffer(byteCount);
  let at = 0;
  for (const part of parts) {
    new Uint8Array(buffer).set(part, at);
    at += part.byteLength;
  }
  flightCount += 1;
  const named = [...layouts.values()].map((layout) => ({ id: layout.id, bytes: encodeLayout(layout) }));
  return { flightId: flightCount, batches, layouts: named, buffer };
}

/** Runs `use` with a runner, and ends its connection. `health` and `replayed` are what it told. */
export async function withRunner<T>(
  connection: StoreConnection,
  use: (runner: FlightRunner, told: { readonly health: string[]; readonly replayed: unknown[] }) => Promise<T>,
): Promise<T> {
  const told = { health: [] as string[], replayed: [] as unknown[] };
  const log = pino({ level: 'silent' });
  const ingest = new IngestConnection(connection, {
    log,
    random: () => 0.1,
    onHealth: (health) => told.health.push(health),
  });
  const runner = new FlightRunner(ingest, { log, onReplayed: (hosts) => told.replayed.push(...hosts) });
  try {
    return await use(runner, told);
  } finally {
    await ingest.stop();
  }
}
