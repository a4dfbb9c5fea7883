/** Rules, channels, downtimes, silences and alerts by REST, against the built hub: the shapes of old clients, the full model, the file. */
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { createServer, type Server } from 'node:http';
import { type AddressInfo, connect } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, test, vi } from 'vitest';
import { defaultRules } from './alerting/default-rules.ts';
import { type EventRow, recordEvents } from './store/alerts/record.ts';
import { createTestDatabase, type TestDatabase } from './testing/database.ts';
import { buildHub, DatabaseGate, type HubBundle, type HubProcess, startHub } from './testing/hub-process.ts';

let bundle: HubBundle;
let database: TestDatabase & { drop(): Promise<void> };
let gate: DatabaseGate;
let hub: HubProcess;
let receiver: Server;
/** Bodies that have been sent to the receiver. */
const received: string[] = [];

beforeAll(async () => {
  bundle = await buildHub();
  database = await createTestDatabase();
  gate = new DatabaseGate(database.connection);
  await gate.open();
  receiver = createServer((request, response) => {
    let body = '';
    request.on('data', (part) => {
      body += part;
    });
    request.on('end', () => {
      received.push(body);
      response.writeHead(request.url === '/broken' ? 500 : 204).end();
    });
  });
  await new Promise<void>((settle) => receiver.listen(0, '127.0.0.1', settle));
  hub = await startHub({
    bundle,
    databaseUrl: gate.url,
    settings: { batchAgeMs: 200, noticeWaitMs: 0, internalTargets: [receiverAddress()] },
  });
  await hub.answers();
  await vi.waitFor(async () => expect((await ask('GET', '/api/v1/rules')).status).toBe(200), {
    timeout: 20_000,
    interval: 100,
  });
  for (const hostname of ['web', 'db']) await push(hostname, { load: 1 });
});

afterAll(async () => {
  if (hub?.isRunning) await hub.stop('SIGKILL');
  receiver?.close();
  await gate?.close();
  await database?.drop();
  bundle?.remove();
});

function receiverAddress(): string {
  return `127.0.0.1:${(receiver.address() as AddressInfo).port}`;
}

// biome-ignore lint/suspicious/noExplicitAny: answers are looked at, and compared as they are
const ask = (...request: Parameters<HubProcess['ask']>) => hub.ask<any>(...request);

async function push(hostname: string, metrics: Record<string, number>): Promise<void> {
  expect((await ask('POST', '/metrics', { hostname, client_id: 'c', metrics })).status).toBe(200);
}

const refused = { error: expect.stringMatching(/^Cannot /) };
const webhook = {
  name: 'ops',
  kind: 'webhook',
  settings: { url: 'https://example.org/canary-url', secret: 'canary-secret' },
};

async function made(path: string, body: unknown): Promise<{ readonly id: number }> {
  const answer = await ask('POST', path, body);
  expect(answer).toMatchObject({ status: 201 });
  return answer.body;
}

async function removeAll(path: string): Promise<void> {
  for (const { id } of (await ask('GET', path)).body) await ask('DELETE', `${path}/${id}`);
}

