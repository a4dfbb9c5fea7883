import fc from 'fast-check';
import { expect, test } from 'vitest';
import { type ChaosStep, ChaosWorld, chaosRules, type Mood } from '../testing/judge-chaos.ts';

const hostCount = 8;
const host = fc.integer({ min: 1, max: hostCount });
const jumpMs = fc.constantFrom(-86_400_000, -3_600_000, -90_000, -3_000, 3_000, 90_000, 3_600_000, 86_400_000);

function step<K extends ChaosStep['kind']>(kind: K, rest: object = {}): fc.Arbitrary<ChaosStep> {
  return fc.record({ kind: fc.constant(kind), ...rest }) as unknown as fc.Arbitrary<ChaosStep>;
}

const steps: fc.Arbitrary<ChaosStep> = fc.oneof(
  { weight: 8, arbitrary: step('pass', { ms: fc.constantFrom(500, 2_000, 5_000, 12_000, 45_000) }) },
  {
    weight: 4,
    arbitrary: step('mood', { host, mood: fc.constantFrom<Mood>('good', 'bad', 'failed', 'gone', 'mute') }),
  },
  { weight: 2, arbitrary: step('crash', { host }) },
  { weight: 1, arbitrary: step('bye', { host }) },
  { weight: 3, arbitrary: step('return', { host }) },
  { weight: 1, arbitrary: step('crashMany', { count: host }) },
  { weight: 1, arbitrary: step('returnAll') },
  { weight: 1, arbitrary: step('remove', { host }) },
  { weight: 1, arbitrary: step('restart') },
  { weight: 1, arbitrary: step('room') },
  { weight: 2, arbitrary: step('again', { host, back: fc.integer({ min: 0, max: 30 }) }) },
  { weight: 1, arbitrary: step('agentJump', { host, ms: jumpMs }) },
  { weight: 1, arbitrary: step('hubJump', { ms: jumpMs }) },
  { weight: 1, arbitrary: step('pause', { ms: fc.constantFrom(1_500, 5_000, 15_000, 120_000, 3_600_000) }) },
  { weight: 1, arbitrary: step('toggle', { rule: fc.integer({ min: 1, max: chaosRules.length }) }) },
);

test('whatever happens, what is told alternates and nobody is blamed for what we did not see', () => {
  const told = new Set<string>();
  fc.assert(
    fc.property(fc.array(steps, { minLength: 50, maxLength: 200, size: 'max' }), (script) => {
      const world = new ChaosWorld(hostCount);
      world.run({ kind: 'returnAll' });
      world.run({ kind: 'pass', ms: 70_000 });
      for (const one of script) world.run(one);
      world.settle();
      for (const text of world.told) told.add(text);
    }),
    { seed: Number(process.env['SEED'] ?? 4), numRuns: Number(process.env['RUNS'] ?? 150) },
  );
  // A fleet in which nothing happens would keep every promise.
  expect([...told].sort()).toEqual([
    ...['dropped disabled', 'dropped gone', 'dropped good', 'dropped removed'],
    ...['fired clockSkew', 'fired hostDown', 'fired limits', 'fired massOutage', 'fired silence'],
    ...['pending limits', 'pending silence'],
    ...['resolved back', 'resolved disabled', 'resolved gone', 'resolved good', 'resolved removed'],
  ]);
});
