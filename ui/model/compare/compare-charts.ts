/**
 * The charts of a comparison: all lines in one, one for each line beside the mean, or the differences. Pure.
 */
import type { Chart, Line } from '../charts/charts.ts';
import { coloredMax, type LineLook, lookOf, quietLook } from './colors.ts';
import { meanHost } from './fill-compare.ts';
import type { CompareGrid } from './grid.ts';
import { labelsText, type MetricScale, metricTitle } from './metrics.ts';
import type { Ranked } from './ranking.ts';

export interface ChartFacts {
  readonly grid: CompareGrid;
  readonly metric: string;
  readonly scale: MetricScale;
  /** Lines that are shown, the leading first. */
  readonly ranked: readonly Ranked[];
  /** Of `colorSlots`. */
  readonly slots: ReadonlyMap<number, number>;
  /** Lines that stand out while the others are dimmed; none: all are as they are. */
  readonly focused: ReadonlySet<number>;
  readonly titleOf: (host: string) => string;
}

/** "web-01", or "web-01 sda" where the metric has several series a host. */
export function lineTitle(
  { grid, metric, titleOf }: Pick<ChartFacts, 'grid' | 'metric' | 'titleOf'>,
  line: number,
): string {
  const { host, key } = grid.lines[line]!;
  const labels = labelsText(metric, key);
  return labels === '' ? titleOf(host) : `${titleOf(host)} ${labels}`;
}

/** How a line is drawn now. */
function lookOfLine({ slots, focused }: Pick<ChartFacts, 'slots' | 'focused'>, line: number): LineLook {
  if (focused.size > 0 && !focused.has(line)) return quietLook;
  const slot = slots.get(line);
  if (slot !== undefined) return lookOf(slot);
  // A quiet line that is looked at takes the accent that no other has.
  return focused.has(line) ? { color: 'accent', dash: 0 } : quietLook;
}

/** All lines in one chart, the quiet ones at the bottom. */
export function overlayChart(facts: ChartFacts, note: string): Chart {
  return { ...chartOf(facts), id: 'overlay', note, lines: layeredLines(facts, facts.ranked) };
}

/** The same against `reference`, whose own line would be the zero line. */
export function differenceChart(facts: ChartFacts, reference: number | 'mean', note: string): Chart {
  const ranked = facts.ranked.filter(({ line }) => line !== reference);
  return { ...chartOf(facts), id: 'difference', note, min: null, max: null, lines: layeredLines(facts, ranked) };
}

/** A chart for each line, all on the same scale, with the mean of all behind it. */
export function multipleCharts(facts: ChartFacts): Chart[] {
  const scale = commonScale(facts);
  const mean: Line = {
    key: 'mean',
    host: meanHost,
    name: 'mean of all',
    color: 'border-control',
    dash: 2,
    isBelow: false,
  };
  return facts.ranked.map(({ line }) => {
    const title = lineTitle(facts, line);
    const { host, key } = facts.grid.lines[line]!;
    const color = facts.focused.has(line) ? 'accent' : 'c1';
    return {
      ...chartOf(facts),
      ...scale,
      id: `multiple ${host} ${key}`,
      title,
      note: '',
      lines: [mean, { ...lineOf(facts, line, { color, dash: 0 }), name: title }],
    };
  });
}

function chartOf({ metric, scale }: ChartFacts): Chart {
  return {
    id: '',
    title: metricTitle(metric),
    note: '',
    kind: 'line',
    unit: scale.unit,
    factor: scale.factor,
    min: scale.min,
    max: scale.max,
    maxKey: null,
    lines: [],
  };
}

function layeredLines(facts: ChartFacts, ranked: readonly Ranked[]): Line[] {
  const looks = ranked.map(({ line }) => ({ line, look: lookOfLine(facts, line) }));
  const isQuiet = ({ look }: { readonly look: LineLook }) => look.color === quietLook.color;
  const bright = looks.filter((one) => !isQuiet(one)).sort((a, b) => a.line - b.line);
  return [...looks.filter(isQuiet), ...bright].map(({ line, look }) => lineOf(facts, line, look));
}

function lineOf(facts: ChartFacts, line: number, look: LineLook): Line {
  const { host, key } = facts.grid.lines[line]!;
  return { key, host, name: lineTitle(facts, line), color: look.color, dash: look.dash, isBelow: false };
}

/** The same hosts on another metric, in the colours that they have. */
export function companionChart(
  { grid, metric, scale, titleOf }: Pick<ChartFacts, 'grid' | 'metric' | 'scale' | 'titleOf'>,
  looks: ReadonlyMap<string, LineLook>,
): Chart {
  const lines = grid.lines.map(({ host, key }) => ({
    key,
    host,
    name: titleOf(host),
    ...(looks.get(host) ?? quietLook),
    isBelow: false,
  }));
  return {
    id: `companion ${metric}`,
    title: metricTitle(metric),
    note: '',
    kind: 'line',
    unit: scale.unit,
    factor: scale.factor,
    min: scale.min,
    max: scale.max,
    maxKey: null,
    lines,
  };
}

/** Lowest and highest of all lines, rounded so that they stay while values move a little. */
function commonScale({ ranked, scale }: ChartFacts): { readonly min: number; readonly max: number } {
  const lowest = Math.min(...ranked.map(({ min }) => min)) * scale.factor;
  const highest = Math.max(...ranked.map(({ max }) => max)) * scale.factor;
  if (!Number.isFinite(lowest) || !Number.isFinite(highest)) return { min: scale.min ?? 0, max: scale.max ?? 1 };
  const isFromZero = lowest >= 0 && lowest < (highest - lowest) * 2;
  const step = roundStep(Math.max(highest - (isFromZero ? 0 : lowest), Math.abs(highest) * 0.05, 1e-9) / 5);
  return {
    min: scale.min ?? (isFromZero ? 0 : Math.floor(lowest / step) * step),
    max: scale.max ?? Math.ceil((highest * 1.02) / step) * step,
  };
}

/** 1, 2 or 5 times a power of ten, at least `least`. */
function roundStep(least: number): number {
  const power = 10 ** Math.floor(Math.log10(least));
  const times = [1, 2, 5].find((factor) => factor * power >= least) ?? 10;
  return times * power;
}

/** "8 of 31 in colour"; '' while every line has one. */
export function coloredText(lineCount: number): string {
  return lineCount <= coloredMax ? '' : `${coloredMax} of ${lineCount} in colour`;
}
