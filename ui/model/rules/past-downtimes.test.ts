import { expect, test } from 'vitest';
import type { Schedule } from '#core/downtime.ts';
import { anyHost } from '#core/rule-spec.ts';
import { windowsBetween } from '#core/schedule.ts';
import { countInDowntime, pastDowntimes, type WindowsOf } from './past-downtimes.ts';

const hourMs = 3_600_000;
const hosts = [
  { name: 'web-1', tags: { role: 'web' } },
  { name: 'db-1', tags: { role: 'db' } },
];
const windowsOf: WindowsOf = (schedule, { startMs, endMs }) =>
  windowsBetween(schedule, { fromMs: startMs, toMs: endMs, countMax: 100 });
const once: Schedule = { kind: 'once', startMs: hourMs, endMs: 2 * hourMs };
const daily: Schedule = {
  kind: 'recurring',
  start: '1970-01-01T03:00:00',
  rule: 'FREQ=DAILY',
  durationMs: hourMs,
  zone: 'UTC',
};
const downtime = (schedule: Schedule, tags: Record<string, string> = {}) => ({
  spec: { hosts: { ...anyHost, tags }, schedule, author: '', reason: '' },
});
const span = { startMs: 0, endMs: 48 * hourMs };
const mark = (host: string, startMs: number) => ({ host, series: 'cpu', startMs, endMs: startMs + 1 });

test('pastDowntimes() gives each window in the span with the hosts that it covers', () => {
  const found = pastDowntimes([downtime(once), downtime(daily, { role: 'db' })], { hosts, span, windowsOf });
  expect(found.map(({ startMs, hosts: names }) => [startMs / hourMs, [...names]])).toEqual([
    [1, ['web-1', 'db-1']],
    [3, ['db-1']],
    [27, ['db-1']],
  ]);
});

test('pastDowntimes() leaves out what covers no host, and what lies outside of the span', () => {
  const later = { startMs: 10 * hourMs, endMs: 20 * hourMs };
  expect(pastDowntimes([downtime(once, { role: 'mail' })], { hosts, span, windowsOf })).toEqual([]);
  expect(pastDowntimes([downtime(once)], { hosts, span: later, windowsOf })).toEqual([]);
});

test('countInDowntime() counts what began in a downtime of its own host', () => {
  const found = pastDowntimes([downtime(once, { role: 'web' })], { hosts, span, windowsOf });
  const marks = [mark('web-1', hourMs), mark('web-1', 2 * hourMs), mark('db-1', hourMs)];
  expect(countInDowntime(marks, found)).toBe(1);
});
