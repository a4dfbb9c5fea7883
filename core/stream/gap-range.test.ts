import { describe, expect, test } from 'vitest';
import type { GapReason } from '../message.ts';
import { cutGap, layGap, timeBetween } from './gap-range.ts';
import type { GapItem } from './item.ts';

/** A gap whose ticks are one second apart, seq 1 at 1,000. */
function gap(firstSeq: number, lastSeq: number, reason: GapReason = 'spool_full'): GapItem {
  return { kind: 'gap', firstSeq, lastSeq, reason, fromMs: firstSeq * 1000, toMs: lastSeq * 1000 };
}

describe('timeBetween', () => {
  test.each([
    [5, 5_000],
    [1, 1_000],
    [0, 1_000],
    [11, 11_000],
    [99, 11_000],
  ])('places seq %i at %i ms', (seq, expected) => {
    expect(timeBetween(seq, { seq: 1, timeMs: 1_000 }, { seq: 11, timeMs: 11_000 })).toBe(expected);
  });

  test('answers the later time when both known ticks are the same', () => {
    expect(timeBetween(1, { seq: 1, timeMs: 7 }, { seq: 1, timeMs: 9 })).toBe(9);
  });
});

test('cutGap keeps the part with its times', () => {
  expect(cutGap(gap(1, 10), 4, 6)).toEqual(gap(4, 6));
});

describe('layGap', () => {
  test.each<[string, GapItem[], GapItem, GapItem[]]>([
    ['stands alone', [gap(1, 2), gap(8, 9)], gap(4, 5), [gap(1, 2), gap(4, 5), gap(8, 9)]],
    ['joins both neighbours', [gap(1, 3), gap(6, 9)], gap(4, 5), [gap(1, 9)]],
    ['does not join another reason', [gap(1, 3, 'rejected')], gap(4, 5), [gap(1, 3, 'rejected'), gap(4, 5)]],
    ['replaces what is under it', [gap(2, 3, 'rejected'), gap(4, 4, 'damaged')], gap(1, 5), [gap(1, 5)]],
    [
      'cuts another in two',
      [gap(1, 9, 'rejected')],
      gap(4, 5),
      [gap(1, 3, 'rejected'), gap(4, 5), gap(6, 9, 'rejected')],
    ],
    ['disappears in one of the same reason', [gap(1, 9)], gap(4, 5), [gap(1, 9)]],
  ])('%s', (_name, others, laid, expected) => {
    expect(layGap(others, laid)).toEqual(expected);
  });
});
