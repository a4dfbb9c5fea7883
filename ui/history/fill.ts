/**
 * From what storage said and what the ring has since to what a chart draws, without a seam: before the end of a track
 * its values count, from there on the ticks of the ring, and a bucket that lies over that end gets both. Its edges are
 * multiples of the step, so the running bucket is the one that storage will have. Hot path: once a second for each
 * visible chart; nothing is made per sample.
 */
import type { HostRing } from '../live/ring.ts';
import { type ChartData, type Gap, gapIntervals, type Window } from '../model/charts/chart-data.ts';
import type { Chart } from '../model/charts/charts.ts';
import { indexAt, type Track } from './track.ts';

/** What one line of a chart is drawn from. */
export interface LineInput {
  readonly track: Track | null;
  readonly ring: HostRing | null;
}

export interface FillOptions {
  readonly window: Window;
  /** Up to here something may be known: after it, nothing is missing yet. */
  readonly nowMs: number;
  /** Spans in which the host gave ticks up. */
  readonly lost: readonly Gap[];
}

/** A value stands until shortly before the next one of its host is due; then it is missing. */
const holdIntervals = 0.95;
const defaultIntervalMs = 1_000;

let sums = new Float64Array(0);
let counts = new Float64Array(0);
let lows = new Float64Array(0);
let highs = new Float64Array(0);

/** Buckets `stepMs` wide, one before the window and one behind it included. */
export function fillBuckets(
  data: ChartData,
  chart: Chart,
  inputs: readonly LineInput[],
  options: FillOptions & { readonly stepMs: number },
): void {
  const { window, stepMs } = options;
  const firstMs = Math.floor(window.fromMs / stepMs) * stepMs - stepMs;
  const lastMs = Math.min(
    Math.floor(window.toMs / stepMs) * stepMs + stepMs,
    Math.floor(options.nowMs / stepMs) * stepMs,
  );
  const slotCount = Math.max(0, Math.round((lastMs - firstMs) / stepMs) + 1);
  data.stepMs = stepMs;
  data.times.length = slotCount;
  for (let slot = 0; slot < slotCount; slot += 1) data.times[slot] = firstMs + slot * stepMs;
  if (sums.length < slotCount) growScratch(slotCount);
  const isFilled = filledSlots(slotCount);
  for (let line = 0; line < inputs.length; line += 1) {
    clearScratch(slotCount);
    addTrack(inputs[line]!.track, { firstMs, stepMs, slotCount });
    addRing(inputs[line]!, chart.lines[line]!.key, { firstMs, stepMs, slotCount });
    const scale = chart.lines[line]!.isBelow ? -chart.factor : chart.factor;
    writeLine(data, line, { slotCount, scale, isFilled });
  }
  findBucketGaps(data, inputs, { ...options, isFilled });
}

interface Grid {
  readonly firstMs: number;
  readonly stepMs: number;
  readonly slotCount: number;
}

function addTrack(track: Track | null, { firstMs, stepMs, slotCount }: Grid): void {
  if (track === null || track.content.kind === 'samples') return;
  const { buckets, stepMs: ownMs } = track.content;
  const { starts, min, max, sum, count } = buckets;
  for (let index = indexAt(starts, firstMs - ownMs + 1); index < starts.length; index += 1) {
    const samples = count[index]!;
    if (samples === 0) continue;
    const startMs = starts[index]!;
    // A wider bucket stands in every slot that begins in it.
    let slot = Math.max(0, Math.ceil((startMs - firstMs) / stepMs));
    if (slot >= slotCount) return;
    const endMs = Math.min(startMs + ownMs, Math.max(track.toMs, startMs + 1));
    for (; slot < slotCount && firstMs + slot * stepMs < endMs; slot += 1) {
      sums[slot] = sums[slot]! + sum[index]!;
      counts[slot] = counts[slot]! + samples;
      if (min[index]! < lows[slot]!) lows[slot] = min[index]!;
      if (max[index]! > highs[slot]!) highs[slot] = max[index]!;
    }
  }
}

