import { describe, expect, test } from 'vitest';
import { alertRow, nowMs } from '../testing/alert-samples.ts';
import { type AlertWorld, type Answers, alertWorld } from '../testing/alert-world.ts';
import { AlertDesk } from './alert-desk.ts';

const stored = {
  ...{ id: 7, rule_id: 3, rule: 'Disk write latency', host_id: 1, host: 'db-02', unit: 'ms', threshold: 20 },
  ...{ fired: nowMs / 1_000, acknowledged: null },
};
const silence = { id: 4, rules: ['Disk*'], until: nowMs / 1_000 + 20, created: nowMs / 1_000, author: 'ann' };

async function deskUnderTest(change: Answers = {}): Promise<AlertWorld & { readonly desk: AlertDesk }> {
  const answers = {
    'GET /api/v1/alerts': { alerts: [stored], next: null },
    'GET /api/v1/silences': [],
    'GET /api/v1/rules': [],
    ...change,
  };
  const world = await alertWorld(answers, nowMs);
  const desk = new AlertDesk(world.dashboard);
  desk.open();
  return Object.assign(world, { desk });
}

const lists = (asked: readonly string[]) => asked.filter((path) => path.startsWith('GET /api/v1/alerts')).length;

describe('AlertDesk', () => {
  test('is not known before the hub has told all of them, and then joins them with what is stored', async () => {
    const world = await deskUnderTest();
    expect(world.desk.isKnown).toBe(false);
    await world.tell([alertRow()]);
    expect(world.desk.isKnown).toBe(true);
    await world.pass(1);
    expect(world.desk.items).toMatchObject([{ id: 7, unit: 'ms', threshold: 20, hostTitle: 'Postgres' }]);
  });

  test('asks again when an alert has changed, and seldom otherwise', async () => {
    const world = await deskUnderTest();
    await world.tell([alertRow()]);
    await world.pass(2);
    const before = lists(world.asked);
    await world.pass(20);
    expect(lists(world.asked)).toBe(before);
    const acknowledged = { at: nowMs / 1_000, by: 'Mira', comment: '' };
    world.answers = { ...world.answers, 'GET /api/v1/alerts': { alerts: [{ ...stored, acknowledged }], next: null } };
    await world.tell([alertRow({ isAcknowledged: true })], false);
    await world.pass(1);
    expect(lists(world.asked)).toBe(before + 1);
    expect(world.desk.items[0]!.acknowledged?.by).toBe('Mira');
  });

  test('asks as often as everything is polled while there are no live messages', async () => {
    const world = await deskUnderTest();
    await world.tell([alertRow()]);
    await world.pass(1);
    world.cut();
    await world.pass(1);
    const before = lists(world.asked);
    await world.pass(20);
    expect(lists(world.asked) - before).toBe(4);
  });

  test('keeps what it knows when the hub refuses, says so, and comes back by itself', async () => {
    const world = await deskUnderTest();
    await world.tell([alertRow()]);
    await world.pass(1);
    const { answers } = world;
    world.answers = { ...answers, 'GET /api/v1/alerts': 503 };
    world.desk.refresh();
    await world.pass(1);
    expect(world.desk.failure).toBe('the hub says 503');
    expect(world.desk.items).toMatchObject([{ unit: 'ms' }]);
    world.answers = answers;
    await world.pass(40);
    expect(world.desk.failure).toBeNull();
  });

  test('lets a silence go at its end, though nobody tells', async () => {
    const world = await deskUnderTest({ 'GET /api/v1/silences': [silence] });
    await world.tell([alertRow()]);
    await world.pass(1);
    expect(world.desk.items[0]!.silence?.id).toBe(4);
    expect(world.desk.silences).toHaveLength(1);
    await world.pass(20);
    expect(world.desk.items[0]!.silence).toBeNull();
    expect(world.desk.silences).toEqual([]);
  });

  test('keeps the same object for an alert of which nothing has changed', async () => {
    const world = await deskUnderTest();
    const other = alertRow({ series: 'load_1m', alertId: 8 });
    await world.tell([alertRow(), other]);
    await world.pass(1);
    const [first] = world.desk.items;
    await world.tell([{ ...other, value: 9 }], false);
    await world.pass(1);
    expect(world.desk.items[0]).toBe(first);
    expect(world.desk.items[1]!.value).toBe(9);
  });
});
