import { describe, expect, test } from 'vitest';
import { judge, type StoredTick } from './kill-check.ts';
import type { SpooledTick } from './spool-file.ts';

function spooled(seq: number): SpooledTick {
  return { epoch: 'e', seq, timeMs: seq * 100, layoutId: 'l', column: Uint8Array.of(seq) };
}

function stored(seq: number, counter: number | null = seq): StoredTick {
  return { ...spooled(seq), counter };
}

function verdictOf(ticks: readonly StoredTick[], producedCount = 3) {
  const accepted = [1, 2, 3].map(spooled);
  const { lostTicks, repeatedTicks, phantomTicks } = judge({
    accepted,
    spooled: accepted,
    stored: ticks,
    producedCount,
  });
  return { lostTicks, repeatedTicks, phantomTicks };
}

describe('judge()', () => {
  test('finds nothing when each accepted tick is stored once', () => {
    expect(verdictOf([stored(1), stored(2, null), stored(3)])).toEqual({
      lostTicks: 0,
      repeatedTicks: 0,
      phantomTicks: 0,
    });
  });

  test('counts what is missing as lost', () => {
    expect(verdictOf([stored(1)]).lostTicks).toBe(2);
  });

  test('counts a seq or a number that is stored twice as repeated', () => {
    expect(verdictOf([stored(1), stored(1, null), stored(2), stored(3, 2)]).repeatedTicks).toBe(2);
  });

  test('counts what was never accepted, was changed, or was never produced as phantom', () => {
    const changed = { ...stored(2), column: Uint8Array.of(9) };

    expect(verdictOf([stored(1), changed, stored(3, 4), stored(8, null)]).phantomTicks).toBe(3);
  });
});
