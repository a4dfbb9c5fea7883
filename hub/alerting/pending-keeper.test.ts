import { expect, test } from 'vitest';
import type { TargetState } from './judgement.ts';
import { PendingKeeper } from './pending-keeper.ts';

function state(series: string, change: Partial<TargetState> = {}): TargetState {
  const about = { phase: 'pending', cause: 'limits', sinceMs: 5, lastMs: 6, ordinal: 1 } as const;
  return { ruleId: 1, hostId: 2, series, ...about, ...change };
}

/** Keeps what was saved as `+series` and `-series`. */
function world() {
  const saved: string[] = [];
  const options = { isAway: false };
  const keeper = new PendingKeeper({
    save: async ({ pending, ended }) => {
      if (options.isAway) throw new Error('away');
      saved.push(...pending.map(({ series }) => `+${series}`), ...ended.map(({ series }) => `-${series}`));
    },
  });
  const poll = async (states: readonly TargetState[], nowMs: number) => {
    keeper.poll(() => states, nowMs);
    for (let turn = 0; turn < 5; turn += 1) await Promise.resolve();
    return saved.splice(0);
  };
  return { keeper, poll, options };
}

test('what is pending for a moment only is not written', async () => {
  const { poll } = world();
  expect(await poll([state('cpu')], 0)).toEqual([]);
  expect(await poll([], 5_000)).toEqual([]);
});

test('what stays pending is written once, then each minute, and its end as well', async () => {
  const { poll } = world();
  const firing = state('disk', { phase: 'firing' });
  await poll([state('cpu'), firing], 0);
  expect(await poll([state('cpu'), firing], 5_000)).toEqual(['+cpu']);
  expect(await poll([state('cpu')], 10_000)).toEqual([]);
  expect(await poll([state('cpu')], 65_000)).toEqual(['+cpu']);
  expect(await poll([], 70_000)).toEqual(['-cpu']);
  expect(await poll([], 75_000)).toEqual([]);
});

test('a target that goes on in the next stream is written again', async () => {
  const { poll } = world();
  await poll([state('cpu')], 0);
  await poll([state('cpu')], 5_000);
  expect(await poll([state('cpu', { ordinal: 2 })], 10_000)).toEqual(['+cpu']);
});

test('what the database did not take is tried again', async () => {
  const { poll, options } = world();
  await poll([state('cpu')], 0);
  options.isAway = true;
  await poll([state('cpu')], 5_000);
  options.isAway = false;
  expect(await poll([state('cpu')], 10_000)).toEqual(['+cpu']);
});

test('what the run before had kept and is pending no more ends', async () => {
  const { keeper, poll } = world();
  keeper.restored([state('cpu'), state('load')]);
  expect(await poll([state('load')], 0)).toEqual(['+load', '-cpu']);
});
