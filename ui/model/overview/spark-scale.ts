/** Ends of a sparkline's scale. Pure. */
import type { CardRow } from './metrics.ts';

export interface SparkScale {
  readonly min: number;
  readonly max: number;
}

/** A percentage that is drawn to its own height shows at least so much: a change of 0.2 % is no mountain. */
const autoSpanMin = 5;

/**
 * Percentages go from 0 to 100, so that neighbours compare, or as far as they reach when that is asked for. What has no
 * upper end goes from 0 to a little over its highest. `low` and `high` are of the shown window, ±Infinity without values.
 */
export function sparkScale(low: number, high: number, row: Pick<CardRow, 'max'>, isAutoScaled: boolean): SparkScale {
  if (row.max === null) return { min: 0, max: high > 0 ? high * 1.1 : 1 };
  if (!isAutoScaled || high < low) return { min: 0, max: row.max };
  const rest = Math.max(0, autoSpanMin - (high - low)) / 2;
  const margin = (high - low) * 0.08 + rest;
  const max = Math.min(row.max, Math.max(autoSpanMin, high + margin));
  return { min: Math.max(0, Math.min(low - margin, max - autoSpanMin)), max };
}
