import { expect, test } from 'vitest';
import { StormWorld } from '../testing/alerts/storm-world.ts';

const seeds = 150;
const stormSeconds = 400;
/** Protected times, the longest distance between two messages, and silence of series have passed by then. */
const calmSeconds = 180;

test(`what is told is what is so, whatever dies in between (${seeds} seeds)`, { timeout: 240_000 }, async () => {
  const seen = new Map<string, number>();
  for (let seed = 1; seed <= seeds; seed += 1) {
    const world = new StormWorld(seed);
    try {
      for (let second = 0; second < stormSeconds; second += 1) await world.step(false);
      world.heal();
      for (let second = 0; second < calmSeconds; second += 1) await world.step(true);
      world.check();
      expect(world.untoldCount).toBe(0);
    } catch (error) {
      throw new Error(`seed ${seed}`, { cause: error });
    }
    for (const { kind, decision, cause } of world.store.events)
      for (const what of [kind, decision, cause]) seen.set(what, (seen.get(what) ?? 0) + 1);
    if (world.lostKeys.size > 0) seen.set('lost', (seen.get('lost') ?? 0) + 1);
  }
  // A storm in which something never happens proves nothing of it.
  for (const what of [
    'fired',
    'resolved',
    'told',
    'repeated',
    'downtime',
    'silenced',
    'hostDown',
    'massOutage',
    'silence',
  ])
    expect([what, (seen.get(what) ?? 0) > 0]).toEqual([what, true]);
});
