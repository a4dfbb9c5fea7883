import { describe, expect, test } from 'vitest';
import { formatDuration, formatNumber, formatQuantity } from './quantity.ts';

describe('formatQuantity()', () => {
  test.each([
    [93.4, 'percent', '93.4 %'],
    [63, 'celsius', '63 °C'],
    [1.5, '1', '1.5'],
    [1.5, '', '1.5'],
    [999, 'bytes', '999 B'],
    [1_024, 'bytes', '1 KiB'],
    [123_456_789, 'bytes', '117.7 MiB'],
    [-2_048, 'bytes/s', '-2 KiB/s'],
    [2 ** 70, 'bytes', '1,048,576 PiB'],
    [0.25, 's', '0.25 s'],
    [90, 's', '1 min 30 s'],
    [999.5, 'ms', '999.5 ms'],
    [1_500, 'ms', '1.5 s'],
    [12, '1/s', '12/s'],
    [12, '/s', '12/s'],
    [12, 'requests', '12 requests'],
    [Number.NaN, 'bytes', 'NaN'],
    [Number.POSITIVE_INFINITY, 's', 'Infinity'],
  ])('%s of "%s" is %s', (value, unit, text) => {
    expect(formatQuantity(value, unit)).toBe(text);
  });
});

describe('formatNumber()', () => {
  test.each([
    [0, '0'],
    [-0, '0'],
    [93.400000000001, '93.4'],
    [0.123456, '0.1235'],
    [12.3456, '12.35'],
    [123.456, '123.5'],
    [1_234.56, '1235'],
    [12_345.6, '12,346'],
    [1_073_741_824, '1,073,741,824'],
    [-1_073_741_824, '-1,073,741,824'],
    [99_999.99, '100,000'],
    [9_999.9, '10000'],
    [0.0000012346, '0.000001235'],
    [1.2345e21, '1.234e+21'],
    [Number.NaN, 'NaN'],
    [Number.POSITIVE_INFINITY, 'Infinity'],
  ])('%s is %s', (value, text) => {
    expect(formatNumber(value)).toBe(text);
  });
});

describe('formatDuration()', () => {
  test.each([
    [0, '0 ms'],
    [250, '250 ms'],
    [1_000, '1 s'],
    [2_500, '2.5 s'],
    [59_999, '60 s'],
    [60_000, '1 min'],
    [90_000, '1 min 30 s'],
    [5_400_000, '1 h 30 min'],
    [86_400_000 * 3 + 3_600_000 * 2 + 59_000, '3 d 2 h'],
  ])('%s ms is %s', (durationMs, text) => {
    expect(formatDuration(durationMs)).toBe(text);
  });
});