describe('the shapes of old clients', () => {
  test('make, list, switch and remove rules of one host and one series', async () => {
    const wanted = { hostname: 'web', metric_name: 'load', condition: 'above', threshold: 9.5, duration: 30 };
    expect(await ask('GET', '/alert_config')).toEqual({ status: 200, body: [] });
    const created = await ask('POST', '/alert_config', wanted);
    expect(created).toEqual({ status: 200, body: { status: 'success', id: expect.any(Number) } });
    const { id } = created.body;
    const twin = (await ask('POST', '/alert_config', { ...wanted, hostname: 'db', condition: 'below' })).body.id;
    expect(await ask('GET', '/alert_config?hostname=web')).toEqual({
      status: 200,
      body: [{ id, ...wanted, enabled: true }],
    });
    expect((await ask('GET', '/alert_config')).body).toHaveLength(2);
    expect(await ask('POST', '/alert_state', { id, enabled: false })).toEqual({
      status: 200,
      body: { status: 'success' },
    });
    expect((await ask('GET', '/alert_config?hostname=web')).body).toEqual([{ id, ...wanted, enabled: false }]);
    // The same rule in the full model.
    expect((await ask('GET', `/api/v1/rules/${id}`)).body).toMatchObject({
      name: 'load above 9.5 on web',
      metric: 'load',
      threshold: 9.5,
      for: 30,
      hosts: { names: ['web'] },
      enabled: false,
      origin: 'api',
    });
    for (const one of [id, twin])
      expect(await ask('DELETE', '/alert_config', { id: one })).toEqual({ status: 200, body: { status: 'success' } });
    expect((await ask('GET', '/alert_config')).body).toEqual([]);
  });

  test('list only what they can say', async () => {
    const common = { condition: 'above', threshold: 1 };
    const ids: number[] = [];
    for (const body of [
      { ...common, metric: 'load' },
      { ...common, metric: 'load', hosts: { names: ['web', 'db'] } },
      { ...common, metric: 'load', hosts: { names: ['w*'] } },
      { ...common, metric: 'l*', hosts: { names: ['web'] } },
      { ...common, metric: 'load', hosts: { names: ['web'], tags: { a: 'b' } } },
      { ...common, metric: 'load', hosts: { names: ['web'] }, input: { average: 60 } },
      { metric: 'load', condition: 'outside', low: 1, high: 2, hosts: { names: ['web'] } },
    ])
      ids.push((await made('/api/v1/rules', body)).id);
    expect((await ask('GET', '/alert_config')).body).toEqual([]);
    const outOfReach = { status: 404, body: { error: expect.stringContaining('it must be one that this path lists') } };
    expect(await ask('DELETE', '/alert_config', { id: ids[0] })).toEqual(outOfReach);
    expect(await ask('POST', '/alert_state', { id: ids[0], enabled: false })).toEqual(outOfReach);
    const globbed = { hostname: 'web', metric_name: 'lo*', condition: 'above', threshold: 1, duration: 1 };
    expect(await ask('POST', '/alert_config', globbed)).toMatchObject({ status: 400 });
    for (const id of ids) await ask('DELETE', `/api/v1/rules/${id}`);
  });

  test('make, list and remove downtimes', async () => {
    const later = { hostname: 'web', start_time: 2_000_000_000, end_time: 2_000_000_060.5 };
    const earlier = { hostname: 'db', start_time: 1_600_000_000, end_time: 1_600_000_060 };
    const first = await ask('POST', '/downtime', later);
    expect(first).toEqual({ status: 200, body: { status: 'success', id: expect.any(Number) } });
    const second = await ask('POST', '/downtime', earlier);
    const all = [
      { id: first.body.id, ...later },
      { id: second.body.id, ...earlier },
    ];
    for (const path of ['/downtime', '/downtime?all=true', '/downtime?hostname=all'])
      expect(await ask('GET', path)).toEqual({ status: 200, body: all });
    expect((await ask('GET', '/downtime?hostname=db')).body).toEqual([all[1]]);
    for (const { id } of all)
      expect(await ask('DELETE', '/downtime', { id })).toEqual({ status: 200, body: { status: 'success' } });
    expect((await ask('GET', '/downtime')).body).toEqual([]);
  });

  test('refuse a name that no database takes, and do not blame the database', async () => {
    for (const path of ['/fetch/recent_alerts?hostname=a%00b', '/api/v1/alerts?host=a%00b'])
      expect(await ask('GET', path)).toMatchObject({ status: 400 });
  });

  test.each([
    ['POST', '/alert_config', { hostname: 'nobody', metric_name: 'a', condition: 'above', threshold: 1, duration: 1 }],
    ['POST', '/downtime', { hostname: 'nobody', start_time: 1_700_000_000, end_time: 1_700_000_001 }],
  ])('%s %s for a host that is not there says so in their words', async (method, path, body) => {
    expect(await ask(method, path, body)).toEqual({ status: 404, body: { error: 'Host not found' } });
  });

  const rule = { hostname: 'web', metric_name: 'a', condition: 'above', threshold: 1, duration: 1 };
  test.each([
    ['POST', '/alert_config', { ...rule, condition: 'equal' }, 400],
    ['POST', '/alert_config', { ...rule, threshold: '1' }, 400],
    ['POST', '/alert_config', { ...rule, duration: -1 }, 400],
    ['POST', '/alert_config', '{"threshold":1e999}', 400],
    ['POST', '/alert_config', { ...rule, metric_name: '' }, 400],
    ['POST', '/alert_config', {}, 400],
    ['POST', '/alert_config', 'no', 400],
    ['DELETE', '/alert_config', { id: 1e9 }, 404],
    ['DELETE', '/alert_config', { id: 'x' }, 400],
    ['DELETE', '/alert_config', {}, 400],
    ['POST', '/alert_state', { id: 1e9, enabled: true }, 404],
    ['POST', '/alert_state', { id: 1, enabled: 'yes' }, 400],
    ['POST', '/downtime', { hostname: 'web', start_time: 1_700_000_001, end_time: 1_700_000_000 }, 400],
    ['POST', '/downtime', { hostname: 'web', start_time: 1_700_000_000, end_time: 1_700_000_000 }, 400],
    ['POST', '/downtime', { hostname: 'web', start_time: 1_700_000_000, end_time: 9e10 }, 400],
    ['POST', '/downtime', { hostname: 'web', start_time: 'now', end_time: null }, 400],
    ['DELETE', '/downtime', { id: 1e9 }, 404],
    ['DELETE', '/downtime', { id: 1.5 }, 400],
    ['GET', '/fetch/recent_alerts?limit=x', null, 400],
    ['PATCH', '/alert_config', {}, 405],
  ])('%s %s of %j is answered by %i', async (method, path, body, status) => {
    expect(await ask(method, path, body)).toEqual({ status, body: refused });
  });
});

