import { describe, expect, test } from 'vitest';
import { acknowledgeAlert, readAlerts, readTrace, retryNotice } from './alerts.ts';
import { HubClient } from './client.ts';

/** As the hub answers it. */
const firing = {
  ...{ id: 1, rule_id: 8, rule: 'CPU busy', host_id: 1, host: 'web-03', series: 'cpu_used_percent' },
  ...{ state: 'firing', severity: 'warning', cause: 'limits', condition: 'above 0', threshold: 0, unit: 'percent' },
  message: 'web-03: cpu_used_percent is 5.5 % (above 0 %)',
  ...{ since: 1_795_778_750.768, value: 5.5, fired: 1_795_778_750.773, resolved: null, resolved_value: null },
  ...{ resolved_why: null, acknowledged: null, repeats: 0, escalations: 0 },
};

const event = {
  ...{ id: 1, kind: 'fired', at: 1_795_778_750.773, tick: 1_795_778_750.768, value: 5.5, message: firing.message },
  decision: 'told',
  trace: {
    path: [{ at: 1_795_778_750.768, phase: 'firing' }],
    rule: { name: 'CPU busy', version: 1, spec: {} },
    group: 'rule 8',
    channels: ['ops', 'oncall'],
  },
  notices: [
    {
      ...{ id: 2, channel_id: 2, channel: 'oncall', kind: 'webhook', state: 'waiting', group: 'rule 8' },
      ...{ created: 1_795_778_750.78, due: 1_795_778_756.112, sent: null, attempts: 1 },
      tries: [{ at: '2026-11-27T11:25:51.117Z', answer: 'HTTP 503', took_ms: 2 }],
    },
  ],
};

function clientOf(body: unknown, status = 200) {
  const sent: { path: string; body: unknown }[] = [];
  const client = new HubClient(async (path, init = {}) => {
    sent.push({ path: String(path), body: typeof init.body === 'string' ? JSON.parse(init.body) : null });
    return new Response(JSON.stringify(body), { status });
  });
  return { client, sent };
}

describe('readAlerts()', () => {
  test('asks for what is wanted, and reads what is stored', async () => {
    const { client, sent } = clientOf({ alerts: [firing], next: 1 });
    const asked = await readAlerts(client, { state: 'firing', ruleId: 8, sinceMs: 5_000, before: null, limit: 50 });
    expect(sent[0]!.path).toBe('/api/v1/alerts?state=firing&rule=8&since=5&limit=50');
    expect(asked).toMatchObject({ kind: 'ok', value: { next: 1 } });
    expect(asked.kind === 'ok' && asked.value.alerts[0]).toMatchObject({
      ...{ id: 1, ruleId: 8, hostId: 1, cause: 'limits', threshold: 0, unit: 'percent', value: 5.5 },
      ...{ firedMs: 1_795_778_750_773, resolvedMs: null, resolvedWhy: '', acknowledged: null },
    });
  });

  test('leaves out what is no stored alert: one that is pending has no id', async () => {
    const { client } = clientOf({ alerts: [{ ...firing, id: null }, 'nonsense', { id: 3 }], next: null });
    expect(await readAlerts(client, {})).toEqual({ kind: 'ok', value: { alerts: [], next: null } });
  });
});

describe('readTrace()', () => {
  test('reads events with what decided, and notices with their tries', async () => {
    const acknowledged = {
      ...event,
      id: 2,
      kind: 'acknowledged',
      decision: 'note',
      trace: { by: 'Mira', comment: 'on it' },
    };
    const swallowed = {
      ...{ ...event, id: 3, kind: 'told', decision: 'mass_outage', notices: [] },
      trace: { downtime: { id: 4, author: 'ann', reason: 'new disks' }, missing_channels: ['pager'] },
    };
    const { client } = clientOf({ alert: firing, events: [event, acknowledged, swallowed, { kind: 'other' }] });
    const asked = await readTrace(client, 1);
    expect(asked.kind === 'ok' && asked.value.events).toMatchObject([
      {
        kind: 'fired',
        decision: 'told',
        path: [{ phase: 'firing', atMs: 1_795_778_750_768 }],
        channels: ['ops', 'oncall'],
        notices: [
          {
            ...{ id: 2, channel: 'oncall', state: 'waiting', dueMs: 1_795_778_756_112, sentMs: null, attempts: 1 },
            tries: [{ atMs: Date.UTC(2026, 10, 27, 11, 25, 51, 117), tookMs: 2, answer: 'HTTP 503' }],
          },
        ],
      },
      { kind: 'acknowledged', decision: 'note', by: 'Mira', comment: 'on it' },
      {
        ...{ kind: 'told', decision: 'massOutage', missingChannels: ['pager'] },
        quietBy: { id: 4, author: 'ann', reason: 'new disks' },
      },
    ]);
  });

  test('says so when the answer is no alert', async () => {
    expect(await readTrace(clientOf([]).client, 1)).toMatchObject({ kind: 'failed', status: null });
    expect(await readTrace(clientOf({ error: 'gone' }, 404).client, 1)).toEqual({
      ...{ kind: 'failed', why: 'gone', status: 404 },
    });
  });
});

test('acknowledgeAlert() answers who was first', async () => {
  const acknowledged = { at: 1_795_778_800, by: 'Jan', comment: '' };
  const { client, sent } = clientOf({ ...firing, acknowledged });
  const asked = await acknowledgeAlert(client, 1, { by: 'Mira', comment: 'on it' });
  expect(sent).toEqual([{ path: '/api/v1/alerts/1/ack', body: { by: 'Mira', comment: 'on it' } }]);
  expect(asked.kind === 'ok' && asked.value.acknowledged).toEqual({ atMs: 1_795_778_800_000, by: 'Jan', comment: '' });
});

test('retryNotice() says what the hub refuses', async () => {
  const { client, sent } = clientOf({ error: 'Cannot retry notice: it must be given up: got sent' }, 409);
  expect(await retryNotice(client, 2)).toMatchObject({ kind: 'failed', status: 409 });
  expect(sent[0]!.path).toBe('/api/v1/notices/2/retry');
});
