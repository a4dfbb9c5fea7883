/**
 * An answer to a query as columns, for programs that draw: a header in JSON, then each series' times and values as
 * columns of doubles (`column.ts`). Layout byte by byte: `docs/api.md`.
 *
 * Decoding trusts nothing: counts are checked against the bytes that are there before anything is allocated.
 */
import { bitsOf, decodeColumn } from './column.ts';
import { ColumnEncoder } from './column-encoder.ts';
import { DecodeError } from './errors.ts';
import { blockTicksMax } from './limits.ts';
import type { Buckets } from './rollup.ts';
import type { Samples } from './sample-parts.ts';
import type { SeriesKind } from './series.ts';
import type { Tier } from './tier.ts';
import { decodeUtf8, encodeUtf8 } from './utf8.ts';
import { ByteReader, ByteSink, writeUint32 } from './varint.ts';

/** "PWQ" and the version of the format. */
const magic = Uint8Array.of(0x50, 0x57, 0x51, 1);
/** A value takes no byte where a column is constant, so this bounds what few bytes may ask for: 8,192 pieces. */
const valuesMax = 64 * 1024 * 1024;

export type SeriesContent =
  | { readonly kind: 'samples'; readonly samples: Samples }
  | { readonly kind: 'buckets'; readonly stepMs: number; readonly buckets: Buckets };

export interface QueriedSeries {
  readonly host: string;
  readonly series: string;
  readonly unit: string;
  readonly kind: SeriesKind;
  /** Expected time between values; what lies further apart is a gap. */
  readonly intervalMs: number;
  readonly content: SeriesContent;
}

export interface QueriedGap {
  readonly host: string;
  readonly fromMs: number;
  readonly toMs: number;
  readonly reason: string;
  readonly tickCount: number;
}

export interface QueriedAnswer {
  readonly startMs: number;
  readonly endMs: number;
  readonly tier: Tier;
  /** Why the tier is coarser than what was asked for. */
  readonly coarserBy: 'retention' | 'limit' | null;
  /** Since when each tier has everything that it ever had, epoch ms; null where nothing has gone. */
  readonly sinceMs: Readonly<Record<Tier, number | null>>;
  readonly series: readonly QueriedSeries[];
  readonly gaps: readonly QueriedGap[];
  /** What was asked for and meant no series. */
  readonly unmatched: readonly string[];
}

interface SeriesHead extends Omit<QueriedSeries, 'content'> {
  /** 0 for samples. */
  readonly stepMs: number;
  readonly count: number;
  /** Bytes of each piece of each column, in the order of `columnsOf`. */
  readonly pieces: readonly (readonly number[])[];
}

/** The caller owns the result. */
export function encodeQueryColumns(answer: QueriedAnswer): Uint8Array {
  const encoder = new ColumnEncoder();
  const body = new ByteSink(65_536);
  const heads = answer.series.map(({ content, ...rest }): SeriesHead => {
    const columns = columnsOf(content);
    const count = columns[0]!.length;
    const pieces = columns.map((column) => encodePieces(encoder, body, column));
    return { ...rest, stepMs: content.kind === 'samples' ? 0 : content.stepMs, count, pieces };
  });
  const head = encodeUtf8(JSON.stringify({ ...answer, series: heads }));
  const result = new Uint8Array(magic.length + 4 + head.byteLength + body.length);
  result.set(magic);
  const at = writeUint32(result, magic.length, head.byteLength);
  result.set(head, at);
  result.set(body.view(), at + head.byteLength);
  return result;
}

/** Times first; then the values, or minimum, maximum, sum and count. */
function columnsOf(content: SeriesContent): readonly Float64Array[] {
  if (content.kind === 'samples') return [content.samples.times, content.samples.values];
  const { starts, min, max, sum, count } = content.buckets;
  return [starts, min, max, sum, count];
}

function encodePieces(encoder: ColumnEncoder, sink: ByteSink, column: Float64Array): number[] {
  const words = bitsOf(column);
  const lengths: number[] = [];
  for (let first = 0; first < column.length; first += blockTicksMax) {
    const before = sink.length;
    encoder.encode(sink, { words, first, stride: 1, count: Math.min(blockTicksMax, column.length - first) });
    lengths.push(sink.length - before);
  }
  return lengths;
}

