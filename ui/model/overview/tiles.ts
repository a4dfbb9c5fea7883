/**
 * Tiles: where each stands in its canvas, and what it looks like as one number, so that only those that look different
 * are painted again. Pure.
 */
import type { Severity } from '#core/rule-spec.ts';
import type { HostStatus } from '../route.ts';

export const tileSize = 12;
export const tilePitch = 15;
/** Colours of the heat ramp. */
export const heatCount = 9;

/** Status and severity as shapes, the worst first. A host without a mark is shown by its colour alone. */
export const tileMarks = ['none', 'down', 'critical', 'warning', 'stale', 'downtime', 'never'] as const;
export type TileMark = (typeof tileMarks)[number];

export function tileColumns(width: number): number {
  return Math.max(1, Math.floor((width + tilePitch - tileSize) / tilePitch));
}

export function tilesHeight(count: number, columns: number): number {
  return Math.ceil(count / columns) * tilePitch - (tilePitch - tileSize);
}

/** Index of the tile at a place in the canvas; null between tiles and behind the last. */
export function tileAt({ x, y }: { readonly x: number; readonly y: number }, columns: number, count: number) {
  const column = Math.floor(x / tilePitch);
  const index = Math.floor(y / tilePitch) * columns + column;
  const isInside = x >= 0 && y >= 0 && column < columns && x % tilePitch < tileSize && y % tilePitch < tileSize;
  return isInside && index < count ? index : null;
}

export function tileMarkOf(status: HostStatus, worst: Severity | null): TileMark {
  if (status !== 'up' && status !== 'stale') return status;
  if (worst === 'critical' || worst === 'warning') return worst;
  return status === 'stale' ? 'stale' : 'none';
}

/** Step of the heat ramp, 0 to 8, of a value whose highest is `max`; −1 for no value. */
export function heatOf(value: number, max: number): number {
  if (Number.isNaN(value) || max <= 0) return -1;
  return Math.round(Math.min(1, Math.max(0, value / max)) * (heatCount - 1));
}

/** 0 is a tile that has not been painted. */
export function lookOf(heat: number, mark: TileMark): number {
  return (heat + 2) * 8 + tileMarks.indexOf(mark);
}

/** Upper end of a scale that holds still: the next 1, 2 or 5 with zeros. */
export function niceMax(max: number): number {
  if (!(max > 0)) return 1;
  const decade = 10 ** Math.floor(Math.log10(max));
  return decade * ([1, 2, 5].find((step) => step * decade >= max) ?? 10);
}
