import { expect, test } from 'vitest';
import { alertRow, nowMs } from '../testing/alert-samples.ts';
import { alertWorld } from '../testing/alert-world.ts';
import { keyOf } from './alert-book.ts';
import { FreshAlerts } from './fresh-alerts.ts';

async function freshUnderTest() {
  const world = await alertWorld({}, nowMs);
  const fresh = new FreshAlerts(world.dashboard);
  fresh.open();
  return { world, fresh };
}

test('FreshAlerts says nothing of what fires already, and once of what begins to', async () => {
  const { world, fresh } = await freshUnderTest();
  await world.tell([alertRow()]);
  expect([fresh.critical, fresh.keys.size]).toEqual(['', 0]);
  const row = alertRow({ series: 'load_1m', ruleName: 'Load', severity: 'warning' });
  await world.tell([{ ...row, phase: 'pending' }], false);
  expect(fresh.others).toBe('');
  await world.tell([row], false);
  expect([fresh.critical, fresh.others]).toEqual(['', 'Firing: Load on Postgres']);
  expect([...fresh.keys]).toEqual([keyOf(row)]);
  await world.pass(9);
  expect(fresh.keys.size).toBe(0);
  // Told again as a whole after a reconnect, it is no news.
  await world.tell([alertRow(), row]);
  expect(fresh.keys.size).toBe(0);
});

test('FreshAlerts says critical ones apart, and counts many', async () => {
  const { world, fresh } = await freshUnderTest();
  await world.tell([]);
  await world.tell([alertRow()], false);
  expect(fresh.critical).toBe('Firing, critical: Disk write latency on Postgres');
  await world.tell(
    ['a', 'b', 'c'].map((series) => alertRow({ series })),
    false,
  );
  expect([fresh.critical, fresh.others]).toEqual(['3 critical alerts have begun to fire', '']);
});
