import { expect, test } from 'vitest';
import type { ChartSource } from '../../chart-source.ts';
import { Signal } from '../../live/signal.ts';
import { createChartData } from '../charts/chart-data.ts';
import type { Chart } from '../charts/charts.ts';
import { JudgedSource } from './judged-source.ts';

const line = { key: 'cpu', host: 'web', name: 'web', color: 'c1', dash: 0, isBelow: false };
const chart: Chart = {
  id: 'rule',
  title: 'cpu',
  note: '',
  kind: 'line',
  unit: '',
  factor: 1,
  min: null,
  max: null,
  maxKey: null,
  lines: [line],
};

/** Samples one second apart. */
function sourceOf(values: readonly (number | null)[]): ChartSource {
  return {
    changed: new Signal(),
    window: { fromMs: 0, toMs: values.length * 1_000 },
    fill(data) {
      data.times.push(...values.map((_, index) => index * 1_000));
      data.values[0]!.push(...values);
    },
    newest: () => values.at(-1) ?? Number.NaN,
    want() {},
  };
}

function filled(source: ChartSource): readonly (number | null)[] {
  const data = createChartData(chart);
  source.fill(data, chart);
  return data.values[0]!;
}

test('shows values as they are where the rule compares them', () => {
  const source = new JudgedSource(sourceOf([1, 2, null, 4]), { kind: 'value' });
  expect([filled(source), source.newest(line)]).toEqual([[1, 2, null, 4], 4]);
});

test('shows averages over the window, and nothing until it is filled', () => {
  const source = new JudgedSource(sourceOf([10, 20, 30, 40, 50]), { kind: 'average', windowMs: 3_000 });
  expect([filled(source), source.newest(line)]).toEqual([[null, null, null, 30, 40], 40]);
});

test('shows the change per second over the window, across a missing value', () => {
  const source = new JudgedSource(sourceOf([0, 5, null, 15, 20]), { kind: 'rate', windowMs: 3_000 });
  expect(filled(source)).toEqual([null, null, null, 5, 5]);
});
