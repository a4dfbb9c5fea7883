import { expect, test } from 'vitest';
import { formatBytes, formatCount } from './words.ts';

test.each([
  [0, '0 B'],
  [999, '999 B'],
  [1_000, '1.0 kB'],
  [999_499, '999 kB'],
  [999_600, '1.0 MB'],
  [12_345_678, '12.3 MB'],
  [5e15, '5000 TB'],
])('formatBytes(%i) is %s', (bytes, text) => {
  expect(formatBytes(bytes)).toBe(text);
});

test('formatCount() groups digits by thousands', () => {
  expect(formatCount(1_234_567)).toBe('1,234,567');
});