describe('rules', () => {
  test('are made with a name or get one, changed field by field, and removed', async () => {
    const wanted = { name: 'Busy', metric: 'cpu', condition: 'above', threshold: 90, recovery: 80, for: 1.5 };
    const rule = await made('/api/v1/rules', wanted);
    expect(rule).toEqual({
      id: rule.id,
      kind: 'series',
      ...wanted,
      labels: {},
      input: 'value',
      no_data: null,
      hosts: { names: [], tags: {}, not_names: [], not_tags: {} },
      keep_firing: 60,
      severity: 'warning',
      summary: '',
      message: '',
      channels: null,
      group_by: [],
      repeat: 14_400,
      escalations: [],
      overrides: [],
      enabled: true,
      origin: 'api',
      read_only: false,
      version: 1,
      created: expect.any(Number),
      changed: expect.any(Number),
    });
    const path = `/api/v1/rules/${rule.id}`;
    expect((await ask('GET', path)).body).toEqual(rule);
    expect((await ask('GET', '/api/v1/rules?name=Busy')).body).toEqual([rule]);
    expect(
      await ask('PATCH', path, { condition: 'outside', low: 1, high: 9, hosts: { names: ['web'] } }),
    ).toMatchObject({
      status: 200,
      body: { name: 'Busy', condition: 'outside', low: 1, high: 9, recovery_low: null, for: 1.5, version: 2 },
    });
    expect((await ask('PATCH', path, { version: 1, for: 2 })).status).toBe(409);
    expect(await ask('PATCH', path, { version: 2, for: 2 })).toMatchObject({
      status: 200,
      body: { for: 2, version: 3 },
    });
    const named = async (host: string) =>
      (await ask('GET', `/api/v1/rules?host=${host}`)).body.map(({ name }: { name: string }) => name);
    expect(await named('web')).toContain('Busy');
    expect(await named('db')).not.toContain('Busy');
    expect(await ask('DELETE', path)).toEqual({ status: 200, body: { status: 'success' } });
    expect((await ask('GET', path)).status).toBe(404);
  });

  test('take back what they gave', async () => {
    const list: Record<string, unknown>[] = (await ask('GET', '/api/v1/rules')).body;
    expect(list.map(({ origin }) => origin)).toContain('default');
    for (const { id, origin, read_only, version, created, changed, name, ...body } of list) {
      const copy = await made('/api/v1/rules', { ...body, name: `${String(name)} again` });
      expect(copy).toMatchObject(body);
      await ask('DELETE', `/api/v1/rules/${copy.id}`);
    }
  });

  test('follow a host that gets another name, and go with one that is removed', async () => {
    await push('before', { load: 1 });
    const common = { metric: 'load', condition: 'above', threshold: 1 };
    const own = await made('/api/v1/rules', { ...common, hosts: { names: ['before'] } });
    const shared = await made('/api/v1/rules', { ...common, hosts: { names: ['before', 'web'] } });
    await ask('PATCH', '/api/v1/hosts/before', { name: 'after' });
    expect((await ask('GET', `/api/v1/rules/${own.id}`)).body.hosts.names).toEqual(['after']);
    await ask('POST', '/remove_host', { hostname: 'after' });
    expect((await ask('GET', `/api/v1/rules/${own.id}`)).status).toBe(404);
    expect((await ask('GET', `/api/v1/rules/${shared.id}`)).body.hosts.names).toEqual(['after', 'web']);
    await ask('DELETE', `/api/v1/rules/${shared.id}`);
  });

  const ok = { metric: 'x', condition: 'above', threshold: 1 };
  test.each<[string, string, unknown, number, RegExp]>([
    ['POST', '/api/v1/rules', {}, 400, /metric: .*condition: /],
    ['POST', '/api/v1/rules', { ...ok, name: 'Host down' }, 409, /given once/],
    ['POST', '/api/v1/rules', { ...ok, channels: ['nowhere'] }, 400, /channels must be there: got "nowhere"/],
    ['POST', '/api/v1/rules', { ...ok, recovery: 2 }, 400, /condition: the recovery/],
    ['POST', '/api/v1/rules', { ...ok, for: -1, repeat: 1, message: '{{' }, 400, /for: /],
    ['POST', '/api/v1/rules', { ...ok, input: { rate: 1e9 } }, 400, /input\.rate: /],
    ['POST', '/api/v1/rules', { ...ok, metric: Array(101).fill('*'.repeat(100)) }, 400, /metric: /],
    ['POST', '/api/v1/rules', '{"kind":"host_down","hosts":{"tags":{"__proto__":"x"}}}', 400, /__proto__/],
    ['POST', '/api/v1/rules', '['.repeat(100_000), 400, /JSON/],
    ['POST', '/api/v1/rules', `"${'x'.repeat(300_000)}"`, 413, /body/],
    ['PATCH', '/api/v1/rules/999999', { for: 1 }, 404, /it must be there: got id 999999/],
    ['PATCH', '/api/v1/rules/1', {}, 400, /to be changed/],
    ['PATCH', '/api/v1/rules/1', { version: 1 }, 400, /to be changed/],
    ['PATCH', '/api/v1/rules/1', [], 400, /an object/],
    ['PATCH', '/api/v1/rules/1', { version: 'x', for: 1 }, 400, /version/],
    ['PATCH', '/api/v1/rules/1', { nonsense: 1 }, 400, /nonsense/],
    ['GET', '/api/v1/rules/0', null, 404, /id/],
    ['GET', '/api/v1/rules/99999999999', null, 404, /id/],
    ['GET', '/api/v1/rules/x', null, 404, /id/],
    ['GET', '/api/v1/rules/1/2', null, 404, /no such route/],
    ['GET', '/api/v1/rules?host=nobody', null, 404, /host/],
    ['DELETE', '/api/v1/rules/999999', null, 404, /it must be there/],
    ['DELETE', '/api/v1/rules', null, 405, /allowed/],
  ])('%s %s of %j is answered by %i', async (method, path, body, status, message) => {
    expect(await ask(method, path, body)).toEqual({ status, body: { error: expect.stringMatching(message) } });
  });
});

