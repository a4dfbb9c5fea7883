import { describe, expect, test } from 'vitest';
import type { SpanMark, ThresholdMark } from '../../chart-source.ts';
import { LabelRoom, placeSpans, placeThresholds, rangeWithThresholds } from './overlays.ts';

function threshold(value: number): ThresholdMark {
  return { value, label: `warning at ${value}`, role: 'warning' };
}

function alertFrom(fromMs: number, toMs: number | null): SpanMark {
  return { kind: 'alert', fromMs, toMs, severity: 'warning', label: 'CPU above 85 %' };
}

describe('rangeWithThresholds()', () => {
  test.each([
    ['one inside', 85, false, [0, 100]],
    ['a near one, with air for its label', 120, false, [0, 129.6]],
    ['a far one', 1_000, false, [0, 100]],
    ['a far one that must be seen', 1_000, true, [0, 1_080]],
    ['one below zero', -50, false, [-62, 100]],
  ])('of a scale up to 100 and %s', (_, value, fitsAll, expected) => {
    expect(rangeWithThresholds([0, 100], [threshold(value)], fitsAll)).toEqual(expected);
  });

  test('goes down to zero and not below it', () => {
    expect(rangeWithThresholds([50, 100], [threshold(2)], true)).toEqual([0, 100]);
  });
});

test('placeThresholds() names the nearest of those that are out of the scale', () => {
  const marks = [5, 200, 150, -3].map(threshold);
  expect(placeThresholds(marks, [0, 100]).map(({ mark, place }) => [mark.value, place])).toEqual([
    [5, 'inside'],
    [150, 'above'],
    [-3, 'below'],
  ]);
});

test('placeThresholds() begins with the upper line, which chooses first where its words stand', () => {
  expect(placeThresholds([85, 95, 40].map(threshold), [0, 100]).map(({ mark }) => mark.value)).toEqual([95, 85, 40]);
});

test('placeSpans() cuts spans to the window, and what still lasts to now', () => {
  const spans = [alertFrom(0, 50), alertFrom(50, 150), alertFrom(180, null), alertFrom(500, null)];
  const placed = placeSpans(spans, { fromMs: 100, toMs: 300 }, 250);
  expect(placed.map(({ fromMs, toMs, showsStart }) => [fromMs, toMs, showsStart])).toEqual([
    [100, 150, false],
    [180, 250, true],
  ]);
});

test('LabelRoom moves labels down until they lie over no other', () => {
  const room = new LabelRoom(13, 60);
  const at = (left: number, y: number, rowsMax = 3) => room.take({ left, width: 50, y }, rowsMax);
  expect([at(0, 12), at(20, 12), at(60, 12), at(20, 20), at(20, 12)]).toEqual([12, 25, 12, 46, null]);
  expect([at(100, 55), at(100, 55)]).toEqual([55, null]);
});
