import { describe, expect, test } from 'vitest';
import type { DowntimeSpec } from '#core/downtime.ts';
import { HubClient } from './client.ts';
import { changeDowntime, createDowntime, parseDowntimes, readDowntimes, removeDowntime } from './downtimes.ts';

const hosts = { names: ['web-*'], tags: { env: 'prod' }, not_names: ['web-9'], not_tags: {} };
const once = { id: 7, name: '', hosts, start: 1_000, end: 1_060.5, author: 'ann', reason: 'disks', created: 900 };
const recurring = {
  ...once,
  id: 8,
  name: 'nightly',
  read_only: true,
  start: '2026-03-28T02:00:00',
  rule: 'FREQ=DAILY',
  duration: 60,
  zone: 'Europe/Berlin',
  state: 'active',
  window: { start: 1, end: 61 },
};
const spec: DowntimeSpec = {
  hosts: { names: ['web-*'], tags: { env: 'prod' }, notNames: ['web-9'], notTags: {} },
  schedule: { kind: 'once', startMs: 1_000_000, endMs: 1_060_500 },
  author: 'ann',
  reason: 'disks',
};
const recurringSpec: DowntimeSpec = {
  ...spec,
  schedule: {
    kind: 'recurring',
    start: '2026-03-28T02:00:00',
    rule: 'FREQ=DAILY',
    durationMs: 60_000,
    zone: 'Europe/Berlin',
  },
};

function clientAnswering(body: unknown, asked: [string, unknown, unknown][] = []): HubClient {
  return new HubClient(async (path, init) => {
    asked.push([init?.method ?? 'GET', String(path), init?.body === undefined ? null : JSON.parse(String(init.body))]);
    return Response.json(body);
  });
}

describe('parseDowntimes()', () => {
  test('takes both kinds, with times in ms', () => {
    expect(parseDowntimes([once, recurring])).toEqual([
      { id: 7, name: '', spec, origin: 'api', createdMs: 900_000, state: 'over', window: null },
      {
        id: 8,
        name: 'nightly',
        spec: recurringSpec,
        origin: 'file',
        createdMs: 900_000,
        state: 'active',
        window: { startMs: 1_000, endMs: 61_000 },
      },
    ]);
  });

  test.each([[[{}, 7, null, { id: 1 }, { ...recurring, duration: 'x' }]], [null], ['x']])('leaves out %j', (body) => {
    expect(parseDowntimes(body)).toEqual([]);
  });
});

describe('what is asked of the hub', () => {
  test('is the same spec that is read', async () => {
    const asked: [string, string, unknown][] = [];
    const client = clientAnswering(once, asked as [string, unknown, unknown][]);

    await createDowntime(client, spec);
    await changeDowntime(client, 7, spec);
    await changeDowntime(client, 8, recurringSpec);
    await removeDowntime(client, 7);

    const { id: _, name: _name, created: _created, ...body } = once;
    const { start, rule, duration, zone } = recurring;
    const { end: _end, ...common } = body;
    expect(asked).toEqual([
      ['POST', '/api/v1/downtimes', body],
      ['PATCH', '/api/v1/downtimes/7', { ...body, rule: null }],
      ['PATCH', '/api/v1/downtimes/8', { ...common, start, rule, duration, zone }],
      ['DELETE', '/api/v1/downtimes/7', {}],
    ]);
  });

  test('is answered by the downtime, by all of them, or by a sentence', async () => {
    expect(await createDowntime(clientAnswering(once), spec)).toMatchObject({ kind: 'ok', value: { id: 7, spec } });
    expect(await readDowntimes(clientAnswering([once]))).toMatchObject({ kind: 'ok', value: [{ id: 7 }] });
    expect(await createDowntime(clientAnswering({}), spec)).toMatchObject({
      kind: 'failed',
      why: expect.stringContaining('no downtime'),
    });
  });
});
