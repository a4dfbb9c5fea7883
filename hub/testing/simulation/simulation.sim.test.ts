/**
 * The promise of exactly once, tried on many small worlds. `PULSEWIRE_SIM_SEEDS` sets
 * how many, `PULSEWIRE_SIM_FIRST` the first one; `PULSEWIRE_SIM_SEED` runs one of them with all that happened written out.
 */
import { expect, test } from 'vitest';
import { runSeed } from './simulation.ts';
import { Tally } from './tally.ts';

const one = process.env['PULSEWIRE_SIM_SEED'];
const seedCount = Number(process.env['PULSEWIRE_SIM_SEEDS'] ?? 400);
const firstSeed = Number(process.env['PULSEWIRE_SIM_FIRST'] ?? 1);

test.runIf(one !== undefined)('one seed keeps the promise, with all that happened written out', () => {
  runSeed(Number(one), (line) => process.stderr.write(`${line}\n`));
});

test.runIf(one === undefined)(
  `${seedCount} seeds keep the promise and meet every interesting event`,
  { timeout: 3_600_000 },
  () => {
    const tally = new Tally();
    let acceptedCount = 0;
    let strictCount = 0;
    for (let seed = firstSeed; seed < firstSeed + seedCount; seed += 1) {
      try {
        const result = runSeed(seed);
        tally.add(result.tally);
        acceptedCount += result.acceptedCount;
        strictCount += result.strictCount;
      } catch (error) {
        const repeat = `PULSEWIRE_SIM_SEED=${seed} npx vitest run --project sim hub/testing/simulation`;
        throw new Error(`Seed ${seed} fails: ${(error as Error).message}\nRepeat it with: ${repeat}`, { cause: error });
      }
    }
    expect(tally.unseen()).toEqual([]);
    // Most ticks must be judged without an excuse, or the excuses would hide what is looked for.
    expect(strictCount / acceptedCount).toBeGreaterThan(0.7);
  },
);
