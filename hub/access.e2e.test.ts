/** People, their sessions and API tokens at a running hub: from the printed link to a socket that is shut. */
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { setTimeout as delay } from 'node:timers/promises';
import { afterAll, afterEach, beforeAll, describe, expect, test } from 'vitest';
import { makeSecret } from './access/accounts/secrets.ts';
import { BrowserSession } from './testing/browser-session.ts';
import { createTestDatabase, type TestDatabase } from './testing/database.ts';
import {
  buildHub,
  DatabaseGate,
  type HubBundle,
  type HubProcess,
  operatorKey,
  startHub,
} from './testing/hub-process.ts';

let bundle: HubBundle;
let database: TestDatabase & { drop(): Promise<void> };
let gate: DatabaseGate;
let hub: HubProcess;
/** Another one on the same database. */
let second: HubProcess;
let admin: BrowserSession;
const passwords = { ann: 'correct horse battery staple', bob: 'Tr0ub4dor & three more words' };
/** Everything that must stand in no log and no database as it is. */
const secrets: string[] = Object.values(passwords);

beforeAll(async () => {
  bundle = await buildHub();
  database = await createTestDatabase();
  gate = new DatabaseGate(database.connection);
  await gate.open();
  hub = await startHub({ bundle, databaseUrl: gate.url });
  await hub.answers();
  admin = new BrowserSession(hub.url);
});

/** Whom a test that failed has left behind. */
afterEach(async () => {
  await database.sql`delete from person where name = 'Carl'`;
});

afterAll(async () => {
  for (const one of [hub, second]) if (one?.isRunning) await one.stop('SIGKILL');
  await gate.close();
  await database.drop();
  bundle.remove();
});

/** A browser in which this person signs in. */
async function signedIn(name: string, password: string): Promise<BrowserSession> {
  const browser = new BrowserSession(hub.url);
  expect(await browser.signIn(name, password)).toMatchObject({ status: 200 });
  secrets.push(browser.cookie.split('=')[1]!);
  return browser;
}

/** Somebody new with a password that the hub has made. */
async function addPerson(name: string, role: string): Promise<{ id: number; password: string }> {
  const answer = await admin.ask<{ id: number; password: string }>('POST', '/api/v1/people', { name, role });
  expect(answer.status).toBe(201);
  secrets.push(answer.body.password);
  return answer.body;
}

/** Somebody new who is signed in already: checking a password takes a while, and this says nothing about passwords. */
async function addSignedIn(name: string, role: string): Promise<{ id: number; browser: BrowserSession }> {
  const id = await addRow(name, role);
  return { id, browser: await addSession(id) };
}

async function addRow(name: string, role: string): Promise<number> {
  const [person] = await database.sql<{ id: number }[]>`
    insert into person (name, name_key, role, password_hash) values (${name}, ${name.toLowerCase()}, ${role}, 'none') returning id`;
  return person!.id;
}

async function addSession(personId: number, at = hub): Promise<BrowserSession> {
  const { secret, hash } = makeSecret();
  await database.sql`
    insert into session (hash, person, expires_at) values (${Buffer.from(hash, 'hex')}, ${personId}, now() + interval '1 day')`;
  const browser = new BrowserSession(at.url);
  browser.cookie = `pulsewire=${secret}`;
  expect((await browser.ask('GET', '/api/v1/session')).body).toMatchObject({ actor: { kind: 'person' } });
  secrets.push(secret);
  return browser;
}

async function setupCode(of: HubProcess): Promise<string> {
  await expect.poll(() => of.text).toContain('/setup#code=');
  return /\/setup#code=([\w-]+)/.exec(of.text)![1]!;
}

