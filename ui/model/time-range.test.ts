import { describe, expect, test } from 'vitest';
import { isSameRange, liveRange, parseRange, type TimeRange, writeRange } from './time-range.ts';

const hour: TimeRange = { kind: 'live', spanMs: 3_600_000 };

describe('parseRange()', () => {
  test.each<[string, TimeRange]>([
    ['', liveRange],
    ['range=1h', hour],
    ['range=2h', liveRange],
    ['from=100&to=160.5', { kind: 'fixed', fromMs: 100_000, toMs: 160_500 }],
    ['from=100&to=101', liveRange],
    ['from=&to=9', liveRange],
    ['from=100&range=1h', hour],
    ['from=-1e15&to=9', liveRange],
  ])('reads "%s"', (query, range) => {
    expect(parseRange(new URLSearchParams(query))).toEqual(range);
  });

  test('falls back to what the page begins with', () => {
    expect(parseRange(new URLSearchParams('range=never'), hour)).toEqual(hour);
  });
});

describe('writeRange()', () => {
  test.each<[TimeRange, string]>([
    [liveRange, ''],
    [hour, 'range=1h'],
    [{ kind: 'fixed', fromMs: 100_000, toMs: 160_500 }, 'from=100&to=160.5'],
  ])('writes %j', (range, query) => {
    const into = new URLSearchParams();
    writeRange(into, range);
    expect(into.toString()).toBe(query);
  });
});

test('isSameRange() tells live from fixed, and spans apart', () => {
  const fixed: TimeRange = { kind: 'fixed', fromMs: 0, toMs: 3_600_000 };
  expect([isSameRange(hour, { ...hour }), isSameRange(hour, fixed), isSameRange(fixed, { ...fixed })]).toEqual([
    true,
    false,
    true,
  ]);
});
