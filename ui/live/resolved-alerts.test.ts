import { expect, test } from 'vitest';
import { alertRow, nowMs } from '../testing/alert-samples.ts';
import { alertWorld } from '../testing/alert-world.ts';
import { ResolvedAlerts } from './resolved-alerts.ts';

const path = 'GET /api/v1/alerts';
const over = (id: number) => ({ id, fired: nowMs / 1_000 - id, resolved: nowMs / 1_000 });
const page = (ids: readonly number[], next: number | null) => ({ [path]: { alerts: ids.map(over), next } });
const dayAgo = nowMs / 1_000 - 86_400;

test('ResolvedAlerts goes back a day, then as far as somebody asks', async () => {
  const world = await alertWorld(page([9, 8], 8), nowMs);
  const resolved = new ResolvedAlerts(world.dashboard);
  resolved.open();
  expect(resolved.isKnown).toBe(false);
  await world.pass(1);
  expect(world.asked).toEqual([`${path}?state=resolved&since=${dayAgo}&limit=50`]);
  expect([resolved.alerts.map(({ id }) => id), resolved.countText]).toEqual([[9, 8], '2+']);

  world.answers = page([7], null);
  resolved.more();
  await world.pass(1);
  expect([resolved.isOfDay, resolved.hasMore, resolved.countText]).toEqual([true, true, '3']);

  world.answers = page([2, 1], null);
  resolved.more();
  await world.pass(1);
  expect(world.asked.at(-1)).toBe(`${path}?state=resolved&before=7&limit=50`);
  expect([resolved.isOfDay, resolved.hasMore]).toEqual([false, false]);
  expect(resolved.alerts.map(({ id }) => id)).toEqual([9, 8, 7, 2, 1]);
});

test('ResolvedAlerts asks for the newest when the book has changed, and keeps those behind them', async () => {
  const world = await alertWorld(page([9, 8], 8), nowMs);
  const resolved = new ResolvedAlerts(world.dashboard);
  resolved.open();
  await world.pass(10);
  expect(world.asked).toHaveLength(1);
  world.answers = page([10, 9], 9);
  await world.tell([alertRow()]);
  await world.pass(3);
  expect(resolved.alerts.map(({ id }) => id)).toEqual([10, 9, 8]);
  expect(world.asked).toHaveLength(2);
});

test('ResolvedAlerts says what went wrong, and tries again', async () => {
  const world = await alertWorld({ [path]: 503 }, nowMs);
  const resolved = new ResolvedAlerts(world.dashboard);
  resolved.open();
  await world.pass(1);
  expect([resolved.isKnown, resolved.failure]).toEqual([false, 'the hub says 503']);
  world.answers = page([9], null);
  await world.pass(6);
  expect([resolved.isKnown, resolved.failure]).toEqual([true, null]);
});