describe('the first admin', () => {
  test('there is no default account: whoever is not signed in may see nothing', async () => {
    const stranger = new BrowserSession(hub.url);
    expect((await stranger.ask('GET', '/api/v1/session')).body).toEqual({
      actor: { kind: 'anonymous', name: '', role: null },
      csrf: null,
      setup: 'wanted',
      can_read: false,
      warnings: expect.any(Array),
    });
    for (const [name, password] of [
      ['admin', 'admin'],
      ['operator', 'pulsewire'],
      ['', ' '],
    ] as const)
      expect((await stranger.signIn(name, password)).status).toBe(401);
    for (const path of ['/api/v1/hosts', '/fetch/latest', '/metrics', '/api/v1/openapi.json', '/api/v1/people'])
      expect((await stranger.ask('GET', path)).status).toBe(401);
    await expect(stranger.watch()).rejects.toThrow('got 401');
    expect((await stranger.ask('GET', '/dashboard')).status).toBe(200);
    expect((await stranger.ask('GET', '/healthz')).status).toBe(200);
  });

  test('of many who hold the printed code one becomes it, and the code is void', async () => {
    const code = await setupCode(hub);
    const wrong = await new BrowserSession(hub.url).ask('POST', '/api/v1/setup', {
      ...{ code: 'AAAAAAAAAAAAAAAAAAAAAA', name: 'Eve', password: passwords.ann },
    });
    expect(wrong.status).toBe(403);
    const weak = await admin.ask('POST', '/api/v1/setup', { code, name: 'Ann', password: 'short' });
    expect(weak).toMatchObject({ status: 400, body: { error: expect.stringContaining('12 to 1,024 bytes') } });

    const names = ['Ann', 'Eve', 'Mallory'];
    const browsers = names.map(() => new BrowserSession(hub.url));
    const answers = await Promise.all(
      browsers.map((browser, index) =>
        browser.ask('POST', '/api/v1/setup', { code, name: names[index], password: passwords.ann }),
      ),
    );
    expect(answers.map(({ status }) => status).sort()).toEqual([201, 409, 409]);
    const at = answers.findIndex(({ status }) => status === 201);
    admin = browsers[at]!;
    secrets.push(admin.cookie.split('=')[1]!);
    const { headers, body } = answers[at]!;
    expect(headers.get('set-cookie')).toMatch(
      /^pulsewire=[\w-]{43}; Path=\/; HttpOnly; SameSite=Strict; Max-Age=2592000$/,
    );
    expect(body).toMatchObject({ actor: { kind: 'person', role: 'admin' }, setup: 'done', can_read: true });
    expect((await admin.ask('POST', '/api/v1/setup', { code, name: 'Zoe', password: passwords.ann })).status).toBe(409);
    expect((await admin.ask<unknown[]>('GET', '/api/v1/people')).body).toHaveLength(1);

    second = await startHub({ bundle, databaseUrl: gate.url });
    await second.answers();
    await expect.poll(() => second.text).toContain(`Pulsewire is at http://127.0.0.1:${second.port}/dashboard`);
    expect(second.text).not.toContain('/setup');
  });
});