describe('channels', () => {
  test('show no secret, keep those that are given back masked, and stay while a rule names them', async () => {
    const channel = await made('/api/v1/channels', webhook);
    const path = `/api/v1/channels/${channel.id}`;
    const masked = { url: '(secret)', secret: '(secret)' };
    expect(channel).toMatchObject({ name: 'ops', kind: 'webhook', settings: masked, enabled: true, read_only: false });
    expect((await ask('GET', '/api/v1/channels')).body).toEqual([channel]);
    const [before] = await database.sql`select settings from channel`;
    expect(await ask('PATCH', path, { settings: { ...masked, secret: 'other' }, enabled: false })).toMatchObject({
      status: 200,
      body: { settings: masked, enabled: false, version: 2 },
    });
    const [after] = await database.sql`select settings from channel`;
    expect(JSON.stringify([before, after])).not.toMatch(/canary|other/);
    expect((await ask('PATCH', path, { settings: { secret: null } })).body.settings).toEqual({
      url: '(secret)',
      secret: null,
    });
    const rule = await made('/api/v1/rules', { kind: 'host_down', name: 'r', channels: ['ops'] });
    expect(await ask('DELETE', path)).toEqual({
      status: 409,
      body: { error: 'Cannot remove channel: no rule may name it: got "r"' },
    });
    await ask('PATCH', path, { name: 'night' });
    expect((await ask('GET', `/api/v1/rules/${rule.id}`)).body.channels).toEqual(['night']);
    await ask('DELETE', `/api/v1/rules/${rule.id}`);
    expect((await ask('DELETE', path)).status).toBe(200);
    expect(hub.text).not.toMatch(/canary/);
  });

  test.each<[string, string, unknown, number, RegExp]>([
    ['POST', '/api/v1/channels', { ...webhook, kind: 'pigeon' }, 400, /kind: one of email/],
    ['POST', '/api/v1/channels', { ...webhook, settings: { url: 'file:///etc/passwd' } }, 400, /settings\.url/],
    ['POST', '/api/v1/channels', { ...webhook, settings: { ...webhook.settings, secret: '(secret)' } }, 400, /secret/],
    ['POST', '/api/v1/channels', { ...webhook, settings: { ...webhook.settings, more: 1 } }, 400, /more/],
    ['PATCH', '/api/v1/channels/99999', { enabled: false }, 404, /it must be there/],
    ['POST', '/api/v1/channels/99999/test', null, 404, /it must be there/],
    ['POST', '/api/v1/channels/1/tset', null, 404, /no such route/],
    ['DELETE', '/api/v1/channels/99999', null, 404, /it must be there/],
  ])('%s %s of %j is answered by %i', async (method, path, body, status, message) => {
    expect(await ask(method, path, body)).toEqual({ status, body: { error: expect.stringMatching(message) } });
  });
});

describe('a channel', () => {
  const settingsOf = (path: string) => ({ url: `http://${receiverAddress()}${path}`, secret: null });

  test('can be tested, and says what came of it', async () => {
    const channel = await made('/api/v1/channels', { ...webhook, name: 'local', settings: settingsOf('/in') });
    const path = `/api/v1/channels/${channel.id}`;
    expect(await ask('POST', `${path}/test`)).toEqual({
      status: 200,
      body: { status: 'sent', answer: expect.stringMatching(/204/) },
    });
    expect(received.at(-1)).toMatch(/A test of the channel/);
    await ask('PATCH', path, { settings: settingsOf('/broken') });
    expect((await ask('POST', `${path}/test`)).body).toEqual({
      status: 'failed',
      answer: expect.stringMatching(/500/),
    });
    await ask('PATCH', path, { settings: { url: 'http://127.0.0.1:1/', secret: null } });
    expect((await ask('POST', `${path}/test`)).body.status).toBe('failed');
    await ask('DELETE', path);
  });

  test('gets what fires, and the trace says so', async () => {
    const channel = await made('/api/v1/channels', { ...webhook, name: 'local', settings: settingsOf('/in') });
    const rule = await made('/api/v1/rules', {
      name: 'noise',
      metric: 'noise',
      condition: 'above',
      threshold: 5,
      for: 0,
      channels: ['local'],
    });
    const stored = async () => (await ask('GET', `/api/v1/alerts?rule=${rule.id}`)).body.alerts;
    const noisy = async () => {
      await push('web', { noise: 9 });
      return await stored();
    };
    await expect.poll(noisy, { timeout: 20_000, interval: 1_000 }).toHaveLength(1);
    const [{ id }] = await stored();
    const explained = async () => (await ask('GET', `/api/v1/alerts/${id}/trace`)).body.explanation;
    await expect
      .poll(explained, { timeout: 10_000 })
      .toEqual([
        expect.stringMatching(/^The rule "noise" \(version 1\) fires on noise above 5$/),
        expect.stringMatching(/ became firing$/),
        expect.stringMatching(/ fired: .*web/),
        expect.stringMatching(/^ {2}Told to local, in a message of the group /),
        expect.stringMatching(/^ {2}local: sent at .* after 1 try: .*204/),
        'It is still firing',
      ]);
    expect(received.at(-1)).toMatch(/noise/);
    await ask('DELETE', `/api/v1/rules/${rule.id}`);
    await expect.poll(async () => (await stored())[0]).toMatchObject({ state: 'resolved', resolved_why: 'disabled' });
    await ask('DELETE', `/api/v1/channels/${channel.id}`);
  });
});

