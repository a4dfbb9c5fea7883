import fc from 'fast-check';
import { expect, test } from 'vitest';
import { judgeValue, newMachine } from '#core/rule.ts';
import { anyHost, type RuleCondition } from '#core/rule-spec.ts';
import { above, hostsNamed, JudgeWorld, layoutOf, seriesRule } from '../testing/judge-fixture.ts';
import { RuleSet } from './rule-set.ts';
import { rowOf, rowsPerHostMax, TableCompiler } from './rule-tables.ts';

const layout = layoutOf(['cpu', 'disk{device="a"}', 'disk{device="b"}', 'disks', 'mem']);

function tableOf(...patterns: string[]) {
  const set = new RuleSet();
  set.set(patterns.map((pattern, index) => seriesRule(index + 1, pattern, { condition: above(10 * (index + 1)) })));
  return new TableCompiler().tableFor(layout, set.rulesOf({ name: 'h', tags: {} }).series);
}

test('tableFor() makes a row for each series that a rule means, with the band of the rule', () => {
  const table = tableOf('disk', 'mem', 'disk*', 'nothing', 'disk{device="b"}');

  expect([...table.places]).toEqual([1, 2, 4, 1, 2, 3, 2]);
  expect([...table.idleBands.highs]).toEqual([10, 10, 20, 30, 30, 30, 50]);
  expect([...new Set(table.idleBands.lows)]).toEqual([Number.NEGATIVE_INFINITY]);
  expect([rowOf(table, 3, 2), rowOf(table, 2, 1)]).toEqual([4, -1]);
});

test('tableFor() takes a series once, however many texts mean it', () => {
  const set = new RuleSet();
  const rule = seriesRule(1, 'x');
  const series = { patterns: ['disk{device="b"}', 'disk', 'mem'], labels: {} };
  set.set([{ ...rule, spec: { ...rule.spec, subject: { ...rule.spec.subject, series } as typeof rule.spec.subject } }]);

  expect([...new TableCompiler().tableFor(layout, set.rulesOf({ name: 'h', tags: {} }).series).places]).toEqual([
    1, 2, 4,
  ]);
});

test('tableFor() means the same of a layout that has grown, or changed, as of one that is new', () => {
  const set = new RuleSet();
  set.set([seriesRule(1, 'disk*'), seriesRule(2, '*{*'), seriesRule(3, '*')]);
  const { series } = set.rulesOf({ name: 'h', tags: {} });
  const compiler = new TableCompiler();
  const grown = layoutOf(['cpu', 'disk{device="a"}', 'disk{device="b"}', 'disks', 'mem', 'disk{device="c"}', 'net']);
  const other = layoutOf(['disk{device="b"}', 'cpu', 'disks', 'mem', 'x', 'disk{device="c"}', 'net']);
  compiler.tableFor(layout, series);
  const placesOf = (table: { readonly places: Int32Array }) => [...table.places];

  for (const next of [grown, other])
    expect(placesOf(compiler.tableFor(next, series, layout))).toEqual(
      placesOf(new TableCompiler().tableFor(next, series)),
    );
  expect(placesOf(compiler.tableFor(grown, series))).toEqual([1, 2, 3, 5, 1, 2, 5, 0, 1, 2, 3, 4, 5, 6]);
});

test('tableFor() has a bound, and counts what is beyond', () => {
  const wide = layoutOf(Array.from({ length: 4_000 }, (_, index) => `m${index}`));
  const set = new RuleSet();
  set.set(Array.from({ length: 30 }, (_, index) => seriesRule(index + 1, '*')));
  const table = new TableCompiler().tableFor(wide, set.rulesOf({ name: 'h', tags: {} }).series);

  expect([table.rowCount, table.omittedCount]).toEqual([rowsPerHostMax, 120_000 - rowsPerHostMax]);
});

