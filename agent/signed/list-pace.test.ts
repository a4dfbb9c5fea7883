import { describe, expect, test } from 'vitest';
import { ListPace } from './list-pace.ts';

describe('ListPace', () => {
  test('takes some at once, then one each 10 s, however many come, and of those that wait the newest', () => {
    const pace = new ListPace();
    const taken: (readonly [nowMs: number, text: string])[] = [];
    for (let nowMs = 1_000; nowMs <= 61_000; nowMs += 10) {
      pace.put([`at ${nowMs}`]);
      const texts = pace.take(nowMs);
      if (texts !== null) taken.push([nowMs, texts[0]!]);
    }
    expect(taken.slice(0, 6).map(([nowMs]) => nowMs)).toEqual([1_000, 1_010, 1_020, 1_030, 1_040, 1_050]);
    expect(taken.slice(6).map(([nowMs]) => nowMs)).toEqual([11_000, 21_000, 31_000, 41_000, 51_000, 61_000]);
    expect(taken.every(([nowMs, text]) => text === `at ${nowMs}`)).toBe(true);
  });

  test('takes each list once, and one that is too early later', () => {
    const pace = new ListPace();
    expect(pace.take(0)).toBeNull();
    for (const name of ['a', 'b', 'c', 'd', 'e', 'f']) {
      pace.put([name]);
      expect([pace.take(0), pace.take(0)]).toEqual([[name], null]);
    }
    pace.put(['g']);
    expect(pace.take(0)).toBeNull();
    pace.put(['h']);
    expect([pace.take(9_999), pace.take(10_000), pace.take(20_000)]).toEqual([null, ['h'], null]);
  });
});
