import { describe, expect, test } from 'vitest';
import { type Backtest, parseBacktest } from '../../api/rules.ts';
import { duringText, groundsText, markAt, rowsMax, timesText, totalText, viewBacktest } from './backtest-view.ts';

const mark = (host: string, start: number, end: number, series = 'cpu') => ({ host, series, start, end });
const fired = (host: string, count: number) => ({ host, series: 'cpu', fired: count, firing_seconds: 1 });
const answer = (body: object): Backtest => parseBacktest(body);

describe('viewBacktest()', () => {
  test('has a row for each host that fired and for others that are meant, in order of names', () => {
    const backtest = answer({
      series: [fired('web-10', 2), fired('web-2', 1)],
      marks: [mark('web-10', 1, 2), mark('web-2', 3, 4)],
      holes: [{ host: 'web-3', start: 5, end: 6 }],
    });
    const { rows, moreHosts } = viewBacktest(backtest, { hostNames: ['web-2', 'web-3', 'web-10'], unheld: null });
    expect(rows.map(({ host, fired: count, marks, holes }) => [host, count, marks.length, holes.length])).toEqual([
      ['web-2', 1, 1, 0],
      ['web-3', 0, 0, 1],
      ['web-10', 2, 1, 0],
    ]);
    expect(moreHosts).toBe(0);
  });

  test('keeps those that fired most where there are more than fit', () => {
    const series = Array.from({ length: rowsMax + 3 }, (_, index) => fired(`h${index}`, index + 1));
    const { rows, moreHosts } = viewBacktest(answer({ series }), { hostNames: [], unheld: null });
    expect([rows.length, moreHosts, rows.some(({ host }) => host === 'h0')]).toEqual([rowsMax, 3, false]);
  });

  test('says what was bad and too short: what no firing grew out of', () => {
    const backtest = answer({ series: [fired('web', 1)], marks: [mark('web', 100, 200)] });
    const unheld = answer({ marks: [mark('web', 40, 200), mark('web', 300, 310), mark('web', 100, 200, 'disk')] });
    const [row] = viewBacktest(backtest, { hostNames: ['web'], unheld }).rows;
    expect(row?.held.map(({ startMs }) => startMs)).toEqual([300_000, 100_000]);
  });
});

describe('duringText()', () => {
  const hole = (host: string, start: number, end: number) => ({ host, start, end });
  const week = { start: 0, end: 604_800, hosts: 2 };

  test.each([
    [[], 'in 7 days'],
    // One of the hosts has values from the start on.
    [[hole('a', 0, 604_260)], 'in 7 days'],
    [[hole('a', 0, 604_260), hole('b', 0, 604_500)], 'in 7 days, of which there are values for 9 m'],
    [[hole('a', 0, 604_260), hole('b', 0, 604_800)], 'in 7 days, of which there are values for 9 m'],
    [[hole('a', 0, 604_260), hole('b', 9, 604_500)], 'in 7 days'],
    [[hole('a', 0, 604_800), hole('b', 0, 604_800)], 'in 7 days'],
  ])('says of how much there are values, with the holes %j', (holes, text) => {
    expect(duringText(answer({ ...week, holes }), 7).replaceAll('\u202f', ' ')).toBe(text);
  });
});

test('markAt() finds the firing under a point, or the nearest', () => {
  const backtest = answer({ series: [fired('web', 2)], marks: [mark('web', 100, 200), mark('web', 260, 300)] });
  const row = viewBacktest(backtest, { hostNames: ['web'], unheld: null }).rows[0]!;
  const startAt = (second: number) => markAt(row, second * 1_000, 20_000)?.startMs ?? null;
  expect([startAt(150), startAt(210), startAt(245), startAt(230), startAt(400)]).toEqual([
    100_000,
    100_000,
    260_000,
    null,
    null,
  ]);
});

test('says how often in words', () => {
  expect([0, 1, 14].map(timesText)).toEqual(['never', 'once', '14 times']);
  expect(totalText({ fired: 14, firingMs: 13_560_000 }).replaceAll('\u202f', ' ')).toBe('14 times, 3 h 46 m');
  expect(totalText({ fired: 0, firingMs: 0 })).toBe('never');
});

test('groundsText() says what was judged, and why it is approximate', () => {
  expect(groundsText(answer({ tier: 'raw', samples_read: 605_139 })).replaceAll('\u202f', ' ')).toBe(
    '605 139 samples judged',
  );
  expect(groundsText(answer({ tier: 'minute', coarser_by: 'retention' }))).toBe(
    'Approximate: 1 m extremes judged, raw samples are no longer kept',
  );
});
