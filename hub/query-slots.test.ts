import { describe, expect, test } from 'vitest';
import { QuerySlots, queriesMax, queriesWaitingMax } from './query-slots.ts';

const never = () => new AbortController().signal;

/** Work that ends when it is told to. */
function held() {
  let end = () => {};
  const done = new Promise<void>((resolve) => {
    end = resolve;
  });
  return { end, work: () => done };
}

const turn = () => new Promise((resolve) => setImmediate(resolve));

describe('QuerySlots', () => {
  test('runs so many at once, the others in order as soon as one ends', async () => {
    const slots = new QuerySlots();
    const works = Array.from({ length: queriesMax + 2 }, held);
    const started: number[] = [];
    const runs = works.map(({ work }, index) =>
      slots.run(() => {
        started.push(index);
        return work();
      }, never()),
    );
    await turn();
    expect([started.length, slots.runningCount, slots.waitingCount]).toEqual([queriesMax, queriesMax, 2]);
    works[1]!.end();
    await turn();
    expect([started.at(-1), slots.runningCount, slots.waitingCount]).toEqual([queriesMax, queriesMax, 1]);
    for (const { end } of works) end();
    await Promise.all(runs);
    expect([slots.runningCount, slots.waitingCount, slots.answeredCount]).toEqual([0, 0, queriesMax + 2]);
  });

  test('refuses what is too much to wait for, and lets go of who has left', async () => {
    const slots = new QuerySlots();
    const work = held();
    const gone = new AbortController();
    const runs = Array.from({ length: queriesMax + queriesWaitingMax }, (_, index) =>
      slots.run(work.work, index === queriesMax ? gone.signal : never()),
    );
    const leaving = runs[queriesMax]!.catch((error: unknown) => error);
    await expect(slots.run(work.work, never())).rejects.toMatchObject({ status: 503, headers: { 'retry-after': '2' } });
    gone.abort(new Error('gone'));
    expect(await leaving).toEqual(new Error('gone'));
    expect([slots.waitingCount, slots.refusedCount]).toEqual([queriesWaitingMax - 1, 1]);
    work.end();
    await Promise.allSettled(runs);
    expect([slots.runningCount, slots.waitingCount]).toEqual([0, 0]);
  });

  test('goes on after work that failed', async () => {
    const slots = new QuerySlots();
    await expect(slots.run(() => Promise.reject(new Error('away')), never())).rejects.toThrow('away');
    expect(slots.runningCount).toBe(0);
  });
});
