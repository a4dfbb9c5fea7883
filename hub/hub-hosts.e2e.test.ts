/** What people do to hosts, against the built hub: what its clients see, what becomes of agents, data and names. */
import { afterAll, afterEach, beforeAll, describe, expect, test } from 'vitest';
import { WebSocket } from 'ws';
import { decodeToViewer } from '#core/codec.ts';
import { type HostRow, type ToViewer, viewerSubprotocol } from '#core/message.ts';
import { createTestDatabase, type TestDatabase } from './testing/database.ts';
import {
  buildHub,
  DatabaseGate,
  enrolmentKey,
  type HubBundle,
  type HubProcess,
  operatorFetch,
  operatorHeaders,
  startHub,
} from './testing/hub-process.ts';
import { TestAgent } from './testing/test-agent.ts';
import { gauges } from './testing/ticks.ts';

let bundle: HubBundle;
let database: TestDatabase & { drop(): Promise<void> };
let gate: DatabaseGate;
let hub: HubProcess;
const agents: TestAgent[] = [];
const viewers: TestViewer[] = [];
const layout = gauges(['load']);

beforeAll(async () => {
  bundle = await buildHub();
  database = await createTestDatabase();
  gate = new DatabaseGate(database.connection);
  await gate.open();
  hub = await startHub({ bundle, databaseUrl: gate.url, settings: { batchAgeMs: 200 } });
  await hub.answers();
});

afterEach(() => {
  for (const agent of agents.splice(0)) agent.close();
  for (const viewer of viewers.splice(0)) viewer.socket.terminate();
});

afterAll(async () => {
  if (hub?.isRunning) await hub.stop('SIGKILL');
  await gate?.close();
  await database?.drop();
  bundle?.remove();
});

/** A dashboard that keeps the hosts it was told of. */
class TestViewer {
  readonly socket: WebSocket;
  readonly hosts = new Map<string, HostRow>();

  constructor(url: string) {
    this.socket = new WebSocket(`${url.replace('http', 'ws')}/live`, viewerSubprotocol, {
      headers: { ...operatorHeaders, origin: url },
    });
    this.socket.on('message', (bytes: Buffer) => this.#received(decodeToViewer(bytes)));
    viewers.push(this);
  }

  #received(message: ToViewer): void {
    if (message.kind !== 'hosts') return;
    for (const [name, row] of this.hosts) if (message.removed.includes(row.hostId)) this.hosts.delete(name);
    for (const row of message.hosts) this.hosts.set(row.name, row);
  }
}

const ask = (...request: Parameters<HubProcess['ask']>) => hub.ask(...request);

const refused = { error: expect.stringMatching(/^Cannot /) };

async function push(hostname: string, more: object = {}): Promise<void> {
  const body = { hostname, client_id: 'c', metrics: { load: 1 }, ...more };
  expect((await ask('POST', '/metrics', body)).status).toBe(200);
}

let agentCount = 0;

/** An agent of a machine of its own, with one stored tick. */
async function connect(hostName: string, tags: Record<string, string> = {}) {
  agentCount += 1;
  const agentId = agentCount.toString(16).padStart(32, '0');
  const identity = { agentId, hostName, machineId: agentId };
  const agent = new TestAgent(hub.url, enrolmentKey);
  agents.push(agent);
  const welcome = await agent.greet({ ...identity, tags });
  await agent.sendTicks(1, layout, { first: 1, last: 1 });
  await agent.next('ack', (ack) => ack.storedSeq === 1);
  return { agent, identity, token: welcome.token! };
}

async function rowsOf(hostId: number): Promise<number> {
  const [row] = await database.sql<{ count: number }[]>`
    select ((select count(*) from host where id = ${hostId}) + (select count(*) from batch where host = ${hostId})
      + (select count(*) from stream where host = ${hostId}) + (select count(*) from token where host = ${hostId}))::int as count`;
  return row!.count;
}

async function idOf(hostName: string): Promise<number> {
  return ((await ask('GET', `/api/v1/hosts/${encodeURIComponent(hostName)}`)).body as { readonly id: number }).id;
}