function addRing({ track, ring }: LineInput, key: string, { firstMs, stepMs, slotCount }: Grid): void {
  const column = ring?.column(key);
  if (ring === null || column === null || column === undefined) return;
  const { times } = ring;
  const fromMs = Math.max(firstMs, track?.toMs ?? Number.NEGATIVE_INFINITY);
  // A series that is not due each tick repeats its value in the ring: each repetition is a part of one sample.
  const every = track === null || track.intervalMs === 0 ? 1 : Math.max(1, track.intervalMs / intervalOf(ring));
  for (let index = ring.start; index < ring.end; index += 1) {
    const timeMs = times[index]!;
    if (timeMs < fromMs) continue;
    const value = column[index]!;
    const slot = Math.floor((timeMs - firstMs) / stepMs);
    if (slot >= slotCount || Number.isNaN(value)) continue;
    sums[slot] = sums[slot]! + value / every;
    counts[slot] = counts[slot]! + 1 / every;
    if (value < lows[slot]!) lows[slot] = value;
    if (value > highs[slot]!) highs[slot] = value;
  }
}

function writeLine(
  data: ChartData,
  line: number,
  { slotCount, scale, isFilled }: { readonly slotCount: number; readonly scale: number; readonly isFilled: Uint8Array },
): void {
  const values = data.values[line]!;
  const shownLows = data.lows[line]!;
  const shownHighs = data.highs[line]!;
  values.length = shownLows.length = shownHighs.length = slotCount;
  for (let slot = 0; slot < slotCount; slot += 1) {
    const count = counts[slot]!;
    if (count === 0) {
      values[slot] = shownLows[slot] = shownHighs[slot] = null;
      continue;
    }
    const low = lows[slot]!;
    const high = highs[slot]!;
    // Sums carry rounding; the average of a constant is that constant.
    const average = Math.min(high, Math.max(low, sums[slot]! / count));
    values[slot] = average * scale;
    shownLows[slot] = (scale < 0 ? high : low) * scale;
    shownHighs[slot] = (scale < 0 ? low : high) * scale;
    isFilled[slot] = 1;
  }
}

/** Slots in which no line has a value, and the spans of ticks that were given up. */
function findBucketGaps(
  data: ChartData,
  inputs: readonly LineInput[],
  { window, stepMs, nowMs, isFilled, lost }: FillOptions & { readonly stepMs: number; readonly isFilled: Uint8Array },
): void {
  const { times } = data;
  const known = knownSpan(inputs, nowMs);
  data.gaps.length = 0;
  for (const { fromMs, toMs } of lost) addGap(data.gaps, fromMs, toMs);
  let fromMs: number | null = null;
  for (let slot = 0; slot <= times.length; slot += 1) {
    const isEmpty = slot < times.length && isFilled[slot] === 0;
    if (isEmpty) fromMs ??= times[slot]!;
    if (isEmpty || fromMs === null) continue;
    const toMs = slot < times.length ? times[slot]! : Math.min(nowMs, window.toMs);
    addGap(data.gaps, Math.max(fromMs, known.fromMs), Math.min(toMs, known.toMs));
    fromMs = null;
  }
  // The newest slot begins to fill with the next tick: only a whole empty one is a gap.
  const last = data.gaps.at(-1);
  if (last !== undefined && last.toMs >= Math.min(nowMs, window.toMs) && last.toMs - last.fromMs < stepMs)
    data.gaps.pop();
  if (lost.length > 0) mergeGaps(data.gaps);
}

function addGap(gaps: Gap[], fromMs: number, toMs: number): void {
  if (toMs > fromMs) gaps.push({ fromMs, toMs });
}

function mergeGaps(gaps: Gap[]): void {
  gaps.sort((a, b) => a.fromMs - b.fromMs);
  let count = 0;
  for (const gap of gaps) {
    const last = count === 0 ? undefined : gaps[count - 1]!;
    if (last !== undefined && gap.fromMs <= last.toMs)
      gaps[count - 1] = { fromMs: last.fromMs, toMs: Math.max(last.toMs, gap.toMs) };
    else gaps[count++] = gap;
  }
  gaps.length = count;
}

/** What was not asked for yet is not missing. */
function knownSpan(inputs: readonly LineInput[], nowMs: number): Gap {
  let fromMs = Number.POSITIVE_INFINITY;
  let toMs = Number.NEGATIVE_INFINITY;
  for (const { track, ring } of inputs) {
    if (track !== null) {
      fromMs = Math.min(fromMs, track.fromMs);
      toMs = Math.max(toMs, track.toMs);
    }
    if (ring !== null && ring.end > ring.start) {
      fromMs = Math.min(fromMs, ring.times[ring.start]!);
      toMs = nowMs;
    }
  }
  return { fromMs, toMs };
}

const positions: number[] = [];
const heldTimes: number[] = [];
const heldValues: number[] = [];
const heldIntervals: number[] = [];

