import { describe, expect, test } from 'vitest';
import { ConfigError } from '#core/errors.ts';
import type { SimulatedRow } from '../store/simulated.ts';
import { chooseHosts, hostIndexOf, namesOf } from './choose-hosts.ts';
import { endDayOf, spanOf } from './plan.ts';

const plan = { hostCount: 3, dayCount: 30, perHour: 60, seed: 1 };
const nowMs = Date.UTC(2026, 10, 26, 18, 30);
const span = spanOf(plan, nowMs);

function row(index: number, { left = 0, ...change }: Partial<SimulatedRow> & { left?: number } = {}): SimulatedRow {
  return {
    ...span,
    hostId: 10 + index,
    name: `host_${index}`,
    agentId: 'a'.repeat(32),
    nextDay: endDayOf(span) - left,
    ...change,
  };
}

function problemOf(run: () => unknown): string {
  try {
    run();
  } catch (error) {
    if (error instanceof ConfigError) return error.message;
  }
  return '';
}

describe('chooseHosts()', () => {
  test('makes what is missing, finishes what was begun, and leaves what is complete', () => {
    const simulated = [row(0), row(1, { left: 5 })];
    const choice = chooseHosts(plan, { simulated, realNames: [] }, { isReplace: false });
    expect(choice).toEqual({ complete: [row(0)], begun: [row(1, { left: 5 })], replaced: [], newIndexes: [2] });
  });

  test('replaces all when told to', () => {
    const simulated = [row(0), row(1, { dayCount: 5 })];
    const choice = chooseHosts(plan, { simulated, realNames: [] }, { isReplace: true });
    expect(choice).toEqual({ complete: [], begun: [], replaced: simulated, newIndexes: [0, 1, 2] });
  });

  test.each([false, true])('refuses names of real hosts, whether it may replace or not: %s', (isReplace) => {
    const found = { simulated: [], realNames: ['host_1', 'host_2'] };
    expect(problemOf(() => chooseHosts(plan, found, { isReplace }))).toBe(
      'Cannot simulate:\n  - the names of simulated hosts must not belong to real ones; rename or remove those first: got "host_1", "host_2"',
    );
  });

  test('refuses hosts that were asked for differently, and says what to do', () => {
    const simulated = Array.from({ length: 7 }, (_, index) => row(index, { fleetSeed: 9 }));
    const message = problemOf(() => chooseHosts(plan, { simulated, realNames: [] }, { isReplace: false }));
    expect(message).toContain('(--days 30 --per-hour 60 --seed 9)');
    expect(message).toContain('add --replace');
    expect(message).toContain('got --days 30 --per-hour 60 --seed 1 for "host_0"');
    expect(message).toContain('and 2 more');
  });
});

test('a name tells the number of its host', () => {
  expect(namesOf({ hostCount: 12 }).map(hostIndexOf)).toEqual([0, 1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11]);
});