/** Throws DecodeError for bytes that are not exactly such an answer. The caller owns the result. */
export function decodeQueryColumns(bytes: Uint8Array): QueriedAnswer {
  if (magic.some((byte, index) => bytes[index] !== byte))
    throw new DecodeError('Cannot decode columns: they begin with "PWQ" and version 1: got something else');
  const reader = new ByteReader(bytes);
  reader.at = magic.length;
  const headBytes = reader.readUint32();
  if (headBytes > reader.left)
    throw new DecodeError(`Cannot decode columns: the header has at most ${reader.left} bytes: got ${headBytes}`);
  const { series, ...rest } = parseHead(bytes.subarray(reader.at, reader.at + headBytes));
  reader.at += headBytes;
  let valuesLeft = valuesMax;
  const decoded = series.map(({ stepMs, count, pieces, ...shape }): QueriedSeries => {
    const columns = pieces.map((lengths) => {
      valuesLeft -= count;
      if (valuesLeft < 0)
        throw new DecodeError(`Cannot decode columns: at most ${valuesMax} values may come: got more`);
      return decodePieces(reader, count, lengths);
    });
    return { ...shape, content: contentOf(stepMs, columns) };
  });
  reader.end();
  return { ...rest, series: decoded };
}

function decodePieces(reader: ByteReader, count: number, lengths: readonly number[]): Float64Array {
  if (lengths.length !== Math.ceil(count / blockTicksMax))
    throw new DecodeError(
      `Cannot decode columns: ${count} values come in pieces of ${blockTicksMax}: got ${lengths.length}`,
    );
  const column = new Float64Array(count);
  lengths.forEach((length, index) => {
    if (!Number.isInteger(length) || length < 1 || length > reader.left)
      throw new DecodeError(`Cannot decode columns: a piece has 1..${reader.left} bytes: got ${length}`);
    const first = index * blockTicksMax;
    const piece = column.subarray(first, Math.min(count, first + blockTicksMax));
    decodeColumn(reader.bytes.subarray(reader.at, reader.at + length), piece);
    reader.at += length;
  });
  return column;
}

function contentOf(stepMs: number, columns: readonly Float64Array[]): SeriesContent {
  const [times, first, max, sum, count] = columns;
  if (stepMs === 0 && columns.length === 2) return { kind: 'samples', samples: { times: times!, values: first! } };
  if (stepMs > 0 && columns.length === 5)
    return { kind: 'buckets', stepMs, buckets: { starts: times!, min: first!, max: max!, sum: sum!, count: count! } };
  throw new DecodeError(
    `Cannot decode columns: samples have 2 and buckets 5 columns: got ${columns.length} at a step of ${stepMs} ms`,
  );
}

type Head = Omit<QueriedAnswer, 'series'> & { readonly series: readonly SeriesHead[] };

/** The header comes from a hub; what sizes memory is checked, the rest is shown as text at worst. */
function parseHead(bytes: Uint8Array): Head {
  let head: unknown;
  try {
    head = JSON.parse(decodeUtf8(bytes));
  } catch (error) {
    throw new DecodeError(`Cannot decode columns: the header must be JSON: got ${String(error)}`);
  }
  const { series } = (head ?? {}) as { readonly series?: unknown };
  const isWhole = (value: unknown) => Number.isSafeInteger(value) && (value as number) >= 0;
  const isHead = (one: unknown) => {
    const { count, stepMs, pieces } = (one ?? {}) as Partial<SeriesHead>;
    const isList = Array.isArray(pieces) && pieces.every((lengths) => Array.isArray(lengths));
    return isWhole(count) && count! <= valuesMax && typeof stepMs === 'number' && stepMs >= 0 && isList;
  };
  if (!Array.isArray(series) || !series.every(isHead))
    throw new DecodeError('Cannot decode columns: the header must list series with count, step and pieces: got none');
  return head as Head;
}
