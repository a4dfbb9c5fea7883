/** Settings of agents and clients against the built hub: by REST as people and scripts set them, to a real agent and to agents by hand. */
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as delay } from 'node:timers/promises';
import { afterAll, afterEach, beforeAll, describe, expect, test } from 'vitest';
import type { SettingsMessage } from '#core/message.ts';
import { AgentProcess } from '../testing/agent-process.ts';
import { createTestDatabase, type TestDatabase } from '../testing/database.ts';
import {
  buildHub,
  DatabaseGate,
  enrolmentKey,
  type HubBundle,
  type HubProcess,
  startHub,
} from '../testing/hub-process.ts';
import { someId, TestAgent } from '../testing/test-agent.ts';

let bundle: HubBundle;
let database: TestDatabase & { drop(): Promise<void> };
let gate: DatabaseGate;
let hub: HubProcess;
let agents: { close(): void }[] = [];
const folder = mkdtempSync(join(tmpdir(), 'pulsewire-settings-'));

beforeAll(async () => {
  bundle = await buildHub();
  database = await createTestDatabase();
  gate = new DatabaseGate(database.connection);
  await gate.open();
  hub = await (await startHub({ bundle, databaseUrl: gate.url })).answers();
});

afterEach(() => {
  for (const agent of agents) agent.close();
  agents = [];
});

afterAll(async () => {
  if (hub?.isRunning) await hub.stop('SIGKILL');
  await gate?.close();
  await database?.drop();
  bundle?.remove();
  rmSync(folder, { recursive: true, force: true });
});

interface SettingsAnswer {
  readonly version: number;
  readonly settings: Record<string, unknown>;
  readonly state: string;
  readonly changed_by: string;
  readonly report: {
    readonly why: string;
    readonly pinned: string[];
    readonly effective: Record<string, unknown>;
  } | null;
}

const pathOf = (host: string) => `/api/v1/hosts/${host}/settings`;
const settingsOf = async (host: string) => (await hub.ask<SettingsAnswer>('GET', pathOf(host))).body;

/** An agent by hand that has said hello, by another id each. */
async function enter(
  hostName: string,
  options: { readonly digit: string; readonly speaks?: string },
): Promise<TestAgent> {
  const { digit, speaks = 'settings' } = options;
  const agent = new TestAgent(hub.url, enrolmentKey);
  agents.push(agent);
  const facts: Record<string, string> = speaks === '' ? {} : { speaks };
  await agent.greet({ hostName, agentId: someId(digit), machineId: `machine-${digit}`, facts });
  return agent;
}

async function until<T>(what: string, look: () => Promise<T>, holds: (seen: T) => boolean): Promise<T> {
  const endMs = performance.now() + 30_000;
  for (;;) {
    const seen = await look();
    if (holds(seen)) return seen;
    if (performance.now() > endMs) throw new Error(`Cannot go on: ${what} is wanted: got ${JSON.stringify(seen)}`);
    await delay(50);
  }
}

const withVersion = (version: number) => (message: SettingsMessage) => message.version === version;

