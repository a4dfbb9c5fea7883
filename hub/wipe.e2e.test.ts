/** A wipe through a running hub: who may ask for it, and what becomes of everybody who is connected. */
import { afterAll, beforeAll, beforeEach, describe, expect, test } from 'vitest';
import { WebSocket } from 'ws';
import { viewerSubprotocol } from '#core/message.ts';
import { connect } from './store/connect.ts';
import { createTestDatabase, type TestDatabase } from './testing/database.ts';
import {
  buildHub,
  DatabaseGate,
  enrolmentKey,
  type HubBundle,
  type HubProcess,
  operatorFetch,
  operatorHeaders,
  operatorKey,
  startHub,
} from './testing/hub-process.ts';
import { TestAgent } from './testing/test-agent.ts';
import { gauges } from './testing/ticks.ts';

let bundle: HubBundle;
let database: TestDatabase & { drop(): Promise<void> };
let gate: DatabaseGate;
let hub: HubProcess;

beforeAll(async () => {
  bundle = await buildHub();
  database = await createTestDatabase();
  gate = new DatabaseGate(database.connection);
  await gate.open();
  hub = await startHub({ bundle, databaseUrl: gate.url });
  await hub.answers();
});

afterAll(async () => {
  expect(hub.text).not.toContain(enrolmentKey);
  if (hub.isRunning) await hub.stop('SIGKILL');
  await gate.close();
  await database.drop();
  bundle.remove();
});

beforeEach(async () => {
  await push('nas');
});

async function push(hostname: string): Promise<number> {
  const answer = await operatorFetch(`${hub.url}/metrics`, {
    method: 'POST',
    headers: { 'content-type': 'application/json' },
    body: JSON.stringify({ hostname, client_id: 'c', metrics: { load: 1 } }),
  });
  return answer.status;
}

async function hostNames(): Promise<string[]> {
  return Object.keys((await (await operatorFetch(`${hub.url}/fetch/hosts`)).json()) as object);
}

async function wipe(
  options: { readonly key?: string | null; readonly body?: string; readonly headers?: Record<string, string> } = {},
) {
  const key = options.key === undefined ? operatorKey : options.key;
  const answer = await fetch(`${hub.url}/api/v1/wipe`, {
    method: 'POST',
    headers: {
      'content-type': 'application/json',
      ...(key === null ? {} : { authorization: `Bearer ${key}` }),
      ...options.headers,
    },
    body: options.body ?? '{}',
  });
  return { status: answer.status, body: (await answer.json()) as Record<string, unknown> };
}

