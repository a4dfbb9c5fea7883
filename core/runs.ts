/**
 * Which seqs of which streams the ticks of a chunk are: a list of runs in the order of its ticks. By it what is
 * met twice (in memory and in the database) is cut, and a reverted agent's rows are compared.
 *
 * Bytes, for each run three varints: the stream's id as the zigzag difference to the run before (0 before the
 * first), the first seq as the zigzag difference to the seq that would have followed (1 at another stream), and the count of ticks.
 */
import { DecodeError } from './errors.ts';
import { seqMax } from './limits.ts';
import { ByteReader, ByteSink, fromZigzag, toZigzag, varintBytesMax, writeVarint } from './varint.ts';

/** Consecutive ticks of one stream, seqs firstSeq … firstSeq + count − 1. */
export interface Run {
  readonly streamId: number;
  readonly firstSeq: number;
  /** At least 1. */
  readonly count: number;
}

/** Runs that follow on one another without a hole are one. The caller owns the result. */
export function joinRuns(runs: readonly Run[]): Run[] {
  const joined: Run[] = [];
  for (const run of runs) {
    const last = joined.at(-1);
    if (last !== undefined && last.streamId === run.streamId && last.firstSeq + last.count === run.firstSeq)
      joined[joined.length - 1] = { ...last, count: last.count + run.count };
    else joined.push(run);
  }
  return joined;
}

/** The caller owns the result. */
export function encodeRuns(runs: readonly Run[]): Uint8Array {
  const sink = new ByteSink(runs.length * 12 + 16);
  let streamId = 0;
  let nextSeq = 1;
  for (const run of runs) {
    if (run.streamId !== streamId) nextSeq = 1;
    sink.reserve(varintBytesMax * 3);
    let at = writeVarint(sink.bytes, sink.length, toZigzag(run.streamId - streamId));
    at = writeVarint(sink.bytes, at, toZigzag(run.firstSeq - nextSeq));
    sink.length = writeVarint(sink.bytes, at, run.count);
    streamId = run.streamId;
    nextSeq = run.firstSeq + run.count;
  }
  return sink.bytes.slice(0, sink.length);
}

/** Throws DecodeError unless the runs are `tickCount` ticks in all. */
export function decodeRuns(bytes: Uint8Array, tickCount: number): Run[] {
  const reader = new ByteReader(bytes);
  const runs: Run[] = [];
  let streamId = 0;
  let nextSeq = 1;
  let left = tickCount;
  while (left > 0) {
    const step = fromZigzag(reader.readVarint());
    if (step !== 0) nextSeq = 1;
    streamId += step;
    const firstSeq = nextSeq + fromZigzag(reader.readVarint());
    const count = reader.readVarint();
    if (count === 0 || count > left)
      throw new DecodeError(`Cannot decode runs: a run has 1..${left} ticks here: got ${count}`);
    if (firstSeq < 1 || firstSeq + count > seqMax || streamId < 0 || streamId > Number.MAX_SAFE_INTEGER)
      throw new DecodeError(`Cannot decode runs: streams are from 0 up, seqs from 1: got ${streamId} and ${firstSeq}`);
    runs.push({ streamId, firstSeq, count });
    nextSeq = firstSeq + count;
    left -= count;
  }
  reader.end();
  return runs;
}
