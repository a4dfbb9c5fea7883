import { describe, expect, test } from 'vitest';
import { alertRow, nowMs } from '../testing/alert-samples.ts';
import { type Answers, alertWorld } from '../testing/alert-world.ts';
import { AlertCase } from './alert-case.ts';
import { AlertDesk } from './alert-desk.ts';

const stored = {
  ...{ id: 7, rule_id: 3, rule: 'Disk write latency', host_id: 1, host: 'db-02', unit: 'ms', threshold: 20 },
  ...{ series: 'disk_write_latency_ms{device="vda"}', fired: nowMs / 1_000 - 60, acknowledged: null },
};
const over = { ...stored, resolved: nowMs / 1_000, resolved_value: 9, resolved_why: 'good' };
const notice = (state: string) => ({ id: 1, channel: 'ops', state, due: nowMs / 1_000, attempts: 1, tries: [] });
const event = (state: string) => ({
  id: 1,
  kind: 'fired',
  at: nowMs / 1_000,
  decision: 'told',
  notices: [notice(state)],
});
const trace = (alert: unknown, state: string) => ({ 'GET /api/v1/alerts/7/trace': { alert, events: [event(state)] } });

async function caseUnderTest(answers: Answers) {
  const lists = {
    'GET /api/v1/alerts': { alerts: [stored, { ...over, id: 5 }, { ...over, id: 4, series: 'x' }], next: null },
  };
  const world = await alertWorld({ ...lists, 'GET /api/v1/silences': [], 'GET /api/v1/rules': [], ...answers }, nowMs);
  const desk = new AlertDesk(world.dashboard);
  const shown = new AlertCase(world.dashboard, desk);
  desk.open();
  shown.open();
  const traces = () => world.asked.filter((path) => path.endsWith('/trace')).length;
  return { world, shown, traces };
}

describe('AlertCase', () => {
  test('finds an open alert, asks for its trace, and for those like it', async () => {
    const { world, shown } = await caseUnderTest(trace(stored, 'sent'));
    await world.tell([alertRow()]);
    shown.show('7');
    expect(shown.item).toMatchObject({ id: 7, phase: 'firing' });
    expect(shown.trace).toBeNull();
    await world.pass(1);
    expect(shown.trace?.events).toHaveLength(1);
    expect(shown.similar).toEqual({ count: 2, medianMs: 60_000, hasMore: false, days: 30 });
  });

  test('asks often while a notice is under way, and seldom when all are out', async () => {
    const { world, shown, traces } = await caseUnderTest(trace(stored, 'waiting'));
    await world.tell([alertRow()]);
    shown.show('7');
    await world.pass(10);
    expect(traces()).toBeGreaterThanOrEqual(4);
    world.answers = { ...world.answers, ...trace(stored, 'sent') };
    await world.pass(3);
    const before = traces();
    await world.pass(20);
    expect(traces()).toBe(before);
  });

  test('goes on showing an alert that ends while it is looked at', async () => {
    const { world, shown, traces } = await caseUnderTest(trace(stored, 'sent'));
    await world.tell([alertRow()]);
    shown.show('7');
    await world.pass(1);
    world.answers = { ...world.answers, ...trace(over, 'sent') };
    await world.tell([{ ...alertRow(), phase: 'inactive' }], false);
    expect(shown.item?.phase).toBe('firing');
    await world.pass(3);
    expect(shown.item).toMatchObject({ phase: 'resolved', value: 9, resolvedWhy: 'good' });
    const before = traces();
    await world.pass(60);
    expect(traces()).toBe(before);
  });

  test('follows a pending alert to the id that it gets when it fires', async () => {
    const { world, shown } = await caseUnderTest(trace(stored, 'sent'));
    const pending = alertRow({ phase: 'pending', alertId: null });
    await world.tell([pending]);
    shown.show(`3 1 ${pending.series}`);
    await world.pass(2);
    expect(shown.item).toMatchObject({ phase: 'pending', id: null });
    expect(shown.trace).toBeNull();
    await world.tell([alertRow()], false);
    shown.show('7');
    await world.pass(2);
    expect(shown.trace?.alert.id).toBe(7);
  });

  test('says that there is none: a pending one that went, an id that nothing has', async () => {
    const { world, shown } = await caseUnderTest({ 'GET /api/v1/alerts/99/trace': 404 });
    const pending = alertRow({ phase: 'pending', alertId: null });
    await world.tell([pending]);
    shown.show(`3 1 ${pending.series}`);
    await world.tell([{ ...pending, phase: 'inactive' }], false);
    expect([shown.item, shown.isGone]).toEqual([null, true]);
    shown.show('99');
    await world.pass(1);
    expect([shown.isGone, shown.failure]).toEqual([true, null]);
  });

  test('says what went wrong, and tries again', async () => {
    const { world, shown } = await caseUnderTest({ 'GET /api/v1/alerts/7/trace': 503 });
    await world.tell([alertRow()]);
    shown.show('7');
    await world.pass(1);
    expect([shown.item?.id, shown.failure]).toEqual([7, 'the hub says 503']);
    world.answers = { ...world.answers, ...trace(stored, 'sent') };
    await world.pass(6);
    expect(shown.failure).toBeNull();
    expect(shown.trace).not.toBeNull();
  });
});
