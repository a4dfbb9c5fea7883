import { describe, expect, test } from 'vitest';
import { matcherOf } from '#core/series-pattern.ts';
import { companionsOf, isMeant, labelsText, metricChoices, metricTitle, patternsOf, scaleOf } from './metrics.ts';

test.each([
  ['cpu_used_percent', 'CPU used'],
  ['network_receive_total_bytes_per_sec', 'Network receive total'],
  ['load_1m', 'Load 1\u202fm'],
  ['disk_busy_percent{device="nvme0n1"}', 'Disk busy nvme0n1'],
  ['nginx_requests_per_sec{code="2xx",zone="shop"}', 'Nginx requests 2xx shop'],
  ['CPU usage %', 'CPU usage %'],
  ['app.queue.depth', 'app.queue.depth'],
])('metricTitle() of %s is %s', (metric, title) => {
  expect(metricTitle(metric)).toBe(title);
});

test.each([
  ['cpu_used_percent', 'percent', { unit: 'percent', factor: 1, min: 0, max: 100 }],
  ['disk_busy_percent{device="sda"}', 'percent', { unit: 'percent', factor: 1, min: 0, max: 100 }],
  ['pressure_io_some_percent', 'percent', { unit: 'percent', factor: 1, min: 0, max: null }],
  ['network_transmit_total_bytes_per_sec', 'bytes/s', { unit: 'bits/s', factor: 8, min: 0, max: null }],
  ['temperature_celsius', 'celsius', { unit: 'celsius', factor: 1, min: null, max: null }],
  ['queue_ms', '', { unit: 'ms', factor: 1, min: null, max: null }],
])('scaleOf() of %s in %j', (metric, unit, scale) => {
  expect(scaleOf(metric, unit)).toEqual(scale);
});

describe('patternsOf() and isMeant()', () => {
  const keys = ['disk_busy_percent', 'disk_busy_percent{device="sda"}', 'disk_busy_percent_max', 'disk_busy'];

  test.each([
    ['disk_busy_percent', keys.slice(0, 2)],
    ['disk_busy_percent{device="sda"}', keys.slice(1, 2)],
    ['disk', []],
  ])('%s mean the same', (metric, meant) => {
    expect(keys.filter((key) => isMeant(metric, key))).toEqual(meant);
    expect(keys.filter(matcherOf(patternsOf(metric)))).toEqual(meant);
  });
});

test('labelsText() tells apart what one name means', () => {
  expect([labelsText('load_1m', 'load_1m'), labelsText('disk', 'disk{a="x",b="y"}')]).toEqual(['', 'x y']);
});

test('metricChoices() has every key, and one choice for all keys of a name', () => {
  const of = (key: string, hostCount: number, unit = 'percent') => ({ key, unit, hostCount });
  expect(
    metricChoices(
      [of('disk_busy_percent{device="sdb"}', 1), of('disk_busy_percent{device="sda"}', 2), of('queue_ms', 1, '')],
      [of('disk_busy_percent', 3), of('queue_ms', 1, '')],
    ),
  ).toEqual([
    { metric: 'disk_busy_percent', unit: 'percent', hostCount: 3, seriesCount: 2 },
    { metric: 'queue_ms', unit: 'ms', hostCount: 1, seriesCount: 1 },
    { metric: 'disk_busy_percent{device="sda"}', unit: 'percent', hostCount: 2, seriesCount: 1 },
    { metric: 'disk_busy_percent{device="sdb"}', unit: 'percent', hostCount: 1, seriesCount: 1 },
  ]);
});

test('companionsOf() takes what people look at first, of metrics with one series a host', () => {
  const of = (metric: string, hostCount = 3, seriesCount = 1) => ({ metric, unit: '', hostCount, seriesCount });
  const choices = [
    of('a_rare_one', 1),
    of('a_usual_one'),
    of('cpu_core_used_percent', 3, 16),
    of('cpu_used_percent'),
    of('load_1m'),
    of('memory_used_percent'),
    of('disk_busy_percent{device="sda"}'),
  ];
  const names = (metric: string) => companionsOf(choices, metric, 4).map((choice) => choice.metric);
  expect(names('cpu_used_percent')).toEqual(['memory_used_percent', 'load_1m', 'a_usual_one', 'a_rare_one']);
  expect(names('cpu_core_used_percent{core="1"}')).toEqual([
    'cpu_used_percent',
    'memory_used_percent',
    'load_1m',
    'a_usual_one',
  ]);
});
