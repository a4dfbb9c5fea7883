/**
 * One chart: the only door to uPlot. It gets data once a frame, draws gaps and heat itself, and tells where the
 * cursor is; legend, title and state belong to `pw-chart`. All charts share one cursor, one gutter and one inset, so
 * the same moment stands at the same pixel down the page.
 */
import uPlot from 'uplot';
import uPlotStyles from 'uplot/dist/uPlot.min.css?inline';
import { pixelRatio } from './frames.ts';
import { type ChartData, createChartData, fillChartData, type Gap, stackUp, type Window } from './model/chart-data.ts';
import type { Chart } from './model/charts.ts';
import { formatAxis, formatClock } from './model/format.ts';
import { heatLevels, yRange } from './model/scale.ts';
import type { HostRing } from './ring.ts';
import { hatch, token, tokenWithAlpha } from './theme/canvas-tokens.ts';

export const chartLibraryStyles: string = uPlotStyles;
export const plotHeight = 142;
const axisHeight = 18;
const gutter = 46;
const insetRight = 12;
const insetTop = 6;

const timeStepsMs = [1, 2, 5, 10, 15, 30, 60, 120, 300, 600].map((seconds) => seconds * 1_000);
const binarySteps = Array.from({ length: 60 }, (_, power) => 2 ** power);
/** Patterns of `Line.dash`; the first is solid. */
const dashes: readonly number[][] = [[], [5, 3], [2, 2], [8, 3, 2, 3]];

export interface ChartListener {
  /** Index into `data` of the tick under the cursor; null when there is none. */
  cursorMoved(index: number | null): void;
  zoomed(window: Window): void;
  reset(): void;
}

export class ChartPlot {
  readonly data: ChartData;
  readonly #chart: Chart;
  readonly #plot: uPlot;
  readonly #cursorTime: HTMLElement;
  readonly #stacked: (number | null)[][];
  readonly #hidden = new Set<number>();
  #window: Window = { fromMs: 0, toMs: 1 };
  #max: number | null = null;

  constructor(parent: HTMLElement, chart: Chart, listener: ChartListener) {
    this.#chart = chart;
    this.data = createChartData(chart);
    this.#stacked = chart.lines.map(() => []);
    this.#cursorTime = document.createElement('span');
    this.#cursorTime.className = 'cursor-time';
    this.#plot = new uPlot(this.#options(listener), [[]], parent);
    this.#plot.over.append(this.#cursorTime);
    this.#plot.over.addEventListener('dblclick', () => listener.reset());
  }