describe('a session', () => {
  test('changes nothing without what the hub has told its own page', async () => {
    const page = admin.copy();
    page.csrf = null;
    const body = { name: 'Carl', role: 'viewer' };
    const refused = await page.ask('POST', '/api/v1/people', body);
    expect(refused).toMatchObject({ status: 403, body: { error: expect.stringContaining('x-csrf-token') } });
    expect((await page.ask('POST', '/api/v1/people', body, { 'x-csrf-token': 'x' })).status).toBe(403);
    const other = await addSignedIn('Dora', 'viewer');
    const { csrf } = other.browser;
    expect((await page.ask('POST', '/api/v1/people', body, { 'x-csrf-token': csrf! })).status).toBe(403);
    for (const headers of [{ origin: 'http://evil.example' }, { 'sec-fetch-site': 'cross-site' }])
      expect((await admin.ask('POST', '/api/v1/people', body, headers)).status).toBe(403);
    expect((await admin.ask('DELETE', `/api/v1/people/${other.id}`)).status).toBe(200);
  });

  test('gets another id at each sign-in, and the one before it in that browser ends', async () => {
    const { id, password } = await addPerson('Carl', 'viewer');
    const browser = await signedIn('carl ', password);
    const before = browser.copy();
    expect((await browser.signIn('CARL', password)).status).toBe(200);
    expect(browser.cookie).not.toBe(before.cookie);
    expect((await before.ask('GET', '/api/v1/hosts')).status).toBe(401);
    const fixed = new BrowserSession(hub.url);
    fixed.cookie = `pulsewire=${'A'.repeat(43)}`;
    await fixed.signIn('Carl', password);
    expect(fixed.cookie).not.toContain('AAAA');
    expect((await admin.ask('DELETE', `/api/v1/people/${id}`)).status).toBe(200);
    expect((await fixed.ask('GET', '/api/v1/hosts')).status).toBe(401);
  });

  test('shows its own others, ends them, and knows of nobody else', async () => {
    const { id, browser: here } = await addSignedIn('Carl', 'viewer');
    const there = await addSession(id, second);
    type Listed = { id: number; is_current: boolean; address: string }[];
    const sessions = (await here.ask<Listed>('GET', '/api/v1/session/others')).body;
    expect(sessions.map(({ is_current }) => is_current).sort()).toEqual([false, true]);
    const foreign = (await admin.ask<Listed>('GET', '/api/v1/session/others')).body[0]!;
    const path = '/api/v1/session/others/';
    for (const name of [foreign.id, 987_654_321, 0, '', 'x', '1/2', '9'.repeat(1_000), '1%20or%201=1', '../1'])
      expect([name, (await here.ask('DELETE', path + name)).status]).toEqual([name, 404]);
    const watching = await there.watch();
    const other = sessions.find(({ is_current }) => !is_current)!;
    expect((await here.ask('DELETE', path + other.id)).status).toBe(200);
    expect(await watching.closed).toMatchObject({ code: 4401 });
    expect((await admin.ask('GET', '/api/v1/hosts')).status).toBe(200);
    await admin.ask('DELETE', `/api/v1/people/${id}`);
  });
});

/** What ends a session, or changes what it may do: each is seen at once here, and within a second at the other hub. */
describe('sockets of viewers', () => {
  const changes: readonly (readonly [
    string,
    (person: { id: number; browser: BrowserSession; password: string }) => Promise<unknown>,
  ])[] = [
    ['signing out', ({ browser }) => browser.ask('DELETE', '/api/v1/session')],
    [
      'another password of their own',
      ({ browser, password }) =>
        browser.ask('POST', '/api/v1/session/password', { old: password, new: `${password} and more` }),
    ],
    ['another password by an admin', ({ id }) => admin.ask('PATCH', `/api/v1/people/${id}`, { password: null })],
    ['another role', ({ id }) => admin.ask('PATCH', `/api/v1/people/${id}`, { role: 'viewer' })],
    ['being disabled', ({ id }) => admin.ask('PATCH', `/api/v1/people/${id}`, { is_disabled: true })],
    ['being removed', ({ id }) => admin.ask('DELETE', `/api/v1/people/${id}`)],
  ];

  test.each(changes)('close within a second on %s, at every hub', async (name, change) => {
    const isOwn = name === 'another password of their own';
    const made = isOwn ? await addPerson('Carl', 'editor') : { id: await addRow('Carl', 'editor'), password: '' };
    const { id, password } = made;
    const browser = await addSession(id);
    const sockets = await Promise.all([browser, browser.copy(second.url)].map((page) => page.watch()));
    const others = await Promise.all([admin, admin.copy(second.url)].map((page) => page.watch()));
    const closings = sockets.map(async ({ closed }) => ({ ...(await closed), atMs: performance.now() }));
    const answer = (await change({ id, password, browser })) as { status: number };
    const doneMs = performance.now();
    expect(answer.status).toBe(200);
    for (const { code, atMs } of await Promise.all(closings)) {
      expect(code).toBe(4401);
      // A second, and what a machine that is busy with other tests takes on top.
      expect(atMs - doneMs).toBeLessThan(10_000);
    }
    expect(others.map(({ isOpen }) => isOpen)).toEqual([true, true]);
    for (const { socket } of others) socket.terminate();
    if (name !== 'being removed') await admin.ask('DELETE', `/api/v1/people/${id}`);
  });

  test("a message that is no viewer's to send closes the socket that sent it, and no other", async () => {
    const { id, browser: carl } = await addSignedIn('Carl', 'viewer');
    const bystander = await carl.watch();
    const { encodeMessage } = await import('#core/codec.ts');
    const hostsNamed = (count: number) =>
      encodeMessage({ kind: 'subscribe', hostIds: Array<number>(count).fill(1), windowMs: 3e5 });
    const hostile: readonly (readonly [string, Uint8Array, readonly number[]])[] = [
      ["an agent's message", encodeMessage({ kind: 'bye' }), [1007]],
      ["a hub's own message", encodeMessage({ kind: 'notes' }), [1007]],
      ['a kind that nobody knows', Uint8Array.of(0x91, 0x7f), [1007]],
      ['a million hosts', new Uint8Array(1_000_000), [1006, 1009]],
      // 5,000 one-byte ids: below the bytes of a message, beyond its elements.
      ['thousands of hosts', Uint8Array.of(0x93, 0x20, 0xdc, 0x13, 0x88, ...Array(5_000).fill(7), 0), [1007]],
      ['more hosts than a list may name', hostsNamed(1_001), [1007]],
    ];
    for (const [name, bytes, codes] of hostile) {
      const socket = await carl.watch();
      socket.socket.send(bytes);
      const { code } = await socket.closed;
      expect([name, codes.includes(code) || code]).toEqual([name, true]);
    }
    const unknown = await carl.watch();
    unknown.socket.send(encodeMessage({ kind: 'subscribe', hostIds: [4_000_000, 0, 2 ** 31 - 1], windowMs: 1_000 }));
    unknown.socket.send(encodeMessage({ kind: 'unsubscribe', hostIds: [4_000_000] }));
    unknown.socket.send(encodeMessage({ kind: 'subscribe', hostIds: [], windowMs: 1_000 }));
    unknown.socket.send(hostsNamed(1_000));
    unknown.socket.ping();
    await new Promise((resolve) => unknown.socket.once('pong', resolve));
    expect([unknown.isOpen, bystander.isOpen]).toEqual([true, true]);
    await admin.ask('DELETE', `/api/v1/people/${id}`);
    expect(await bystander.closed).toMatchObject({ code: 4401 });
  });
});