describe('describing a host', () => {
  test('tags that people set are shown at once and stay over what comes with the next hello and the next push', async () => {
    const { agent, identity, token } = await connect('tagged', { role: 'db', rack: '4' });
    await push('tagged-push', { tags: { site: 'n' } });
    const viewer = new TestViewer(hub.url);
    await expect.poll(() => viewer.hosts.get('tagged')?.tags).toEqual({ role: 'db', rack: '4' });

    for (const hostname of ['tagged', 'tagged-push']) {
      expect(await ask('POST', '/update_tags', { hostname, tags: { role: 'web', rack: null, site: 's' } })).toEqual({
        status: 200,
        body: { message: 'Tags updated successfully' },
      });
    }
    await expect.poll(() => viewer.hosts.get('tagged')?.tags).toEqual({ role: 'web', site: 's' });
    agent.close();
    const again = new TestAgent(hub.url, token);
    agents.push(again);
    await again.greet({ ...identity, tags: { role: 'db', rack: '5' } });
    await push('tagged-push', { tags: { site: 'other' } });

    expect((await ask('GET', '/fetch/hosts')).body).toMatchObject({
      tagged: { tags: { role: 'web', site: 's' } },
      'tagged-push': { tags: { role: 'web', site: 's' } },
    });
    expect((await ask('GET', '/fetch/latest?host=tagged')).body).toMatchObject({
      tagged: { tags: { role: 'web', site: 's' } },
    });
    expect((await ask('GET', '/api/v1/hosts/tagged')).body).toMatchObject({
      agent_tags: { role: 'db', rack: '5' },
      people_tags: { role: 'web', rack: null, site: 's' },
      kind: 'agent',
      agent_version: '0.1.0',
      interval: 1,
    });
  });

  test('an alias and a name are on every dashboard at once; the agent keeps the name, its old one is free', async () => {
    const { agent, identity, token } = await connect('old name');
    const viewer = new TestViewer(hub.url);
    await expect.poll(() => viewer.hosts.has('old name')).toBe(true);
    const renamed = await ask('PATCH', '/api/v1/hosts/old%20name', { name: 'new/näme', alias: 'Shop' });

    expect(renamed).toMatchObject({ status: 200, body: { name: 'new/näme', alias: 'Shop' } });
    await expect.poll(() => viewer.hosts.get('new/näme')?.alias).toBe('Shop');
    agent.close();
    const again = new TestAgent(hub.url, token);
    agents.push(again);
    expect((await again.greet(identity)).hostName).toBe('new/näme');
    await push('old name');
    expect(await ask('PATCH', '/api/v1/hosts/old%20name', { name: 'new/näme' })).toEqual({
      status: 409,
      body: refused,
    });
    expect(((await ask('GET', '/api/v1/hosts')).body as Record<string, object>)['old name']).toMatchObject({
      kind: 'push',
      alias: '',
    });
  });

  test('a downtime that begins, changes and ends is on every dashboard, and polled with the host', async () => {
    await connect('resting', { site: 'attic' });
    await connect('working');
    const viewer = new TestViewer(hub.url);
    const untilOf = (hostName: string) => viewer.hosts.get(hostName)?.downtimeUntilMs;
    await expect.poll(() => untilOf('resting')).toBe(0);

    const endMs = Math.ceil(Date.now() / 1_000) * 1_000 + 3_600_000;
    const start = endMs / 1_000 - 7_200;
    const body = { hosts: { tags: { site: 'att*' } }, start, end: endMs / 1_000, author: 'ann', reason: 'disk' };
    const { id } = (await ask('POST', '/api/v1/downtimes', body)).body as { readonly id: number };
    await expect.poll(() => untilOf('resting')).toBe(endMs);
    const { resting } = (await ask('GET', '/fetch/hosts?host=resting')).body as Record<string, object>;
    expect(resting).toMatchObject({ alias: '', downtime_until: endMs / 1_000 });
    expect((await ask('GET', '/api/v1/hosts/working')).body).toMatchObject({ downtime_until: null });
    const late = new TestViewer(hub.url);
    await expect.poll(() => late.hosts.get('resting')?.downtimeUntilMs).toBe(endMs);

    await ask('PATCH', `/api/v1/downtimes/${id}`, { end: endMs / 1_000 + 60 });
    await expect.poll(() => untilOf('resting')).toBe(endMs + 60_000);
    await ask('DELETE', `/api/v1/downtimes/${id}`);
    await expect.poll(() => untilOf('resting')).toBe(0);
    expect(untilOf('working')).toBe(0);
  });

  test.each([
    ['POST', '/update_tags', { hostname: 'nobody', tags: {} }, 404],
    ['POST', '/update_tags', { hostname: 'nobody' }, 400],
    ['POST', '/update_tags', '{"hostname":"nobody","tags":{"__proto__":"x"}}', 400],
    ['POST', '/update_tags', '['.repeat(50_000), 400],
    ['POST', '/update_tags', `{"hostname":"${'x'.repeat(200_000)}"}`, 413],
    ['POST', '/remove_host', { hostname: 'nobody' }, 404],
    ['POST', '/remove_host', { hostname: ['nobody'] }, 400],
    ['PATCH', '/api/v1/hosts/nobody', { alias: 'x' }, 404],
    ['PATCH', '/api/v1/hosts/nobody', {}, 400],
    ['PATCH', '/api/v1/hosts/nobody', { alias: 5, tags: [], id: 1 }, 400],
    ['PATCH', '/api/v1/hosts/%ff', { alias: 'x' }, 400],
    ['PATCH', '/api/v1/hosts', { alias: 'x' }, 405],
    ['PATCH', '/api/v1/hosts/', { alias: 'x' }, 404],
    ['PATCH', '/api/v1/hosts/a/b', { alias: 'x' }, 404],
    ['DELETE', '/api/v1/hosts/nobody', null, 404],
    ['GET', '/api/v1/hosts/nobody', null, 404],
    ['POST', '/api/v1/hosts/nobody', { alias: 'x' }, 405],
    ['GET', '/remove_host', null, 405],
  ])('%s %s of %j is answered by %i', async (method, path, body, status) => {
    expect(await ask(method, path, body)).toEqual({ status, body: refused });
  });

  test('nothing is changed for a page of another site, under a strange host, or without JSON', async () => {
    await push('guarded');
    const json = { 'content-type': 'application/json' };
    for (const [method, path, body] of [
      ['POST', '/update_tags', { hostname: 'guarded', tags: { a: 'b' } }],
      ['POST', '/remove_host', { hostname: 'guarded' }],
      ['PATCH', '/api/v1/hosts/guarded', { alias: 'x' }],
      ['DELETE', '/api/v1/hosts/guarded', null],
    ] as const) {
      const statuses: number[] = [];
      for (const headers of [
        { ...json, origin: 'http://evil.example' },
        { ...json, 'sec-fetch-site': 'cross-site' },
        { ...json, 'sec-fetch-site': 'same-site' },
      ])
        statuses.push((await ask(method, path, body, headers)).status);
      expect([path, statuses]).toEqual([path, [403, 403, 403]]);
      if (body !== null) expect((await ask(method, path, body, { 'content-type': 'text/plain' })).status).toBe(415);
    }
    expect((await ask('GET', '/api/v1/hosts/guarded')).body).toMatchObject({ alias: '', people_tags: {} });
  });

  test('the OpenAPI document knows all of it', async () => {
    const { paths } = (await ask('GET', '/api/v1/openapi.json')).body as { readonly paths: Record<string, object> };

    expect(Object.keys(paths['/api/v1/hosts/{host}']!).sort()).toEqual(['delete', 'get', 'parameters', 'patch']);
    expect([Object.keys(paths['/update_tags']!), Object.keys(paths['/remove_host']!)]).toEqual([['post'], ['post']]);
  });
});

