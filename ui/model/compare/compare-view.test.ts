import { describe, expect, test } from 'vitest';
import { compareRoute } from '../route.ts';
import { quietLook } from './colors.ts';
import { compareView, type ViewOptions, withNewValues } from './compare-view.ts';
import { CompareGrid } from './grid.ts';

const route = { ...compareRoute, metric: 'cpu_used_percent' };

function gridOf(values: readonly number[]): CompareGrid {
  const grid = new CompareGrid(1_000, 0, 1_000);
  for (const at of values.keys()) grid.add({ host: `h${at}`, key: 'cpu_used_percent', unit: 'percent' });
  setValues(grid, values);
  return grid;
}

function setValues(grid: CompareGrid, values: readonly number[]): void {
  for (const [line, value] of values.entries()) {
    grid.clear(line, 0);
    grid.put(line, { atMs: 0, widthMs: 1_000, sum: value, count: 1, min: value, max: value });
  }
}

function optionsOf(grid: CompareGrid, change: Partial<ViewOptions> = {}): ViewOptions {
  return {
    route,
    grid,
    firstHost: 'h0',
    hovered: '',
    titleOf: (host) => host.toUpperCase(),
    keepsOrder: false,
    ...change,
  };
}

/** Host, colour and dash of each line of a chart. */
function looks(chart: { readonly lines: readonly { host: string | null; color: string; dash: number }[] } | undefined) {
  return chart?.lines.map(({ host, color, dash }) => `${host} ${color} ${dash}`);
}

describe('compareView()', () => {
  test('draws few lines in the colours of their order, whoever leads', () => {
    const view = compareView(optionsOf(gridOf([1, 3, 2])), null);
    expect(looks(view.charts[0])).toEqual(['h0 c1 0', 'h1 c2 1', 'h2 c3 2']);
    expect(view.charts[0]).toMatchObject({ title: 'CPU used', note: 'average', min: 0, max: 100 });
  });

  test('draws of many the leading in colour, and the rest quietly and below', () => {
    const view = compareView(optionsOf(gridOf([1, 2, 3, 4, 5, 6, 7, 8, 9, 10])), null);
    const lines = looks(view.charts[0])!;
    expect(lines.slice(0, 2)).toEqual([`h1 ${quietLook.color} 0`, `h0 ${quietLook.color} 0`]);
    expect(lines.slice(2)).toHaveLength(8);
    expect(new Set(lines.slice(2).map((line) => line.split(' ')[1])).size).toBe(8);
  });

  test('shows only the top, lowest first when that is wanted', () => {
    const view = compareView(optionsOf(gridOf([5, 1, 3]), { route: { ...route, top: 2, order: 'lowest' } }), null);
    expect(view.shown.map(({ line }) => line)).toEqual([1, 2]);
    expect(view.ranked).toHaveLength(3);
  });

  test('lets the line under the pointer stand out, or else the one that was chosen', () => {
    const focused = { ...route, focus: 'h1' };
    const quiet = (host: string) => `${host} ${quietLook.color} 0`;
    const grid = gridOf([1, 2, 3]);
    expect(looks(compareView(optionsOf(grid, { route: focused }), null).charts[0])).toEqual([
      quiet('h2'),
      quiet('h0'),
      'h1 c2 1',
    ]);
    expect(looks(compareView(optionsOf(grid, { route: focused, hovered: 'h2' }), null).charts[0])?.at(-1)).toBe(
      'h2 c3 2',
    );
  });

  test('keeps charts that are as they were, and builds anew the one that is not', () => {
    const grid = gridOf([1, 2, 3]);
    const before = compareView(optionsOf(grid), null);
    expect(compareView(optionsOf(grid), before).charts[0]).toBe(before.charts[0]);
    expect(compareView(optionsOf(grid, { hovered: 'h1' }), before).charts[0]).not.toBe(before.charts[0]);
  });

  test('keeps the order while it is asked to, and not of another comparison', () => {
    const grid = gridOf([1, 2, 3]);
    const before = compareView(optionsOf(grid), null);
    setValues(grid, [9, 2, 3]);
    const lines = (view: { readonly ranked: readonly { readonly line: number }[] }) =>
      view.ranked.map(({ line }) => line);
    expect(lines(compareView(optionsOf(grid, { keepsOrder: true }), before))).toEqual([2, 1, 0]);
    expect(lines(withNewValues(before, route))).toEqual([2, 1, 0]);
    expect(lines(compareView(optionsOf(grid), before))).toEqual([0, 2, 1]);
    expect(lines(compareView(optionsOf(gridOf([9, 2, 3]), { keepsOrder: true }), before))).toEqual([0, 2, 1]);
  });

  test('makes small charts on one scale, each with the mean of all', () => {
    const charts = compareView(optionsOf(gridOf([10, 30]), { route: { ...route, layout: 'multiples' } }), null).charts;
    expect(charts.map(({ title, min, max }) => [title, min, max])).toEqual([
      ['H1', 0, 100],
      ['H0', 0, 100],
    ]);
    expect(charts[0]!.lines.map(({ name }) => name)).toEqual(['mean of all', 'H1']);
  });

  test('leaves the first host out of differences to it, and says to what they are', () => {
    const difference = { ...route, layout: 'difference', against: 'first' } as const;
    const view = compareView(optionsOf(gridOf([1, 2, 3]), { route: difference }), null);
    expect(view.against).toBe(0);
    expect(looks(view.charts[0])).toEqual(['h1 c2 1', 'h2 c3 2']);
    expect(view.charts[0]).toMatchObject({
      note: 'average, less that of H0, in percentage points',
      min: null,
      max: null,
    });
    const gone = compareView(optionsOf(gridOf([1, 2]), { route: difference, firstHost: 'h9' }), null);
    expect(gone.against).toBe('mean');
  });
});
