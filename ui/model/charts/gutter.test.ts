import { describe, expect, test } from 'vitest';
import { formatAxisMarks } from '../format.ts';
import { fittedLabel, Gutter, gutterGap, gutterMax, gutterMin } from './gutter.ts';

/** DejaVu Sans at 11 px, whose figures are wider than those of most fonts. */
const widthOf = (text: string) => [...text].reduce((sum, sign) => sum + (/[.\u202fi]/.test(sign) ? 3.5 : 7.6), 0);
const fitted = (texts: readonly string[]) => texts.map((text) => fittedLabel(text, widthOf));

describe('Gutter', () => {
  test('is as wide as the longest label of all charts, and tells them once', () => {
    const gutter = new Gutter();
    let moves = 0;
    gutter.join(() => {
      moves += 1;
    });
    expect(gutter.fit([20, gutterMin - gutterGap])).toBe(false);
    expect(gutter.fit([20, 62])).toBe(true);
    expect(gutter.width).toBeGreaterThanOrEqual(62 + gutterGap);
    const wide = gutter.width;
    expect(gutter.fit([20])).toBe(false);
    expect([gutter.width, moves]).toEqual([wide, 1]);
  });

  test('has a bound', () => {
    const gutter = new Gutter();
    gutter.join(() => {});
    gutter.fit([500]);
    expect(gutter.width).toBe(gutterMax);
    expect(gutter.fit([600])).toBe(false);
  });

  test('begins anew when the last chart is gone', () => {
    const gutter = new Gutter();
    const leaves = [gutter.join(() => {}), gutter.join(() => {})];
    gutter.fit([62]);
    leaves[0]!();
    expect(gutter.width).toBeGreaterThan(gutterMin);
    leaves[1]!();
    expect(gutter.width).toBe(gutterMin);
  });
});

describe('fittedLabel()', () => {
  test('leaves figures whole, however little they differ', () => {
    const gib = 2 ** 30;
    const marks = [0, 1, 2, 3].map((step) => 2.07275 * gib + step);
    const texts = [formatAxisMarks(marks, 'bytes'), formatAxisMarks([1e9, 1e9 + 250, 1e9 + 500], '1')];
    for (const labels of texts) {
      expect(fitted(labels)).toEqual(labels);
      expect(new Set(labels).size).toBeGreaterThan(1);
    }
  });

  test('cuts a name at its end', () => {
    const [text] = fitted(['a-core-with-a-name-that-nobody-can-read']);
    expect(text).toMatch(/^a-core-with.*\u2026$/);
    expect(widthOf(text!)).toBeLessThanOrEqual(gutterMax - gutterGap);
  });
});