test('lists that nobody needs are refused, and others are answered meanwhile', async () => {
  const { id, browser: carl } = await addSignedIn('Carl', 'editor');
  const bystander = await carl.watch();
  const names = (count: number) => Array.from({ length: count }, (_, index) => `h${index}`);
  const hosts = (count: number) => ({ hosts: names(count), series: ['load1'] });
  const asked = [
    carl.ask('POST', '/api/v1/query', hosts(100_000)),
    carl.ask('POST', '/api/v1/query', hosts(20_000)),
    carl.ask('POST', '/api/v1/query', hosts(101)),
    carl.ask('POST', '/api/v1/query', hosts(0)),
    carl.ask('POST', '/api/v1/query', hosts(1)),
    carl.ask('POST', '/api/v1/rules', { metric: names(20_000), condition: 'above', threshold: 1 }),
    carl.ask('POST', '/metrics', { hostname: 'web', client_id: 'c', metrics: { ...names(50_000) } }),
    carl.ask('GET', `/api/v1/latest?${'series=a&'.repeat(65)}`),
    carl.ask('GET', '/api/v1/hosts'),
  ];
  const answers = (await Promise.all(asked)).map(({ status, body }) => `${status} ${body['error'] ?? ''}`);
  expect(answers).toEqual([
    expect.stringMatching(/^413 /),
    expect.stringMatching(/^400 .*hosts: at most 10000 members/),
    expect.stringMatching(/^400 .*hosts: /),
    expect.stringMatching(/^400 .*hosts: /),
    expect.stringMatching(/^404 .*h0/),
    expect.stringMatching(/^400 .*metric: at most 10000 members/),
    expect.stringMatching(/^400 .*metrics: at most 10000 members/),
    expect.stringMatching(/^400 .*series: at most 64/),
    '200 ',
  ]);
  expect(bystander.isOpen).toBe(true);
  await admin.ask('DELETE', `/api/v1/people/${id}`);
});