describe('downtimes and silences', () => {
  test('are once or recurring, can be changed, and say what they do now', async () => {
    const nowSeconds = Date.now() / 1_000;
    const once = await made('/api/v1/downtimes', {
      hosts: { tags: { role: 'db' } },
      start: nowSeconds - 60,
      duration: 3_600,
      author: 'ann',
      reason: 'disks\nare changed',
    });
    expect(once).toMatchObject({
      state: 'active',
      end: expect.closeTo(nowSeconds + 3_540, 2),
      name: '',
      origin: 'api',
    });
    const recurring = await made('/api/v1/downtimes', {
      hosts: {},
      start: '2026-03-28T02:00:00',
      rule: 'FREQ=WEEKLY;BYDAY=SA',
      duration: 60,
      zone: 'Europe/Berlin',
    });
    expect(recurring).toMatchObject({ zone: 'Europe/Berlin', window: { start: expect.any(Number) } });
    expect((await ask('GET', '/api/v1/downtimes')).body).toEqual([recurring, once]);
    const path = `/api/v1/downtimes/${once.id}`;
    expect(await ask('PATCH', path, { end: nowSeconds - 1 })).toMatchObject({
      status: 200,
      body: { state: 'over', window: null, author: 'ann' },
    });
    expect(await ask('PATCH', `/api/v1/downtimes/${recurring.id}`, { duration: 120 })).toMatchObject({
      body: { duration: 120, rule: 'FREQ=WEEKLY;BYDAY=SA' },
    });
    await removeAll('/api/v1/downtimes');
    expect((await ask('GET', path)).status).toBe(404);

    const silence = await made('/api/v1/silences', {
      rules: ['Disk*'],
      duration: 600,
      author: 'ann',
      comment: 'known',
    });
    expect(silence).toMatchObject({ rules: ['Disk*'], active: true, until: expect.closeTo(nowSeconds + 600, -1) });
    expect((await ask('GET', '/api/v1/silences')).body).toEqual([silence]);
    await removeAll('/api/v1/silences');
    expect((await ask('GET', '/api/v1/silences')).body).toEqual([]);
  });

  const hosts = {};
  const start = '2026-03-28T02:00:00';
  const zone = 'Europe/Berlin';
  test.each<[string, string, unknown, number, RegExp]>([
    ['POST', '/api/v1/downtimes', { start: 1.7e9, duration: 1 }, 400, /hosts: /],
    ['POST', '/api/v1/downtimes', { hosts, start: 1.7e9 }, 400, /end: /],
    ['POST', '/api/v1/downtimes', { hosts, start: 1.7e9, end: 1.6e9 }, 400, /schedule: /],
    ['POST', '/api/v1/downtimes', { hosts, start: 1.7e9, duration: 3.2e9 }, 400, /duration: /],
    ['POST', '/api/v1/downtimes', { hosts, start, rule: 'FREQ=SECONDLY', duration: 1, zone }, 400, /schedule: /],
    ['POST', '/api/v1/downtimes', { hosts, start, rule: 'x', duration: 1, zone }, 400, /schedule: /],
    ['POST', '/api/v1/downtimes', { hosts, start, rule: 'FREQ=DAILY', duration: 1, zone: 'Moon/Base' }, 400, /zone/],
    ['POST', '/api/v1/downtimes', { hosts, start, rule: 'FREQ=DAILY' }, 400, /duration: .*zone: /],
    ['PATCH', '/api/v1/downtimes/99999', { reason: 'x' }, 404, /it must be there/],
    ['POST', '/api/v1/silences', { duration: 60 }, 400, /must say what it means/],
    ['POST', '/api/v1/silences', { rules: ['*'] }, 400, /until: /],
    ['POST', '/api/v1/silences', { rules: ['*'], until: 1.6e9 }, 400, /until: /],
    ['POST', '/api/v1/silences', { severities: ['fatal'], duration: 1 }, 400, /severities/],
    ['DELETE', '/api/v1/silences/99999', null, 404, /it must be there/],
  ])('%s %s of %j is answered by %i', async (method, path, body, status, message) => {
    expect(await ask(method, path, body)).toEqual({ status, body: { error: expect.stringMatching(message) } });
  });
});

function event(ruleId: number, change: Partial<EventRow>): EventRow {
  const seq = change.seq ?? 1;
  return {
    ruleId,
    hostId: 1,
    series: 'load',
    key: `${ruleId}.${seq}.${change.kind ?? ''}`,
    kind: seq % 2 === 1 ? 'fired' : 'resolved',
    seq,
    atMs: 1_800_000_000_000 + seq * 1_000,
    tickMs: 1_800_000_000_000 + seq * 1_000,
    ordinal: 1,
    value: 93.5,
    message: 'web: load is 93.5',
    decision: 'told',
    trace: {},
    ruleName: 'Busy',
    hostName: 'web',
    severity: 'warning',
    cause: 'limits',
    condition: 'above 90',
    threshold: 90,
    unit: '1',
    why: seq % 2 === 1 ? null : 'good',
    step: 0,
    notices: [],
    ...change,
  };
}

