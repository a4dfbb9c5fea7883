/**
 * Which ticks of stored blocks become which raw chunks: one UTC day and one interval each, in order of (stream, seq),
 * as many as a chunk may hold. Pure: the bytes are looked at by `chunk-encoder.ts`.
 */
import { dayOf } from '#core/calendar.ts';
import { blockTicksMax, chunkCellsMax } from '#core/limits.ts';
import type { Run } from '#core/runs.ts';
import type { Layout } from '#core/series.ts';

/** A block that is compacted: a batch, or a chunk that is taken back in. */
export interface Source {
  readonly layout: Layout;
  /** Seqs of its ticks, in their order. */
  readonly runs: readonly Run[];
  /** Epoch ms of its ticks. */
  readonly times: Float64Array;
  readonly data: Uint8Array;
  /** The directory, decoded. */
  readonly offsets: Uint32Array;
  /** Whether its columns are packed, as those of chunks are. */
  readonly isPacked: boolean;
}

/** Consecutive ticks of one source that are consecutive in their chunk. */
export interface Piece {
  readonly source: Source;
  /** Index of the first tick in the source. */
  readonly from: number;
  readonly count: number;
  readonly streamId: number;
  readonly firstSeq: number;
}

export interface ChunkPlan {
  readonly day: number;
  readonly intervalMs: number;
  /** In order of (stream, seq); at least one. */
  readonly pieces: readonly Piece[];
  readonly tickCount: number;
}

/** Plans of all chunks that the sources make. Ticks of days before `floorDay` are in none. */
export function planChunks(sources: readonly Source[], floorDay: number): ChunkPlan[] {
  const groups = new Map<string, { readonly day: number; readonly intervalMs: number; readonly pieces: Piece[] }>();
  for (const source of sources) {
    const { intervalMs } = source.layout;
    for (const { day, piece } of piecesOf(source)) {
      if (day < floorDay) continue;
      const key = `${day}/${intervalMs}`;
      const group = groups.get(key);
      if (group === undefined) groups.set(key, { day, intervalMs, pieces: [piece] });
      else group.pieces.push(piece);
    }
  }
  return [...groups.values()].flatMap(({ day, intervalMs, pieces }) =>
    cut(pieces).map((own) => ({
      day,
      intervalMs,
      pieces: own,
      tickCount: own.reduce((sum, piece) => sum + piece.count, 0),
    })),
  );
}

/** The ticks of a source run by run and day by day. */
function* piecesOf(source: Source): Generator<{ readonly day: number; readonly piece: Piece }> {
  const { times, runs } = source;
  let at = 0;
  for (const { streamId, firstSeq, count } of runs) {
    const end = at + count;
    for (let from = at; from < end; ) {
      const day = dayOf(times[from]!);
      let to = from + 1;
      while (to < end && dayOf(times[to]!) === day) to += 1;
      yield { day, piece: { source, from, count: to - from, streamId, firstSeq: firstSeq + from - at } };
      from = to;
    }
    at = end;
  }
}

/** Sorts pieces and divides them into chunks that are as large as they may be, the last one smaller. */
function cut(pieces: readonly Piece[]): Piece[][] {
  const ordered = [...pieces].sort((a, b) => a.streamId - b.streamId || a.firstSeq - b.firstSeq);
  const columnCount = countSeries(ordered);
  const ticksMax = Math.min(blockTicksMax, Math.max(1, Math.floor(chunkCellsMax / Math.max(1, columnCount))));
  const chunks: Piece[][] = [];
  let room = 0;
  for (const piece of ordered) {
    for (let taken = 0; taken < piece.count; ) {
      if (room === 0) {
        chunks.push([]);
        room = ticksMax;
      }
      const count = Math.min(room, piece.count - taken);
      chunks.at(-1)!.push({ ...piece, from: piece.from + taken, count, firstSeq: piece.firstSeq + taken });
      taken += count;
      room -= count;
    }
  }
  return chunks;
}

/** Series of the union of all layouts. */
function countSeries(pieces: readonly Piece[]): number {
  const layouts = new Set(pieces.map(({ source }) => source.layout));
  return new Set([...layouts].flatMap(({ series }) => series.map(({ key }) => key))).size;
}