describe('people', () => {
  test('keep an admin, whoever asks for what', async () => {
    const people = (await admin.ask<{ id: number; name: string }[]>('GET', '/api/v1/people')).body;
    const path = `/api/v1/people/${people[0]!.id}`;
    for (const [method, body] of [
      ['PATCH', { role: 'editor' }],
      ['PATCH', { is_disabled: true }],
      ['DELETE', null],
    ] as const)
      expect((await admin.ask(method, path, body)).status).toBe(409);
    expect((await admin.ask('PATCH', path, { password: 'another long password' })).status).toBe(403);

    // Two admins who remove each other at once leave one.
    const { id, browser: bob } = await addSignedIn('Bob', 'admin');
    const answers = await Promise.all([
      admin.ask('PATCH', `/api/v1/people/${id}`, { role: 'viewer' }),
      bob.ask('PATCH', path, { role: 'viewer' }),
    ]);
    expect(answers.map(({ status }) => status).filter((status) => status === 200)).toHaveLength(1);
    const rows = await database.sql`select name from person where role = 'admin' and not is_disabled`;
    expect(rows).toHaveLength(1);
    await database.sql`update person set role = 'admin' where name_key <> 'bob'`;
    await database.sql`delete from person where name_key = 'bob'`;
    await expect.poll(async () => (await admin.ask('GET', '/api/v1/people')).status).toBe(200);
  });

  test('are refused what is empty, unknown, taken, or not asked for', async () => {
    const path = '/api/v1/people';
    const good = { name: 'Carl', role: 'viewer', password: 'a good long password' };
    for (const [body, status] of [
      [{ ...good, name: '' }, 400],
      [{ ...good, name: ' \t ' }, 400],
      [{ ...good, name: 'a\nb' }, 400],
      [{ ...good, name: 'x'.repeat(101) }, 400],
      [{ ...good, name: 'Operator' }, 400],
      [{ ...good, role: 'root' }, 400],
      [{ ...good, password: 'short' }, 400],
      [{ ...good, password: 'x'.repeat(1_025) }, 400],
      [{ ...good, password: 'aaaaaaaaaaaaaaaa' }, 400],
      [{ ...good, id: 1 }, 400],
      ['{"name":"Carl","role":"viewer","__proto__":{}}', 400],
      [{ ...good, password: 'x'.repeat(1_000_000) }, 413],
      [{ ...good, name: 'ANN' }, 409],
    ] as const) {
      const sent = typeof body === 'string' || body.name !== 'ANN' ? body : { ...body, name: await firstName() };
      expect([body, (await admin.ask('POST', path, sent)).status]).toEqual([body, status]);
    }
    for (const id of ['', '0', '-1', 'x', '1x', '4000000000', '9'.repeat(2_000), '1,2', '%00'])
      expect([id, (await admin.ask('DELETE', `${path}/${id}`)).status]).toEqual([id, 404]);
    expect((await admin.ask('PATCH', `${path}/999999`, { role: 'viewer' })).status).toBe(404);
    expect((await admin.ask('PATCH', `${path}/1`, {})).status).toBe(400);
  });

  async function firstName(): Promise<string> {
    const people = (await admin.ask<{ name: string }[]>('GET', '/api/v1/people')).body;
    return people[0]!.name.toUpperCase();
  }
});

