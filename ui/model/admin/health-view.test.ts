import { describe, expect, test } from 'vitest';
import { parseHealth } from '../../api/hub-health.ts';
import { boundText, formatMs, ratioOf, titleOf, troublesOf } from './health-view.ts';

const well = {
  at: 1_000,
  started: 10,
  versions: {
    hub: '1.0.0',
    node: 'v22.9.0',
    node_last_day: '2027-04-30',
    is_node_old: false,
    postgresql: '18.1',
    schema: 10,
  },
  event_loop: { p50_ms: 0.2, p99_ms: 3, max_ms: 9 },
  database: {
    kind: 'embedded',
    state: 'stored',
    role: 'pulsewire_hub',
    has_own_role: true,
    clock_ahead_ms: 1,
    weak: [],
  },
  disk_free_bytes: 50e9,
  bounds: [{ name: 'queued_bytes', help: 'Bytes that wait', value: 1, max: 100 }],
  audit: { queued: 0, written: 4, merged: 0, lost: 0 },
};

const strongOf = (change: object) =>
  troublesOf(parseHealth({ ...well, ...change }), 1_000_000).map(({ strong }) => strong);

describe('troublesOf()', () => {
  test('says nothing of a hub that is well', () => {
    expect(strongOf({})).toEqual([]);
  });

  test.each([
    [{ database: { ...well.database, state: 'away' } }, 'The database is away.'],
    [{ database: { ...well.database, is_superuser: true } }, 'The hub works as a superuser of the database.'],
    [
      { database: { ...well.database, weak: ['fsync = off'] } },
      'What was committed may be lost by a crash of the database.',
    ],
    [{ database: { ...well.database, clock_ahead_ms: -60_000 } }, 'The clocks of hub and database differ.'],
    [{ disk_free_bytes: 1e8 }, 'The disk is nearly full.'],
    [{ event_loop: { p50_ms: 1, p99_ms: 80, max_ms: 200 } }, 'The hub is busy.'],
    [{ versions: { ...well.versions, is_node_old: true } }, 'Node 22 gets no security fixes any more.'],
    [{ certificate: { ends: 1_500, names: [] } }, 'The certificate ends soon.'],
    [{ certificate: { ends: 900, names: [] } }, 'The certificate has ended.'],
    [{ audit: { lost: 1 } }, '1 entry of the audit log could not be kept.'],
  ])('%j is told', (change, strong) => {
    expect(strongOf(change)).toEqual([strong]);
  });

  test('tells of a bound that is near, and not of one that is not', () => {
    expect(strongOf({ bounds: [{ name: 'queued_bytes', help: 'Bytes that wait', value: 85, max: 100 }] })).toEqual([
      'Queued bytes is at 85\u202f% of its bound.',
    ]);
  });
});

test('parseHealth() makes something of anything', () => {
  expect(troublesOf(parseHealth(null), 0)).toEqual([]);
  expect(parseHealth({ bounds: [{ name: 1 }], threads: 'x', counts: { a: 'b', c: 1 } })).toMatchObject({
    bounds: [],
    threads: [],
  });
});

test('a bound is named and shown by what it counts', () => {
  expect(titleOf({ name: 'api_tokens' })).toBe('API tokens');
  expect(boundText({ name: 'queued_bytes', help: '', value: 0, max: 1_048_576 })).toMatch(/ of 1(\.0+)?\u202fM/);
  expect(boundText({ name: 'people', help: '', value: 3, max: 200 })).toBe('3 of 200');
  expect(ratioOf({ name: 'x', help: '', value: 5, max: 0 })).toBe(0);
  expect([formatMs(null), formatMs(0.25), formatMs(120)]).toEqual(['–', '0.3\u202fms', '120\u202fms']);
});
