/**
 * One chart: the only door to uPlot. It gets data once a frame, has everything around the lines painted
 * (`chart-paint.ts`), and tells where the cursor is; legend, title and state belong to `pw-chart`. All charts share one
 * cursor, one gutter and one inset, so the same moment stands at the same pixel down the page.
 */
import uPlot from 'uplot';
import uPlotStyles from 'uplot/dist/uPlot.min.css?inline';
import {
  type Plane,
  paintBand,
  paintGapLabels,
  paintGaps,
  paintHeat,
  paintLone,
  paintOver,
  paintUnder,
  paintZero,
} from './chart-paint.ts';
import { type ChartSurface, followFingers, startPan } from './chart-pointer.ts';
import { type ChartOverlays, type ChartSource, noOverlays } from './chart-source.ts';
import { type ChartData, createChartData, stackUp, type Window } from './model/charts/chart-data.ts';
import type { Chart } from './model/charts/charts.ts';
import { fittedLabel, Gutter, gutterGap } from './model/charts/gutter.ts';
import { rangeWithThresholds } from './model/charts/overlays.ts';
import { extentOf, yRange } from './model/charts/scale.ts';
import { cursorLabel, type TimeMarks, timeLabels, timeMarks } from './model/charts/time-axis.ts';
import { formatAxis, formatAxisMarks } from './model/format.ts';
import { token, tokenWithAlpha } from './theme/canvas-tokens.ts';

export const chartLibraryStyles: string = uPlotStyles;
/** Of a plot with its time axis, unless told otherwise. */
export const plotHeight = 142;
export const axisHeight = 18;
export const insetRight = 12;
const insetTop = 6;

/** One of the page. */
const gutter = new Gutter();
let ruler: CanvasRenderingContext2D | null = null;

/** CSS pixels that a mark on the time axis needs at least; dates are wider than times. */
const markSpace = 78;
/** Half of a label, nearly. */
const labelHalf = 14;
const binarySteps = Array.from({ length: 60 }, (_, power) => 2 ** power);
/** Patterns of `Line.dash`; the first is solid. */
const dashes: readonly number[][] = [[], [5, 3], [2, 2], [8, 3, 2, 3]];
/** So many lines have bands at once; of more, the one in focus has. */
const bandsMax = 3;

export interface ChartListener {
  /** Index into `data` of the tick under the cursor; null when there is none. */
  cursorMoved(index: number | null): void;
  zoomed(window: Window): void;
  /** The window is dragged along, or pinched; `isDone` with the last call. */
  panned(window: Window, isDone: boolean): void;
  reset(): void;
}

export interface ChartLook {
  readonly overlays: ChartOverlays;
  /** CSS pixels, with the time axis. */
  readonly height: number;
  /** Whether the scale reaches to every threshold, however far. */
  readonly fitsThresholds: boolean;
}

const plainLook: ChartLook = { overlays: noOverlays, height: plotHeight, fitsThresholds: false };

export class ChartPlot {
  readonly data: ChartData;
  readonly #chart: Chart;
  readonly #plot: uPlot;
  readonly #cursorTime: HTMLElement;
  readonly #stacked: (number | null)[][];
  readonly #hidden = new Set<number>();
  readonly #plane: Plane;
  #window: Window = { fromMs: 0, toMs: 1 };
  #marks: TimeMarks = { times: [], unit: 'minute' };
  #look = plainLook;
  #focus: number | null = null;
  #max: number | null = null;
  #nowMs = 0;
  readonly #leaveGutter: () => void;
  #isDestroyed = false;
  /** A selection that began here: charts that share the cursor show it too, and it is one zoom. */
  #isSelecting = false;

