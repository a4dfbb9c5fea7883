import { expect, test } from 'vitest';
import type { Downtime, Schedule } from '#core/downtime.ts';
import { downtimeRows } from './downtime-row.ts';
import { noHost } from './draft.ts';
import { endedWindows } from './ended.ts';

const nowMs = Date.UTC(2026, 10, 18, 14, 32);
const hourMs = 3_600_000;

function downtime(id: number, schedule: Schedule): Downtime {
  return { id, name: '', spec: { hosts: noHost, schedule, author: '', reason: '' }, origin: 'api', createdMs: 0 };
}

test('endedWindows() has each window that has ended since then, the newest first, and none that lasts', () => {
  const daily: Schedule = {
    kind: 'recurring',
    start: '2026-01-01T10:00:00',
    rule: 'FREQ=DAILY',
    durationMs: 4.5 * hourMs,
    zone: 'UTC',
  };
  const once = (fromHours: number, toHours: number): Schedule => ({
    kind: 'once',
    startMs: nowMs + fromHours * hourMs,
    endMs: nowMs + toHours * hourMs,
  });
  const rows = downtimeRows(
    [downtime(1, daily), downtime(2, once(-3, 0)), downtime(3, once(-3, 0.1)), downtime(4, once(-60, -49))],
    { hosts: [], nowMs },
  );

  const ended = endedWindows(rows, { sinceMs: nowMs - 48 * hourMs, nowMs });

  expect(ended.map(({ row, endMs }) => [row.downtime.id, new Date(endMs).toISOString().slice(0, 16)])).toEqual([
    [2, '2026-11-18T14:32'],
    [1, '2026-11-18T14:30'],
    [1, '2026-11-17T14:30'],
  ]);
});
