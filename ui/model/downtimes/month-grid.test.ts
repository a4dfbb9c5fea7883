import { describe, expect, test } from 'vitest';
import { type GridItem, gridSpan, monthGrid } from './month-grid.ts';

const wanted = { at: '2026-11-18', zone: 'Europe/Berlin', nowMs: Date.UTC(2026, 10, 18, 14, 32), lanes: 2 };

function item(name: string, from: string, to: string): GridItem<string> {
  return { item: name, window: { startMs: Date.parse(`${from}Z`), endMs: Date.parse(`${to}Z`) } };
}

describe('monthGrid()', () => {
  test('has whole weeks from Monday on', () => {
    const weeks = monthGrid([], wanted);
    const days = weeks.flatMap((week) => week.days);

    expect([weeks.length, days[0]!.day, days.at(-1)!.day]).toEqual([6, '2026-10-26', '2026-12-06']);
    expect(days.filter(({ isToday }) => isToday).map(({ day }) => day)).toEqual(['2026-11-18']);
    expect(days.filter(({ isInMonth }) => isInMonth)).toHaveLength(30);
    expect(gridSpan('2026-11-18', 'Europe/Berlin')).toEqual({
      fromMs: Date.parse('2026-10-25T23:00Z'),
      toMs: Date.parse('2026-12-06T23:00Z'),
    });
  });

  test.each([
    ['2027-02-01', 4],
    ['2026-03-01', 6],
  ])('of the month of %s has %i weeks', (at, count) => {
    expect(monthGrid([], { ...wanted, at })).toHaveLength(count);
  });

  test('lays a window over its days, cut at the end of the week, and by the clock of the zone', () => {
    const [, , , week4, week5] = monthGrid([item('move', '2026-11-20T23:30', '2026-11-23T12:00')], wanted);

    expect(week4!.bars).toMatchObject([
      { item: 'move', firstDay: 5, lastDay: 6, lane: 0, comesFromBefore: false, goesOn: true },
    ]);
    expect(week5!.bars).toMatchObject([{ firstDay: 0, lastDay: 0, comesFromBefore: true, goesOn: false }]);
  });

  test('does not reach into the day that begins as the window ends', () => {
    const [, , , week] = monthGrid([item('night', '2026-11-17T21:00', '2026-11-17T23:00')], wanted);

    expect(week!.bars).toMatchObject([{ firstDay: 1, lastDay: 1 }]);
  });

  test('gives each a lane of its own, and counts those that have none', () => {
    const [, , , week] = monthGrid(
      [
        item('b', '2026-11-17T08:00', '2026-11-17T09:00'),
        item('long', '2026-11-16T08:00', '2026-11-18T09:00'),
        item('c', '2026-11-17T10:00', '2026-11-17T11:00'),
        item('d', '2026-11-18T10:00', '2026-11-18T11:00'),
      ],
      wanted,
    );

    expect(week!.bars.map((bar) => [bar.item, bar.lane, bar.firstDay])).toEqual([
      ['long', 0, 0],
      ['b', 1, 1],
      ['d', 1, 2],
    ]);
    expect(week!.days.map(({ count, hiddenCount }) => `${count} ${hiddenCount}`).slice(0, 4)).toEqual([
      '1 0',
      '3 1',
      '2 0',
      '0 0',
    ]);
  });
});
