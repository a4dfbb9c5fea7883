/**
 * What is painted around the lines of a chart: gaps, bands, heat, thresholds, spans of alerts and downtimes, notes.
 * All of it in device pixels on a plane that knows where a time and a value stand. Hot path: once a second for each
 * visible chart.
 */
import type { ChartOverlays, MomentMark, SpanMark, ThresholdMark } from './chart-source.ts';
import { pixelRatio } from './frames.ts';
import { type ChartData, type Gap, isLone, type Value, type Window } from './model/charts/chart-data.ts';
import { LabelRoom, placeSpans, placeThresholds } from './model/charts/overlays.ts';
import { heatLevels } from './model/charts/scale.ts';
import { hatch, token, tokenWithAlpha } from './theme/canvas-tokens.ts';

export interface Plane {
  readonly context: CanvasRenderingContext2D;
  readonly left: number;
  readonly top: number;
  readonly width: number;
  readonly height: number;
  readonly window: Window;
  /** Lowest and highest value of the scale. */
  readonly range: readonly [number, number];
  x(timeMs: number): number;
  y(value: number): number;
}

const severityTokens = { critical: 'crit', warning: 'warn', info: 'info', clear: 'ok' } as const;
/** Rows that a label may be moved down; more, and it is no longer seen what it belongs to. */
const labelRowsMax = 3;
const labelHeight = 13;

/** Clipped to the plane, and as it was afterwards. */
function onPlane(plane: Plane, paint: (context: CanvasRenderingContext2D) => void): void {
  const { context, left, top, width, height } = plane;
  context.save();
  context.beginPath();
  context.rect(left, top, width, height);
  context.clip();
  context.setLineDash([]);
  paint(context);
  context.restore();
}

export function paintGaps(plane: Plane, gaps: readonly Gap[]): void {
  if (gaps.length === 0) return;
  onPlane(plane, (context) => {
    const ratio = pixelRatio();
    for (const gap of gaps) {
      const left = Math.max(plane.left, plane.x(gap.fromMs));
      const right = Math.min(plane.left + plane.width, plane.x(gap.toMs));
      if (right - left < 1) continue;
      context.globalAlpha = 0.5;
      context.fillStyle = hatch(context, ratio);
      context.fillRect(left, plane.top, right - left, plane.height);
      context.globalAlpha = 1;
    }
  });
}

/** Over the grid, which would cross them out. */
export function paintGapLabels(plane: Plane, gaps: readonly Gap[]): void {
  if (gaps.length === 0) return;
  onPlane(plane, (context) => {
    for (const gap of gaps) {
      const left = Math.max(plane.left, plane.x(gap.fromMs));
      const right = Math.min(plane.left + plane.width, plane.x(gap.toMs));
      if (right - left < 56 * pixelRatio()) continue;
      paintGapLabel(context, (left + right) / 2, plane.top + plane.height / 2);
    }
  });
}

function paintGapLabel(context: CanvasRenderingContext2D, x: number, y: number): void {
  const ratio = pixelRatio();
  const text = 'no data';
  setFont(context);
  const width = context.measureText(text).width;
  context.fillStyle = token('surface-1');
  context.fillRect(x - width / 2 - 4 * ratio, y - 8 * ratio, width + 8 * ratio, 16 * ratio);
  context.fillStyle = token('chart-axis');
  context.textAlign = 'center';
  context.textBaseline = 'middle';
  context.fillText(text, x, y);
}

/** From the lowest to the highest value of each bucket, in the colour of the line. */
export function paintBand(plane: Plane, data: ChartData, line: number, color: string): void {
  const lows = data.lows[line]!;
  const highs = data.highs[line]!;
  if (lows.length === 0) return;
  onPlane(plane, (context) => {
    context.fillStyle = tokenWithAlpha(color, Number(token('chart-band')));
    context.beginPath();
    for (let from = 0; from < lows.length; from += 1) {
      if (lows[from] === null) continue;
      let to = from;
      while (to + 1 < lows.length && lows[to + 1] !== null) to += 1;
      addBandPath(plane, data, { lows, highs, from, to });
      from = to;
    }
    context.fill();
  });
}