describe('an API token', () => {
  test('is shown once, does what its scope says, and nothing after it was revoked', async () => {
    type Made = { id: number; token: string };
    const made = await admin.ask<Made>('POST', '/api/v1/tokens', { name: 'ci', scope: 'read' });
    expect(made).toMatchObject({ status: 201, body: { token: expect.stringMatching(/^pw_[\w-]{43}$/), used: null } });
    secrets.push(made.body.token);
    expect((await admin.ask('POST', '/api/v1/tokens', { name: 'ci', scope: 'read' })).status).toBe(409);
    expect((await admin.ask('POST', '/api/v1/tokens', { name: 'old', scope: 'read', expires: 1 })).status).toBe(400);
    const list = await admin.ask('GET', '/api/v1/tokens');
    expect(JSON.stringify(list.body)).not.toContain(made.body.token);

    const robot = new BrowserSession(hub.url);
    const bearer = { authorization: `Bearer ${made.body.token}` };
    expect((await robot.ask('GET', '/api/v1/session', null, bearer)).body).toMatchObject({
      ...{ actor: { kind: 'token', name: 'ci', role: 'viewer' }, csrf: null, can_read: true },
    });
    expect((await robot.ask('GET', '/api/v1/hosts', null, bearer)).status).toBe(200);
    expect((await robot.ask('POST', '/api/v1/people', { name: 'x', role: 'admin' }, bearer)).status).toBe(403);
    expect((await robot.ask('GET', '/api/v1/session/others', null, bearer)).status).toBe(403);
    // Known at once at the other hub, too.
    expect((await new BrowserSession(second.url).ask('GET', '/api/v1/hosts', null, bearer)).status).toBe(200);
    for (const wrong of [`${made.body.token}x`, made.body.token.toUpperCase(), 'pw_', 'x'.repeat(512)])
      expect((await robot.ask('GET', '/api/v1/hosts', null, { authorization: `Bearer ${wrong}` })).status).toBe(401);

    expect((await admin.ask('DELETE', `/api/v1/tokens/${made.body.id}`)).status).toBe(200);
    expect((await admin.ask('DELETE', `/api/v1/tokens/${made.body.id}`)).status).toBe(404);
    expect((await robot.ask('GET', '/api/v1/hosts', null, bearer)).status).toBe(401);
  });

  test('makes no token that lasts longer than itself, and is not called as the hub is', async () => {
    const path = '/api/v1/tokens';
    const end = Math.ceil(Date.now() / 1_000) + 3_600.25;
    const made = await admin.ask<{ id: number; token: string; expires: number }>('POST', path, {
      ...{ name: 'an hour', scope: 'admin', expires: end },
    });
    secrets.push(made.body.token);
    const bearer = { authorization: `Bearer ${made.body.token}` };
    const robot = new BrowserSession(hub.url);
    const make = async (name: string, expires: number | null) => {
      const answer = await robot.ask<{ token?: string }>('POST', path, { name, scope: 'read', expires }, bearer);
      if (answer.body.token !== undefined) secrets.push(answer.body.token);
      return answer.status;
    };
    expect(await make('for ever', null)).toBe(403);
    expect(await make('longer', end + 1)).toBe(403);
    expect(await make('Operator', end)).toBe(400);
    expect(await make('as long', made.body.expires)).toBe(201);
    const rows = await database.sql<{ id: number }[]>`select id from api_token where name in ('an hour', 'as long')`;
    expect(rows).toHaveLength(2);
    for (const { id } of rows) expect((await admin.ask('DELETE', `${path}/${id}`)).status).toBe(200);
  });

  test('of one client registers, reads and pushes as that one alone', async () => {
    const path = '/api/v1/tokens';
    type Made = { id: number; token: string };
    const wanted = { name: 'of backup', scope: 'push', client: 'backup' };
    expect((await admin.ask('POST', path, { ...wanted, scope: 'read' })).status).toBe(400);
    const made = await admin.ask<Made>('POST', path, wanted);
    expect(made).toMatchObject({ status: 201, body: { scope: 'push', client: 'backup' } });
    secrets.push(made.body.token);
    const bearer = { authorization: `Bearer ${made.body.token}` };
    const robot = new BrowserSession(hub.url);
    await admin.ask('POST', '/client_config', { client_id: 'shop', config: { every: 5 }, tags: {} });
    const statuses = async (client_id: string) => [
      (await robot.ask('POST', '/client_config', { client_id, config: {}, tags: {} }, bearer)).status,
      (await robot.ask('GET', `/client_config?client_id=${client_id}`, null, bearer)).status,
      (await robot.ask('POST', '/metrics', { hostname: 'backup', client_id, metrics: { a: 1 } }, bearer)).status,
    ];
    expect(await statuses('backup')).toEqual([200, 200, 200]);
    expect(await statuses('shop')).toEqual([403, 403, 403]);
    expect(await statuses('nobody')).toEqual([403, 403, 403]);
    // At another hub as well.
    const there = new BrowserSession(second.url);
    expect((await there.ask('GET', '/client_config?client_id=shop', null, bearer)).status).toBe(403);
    expect((await admin.ask('GET', '/client_config?client_id=shop')).body).toMatchObject({ config: { every: 5 } });
    for (const id of ['shop', 'backup']) expect((await admin.ask('DELETE', `/api/v1/clients/${id}`)).status).toBe(200);
    expect((await admin.ask('DELETE', `${path}/${made.body.id}`)).status).toBe(200);
    await admin.ask('POST', '/remove_host', { hostname: 'backup' });
  });

  test('can do no more than whoever made it, and goes with them', async () => {
    const { id, browser: bob } = await addSignedIn('Bob', 'admin');
    const made = await bob.ask<{ token: string }>('POST', '/api/v1/tokens', { name: 'of bob', scope: 'admin' });
    const bearer = { authorization: `Bearer ${made.body.token}` };
    secrets.push(made.body.token);
    const robot = new BrowserSession(hub.url);
    const people = async () => (await robot.ask('GET', '/api/v1/people', null, bearer)).status;
    const hosts = async () => (await robot.ask('GET', '/api/v1/hosts', null, bearer)).status;
    expect(await people()).toBe(200);
    await admin.ask('PATCH', `/api/v1/people/${id}`, { role: 'viewer' });
    expect([await people(), await hosts()]).toEqual([403, 200]);
    await admin.ask('PATCH', `/api/v1/people/${id}`, { is_disabled: true });
    expect(await hosts()).toBe(401);
    await admin.ask('DELETE', `/api/v1/people/${id}`);
    expect(await database.sql`select from api_token where name = 'of bob'`).toHaveLength(0);
  });

  test('of an agent opens nothing here, and a cookie opens nothing to an agent', async () => {
    const answer = await fetch(`${hub.url}/agent`, {
      headers: { cookie: admin.cookie, 'sec-websocket-version': '13', 'sec-websocket-protocol': 'pulsewire.v1' },
    });
    expect([401, 426]).toContain(answer.status);
    await database.sql`insert into host (name, kind) values ('web', 'agent')`;
    await database.sql`insert into token (hash, host) select sha256('agents-own-token'), id from host where name = 'web'`;
    const bearer = { authorization: 'Bearer agents-own-token' };
    expect((await new BrowserSession(hub.url).ask('GET', '/api/v1/hosts', null, bearer)).status).toBe(401);
  });
});

