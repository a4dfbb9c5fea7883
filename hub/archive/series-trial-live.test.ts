/** The past judged again says what the live judge said of it. */
import fc from 'fast-check';
import { expect, test } from 'vitest';
import { type Absence, wordsOf, writeAbsence } from '#core/absence.ts';
import { limitsOf } from '#core/rule.ts';
import type { Rule, RuleCondition, RuleInput } from '#core/rule-spec.ts';
import { JudgeWorld, layoutOf, seriesRule, silenceRule } from '../testing/judge-fixture.ts';
import type { Span } from './query-request.ts';
import { SeriesTrial, type TrialRule, type TrialTicks } from './series-trial.ts';

type Second = number | Absence | 'away';

const layout = layoutOf(['cpu']);

/** When it fired and until when, by the judge of the live stream. */
function liveFirings(
  rule: Rule,
  seconds: readonly Second[],
): { readonly firings: readonly Span[]; readonly endMs: number; readonly startMs: number } {
  const world = new JudgeWorld([rule]);
  const startMs = world.nowMs;
  world.link(1);
  for (const second of seconds) {
    world.pass(1_000);
    if (second !== 'away') world.tick(1, { cpu: second }, { layout });
  }
  const firings: Span[] = [];
  let firedMs = Number.NaN;
  for (const { kind, timeMs } of world.judgements) {
    if (kind === 'fired') firedMs = timeMs;
    if (kind !== 'resolved') continue;
    firings.push({ startMs: firedMs, endMs: timeMs });
    firedMs = Number.NaN;
  }
  if (!Number.isNaN(firedMs)) firings.push({ startMs: firedMs, endMs: world.nowMs });
  return { firings, startMs, endMs: world.nowMs };
}

function ticksOf(seconds: readonly Second[], startMs: number): TrialTicks {
  const ticks = seconds.flatMap((value, index) =>
    value === 'away' ? [] : [{ value, timeMs: startMs + (index + 1) * 1_000 }],
  );
  const values = new Float64Array(ticks.length);
  const words = wordsOf(values);
  for (const [index, { value }] of ticks.entries()) {
    if (typeof value === 'number') values[index] = value;
    else writeAbsence(words, index, value);
  }
  return { times: Float64Array.from(ticks, ({ timeMs }) => timeMs), values, words, tickMs: 1_000, intervalMs: 1_000 };
}

/** Values and absences in stretches, as they come. */
const seconds = fc
  .array(
    fc.oneof(
      { weight: 6, arbitrary: fc.array(fc.integer({ min: 84, max: 95 }), { minLength: 1, maxLength: 12 }) },
      {
        weight: 3,
        arbitrary: fc
          .tuple(fc.constantFrom<Second>('failed', 'failed', 'notDue', 'gone', 'away'), fc.integer({ min: 1, max: 9 }))
          .map(([second, count]) => Array.from({ length: count }, () => second)),
      },
      {
        weight: 1,
        arbitrary: fc.constantFrom<Second>('gone', 'away').map((second) => Array.from({ length: 65 }, () => second)),
      },
    ),
    { minLength: 1, maxLength: 12 },
  )
  .map((stretches) => stretches.flat() as readonly Second[]);

const condition = fc.constantFrom<RuleCondition>(
  { kind: 'above', threshold: 90, recovery: null },
  { kind: 'above', threshold: 90, recovery: 87 },
  { kind: 'below', threshold: 88, recovery: 90 },
  { kind: 'outside', low: 86, high: 93, recoveryLow: 88, recoveryHigh: 92 },
);
const input = fc.constantFrom<RuleInput>(
  { kind: 'value' },
  { kind: 'value' },
  { kind: 'average', windowMs: 5_000 },
  { kind: 'rate', windowMs: 4_000 },
);
const durationMs = fc.constantFrom(0, 0, 2_000, 5_000);

test('a rule on values fires and resolves as it did live', () => {
  let fired = 0;
  const silentIntervals = fc.constantFrom(null, 3);
  fc.assert(
    fc.property(
      fc.record({ condition, input, forMs: durationMs, keepFiringMs: durationMs, silentIntervals }),
      seconds,
      (given, all) => {
        const { silentIntervals: noDataIntervals, ...said } = given;
        const live = liveFirings(seriesRule(1, 'cpu', { ...said, noDataIntervals }), all);
        const limits = limitsOf(given.condition, given);
        const trial = new SeriesTrial(
          { kind: 'series', limits, input: given.input, silentIntervals: noDataIntervals },
          live.startMs,
        );
        const ticks = ticksOf(all, live.startMs);
        trial.addTicks(ticks, 0, ticks.times.length);
        trial.end(live.endMs);
        expect(trial.firings).toEqual(live.firings);
        fired += live.firings.length;
      },
    ),
    { seed: 20_261_127, numRuns: 300 },
  );
  expect(fired).toBeGreaterThan(200);
});

test('silence fires and resolves as it did live', () => {
  let fired = 0;
  fc.assert(
    fc.property(
      fc.record({ forMs: durationMs, keepFiringMs: durationMs }),
      fc.integer({ min: 1, max: 4 }),
      seconds,
      (given, intervals, all) => {
        const live = liveFirings(silenceRule(1, intervals, given), all);
        const limits = limitsOf({ kind: 'above', threshold: 0.5, recovery: null }, given);
        const rule: TrialRule = { kind: 'silence', limits, input: { kind: 'value' }, silentIntervals: intervals };
        const trial = new SeriesTrial(rule, live.startMs);
        const ticks = ticksOf(all, live.startMs);
        trial.addTicks(ticks, 0, ticks.times.length);
        trial.end(live.endMs);
        expect(trial.firings).toEqual(live.firings);
        fired += live.firings.length;
      },
    ),
    { seed: 20_261_127, numRuns: 300 },
  );
  expect(fired).toBeGreaterThan(100);
});
