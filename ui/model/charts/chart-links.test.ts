import { describe, expect, test } from 'vitest';
import { compareRoute, ruleRoute } from '../route.ts';
import { compareRouteOf, csvLink, metricOf, ruleRouteOf } from './chart-links.ts';
import type { Chart } from './charts.ts';

type Made = readonly [key: string, host: string | null];

function chartOf(...lines: readonly Made[]): Chart {
  const made = lines.map(([key, host]) => ({ key, host, name: key, color: 'c1', dash: 0, isBelow: false }));
  const scale = { unit: '', factor: 1, min: null, max: null, maxKey: null };
  return { id: 'x', title: 'Disk / busy', note: '', kind: 'line', ...scale, lines: made };
}

const window = { fromMs: Date.UTC(2026, 10, 18, 14, 32, 5) + 400, toMs: Date.UTC(2026, 10, 18, 14, 37, 5) + 400 };

describe('csvLink()', () => {
  test('asks for the lines of the chart, in its window and step', () => {
    const { href, file, leftOutCount } = csvLink(chartOf(['a{x="1"}', null], ['b', null]), {
      host: 'web 1',
      window,
      stepMs: 5_000,
    });
    const query = new URL(href, 'http://hub').searchParams;
    expect([...query]).toEqual([
      ['format', 'csv'],
      ['start', '1795012325'],
      ['end', '1795012626'],
      ['step', '5'],
      ['series', 'a{x="1"}'],
      ['series', 'b'],
      ['host', 'web 1'],
    ]);
    expect([file, leftOutCount]).toEqual(['web-1-Disk-busy-2026-11-18T1432.csv', 0]);
  });

  test('asks for the samples where the chart shows them', () => {
    const { href } = csvLink(chartOf(['a', null]), { host: 'h', window, stepMs: 0 });
    expect(new URL(href, 'http://hub').searchParams.get('raw')).toBe('1');
  });

  test('names as many hosts as one request takes, and says how many it does not', () => {
    const lines = Array.from({ length: 300 }, (_, at): Made => ['cpu', `a-host-with-a-name-of-its-own-${at}`]);
    const { href, leftOutCount } = csvLink(chartOf(...lines, ['mean', '']), { host: '', window, stepMs: 5_000 });
    const query = new URL(href, 'http://hub').searchParams;
    expect(href.length).toBeLessThan(2_600);
    expect(query.getAll('host').length + leftOutCount).toBe(300);
    expect(query.getAll('series')).toEqual(['cpu']);
  });
});

test.each([
  [[['disk{device="a"}', null]], 'disk{device="a"}'],
  [
    [
      ['disk{device="a"}', null],
      ['disk{device="b"}', null],
    ],
    'disk',
  ],
  [
    [
      ['cpu', 'a'],
      ['cpu', 'b'],
    ],
    'cpu',
  ],
  [
    [
      ['read', null],
      ['write', null],
    ],
    'read',
  ],
] as const)('metricOf() %j is %s', (lines, metric) => {
  expect(metricOf(chartOf(...lines))).toBe(metric);
});

test('a chart leads to a comparison and to a rule that begin with its host', () => {
  const range = { kind: 'live', spanMs: 900_000 } as const;
  const chart = chartOf(['load_1m', null]);
  expect(compareRouteOf(chart, 'web-01', range)).toEqual({
    ...compareRoute,
    hosts: ['web-01'],
    metric: 'load_1m',
    range,
  });
  expect(ruleRouteOf(chart, 'web-01')).toEqual({ ...ruleRoute, host: 'web-01', metric: 'load_1m' });
});
