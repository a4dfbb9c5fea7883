import { expect, test } from 'vitest';
import { columnOf, layoutOf, type TickValue } from '../testing/judge-fixture.ts';
import { SilentSeries } from './silent-series.ts';
import { TickScratch } from './tick-values.ts';

const layout = layoutOf(['a', 'b', 'slow/10']);
const scratch = new TickScratch();

function scan(silent: SilentSeries, activeMs: number, values: readonly TickValue[], of = layout): string[] {
  silent.scan(scratch.fill(columnOf(values)), of, activeMs);
  return [...silent.troubles].map(({ key, place, sinceMs }) => `${key}@${place} ${sinceMs}`);
}

test('a series is in trouble from its last value on, until its next one', () => {
  const silent = new SilentSeries(0);
  for (let activeMs = 1_000; activeMs <= 20_000; activeMs += 1_000)
    expect(scan(silent, activeMs, [1, 2, 3])).toEqual([]);
  expect(scan(silent, 21_000, ['failed', 2, 'failed'])).toEqual(['a@0 20000', 'slow@2 11000']);
  expect(scan(silent, 22_000, ['failed', Number.NaN, 'notDue'])).toEqual(['a@0 20000', 'slow@2 11000', 'b@1 21000']);
  expect(scan(silent, 23_000, [1, 2, 'gone'])).toEqual([]);
});

test('the start, a link and a stretch that nobody saw count as a value', () => {
  const silent = new SilentSeries(5_000);
  expect(scan(silent, 5_500, ['failed', 1, 'failed'])).toEqual(['a@0 5000', 'slow@2 5000']);
  silent.restart(9_000);
  expect(scan(silent, 9_500, ['failed', 1, 'failed'])).toEqual(['a@0 9000', 'slow@2 9000']);
  expect(scan(silent, 60_000, ['failed', 1, 'failed'])).toEqual(['a@0 59000', 'slow@2 59000']);
});

test('a trouble follows its series into another layout, and ends without it', () => {
  const silent = new SilentSeries(0);
  scan(silent, 1_000, ['failed', 'failed', 1]);

  expect(scan(silent, 2_000, ['failed', 'failed'], layoutOf(['c', 'b']))).toEqual(['b@1 0', 'c@0 1000']);
});
