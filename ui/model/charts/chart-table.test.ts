import { describe, expect, test } from 'vitest';
import type { ChartData } from './chart-data.ts';
import { rowsMax, tableOf } from './chart-table.ts';
import type { Chart } from './charts.ts';

function chartOf(...names: readonly string[]): Chart {
  const lines = names.map((name) => ({ key: name, host: null, name, color: 'c1', dash: 0, isBelow: name === 'Out' }));
  return {
    id: 'x',
    title: '',
    note: '',
    kind: 'line',
    unit: 'percent',
    factor: 1,
    min: null,
    max: null,
    maxKey: null,
    lines,
  };
}

const window = { fromMs: 1_000, toMs: 4_000 };

describe('tableOf()', () => {
  test('has a column for each line, the newest row first, and no row without values or outside of the window', () => {
    const data: ChartData = {
      times: [0, 1_000, 2_000, 3_000, 4_000],
      values: [
        [9, 1, null, 3, null],
        [9, -11, null, null, -14],
      ],
      lows: [[], []],
      highs: [[], []],
      stepMs: 0,
      gaps: [],
    };
    expect(tableOf(chartOf('In', 'Out'), data, window)).toEqual({
      columns: ['In', 'Out'],
      rows: [
        { atMs: 4_000, texts: ['\u2013', '14\u202f%'] },
        { atMs: 3_000, texts: ['3.0\u202f%', '\u2013'] },
        { atMs: 1_000, texts: ['1.0\u202f%', '11\u202f%'] },
      ],
      rowCount: 3,
    });
  });

  test('tells of one line what each bucket spans', () => {
    const data: ChartData = { times: [1_000], values: [[20]], lows: [[10]], highs: [[30]], stepMs: 1_000, gaps: [] };
    expect(tableOf(chartOf('CPU'), data, window)).toMatchObject({
      columns: ['Average', 'Min', 'Max'],
      rows: [{ texts: ['20\u202f%', '10\u202f%', '30\u202f%'] }],
    });
  });

  test('stops at its limit and says how many rows there are', () => {
    const times = Array.from({ length: rowsMax + 20 }, (_, at) => at);
    const data: ChartData = { times, values: [times], lows: [[]], highs: [[]], stepMs: 0, gaps: [] };
    const table = tableOf(chartOf('CPU'), data, { fromMs: 0, toMs: 10_000 });
    expect([table.rows.length, table.rowCount, table.rows[0]!.atMs]).toEqual([rowsMax, rowsMax + 20, rowsMax + 19]);
  });
});
