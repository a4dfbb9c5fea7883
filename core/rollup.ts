/**
 * Samples in buckets: the least, the greatest, the sum and the count of what each bucket holds. Buckets are made of
 * samples or of finer buckets, and the two ways agree: min, max and count exactly, the sum within 1e-12 of the sum
 * of the magnitudes, however the samples were grouped on the way.
 *
 * Hot path (`bench/micro/rollup.bench.ts`): nothing is allocated and nothing is called per sample.
 *
 * Sums are compensated: what rounding takes from each addition is added up beside it, and no branch asks which of the
 * two was larger. Source: T. Ogita, S. M. Rump, S. Oishi, "Accurate Sum and Dot Product", SIAM J. Sci. Comput. 26
 * (2005), algorithm 4.4 (Sum2).
 */

/** One series in buckets, side by side: the arrays have one length. */
export interface Buckets {
  /** Where each bucket begins, epoch ms: rising multiples of the step. */
  readonly starts: Float64Array;
  /** Least and greatest value; NaN where the count is 0. Zeros have no sign. */
  readonly min: Float64Array;
  readonly max: Float64Array;
  /** NaN where the count is 0, and of infinities of both signs. */
  readonly sum: Float64Array;
  /** Samples that are numbers. */
  readonly count: Float64Array;
}

const columnNames = ['starts', 'min', 'max', 'sum', 'count'] as const;

/** Buckets of `count` slots, to be filled. */
export function createBuckets(count: number): Buckets {
  return {
    starts: new Float64Array(count),
    min: new Float64Array(count),
    max: new Float64Array(count),
    sum: new Float64Array(count),
    count: new Float64Array(count),
  };
}

/** The slots from `from` to before `to`. Shares the memory. */
export function sliceBuckets(buckets: Buckets, from: number, to: number): Buckets {
  return {
    starts: buckets.starts.subarray(from, to),
    min: buckets.min.subarray(from, to),
    max: buckets.max.subarray(from, to),
    sum: buckets.sum.subarray(from, to),
    count: buckets.count.subarray(from, to),
  };
}

/**
 * The buckets that hold a number, of samples in any order of time; in order of time is fastest. `stepMs` is the width of
 * a bucket. NaNs are not counted. The caller owns the result.
 */
export function rollUp(times: Float64Array, values: Float64Array, stepMs: number): Buckets {
  const sampleCount = times.length;
  const spanMs = sampleCount === 0 ? 0 : Math.abs(times[sampleCount - 1]! - times[0]!);
  let made = createBuckets(Math.min(sampleCount, Math.floor(spanMs / stepMs) + 2));
  let slots = 0;
  let rises = true;
  let index = 0;
  while (index < sampleCount) {
    const start = Math.floor(times[index]! / stepMs) * stepMs;
    const end = start + stepMs;
    let least = Number.POSITIVE_INFINITY;
    let greatest = Number.NEGATIVE_INFINITY;
    let total = 0;
    let lost = 0;
    let numbers = 0;
    do {
      const value = values[index]!;
      index += 1;
      if (Number.isNaN(value)) continue;
      if (value < least) least = value;
      if (value > greatest) greatest = value;
      const next = total + value;
      const added = next - total;
      lost += total - (next - added) + (value - added);
      total = next;
      numbers += 1;
    } while (index < sampleCount && times[index]! >= start && times[index]! < end);
    if (numbers === 0) continue;
    // Only times that go back and forth need more slots than their span has.
    if (slots === made.starts.length) made = growBuckets(made);
    if (slots > 0 && start <= made.starts[slots - 1]!) rises = false;
    made.starts[slots] = start;
    made.min[slots] = least + 0;
    made.max[slots] = greatest + 0;
    made.sum[slots] = compensated(total, lost);
    made.count[slots] = numbers;
    slots += 1;
  }
  const found = sliceBuckets(made, 0, slots);
  return rises ? found : mergeBuckets([found], stepMs);
}

