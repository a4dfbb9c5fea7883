import { expect, test } from 'vitest';
import { parseTimes } from './scenario-simulate.ts';

test('parseTimes() adds user and system time of the children, the last line', () => {
  expect(parseTimes('Made 21.6 M samples\n0m0.004s 0m0.002s\n1m2.500s 0m3.250s\n')).toBe(65.75);
  expect(parseTimes('')).toBe(0);
});
