/**
 * What rules cost in the ingest path: one tick each of 1,000 hosts × 60 series, under 100 rules for all hosts and 9,900
 * for one host each. Divide by 109,900 for the cost of a rule on one series, by 1,000 for that of a tick.
 *
 * vitest turns every use of an imported name into a property read: compare these figures with each other only.
 */
import { bench, describe } from 'vitest';
import { createRules, hostCount, JudgeLoad, judgeOf } from '../testing/judge-load.ts';

const rules = createRules();

describe(`judge a tick of ${hostCount} hosts (109,900 rules on series)`, () => {
  for (const [name, badRatio] of [
    ['all good', 0],
    ['1% bad', 0.01],
  ] as const) {
    const load = new JudgeLoad({ badRatio });
    const judge = judgeOf(rules);
    bench(name, () => load.next(judge));
  }
});

describe('from nothing to the first tick of each', () => {
  bench('one layout', () => new JudgeLoad({ badRatio: 0 }).next(judgeOf(rules)));
  bench('a layout a host', () => new JudgeLoad({ badRatio: 0, layoutCount: hostCount }).next(judgeOf(rules)));
});
