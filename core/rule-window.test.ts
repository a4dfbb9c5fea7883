import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { RuleWindow, slotsPerWindow, type WindowedValue, type WindowInput, windowOf } from './rule-window.ts';

function answers(
  input: WindowInput,
  intervalMs: number,
  values: readonly (readonly [seconds: number, value: number, ordinal?: number])[],
) {
  const window = new RuleWindow(input, intervalMs);
  return values.map(([seconds, value, ordinal = 1]) => window.push({ timeMs: seconds * 1_000, ordinal, value }));
}

const { NaN: none } = Number;
const average: WindowInput = { kind: 'average', windowMs: 60_000 };
const rate: WindowInput = { kind: 'rate', windowMs: 60_000 };

/** A value each ten seconds from 0 on. */
function everyTen(...values: readonly number[]) {
  return values.map((value, index) => [index * 10, value] as const);
}

describe('windowOf()', () => {
  test('has none for the value itself', () => {
    expect(windowOf({ kind: 'value' }, 1_000)).toBe(null);
    expect(windowOf(rate, 1_000)).toBeInstanceOf(RuleWindow);
  });
});

describe('push() of an average', () => {
  test('is NaN until values reach back over the window, and then the average of those in it', () => {
    expect(answers(average, 1_000, everyTen(1, 2, 3, 4, 5, 6, 7, 14))).toEqual([
      none,
      none,
      none,
      none,
      none,
      none,
      4.5,
      6.5,
    ]);
  });

  test('of a series that comes more seldom is over two of its intervals', () => {
    expect(answers({ kind: 'average', windowMs: 2_000 }, 10_000, everyTen(1, 2, 3, 4))).toEqual([none, none, 2.5, 3.5]);
  });

  test('begins anew after a hole as long as the window', () => {
    expect(
      answers(average, 1_000, [
        [0, 1],
        [59, 3],
        [118, 5],
        [178, 9],
        [237, 11],
      ]),
    ).toEqual([none, 2, 4, none, 10]);
  });

  test('goes on in the next stream as if no time had passed', () => {
    expect(
      answers(average, 1_000, [
        [0, 1],
        [59, 3],
        [5_000, 5, 2],
        [5_001, 7, 2],
      ]),
    ).toEqual([none, 2, 3, 5]);
  });
});

describe('push() of a rate', () => {
  test('is NaN until values reach back over the window, and then the change per second over it', () => {
    expect(answers(rate, 1_000, everyTen(0, 10, 20, 30, 40, 50, 120))).toEqual([
      none,
      none,
      none,
      none,
      none,
      none,
      2.2,
    ]);
  });

  test('begins anew in the next stream', () => {
    expect(
      answers(rate, 1_000, [
        [0, 0],
        [59, 59],
        [9, 0, 2],
        [60, 0, 2],
        [68, 118, 2],
      ]),
    ).toEqual([none, 1, none, none, 2]);
  });

  test('of a series that comes more seldom is over one of its intervals', () => {
    expect(answers({ kind: 'rate', windowMs: 2_000 }, 10_000, everyTen(0, 10, 30, 60))).toEqual([none, none, 2, 3]);
  });
});

/** What the header of the file says, over all values that there have been. */
function obvious(input: WindowInput, all: readonly WindowedValue[]): number {
  const slotMs = input.windowMs / slotsPerWindow;
  const now = all.at(-1)!;
  const list: { atMs: number; value: number }[] = [];
  for (const [index, { timeMs, ordinal, value }] of all.entries()) {
    if (input.kind === 'rate' && ordinal !== now.ordinal) continue;
    const before = all[index - 1];
    const last = list.at(-1);
    const atMs =
      last === undefined || before === undefined
        ? timeMs
        : last.atMs + (before.ordinal === ordinal ? timeMs - before.timeMs : 0);
    list.push({ atMs, value });
  }
  const slots = list.map(({ atMs }) => Math.floor(atMs / slotMs));
  const k = slots.at(-1)!;
  let start = list.length - 1;
  while (start > 0 && slots[start]! - slots[start - 1]! < slotsPerWindow) start -= 1;
  if (slots[start]! > k - 59) return none;
  const within = list.filter((_, index) => index >= start && slots[index]! >= k - 59);
  if (input.kind === 'average') return within.reduce((sum, { value }) => sum + value, 0) / within.length;
  const [first] = within;
  const last = within.at(-1)!;
  return last.atMs > first!.atMs ? ((last.value - first!.value) * 1_000) / (last.atMs - first!.atMs) : none;
}

test('a window says what an evaluator says that looks at all values each time', () => {
  const input = fc.record({
    kind: fc.constantFrom('average' as const, 'rate' as const),
    windowMs: fc.constantFrom(6_000, 60_000),
  });
  const step = fc.record({
    stepMs: fc.constantFrom(0, 100, 1_000, 1_000, 1_000, 1_000, 3_700, 5_900, 6_000, 70_000),
    value: fc.integer({ min: -1_000, max: 1_000 }),
    isNewStream: fc.integer({ min: 0, max: 29 }).map((dice) => dice === 0),
  });
  let numbers = 0;
  fc.assert(
    fc.property(input, fc.array(step, { minLength: 40, maxLength: 80 }), (shape, parts) => {
      const window = new RuleWindow(shape, 1_000);
      const all: WindowedValue[] = [];
      let timeMs = 1_000_000;
      let ordinal = 1;
      for (const { stepMs, value, isNewStream } of parts) {
        timeMs += stepMs;
        if (isNewStream) {
          ordinal += 1;
          timeMs = (timeMs * 7_919) % 10_000_000;
        }
        all.push({ timeMs, ordinal, value });
        const said = window.push(all.at(-1)!);
        const expected = obvious(shape, all);
        if (Number.isNaN(expected)) expect(said).toBeNaN();
        else expect(said).toBeCloseTo(expected, 9);
        if (!Number.isNaN(said)) numbers += 1;
      }
    }),
    { seed: 20_261_127, numRuns: 1_000 },
  );
  expect(numbers).toBeGreaterThan(5_000);
});