  /** Reads the ring and draws `window`. */
  draw(ring: HostRing, window: Window, width: number): void {
    this.#window = window;
    const { maxKey, factor } = this.#chart;
    this.#max = maxKey === null ? null : ring.newest(maxKey) * factor;
    fillChartData(this.data, this.#chart, ring, window);
    if (this.#plot.width !== width) this.#plot.setSize({ width, height: plotHeight });
    this.#plot.setData([this.data.times, ...this.#drawnValues()] as uPlot.AlignedData, true);
  }

  setHidden(line: number, isHidden: boolean): void {
    if (isHidden) this.#hidden.add(line);
    else this.#hidden.delete(line);
    if (this.#chart.kind !== 'heat') this.#plot.setSeries(line + 1, { show: !isHidden });
  }

  /** Moves the shared cursor by so many ticks; from the newest when there is none. */
  moveCursor(by: number): void {
    const { times } = this.data;
    const at = Math.max(0, Math.min(times.length - 1, (this.#plot.cursor.idx ?? times.length - 1) + by));
    const timeMs = times[at];
    if (timeMs !== undefined) this.#plot.setCursor({ left: this.#plot.valToPos(timeMs, 'x'), top: 10 }, true);
  }

  /** Colours have changed. */
  redraw(): void {
    this.#plot.redraw(false, true);
  }

  destroy(): void {
    this.#plot.destroy();
  }

  #drawnValues(): (number | null)[][] {
    if (this.#chart.kind !== 'stack') return this.data.values;
    const shown = this.data.values.filter((_, line) => !this.#hidden.has(line));
    const into = this.#stacked.filter((_, line) => !this.#hidden.has(line));
    stackUp(shown, into);
    return this.#stacked;
  }

  #options(listener: ChartListener): uPlot.Options {
    const chart = this.#chart;
    const isHeat = chart.kind === 'heat';
    const axisStyle = { stroke: () => token('chart-axis'), font: `11px ${token('font')}`, ticks: { show: false } };
    return {
      width: 400,
      height: plotHeight,
      ms: 1,
      padding: [insetTop, insetRight, 0, 0],
      legend: { show: false },
      cursor: {
        y: false,
        points: { show: false },
        drag: { x: true, y: false, setScale: false },
        sync: { key: 'pulsewire', setSeries: false },
      },
      scales: {
        x: { time: false, range: () => [this.#window.fromMs, this.#window.toMs] },
        y: {
          range: (_, dataMin, dataMax) =>
            isHeat ? [0, chart.lines.length] : yRange(chart, { dataMin, dataMax, maxValue: this.#max }),
        },
      },
      axes: [
        {
          ...axisStyle,
          size: axisHeight,
          gap: 3,
          space: 78,
          incrs: timeStepsMs,
          values: (_, splits) => splits.map((ms) => labelOfTime(ms, splits)),
          grid: { stroke: () => token('chart-grid'), width: 1, show: !isHeat },
        },
        {
          ...axisStyle,
          size: gutter,
          gap: 5,
          space: 25,
          ...(chart.unit === 'bytes' ? { incrs: binarySteps } : {}),
          ...(isHeat ? { splits: () => heatRows(chart.lines.length) } : {}),
          values: (_, splits) =>
            splits.map((value) =>
              isHeat
                ? this.#rowName(value)
                : formatAxis(Math.abs(value) * Math.sign(chart.kind === 'mirror' ? 1 : value || 1), chart.unit),
            ),
          grid: { stroke: () => token('chart-grid'), width: 1, show: !isHeat },
        },
      ],
      series: [{}, ...chart.lines.map((_, line) => this.#series(line))],
      ...(chart.kind === 'stack' ? { bands: this.#bands() } : {}),
      hooks: {
        drawClear: [(plot) => this.#drawGaps(plot)],
        draw: [(plot) => (isHeat ? this.#drawHeat(plot) : this.#drawZero(plot))],
        setCursor: [(plot) => this.#cursorMoved(plot, listener)],
        setSelect: [(plot) => this.#selected(plot, listener)],
      },
    };
  }

  #series(line: number): uPlot.Series {
    const { kind, lines } = this.#chart;
    const { color, dash } = lines[line]!;
    if (kind === 'heat') return { paths: () => null, points: { show: false } };
    const series: uPlot.Series = {
      stroke: () => token(color),
      width: kind === 'stack' ? 1 : 1.4,
      dash: [...(dashes[dash] ?? [])],
      points: { show: false },
      spanGaps: false,
    };
    if (kind === 'mirror') return { ...series, fill: () => tokenWithAlpha(color, 0.22), fillTo: 0 };
    if (kind === 'stack' && line === 0)
      return { ...series, fill: () => tokenWithAlpha(color, Number(token('chart-stack'))), fillTo: 0 };
    if (kind === 'line' && lines.length === 1)
      return { ...series, fill: () => tokenWithAlpha(color, Number(token('chart-fill'))) };
    return series;
  }

  /** Each layer of a stack is filled down to the one below. */
  #bands(): uPlot.Band[] {
    return this.#chart.lines.slice(1).map((line, index) => ({
      series: [index + 2, index + 1],
      fill: () => tokenWithAlpha(line.color, Number(token('chart-stack'))),
    }));
  }

  #rowName(value: number): string {
    const line = this.#chart.lines[this.#chart.lines.length - 1 - Math.floor(value)];
    return line?.name ?? '';
  }

  #drawGaps(plot: uPlot): void {
    const { ctx, bbox } = plot;
    ctx.save();
    for (const gap of this.data.gaps) {
      const [left, right] = edgesOf(plot, gap);
      if (right - left < 1) continue;
      ctx.globalAlpha = 0.5;
      ctx.fillStyle = hatch(ctx, pixelRatio());
      ctx.fillRect(left, bbox.top, right - left, bbox.height);
      ctx.globalAlpha = 1;
      if (right - left > 56 * pixelRatio()) labelGap(ctx, (left + right) / 2, bbox.top + bbox.height / 2);
    }
    ctx.restore();
  }

  #drawZero(plot: uPlot): void {
    const { ctx, bbox } = plot;
    const y = Math.round(plot.valToPos(0, 'y', true)) + 0.5;
    if (y < bbox.top || y > bbox.top + bbox.height + 1) return;
    ctx.save();
    ctx.setLineDash([]);
    ctx.strokeStyle = token('chart-zero');
    ctx.lineWidth = pixelRatio();
    ctx.beginPath();
    ctx.moveTo(bbox.left, y);
    ctx.lineTo(bbox.left + bbox.width, y);
    ctx.stroke();
    ctx.restore();
  }

  /** One rectangle for each run of one level: a quiet core is a handful of rectangles, not three hundred. */
  #drawHeat(plot: uPlot): void {
    const { ctx, bbox } = plot;
    const { times, values } = this.data;
    const colors = Array.from({ length: heatLevels }, (_, level) => token(`heat-${level}`));
    const rowHeight = bbox.height / values.length;
    const spacing = rowHeight > 4 ? pixelRatio() : 0;
    ctx.save();
    ctx.beginPath();
    ctx.rect(bbox.left, bbox.top, bbox.width, bbox.height);
    ctx.clip();
    for (let row = 0; row < values.length; row += 1) {
      const top = bbox.top + row * rowHeight;
      let from = 0;
      for (let index = 1; index <= times.length; index += 1) {
        const level = levelOf(values[row]![from]);
        if (index < times.length && levelOf(values[row]![index]) === level) continue;
        if (level >= 0) {
          const left = plot.valToPos(times[from]!, 'x', true);
          const right = plot.valToPos(times[Math.min(index, times.length - 1)]!, 'x', true);
          ctx.fillStyle = colors[level]!;
          ctx.fillRect(left, top, right - left + 0.5, rowHeight - spacing);
        }
        from = index;
      }
    }
    ctx.restore();
  }

  #cursorMoved(plot: uPlot, listener: ChartListener): void {
    const index = plot.cursor.left !== undefined && plot.cursor.left >= 0 ? (plot.cursor.idx ?? null) : null;
    const timeMs = index === null ? undefined : this.data.times[index];
    const isShown = timeMs !== undefined;
    this.#cursorTime.classList.toggle('shown', isShown);
    if (isShown) {
      const text = formatClock(timeMs);
      if (this.#cursorTime.textContent !== text) this.#cursorTime.textContent = text;
      const half = 26;
      const left = Math.max(half - gutter, Math.min(plot.over.clientWidth - half + insetRight, plot.cursor.left!));
      this.#cursorTime.style.transform = `translateX(${Math.round(left)}px) translateX(-50%)`;
    }
    listener.cursorMoved(index);
  }

  #selected(plot: uPlot, listener: ChartListener): void {
    const { left, width } = plot.select;
    if (width < 4) return;
    listener.zoomed({ fromMs: plot.posToVal(left, 'x'), toMs: plot.posToVal(left + width, 'x') });
    plot.setSelect({ left: 0, top: 0, width: 0, height: 0 }, false);
  }
}

function levelOf(value: number | null | undefined): number {
  if (value === null || value === undefined) return -1;
  return Math.max(0, Math.min(heatLevels - 1, Math.round((value / 100) * (heatLevels - 1))));
}

/** Middles of the rows that are named: all of few, every second or fourth of many. */
function heatRows(count: number): number[] {
  const every = count <= 8 ? 1 : count <= 16 ? 2 : count <= 32 ? 4 : 8;
  return Array.from({ length: Math.ceil(count / every) }, (_, index) => count - index * every - 0.5).reverse();
}

function edgesOf(plot: uPlot, gap: Gap): [number, number] {
  const { bbox } = plot;
  const clamp = (x: number) => Math.max(bbox.left, Math.min(bbox.left + bbox.width, x));
  return [clamp(plot.valToPos(gap.fromMs, 'x', true)), clamp(plot.valToPos(gap.toMs, 'x', true))];
}

function labelGap(context: CanvasRenderingContext2D, x: number, y: number): void {
  const ratio = pixelRatio();
  const text = 'no data';
  context.font = `${11 * ratio}px ${token('font')}`;
  const width = context.measureText(text).width;
  context.fillStyle = token('surface-1');
  context.fillRect(x - width / 2 - 4 * ratio, y - 8 * ratio, width + 8 * ratio, 16 * ratio);
  context.fillStyle = token('chart-axis');
  context.textAlign = 'center';
  context.textBaseline = 'middle';
  context.fillText(text, x, y);
}

/** Seconds only where labels are less than a minute apart. */
function labelOfTime(ms: number, splits: readonly number[]): string {
  const stepMs = splits.length > 1 ? splits[1]! - splits[0]! : 60_000;
  const text = formatClock(ms);
  return stepMs < 60_000 ? text : text.slice(0, 5);
}
