import { describe, expect, test } from 'vitest';
import {
  formatAge,
  formatAgo,
  formatAxis,
  formatAxisMarks,
  formatClock,
  formatCount,
  formatDuration,
  formatMoment,
  formatValue,
} from './format.ts';

/** Thin spaces as "_", so that the tables can be read. */
function shown(text: string): string {
  return text.replaceAll('\u202f', '_');
}

describe('formatValue()', () => {
  test.each([
    [7.04, 'percent', '7.0_%'],
    [1e300, '1', '1.00e300'],
    [-2.5e20, 'bytes', '\u22122.50e20_B'],
    [1e300, 's', '1.00e300_s'],
    [1e300, '1/s', '1.00e300/s'],
    [5e17, '1', '500_000_T'],
    [9.96, 'percent', '10_%'],
    [94.4, 'percent', '94_%'],
    [0, 'bytes', '0_B'],
    [1_023, 'bytes', '1_023_B'],
    [1_536, 'bytes', '1.50_KiB'],
    [36.8 * 2 ** 30, 'bytes', '36.8_GiB'],
    [411 * 2 ** 30, 'bytes', '411_GiB'],
    [153_400, 'bytes/s', '153_kB/s'],
    [6_374_000, 'bytes/s', '6.37_MB/s'],
    [999_700, 'bytes/s', '1.00_MB/s'],
    [1.7e8, 'bits/s', '170_Mb/s'],
    [551, '1/s', '551/s'],
    [1_840, '1/s', '1.84k/s'.replace('k', '_k')],
    [0.5, 'ms', '0.50_ms'],
    [1_500, 'ms', '1.5_s'],
    [0.24, 's', '240_ms'],
    [3_736_800, 's', '43_d 6_h'],
    [61.6, 'celsius', '62_°C'],
    [2_604, '1', '2_604'],
    [4.294, '1', '4.29'],
    [2_604_000, '1', '2.60_M'],
    [61, 'days', '61.0_days'],
    [-0.5, 'ms', '\u22120.50_ms'],
    [-0.001, 'celsius', '0_°C'],
    [Number.NaN, 'percent', '\u2013'],
    [null, 'bytes', '\u2013'],
    [Number.POSITIVE_INFINITY, '1', '\u2013'],
  ])('shows %d %s as %s', (value, unit, text) => {
    expect(shown(formatValue(value, unit))).toBe(text);
  });
});

describe('formatDuration()', () => {
  test.each([
    [0, '0_s'],
    [-5_000, '0_s'],
    [14_000, '14_s'],
    [60_000, '1_m'],
    [252_000, '4_m 12_s'],
    [3_600_000, '1_h'],
    [3_605_000, '1_h'],
    [11_520_000, '3_h 12_m'],
    [3_736_800_000, '43_d 6_h'],
  ])('shows %d ms as %s', (durationMs, text) => {
    expect(shown(formatDuration(durationMs))).toBe(text);
  });
});

describe('times', () => {
  const atMs = Date.UTC(2026, 10, 9, 10, 12, 5);

  test('formatAge() shows tenths below ten seconds', () => {
    expect([340, 9_940, 9_960, 190_000].map((ms) => shown(formatAge(ms)))).toEqual([
      '0.3_s',
      '9.9_s',
      '10_s',
      '3_m 10_s',
    ]);
  });

  test('formatAgo() turns into a date after a day', () => {
    expect(shown(formatAgo(atMs, atMs + 360_000))).toBe('6_m ago');
    expect(formatAgo(atMs, atMs + 90_000_000)).toBe('9 Nov, 10:12');
  });

  test('formatClock() and formatMoment() are in UTC', () => {
    expect([formatClock(atMs), formatMoment(atMs)]).toEqual(['10:12:05', '9 Nov, 10:12']);
  });
});

describe('formatAxis()', () => {
  test.each([
    [0, 'bytes', '0'],
    [48 * 2 ** 30, 'bytes', '48_GiB'],
    [50_000_000, 'bytes/s', '50_MB'],
    [2_000, '1', '2_000'],
    [0.75, 'ms', '0.75ms'],
    [25, 'percent', '25_%'],
    [0.5, '1', '0.5'],
    [40, 'messages', '40'],
    [2.5, 'messages/s', '2.5'],
    [1_500_000, 'messages', '1.5_M'],
    [230, 'V', '230_V'],
    [2_500_000_000, 'V', '2.5_G'],
  ])('shows %d %s as %s', (value, unit, text) => {
    expect(shown(formatAxis(value, unit))).toBe(text);
  });
});

test('formatCount() parts thousands', () => {
  expect(shown(formatCount(1_234_567))).toBe('1_234_567');
});

test('formatAxisMarks() tells marks apart that lie close together', () => {
  expect(formatAxisMarks([0, 25, 50], 'percent')).toEqual(['0', '25\u202f%', '50\u202f%']);
  expect(formatAxisMarks([34, 34.25, 34.5], 'percent')).toEqual(['34.00', '34.25', '34.50']);
  expect(formatAxisMarks([2_147_483_648, 2_147_500_000], 'bytes').map((text) => text.slice(-3))).toEqual([
    'GiB',
    'GiB',
  ]);
  expect(new Set(formatAxisMarks([2_147_483_648, 2_147_900_000, 2_148_300_000], 'bytes')).size).toBe(3);
  const mark = 2 ** 18;
  expect(formatAxisMarks([8_490 * mark, 8_491 * mark, 8_492 * mark], 'bytes')).toEqual([
    '2.07275GiB',
    '2.07300GiB',
    '2.07324GiB',
  ]);
  expect(formatAxisMarks([1_000_000_000, 1_000_000_002, 1_000_000_004], '1')).toEqual([
    '1.000000000G',
    '1.000000002G',
    '1.000000004G',
  ]);
  expect(formatAxisMarks([40.25, 40.5, 40.75, 41], 'messages')).toEqual(['40.3', '40.5', '40.8', '41']);
});