test('rulesOf() finds rules by name, by glob and by tags, none that are disabled, and keeps what has not changed', () => {
  const set = new RuleSet();
  const rules = [
    seriesRule(1, 'cpu', { hosts: hostsNamed('a', 'b', 'b') }),
    seriesRule(2, 'cpu', { hosts: { ...hostsNamed('b'), notTags: { env: 'test' } } }),
    seriesRule(3, 'cpu', { hosts: hostsNamed('*') }),
    { ...seriesRule(4, 'cpu'), isEnabled: false },
    seriesRule(5, 'cpu', { hosts: { ...anyHost, tags: { env: 'test' } } }),
  ];
  const idsOf = (name: string, tags = {}) => set.rulesOf({ name, tags }).series.map(({ hostRule }) => hostRule.rule.id);
  set.set(rules);

  expect([idsOf('a'), idsOf('b'), idsOf('c')]).toEqual([[3, 1], [3, 1, 2], [3]]);
  expect(idsOf('b', { env: 'test' })).toEqual([3, 5, 1]);
  const [before] = set.rulesOf({ name: 'c', tags: {} }).series;
  set.set(rules.map((rule) => ({ ...rule })));
  expect(set.rulesOf({ name: 'd', tags: {} }).series[0]).toBe(before);
  set.set([{ ...rules[2]!, version: 2 }]);
  expect(set.rulesOf({ name: 'd', tags: {} }).series[0]).not.toBe(before);
});

test('the loop over a table says what the machine says of each value', () => {
  const number = fc.integer({ min: 0, max: 20 });
  const condition: fc.Arbitrary<RuleCondition> = fc.oneof(
    fc.record({ kind: fc.constant('above' as const), threshold: number, recovery: fc.constantFrom(null, 3, 5) }),
    fc.record({ kind: fc.constant('below' as const), threshold: number, recovery: fc.constantFrom(null, 17) }),
    fc.record({
      kind: fc.constant('outside' as const),
      low: fc.integer({ min: 0, max: 8 }),
      high: fc.integer({ min: 12, max: 20 }),
      recoveryLow: fc.constantFrom(null, 9),
      recoveryHigh: fc.constant(null),
    }),
  );
  const durations = fc.constantFrom(0, 1_000, 3_000);
  const spec = fc.record({ condition, forMs: durations, keepFiringMs: durations });
  const value = fc.oneof({ weight: 9, arbitrary: number }, { weight: 1, arbitrary: fc.constant('failed' as const) });
  const keys = ['a', 'b', 'c'];
  fc.assert(
    fc.property(
      fc.array(spec, { minLength: 1, maxLength: 5 }),
      fc.array(fc.tuple(value, value, value), { minLength: 1, maxLength: 60 }),
      (specs, ticks) => {
        const rules = specs.map((said, index) => seriesRule(index + 1, '*', said));
        const set = new RuleSet();
        set.set(rules);
        const compiled = set.rulesOf({ name: 'host-1', tags: {} }).series;
        const machines = compiled.map(() => keys.map(() => newMachine()));
        const world = new JudgeWorld(rules);
        for (const values of ticks) {
          world.pass(1_000);
          world.tick(1, { a: values[0], b: values[1], c: values[2] });
          const expected = compiled.flatMap(({ limits, hostRule }, index) =>
            keys.flatMap((key, place) => {
              const judged = values[place]!;
              const machine = machines[index]![place]!;
              if (judged === 'failed') return [];
              const outcome = judgeValue(machine, limits, { timeMs: world.nowMs, ordinal: 1, value: judged });
              return outcome === null ? [] : `${outcome} ${hostRule.rule.id}/1/${key}`;
            }),
          );
          expect(world.take().map((text) => text.slice(0, text.lastIndexOf(' ')))).toEqual(expected);
          const open = machines.flat().filter(({ phase }) => phase !== 'inactive');
          expect(world.judge.pendingCount + world.judge.firingCount).toBe(open.length);
        }
      },
    ),
    { seed: 4, numRuns: 300 },
  );
});