describe('POST /api/v1/wipe', () => {
  test.each([
    ['without a key', { key: null }, 401],
    ['with the enrolment key', { key: enrolmentKey }, 401],
    ['with another key', { key: `${operatorKey}x` }, 401],
    ['with a body that asks for something', { body: '{"host":"nas"}' }, 400],
    ['without JSON', { headers: { 'content-type': 'text/plain' } }, 415],
    ["from another site's page", { headers: { origin: 'http://evil.example' } }, 403],
    ["from another site's page by its fetch", { headers: { 'sec-fetch-site': 'cross-site' } }, 403],
  ])('%s is refused and removes nothing', async (_, options, status) => {
    expect(await wipe(options)).toEqual({ status, body: { error: expect.stringMatching(/^Cannot /) } });
    expect(await hostNames()).toContain('nas');
  });

  test('a token of an agent is no key', async () => {
    const agent = new TestAgent(hub.url, enrolmentKey);
    const { token } = await agent.greet({ agentId: '1'.repeat(32), hostName: 'box' });
    expect((await wipe({ key: token! })).status).toBe(401);
    agent.close();
  });

  test('empties memory and database, tells everybody to come again, and goes on under another id', async () => {
    const agent = new TestAgent(hub.url, enrolmentKey);
    const welcome = await agent.greet({ agentId: '2'.repeat(32), hostName: 'web' });
    await agent.sendTicks(welcome.streams![0]!.ordinal, gauges(['load']), { first: 1, last: 20 });
    await expect.poll(hostNames).toContain('web');
    const viewer = new WebSocket(`${hub.url.replace('http', 'ws')}/live`, viewerSubprotocol, {
      headers: { ...operatorHeaders, origin: hub.url },
    });
    const viewerClosed = new Promise<number>((done) => viewer.once('close', done));
    await new Promise((done) => viewer.once('message', done));

    const { status, body } = await wipe();
    expect([status, Object.keys(body)]).toEqual([200, ['hostCount', 'tickCount', 'bytesBefore', 'bytesAfter']]);
    expect(body['tickCount']).toBeGreaterThanOrEqual(21);
    // What it had sent was stored and acknowledged first: it has nothing to send again.
    expect(agent.received.findLast((message) => message.kind === 'ack')).toMatchObject({ storedSeq: 20 });
    expect(await agent.ended).toMatchObject({ code: 1012 });
    expect(await viewerClosed).toBe(1012);
    expect(await hostNames()).toEqual([]);
    expect(await (await operatorFetch(`${hub.url}/fetch/latest`)).json()).toEqual({});

    // The token is good for nothing, the key is as good as before, and nothing believes the acks of the hub before.
    expect(await new TestAgent(hub.url, welcome.token).ended).toEqual({ status: 401 });
    const again = new TestAgent(hub.url, enrolmentKey);
    const second = await again.greet({ agentId: '2'.repeat(32), hostName: 'web' });
    expect(second.hubId).not.toBe(welcome.hubId);
    expect(second.streams![0]).toMatchObject({ storedSeq: 0 });
    await expect.poll(hostNames).toEqual(['web']);
    expect(await database.sql`select name from host`).toEqual([{ name: 'web' }]);
    again.close();
  });

  test('pushes and ticks that come all the while bring nothing back', async () => {
    const layout = gauges(['load']);
    let isOver = false;
    const pushing = (async () => {
      for (let round = 0; !isOver; round += 1) await push(`old-${round}`);
    })();
    const agents = await Promise.all(
      ['3', '4', '5'].map(async (digit) => {
        const agent = new TestAgent(hub.url, enrolmentKey);
        const { streams } = await agent.greet({ agentId: digit.repeat(32), hostName: `agent-${digit}` });
        await agent.sendTicks(streams![0]!.ordinal, layout, { first: 1, last: 50 });
        return agent;
      }),
    );
    await expect.poll(hostNames).toContain('old-3');
    const { status } = await wipe();
    isOver = true;
    await pushing;
    expect(status).toBe(200);

    for (const agent of agents) expect(await agent.ended).toMatchObject({ code: 1012 });
    // Pushes that came after the wipe are stored; of what was there before there is no row in any table.
    const rows = await database.sql<{ count: number }[]>`
      select (select count(*)::int from host where kind = 'agent') + (select count(*)::int from token) +
        (select count(*)::int from batch b where not exists (select from host h where h.id = b.host)) as count`;
    expect(rows[0]!.count).toBe(0);
    expect(await hostNames()).not.toContain('old-0');
    expect(await push('new')).toBe(200);
  });

  test('of two at once one is refused', async () => {
    const answers = await Promise.all([wipe(), wipe()]);
    expect(answers.map(({ status }) => status).sort()).toEqual([
      200,
      expect.toSatisfy((status) => status === 409 || status === 503),
    ]);
    await hub.answers();
  });

  test('beside another hub on the database is refused, and this one goes on with what it has', async () => {
    const other = connect(
      { url: null, ...database.connection },
      { connectionCount: 1, name: 'pulsewire storage', statementMsMax: 1_000 },
    );
    await other`select 1`;
    expect(await wipe()).toMatchObject({
      status: 409,
      body: { error: expect.stringContaining('no other hub may use the database: got pulsewire storage') },
    });
    await other.end({ timeout: 0 });
    expect(await hostNames()).toContain('nas');
    expect(await push('nas')).toBe(200);
  });

  test('with the database away says so, and the hub goes on when it is back', async () => {
    const agent = new TestAgent(hub.url, enrolmentKey);
    const { streams } = await agent.greet({ agentId: '6'.repeat(32), hostName: 'box' });
    await gate.close();
    // In flight and never answered: given up with the engine, as the agent still has them.
    await agent.sendTicks(streams![0]!.ordinal, gauges(['load']), { first: 1, last: 100 });
    const wiping = wipe();
    // By then it has given up on the database and waits for it to come back.
    await expect.poll(() => hub.text, { timeout: 40_000 }).toContain('database.unreachable');
    await gate.open();
    expect(await wiping).toMatchObject({ status: 503 });
    await hub.answers();
    expect(await hostNames()).toContain('nas');
    expect(await agent.ended).toMatchObject({ code: 1012 });
    expect(hub.isRunning).toBe(true);
  });
});
