/**
 * Draws one sparkline into a canvas that several share. Hot path: once a second for each figure of each host in sight;
 * nothing is allocated per sample.
 */

import { pixelRatio } from '../../frames.ts';
import type { SparkRing } from '../../live/ring.ts';
import { type CardRow, rowValueAt } from '../../model/overview/metrics.ts';
import { sparkScale } from '../../model/overview/spark-scale.ts';
import { hatch, token, tokenWithAlpha } from '../../theme/canvas-tokens.ts';

export interface SparkBox {
  readonly x: number;
  readonly y: number;
  readonly width: number;
  readonly height: number;
}

export interface SparkTime {
  /** Time at the right edge, epoch ms; the left is `spanMs` before. */
  readonly endMs: number;
  readonly spanMs: number;
  readonly intervalMs: number;
  /** From here on there is no data: hatched to the right edge; null when it is current. */
  readonly deadFromMs: number | null;
  /** Percentages as high as they reach instead of 0 to 100. */
  readonly isAutoScaled: boolean;
  /** Of a host in a downtime: paler. */
  readonly isMuted: boolean;
}

export function drawSpark(
  context: CanvasRenderingContext2D,
  { ring, row }: { readonly ring: SparkRing; readonly row: CardRow },
  { box, time }: { readonly box: SparkBox; readonly time: SparkTime },
): void {
  if (time.deadFromMs !== null) drawDead(context, box, time);
  const startMs = time.endMs - time.spanMs;
  let low = Number.POSITIVE_INFINITY;
  let high = Number.NEGATIVE_INFINITY;
  for (let age = 0; age < ring.count; age += 1) {
    const slot = ring.slot(age);
    if (ring.times[slot]! < startMs) break;
    const value = rowValueAt(ring.values, slot * ring.width, row);
    if (value < low) low = value;
    if (value > high) high = value;
  }
  if (high < low) return;
  const { min, max } = sparkScale(low, high, row, time.isAutoScaled);
  const bottom = box.y + box.height;
  const scale = (box.height - 2) / (max - min);
  const line = new Path2D();
  const area = new Path2D();
  let beforeMs = Number.NaN;
  let x = 0;
  for (let age = ring.count - 1; age >= 0; age -= 1) {
    const slot = ring.slot(age);
    const timeMs = ring.times[slot]!;
    const value = rowValueAt(ring.values, slot * ring.width, row);
    if (timeMs < startMs || Number.isNaN(value)) continue;
    const y = bottom - 1 - (Math.min(max, Math.max(min, value)) - min) * scale;
    // A tick may be late or lost without a hole in a line of 100 pixels; four in a row are a gap.
    const isJoined = timeMs - beforeMs <= time.intervalMs * 4;
    if (!isJoined && !Number.isNaN(beforeMs)) area.lineTo(x, bottom);
    x = xOf(box, time, timeMs);
    if (isJoined) line.lineTo(x, y);
    else {
      line.moveTo(x, y);
      area.moveTo(x, bottom);
    }
    area.lineTo(x, y);
    beforeMs = timeMs;
  }
  area.lineTo(x, bottom);
  context.globalAlpha = time.isMuted ? 0.55 : 1;
  context.fillStyle = tokenWithAlpha(row.color, Number(token('chart-fill')) + 0.04);
  context.fill(area);
  context.strokeStyle = token(row.color);
  context.lineWidth = 1.25;
  context.lineJoin = 'round';
  context.stroke(line);
  context.globalAlpha = 1;
}

function drawDead(context: CanvasRenderingContext2D, box: SparkBox, time: SparkTime): void {
  const x = Math.max(box.x, xOf(box, time, time.deadFromMs!));
  const width = box.x + box.width - x;
  if (width < 2) return;
  const ratio = pixelRatio();
  context.save();
  context.globalAlpha = 0.55;
  context.translate(x, box.y);
  context.scale(1 / ratio, 1 / ratio);
  context.fillStyle = hatch(context, ratio);
  context.fillRect(0, 0, width * ratio, box.height * ratio);
  context.restore();
}

function xOf(box: SparkBox, time: SparkTime, timeMs: number): number {
  return box.x + ((timeMs - time.endMs) / time.spanMs + 1) * box.width;
}
