/**
 * What a comparison shows: the ranking, who has a colour, the charts. It is made anew when something was chosen, and
 * the order of the lines now and then; in between only values move, so that neither rows nor colours jump. Pure.
 */
import type { Chart } from '../charts/charts.ts';
import type { CompareRoute } from '../route.ts';
import { coloredMax, colorSlots } from './colors.ts';
import { type ChartFacts, differenceChart, multipleCharts, overlayChart } from './compare-charts.ts';
import type { Reference } from './fill-compare.ts';
import type { CompareGrid } from './grid.ts';
import { scaleOf } from './metrics.ts';
import { keepOrder, type Ranked, rank } from './ranking.ts';

/** How long the order stays as it is while values move. */
export const orderMs = 10_000;
/** Small charts at once; more are not compared but searched. */
export const multiplesMax = 60;

export interface CompareView {
  readonly grid: CompareGrid;
  /** Every line with values, in order. */
  readonly ranked: readonly Ranked[];
  /** Those that the charts show. */
  readonly shown: readonly Ranked[];
  readonly slots: ReadonlyMap<number, number>;
  readonly charts: readonly Chart[];
  readonly against: Reference;
}

export interface ViewOptions {
  readonly route: CompareRoute;
  readonly grid: CompareGrid;
  /** Name of the first host that is compared; null for none. */
  readonly firstHost: string | null;
  /** Host under the pointer, '' for none. */
  readonly hovered: string;
  readonly titleOf: (host: string) => string;
  /** Whether lines stay in the order that they have, if they have one. */
  readonly keepsOrder: boolean;
}

/** `before` is the view that is replaced, of the same grid; its colours and charts stay as far as they can. */
export function compareView(options: ViewOptions, before: CompareView | null): CompareView {
  const { route, grid, firstHost } = options;
  const kept = before?.grid === grid ? before : null;
  const newest = rank(grid, route);
  const ranked = kept !== null && options.keepsOrder ? keepOrder(newest, kept.ranked) : newest;
  const shown = route.top === 0 ? ranked : ranked.slice(0, route.top);
  const slots = colorSlots(coloredOrder(shown), kept?.slots ?? new Map());
  const first = grid.lines.findIndex(({ host }) => host === firstHost);
  const against: Reference =
    route.layout !== 'difference' ? null : route.against === 'first' && first >= 0 ? first : 'mean';
  const view = { grid, ranked, shown, slots, against };
  return { ...view, charts: keepSame(chartsOf(view, options), kept?.charts ?? []) };
}

/** The same view with the newest values, in the order that it had. */
export function withNewValues(view: CompareView, route: CompareRoute): CompareView {
  return { ...view, ranked: keepOrder(rank(view.grid, route), view.ranked) };
}

/** Few lines have their colours in the order of the choice, so that a host keeps its own; of many, the leading have them. */
function coloredOrder(shown: readonly Ranked[]): number[] {
  const lines = shown.map(({ line }) => line);
  return shown.length <= coloredMax ? lines.sort((a, b) => a - b) : lines;
}

function chartsOf(view: Omit<CompareView, 'charts'>, { route, hovered, titleOf }: ViewOptions): Chart[] {
  const { grid, shown, slots, against } = view;
  const focus = hovered === '' ? route.focus : hovered;
  const isFocused = (line: number) => grid.lines[line]!.host === focus;
  const facts: ChartFacts = {
    grid,
    metric: route.metric,
    scale: scaleOf(route.metric, grid.lines[0]?.unit ?? ''),
    ranked: shown,
    slots,
    focused: new Set(shown.map(({ line }) => line).filter(isFocused)),
    titleOf,
  };
  if (route.layout === 'multiples') return multipleCharts({ ...facts, ranked: shown.slice(0, multiplesMax) });
  if (against === null) return [overlayChart(facts, noteOf(route))];
  const what = against === 'mean' ? `the mean of all ${grid.lines.length}` : titleOf(grid.lines[against]!.host);
  const points = facts.scale.unit === 'percent' ? ', in percentage points' : '';
  return [differenceChart(facts, against, `${noteOf(route)}, less that of ${what}${points}`)];
}

function noteOf({ stat }: CompareRoute): string {
  return { avg: 'average', min: 'minimum', max: 'maximum' }[stat];
}

/** A chart that is as it was stays the same object: it is not built anew. */
function keepSame(charts: readonly Chart[], before: readonly Chart[]): Chart[] {
  const known = new Map(before.map((chart) => [chart.id, chart]));
  return charts.map((chart) => {
    const old = known.get(chart.id);
    return old !== undefined && JSON.stringify(old) === JSON.stringify(chart) ? old : chart;
  });
}
