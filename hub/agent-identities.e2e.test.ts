/** Agents' identities on the built hub: enrolment tokens, rotation, revocation on two hubs, copies of a machine, strangers. */
import { createHash } from 'node:crypto';
import { afterAll, afterEach, beforeAll, describe, expect, test } from 'vitest';
import { WebSocket } from 'ws';
import { agentSubprotocol, viewerSubprotocol } from '#core/message.ts';
import { createTestDatabase, type TestDatabase } from './testing/database.ts';
import {
  buildHub,
  DatabaseGate,
  enrolmentKey,
  type HubBundle,
  type HubProcess,
  operatorHeaders,
  startHub,
} from './testing/hub-process.ts';
import { helloOf, offerOf, someId, TestAgent } from './testing/test-agent.ts';
import { gauges } from './testing/ticks.ts';

interface Agent {
  readonly host: string;
  readonly is_connected: boolean;
  readonly is_revoked: boolean;
  readonly skew_ms: number | null;
  readonly refused: { readonly why: string } | null;
  readonly rotation: object | null;
  readonly tokens: readonly { readonly is_old: boolean; readonly used: number | null }[];
  readonly clone: { readonly address: string; readonly is_split_ordered: boolean } | null;
}

let bundle: HubBundle;
let database: TestDatabase & { drop(): Promise<void> };
let gate: DatabaseGate;
let hub: HubProcess;
/** Another one on the same database. */
let second: HubProcess;
const agents: TestAgent[] = [];
let agentCount = 0;
/** Two hubs, on a machine that may be busy with something else. */
const startMsMax = 240_000;

beforeAll(async () => {
  bundle = await buildHub();
  database = await createTestDatabase();
  gate = new DatabaseGate(database.connection);
  await gate.open();
  [hub, second] = await Promise.all([
    startHub({ bundle, databaseUrl: gate.url }),
    startHub({ bundle, databaseUrl: gate.url }),
  ]);
  await Promise.all([hub.answers(), second.answers()]);
}, startMsMax);

afterEach(() => {
  for (const agent of agents.splice(0)) agent.close();
});

afterAll(async () => {
  if (hub?.isRunning) await hub.stop('SIGKILL');
  if (second?.isRunning) await second.stop('SIGKILL');
  await gate?.close();
  await database?.drop();
  bundle?.remove();
});

function connect(token: string | null, url = hub.url, headers: Record<string, string> = {}): TestAgent {
  const agent = new TestAgent(url, token, { headers });
  agents.push(agent);
  return agent;
}

/** What tells one agent of these tests from another. */
function newSelf() {
  agentCount += 1;
  const digits = agentCount.toString(16).padStart(2, '0');
  return {
    agentId: digits.repeat(16),
    hostName: `box-${agentCount}`,
    machineId: `machine-${agentCount}`,
    facts: { speaks: 'identity' },
  };
}

/** An agent that is connected by a token of its own, which it has used. */
async function enrolled(bearer = enrolmentKey) {
  const self = newSelf();
  const first = connect(bearer);
  const { token, hostName } = await first.greet(self);
  first.close();
  await first.ended;
  const agent = connect(token);
  await agent.greet(self);
  return { self, agent, token: token!, host: hostName };
}

async function agentOf(host: string, of = hub): Promise<Agent> {
  const { status, body } = await of.ask<Agent>('GET', `/api/v1/agents/${host}`);
  if (status !== 200) throw new Error(`${status} ${JSON.stringify(body)}`);
  return body;
}

async function createEnrolment(said: object = {}) {
  const body = { expires: Date.now() / 1_000 + 3_600, ...said };
  const answer = await hub.ask<{ id: number; token: string; used: number; state: string }>(
    'POST',
    '/api/v1/enrolments',
    body,
  );
  expect(answer.status).toBe(201);
  return answer.body;
}

async function auditOf(object: string): Promise<string[]> {
  const rows = await database.sql<{ text: string }[]>`
    select action || ' ' || result as text from audit where object = ${object} order by id`;
  return rows.map(({ text }) => text);
}

