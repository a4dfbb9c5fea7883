import { describe, expect, test } from 'vitest';
import { BacktestResult, commonSpans, listedMax } from './backtest-result.ts';
import type { Span } from './query-request.ts';

const spans = (...pairs: readonly (readonly [number, number])[]): Span[] =>
  pairs.map(([startMs, endMs]) => ({ startMs, endMs }));

describe('commonSpans()', () => {
  test.each<[readonly Span[][], readonly Span[]]>([
    [[spans([0, 10])], spans([0, 10])],
    [[spans([0, 10]), []], []],
    [[spans([0, 10]), spans([10, 20])], []],
    [[spans([0, 10], [20, 30]), spans([5, 25])], spans([5, 10], [20, 25])],
    [[spans([0, 100]), spans([1, 2], [3, 4], [99, 200])], spans([1, 2], [3, 4], [99, 100])],
    [[spans([0, 10]), spans([2, 10]), spans([0, 8])], spans([2, 8])],
  ])('of %j is %j', (lists, common) => {
    expect(commonSpans(lists)).toEqual(common);
  });
});

describe('BacktestResult', () => {
  test('counts everything and lists what fired most, and marks by their start', () => {
    const result = new BacktestResult();
    result.add({ host: 'a', series: 'x' }, spans([10, 20]));
    result.add({ host: 'b', series: 'x' }, spans([5, 6], [30, 31]));
    result.add({ host: 'c', series: 'x' }, []);
    result.addHoles('c', spans([0, 100]));

    expect(result.lists()).toEqual({
      fired: 3,
      firingMs: 12,
      firedSeriesCount: 2,
      series: [
        { host: 'b', series: 'x', fired: 2, firingMs: 2, firstMs: 5, lastMs: 30 },
        { host: 'a', series: 'x', fired: 1, firingMs: 10, firstMs: 10, lastMs: 10 },
      ],
      marks: [
        { host: 'b', series: 'x', startMs: 5, endMs: 6 },
        { host: 'a', series: 'x', startMs: 10, endMs: 20 },
        { host: 'b', series: 'x', startMs: 30, endMs: 31 },
      ],
      markCount: 3,
      holes: [{ host: 'c', startMs: 0, endMs: 100 }],
      holeCount: 1,
    });
  });

  test('lists no more than so many of each', () => {
    const result = new BacktestResult();
    for (let index = 0; index < listedMax + 5; index += 1) {
      result.add({ host: `host-${index}`, series: 'x' }, spans([index, index + 1]));
      result.addHoles(`host-${index}`, spans([0, 1]));
    }
    const { series, marks, holes, ...counts } = result.lists();
    expect([series.length, marks.length, holes.length]).toEqual([listedMax, listedMax, listedMax]);
    expect(counts).toEqual({
      fired: listedMax + 5,
      firingMs: listedMax + 5,
      firedSeriesCount: listedMax + 5,
      markCount: listedMax + 5,
      holeCount: listedMax + 5,
    });
  });
});
