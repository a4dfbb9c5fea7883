import { describe, expect, test } from 'vitest';
import { Ring, type RingTick } from '#core/ring.ts';
import { latestValues } from './latest.ts';
import { gauges, tickOf } from './testing/ticks.ts';

function latestOf(ticks: readonly RingTick[]) {
  const ring = new Ring({ windowMs: 1e9, ticksMax: 100 });
  for (const tick of ticks) ring.push(tick);
  return Object.fromEntries(latestValues(ring));
}

describe('latestValues()', () => {
  const two = gauges(['a', 'slow'], { every: { slow: 10 } });

  test('gives only what is wanted, and nothing for what a host has not', () => {
    const ring = new Ring({ windowMs: 1e9, ticksMax: 100 });
    for (const tick of [tickOf(two, 1, [1, 100]), tickOf(two, 2, [2, 'notDue'])]) ring.push(tick);
    expect([...latestValues(ring, new Set(['slow', 'none']))]).toEqual([['slow', 100]]);
  });

  test('is empty for an empty ring', () => {
    expect(latestOf([])).toEqual({});
  });

  test('finds the value of a slow series in the tick where it was due', () => {
    const ticks = [tickOf(two, 1, [1, 100]), tickOf(two, 2, [2, 'notDue']), tickOf(two, 3, [3, 'notDue'])];

    expect(latestOf(ticks)).toEqual({ a: 3, slow: 100 });
  });

  test.each(['failed', 'gone'] as const)('leaves out a series that is %s, whatever it was before', (absence) => {
    expect(latestOf([tickOf(two, 1, [1, 100]), tickOf(two, 2, [absence, 'notDue'])])).toEqual({ slow: 100 });
  });

  test('looks through earlier layouts for a slow series, and forgets those that the newest layout lacks', () => {
    const before = gauges(['slow', 'old', 'a'], { every: { slow: 10 } });
    const ticks = [tickOf(before, 1, [100, 7, 1]), tickOf(two, 2, ['failed', 'notDue']), tickOf(two, 3, [3, 'notDue'])];

    expect(latestOf(ticks)).toEqual({ a: 3, slow: 100 });
  });

  test('passes over a narrower layout in between', () => {
    const narrow = gauges(['a']);
    const ticks = [tickOf(two, 1, [1, 100]), tickOf(narrow, 2, [2]), tickOf(two, 3, ['notDue', 'notDue'])];

    expect(latestOf(ticks)).toEqual({ a: 2, slow: 100 });
  });
});