describe('an enrolment token', () => {
  test('lets so many agents in with its tags, is shown once and kept as its hash, and is refused when replayed', async () => {
    const { id, token } = await createEnrolment({ name: 'rack 7', tags: { env: 'prod' } });
    const { host, token: own, self, agent } = await enrolled(token);
    const { body: hosts } = await hub.ask<Record<string, { tags: object }>>('GET', '/api/v1/hosts');
    expect(hosts[host]!.tags).toEqual({ env: 'prod' });
    const { body: list } = await hub.ask<{ id: number; used: number; state: string; hosts: object[] }[]>(
      'GET',
      '/api/v1/enrolments',
    );
    expect(list.find((one) => one.id === id)).toMatchObject({
      name: 'rack 7',
      used: 1,
      uses: 1,
      state: 'used',
      hosts: [{ host }],
    });
    expect(JSON.stringify(list)).not.toContain(token);

    // By a stranger, and by its own agent, which has a token by now.
    agent.close();
    await agent.ended;
    for (const said of [newSelf(), self]) {
      const replay = connect(token);
      replay.greet(said).catch(() => undefined);
      expect(await replay.ended).toMatchObject({ code: 4401 });
    }
    await hub.ask('DELETE', `/api/v1/enrolments/${id}`);
    expect(await connect(token).ended).toEqual({ status: 401 });

    // S4: neither secret is in the database, nor in what the hub has said.
    const dump = await database.sql<{ text: string }[]>`
      select to_jsonb(t)::text as text from token t union all select to_jsonb(e)::text from enrolment e
      union all select to_jsonb(a)::text from audit a union all select to_jsonb(h)::text from host h`;
    for (const secret of [token, own]) {
      expect(dump.map(({ text }) => text).join('\n')).not.toContain(secret);
      expect(hub.text).not.toContain(secret);
    }
    expect(dump.map(({ text }) => text).join('\n')).toContain(createHash('sha256').update(own).digest('hex'));
    await expect.poll(() => auditOf('rack 7')).toEqual(['enrolment.created done', 'enrolment.revoked done']);
    await expect.poll(() => auditOf(self.hostName)).toEqual(['agent.enrolled done', 'agent.enrolled refused']);
  });

  test.each([
    [{ expires: 1 }, /expires: a time within a year/],
    [{ expires: Date.now() / 1_000 + 400 * 86_400 }, /expires: a time within a year/],
    [{ uses: 0 }, /uses/],
    [{ uses: 1.5 }, /uses/],
    [{ tags: { 'a-b': 'x' } }, /tags: names of letters/],
    [{ tags: { a: 'x\u0000' } }, /control characters/],
    [{ token: 'mine' }, /token/],
  ])('is not made of %j', async (said, why) => {
    const body = { expires: Date.now() / 1_000 + 3_600, ...said };
    const answer = await hub.ask<{ error: string }>('POST', '/api/v1/enrolments', body);
    expect([answer.status, answer.body.error]).toEqual([400, expect.stringMatching(why)]);
  });
});

test('a rotation under load loses no tick, and the old token is void once the new one was used', async () => {
  const { self, agent, token, host } = await enrolled();
  const layout = gauges(['a']);
  const epoch = someId('9');
  await agent.send({ kind: 'stream', streams: [offerOf(epoch)] });
  const welcome = await agent.next('welcome', ({ streams }) => streams?.some((one) => one.epoch === epoch) === true);
  const { ordinal } = welcome.streams!.find((one) => one.epoch === epoch)!;
  await agent.sendTicks(ordinal, layout, { first: 1, last: 300 });
  expect((await hub.ask('POST', `/api/v1/agents/${host}/rotate`)).status).toBe(200);
  await agent.sendTicks(ordinal, layout, { first: 301, last: 600 });
  const identity = await agent.next('identity');
  await agent.sendTicks(ordinal, layout, { first: 601, last: 900 });
  const tokenId = createHash('sha256').update(identity.token).digest('hex').slice(0, 16);
  await agent.send({ kind: 'identityKept', tokenId });
  await agent.sendTicks(ordinal, layout, { first: 901, last: 1_200 });
  await agent.next('ack', (ack) => ack.ordinal === ordinal && ack.storedSeq === 1_200);
  await expect.poll(async () => (await agentOf(host)).rotation).toBeNull();
  const [stream] = await database.sql`
    select s.stored_seq::int as stored, s.gap_ticks::int as gaps, (select sum(b.ticks)::int from batch b where b.stream = s.id) as ticks
    from stream s where s.epoch = ${Buffer.from(epoch, 'hex')}`;
  expect(stream).toEqual({ stored: 1_200, gaps: 0, ticks: 1_200 });

  // Both are good, the old one for an hour; the link is the same.
  expect((await agentOf(host)).tokens).toMatchObject([{ is_old: false }, { is_old: true }]);
  agent.close();
  await agent.ended;
  const old = connect(token);
  await old.greet(self);
  old.close();
  await old.ended;
  const next = connect(identity.token);
  await next.greet(self);
  expect((await agentOf(host)).tokens).toMatchObject([{ is_old: false, used: expect.any(Number) }]);
  for (const url of [hub.url, second.url]) expect(await connect(token, url).ended).toEqual({ status: 401 });
  await expect.poll(() => auditOf(host)).toContain('agent.rotated done');
});