/** The samples themselves, merged by time; one on each side of the window included. */
export function fillSamples(
  data: ChartData,
  chart: Chart,
  inputs: readonly LineInput[],
  { window, nowMs, lost }: FillOptions,
): void {
  data.stepMs = 0;
  data.gaps.length = 0;
  for (const { fromMs, toMs } of lost) addGap(data.gaps, fromMs, toMs);
  const marginMs = longestInterval(inputs) * 1.5;
  const fromMs = window.fromMs - marginMs;
  for (let line = 0; line < inputs.length; line += 1) {
    positions[line] = firstPosition(inputs[line]!, fromMs);
    heldTimes[line] = Number.NEGATIVE_INFINITY;
    heldValues[line] = Number.NaN;
    heldIntervals[line] = defaultIntervalMs;
  }
  let count = 0;
  let beforeMs = Number.NEGATIVE_INFINITY;
  let intervalMs = 0;
  for (;;) {
    const timeMs = nextTime(inputs, beforeMs);
    if (timeMs === Number.POSITIVE_INFINITY) break;
    if (count > 0 && timeMs - beforeMs > intervalMs * gapIntervals) {
      addGap(data.gaps, beforeMs, timeMs);
      count = addBreak(data, count, beforeMs + intervalMs);
    }
    takeAt(inputs, chart, timeMs);
    count = addRow(data, chart, count, timeMs);
    intervalMs = shortestHeld(inputs.length);
    beforeMs = timeMs;
    if (timeMs > window.toMs + marginMs) break;
  }
  data.times.length = count;
  for (let line = 0; line < inputs.length; line += 1) {
    data.values[line]!.length = count;
    data.lows[line]!.length = data.highs[line]!.length = 0;
  }
  const edgeMs = Math.min(window.toMs, nowMs);
  if (count > 0 && edgeMs - beforeMs > intervalMs * gapIntervals) addGap(data.gaps, beforeMs, edgeMs);
  addFirstGap(data, inputs, { window, edgeMs });
  if (lost.length > 0) mergeGaps(data.gaps);
}

/** Nothing before the first sample, though it was asked for. The interval that ends with it is no part of that: it is what the sample tells of. */
function addFirstGap(
  { times, gaps }: ChartData,
  inputs: readonly LineInput[],
  { window, edgeMs }: { readonly window: Window; readonly edgeMs: number },
): void {
  let knownMs = Number.POSITIVE_INFINITY;
  for (const { track } of inputs) if (track !== null) knownMs = Math.min(knownMs, track.fromMs);
  const fromMs = Math.max(knownMs, window.fromMs);
  const firstMs = Math.min(times[0] ?? edgeMs, edgeMs);
  if (firstMs - fromMs <= longestInterval(inputs) * gapIntervals) return;
  const toldMs = times.length === 0 ? 0 : shortestInterval(inputs);
  gaps.unshift({ fromMs, toMs: Math.max(fromMs, firstMs - toldMs) });
}

function addBreak(data: ChartData, count: number, timeMs: number): number {
  data.times[count] = timeMs;
  for (const values of data.values) values[count] = null;
  return count + 1;
}

function addRow(data: ChartData, chart: Chart, count: number, timeMs: number): number {
  data.times[count] = timeMs;
  for (let line = 0; line < data.values.length; line += 1) {
    const scale = chart.lines[line]!.isBelow ? -chart.factor : chart.factor;
    const intervals = isDue(chart, line, timeMs) ? holdIntervals : gapIntervals;
    const isHeld = timeMs - heldTimes[line]! < heldIntervals[line]! * intervals;
    const value = heldValues[line]!;
    data.values[line]![count] = isHeld && !Number.isNaN(value) ? value * scale : null;
  }
  return count + 1;
}

/** Whether the host of a line has a tick at this time. Hosts tick at phases of their own: what is due at one is not due at all. */
function isDue({ lines }: Chart, line: number, timeMs: number): boolean {
  const { host } = lines[line]!;
  for (let other = 0; other < lines.length; other += 1)
    if (heldTimes[other] === timeMs && lines[other]!.host === host) return true;
  return false;
}

/** Positions count through the samples of the track and then through the ticks of the ring, from its start. */
function firstPosition({ track, ring }: LineInput, fromMs: number): number {
  const samples = samplesOf(track);
  const index = samples === null ? 0 : indexAt(samples, fromMs);
  if (ring === null || (samples !== null && index < samples.length)) return index;
  let tick = 0;
  while (ring.start + tick < ring.end && ring.times[ring.start + tick]! < fromMs) tick += 1;
  return index + tick;
}

