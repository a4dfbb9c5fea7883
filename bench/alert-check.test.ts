import { describe, expect, test } from 'vitest';
import {
  type AlertEvidence,
  compareTransitions,
  judgeAlerts,
  type ReceivedEvent,
  type RecordedEvent,
} from './alert-check.ts';

function recorded(seq: number, more: Partial<RecordedEvent> = {}): RecordedEvent {
  const kind = seq % 2 === 1 ? 'fired' : 'resolved';
  return { key: `k${seq}`, target: 'a', kind, seq, decision: 'told', ...more };
}

function received(seq: number, more: Partial<ReceivedEvent> = {}): ReceivedEvent {
  const kind = seq % 2 === 1 ? 'fired' : 'resolved';
  return { channel: 'c', key: `k${seq}`, kind, isFiring: seq % 2 === 1, atMs: seq, ...more };
}

function evidence(more: Partial<AlertEvidence> = {}): AlertEvidence {
  return {
    recorded: [recorded(1), recorded(2)],
    received: [received(1), received(2)],
    targets: [{ target: 'a', isFiring: false, isTold: false }],
    channels: ['c'],
    ...more,
  };
}

const good = { untoldEvents: 0, phantomEvents: 0, brokenTargets: 0, brokenTold: 0, wrongEnds: 0, problems: [] };

describe('judgeAlerts()', () => {
  test('finds nothing where everything was told once', () => {
    expect(judgeAlerts(evidence())).toEqual({ ...good, recordedTransitions: 2, receivedEvents: 2, repeatedEvents: 0 });
  });

  test('counts what was told twice and blames nobody for it', () => {
    const twice = evidence({ received: [received(1), received(1), received(2)] });
    expect(judgeAlerts(twice)).toMatchObject({ ...good, receivedEvents: 2, repeatedEvents: 1 });
  });

  test.each<[string, Partial<AlertEvidence>, object]>([
    ['a transition that was not told', { received: [received(2)] }, { untoldEvents: 1 }],
    ['a channel that was left out', { channels: ['c', 'd'] }, { untoldEvents: 2 }],
    ['a notice of nothing', { received: [received(1), received(2), received(9)] }, { phantomEvents: 1 }],
    [
      'a notice of the opposite',
      { received: [received(1, { isFiring: false }), received(2)] },
      { phantomEvents: 1, untoldEvents: 0 },
    ],
    ['two that fired in a row', { recorded: [recorded(1), recorded(2, { kind: 'fired' })] }, { brokenTargets: 1 }],
    [
      'a seq that is missing',
      { recorded: [recorded(1), recorded(2), recorded(4, { decision: 'downtime' })] },
      { brokenTargets: 1 },
    ],
    [
      'two that were told to fire',
      {
        recorded: [recorded(1), recorded(2, { decision: 'downtime' }), recorded(3)],
        received: [received(1), received(3)],
      },
      { brokenTold: 1, brokenTargets: 0 },
    ],
    ['an end that was not told', { targets: [{ target: 'a', isFiring: true, isTold: true }] }, { wrongEnds: 1 }],
    ['a told state that differs', { targets: [{ target: 'a', isFiring: false, isTold: true }] }, { wrongEnds: 1 }],
  ])('finds %s', (_, more, expected) => {
    expect(judgeAlerts(evidence(more))).toMatchObject(expected);
    expect(judgeAlerts(evidence(more)).problems).not.toEqual([]);
  });

  test('wants no notice of what a downtime kept', () => {
    const kept = evidence({
      recorded: [recorded(1, { decision: 'downtime' }), recorded(2, { decision: 'unchanged' })],
      received: [],
    });
    expect(judgeAlerts(kept)).toMatchObject(good);
  });

  test('leaves what the hub says of itself alone', () => {
    const own = evidence({ received: [received(1), received(2), received(3, { kind: 'storageDown', key: 'own' })] });
    expect(judgeAlerts(own)).toMatchObject(good);
  });
});

test('compareTransitions() counts what is missing and what is too much', () => {
  const caused = new Map([
    ['a', [true, false, true]],
    ['b', [true]],
  ]);
  const got = [
    recorded(1),
    recorded(2),
    recorded(1, { target: 'c' }),
    recorded(1, { target: 'b' }),
    recorded(2, { target: 'b' }),
  ];
  expect(compareTransitions(caused, got)).toEqual({ missing: 1, extra: 2 });
});
