/** Where marks over a chart stand, before anything is painted. Pure. */
import type { SpanMark, ThresholdMark } from '../../chart-source.ts';
import type { Window } from './chart-data.ts';

/** A scale may grow by this much for a threshold: beyond, the values would be a flat line under it. */
const growthMax = 2;

export interface PlacedThreshold {
  readonly mark: ThresholdMark;
  /** Out of the scale it is named at that edge instead of drawn. */
  readonly place: 'inside' | 'above' | 'below';
}

/** The scale, grown so that thresholds that are near it stand inside; all of them with `fitsAll`. */
export function rangeWithThresholds(
  [low, high]: readonly [number, number],
  thresholds: readonly ThresholdMark[],
  fitsAll: boolean,
): [number, number] {
  const span = high - low;
  let from = low;
  let to = high;
  for (const { value } of thresholds) {
    const isNear = Math.max(value, high) - Math.min(value, low) <= span * growthMax;
    if (!isNear && !fitsAll) continue;
    // Air above the line, for its label.
    if (value > to) to = value + (value - low) * 0.08;
    if (value < from)
      from = low >= 0 && value >= 0 ? Math.max(0, value - (high - value) * 0.08) : value - (high - value) * 0.08;
  }
  return [from, to];
}

/** Those outside come from the nearest to the farthest; one a side is named, since more would hide the chart. */
export function placeThresholds(
  thresholds: readonly ThresholdMark[],
  [low, high]: readonly [number, number],
): PlacedThreshold[] {
  // From the top down: words that have no room above their line go below it, so the upper line must choose first.
  const inside = thresholds.filter(({ value }) => value >= low && value <= high).sort((a, b) => b.value - a.value);
  const above = thresholds.filter(({ value }) => value > high).sort((a, b) => a.value - b.value)[0];
  const below = thresholds.filter(({ value }) => value < low).sort((a, b) => b.value - a.value)[0];
  return [
    ...inside.map((mark): PlacedThreshold => ({ mark, place: 'inside' })),
    ...(above === undefined ? [] : [{ mark: above, place: 'above' } as const]),
    ...(below === undefined ? [] : [{ mark: below, place: 'below' } as const]),
  ];
}

export interface PlacedSpan {
  readonly mark: SpanMark;
  readonly fromMs: number;
  readonly toMs: number;
  /** Whether it begins in the window: its shape stands there. */
  readonly showsStart: boolean;
}

/** The parts of spans that lie in the window; what still lasts reaches to its edge, or to `nowMs`. */
export function placeSpans(spans: readonly SpanMark[], { fromMs, toMs }: Window, nowMs: number): PlacedSpan[] {
  return spans.flatMap((mark) => {
    const endMs = Math.min(mark.toMs ?? Math.max(nowMs, mark.fromMs), toMs);
    if (mark.fromMs > toMs || endMs < fromMs) return [];
    return [{ mark, fromMs: Math.max(mark.fromMs, fromMs), toMs: endMs, showsStart: mark.fromMs >= fromMs }];
  });
}

/** Room for labels over a chart: each is moved down until it lies over no other, or has no place. */
export class LabelRoom {
  readonly #rowHeight: number;
  readonly #bottom: number;
  readonly #taken: { readonly left: number; readonly right: number; readonly y: number }[] = [];

  /** Baselines from the first below the top to `bottom`. */
  constructor(rowHeight: number, bottom: number) {
    this.#rowHeight = rowHeight;
    this.#bottom = bottom;
  }

  /** Baseline at which the label may stand, at `y` or below it; null when there is none within `rowsMax` rows. */
  take(label: { readonly left: number; readonly width: number; readonly y: number }, rowsMax: number): number | null {
    const right = label.left + label.width;
    for (let row = 0; row < rowsMax; row += 1) {
      const y = label.y + row * this.#rowHeight;
      if (y > this.#bottom) return null;
      const isFree = this.#taken.every(
        (other) => Math.abs(other.y - y) >= this.#rowHeight || other.right <= label.left || other.left >= right,
      );
      if (!isFree) continue;
      this.#taken.push({ left: label.left, right, y });
      return y;
    }
    return null;
  }
}