test('a rotation of an agent that is away waits for it', async () => {
  const { self, agent, token, host } = await enrolled();
  agent.close();
  await agent.ended;
  await hub.ask('POST', `/api/v1/agents/${host}/rotate`);
  expect((await agentOf(host)).rotation).not.toBeNull();
  const back = connect(token, second.url);
  await back.greet(self);
  expect((await back.next('identity')).agentId).toBe(self.agentId);
});

describe('a revocation', () => {
  test.each([
    ['this hub', () => hub],
    ['another hub on the database', () => second],
  ])('closes the link to %s within a second, and is kept through a restart', async (_, where) => {
    const { self, agent, token, host } = await enrolled();
    agent.close();
    await agent.ended;
    const link = connect(token, where().url);
    await link.greet(self);
    const answered = await hub.ask<Agent>('POST', `/api/v1/agents/${host}/revoke`);
    const answeredMs = performance.now();
    expect([answered.status, answered.body.is_revoked]).toEqual([200, true]);
    expect(await link.ended).toMatchObject({ code: 4403 });
    // Machines that are busy with something else may take their time.
    expect(performance.now() - answeredMs).toBeLessThan(where() === hub ? 1_000 : 5_000);
    for (const url of [hub.url, second.url]) expect(await connect(token, url).ended).toEqual({ status: 403 });
    // Not by the key either; and it says so.
    const again = connect(enrolmentKey);
    again.greet(self).catch(() => undefined);
    expect(await again.ended).toMatchObject({ code: 4403 });
    expect((await agentOf(host)).refused?.why).toContain('revoked');
    expect((await hub.ask('POST', `/api/v1/agents/${host}/rotate`)).status).toBe(409);

    await hub.ask('POST', `/api/v1/agents/${host}/allow`);
    const back = connect(enrolmentKey);
    expect(await back.greet(self)).toMatchObject({ hostName: host, token: expect.any(String) });
    await expect
      .poll(() => auditOf(host))
      .toEqual(expect.arrayContaining(['agent.revoked done', 'agent.refused refused', 'agent.allowed done']));
  });

  test('survives a restart of the hub', async () => {
    const { agent, token, host } = await enrolled();
    await second.ask('POST', `/api/v1/agents/${host}/revoke`);
    await agent.ended;
    await second.stop('SIGKILL');
    second = await startHub({ bundle, databaseUrl: gate.url });
    await second.answers();
    expect(await connect(token, second.url).ended).toEqual({ status: 403 });
  });
});

test('a copied machine is sent away with an alarm, split by an admin, and drains under an id of its own', async () => {
  const { self, agent, token, host } = await enrolled();
  const layout = gauges(['a']);
  // What both have in their spools, and what the copy has measured since.
  const copied = { ...self, bootId: someId('7'), streams: [offerOf('5'.repeat(32), 31)] };
  const refused = connect(token);
  await refused.send(helloOf(copied));
  expect(await refused.ended).toMatchObject({ code: 4409 });
  await expect
    .poll(async () => (await agentOf(host)).clone)
    .toMatchObject({ address: '127.0.0.1', is_split_ordered: false });
  expect((await agentOf(host)).refused?.why).toContain('another machine');

  expect((await hub.ask<Agent>('POST', `/api/v1/agents/${host}/split`)).body.clone?.is_split_ordered).toBe(true);
  const copy = connect(token);
  await copy.send(helloOf(copied));
  const identity = await copy.next('identity');
  expect(identity.agentId).not.toBe(self.agentId);
  await copy.send({
    kind: 'identityKept',
    tokenId: createHash('sha256').update(identity.token).digest('hex').slice(0, 16),
  });
  expect(await copy.ended).toMatchObject({ code: 1012 });

  const own = connect(identity.token);
  const welcome = await own.greet({ ...copied, agentId: identity.agentId });
  expect(welcome.hostName).toBe(`${host}-2`);
  await own.sendTicks(welcome.streams![0]!.ordinal, layout, { first: 1, last: 30 });
  await own.next('ack', ({ storedSeq }) => storedSeq === 30);
  const rows = await database.sql`
    select h.name, sum(b.ticks)::int as ticks from batch b join host h on h.id = b.host where h.name like ${`${host}%`} group by h.name`;
  expect(rows).toEqual([{ name: `${host}-2`, ticks: 30 }]);
  // The first one never noticed.
  await agent.sendTicks(1, layout, { first: 1, last: 1 });
  await agent.next('ack');
  expect(await agentOf(host)).toMatchObject({ clone: null, is_connected: true, refused: null });
  await expect
    .poll(() => auditOf(host))
    .toEqual(expect.arrayContaining(['agent.duplicated refused', 'agent.split done']));
});

