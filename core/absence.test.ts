import { describe, expect, test } from 'vitest';
import { type Absence, absenceAt, fillAbsence, wordsOf, writeAbsence } from './absence.ts';

describe('absence', () => {
  test.each([
    ['notDue', '010000000000f87f'],
    ['gone', '020000000000f87f'],
    ['failed', '030000000000f87f'],
  ] as const)('writeAbsence() writes %s as its little-endian bytes', (absence: Absence, hex) => {
    const column = Float64Array.of(1, 2, 3);
    writeAbsence(wordsOf(column), 1, absence);
    expect(Buffer.from(column.buffer).toString('hex', 8, 16)).toBe(hex);
    expect([column[0], column[1], column[2]]).toEqual([1, Number.NaN, 3]);
    expect(absenceAt(wordsOf(column), 1)).toBe(absence);
  });

  test('absenceAt() is null for numbers, the default NaN and payloads that are none of ours', () => {
    const column = Float64Array.of(0, -0, 1.5, Number.POSITIVE_INFINITY, Number.NaN, 0, 0);
    const words = wordsOf(column);
    words.set([4, 0x7ff80000, 1, 0xfff80000], 10);
    expect(Array.from(column, (_, index) => absenceAt(words, index))).toEqual(Array(7).fill(null));
  });

  test('a payload outlives set(), slice() and copyWithin()', () => {
    const column = new Float64Array(4);
    fillAbsence(column.subarray(0, 1), 'gone');
    column.copyWithin(2, 0, 1);
    const copy = new Float64Array(4);
    copy.set(column.slice());
    const words = wordsOf(copy);
    expect([0, 1, 2, 3].map((index) => absenceAt(words, index))).toEqual(['gone', null, 'gone', null]);
  });

  test('wordsOf() works on a view into a larger buffer', () => {
    const buffer = new ArrayBuffer(32);
    fillAbsence(new Float64Array(buffer, 8, 2), 'failed');
    expect(Buffer.from(buffer).toString('hex')).toBe(
      `${'0'.repeat(16)}${'030000000000f87f'.repeat(2)}${'0'.repeat(16)}`,
    );
  });
});
