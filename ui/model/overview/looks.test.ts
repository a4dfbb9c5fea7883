import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { type CornerFacts, cornerOf } from './corner.ts';
import { densityOf, nextDensity, othersMsOf } from './density.ts';
import {
  cardRows,
  figureOf,
  foldSeries,
  meanOf,
  metricRow,
  overviewColumn,
  overviewKeys,
  overviewWidth,
  rowValueAt,
  shownRow,
} from './metrics.ts';
import { sparkScale } from './spark-scale.ts';
import { columnsFor } from './table-columns.ts';
import { heatOf, lookOf, niceMax, tileAt, tileColumns, tileMarkOf, tileMarks, tilesHeight } from './tiles.ts';

describe('densityOf()', () => {
  test.each([
    [1, 'cards'],
    [60, 'cards'],
    [61, 'table'],
    [800, 'table'],
    [801, 'tiles'],
  ] as const)('of %i hosts is %s', (count, expected) => {
    expect(densityOf(null, count)).toBe(expected);
  });

  test('is what somebody chose, and comes round by its key', () => {
    expect(densityOf('cards', 5_000)).toBe('cards');
    expect([nextDensity('cards'), nextDensity('table'), nextDensity('tiles')]).toEqual(['table', 'tiles', 'cards']);
  });

  test('asks for hosts out of sight more often where they are seen or ordered by', () => {
    expect([othersMsOf('cards', false), othersMsOf('table', true), othersMsOf('tiles', false)]).toEqual([
      10_000, 2_000, 2_000,
    ]);
  });
});

describe('cornerOf()', () => {
  const host: CornerFacts = { status: 'up', state: 'up', lastMs: 1_000_000, downtimeUntilMs: 0 };
  const clock = { hubMs: 1_252_000, isFrozen: false };

  test.each<[string, Partial<CornerFacts>]>([
    ['', {}],
    ['silent 4\u202fm 12\u202fs', { status: 'down', state: 'down' }],
    ['4\u202fm 12\u202fs old', { status: 'stale', state: 'stale' }],
    ['never seen', { status: 'never', state: 'never', lastMs: 0 }],
    ['until 00:30', { status: 'downtime', state: 'down', downtimeUntilMs: 1_800_000 }],
    ['until 3 Jan, 12:00', { status: 'downtime', downtimeUntilMs: 2.5 * 86_400_000 }],
  ])('is %j', (expected, said) => {
    expect(cornerOf({ ...host, ...said }, clock)).toBe(expected);
  });

  test('says as of when while nothing comes', () => {
    expect(cornerOf(host, { ...clock, isFrozen: true })).toBe('as of 00:16');
  });
});

describe('metrics', () => {
  const values = Float32Array.of(40, 50, 1_000, 500, Number.NaN, 7, 1, 2, Number.NaN);

  test('rowValueAt() sums what has a value, in the unit that is shown', () => {
    expect(cardRows.map((row) => rowValueAt(values, 0, row))).toEqual([40, 50, 12_000, 7]);
    expect(rowValueAt(new Float32Array(9).fill(Number.NaN), 0, metricRow('cpu'))).toBeNaN();
  });

  test("foldSeries() takes the shorter names of what is pushed where the agent's have no value", () => {
    const series = Float32Array.from(overviewKeys, (key) =>
      key === 'cpu_used_percent'
        ? 40
        : key === 'cpu_usage'
          ? 99
          : key === 'network_in'
            ? 7
            : key === 'disk_usage'
              ? 63
              : Number.NaN,
    );
    const figures = new Float32Array(overviewWidth);
    foldSeries(series, 0, figures);
    expect([figures[overviewColumn.cpu], figures[overviewColumn.receive], figures[overviewColumn.load]]).toEqual([
      40,
      7,
      Number.NaN,
    ]);
    expect([shownRow(figures, metricRow('disk')).unit, shownRow(values, metricRow('disk')).unit]).toEqual([
      'percent',
      'bytes/s',
    ]);
  });

  test('meanOf() leaves out hosts without a value', () => {
    const hosts = [{ values }, { values: new Float32Array(9).fill(Number.NaN) }, { values: new Float32Array(9) }];
    expect([meanOf(hosts, metricRow('cpu')), meanOf([], metricRow('cpu'))]).toEqual([20, null]);
  });

  test.each([
    ['cpu_mode_percent{mode="iowait"}', 'cpu'],
    ['memory_available_bytes', 'memory'],
    ['swap_used_bytes', 'memory'],
    ['network_receive_errors_per_sec{interface="eno1"}', 'network'],
    ['disk_write_latency_ms{device="sda"}', 'disk'],
    ['load_1m', 'load'],
    ['filesystem_used_percent{mount="/"}', null],
    ['', null],
  ])('figureOf(%j) is %s', (key, expected) => {
    expect(figureOf(key)).toBe(expected);
  });
});

