import { expect, test } from 'vitest';
import { anyHost } from '#core/rule-spec.ts';
import type { StoredAlert } from '../../api/alerts.ts';
import { windowEvents } from './window-events.ts';

function alertAt(id: number, firedMs: number, resolvedMs: number | null): StoredAlert {
  return {
    ...{ id, ruleId: 1, ruleName: 'CPU high', hostId: 1, host: 'web-03', series: 'cpu', severity: 'warning' },
    ...{ cause: 'limits', condition: 'above 85', threshold: 85, unit: 'percent', message: '', value: 90 },
    ...{ firedMs, resolvedMs, resolvedValue: null, resolvedWhy: '', acknowledged: null, repeats: 0, escalations: 0 },
  };
}

const nothing = { alerts: [], downtimes: [], gaps: [], notes: [] };
const window = { fromMs: 100_000, toMs: 400_000 };

test('windowEvents() has what touches the window, newest first', () => {
  const { shown, moreCount } = windowEvents({
    window,
    alerts: [alertAt(1, 0, 50_000), alertAt(2, 0, 150_000), alertAt(3, 390_000, null), alertAt(4, 500_000, null)],
    downtimes: [{ id: 5, reason: 'kernel update', fromMs: 200_000, toMs: 300_000 }],
    gaps: [{ fromMs: 120_000, toMs: 141_000 }],
    notes: [{ id: 6, atMs: 250_000, untilMs: null, text: 'deploy 42', hosts: anyHost, author: 'ann', createdMs: 0 }],
  });
  expect(shown.map(({ kind, title, atMs }) => [kind, title, atMs])).toEqual([
    ['alert', 'CPU high', 390_000],
    ['note', 'deploy 42', 250_000],
    ['downtime', 'Downtime: kernel update', 200_000],
    ['gap', 'No data, 21\u202fs', 120_000],
    ['alert', 'CPU high', 0],
  ]);
  expect(shown.map((event) => (event.kind === 'alert' ? event.level : ''))).toEqual([
    'warning',
    '',
    '',
    '',
    'resolved',
  ]);
  expect(moreCount).toBe(0);
});

test('windowEvents() counts what has no room', () => {
  const gaps = Array.from({ length: 20 }, (_, index) => ({
    fromMs: 101_000 + index * 10_000,
    toMs: 105_000 + index * 10_000,
  }));
  const { shown, moreCount } = windowEvents({ ...nothing, window, gaps });
  expect([shown.length, shown[0]!.atMs, moreCount]).toEqual([12, 291_000, 8]);
});