describe('alerts', () => {
  // Above the ids of rules that there are.
  const ruleId = 900_000;

  async function record(rows: readonly EventRow[]): Promise<number> {
    const answers = await recordEvents(database.sql, rows);
    expect(answers.map(({ outcome }) => outcome)).toEqual(rows.map(() => 'recorded'));
    return answers[0]!.alertId!;
  }

  test('say why somebody was told, or nobody, in one request', async () => {
    const channel = await made('/api/v1/channels', { ...webhook, enabled: false });
    const rule = { name: 'Busy', version: 3 };
    const path = [
      { phase: 'pending', atMs: 1_799_999_940_000 },
      { phase: 'firing', atMs: 1_800_000_001_000 },
    ];
    const notice = { channelId: channel.id, groupKey: 'rule 5', waitMs: 0, intervalMs: 0, isSent: true };
    const id = await record([
      event(ruleId, {
        decision: 'downtime',
        trace: { downtime: { id: 4, author: 'ann', reason: 'disks' }, path, rule },
      }),
      event(ruleId, {
        kind: 'told',
        seq: 1,
        trace: { group: 'rule 5', channels: ['ops'], missingChannels: ['boss'] },
        notices: [notice],
      }),
      event(ruleId, { seq: 2, decision: 'noChannel', message: 'resolved: web: load is 93.5' }),
    ]);
    expect((await ask('GET', `/api/v1/alerts/${id}`)).body).toMatchObject({
      id,
      rule: 'Busy',
      host: 'web',
      state: 'resolved',
      condition: 'above 90',
      value: 93.5,
      fired: 1_800_000_001,
      resolved: 1_800_000_002,
      resolved_why: 'good',
      acknowledged: null,
    });
    const trace = (await ask('GET', `/api/v1/alerts/${id}/trace`)).body;
    expect(trace.events.map(({ kind, decision }: Record<string, unknown>) => [kind, decision])).toEqual([
      ['fired', 'downtime'],
      ['told', 'told'],
      ['resolved', 'no_channel'],
    ]);
    expect(trace.events[1].notices).toMatchObject([{ channel: 'ops', state: 'sent', group: 'rule 5' }]);
    expect(trace.events[0].trace).toMatchObject({
      rule,
      path: [{ phase: 'pending', at: 1_799_999_940 }, { phase: 'firing' }],
      downtime: { id: 4, author: 'ann', reason: 'disks' },
    });
    expect(trace.events[1].trace).toMatchObject({ channels: ['ops'], missing_channels: ['boss'], downtime: null });
    // Of one alert: when it was told, not that nobody heard of the end.
    expect(trace.alert.decision).toBe('told');
    expect(trace.explanation).toEqual([
      '2027-01-15T07:59:00.000Z became pending',
      '2027-01-15T08:00:01.000Z became firing',
      '2027-01-15T08:00:01.000Z fired: web: load is 93.5',
      '  Nobody was told: downtime 4 covers it, by ann: disks',
      '2027-01-15T08:00:01.000Z told: web: load is 93.5',
      '  Told to ops, in a message of the group "rule 5"; boss are not there or are off',
      expect.stringMatching(/^ {2}ops: sent at .* after 0 tries$/),
      '2027-01-15T08:00:02.000Z resolved: resolved: web: load is 93.5',
      '  Nobody was told: there is no channel that is enabled',
    ]);
    await ask('DELETE', `/api/v1/channels/${channel.id}`);
  });

  test('are listed newest first, page by page, and by what they are', async () => {
    const rows = ['a', 'b', 'c', 'd', 'e'].map((series, index) =>
      event(ruleId + 1, {
        series,
        key: series,
        // Two that fired at the very same moment.
        atMs: 1_810_000_000_000 + Math.floor(index / 2),
        severity: index === 0 ? 'critical' : 'info',
      }),
    );
    await record(rows);
    const list = async (query: string) => {
      const { body } = await ask('GET', `/api/v1/alerts?rule=${ruleId + 1}&${query}`);
      return { series: body.alerts.map(({ series }: Record<string, unknown>) => series).join(''), next: body.next };
    };
    const first = await list('limit=2');
    const second = await list(`limit=2&before=${first.next}`);
    const third = await list(`limit=2&before=${second.next}`);
    expect([first.series, second.series, third]).toEqual(['ed', 'cb', { series: 'a', next: null }]);
    expect((await list('severity=critical,warning')).series).toBe('a');
    expect((await list('state=resolved')).series).toBe('');
    expect((await list('host=db')).series).toBe('');
    expect((await list('until=1810000000.0015')).series).toBe('dcba');
    expect((await list('since=1710000000&acknowledged=0')).series).toBe('edcba');
    expect(await ask('GET', '/fetch/recent_alerts?hostname=web&limit=1')).toEqual({
      status: 200,
      body: [
        {
          id: expect.any(Number),
          hostname: 'web',
          metric_name: 'e',
          timestamp: 1_800_000_001,
          value: 93.5,
          condition: 'above',
          threshold: 90,
          state: 'firing',
          end: null,
        },
      ],
    });
    expect((await ask('GET', '/fetch/recent_alerts?hostname=nobody')).body).toEqual([]);
    // Of a host that is no more, by the name that it had.
    await record([event(ruleId + 1, { hostId: 4_711, hostName: 'gone', series: 'f', key: 'f' })]);
    expect((await list('host=gone')).series).toBe('f');
  });

  test('are acknowledged once, by the first', async () => {
    const id = await record([event(ruleId + 2, { hostId: 2, hostName: 'db' })]);
    const path = `/api/v1/alerts/${id}/ack`;
    const acknowledged = { at: expect.any(Number), by: 'ann', comment: 'on it' };
    expect(await ask('POST', path, { by: 'ann', comment: 'on it' })).toMatchObject({
      status: 200,
      body: { id, state: 'firing', acknowledged },
    });
    expect((await ask('POST', path, { by: 'bob' })).body.acknowledged).toEqual(acknowledged);
    const trace = (await ask('GET', `/api/v1/alerts/${id}/trace`)).body;
    expect(trace.events[1]).toMatchObject({ kind: 'acknowledged', decision: 'note', message: 'Acknowledged by ann' });
    expect(trace.events).toHaveLength(2);
    expect((await ask('GET', '/api/v1/alerts?acknowledged=1')).body.alerts).toMatchObject([{ id }]);
  });

  test('fire while values come, and are open in memory', async () => {
    const rule = await made('/api/v1/rules', {
      name: 'live',
      metric: 'heat',
      condition: 'above',
      threshold: 5,
      for: 0,
    });
    const open = async () => (await ask('GET', `/api/v1/alerts?state=open&rule=${rule.id}`)).body.alerts;
    await expect
      .poll(
        async () => {
          await push('web', { heat: 9 });
          return await open();
        },
        { timeout: 20_000, interval: 1_000 },
      )
      .toMatchObject([{ rule: 'live', host: 'web', series: 'heat', state: 'firing', value: 9 }]);
    await expect
      .poll(async () => (await ask('GET', `/api/v1/alerts?rule=${rule.id}`)).body.alerts)
      .toMatchObject([{ state: 'firing', condition: 'above 5', decision: 'no_channel' }]);
    // What has happened to it comes with it.
    const whole = { condition: 'above 5', threshold: 5, fired: expect.any(Number), decision: 'no_channel' };
    await expect.poll(open).toMatchObject([{ state: 'firing', ...whole, acknowledged: null }]);
    await ask('POST', `/api/v1/alerts/${(await open())[0].id}/ack`, { by: 'ann' });
    expect(await open()).toMatchObject([{ ...whole, acknowledged: { by: 'ann' } }]);
    await ask('DELETE', `/api/v1/rules/${rule.id}`);
    await expect.poll(open).toEqual([]);
  });

  test('have notices that can be looked at, and tried again once they are given up', async () => {
    const notice = { channelId: 77, groupKey: 'g', waitMs: 1e9, intervalMs: 0, isSent: false };
    await record([event(ruleId + 3, { notices: [notice] })]);
    const { notices } = (await ask('GET', '/api/v1/notices?channel=77')).body;
    expect(notices).toMatchObject([
      { channel: '', state: 'waiting', event: 'fired', rule: 'Busy', host: 'web', tries: [] },
    ]);
    const path = `/api/v1/notices/${notices[0].id}/retry`;
    expect((await ask('POST', path)).status).toBe(409);
    await database.sql`update outbox set state = 'dead', attempts = 9 where channel = 77`;
    const dead = '/api/v1/notices?state=dead&channel=77';
    expect((await ask('GET', dead)).body.notices).toHaveLength(1);
    expect(await ask('POST', path)).toEqual({ status: 200, body: { status: 'waiting' } });
    expect((await ask('GET', dead)).body).toEqual({ notices: [], next: null });
  });

  test.each<[string, string, unknown, number]>([
    ['GET', '/api/v1/alerts?state=lost', null, 400],
    ['GET', '/api/v1/alerts?severity=fatal', null, 400],
    ['GET', '/api/v1/alerts?limit=0', null, 400],
    ['GET', '/api/v1/alerts?before=-1', null, 400],
    ['GET', '/api/v1/alerts/999999999999', null, 404],
    ['GET', '/api/v1/alerts/999999999999/trace', null, 404],
    ['GET', '/api/v1/alerts/1/cause', null, 404],
    ['POST', '/api/v1/alerts/999999999999/ack', { by: 'x' }, 404],
    ['POST', '/api/v1/alerts/1/ack', {}, 400],
    ['POST', '/api/v1/alerts/1/ack', { by: ' ' }, 400],
    ['POST', '/api/v1/alerts/1/ack', { by: 'a\nb' }, 400],
    ['POST', '/api/v1/alerts/1', { by: 'x' }, 404],
    ['GET', '/api/v1/notices?state=lost', null, 400],
    ['POST', '/api/v1/notices/999999999/retry', null, 404],
    ['POST', '/api/v1/notices/1', null, 404],
  ])('%s %s of %j is answered by %i', async (method, path, body, status) => {
    expect(await ask(method, path, body)).toEqual({ status, body: refused });
  });
});