describe('settings of an agent', () => {
  test('are set by REST, applied by a real agent without a restart, and shown with what it made of them', async () => {
    const agent = await AgentProcess.start({
      ...{ hubUrl: hub.url, enrolmentKey, folder },
      file: { name: 'real', tags: { rack: 'r1' } },
    });
    agents.push(agent);
    await until(
      'the agent has reported',
      () => settingsOf('real'),
      ({ state }) => state === 'applied',
    );
    const put = await hub.ask<SettingsAnswer>('PUT', pathOf('real'), {
      version: 0,
      settings: { interval: 0.5, collectors: { tcp: { enabled: false } }, tags: { rack: 'r2', role: 'db' } },
    });
    expect(put).toMatchObject({ status: 200, body: { host: 'real', version: 1, changed_by: 'operator' } });
    const applied = await until(
      'it is applied',
      () => settingsOf('real'),
      ({ state }) => state === 'applied',
    );
    expect(applied.report).toMatchObject({
      pinned: ['tags.rack'],
      effective: {
        interval: 0.5,
        collectors: { tcp: { enabled: false }, cpu: { enabled: true } },
        tags: { rack: 'r1' },
      },
    });
    const host = await until(
      'the ticks of that interval have come',
      async () => (await hub.ask<{ interval: number; tags: Record<string, string> }>('GET', '/api/v1/hosts/real')).body,
      ({ interval }) => interval === 0.5,
    );
    expect(host.tags).toEqual({ rack: 'r1', role: 'db' });

    await hub.ask('PATCH', '/api/v1/hosts/real', { tags: { role: 'people' } });
    await hub.ask('PATCH', pathOf('real'), { settings: { tags: { role: 'other' }, collectors: null } });
    await until(
      'that is applied',
      () => settingsOf('real'),
      ({ state, version }) => state === 'applied' && version === 2,
    );
    const after = await hub.ask<{ tags: unknown; agent_tags: unknown }>('GET', '/api/v1/hosts/real');
    expect(after.body).toMatchObject({ tags: { role: 'people' }, agent_tags: { role: 'other' } });
    const versions = await hub.ask<SettingsAnswer[]>('GET', `${pathOf('real')}/versions`);
    expect(versions.body.map(({ version }) => version)).toEqual([2, 1]);
  });

  test('are sent at connect and at each change, and what the agent says is shown, hostile text too', async () => {
    const agent = await enter('hand', { digit: '1' });
    expect(await agent.next('settings')).toMatchObject({ version: 0, text: '{}' });
    expect((await settingsOf('hand')).state).toBe('waiting');
    await hub.ask('PUT', pathOf('hand'), { settings: { interval: 2 } });
    expect(await agent.next('settings', withVersion(1))).toMatchObject({ text: '{"interval":2}' });
    const why = 'Cannot apply settings: <img src=x onerror=alert(1)>';
    await agent.send({
      kind: 'settingsReport',
      version: 1,
      state: 'failed',
      why,
      pinned: ['interval'],
      effective: '{"x":1}',
    });
    const failed = await until(
      'it has failed',
      () => settingsOf('hand'),
      ({ state }) => state === 'failed',
    );
    expect(failed.report).toMatchObject({ why, pinned: ['interval'], effective: {} });
    agent.close();
    const again = await enter('hand', { digit: '1' });
    expect(await again.next('settings', withVersion(1))).toMatchObject({ text: '{"interval":2}' });
  });

  test('are not sent to an agent that does not know of them', async () => {
    const agent = await enter('old', { digit: '2', speaks: '' });
    await hub.ask('PUT', pathOf('old'), { settings: { interval: 2 } });
    expect((await settingsOf('old')).state).toBe('unsupported');
    await agent.send({ kind: 'stream', streams: [] });
    await agent.next('welcome', ({ streams }) => streams?.length === 0);
    expect(agent.received.some(({ kind }) => kind === 'settings')).toBe(false);
  });

  test('are not changed on top of a version that is not the newest', async () => {
    await enter('twice', { digit: '3' });
    await hub.ask('PUT', pathOf('twice'), { version: 0, settings: { interval: 2 } });
    const late = await hub.ask('PATCH', pathOf('twice'), { version: 0, settings: { interval: 3 } });
    expect(late).toEqual({
      status: 409,
      body: {
        error: expect.stringMatching(/^Cannot change settings: somebody else/),
        code: 'settings_changed',
        version: 1,
      },
    });
    const same = await hub.ask<SettingsAnswer>('PUT', pathOf('twice'), { version: 1, settings: { interval: 2 } });
    expect([same.status, same.body.version]).toEqual([200, 1]);
  });

  test.each([
    ['an interval of nothing', { interval: 0 }],
    ['an interval below nothing', { interval: -1 }],
    ['an interval of thirty years', { interval: 1e9 }],
    ['an interval as text', { interval: '1' }],
    ['a key that is not known', { intervall: 1 }],
    ['a hostile collector', { collectors: { '<script>': { enabled: true } } }],
    ['too much', { tags: { a: 'x'.repeat(20_000) } }],
  ])('are refused with %s', async (_name, settings) => {
    await enter('wrong', { digit: '4' });
    for (const method of ['PUT', 'PATCH']) {
      const answer = await hub.ask(method, pathOf('wrong'), { settings });
      expect(answer).toEqual({ status: 400, body: { error: expect.stringMatching(/^Cannot change settings: /) } });
    }
    expect((await settingsOf('wrong')).version).toBe(0);
  });

  test('are refused where there is no host, or no agent', async () => {
    await hub.ask('POST', '/metrics', { hostname: 'pushed', client_id: 'c', metrics: { a: 1 } });
    expect((await hub.ask('PUT', pathOf('nobody'), { settings: {} })).status).toBe(404);
    expect((await hub.ask('GET', pathOf('pushed'))).status).toBe(409);
    expect((await hub.ask('POST', pathOf('pushed'), {})).status).toBe(405);
  });

  test('of many hosts are changed at once, each with an outcome of its own', async () => {
    const [one] = [await enter('fleet-1', { digit: '5' }), await enter('fleet-2', { digit: '6' })];
    await hub.ask('POST', '/metrics', { hostname: 'fleet-3', client_id: 'c', metrics: { a: 1 } });
    await hub.ask('PUT', pathOf('fleet-2'), { settings: { interval: 4 } });
    const answer = await hub.ask<{ outcomes: unknown[] }>('PATCH', '/api/v1/settings', {
      hosts: { names: ['fleet-*'] },
      settings: { interval: 4 },
    });
    expect(answer).toEqual({
      status: 200,
      body: {
        outcomes: [
          { host: 'fleet-1', outcome: 'changed', version: 1, why: '' },
          { host: 'fleet-2', outcome: 'unchanged', version: 1, why: '' },
          { host: 'fleet-3', outcome: 'refused', version: 0, why: 'Cannot change settings: the host has no agent' },
        ],
      },
    });
    expect(await one!.next('settings', withVersion(1))).toMatchObject({ text: '{"interval":4}' });
  });

  test.each([
    ['no selector', { settings: {} }, 400],
    ['an empty selector', { hosts: {}, settings: {} }, 400],
    ['hosts that there are not', { hosts: { names: ['nobody'] }, settings: { interval: 1 } }, 404],
  ])('of many hosts are refused with %s', async (_name, body, status) => {
    expect((await hub.ask('PATCH', '/api/v1/settings', body)).status).toBe(status);
  });

  test('are there again after a restart of the hub, and are not given up by an agent that was faster', async () => {
    await enter('stays', { digit: '7' });
    await hub.ask('PUT', pathOf('stays'), { settings: { interval: 9 } });
    await hub.stop();
    hub = await (await startHub({ bundle, databaseUrl: gate.url, settings: { port: hub.port } })).answers();
    const agent = await enter('stays', { digit: '7' });
    await agent.next('settings', withVersion(1));
    expect(agent.received.filter(({ kind }) => kind === 'settings')).toHaveLength(1);
  });
});

