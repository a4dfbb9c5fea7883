import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { firstPage, holdMs, jumpToAlerts, turn } from './rotation.ts';
import { fitTiles } from './tile-fit.ts';

const facts = { nowMs: 0, turnMs: 20_000, hasAlerts: true };

describe('turn()', () => {
  test('shows each page for its time, in turn', () => {
    let rotation = firstPage(facts);
    const seen = [rotation.page];
    for (let nowMs = 1_000; nowMs <= 60_000; nowMs += 1_000) {
      rotation = turn(rotation, { ...facts, nowMs });
      if (nowMs % 20_000 === 0) seen.push(rotation.page);
    }
    expect(seen).toEqual(['fleet', 'alerts', 'busiest', 'fleet']);
  });

  test('keeps the rotation until its time is over', () => {
    const rotation = firstPage(facts);
    expect(turn(rotation, { ...facts, nowMs: 19_999 })).toBe(rotation);
  });

  test('passes over the alerts when there are none, and leaves them when the last one ends', () => {
    const calm = { ...facts, hasAlerts: false };
    expect(turn(firstPage(facts), { ...calm, nowMs: 20_000 }).page).toBe('busiest');
    expect(turn(jumpToAlerts(facts), { ...calm, nowMs: 1_000 }).page).toBe('busiest');
  });

  test('goes on when the clock was set back', () => {
    expect(turn(firstPage({ ...facts, nowMs: 1e9 }), facts).page).toBe('alerts');
  });
});

test('jumpToAlerts() holds the alerts for a minute, or for a turn that is longer', () => {
  const rotation = jumpToAlerts(facts);
  expect([rotation.page, turn(rotation, { ...facts, nowMs: holdMs - 1 }).page]).toEqual(['alerts', 'alerts']);
  expect(turn(rotation, { ...facts, nowMs: holdMs }).page).toBe('busiest');
  expect(jumpToAlerts({ ...facts, turnMs: 90_000 }).untilMs).toBe(90_000);
});

describe('fitTiles()', () => {
  const room = { width: 720, height: 560 };

  test('makes tiles of a small fleet so large that they are read', () => {
    expect(fitTiles([8, 7, 5], room)).toEqual({ size: 72, gap: 8, hasText: true });
  });

  test('leaves the text away when hundreds must fit', () => {
    expect(fitTiles([60, 60, 60, 60], room).hasText).toBe(false);
  });

  test('never makes more lines than there is room for, down to the smallest tiles', () => {
    fc.assert(
      fc.property(fc.array(fc.integer({ min: 1, max: 400 }), { minLength: 1, maxLength: 8 }), (counts) => {
        const { size, gap } = fitTiles(counts, room);
        const columns = Math.floor((room.width + gap) / (size + gap));
        const lines = counts.reduce((sum, count) => sum + Math.ceil(count / columns), 0);
        expect(size === 5 || lines * (size + gap) + counts.length * 26 <= room.height).toBe(true);
      }),
      { seed: 5, numRuns: 200 },
    );
  });
});
