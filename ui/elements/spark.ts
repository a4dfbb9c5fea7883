/**
 * Draws the rows of a host's sparklines into one canvas. Hot path: once a second for each card in sight; nothing is
 * allocated per sample.
 */

import { pixelRatio } from '../frames.ts';
import type { CardRow } from '../model/metrics.ts';
import type { SparkRing } from '../ring.ts';
import { hatch, token, tokenWithAlpha } from '../theme/canvas-tokens.ts';

export interface SparkFrame {
  readonly width: number;
  readonly rowHeight: number;
  /** Height of the drawn line inside its row. */
  readonly lineHeight: number;
  /** Time at the right edge, epoch ms; the left is `spanMs` before. */
  readonly endMs: number;
  readonly spanMs: number;
  readonly intervalMs: number;
  /** From here on there is no data: hatched to the right edge; null when it is current. */
  readonly deadFromMs: number | null;
}

/** The shown value of a row in one slot: the sum of its columns, NaN when none has a value. */
export function rowValue(ring: SparkRing, slot: number, row: CardRow): number {
  let sum = 0;
  let count = 0;
  for (const column of row.columns) {
    const value = ring.values[slot * ring.width + column]!;
    if (Number.isNaN(value)) continue;
    sum += value;
    count += 1;
  }
  return count === 0 ? Number.NaN : sum * row.factor;
}

export function drawSparks(
  context: CanvasRenderingContext2D,
  ring: SparkRing,
  rows: readonly CardRow[],
  frame: SparkFrame,
): void {
  for (let index = 0; index < rows.length; index += 1) {
    const top = index * frame.rowHeight + (frame.rowHeight - frame.lineHeight) / 2;
    if (frame.deadFromMs !== null) drawDead(context, frame, top);
    drawRow(context, ring, rows[index]!, top, frame);
  }
}

function drawDead(context: CanvasRenderingContext2D, frame: SparkFrame, top: number): void {
  const x = Math.max(0, xOf(frame, frame.deadFromMs!));
  if (frame.width - x < 2) return;
  context.save();
  context.globalAlpha = 0.55;
  context.translate(x, top);
  context.scale(1 / pixelRatio(), 1 / pixelRatio());
  context.fillStyle = hatch(context, pixelRatio());
  context.fillRect(0, 0, (frame.width - x) * pixelRatio(), frame.lineHeight * pixelRatio());
  context.restore();
}

function drawRow(
  context: CanvasRenderingContext2D,
  ring: SparkRing,
  row: CardRow,
  top: number,
  frame: SparkFrame,
): void {
  const startMs = frame.endMs - frame.spanMs;
  let max = row.max ?? 0;
  if (row.max === null) {
    for (let age = 0; age < ring.count; age += 1) {
      const value = rowValue(ring, ring.slot(age), row);
      if (value > max) max = value;
    }
    max = max === 0 ? 1 : max * 1.1;
  }
  const bottom = top + frame.lineHeight;
  const scale = (frame.lineHeight - 2) / max;
  const line = new Path2D();
  const area = new Path2D();
  let beforeMs = Number.NaN;
  let x = 0;
  for (let age = ring.count - 1; age >= 0; age -= 1) {
    const slot = ring.slot(age);
    const timeMs = ring.times[slot]!;
    const value = rowValue(ring, slot, row);
    if (timeMs < startMs || Number.isNaN(value)) continue;
    const y = bottom - 1 - Math.min(max, Math.max(0, value)) * scale;
    // A tick may be late or lost without a hole in a line of 100 pixels; four in a row are a gap.
    const isJoined = timeMs - beforeMs <= frame.intervalMs * 4;
    if (isJoined) {
      x = xOf(frame, timeMs);
      line.lineTo(x, y);
    } else {
      if (!Number.isNaN(beforeMs)) area.lineTo(x, bottom);
      x = xOf(frame, timeMs);
      line.moveTo(x, y);
      area.moveTo(x, bottom);
    }
    area.lineTo(x, y);
    beforeMs = timeMs;
  }
  if (Number.isNaN(beforeMs)) return;
  area.lineTo(x, bottom);
  context.fillStyle = tokenWithAlpha(row.color, Number(token('chart-fill')) + 0.04);
  context.fill(area);
  context.strokeStyle = token(row.color);
  context.lineWidth = 1.25;
  context.lineJoin = 'round';
  context.stroke(line);
}

function xOf(frame: SparkFrame, timeMs: number): number {
  return ((timeMs - frame.endMs) / frame.spanMs + 1) * frame.width;
}
