import { describe, expect, test } from 'vitest';
import { parsePressure, pressureCollector } from './pressure.ts';
import { hostWith, runOf } from './testing/host.ts';

function pressure(someUs: number, fullUs: number): string {
  return `some avg10=0.07 avg60=0.29 avg300=0.46 total=${someUs}\nfull avg10=0.00 avg60=0.00 avg300=0.00 total=${fullUs}\n`;
}

test.each([
  ['both lines', pressure(9_172_221, 5), { someUs: 9_172_221, fullUs: 5 }],
  ['a file without "full"', 'some avg10=0.00 total=7\n', { someUs: 7, fullUs: Number.NaN }],
  ['an empty file', '', { someUs: Number.NaN, fullUs: Number.NaN }],
])('parsePressure() reads %s', (_, text, totals) => {
  expect(parsePressure(text)).toEqual(totals);
});

describe('pressureCollector()', () => {
  test('writes the share of the interval', () => {
    const host = hostWith({ 'proc/pressure/cpu': pressure(0, 0), 'proc/pressure/io': pressure(100, 100) });
    const run = runOf(pressureCollector(host.folders));
    run.at(0);
    host.write({ 'proc/pressure/cpu': pressure(250_000, 0), 'proc/pressure/io': pressure(10_000_100, 1_234 + 100) });
    expect(run.at(1)).toEqual({
      pressure_cpu_some_percent: 25,
      pressure_io_some_percent: 100,
      pressure_io_full_percent: 0.12,
    });
  });

  test('has no series and no failure on a kernel without it', () => {
    const run = runOf(pressureCollector(hostWith({}).folders));
    expect(run.at(0)).toEqual({});
    expect(run.sampler.failureCounts.get('pressure')).toBe(0);
  });
});
