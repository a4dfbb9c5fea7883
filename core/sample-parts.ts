/**
 * Pieces of one series, from memory and from disk, joined to one run of samples: what is met twice is cut by
 * (stream, seq), what overlaps in time is sorted.
 */

/** Consecutive ticks of one stream, one series: seqs from `firstSeq` on. */
export interface SamplePart {
  readonly streamId: number;
  readonly firstSeq: number;
  readonly times: Float64Array;
  readonly values: Float64Array;
}

/** Samples in order of time, absences (as NaN, payload kept) included. */
export interface Samples {
  readonly times: Float64Array;
  readonly values: Float64Array;
}

/** Joins parts in order of time, each (stream, seq) once, cut to the span. Pure. */
export function mergeParts(
  parts: readonly SamplePart[],
  span: { readonly startMs: number; readonly endMs: number },
): Samples {
  const reached = new Map<number, number>();
  const ordered = [...parts].sort((a, b) => a.streamId - b.streamId || a.firstSeq - b.firstSeq);
  const pieces: Samples[] = [];
  let count = 0;
  for (const { streamId, firstSeq, times, values } of ordered) {
    const skip = Math.max(0, (reached.get(streamId) ?? 0) + 1 - firstSeq);
    reached.set(streamId, Math.max(reached.get(streamId) ?? 0, firstSeq + times.length - 1));
    let from = skip;
    let to = times.length;
    while (from < to && times[from]! < span.startMs) from += 1;
    while (to > from && times[to - 1]! > span.endMs) to -= 1;
    if (from >= to) continue;
    pieces.push({ times: times.subarray(from, to), values: values.subarray(from, to) });
    count += to - from;
  }
  // Streams of one host may overlap in time by a restart, no more: sorting pieces is nearly always enough.
  pieces.sort((a, b) => a.times[0]! - b.times[0]!);
  const times = new Float64Array(count);
  const values = new Float64Array(count);
  let at = 0;
  for (const piece of pieces) {
    times.set(piece.times, at);
    values.set(piece.values, at);
    at += piece.times.length;
  }
  return sortByTime({ times, values });
}

function sortByTime(samples: Samples): Samples {
  const { times, values } = samples;
  let isSorted = true;
  for (let index = 1; index < times.length && isSorted; index += 1) isSorted = times[index]! >= times[index - 1]!;
  if (isSorted) return samples;
  const order = Array.from(times.keys()).sort((a, b) => times[a]! - times[b]!);
  // As integers: a number need not keep the payload of a NaN.
  const bits = new BigInt64Array(values.buffer, values.byteOffset, values.length);
  return {
    times: Float64Array.from(order, (index) => times[index]!),
    values: new Float64Array(BigInt64Array.from(order, (index) => bits[index]!).buffer),
  };
}