describe('every change', () => {
  const changes = [
    ['POST', '/alert_config', {}],
    ['DELETE', '/alert_config', { id: 1 }],
    ['POST', '/alert_state', { id: 1, enabled: false }],
    ['POST', '/downtime', {}],
    ['DELETE', '/downtime', { id: 1 }],
    ['POST', '/api/v1/rules', {}],
    ['PATCH', '/api/v1/rules/1', { enabled: false }],
    ['DELETE', '/api/v1/rules/1', null],
    ['POST', '/api/v1/channels', {}],
    ['PATCH', '/api/v1/channels/1', {}],
    ['DELETE', '/api/v1/channels/1', null],
    ['POST', '/api/v1/channels/1/test', null],
    ['POST', '/api/v1/downtimes', {}],
    ['PATCH', '/api/v1/downtimes/1', {}],
    ['DELETE', '/api/v1/downtimes/1', null],
    ['POST', '/api/v1/silences', {}],
    ['DELETE', '/api/v1/silences/1', null],
    ['POST', '/api/v1/alerts/1/ack', {}],
    ['POST', '/api/v1/notices/1/retry', null],
  ] as const;

  test.each(changes)('%s %s comes from no page of another site, and in JSON', async (method, path, body) => {
    const json = { 'content-type': 'application/json' };
    for (const headers of [
      { ...json, origin: 'http://evil.example' },
      { ...json, 'sec-fetch-site': 'cross-site' },
    ])
      expect((await ask(method, path, body, headers)).status).toBe(403);
    if (body !== null) expect((await ask(method, path, body, { 'content-type': 'text/plain' })).status).toBe(415);
  });

  test('that its client breaks off leaves the hub as it was', async () => {
    const count = async () => (await ask('GET', '/api/v1/rules')).body.length;
    const before = await count();
    const head = 'host: localhost\r\ncontent-type: application/json\r\n';
    for (const text of [
      `POST /api/v1/rules HTTP/1.1\r\n${head}content-length: 500\r\n\r\n{"kind":"host_down"`,
      `DELETE /alert_config HTTP/1.1\r\n${head}content-length: 50\r\n\r\n{"id"`,
      `GET /api/v1/alerts HTTP/1.1\r\n${head}\r\n`,
      `GET /api/v1/rules HTTP/1.1\r\n${head}\r\n`,
    ])
      await new Promise<void>((settle) => {
        const socket = connect(hub.port, '127.0.0.1', () => socket.write(text, () => socket.resetAndDestroy()));
        socket.once('close', () => settle());
        socket.once('error', () => {});
      });
    expect(await count()).toBe(before);
    expect(hub.text).not.toMatch(/"level":50|hub\.failed/);
  });

  test('is refused while the database is away; what is in memory is still answered', async () => {
    await gate.close();
    try {
      expect((await ask('GET', '/api/v1/rules')).status).toBe(200);
      expect((await ask('GET', '/api/v1/alerts?state=open')).status).toBe(200);
      for (const [method, path, body] of [
        ['POST', '/api/v1/rules', { kind: 'host_down', name: 'late' }],
        ['POST', '/api/v1/silences', { rules: ['*'], duration: 60 }],
        ['GET', '/api/v1/alerts', null],
        ['GET', '/fetch/recent_alerts', null],
        ['GET', '/api/v1/notices', null],
        ['POST', '/api/v1/alerts/1/ack', { by: 'x' }],
      ] as const)
        expect([path, await ask(method, path, body)]).toEqual([path, { status: 503, body: refused }]);
    } finally {
      await gate.open();
    }
    await expect.poll(async () => (await ask('GET', '/api/v1/alerts')).status, { timeout: 30_000 }).toBe(200);
  });
});

