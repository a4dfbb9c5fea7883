import { expect, test } from 'vitest';
import { loadCollector, parseLoad } from './load.ts';
import { hostWith, runOf } from './testing/host.ts';
import { parseUptime, uptimeCollector } from './uptime.ts';

test('parseLoad() reads the three averages', () => {
  expect(parseLoad('0.71 12.06 100.05 1/85 4816\n')).toEqual([0.71, 12.06, 100.05]);
});

test.each(['', '1 2 3\n', 'nan nan nan 1/2 3'])('parseLoad() refuses %j', (text) => {
  expect(() => parseLoad(text)).toThrow(SyntaxError);
});

test('loadCollector() writes them', () => {
  const run = runOf(loadCollector(hostWith({ 'proc/loadavg': '0.50 0.25 0.10 1/85 4816\n' }).folders));
  expect(run.at(0)).toEqual({ load_1m: 0.5, load_5m: 0.25, load_15m: 0.1 });
});

test('parseUptime() reads seconds and refuses what is none', () => {
  expect(parseUptime('1158.90 2175.83\n')).toBe(1158.9);
  expect(() => parseUptime('')).toThrow(SyntaxError);
});

test('uptimeCollector() writes whole seconds', () => {
  const run = runOf(uptimeCollector(hostWith({ 'proc/uptime': '1158.90 2175.83\n' }).folders));
  expect(run.at(0)).toEqual({ uptime_seconds: 1158 });
});