describe('strangers', () => {
  test('get nowhere with a token that is none, and the hub goes on', async () => {
    const { token } = await enrolled();
    const headers = [
      token.toUpperCase(),
      `${token} `.repeat(2).trim(),
      `${token}x`,
      token.slice(0, -1),
      ` ${token.slice(0, 10)} ${token.slice(10)}`,
      'x'.repeat(600),
    ];
    for (const header of headers) expect(await connect(header).ended).toEqual({ status: 401 });
    expect(await connect(null).ended).toEqual({ status: 401 });
    // More than the hub reads of a head: it closes.
    const huge = connect('x'.repeat(1_000_000));
    await expect(Promise.race([huge.ended, huge.next('welcome')])).resolves.not.toMatchObject({ kind: 'welcome' });
    expect((await hub.ask('GET', '/api/v1/enrolments')).status).toBe(200);
  });

  test('with the token of one agent under the id of another are closed with 4401, which is written down', async () => {
    const { token, host } = await enrolled();
    const thief = connect(token);
    thief.greet(newSelf()).catch(() => undefined);
    expect(await thief.ended).toMatchObject({ code: 4401 });
    expect((await agentOf(host)).refused?.why).toContain('belongs to another agent');
    await expect.poll(() => auditOf(host)).toContain('agent.refused refused');
  });

  test('tokens of agents open no page and no dashboard, and what opens those is no agent', async () => {
    const { token } = await enrolled();
    const { token: enrolment } = await createEnrolment();
    for (const secret of [token, enrolment, enrolmentKey]) {
      const headers = { authorization: `Bearer ${secret}` };
      for (const path of ['/api/v1/hosts', '/api/v1/agents', '/fetch/hosts'])
        expect((await fetch(hub.url + path, { headers })).status).toBe(401);
      const socket = new WebSocket(`${hub.url.replace('http', 'ws')}/live`, viewerSubprotocol, {
        headers: { ...headers, origin: hub.url },
      });
      expect(await refusalOf(socket)).toBe(401);
    }
    const operator = operatorHeaders.authorization.replace('Bearer ', '');
    expect(await connect(operator).ended).toEqual({ status: 401 });
    const cookies = { cookie: `pulsewire=${operator}; __Host-pulsewire=${operator}` };
    expect(await connect(null, hub.url, cookies).ended).toEqual({ status: 401 });
    const page = new WebSocket(`${hub.url.replace('http', 'ws')}/agent`, agentSubprotocol, {
      headers: { authorization: `Bearer ${token}`, origin: hub.url },
    });
    expect(await refusalOf(page)).toBe(403);
  });

  test.each([
    ['POST', '/api/v1/agents/nobody/revoke', 404],
    ['POST', '/api/v1/agents/nobody', 404],
    ['POST', '/api/v1/agents/', 404],
    ['POST', '/api/v1/agents/a/b/c', 404],
    ['POST', '/api/v1/agents/nobody/destroy', 404],
    ['GET', '/api/v1/agents/nobody', 404],
    ['GET', '/api/v1/agents/nobody/revoke', 405],
    ['GET', '/api/v1/agents?host=nobody', 404],
    ['DELETE', '/api/v1/enrolments/4711', 404],
    ['DELETE', '/api/v1/enrolments/1%20OR%201=1', 404],
    ['DELETE', '/api/v1/enrolments/', 404],
  ])('%s %s is answered by %i', async (method, path, status) => {
    expect((await hub.ask(method, path)).status).toBe(status);
  });
});

function refusalOf(socket: WebSocket): Promise<number> {
  return new Promise((settle) => {
    socket.on('unexpected-response', (_, response) => settle(response.statusCode ?? 0));
    socket.on('open', () => settle(101));
    socket.on('error', () => {});
  });
}
