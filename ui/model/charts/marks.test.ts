import { describe, expect, test } from 'vitest';
import { anyHost, type Rule, type RuleSpec } from '#core/rule-spec.ts';
import type { Chart } from './charts.ts';
import { alertSpansOf, limitsOf, thresholdsOf } from './marks.ts';

const host = { name: 'web-03', tags: { role: 'web' } };

function ruleOn(pattern: string, change: Partial<RuleSpec> = {}, ruleChange: Partial<Rule> = {}): Rule {
  return {
    id: 1,
    name: 'Rule',
    isEnabled: true,
    origin: 'api',
    version: 1,
    createdMs: 0,
    changedMs: 0,
    spec: {
      subject: {
        kind: 'series',
        series: { patterns: [pattern], labels: {} },
        input: { kind: 'value' },
        condition: { kind: 'above', threshold: 85, recovery: 75 },
        noDataIntervals: null,
      },
      hosts: anyHost,
      forMs: 0,
      keepFiringMs: 0,
      severity: 'warning',
      summary: '',
      message: '',
      channels: null,
      groupBy: [],
      repeatMs: null,
      escalations: [],
      overrides: [],
      ...change,
    },
    ...ruleChange,
  };
}

function chartOf(key: string, change: Partial<Chart> = {}): Chart {
  return {
    ...{ id: 'a', title: 'A', note: '', kind: 'line', unit: 'percent', factor: 1, min: null, max: null, maxKey: null },
    lines: [{ key, host: null, name: 'A', color: 'c1', dash: 0, isBelow: false }],
    ...change,
  };
}

describe('limitsOf()', () => {
  test('leaves out rules that are off, that mean other hosts, and that judge a rate', () => {
    const rate: RuleSpec['subject'] = {
      kind: 'series',
      series: { patterns: ['x'], labels: {} },
      input: { kind: 'rate', windowMs: 60_000 },
      condition: { kind: 'above', threshold: 1, recovery: null },
      noDataIntervals: null,
    };
    const rules = [
      ruleOn('x', {}, { id: 2, isEnabled: false }),
      ruleOn('x', { hosts: { ...anyHost, names: ['db-*'] } }, { id: 3 }),
      ruleOn('x', { subject: rate }, { id: 4 }),
      ruleOn('x', { subject: { kind: 'hostDown', afterMs: 1 } }, { id: 5 }),
      ruleOn('x', { hosts: { ...anyHost, tags: { role: 'web' } } }, { id: 6 }),
    ];
    expect(limitsOf(rules, host).map(({ ruleId }) => ruleId)).toEqual([6]);
  });

  test('takes what the first override that means the host says', () => {
    const override = { hosts: { ...anyHost, names: ['web-*'] }, severity: 'critical' } as const;
    expect(limitsOf([ruleOn('x', { overrides: [override] })], host)).toMatchObject([{ severity: 'critical' }]);
    expect(limitsOf([ruleOn('x', { overrides: [{ ...override, isEnabled: false }] })], host)).toEqual([]);
  });
});

describe('thresholdsOf()', () => {
  const marksOf = (chart: Chart, rule: Rule, maxValue = Number.NaN) =>
    thresholdsOf(chart, limitsOf([rule], host), maxValue).map(({ value, label }) => [value, label]);

  test('gives a line to each chart that shows the series', () => {
    const rule = ruleOn('cpu_used_percent');
    expect(marksOf(chartOf('cpu_used_percent'), rule)).toEqual([[85, 'warning at 85\u202f%']]);
    expect(marksOf(chartOf('load_1m'), rule)).toEqual([]);
  });

  test('is that of the sum where layers are added up, and not of a layer', () => {
    const stack = chartOf('cpu_mode_percent{mode="user"}', { kind: 'stack', sumKey: 'cpu_used_percent' });
    const two = { ...stack, lines: [...stack.lines, ...stack.lines] };
    expect(marksOf(two, ruleOn('cpu_used_percent'))).toEqual([[85, 'warning at 85\u202f%']]);
    expect(marksOf(two, ruleOn('cpu_mode_percent'))).toEqual([]);
  });

  test('turns a share into what the chart shows', () => {
    const chart = chartOf('memory_used_bytes', { shareKey: 'memory_used_percent', maxKey: 'memory_total_bytes' });
    expect(marksOf(chart, ruleOn('memory_used_percent'), 2_000)).toEqual([[1_700, 'warning at 85\u202f%']]);
    expect(marksOf(chart, ruleOn('memory_used_percent'))).toEqual([]);
  });

  test('scales and turns over as the line does', () => {
    const chart = chartOf('net_bytes_per_sec', { factor: 8 });
    const below = { ...chart, lines: [{ ...chart.lines[0]!, isBelow: true }] };
    expect(marksOf(below, ruleOn('net_bytes_per_sec')).map(([value]) => value)).toEqual([-680]);
  });

  test('has two for a rule with two bounds', () => {
    const condition = { kind: 'outside', low: 10, high: 20, recoveryLow: null, recoveryHigh: null } as const;
    const { subject } = ruleOn('x').spec;
    const rule = ruleOn('x', { subject: { ...(subject as Extract<typeof subject, { kind: 'series' }>), condition } });
    expect(marksOf(chartOf('x'), rule)).toEqual([
      [10, 'warning below 10\u202f%'],
      [20, 'warning above 20\u202f%'],
    ]);
  });
});

test('alertSpansOf() takes the alerts on what the chart shows, the sum included', () => {
  const alert = { severity: 'warning', label: 'CPU', fromMs: 1, toMs: null } as const;
  const chart = chartOf('a', { sumKey: 'sum' });
  const spans = alertSpansOf(chart, [
    { ...alert, series: 'a' },
    { ...alert, series: 'sum', toMs: 9 },
    { ...alert, series: 'other' },
    { ...alert, series: '' },
  ]);
  expect(spans.map(({ toMs }) => toMs)).toEqual([null, 9]);
});
