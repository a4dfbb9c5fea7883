import { describe, expect, test } from 'vitest';
import type { AlertTrace, Notice } from '../../api/alerts.ts';
import { alertItem, nowMs, ruleOf, storedAlert } from '../../testing/alert-samples.ts';
import { thinSpace } from '../format.ts';
import { alertFacts, type FactsOf } from './alert-facts.ts';

function linesOf(change: Partial<FactsOf>): Readonly<Record<string, string>> {
  const of = { item: alertItem(), rule: ruleOf(), trace: null, similar: null, nowMs, ...change };
  const { lines } = alertFacts(of);
  return Object.fromEntries(
    lines.map(({ name, text, note }) => [name, `${text}${note === '' ? '' : ` (${note})`}`.replaceAll(thinSpace, ' ')]),
  );
}

function traceWith(states: readonly Notice['state'][], change: Partial<AlertTrace['alert']> = {}): AlertTrace {
  const notices = states.map(
    (state, id): Notice => ({
      ...{ id, channelId: id, channel: `channel ${id}`, kind: 'webhook', state },
      ...{ dueMs: 0, sentMs: null, attempts: 1, tries: [] },
    }),
  );
  const event = { id: 1, kind: 'fired', atMs: nowMs - 600_000, value: 48.2, message: '', decision: 'told' } as const;
  const rest = { path: [], quietBy: null, by: '', comment: '', channels: [], missingChannels: [] };
  return { alert: storedAlert(change), events: [{ ...event, ...rest, notices }] };
}

describe('alertFacts()', () => {
  test('says who was told, and whether it came through', () => {
    expect(linesOf({ trace: traceWith(['sent', 'sent']) })['Notified']).toBe(
      'channel 0, channel 1 (14:21, both delivered)',
    );
    expect(linesOf({ trace: traceWith(['sent', 'dead', 'waiting']) })['Notified']).toMatch(
      /1 of 3 delivered, 1 given up/,
    );
    expect(linesOf({ trace: traceWith([]) })['Notified']).toBe('nobody (the timeline says why)');
    expect(linesOf({ item: alertItem({ decision: 'downtime' }) })['Notified']).toBe('nobody told: downtime');
  });

  test('says who is next unless somebody acknowledges', () => {
    const escalations = [
      { afterMs: 900_000, channels: ['phone'] },
      { afterMs: 1_800_000, channels: ['boss'] },
    ];
    const rule = ruleOf({ escalations });
    expect(linesOf({ rule })['Escalates']).toBe('to phone at 14:36 if not acknowledged');
    const taken = (count: number) => linesOf({ rule, trace: traceWith(['sent'], { escalations: count }) })['Escalates'];
    expect(taken(1)).toBe('to boss at 14:51 if not acknowledged');
    expect(taken(2)).toBe('no further: boss has been told');
    expect(linesOf({ rule, item: alertItem({ isAcknowledged: true }) })['Escalates']).toBe(
      'no longer: it is acknowledged',
    );
    expect(linesOf({})['Escalates']).toBeUndefined();
  });

  test('says how often people are reminded, and who has acknowledged', () => {
    const rule = ruleOf({ repeatMs: 14_400_000 });
    expect(linesOf({ rule, trace: traceWith(['sent'], { repeats: 2 }) })['Reminds']).toBe(
      'every 4 h until acknowledged, 2 times so far',
    );
    expect(linesOf({ rule, trace: traceWith([]) })['Reminds']).toBeUndefined();
    const acknowledged = { atMs: nowMs, by: 'Mira', comment: 'on it' };
    const lines = linesOf({ rule, item: alertItem({ isAcknowledged: true, acknowledged }) });
    expect(lines['Acknowledged']).toBe('by Mira: \u201con it\u201d (14:31)');
    expect(lines['Reminds']).toBeUndefined();
  });

  test('says how often it was so before', () => {
    const similar = { count: 3, medianMs: 660_000, hasMore: false, days: 30 };
    const of = { item: alertItem(), rule: null, trace: null, nowMs };
    expect(alertFacts({ ...of, similar }).similar.replaceAll(thinSpace, ' ')).toBe('3 times in 30 d, median 11 m.');
    expect(alertFacts({ ...of, similar: { ...similar, count: 1 } }).similar).toBe('the first in 30 d');
    expect(alertFacts({ ...of, similar: null }).similar).toBe('');
  });
});