describe('removing a host', () => {
  test('sends its agent away with 4403 while data flows, hides it, frees its name, and nobody else notices', async () => {
    const doomed = await connect('doomed');
    const other = await connect('bystander');
    const hostId = await idOf('doomed');
    const viewer = new TestViewer(hub.url);
    await expect.poll(() => viewer.hosts.has('doomed')).toBe(true);
    let isOver = false;
    const flows = (async () => {
      for (let seq = 2; !isOver; seq += 1) {
        for (const { agent } of [doomed, other]) await agent.sendTicks(1, layout, { first: seq, last: seq });
        await new Promise((settle) => setTimeout(settle, 5));
        if (isOver) return seq;
      }
      return 0;
    })();

    expect(await ask('POST', '/remove_host', { hostname: 'doomed' })).toEqual({
      status: 200,
      body: { status: 'success', message: 'Host doomed removed successfully' },
    });
    expect((await ask('GET', '/fetch/hosts')).body).not.toHaveProperty('doomed');
    expect(await doomed.agent.ended).toMatchObject({ code: 4403, reason: expect.stringContaining('removed') });
    isOver = true;
    const lastSeq = await flows;
    await other.agent.next('ack', (ack) => ack.storedSeq === lastSeq);
    await expect.poll(() => [...viewer.hosts.keys()].includes('doomed')).toBe(false);
    expect(viewer.hosts.has('bystander')).toBe(true);
    await expect.poll(() => rowsOf(hostId), { timeout: 20_000 }).toBe(0);
    const [stored] = await database.sql`
      select s.stored_seq::int as seq, s.stored_ticks::int as ticks from stream s join host h on h.id = s.host where h.name = 'bystander'`;
    expect(stored).toEqual({ seq: lastSeq, ticks: lastSeq });

    // Its token is worth nothing; with the key it is a new host, under the same name.
    const late = new TestAgent(hub.url, doomed.token);
    agents.push(late);
    expect(await late.ended).toEqual({ status: 401 });
    const heir = new TestAgent(hub.url, enrolmentKey);
    agents.push(heir);
    const welcome = await heir.greet(doomed.identity);
    expect([welcome.hostName, welcome.streams]).toMatchObject(['doomed', [{ storedSeq: 0 }]]);
    expect((await idOf('doomed')) === hostId).toBe(false);
    expect(hub.text).not.toMatch(/"level":50|hub\.failed/);
  });

  test('of one that pushes makes room for another of the same name', async () => {
    await push('pushed');
    const before = await idOf('pushed');
    expect((await ask('DELETE', '/api/v1/hosts/pushed')).status).toBe(200);
    expect((await ask('GET', '/fetch/latest?host=pushed')).body).toEqual({});
    await push('pushed', { metrics: { other: 2 } });

    expect((await idOf('pushed')) === before).toBe(false);
    expect((await ask('GET', '/fetch/latest?host=pushed')).body).toMatchObject({ pushed: { metrics: { other: 2 } } });
    await expect.poll(() => rowsOf(before), { timeout: 20_000 }).toBe(0);
  });

  test('is counted', async () => {
    const text = await (await operatorFetch(`${hub.url}/metrics`)).text();

    expect(text).toMatch(/pulsewire_hub_removed_hosts 0/);
    expect(text).toMatch(/pulsewire_hub_removed_rows_total [1-9]/);
  });

  test('while the database is away is refused, and is finished after a restart', async () => {
    const { agent } = await connect('unlucky');
    agent.close();
    const hostId = await idOf('unlucky');
    // As if the hub had been killed right after the removal.
    await database.sql`select remove_host('unlucky')`;
    await gate.close();
    expect((await ask('POST', '/remove_host', { hostname: 'unlucky' })).status).toBe(503);
    await hub.stop('SIGKILL');
    await gate.open();
    hub = await startHub({ bundle, databaseUrl: gate.url });
    await hub.answers();

    expect((await ask('GET', '/api/v1/hosts/unlucky')).status).toBe(404);
    await expect.poll(() => rowsOf(hostId), { timeout: 20_000 }).toBe(0);
  });
});

describe('two hubs on one database', () => {
  test('each follows what the other does', async () => {
    const twin = await startHub({ bundle, databaseUrl: gate.url });
    try {
      await twin.answers();
      const { agent, identity, token } = await connect('shared');
      agent.close();
      const far = new TestAgent(twin.url, token);
      agents.push(far);
      await far.greet({ ...identity, streams: [] });
      const viewer = new TestViewer(twin.url);
      await ask('PATCH', '/api/v1/hosts/shared', { alias: 'Both' });
      await expect.poll(() => viewer.hosts.get('shared')?.alias, { timeout: 60_000 }).toBe('Both');

      await ask('DELETE', '/api/v1/hosts/shared');
      expect(await far.ended).toMatchObject({ code: 4403 });
      await expect.poll(() => viewer.hosts.has('shared')).toBe(false);
    } finally {
      await twin.stop('SIGKILL');
    }
  });
});
