import { describe, expect, test } from 'vitest';
import { anyHost } from '#core/rule-spec.ts';
import { alertItem, alertRow, joinedWith, nowMs, ruleOf, silence, storedAlert } from '../../testing/alert-samples.ts';
import { addressOf, isAddressed, matchesAlert, openItem, storedItem } from './alert-item.ts';

describe('openItem()', () => {
  test('joins what is told live with who has acknowledged, the limits and the host', () => {
    const acknowledged = { atMs: nowMs - 1_000, by: 'Mira', comment: 'on it' };
    const stored = new Map([[7, storedAlert({ acknowledged })]]);
    const item = openItem(alertRow({ isAcknowledged: true }), joinedWith({ stored }));
    expect(item).toMatchObject({
      key: '3 1 disk_write_latency_ms{device="vda"}',
      id: 7,
      phase: 'firing',
      host: 'db-02',
      hostTitle: 'Postgres',
      unit: 'ms',
      threshold: 20,
      condition: { kind: 'above', threshold: 20, recovery: 12 },
      isAcknowledged: true,
      acknowledged,
      silence: null,
    });
  });

  test('says when one that is pending fires, by the hold time of its rule', () => {
    const row = alertRow({ phase: 'pending', alertId: null, sinceMs: nowMs - 38_000 });
    const item = openItem(row, joinedWith());
    expect(item.firesMs).toBe(nowMs + 82_000);
    expect(item.decision).toBeNull();
    expect(openItem(row, joinedWith({ rules: new Map() })).firesMs).toBeNull();
  });

  test('takes the limits of the first override that means its host', () => {
    const override = {
      hosts: { ...anyHost, tags: { role: 'db' } },
      condition: { kind: 'above', threshold: 40, recovery: null },
      forMs: 5_000,
    } as const;
    const rules = new Map([[3, ruleOf({ overrides: [override] })]]);
    const row = alertRow({ phase: 'pending', alertId: null, sinceMs: nowMs });
    expect(openItem(row, joinedWith({ rules }))).toMatchObject({ threshold: 40, firesMs: nowMs + 5_000 });
  });

  test('has the unit of what is compared: of a change per second', () => {
    const { subject } = ruleOf().spec;
    const input = { kind: 'rate', windowMs: 10_000 } as const;
    const rules = new Map([[3, ruleOf({ subject: { ...subject, input } as typeof subject })]]);
    const stored = new Map([[7, storedAlert({ unit: 'bytes' })]]);
    expect(openItem(alertRow(), joinedWith({ rules, stored })).unit).toBe('bytes/s');
    expect(openItem(alertRow(), joinedWith({ stored })).unit).toBe('bytes');
    expect(openItem(alertRow({ cause: 'clockSkew', series: '' }), joinedWith({ rules: new Map() })).unit).toBe('ms');
  });

  test('draws the nearer of two bounds', () => {
    const { subject } = ruleOf().spec;
    const condition = { kind: 'outside', low: 10, high: 90, recoveryLow: null, recoveryHigh: null } as const;
    const rules = new Map([[3, ruleOf({ subject: { ...subject, condition } as typeof subject })]]);
    const low = openItem(alertRow({ value: 4, alertId: null }), joinedWith({ rules }));
    expect(low.threshold).toBe(10);
    expect(openItem(alertRow({ value: 95, alertId: null }), joinedWith({ rules })).threshold).toBe(90);
  });

  test('tells which silence covers it now, the one that lasts longest', () => {
    const short = silence({ rules: ['Disk*'] }, nowMs + 1_000);
    const long = { ...silence({ hosts: { ...anyHost, names: ['db-*'] } }), id: 5 };
    const over = { ...silence({ rules: ['*'] }, nowMs - 1), id: 6 };
    const other = { ...silence({ severities: ['info'] }, nowMs + 9_000_000), id: 8 };
    expect(openItem(alertRow(), joinedWith({ silences: [short, long, over, other] })).silence?.id).toBe(5);
    expect(openItem(alertRow(), joinedWith({ silences: [over, other] })).silence).toBeNull();
  });

  test('knows the fleet as a whole by no host', () => {
    const row = alertRow({ hostId: 0, series: '', cause: 'massOutage', ruleName: 'Host down' });
    const named = silence({ hosts: { ...anyHost, names: ['*'] } });
    expect(openItem(row, joinedWith({ silences: [named] }))).toMatchObject({ host: '', hostTitle: '', silence: null });
  });
});

test('storedItem() tells how one that is over ended', () => {
  const alert = storedAlert({ resolvedMs: nowMs, resolvedValue: 9, resolvedWhy: 'good' });
  expect(storedItem(alert, joinedWith())).toMatchObject({
    key: '#7',
    phase: 'resolved',
    sinceMs: alert.firedMs,
    endMs: nowMs,
    value: 9,
    firesMs: null,
  });
});

test('an address means an alert by its id, and by what it was called before it had one', () => {
  const pending = alertItem({ id: null, phase: 'pending' });
  const firing = alertItem({ id: 7 });
  expect(addressOf(pending)).toBe(pending.key);
  expect(addressOf(firing)).toBe('7');
  expect(isAddressed(firing, addressOf(pending))).toBe(true);
  expect(isAddressed(firing, '7')).toBe(true);
  expect(isAddressed(pending, '7')).toBe(false);
  expect(isAddressed(pending, '')).toBe(false);
});

describe('matchesAlert()', () => {
  test.each([
    ['', true],
    ['db-02', true],
    ['POSTGRES', true],
    ['latency', true],
    ['write db', true],
    ['role=db', true],
    ['role=d', true],
    ['device=vda env=prod', true],
    ['role=web', false],
    ['latency web', false],
  ])('%j: %s', (query, isFound) => {
    expect(matchesAlert(alertItem(), query)).toBe(isFound);
  });
});