function growBuckets(buckets: Buckets): Buckets {
  const grown = createBuckets(buckets.starts.length * 2);
  for (const name of columnNames) grown[name].set(buckets[name]);
  return grown;
}

/**
 * One run of buckets `stepMs` wide of parts in any order, which may overlap: slots that fall into one bucket become
 * one. The step is that of the parts or a multiple of it. Slots of count 0 are left out. The caller owns the result.
 */
export function mergeBuckets(parts: readonly Buckets[], stepMs: number): Buckets {
  if (parts.length <= 1) return mergeJoined(parts, stepMs);
  // Finer parts first by themselves: what then overlaps, and has to be sorted, is as few slots as the result has.
  const coarse = parts.map((part) => (isFiner(part, stepMs) ? mergeJoined([part], stepMs) : part));
  return mergeJoined(
    coarse.filter(({ starts }) => starts.length > 0).sort((a, b) => a.starts[0]! - b.starts[0]!),
    stepMs,
  );
}

/** Whether two neighbouring slots of a part fall into one bucket at its beginning: a guess at no cost. */
function isFiner({ starts }: Buckets, stepMs: number): boolean {
  return starts.length > 1 && starts[1]! - starts[0]! < stepMs;
}

function mergeJoined(parts: readonly Buckets[], stepMs: number): Buckets {
  const all = joinByStart(parts);
  const { starts, min, max, sum, count } = all;
  let slots = 0;
  let index = 0;
  // Written over what was read: there are never more buckets than slots.
  while (index < starts.length) {
    const start = Math.floor(starts[index]! / stepMs) * stepMs;
    const end = start + stepMs;
    let least = Number.POSITIVE_INFINITY;
    let greatest = Number.NEGATIVE_INFINITY;
    let total = 0;
    let lost = 0;
    let numbers = 0;
    do {
      if (min[index]! < least) least = min[index]!;
      if (max[index]! > greatest) greatest = max[index]!;
      const value = sum[index]!;
      const next = total + value;
      const added = next - total;
      lost += total - (next - added) + (value - added);
      total = next;
      numbers += count[index]!;
      index += 1;
    } while (index < starts.length && starts[index]! < end);
    starts[slots] = start;
    min[slots] = least + 0;
    max[slots] = greatest + 0;
    sum[slots] = compensated(total, lost);
    count[slots] = numbers;
    slots += 1;
  }
  return sliceBuckets(all, 0, slots);
}

/** The slots that hold something, copied, in order of their starts. */
function joinByStart(parts: readonly Buckets[]): Buckets {
  let slots = 0;
  for (const part of parts) slots += part.starts.length;
  const joined = createBuckets(slots);
  let at = 0;
  let rises = true;
  for (const part of parts) {
    for (let index = 0; index < part.starts.length; index += 1) {
      if (!(part.count[index]! > 0)) continue;
      joined.starts[at] = part.starts[index]!;
      joined.min[at] = part.min[index]!;
      joined.max[at] = part.max[index]!;
      joined.sum[at] = part.sum[index]!;
      joined.count[at] = part.count[index]!;
      if (at > 0 && joined.starts[at]! < joined.starts[at - 1]!) rises = false;
      at += 1;
    }
  }
  const filled = sliceBuckets(joined, 0, at);
  if (rises) return filled;
  const { starts } = filled;
  const order = Uint32Array.from(starts.keys()).sort((a, b) => starts[a]! - starts[b]! || a - b);
  const sorted = createBuckets(at);
  for (const name of columnNames)
    for (let index = 0; index < at; index += 1) sorted[name][index] = filled[name][order[index]!]!;
  return sorted;
}

/** The sum of values and of what rounding took from it; beyond the finite numbers what it took has no meaning. */
function compensated(total: number, lost: number): number {
  const sum = total + lost;
  return Number.isNaN(sum) ? total + 0 : sum + 0;
}
