import fc from 'fast-check';
import { expect, test } from 'vitest';
import type { AlertEvent, StoredAlert, StoredNotice } from '../../store/alerts/alerts.ts';
import { explain } from './trace-text.ts';

const alert = { resolvedMs: null } as StoredAlert;

function event(change: Partial<AlertEvent>): AlertEvent {
  return {
    id: 1,
    kind: 'fired',
    atMs: 1_800_000_000_000,
    tickMs: 1_800_000_000_000,
    value: 1,
    message: 'web: load is 9',
    decision: 'note',
    trace: {},
    notices: [],
    ...change,
  };
}

function notice(change: Partial<StoredNotice>): StoredNotice {
  return {
    id: 1,
    channelId: 7,
    channelName: 'ops',
    channelKind: 'slack',
    state: 'waiting',
    groupKey: 'g',
    createdMs: 0,
    dueMs: 1_800_000_000_000,
    sentMs: null,
    attempts: 0,
    tries: [],
    ...change,
  };
}

const rule = {
  name: 'Busy',
  version: 3,
  spec: {
    subject: {
      kind: 'series',
      series: { patterns: ['load'], labels: {} },
      input: { kind: 'average', windowMs: 60_000 },
      condition: { kind: 'above', threshold: 8, recovery: null },
      noDataIntervals: 5,
    },
    hosts: {},
    forMs: 30_000,
  },
};

test('explain() begins with the rule, and says it again when it has changed', () => {
  const lines = explain(alert, [
    event({ trace: { rule } }),
    event({ trace: { rule } }),
    event({ trace: { rule: { ...rule, version: 4 } } }),
  ]);

  expect(lines.filter((line) => line.startsWith('The rule'))).toEqual([
    'The rule "Busy" (version 3) fires on load (average over 60 s) above 8, or no data for 5 intervals for 30 s',
    'The rule "Busy" (version 4) fires on load (average over 60 s) above 8, or no data for 5 intervals for 30 s',
  ]);
});

test('explain() says what an override changes, and no state twice', () => {
  const overridden = {
    ...rule,
    spec: { ...rule.spec, overrides: [{ hosts: {}, condition: rule.spec.subject.condition }] },
  };
  const firing = { phase: 'firing', atMs: 1_800_000_000_000 };
  const lines = explain({ ...alert, condition: 'above 6' }, [
    event({ trace: { rule: overridden, path: [firing] } }),
    event({ kind: 'resolved', trace: { path: [firing, { phase: 'inactive', atMs: 1_800_000_060_000 }] } }),
  ]);

  expect(lines[0]).toMatch(/ fires on load .* for 30 s; by an override, here above 6$/);
  expect(lines.slice(1)).toEqual([
    '2027-01-15T08:00:00.000Z became firing',
    '2027-01-15T08:00:00.000Z fired: web: load is 9',
    '2027-01-15T08:01:00.000Z became inactive',
    '2027-01-15T08:00:00.000Z resolved: web: load is 9',
    'It is still firing',
  ]);
});

test.each([
  ['silenced', { silence: { id: 3, author: 'ann', comment: 'known' } }, 'silence 3 covers it, by ann: known'],
  ['downtime', { downtime: { id: 3, author: '', reason: '' } }, 'downtime 3 covers it'],
  ['host_down', {}, 'its host is down, which is told by itself'],
  ['mass_outage', {}, 'many hosts have vanished at once, which is told as one'],
  ['no_channel', { missingChannels: ['a', 'b'] }, 'there is no channel that is enabled; a, b are not there or are off'],
  ['unchanged', {}, 'they believe so already, from what they were told before'],
])('explain() says why nobody was told: %s', (decision, trace, expected) => {
  expect(explain(alert, [event({ decision, trace })])[1]).toBe(`  Nobody was told: ${expected}`);
});

test.each([
  [{ state: 'sent', sentMs: 1_800_000_000_000, attempts: 1 }, 'ops: sent at 2027-01-15T08:00:00.000Z after 1 try: 200'],
  [{ state: 'dead', attempts: 9, channelName: '' }, 'channel 7: given up after 9 tries: 200'],
  [{ state: 'sending', attempts: 0 }, 'ops: is being sent, after 0 tries: 200'],
  [
    { state: 'waiting', attempts: 0 },
    'ops: waits for its turn from 2027-01-15T08:00:00.000Z on; older notices of the channel go first',
  ],
  [{ state: 'waiting', attempts: 2 }, 'ops: waits until 2027-01-15T08:00:00.000Z, after 2 tries: 200'],
] as const)('explain() says how a notice fares: %j', (change, expected) => {
  const notices = [notice({ ...change, tries: [{ answer: 'no' }, { at: 'x', answer: '200' }] })];

  expect(explain(alert, [event({ notices })])[1]).toBe(`  ${expected}`);
});

test('explain() says of the end that it has not come', () => {
  expect(explain(alert, [])).toEqual(['It is still firing']);
  expect(explain({ ...alert, resolvedMs: 1 }, [])).toEqual([]);
});

test('explain() makes the best of whatever a row holds', () => {
  fc.assert(
    fc.property(fc.jsonValue(), fc.jsonValue(), fc.string(), fc.double(), (trace, tries, decision, atMs) => {
      const lines = explain(alert, [event({ trace, decision, atMs, notices: [notice({ tries, dueMs: atMs })] })]);
      expect(lines.length).toBeGreaterThanOrEqual(3);
    }),
    { seed: 4, numRuns: 300 },
  );
});
