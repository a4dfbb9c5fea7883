/** Draws the rows of a back-test on one canvas: days, downtimes, holes, what was held, what would have fired. */
import { pixelRatio } from '../../frames.ts';
import { shownOffsetMs } from '../../model/display-zone.ts';
import { formatClock, formatDay } from '../../model/format.ts';
import type { BacktestRow, RowSpan } from '../../model/rules/backtest-view.ts';
import type { PastDowntime } from '../../model/rules/past-downtimes.ts';
import { hatch, token } from '../../theme/canvas-tokens.ts';

export interface Strip {
  readonly width: number;
  readonly rows: readonly BacktestRow[];
  readonly downtimes: readonly PastDowntime[];
  readonly span: RowSpan;
}

export const rowHeight = 21;
const axisHeight = 22;
/** A firing of seconds is seen too. */
const markWidthMin = 4;
const hourMs = 3_600_000;
const dayMs = 24 * hourMs;
/** Between two labels of the axis, px. */
const labelRoom = 72;
const weekdays = ['Sun', 'Mon', 'Tue', 'Wed', 'Thu', 'Fri', 'Sat'];

export function stripHeight(rowCount: number): number {
  return rowCount * rowHeight + axisHeight;
}

export function drawStrip(context: CanvasRenderingContext2D, { width, rows, downtimes, span }: Strip): void {
  const height = rows.length * rowHeight;
  const scale = width / Math.max(1, span.endMs - span.startMs);
  const xOf = (ms: number) => Math.max(0, Math.min(width, (ms - span.startMs) * scale));
  drawAxis(context, { width, height, span, xOf });
  for (const [index, row] of rows.entries()) {
    const top = index * rowHeight;
    context.fillStyle = token('chart-grid');
    context.fillRect(0, top + rowHeight - 1, width, 1);
    for (const downtime of downtimes) {
      if (!downtime.hosts.has(row.host)) continue;
      const left = xOf(downtime.startMs);
      const spanWidth = xOf(downtime.endMs) - left;
      if (spanWidth <= 0) continue;
      context.fillStyle = token('chart-downtime');
      context.fillRect(left, top, Math.max(2, spanWidth), rowHeight - 1);
      context.fillStyle = token('maint');
      context.fillRect(left, top, Math.max(2, spanWidth), 2);
    }
    for (const hole of row.holes) {
      const left = xOf(hole.startMs);
      const spanWidth = xOf(hole.endMs) - left;
      if (spanWidth < 1) continue;
      context.globalAlpha = 0.45;
      context.fillStyle = hatch(context, pixelRatio());
      context.fillRect(left, top + 3, spanWidth, rowHeight - 7);
      context.globalAlpha = 1;
    }
    context.strokeStyle = token('warn');
    context.lineWidth = 1;
    context.setLineDash([2, 2]);
    for (const held of row.held) {
      const left = Math.round(xOf(held.startMs)) + 0.5;
      context.strokeRect(left, top + 4.5, Math.max(markWidthMin, xOf(held.endMs) - left), rowHeight - 10);
    }
    context.setLineDash([]);
    context.fillStyle = token('warn');
    for (const mark of row.marks) {
      const left = Math.min(width - markWidthMin, xOf(mark.startMs));
      context.beginPath();
      context.roundRect(left, top + 3, Math.max(markWidthMin, xOf(mark.endMs) - left), rowHeight - 7, 2);
      context.fill();
    }
  }
}

function drawAxis(
  context: CanvasRenderingContext2D,
  { width, height, span, xOf }: { width: number; height: number; span: RowSpan; xOf: (ms: number) => number },
): void {
  const isOfDays = span.endMs - span.startMs > 2 * dayMs;
  const unitMs = isOfDays ? dayMs : 3 * hourMs;
  const pxPerUnit = (width * unitMs) / Math.max(1, span.endMs - span.startMs);
  const every = Math.max(1, Math.ceil(labelRoom / pxPerUnit));
  context.font = `11px ${token('font')}`;
  context.textBaseline = 'middle';
  context.textAlign = 'center';
  const offsetMs = shownOffsetMs(span.startMs);
  let at = Math.ceil((span.startMs + offsetMs) / unitMs) * unitMs - offsetMs;
  for (; at <= span.endMs; at += unitMs) {
    const x = Math.round(xOf(at)) + 0.5;
    context.strokeStyle = token('chart-grid');
    context.lineWidth = 1;
    context.beginPath();
    context.moveTo(x, 0);
    context.lineTo(x, height);
    context.stroke();
    const isLabelled = Math.round((at + offsetMs) / unitMs) % every === 0;
    if (!isLabelled || x < labelRoom / 2 || x > width - labelRoom / 2) continue;
    context.fillStyle = token('chart-axis');
    context.fillText(isOfDays ? dayLabel(at, offsetMs) : formatClock(at).slice(0, 5), x, height + axisHeight / 2);
  }
}

function dayLabel(ms: number, offsetMs: number): string {
  return `${weekdays[new Date(ms + offsetMs).getUTCDay()]} ${formatDay(ms)}`;
}
