import { describe, expect, test } from 'vitest';
import { anyHost, type RuleSubject } from '#core/rule-spec.ts';
import { metricTitle } from './metric-title.ts';
import { hostsText, recoveryWords, ruleSentence } from './rule-text.ts';

const ofSeries = (patterns: readonly string[], more: object = {}): RuleSubject => ({
  kind: 'series',
  series: { patterns, labels: {} },
  input: { kind: 'value' },
  condition: { kind: 'above', threshold: 85, recovery: 75 },
  noDataIntervals: null,
  ...more,
});
const sentence = (subject: RuleSubject, forMs = 0, unit?: string) =>
  ruleSentence({ subject, forMs }, unit).replaceAll('\u202f', ' ');

describe('ruleSentence()', () => {
  test('names metric, comparison, limit and hold', () => {
    expect(sentence(ofSeries(['cpu_used_percent']), 120_000)).toBe('CPU above 85 % for 2 m');
  });

  test('says what of the series is compared', () => {
    const average = { input: { kind: 'average', windowMs: 60_000 } };
    const rate = {
      input: { kind: 'rate', windowMs: 60_000 },
      condition: { kind: 'below', threshold: 2, recovery: null },
    };
    expect(sentence(ofSeries(['cpu_used_percent'], average))).toBe('CPU, average of 1 m, above 85 %');
    expect(sentence(ofSeries(['mail_sent'], rate), 0, '1')).toBe('Mail sent, change over 1 m, below 2/s');
  });

  test('says of which labels, and of several metrics', () => {
    const series = { patterns: ['disk_*', 'a', 'b', 'c'], labels: { device: 'sd*' } };
    expect(sentence(ofSeries([], { series }))).toBe('disk_*, A and 2 more (device=sd*) above 85');
    expect(sentence(ofSeries(['load_1m', 'load_5m']))).toBe('Load of 1 m or Load of 5 m above 85');
  });

  test('says that missing values fire too', () => {
    expect(sentence(ofSeries(['cpu_used_percent'], { noDataIntervals: 30 }), 60_000)).toBe(
      'CPU above 85 % for 1 m, or no value for 30 intervals',
    );
  });

  test('says an unknown unit as the host sends it, and limits on both sides', () => {
    const condition = { kind: 'outside', low: 1, high: 2, recoveryLow: null, recoveryHigh: null };
    expect(sentence(ofSeries(['queue'], { condition }), 0, 'messages')).toBe('Queue outside 1 messages to 2 messages');
  });

  test('says what other kinds look at', () => {
    const series = { patterns: [], labels: {} };
    expect(sentence({ kind: 'silence', series, intervals: 30 })).toBe('No value of any series for 30 intervals');
    expect(sentence({ kind: 'hostDown', afterMs: 10_000 })).toBe('Host away for 10 s');
    expect(sentence({ kind: 'clockSkew', thresholdMs: 30_000 }, 60_000)).toBe('Clock more than 30 s off for 1 m');
  });
});

test('recoveryWords() says where it is good again, and nothing where everything that is not bad is good', () => {
  const words = (recovery: number | null) => recoveryWords({ kind: 'above', threshold: 85, recovery }, 'percent');
  expect([words(75), words(85), words(null)]).toEqual(['at 75\u202f% or below', null, null]);
});

test('metricTitle() leaves what is no plain metric name as it is', () => {
  expect(['cpu_used_percent', 'disk_busy_percent{device="vda"}', 'disk_*', 'CPU usage %'].map(metricTitle)).toEqual([
    'CPU',
    'Disk busy vda',
    'disk_*',
    'CPU usage %',
  ]);
});

test('hostsText() names who is meant and who is left out', () => {
  expect(hostsText(anyHost)).toBe('every host');
  expect(hostsText({ names: ['web-*'], tags: { role: 'web' }, notNames: ['web-9'], notTags: { env: 'test' } })).toBe(
    'web-*, role=web, not web-9, env=test',
  );
});