interface BandRun {
  readonly lows: readonly (number | null)[];
  readonly highs: readonly (number | null)[];
  readonly from: number;
  readonly to: number;
}

/** Along the highs and back along the lows; a single bucket gets its width. */
function addBandPath({ context, x, y }: Plane, { times, stepMs }: ChartData, { lows, highs, from, to }: BandRun): void {
  if (from === to) {
    const left = x(times[from]! - stepMs / 2);
    const top = y(highs[from]!);
    context.rect(left, top, Math.max(1, x(times[from]! + stepMs / 2) - left), y(lows[from]!) - top);
    return;
  }
  context.moveTo(x(times[from]!), y(highs[from]!));
  for (let index = from + 1; index <= to; index += 1) context.lineTo(x(times[index]!), y(highs[index]!));
  for (let index = to; index >= from; index -= 1) context.lineTo(x(times[index]!), y(lows[index]!));
  context.closePath();
}

/** CSS pixels. */
const loneRadius = 2.5;

/** A value without neighbours, of which no line can be drawn: a dot, with a rim that keeps it apart from a gap beside it. */
export function paintLone(plane: Plane, times: readonly number[], values: ArrayLike<Value>, color: string): void {
  const { context, window, left, width } = plane;
  const ratio = pixelRatio();
  for (let index = 0; index < times.length; index += 1) {
    if (!isLone(values, index)) continue;
    const timeMs = times[index]!;
    if (timeMs < window.fromMs || timeMs > window.toMs) continue;
    context.save();
    context.setLineDash([]);
    context.beginPath();
    // Whole at the edges too: the newest value stands on the right one.
    const x = Math.max(left, Math.min(left + width, plane.x(timeMs)));
    context.arc(x, plane.y(values[index]!), loneRadius * ratio, 0, 2 * Math.PI);
    context.lineWidth = 3 * ratio;
    context.strokeStyle = token('surface-1');
    context.stroke();
    context.fillStyle = token(color);
    context.fill();
    context.restore();
  }
}

export function paintZero(plane: Plane): void {
  const { context } = plane;
  const y = Math.round(plane.y(0)) + 0.5;
  if (y < plane.top || y > plane.top + plane.height + 1) return;
  context.save();
  context.setLineDash([]);
  context.strokeStyle = token('chart-zero');
  context.lineWidth = pixelRatio();
  context.beginPath();
  context.moveTo(plane.left, y);
  context.lineTo(plane.left + plane.width, y);
  context.stroke();
  context.restore();
}

/** A row for each line, one rectangle for each run of one level: a quiet core is a handful of rectangles. */
export function paintHeat(plane: Plane, { times, values, stepMs }: ChartData): void {
  const colors = Array.from({ length: heatLevels }, (_, level) => token(`heat-${level}`));
  const rowHeight = plane.height / values.length;
  const spacing = rowHeight > 4 ? pixelRatio() : 0;
  // What was measured at a time stands up to the next; the last one is as wide as its bucket.
  const endOf = (index: number) => times[index] ?? (times.at(-1) ?? 0) + stepMs;
  onPlane(plane, (context) => {
    for (let row = 0; row < values.length; row += 1) {
      const top = plane.top + row * rowHeight;
      let from = 0;
      for (let index = 1; index <= times.length; index += 1) {
        const level = levelOf(values[row]![from]);
        if (index < times.length && levelOf(values[row]![index]) === level) continue;
        if (level >= 0) {
          const left = plane.x(times[from]!);
          context.fillStyle = colors[level]!;
          context.fillRect(left, top, plane.x(endOf(index)) - left + 0.5, rowHeight - spacing);
        }
        from = index;
      }
    }
  });
}