describe('sparkScale()', () => {
  const percent = { max: 100 };

  test('is 0 to 100 for a percentage, so that neighbours compare', () => {
    expect(sparkScale(40, 42, percent, false)).toEqual({ min: 0, max: 100 });
  });

  test('ends a little over the highest of what has no upper end', () => {
    expect(sparkScale(0, 200, { max: null }, false).max).toBeCloseTo(220);
    expect(sparkScale(0, 0, { max: null }, true)).toEqual({ min: 0, max: 1 });
  });

  test('follows a percentage when asked, holds it inside, and makes no mountain of a ripple', () => {
    fc.assert(
      fc.property(
        fc.double({ min: 0, max: 100, noNaN: true }),
        fc.double({ min: 0, max: 100, noNaN: true }),
        (a, b) => {
          const [low, high] = [Math.min(a, b), Math.max(a, b)];
          const { min, max } = sparkScale(low, high, percent, true);
          expect(min >= 0 && max <= 100 && min <= low && max >= high && max - min >= 4.999).toBe(true);
        },
      ),
      { seed: 3, numRuns: 300 },
    );
  });
});

describe('columnsFor()', () => {
  const idsAt = (width: number, order: Parameters<typeof columnsFor>[1] = 'attention') =>
    columnsFor(width, order).map(({ id, sparkWidth }) => (sparkWidth > 0 ? `${id}~` : id));

  test('has every column and every sparkline on a wide screen', () => {
    expect(idsAt(1_406)).toEqual([
      'status',
      'host',
      'alias',
      'tags',
      'cpu~',
      'memory~',
      'network~',
      'disk~',
      'load',
      'uptime',
      'alerts',
      'age',
    ]);
  });

  test('has the least on a phone, and what the rows are ordered by', () => {
    expect(idsAt(364)).toEqual(['status', 'host', 'cpu', 'memory', 'alerts', 'age']);
    expect(idsAt(364, 'disk')).toEqual(['status', 'host', 'cpu', 'memory', 'disk', 'alerts', 'age']);
  });

  test('never takes more than there is, and leaves no hole', () => {
    fc.assert(
      fc.property(fc.integer({ min: 340, max: 3_840 }), (width) => {
        const columns = columnsFor(width, 'attention');
        let x = 0;
        for (const column of columns) {
          expect([column.x, column.width > 0]).toEqual([x, true]);
          x += column.width;
        }
        expect(x).toBeLessThanOrEqual(width);
      }),
      { seed: 9, numRuns: 200 },
    );
  });
});

describe('tiles', () => {
  test('stand 15 px apart, the last without a gap', () => {
    expect([tileColumns(57), tileColumns(56), tileColumns(1)]).toEqual([4, 3, 1]);
    expect([tilesHeight(4, 4), tilesHeight(5, 4)]).toEqual([12, 27]);
  });

  test('tileAt() finds the tile, and nothing between tiles or behind the last', () => {
    const at = (x: number, y: number) => tileAt({ x, y }, 4, 6);
    expect([at(0, 0), at(16, 3), at(3, 16), at(13, 0), at(31, 16), at(60, 0), at(-1, 0)]).toEqual([
      0,
      1,
      4,
      null,
      null,
      null,
      null,
    ]);
  });

  test.each([
    ['down', 'critical', 'down'],
    ['downtime', 'critical', 'downtime'],
    ['stale', 'critical', 'critical'],
    ['stale', null, 'stale'],
    ['up', 'warning', 'warning'],
    ['up', 'info', 'none'],
    ['never', null, 'never'],
  ] as const)('tileMarkOf(%s, %s) is %s', (status, worst, expected) => {
    expect(tileMarkOf(status, worst)).toBe(expected);
  });

  test('heatOf() steps from cold to warm, and knows no value', () => {
    expect([0, 6, 50, 100, 140].map((value) => heatOf(value, 100))).toEqual([0, 0, 4, 8, 8]);
    expect([heatOf(Number.NaN, 100), heatOf(1, 0)]).toEqual([-1, -1]);
  });

  test('lookOf() is another number for each look, and never that of a tile not painted', () => {
    const looks = [-1, 0, 1, 2, 3, 4, 5, 6, 7, 8].flatMap((heat) => tileMarks.map((mark) => lookOf(heat, mark)));
    expect([new Set(looks).size, Math.min(...looks) > 0, Math.max(...looks) < 256]).toEqual([looks.length, true, true]);
  });

  test('niceMax() is the next 1, 2 or 5 with zeros', () => {
    expect([0.7, 1, 3, 5.1, 940, 0].map(niceMax)).toEqual([1, 1, 5, 10, 1_000, 1]);
  });
});