describe('while the database is away', () => {
  test('whoever was signed in goes on looking, nobody else is let in, and nobody signs in', async () => {
    const { id, browser: carl } = await addSignedIn('Carl', 'viewer');
    const watching = await carl.watch();
    await gate.close();
    await expect.poll(async () => (await carl.signIn('Carl', 'whatever it is')).status).toBe(503);
    expect((await carl.ask('GET', '/api/v1/hosts')).status).toBe(200);
    const another = await carl.watch();
    expect([watching.isOpen, another.isOpen]).toEqual([true, true]);
    const stranger = new BrowserSession(hub.url);
    stranger.cookie = `pulsewire=${'B'.repeat(43)}`;
    expect((await stranger.ask('GET', '/api/v1/hosts')).status).toBe(503);
    expect((await stranger.ask('GET', '/dashboard')).status).toBe(200);
    expect((await stranger.ask('GET', '/api/v1/hosts', null, { authorization: 'Bearer pw_x' })).status).toBe(503);
    expect((await stranger.signIn('Carl', 'a wrong password')).status).toBe(503);
    expect((await admin.ask('POST', '/api/v1/people', { name: 'Zoe', role: 'viewer' })).status).toBe(503);
    expect((await carl.ask('DELETE', '/api/v1/session')).status).toBe(503);
    await gate.open();
    await expect.poll(async () => (await stranger.ask('GET', '/api/v1/hosts')).status).toBe(401);
    await expect.poll(async () => (await carl.ask('DELETE', '/api/v1/session')).status).toBe(200);
    expect(await watching.closed).toMatchObject({ code: 4401 });
    await admin.ask('DELETE', `/api/v1/people/${id}`);
  });
});

