import { describe, expect, test } from 'vitest';
import { anyHost } from '#core/rule-spec.ts';
import type { AlertTrace, Notice, TraceEvent } from '../../api/alerts.ts';
import { nowMs, storedAlert } from '../../testing/alert-samples.ts';
import { thinSpace } from '../format.ts';
import { timelineOf } from './timeline.ts';

const plain = (text: string) => text.replaceAll(thinSpace, ' ');
const firedMs = nowMs - 600_000;

function event(change: Partial<TraceEvent>): TraceEvent {
  return {
    ...{ id: 1, kind: 'fired', atMs: firedMs, value: 48.2, message: '', decision: 'told', path: [], quietBy: null },
    ...{ by: '', comment: '', channels: ['ops'], missingChannels: [], notices: [] },
    ...change,
  };
}

function notice(change: Partial<Notice>): Notice {
  return {
    ...{ id: 1, channelId: 1, channel: 'ops', kind: 'webhook', state: 'sent', dueMs: firedMs, sentMs: firedMs + 400 },
    ...{ attempts: 1, tries: [{ atMs: firedMs + 380, tookMs: 15, answer: 'HTTP 200' }] },
    ...change,
  };
}

function entriesOf(events: readonly TraceEvent[], change: Partial<AlertTrace['alert']> = {}) {
  return timelineOf({ alert: storedAlert(change), events }, { nowMs, notes: [], neighbours: [] });
}

describe('timelineOf()', () => {
  test('tells the way to firing, the newest first', () => {
    const path = [
      { phase: 'pending', atMs: firedMs - 120_000 },
      { phase: 'firing', atMs: firedMs },
    ];
    const acknowledged = event({
      id: 2,
      kind: 'acknowledged',
      atMs: nowMs,
      by: 'Jan',
      comment: 'on it',
      decision: 'note',
    });
    const entries = entriesOf([event({ path }), acknowledged]);
    expect(entries.map(({ title, text }) => plain(title + text))).toEqual([
      'Acknowledged by Jan: \u201con it\u201d',
      'Firing after 2 m, at 48.2 ms',
      'Pending: the condition became true',
    ]);
  });

  test.each([
    ['downtime', { id: 4, author: 'ann', reason: 'new disks' }, /downtime 4 of ann covers the host: “new disks”/],
    ['silenced', { id: 5, author: '', reason: '' }, /silence 5 covers the alert$/],
    ['hostDown', null, /its host is down/],
    ['massOutage', null, /many hosts were gone at once/],
    ['noChannel', null, /no channel is enabled for it\. pager: not there, or disabled/],
  ] as const)('says why nobody was told: %s', (decision, quietBy, words) => {
    const missingChannels = decision === 'noChannel' ? ['pager'] : [];
    const [entry] = entriesOf([event({ decision, quietBy, missingChannels })]);
    expect(entry!.isQuiet).toBe(true);
    expect(entry!.why).toMatch(/^Nobody was told: /);
    expect(entry!.why).toMatch(words);
    expect(entry!.downtimeId).toBe(decision === 'downtime' ? 4 : null);
  });

  test('tells how each notice fared, with every try', () => {
    const tries = [
      { atMs: firedMs, tookMs: 2, answer: 'HTTP 503' },
      { atMs: firedMs + 1_000, tookMs: 10_000, answer: 'no answer' },
    ];
    const dead = notice({ id: 2, channel: 'pager', state: 'dead', sentMs: null, attempts: 40, tries });
    const [entry] = entriesOf([event({ notices: [notice({}), dead] })]);
    expect(entry!.why).toBe('Told to ops');
    expect(entry!.notices.map(({ channel, text, isDead }) => [channel, plain(text), isDead])).toEqual([
      ['ops', 'sent after 400 ms: HTTP 200', false],
      ['pager', 'given up after 40 tries: no answer', true],
    ]);
    expect(entry!.notices[1]!.tries.map(({ text }) => plain(text))).toEqual(['2 ms: HTTP 503', '10 s: no answer']);
  });

  test('says what a notice waits for', () => {
    const waiting = { state: 'waiting', sentMs: null } as const;
    const first = notice({ ...waiting, attempts: 0, tries: [] });
    const again = notice({ ...waiting, dueMs: nowMs + 5_000, attempts: 2 });
    const due = notice({ ...waiting, dueMs: nowMs - 5_000, attempts: 2 });
    const [entry] = entriesOf([event({ notices: [first, again, due] })]);
    expect(entry!.notices.map(({ text }) => text)).toEqual([
      'waits for its turn: older notices of the channel go first',
      'next try at 14:32:02, after 2 tries: HTTP 200',
      'next try is due, after 2 tries: HTTP 200',
    ]);
  });

  test('tells what people noted and what else fired on the host, in between', () => {
    const note = {
      ...{ id: 3, atMs: nowMs - 60_000, untilMs: null, text: 'raising max_wal_size', author: 'Jan' },
      ...{ hosts: anyHost, createdMs: nowMs },
    };
    const neighbour = storedAlert({
      id: 9,
      ruleName: 'Replication lag',
      firedMs: nowMs - 300_000,
      severity: 'warning',
    });
    const entries = timelineOf(
      { alert: storedAlert(), events: [event({})] },
      { nowMs, notes: [note], neighbours: [{ ...neighbour, id: 8, firedMs: nowMs - 400_000 }, neighbour] },
    );
    expect(entries.map(({ kind, title, text }) => [kind, title + text])).toEqual([
      ['note', 'Jan: \u201craising max_wal_size\u201d'],
      ['neighbour', 'Replication lag fired on the same host, 2 times'],
      ['fired', expect.stringMatching(/^Firing/)],
    ]);
    expect(entries[1]!.neighbour).toEqual({ id: 9, severity: 'warning' });
  });

  test('says how it ended', () => {
    const end = event({ id: 2, kind: 'resolved', atMs: nowMs, value: 9.1 });
    expect(plain(entriesOf([end], { resolvedWhy: 'good' })[0]!.text)).toBe(' at 9.10 ms');
    expect(entriesOf([end], { resolvedWhy: 'gone' })[0]!.text).toContain('the series is gone');
    expect(entriesOf([end])[0]!.why).toBe('Its end was told to ops');
  });
});
