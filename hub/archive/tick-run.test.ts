import { expect, test } from 'vitest';
import { absenceAt, wordsOf, writeAbsence } from '#core/absence.ts';
import { TickRun } from './tick-run.ts';

/** `count` ticks from `fromMs` on; each third one failed. */
function samples(fromMs: number, count: number) {
  const times = Float64Array.from({ length: count }, (_, index) => fromMs + index * 1_000);
  const values = Float64Array.from(times);
  for (let index = 0; index < count; index += 3) writeAbsence(wordsOf(values), index, 'failed');
  return { times, values };
}

test.each([10, 500])('pieces of %s ticks come out in order of time, absences with what they mean', (count) => {
  const run = new TickRun();
  run.meet(1_000, 1);
  run.meet(500, 10);
  for (const fromMs of [3_000_000, 0, 6_000_000]) run.addSamples(samples(fromMs, count));
  run.addSamples(samples(0, count), 0, 0);
  const { times, values, words, tickMs, intervalMs } = run.inOrder();

  expect([tickMs, intervalMs, times.length]).toEqual([1_000, 5_000, 3 * count]);
  const expected = [0, 3_000_000, 6_000_000].flatMap((fromMs) => [...samples(fromMs, count).times]);
  expect([...times]).toEqual(expected);
  expect(Array.from(times, (_, index) => absenceAt(words, index) ?? values[index])).toEqual(
    expected.map((timeMs, index) => ((index % count) % 3 === 0 ? 'failed' : timeMs)),
  );
});

test('what is in order already is not copied', () => {
  const run = new TickRun();
  for (const fromMs of [0, 3_000_000]) run.addSamples(samples(fromMs, 100));
  expect(run.inOrder().times.buffer).toBe(run.inOrder().times.buffer);
  expect(run.count).toBe(200);
});