function samplesOf(track: Track | null): Float64Array | null {
  return track !== null && track.content.kind === 'samples' ? track.content.samples.times : null;
}

/** The earliest time after `afterMs` that any line has; infinity when there is none. */
function nextTime(inputs: readonly LineInput[], afterMs: number): number {
  let nextMs = Number.POSITIVE_INFINITY;
  for (let line = 0; line < inputs.length; line += 1) {
    const timeMs = timeAfter(inputs[line]!, line, afterMs);
    if (timeMs < nextMs) nextMs = timeMs;
  }
  return nextMs;
}

/** Moves the line's position to its first time after `afterMs`; clocks that were set back are passed over. */
function timeAfter({ track, ring }: LineInput, line: number, afterMs: number): number {
  const samples = samplesOf(track);
  const sampleCount = samples?.length ?? 0;
  let position = positions[line]!;
  while (position < sampleCount && samples![position]! <= afterMs) position += 1;
  if (position >= sampleCount && ring !== null) {
    const tailMs = track?.toMs ?? Number.NEGATIVE_INFINITY;
    let index = ring.start + position - sampleCount;
    while (index < ring.end && (ring.times[index]! <= afterMs || ring.times[index]! < tailMs)) index += 1;
    positions[line] = index - ring.start + sampleCount;
    return index < ring.end ? ring.times[index]! : Number.POSITIVE_INFINITY;
  }
  positions[line] = position;
  return position < sampleCount ? samples![position]! : Number.POSITIVE_INFINITY;
}

/** Holds the values of every line that has one at `timeMs`. */
function takeAt(inputs: readonly LineInput[], chart: Chart, timeMs: number): void {
  for (let line = 0; line < inputs.length; line += 1) {
    const { track, ring } = inputs[line]!;
    const samples = track !== null && track.content.kind === 'samples' ? track.content.samples : null;
    const sampleCount = samples?.times.length ?? 0;
    const position = positions[line]!;
    if (position < sampleCount) {
      if (samples!.times[position] !== timeMs) continue;
      heldValues[line] = samples!.values[position]!;
      heldIntervals[line] = track!.intervalMs || defaultIntervalMs;
    } else {
      const index = ring === null ? 0 : ring.start + position - sampleCount;
      if (ring === null || index >= ring.end || ring.times[index] !== timeMs) continue;
      heldValues[line] = ring.column(chart.lines[line]!.key)?.[index] ?? Number.NaN;
      heldIntervals[line] = intervalOf(ring);
    }
    heldTimes[line] = timeMs;
  }
}

function shortestHeld(lineCount: number): number {
  let shortest = Number.POSITIVE_INFINITY;
  for (let line = 0; line < lineCount; line += 1)
    if (heldTimes[line]! > Number.NEGATIVE_INFINITY) shortest = Math.min(shortest, heldIntervals[line]!);
  return shortest;
}

function shortestInterval(inputs: readonly LineInput[]): number {
  let shortest = Number.POSITIVE_INFINITY;
  for (const { track, ring } of inputs) {
    if (ring !== null) shortest = Math.min(shortest, intervalOf(ring));
    else if (track !== null) shortest = Math.min(shortest, track.intervalMs || defaultIntervalMs);
  }
  return shortest;
}

function longestInterval(inputs: readonly LineInput[]): number {
  let longest = defaultIntervalMs;
  for (const { track, ring } of inputs)
    longest = Math.max(longest, track?.intervalMs ?? 0, ring === null ? 0 : intervalOf(ring));
  return longest;
}

function intervalOf(ring: HostRing): number {
  return ring.layout?.intervalMs ?? defaultIntervalMs;
}

let filled = new Uint8Array(0);

function filledSlots(count: number): Uint8Array {
  if (filled.length < count) filled = new Uint8Array(count * 2);
  return filled.fill(0, 0, count);
}

function growScratch(count: number): void {
  const capacity = count * 2;
  sums = new Float64Array(capacity);
  counts = new Float64Array(capacity);
  lows = new Float64Array(capacity);
  highs = new Float64Array(capacity);
}

function clearScratch(count: number): void {
  sums.fill(0, 0, count);
  counts.fill(0, 0, count);
  lows.fill(Number.POSITIVE_INFINITY, 0, count);
  highs.fill(Number.NEGATIVE_INFINITY, 0, count);
}
