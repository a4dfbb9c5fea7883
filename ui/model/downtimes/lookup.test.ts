import { describe, expect, test } from 'vitest';
import type { Downtime, Schedule } from '#core/downtime.ts';
import { nextWindow } from '#core/schedule.ts';
import { noHost } from './draft.ts';
import { countMatching, sameAgain, windowAt, windowsOf } from './lookup.ts';

const hourMs = 3_600_000;
const nowMs = Date.UTC(2026, 10, 18, 14, 32);

function daily(rule = 'FREQ=DAILY'): Schedule {
  return { kind: 'recurring', start: '2026-01-01T01:00:00', rule, durationMs: 2 * hourMs, zone: 'Europe/Berlin' };
}

function downtime(id: number, reason = 'x'): Downtime {
  return { id, name: '', spec: { hosts: noHost, schedule: daily(), author: '', reason }, origin: 'api', createdMs: 0 };
}

describe('what is kept of a schedule', () => {
  test('is right as time passes, and when it is asked for an earlier time', () => {
    const schedule = daily();
    for (const atMs of [nowMs, nowMs + 20 * hourMs, nowMs + 90 * hourMs, nowMs - 40 * hourMs])
      expect(windowAt(schedule, atMs)).toEqual(nextWindow(schedule, atMs));
  });

  test('is that of the span that is asked for', () => {
    const schedule = daily();
    const days = [0, 1, 2, 1, 0].map((day) => nowMs + day * 24 * hourMs);

    expect(days.map((fromMs) => windowsOf(schedule, { fromMs, toMs: fromMs + 48 * hourMs })[0]!.startMs)).toEqual(
      days.map((fromMs) => nextWindow(schedule, fromMs)!.startMs),
    );
  });

  test('is nothing for a rule that cannot be read', () => {
    const odd = daily('FREQ=SOMETIMES');

    expect([windowAt(odd, nowMs), windowsOf(odd, { fromMs: 0, toMs: nowMs })]).toEqual([null, []]);
  });
});

test('countMatching() follows the hosts', () => {
  const selector = { ...noHost, tags: { role: 'db' } };
  const hosts = ['web', 'db', 'db'].map((role, index) => ({ name: `${role}-${index}`, tags: { role } }));

  expect([hosts, hosts, hosts.slice(0, 2)].map((each) => countMatching(selector, each))).toEqual([2, 2, 1]);
});

test('sameAgain() keeps what has not changed, in the order of the newer list', () => {
  const before = [downtime(1), downtime(2), downtime(3)];
  const after = [downtime(4), downtime(3), downtime(2, 'y')];
  const found = sameAgain(before, after);

  expect(found).toEqual(after);
  expect(found.map((item) => before.includes(item))).toEqual([false, true, false]);
});