function levelOf(value: number | null | undefined): number {
  if (value === null || value === undefined) return -1;
  return Math.max(0, Math.min(heatLevels - 1, Math.round((value / 100) * (heatLevels - 1))));
}

/** Under the lines: the tint of downtimes. */
export function paintUnder(plane: Plane, { spans }: ChartOverlays, nowMs: number): void {
  if (spans.length === 0) return;
  onPlane(plane, (context) => {
    context.fillStyle = token('chart-downtime');
    for (const { mark, fromMs, toMs } of placeSpans(spans, plane.window, nowMs))
      if (mark.kind === 'downtime')
        context.fillRect(plane.x(fromMs), plane.top, plane.x(toMs) - plane.x(fromMs), plane.height);
  });
}

/** Over the lines: everything that must not be hidden by them. Limits have the first choice of where their words stand. */
export function paintOver(plane: Plane, overlays: ChartOverlays, nowMs: number): void {
  const { spans, thresholds, moments } = overlays;
  if (spans.length + thresholds.length + moments.length === 0) return;
  const ratio = pixelRatio();
  const room = new LabelRoom(labelHeight * ratio, plane.top + plane.height - 3 * ratio);
  onPlane(plane, (context) => {
    for (const { mark, place } of placeThresholds(thresholds, plane.range)) {
      if (place === 'inside') paintThreshold(plane, mark, room);
      else paintFarThreshold(plane, mark, { place, room });
    }
    paintMoments(plane, moments, room);
    for (const { mark, fromMs, toMs, showsStart } of placeSpans(spans, plane.window, nowMs)) {
      const left = plane.x(fromMs);
      const width = Math.max(ratio, plane.x(toMs) - left);
      if (mark.kind === 'downtime') paintDowntime(plane, mark, { left, width, room });
      else paintAlert(plane, mark, { left, width, showsStart });
    }
    context.globalAlpha = 1;
  });
}

function paintThreshold(plane: Plane, { value, label, role }: ThresholdMark, room: LabelRoom): void {
  const { context } = plane;
  const ratio = pixelRatio();
  const y = Math.round(plane.y(value)) + 0.5;
  context.strokeStyle = token(severityTokens[role]);
  context.lineWidth = ratio;
  context.setLineDash([5 * ratio, 4 * ratio]);
  context.beginPath();
  context.moveTo(plane.left, y);
  context.lineTo(plane.left + plane.width, y);
  context.stroke();
  context.setLineDash([]);
  const hasRoomAbove = y - plane.top > 16 * ratio;
  paintLabel(context, label, {
    left: plane.left + 6 * ratio,
    y: hasRoomAbove ? y - 4 * ratio : y + 13 * ratio,
    color: token(severityTokens[role]),
    room,
  });
}

function paintFarThreshold(
  plane: Plane,
  { label, role }: ThresholdMark,
  { place, room }: { readonly place: 'above' | 'below'; readonly room: LabelRoom },
): void {
  const ratio = pixelRatio();
  paintLabel(plane.context, `${place === 'above' ? '\u2191' : '\u2193'} ${label}`, {
    left: plane.left + 6 * ratio,
    y: place === 'above' ? plane.top + 12 * ratio : plane.top + plane.height - 6 * ratio,
    color: token(severityTokens[role]),
    room,
  });
}

function paintDowntime(
  plane: Plane,
  { label }: SpanMark,
  { left, width, room }: { readonly left: number; readonly width: number; readonly room: LabelRoom },
): void {
  const { context } = plane;
  const ratio = pixelRatio();
  context.fillStyle = token('maint');
  context.fillRect(left, plane.top, width, 2 * ratio);
  setFont(context);
  if (context.measureText(label).width > width - 8 * ratio) return;
  paintLabel(context, label, { left: left + 4 * ratio, y: plane.top + 14 * ratio, color: token('maint'), room });
}