  constructor(parent: HTMLElement, chart: Chart, listener: ChartListener) {
    this.#chart = chart;
    this.data = createChartData(chart);
    this.#stacked = chart.lines.map(() => []);
    this.#cursorTime = document.createElement('span');
    this.#cursorTime.className = 'cursor-time';
    let surface: ChartSurface | null = null;
    this.#plot = new uPlot(
      this.#options(listener, (event) => surface !== null && startPan(event, surface)),
      [[]],
      parent,
    );
    this.#plane = planeOf(this.#plot, () => this.#window);
    this.#plot.over.append(this.#cursorTime);
    this.#plot.over.addEventListener('dblclick', () => listener.reset());
    surface = {
      over: this.#plot.over,
      window: () => this.#window,
      pointAt: (left) => this.#pointAt(left),
      moved: (window, isDone) => listener.panned(window, isDone),
    };
    followFingers(surface);
    this.#leaveGutter = gutter.join(() => this.#gutterMoved());
  }

  /** Reads the source and draws its window. `nowMs`: up to there what still lasts has lasted. */
  draw(source: ChartSource, width: number, nowMs: number): void {
    this.#window = source.window;
    this.#nowMs = nowMs;
    const { maxKey, factor } = this.#chart;
    this.#max = maxKey === null ? null : source.newest({ key: maxKey, host: null }) * factor;
    source.fill(this.data, this.#chart);
    const { height } = this.#look;
    if (this.#plot.width !== width || this.#plot.height !== height) this.#plot.setSize({ width, height });
    this.#plot.setData([this.data.times, ...this.#drawnValues()] as uPlot.AlignedData, true);
  }

  /** For the next `draw`. */
  setLook(look: ChartLook): void {
    this.#look = look;
  }

  setHidden(line: number, isHidden: boolean): void {
    if (isHidden) this.#hidden.add(line);
    else this.#hidden.delete(line);
    if (this.#chart.kind !== 'heat') this.#plot.setSeries(line + 1, { show: !isHidden });
  }

  /** The line that somebody points at in the legend. */
  setFocus(line: number | null): void {
    if (line === this.#focus) return;
    this.#focus = line;
    this.redraw();
  }

  /** Moves the shared cursor by so many ticks; from the newest when there is none. */
  moveCursor(by: number): void {
    const { times } = this.data;
    const at = Math.max(0, Math.min(times.length - 1, (this.#plot.cursor.idx ?? times.length - 1) + by));
    const timeMs = times[at];
    if (timeMs !== undefined) this.#pointAt(this.#plot.valToPos(timeMs, 'x'));
  }

  /** Takes the shared cursor away. */
  leaveCursor(): void {
    this.#pointAt(-10);
  }

  /** In every chart. A third argument, which the types do not know, tells the others. */
  #pointAt(left: number): void {
    const setCursor: (at: { left: number; top: number }, fires: boolean, publishes: boolean) => void =
      this.#plot.setCursor;
    setCursor({ left, top: left < 0 ? -10 : 10 }, true, true);
  }

  /** CSS pixels from the top of the plot at which a value stands. */
  valueToTop(value: number): number {
    return this.#plot.over.offsetTop + this.#plot.valToPos(value, 'y');
  }

  topToValue(top: number): number {
    return this.#plot.posToVal(top - this.#plot.over.offsetTop, 'y');
  }

  /** Colours or words have changed. */
  redraw(): void {
    this.#plot.redraw(false, true);
  }

  destroy(): void {
    this.#isDestroyed = true;
    this.#leaveGutter();
    this.#plot.destroy();
  }

  /** Another chart has a longer label. It is told while that one is drawn. */
  #gutterMoved(): void {
    queueMicrotask(() => {
      if (!this.#isDestroyed) this.#plot.setSize({ width: this.#plot.width, height: this.#plot.height });
    });
  }

  #drawnValues(): (number | null)[][] {
    if (this.#chart.kind !== 'stack') return this.data.values;
    const shown = this.data.values.filter((_, line) => !this.#hidden.has(line));
    const into = this.#stacked.filter((_, line) => !this.#hidden.has(line));
    stackUp(shown, into);
    return this.#stacked;
  }

  #options(listener: ChartListener, pan: (event: MouseEvent) => void): uPlot.Options {
    const chart = this.#chart;
    const isHeat = chart.kind === 'heat';
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
        bind: {
          mousedown: (_, __, handler) => (event) => {
            this.#isSelecting = !event.shiftKey;
            if (!event.shiftKey) return handler(event);
            pan(event);
            return null;
          },
        },
      },
      scales: {
        x: { time: false, range: () => [this.#window.fromMs, this.#window.toMs] },
        y: { range: (_, dataMin, dataMax) => this.#yRange(dataMin, dataMax) },
      },
      axes: this.#axes(isHeat),
      series: [{}, ...chart.lines.map((_, line) => this.#series(line))],
      ...(chart.kind === 'stack' ? { bands: this.#layers() } : {}),
      hooks: {
        drawClear: [() => paintGaps(this.#plane, this.data.gaps)],
        drawAxes: [() => this.#paintUnder()],
        draw: [() => this.#paintOver(isHeat)],
        setCursor: [(plot) => this.#cursorMoved(plot, listener)],
        setSelect: [(plot) => this.#selected(plot, listener)],
      },
    };
  }

  #axes(isHeat: boolean): uPlot.Axis[] {
    const { unit, kind, lines } = this.#chart;
    const style = { stroke: () => token('chart-axis'), font: `11px ${token('font')}`, ticks: { show: false } };
    const grid = { stroke: () => token('chart-grid'), width: 1, show: !isHeat };
    const valueTexts = (values: readonly number[]) => {
      if (isHeat) return values.map((value) => this.#rowName(value));
      // Below zero in a mirror is the other direction, and no negative value.
      return kind === 'mirror'
        ? values.map((value) => formatAxis(Math.abs(value), unit))
        : formatAxisMarks(values, unit);
    };
    const widthOf = (text: string) => labelWidth(text, style.font);
    return [
      {
        ...style,
        size: axisHeight,
        gap: 3,
        splits: (plot) => {
          // Not that of the element, which has none yet when the first marks are asked for.
          const width = plot.width - gutter.width - insetRight;
          this.#marks = timeMarks(this.#window, Math.max(2, Math.floor(width / markSpace)));
          return [...this.#marks.times];
        },
        values: (plot) => this.#timeTexts(plot),
        grid,
      },
      {
        ...style,
        size: (_, texts) => {
          gutter.fit((texts ?? []).map(widthOf));
          return gutter.width;
        },
        gap: gutterGap,
        space: 25,
        ...(unit === 'bytes' ? { incrs: binarySteps } : {}),
        ...(isHeat ? { splits: () => heatRows(lines.length) } : {}),
        values: (_, splits) => valueTexts(splits).map((text) => fittedLabel(text, widthOf)),
        grid,
      },
    ];
  }

  /** A label at the left edge would lie over the lowest value. */
  #timeTexts(plot: uPlot): string[] {
    const labels = timeLabels(this.#marks);
    return labels.map((label, index) => (plot.valToPos(this.#marks.times[index]!, 'x') < labelHalf ? '' : label));
  }

  #yRange(dataMin: number | null, dataMax: number | null): [number, number] {
    const chart = this.#chart;
    if (chart.kind === 'heat') return [0, chart.lines.length];
    const banded = this.#banded();
    const extent = banded.length === 0 ? { dataMin, dataMax } : extentOf(this.data, banded, { dataMin, dataMax });
    const { overlays, fitsThresholds } = this.#look;
    return rangeWithThresholds(yRange(chart, { ...extent, maxValue: this.#max }), overlays.thresholds, fitsThresholds);
  }

  /** Lines whose band makes the scale larger. */
  #banded(): number[] {
    const { kind, lines } = this.#chart;
    if (this.data.stepMs === 0 || (kind !== 'line' && kind !== 'mirror')) return [];
    const shown = [...lines.keys()].filter((line) => !this.#hidden.has(line));
    return shown.length <= bandsMax ? shown : [];
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
    if (kind === 'mirror') return { ...series, fill: () => this.#fill(color, 0.22), fillTo: 0 };
    if (kind === 'stack' && line === 0)
      return { ...series, fill: () => tokenWithAlpha(color, Number(token('chart-stack'))), fillTo: 0 };
    if (kind === 'line' && lines.length === 1)
      return { ...series, fill: () => this.#fill(color, Number(token('chart-fill'))) };
    return series;
  }

  /** Where there is a band, the ground under a line says nothing more. */
  #fill(color: string, alpha: number): string {
    return tokenWithAlpha(color, this.data.stepMs > 0 ? 0 : alpha);
  }

  /** Each layer of a stack is filled down to the one below. */
  #layers(): uPlot.Band[] {
    return this.#chart.lines.slice(1).map((line, index) => ({
      series: [index + 2, index + 1],
      fill: () => tokenWithAlpha(line.color, Number(token('chart-stack'))),
    }));
  }

  #rowName(value: number): string {
    const line = this.#chart.lines[this.#chart.lines.length - 1 - Math.floor(value)];
    return line?.name ?? '';
  }

  #paintUnder(): void {
    paintUnder(this.#plane, this.#look.overlays, this.#nowMs);
    paintGapLabels(this.#plane, this.data.gaps);
    const banded = this.#banded();
    const { kind, lines } = this.#chart;
    const isFocusOnly = banded.length === 0 && this.#focus !== null && (kind === 'line' || kind === 'mirror');
    for (const line of isFocusOnly ? [this.#focus!] : banded)
      paintBand(this.#plane, this.data, line, lines[line]!.color);
  }

  #paintOver(isHeat: boolean): void {
    if (isHeat) paintHeat(this.#plane, this.data);
    else {
      paintZero(this.#plane);
      this.#paintLone();
    }
    paintOver(this.#plane, this.#look.overlays, this.#nowMs);
  }

  /** Where uPlot has them: layers of a stack lie on others. */
  #paintLone(): void {
    const { data, series } = this.#plot;
    for (const [line, { color }] of this.#chart.lines.entries()) {
      const values = data[line + 1];
      if (values !== undefined && series[line + 1]?.show !== false)
        paintLone(this.#plane, this.data.times, values, color);
    }
  }

  #cursorMoved(plot: uPlot, listener: ChartListener): void {
    const index = plot.cursor.left !== undefined && plot.cursor.left >= 0 ? (plot.cursor.idx ?? null) : null;
    const timeMs = index === null ? undefined : this.data.times[index];
    const isShown = timeMs !== undefined;
    this.#cursorTime.classList.toggle('shown', isShown);
    if (isShown) {
      const text = cursorLabel(timeMs, this.#window.toMs - this.#window.fromMs, this.data.stepMs);
      if (this.#cursorTime.textContent !== text) this.#cursorTime.textContent = text;
      // 10 px figures are less than 6 px wide.
      const half = text.length * 3 + 5;
      const left = Math.max(
        half - gutter.width,
        Math.min(plot.over.clientWidth - half + insetRight, plot.cursor.left!),
      );
      this.#cursorTime.style.transform = `translateX(${Math.round(left)}px) translateX(-50%)`;
    }
    listener.cursorMoved(index);
  }

  #selected(plot: uPlot, listener: ChartListener): void {
    const { left, width } = plot.select;
    if (width < 4) return;
    const isOwn = this.#isSelecting;
    this.#isSelecting = false;
    if (isOwn) listener.zoomed({ fromMs: plot.posToVal(left, 'x'), toMs: plot.posToVal(left + width, 'x') });
    plot.setSelect({ left: 0, top: 0, width: 0, height: 0 }, false);
  }
}

/** CSS pixels. */
function labelWidth(text: string, font: string): number {
  ruler ??= document.createElement('canvas').getContext('2d');
  if (ruler === null) return 0;
  ruler.font = font;
  return ruler.measureText(text).width;
}

/** Reads uPlot's canvas as it is at the time of painting. */
function planeOf(plot: uPlot, window: () => Window): Plane {
  return {
    context: plot.ctx,
    get left() {
      return plot.bbox.left;
    },
    get top() {
      return plot.bbox.top;
    },
    get width() {
      return plot.bbox.width;
    },
    get height() {
      return plot.bbox.height;
    },
    get window() {
      return window();
    },
    get range(): [number, number] {
      return [plot.scales['y']?.min ?? 0, plot.scales['y']?.max ?? 1];
    },
    x: (timeMs) => plot.valToPos(timeMs, 'x', true),
    y: (value) => plot.valToPos(value, 'y', true),
  };
}

/** Middles of the rows that are named: all of few, every second or fourth of many. */
function heatRows(count: number): number[] {
  const every = count <= 8 ? 1 : count <= 16 ? 2 : count <= 32 ? 4 : 8;
  return Array.from({ length: Math.ceil(count / every) }, (_, index) => count - index * every - 0.5).reverse();
}