describe('a file of alerts', () => {
  test('is applied at the start, read-only by REST, followed at SIGHUP, and not when it is wrong', async () => {
    const folder = mkdtempSync(join(tmpdir(), 'pulsewire-alerts-'));
    const file = join(folder, 'alerts.json');
    const write = (content: unknown) =>
      writeFileSync(file, typeof content === 'string' ? content : JSON.stringify(content));
    const rules = [
      { name: 'filed', kind: 'host_down', channels: ['filed ops'] },
      { name: 'filed load', metric: 'load', condition: 'above', threshold: 99, hosts: { names: ['web'] } },
    ];
    const channels = [{ name: 'filed ops', kind: 'slack', settings: { url: { env: 'FILED_HOOK' } } }];
    const downtimes = [{ name: 'move', hosts: {}, start: '2026-01-01T00:00:00Z', duration: 60 }];
    write({ rules: [{ name: 'filed', kind: 'what' }], channels });
    const first = hub;
    const start = (env: Record<string, string>) =>
      startHub({ bundle, databaseUrl: gate.url, settings: { alertsFile: file }, env });
    try {
      const refusedHub = await start({});
      expect(await refusedHub.exited).toBe(2);
      expect(refusedHub.text).toMatch(/channels\.0\.settings\.url: the environment must have "FILED_HOOK"/);
      expect(refusedHub.text).toMatch(/rules\.0\.kind: /);

      write({ rules, channels, downtimes });
      hub = await start({ FILED_HOOK: 'https://example.org/filed-canary' });
      await hub.answers();
      const named = async () =>
        (await ask('GET', '/api/v1/rules')).body
          .filter(({ origin }: Record<string, unknown>) => origin === 'file')
          .map(({ name }: Record<string, unknown>) => name);
      await expect.poll(named).toEqual(['filed', 'filed load']);
      const [rule] = (await ask('GET', '/api/v1/rules?name=filed')).body;
      const [old] = (await ask('GET', '/alert_config?hostname=web')).body;
      const [channel] = (await ask('GET', '/api/v1/channels')).body;
      const [downtime] = (await ask('GET', '/api/v1/downtimes')).body;
      expect([rule.read_only, channel.read_only, downtime.read_only, downtime.name]).toEqual([
        true,
        true,
        true,
        'move',
      ]);
      for (const [method, path, body] of [
        ['PATCH', `/api/v1/rules/${rule.id}`, { enabled: false }],
        ['DELETE', `/api/v1/rules/${rule.id}`, null],
        ['DELETE', '/alert_config', { id: old.id }],
        ['POST', '/alert_state', { id: old.id, enabled: false }],
        ['PATCH', `/api/v1/channels/${channel.id}`, { enabled: false }],
        ['PATCH', `/api/v1/downtimes/${downtime.id}`, { reason: 'x' }],
        ['DELETE', `/api/v1/downtimes/${downtime.id}`, null],
      ] as const)
        expect([path, await ask(method, path, body)]).toEqual([
          path,
          { status: 409, body: { error: expect.stringMatching(/file of alerts/) } },
        ]);
      // People can still keep it quiet.
      const silence = await made('/api/v1/silences', { rules: ['filed'], duration: 60 });
      await ask('DELETE', `/api/v1/silences/${silence.id}`);

      write({ rules: [...rules, { name: 'more', kind: 'clock_skew' }], channels });
      hub.child.kill('SIGHUP');
      await expect.poll(named).toEqual(['filed', 'filed load', 'more']);
      expect((await ask('GET', '/api/v1/downtimes')).body).toEqual([]);
      write({ rules: [{ name: 'less' }] });
      hub.child.kill('SIGHUP');
      await expect.poll(() => hub.text).toMatch(/alerts-file\.refused/);
      expect(await named()).toEqual(['filed', 'filed load', 'more']);
      write({});
      hub.child.kill('SIGHUP');
      await expect.poll(named).toEqual([]);
      expect(hub.text).not.toMatch(/filed-canary/);
      expect(await hub.stop()).toBe(0);
    } finally {
      hub = first;
      rmSync(folder, { recursive: true, force: true });
    }
  });
});

test('after a wipe there are the default rules again, and nothing else', async () => {
  await made('/api/v1/rules', { kind: 'host_down', name: 'mine' });
  const [first] = (await ask('GET', '/api/v1/rules')).body;
  await ask('DELETE', `/api/v1/rules/${first.id}`);
  expect((await ask('POST', '/api/v1/wipe', {})).status).toBe(200);
  const named = async () => {
    const { status, body } = await ask('GET', '/api/v1/rules');
    return status === 200 ? body.map(({ name }: Record<string, unknown>) => name) : status;
  };
  await expect.poll(named).toEqual(defaultRules.map(({ name }) => name));
  expect((await ask('GET', '/api/v1/alerts')).body).toEqual({ alerts: [], next: null });
});