describe('the old paths of clients', () => {
  const config = (query: string) =>
    hub.ask<{ status: string; config: unknown; last_update: number }>('GET', `/client_config?${query}`);

  test('answer in their old shapes', async () => {
    expect(await config('client_id=shop')).toEqual({ status: 404, body: { status: 'unknown_client' } });
    const body = { client_id: 'shop', config: { interval: 10 }, tags: { role: 'shop' } };
    expect(await hub.ask('POST', '/client_config', body)).toEqual({
      status: 200,
      body: { status: 'success', message: 'Client registered successfully' },
    });
    const first = await config('client_id=shop&last_update=0');
    expect(first.body).toMatchObject({ status: 'update_available', config: { interval: 10 } });
    const lastUpdate = first.body.last_update;
    expect((await config(`client_id=shop&last_update=${lastUpdate}`)).body.status).toBe('no_update');
    const update = { client_id: 'shop', config: { interval: 60 } };
    expect(await hub.ask('POST', '/admin/update_client', update)).toEqual({
      status: 200,
      body: { message: 'Client shop updated successfully' },
    });
    const second = await config(`client_id=shop&last_update=${lastUpdate}`);
    expect(second.body).toMatchObject({ status: 'update_available', config: { interval: 60 } });
    expect(await hub.ask('POST', '/admin/update_client', { ...update, client_id: 'nobody' })).toEqual({
      status: 404,
      body: { status: 'unknown_client' },
    });
  });

  test('and the new ones are one thing', async () => {
    await hub.ask('POST', '/client_config', { client_id: 'a/b', config: { x: 1 }, tags: {} });
    const path = '/api/v1/clients/a%2Fb';
    const { body: before } = await hub.ask<{ version: number }>('GET', path);
    expect(before).toMatchObject({ id: 'a/b', config: { x: 1 }, people_config: null, version: 1 });
    expect(await hub.ask('PUT', path, { version: 1, config: { x: 2 } })).toMatchObject({
      status: 200,
      body: { version: 2 },
    });
    expect((await hub.ask('PUT', path, { version: 1, config: { x: 3 } })).status).toBe(409);
    expect((await config('client_id=a%2Fb')).body.config).toEqual({ x: 2 });
    expect((await hub.ask<unknown[]>('GET', '/api/v1/clients?limit=1')).body).toHaveLength(1);
    expect((await hub.ask('DELETE', path)).status).toBe(200);
    expect((await hub.ask('GET', path)).status).toBe(404);
  });

  test.each([
    ['no client', {}],
    ['a client of another kind', { client_id: 3, config: {}, tags: {} }],
    ['an empty client', { client_id: '', config: {}, tags: {} }],
    ['a client with NUL', { client_id: 'a\u0000', config: {}, tags: {} }],
    ['a configuration that is a list', { client_id: 'a', config: [], tags: {} }],
    ['tags that are numbers', { client_id: 'a', config: {}, tags: { a: 1 } }],
    ['more than there is', { client_id: 'a', config: {}, tags: {}, x: 1 }],
  ])('refuse %s', async (_name, body) => {
    expect((await hub.ask('POST', '/client_config', body)).status).toBe(400);
  });
});