test('signing in while being removed leaves no session behind', async () => {
  for (let round = 0; round < 2; round += 1) {
    const { id, password } = await addPerson('Carl', 'viewer');
    const browsers = [new BrowserSession(hub.url)];
    const tries = browsers.map((browser) => browser.signIn('Carl', password));
    await delay(round * 150);
    expect((await admin.ask('DELETE', `/api/v1/people/${id}`)).status).toBe(200);
    await Promise.all(tries);
    for (const browser of browsers) expect((await browser.ask('GET', '/api/v1/hosts')).status).toBe(401);
  }
  expect(
    await database.sql`select from session s where not exists (select from person p where p.id = s.person)`,
  ).toEqual([]);
});

test("what somebody does stands under their own name, and nobody's else", async () => {
  const { id, browser } = await addSignedIn('Erin', 'editor');
  const note = { text: 'deployed', author: 'Mallory' };
  const made = await browser.ask<{ id: number }>('POST', '/api/v1/notes', note);
  expect(made).toMatchObject({ status: 201, body: { author: 'Erin' } });
  const edited = await admin.ask('PATCH', `/api/v1/notes/${made.body.id}`, { author: 'Mallory', text: 'undone' });
  expect(edited).toMatchObject({ status: 200, body: { author: 'Erin', text: 'undone' } });
  const silence = await browser.ask('POST', '/api/v1/silences', { rules: ['*'], duration: 60, author: 'Mallory' });
  expect(silence).toMatchObject({ status: 201, body: { author: 'Erin' } });
  const downtime = await browser.ask('POST', '/api/v1/downtimes', { hosts: {}, start: 2e9, end: 2e9 + 60 });
  expect(downtime).toMatchObject({ status: 201, body: { author: 'Erin' } });
  const byKey = await new BrowserSession(hub.url).ask('POST', '/api/v1/notes', note, {
    authorization: `Bearer ${operatorKey}`,
  });
  expect(byKey).toMatchObject({ status: 201, body: { author: 'Mallory' } });
  await admin.ask('DELETE', `/api/v1/people/${id}`);
});

test('the command line gives somebody who has lost it another password', async () => {
  const run = async (...args: string[]) => {
    const env = { ...process.env, PULSEWIRE_OPERATOR_KEY: operatorKey };
    const child = spawn(process.execPath, [bundle.program, 'person', ...args, '--config', hub.configFile], { env });
    let text = '';
    child.stderr.on('data', (part: Buffer) => {
      text += part.toString();
    });
    const [code] = (await once(child, 'close')) as [number];
    return { code, text };
  };
  const added = await run('add', 'Fay', '--role', 'editor');
  expect(added).toMatchObject({ code: 0, text: expect.stringContaining('Fay (editor) signs in with this password') });
  const changed = await run('password', 'fay');
  const password = /shown this once: (\S+)/.exec(changed.text)![1]!;
  secrets.push(password);
  await signedIn('Fay', password);
  expect((await run('list')).text).toMatch(/^Fay: editor, signed in last /m);
  expect(await run('password', 'Nobody')).toMatchObject({ code: 2, text: expect.stringContaining('"Nobody"') });
});

test('no secret stands in the database, in a log, or in what a scraper reads', async () => {
  const rows = await database.sql<{ text: string }[]>`
    select p::text as text from person p union all select s::text from session s union all select t::text from api_token t`;
  expect(rows.length).toBeGreaterThan(1);
  const { body } = await new BrowserSession(hub.url).ask<unknown>('GET', '/metrics', null, {
    authorization: `Bearer ${operatorKey}`,
  });
  const code = await setupCode(hub);
  const logs = [hub.text.replaceAll(`/setup#code=${code}`, ''), second.text];
  const everything = [...rows.map(({ text }) => text), String(body), ...logs].join('\n');
  expect(String(body)).toContain('pulsewire_hub_tries_limiter_keys{kind="address"}');
  for (const secret of [...secrets, operatorKey, code]) expect(everything).not.toContain(secret);
  const [person] = await database.sql<{ hash: string }[]>`select password_hash as hash from person limit 1`;
  expect(person!.hash).toMatch(/^scrypt\$17\$8\$1\$[\w-]{22}\$[\w-]{43}$/);
});