/** A bar on the baseline, its beginning dotted through the chart, and there the shape of its severity. */
function paintAlert(
  plane: Plane,
  { severity }: SpanMark,
  at: { readonly left: number; readonly width: number; readonly showsStart: boolean },
): void {
  const { context } = plane;
  const ratio = pixelRatio();
  const bottom = plane.top + plane.height;
  const color = token(severityTokens[severity]);
  context.fillStyle = color;
  context.fillRect(at.left, bottom - 3 * ratio, at.width, 3 * ratio);
  if (!at.showsStart) return;
  context.strokeStyle = color;
  context.lineWidth = ratio;
  context.setLineDash([2 * ratio, 2 * ratio]);
  context.beginPath();
  context.moveTo(Math.round(at.left) + 0.5, plane.top);
  context.lineTo(Math.round(at.left) + 0.5, bottom);
  context.stroke();
  context.setLineDash([]);
  const radius = 5 * ratio;
  const x = Math.max(plane.left + radius, Math.min(plane.left + plane.width - radius, at.left));
  paintSeverity(context, severity, { x, y: bottom - 3 * ratio - radius, radius });
}

function paintSeverity(
  context: CanvasRenderingContext2D,
  severity: SpanMark['severity'],
  { x, y, radius }: { readonly x: number; readonly y: number; readonly radius: number },
): void {
  context.beginPath();
  if (severity === 'info') context.arc(x, y, radius, 0, 2 * Math.PI);
  else if (severity === 'critical') {
    context.moveTo(x, y - radius * 1.15);
    context.lineTo(x + radius * 1.15, y);
    context.lineTo(x, y + radius * 1.15);
    context.lineTo(x - radius * 1.15, y);
    context.closePath();
  } else {
    context.moveTo(x, y - radius);
    context.lineTo(x + radius * 1.1, y + radius);
    context.lineTo(x - radius * 1.1, y + radius);
    context.closePath();
  }
  context.lineWidth = 2 * pixelRatio();
  context.strokeStyle = token('surface-1');
  context.stroke();
  context.fillStyle = token(severityTokens[severity]);
  context.fill();
}

function paintMoments(plane: Plane, moments: readonly MomentMark[], room: LabelRoom): void {
  const { context, window } = plane;
  const ratio = pixelRatio();
  for (const { atMs, label } of moments) {
    if (atMs < window.fromMs || atMs > window.toMs) continue;
    const x = Math.round(plane.x(atMs)) + 0.5;
    context.strokeStyle = context.fillStyle = token('accent');
    context.lineWidth = ratio;
    context.beginPath();
    context.moveTo(x, plane.top);
    context.lineTo(x, plane.top + plane.height);
    context.stroke();
    context.beginPath();
    context.moveTo(x, plane.top);
    context.lineTo(x + 6 * ratio, plane.top + 3 * ratio);
    context.lineTo(x, plane.top + 6 * ratio);
    context.fill();
    setFont(context);
    const left = x + 8 * ratio;
    if (left + context.measureText(label).width > plane.left + plane.width) continue;
    paintLabel(context, label, { left, y: plane.top + 11 * ratio, color: token('accent'), room });
  }
}

interface Label {
  readonly left: number;
  /** Baseline that it would like. */
  readonly y: number;
  readonly color: string;
  readonly room: LabelRoom;
}

/** Where it lies over no other, with a rim in the colour of the ground, so that it can be read over lines. */
function paintLabel(context: CanvasRenderingContext2D, text: string, { left, y, color, room }: Label): void {
  setFont(context);
  const width = context.measureText(text).width + 4 * pixelRatio();
  const at = room.take({ left, width, y }, labelRowsMax);
  if (at === null) return;
  context.textAlign = 'left';
  context.textBaseline = 'alphabetic';
  context.lineJoin = 'round';
  context.lineWidth = 3 * pixelRatio();
  context.strokeStyle = token('surface-1');
  context.strokeText(text, left, at);
  context.fillStyle = color;
  context.fillText(text, left, at);
}

function setFont(context: CanvasRenderingContext2D): void {
  context.font = `${11 * pixelRatio()}px ${token('font')}`;
}
