/**
 * Rows of `chunk` as parameters of the functions that insert them (`sql/0002-history.sql`): an array of composites,
 * and the bytes of all rows in three buffers, since postgres.js would escape an array of bytea element by element.
 */
import type { ChunkPart } from '../../archive/chunk-encoder.ts';

export interface ChunkParameters {
  /** Literal of a `chunk_row[]`. */
  readonly rows: string;
  readonly runs: Buffer;
  readonly offsets: Buffer;
  readonly data: Buffer;
}

/** `parts` of one chunk follow one another, part 0 first. */
export function chunkParameters(parts: readonly ChunkPart[]): ChunkParameters {
  let chunk = 0;
  let runsAt = 1;
  let offsetsAt = 1;
  let dataAt = 1;
  const rows = parts.map(({ day, part, tickCount, sampleCount, fromMs, toMs, layout, runs, offsets, data }) => {
    if (part === 0) chunk += 1;
    const row = [
      ...[chunk, day, part, tickCount, sampleCount, fromMs, toMs, layout.id],
      ...[runsAt, runs.byteLength, offsetsAt, offsets.byteLength, dataAt, data.byteLength],
    ];
    runsAt += runs.byteLength;
    offsetsAt += offsets.byteLength;
    dataAt += data.byteLength;
    return `"(${row.join(',')})"`;
  });
  return {
    rows: `{${rows.join(',')}}`,
    runs: Buffer.concat(parts.map(({ runs }) => runs)),
    offsets: Buffer.concat(parts.map(({ offsets }) => offsets)),
    data: Buffer.concat(parts.map(({ data }) => data)),
  };
}
