/** The hub as a process: what a stranger may ask of it, and what becomes of data when it ends. */
import { chmodSync, mkdtempSync, rmSync } from 'node:fs';
import { type AddressInfo, connect as connectTcp, createServer } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as delay } from 'node:timers/promises';
import { afterAll, afterEach, beforeAll, describe, expect, test } from 'vitest';
import { WebSocket } from 'ws';
import { encodeMessage } from '#core/codec.ts';
import { type Message, viewerSubprotocol } from '#core/message.ts';
import { createTestDatabase, type TestDatabase } from './testing/database.ts';
import {
  buildHub,
  DatabaseGate,
  enrolmentKey,
  exchangeRaw,
  freePort,
  type HubBundle,
  type HubOptions,
  type HubProcess,
  operatorFetch,
  operatorHeaders,
  startHub,
} from './testing/hub-process.ts';
import { helloOf, offerOf, someId, TestAgent } from './testing/test-agent.ts';
import { column, gauges } from './testing/ticks.ts';

let bundle: HubBundle;
let database: TestDatabase & { drop(): Promise<void> };
let gate: DatabaseGate;
/** One hub for everything that a hub must survive. */
let hub: HubProcess;
const others: HubProcess[] = [];
const agents: TestAgent[] = [];

beforeAll(async () => {
  bundle = await buildHub();
  database = await createTestDatabase();
  gate = new DatabaseGate(database.connection);
  await gate.open();
  hub = await startHub({ bundle, databaseUrl: gate.url, settings: { allowedHosts: ['metrics.example.org'] } });
  await hub.answers();
});

afterEach(async () => {
  for (const agent of agents.splice(0)) agent.close();
  for (const other of others.splice(0)) if (other.isRunning) await other.stop('SIGKILL');
});

afterAll(async () => {
  if (hub?.isRunning) await hub.stop('SIGKILL');
  await gate?.close();
  await database?.drop();
  bundle?.remove();
});

async function start(options: Partial<HubOptions>): Promise<HubProcess> {
  const other = await startHub({ bundle, databaseUrl: gate.url, ...options });
  others.push(other);
  return other;
}

function agentOf(
  token: string | null,
  options: ConstructorParameters<typeof TestAgent>[2] & { readonly url?: string } = {},
): TestAgent {
  const agent = new TestAgent(options.url ?? hub.url, token, options);
  agents.push(agent);
  return agent;
}

/** Waits until a host shows these values. */
async function shows(other: HubProcess, host: string, metrics: Record<string, number>): Promise<void> {
  await expect
    .poll(async () => await (await operatorFetch(`${other.url}/fetch/latest?host=${host}`)).json())
    .toMatchObject({ [host]: { metrics } });
}

const seconds = () => Date.now() / 1_000;

async function push(
  body: unknown,
  headers: Record<string, string> = {},
): Promise<{ readonly status: number; readonly answer: unknown; readonly retryAfter: string | null }> {
  const answer = await operatorFetch(`${hub.url}/metrics`, {
    method: 'POST',
    headers: { 'content-type': 'application/json', ...headers },
    body: typeof body === 'string' ? body : JSON.stringify(body),
  });
  return { status: answer.status, answer: await answer.json(), retryAfter: answer.headers.get('retry-after') };
}

async function getJson(path: string): Promise<unknown> {
  const answer = await operatorFetch(hub.url + path);
  expect([path, answer.status]).toEqual([path, 200]);
  return await answer.json();
}

/** Status and headers of a request written by hand. */
async function raw(
  request: string,
): Promise<{ readonly status: number; readonly head: string; readonly body: string }> {
  const text = await exchangeRaw(hub.port, request, 400);
  const [head = '', ...body] = text.split('\r\n\r\n');
  return {
    status: Number(/^HTTP\/1\.1 (\d{3})/.exec(head)?.[1] ?? 0),
    head: head.toLowerCase(),
    body: body.join('\r\n\r\n'),
  };
}

const get = (path: string, headers: readonly string[] = ['Host: localhost']) =>
  `GET ${path} HTTP/1.1\r\n${headers.join('\r\n')}\r\nConnection: close\r\n\r\n`;

describe('REST', () => {
  test.each([
    ['/', 200, 'text/plain'],
    ['/dashboard', 200, 'text/html'],
    ['/dashboard/', 200, 'text/html'],
    ['/dashboard/assets/app-1a2b.js', 200, 'text/javascript'],
    ['/healthz', 200, 'application/json'],
    ['/metrics', 200, 'text/plain'],
    ['/fetch/latest', 200, 'application/json'],
    ['/fetch/latest?host=none&tag=a=b', 200, 'application/json'],
    ['/api/v1/latest', 200, 'application/json'],
    ['/fetch/hosts', 200, 'application/json'],
    ['/api/v1/hosts?tag=role', 200, 'application/json'],
    ['/api/v1/openapi.json', 200, 'application/json'],
    ['/fetch/history', 404, 'application/json'],
    ['/fetch/history/', 404, 'application/json'],
    ['/fetch/history/web', 404, 'application/json'],
    ['/fetch/history/nobody/load', 404, 'application/json'],
    ['/fetch/history/%ff/load', 400, 'application/json'],
    [`/fetch/latest?host=${'x'.repeat(300)}`, 400, 'application/json'],
    ['/nothing', 404, 'application/json'],
    ['/agent', 426, 'application/json'],
    ['/live', 426, 'application/json'],
    ['/dashboard/nothing.js', 404, 'application/json'],
  ])('GET %s is answered by %i', async (path, status, type) => {
    const answer = await operatorFetch(hub.url + path, { redirect: 'manual' });

    expect([answer.status, answer.headers.get('content-type')?.split(';')[0]]).toEqual([status, type]);
    expect(answer.headers.get('x-content-type-options')).toBe('nosniff');
    if (status >= 400) expect(await answer.json()).toEqual({ error: expect.stringMatching(/^Cannot /) });
    const head = await operatorFetch(hub.url + path, { method: 'HEAD', redirect: 'manual' });
    expect([head.status, await head.text()]).toEqual([status, '']);
  });

  test('a browser is sent from / to the dashboard, anybody else gets the line of text', async () => {
    const page = await operatorFetch(hub.url, { headers: { accept: 'text/html' }, redirect: 'manual' });
    expect([page.status, page.headers.get('location')]).toEqual([302, '/dashboard']);
    expect(await (await operatorFetch(hub.url)).text()).toBe('Monitoring Server is running');
  });

  test.each([
    ['POST', '/fetch/latest', 405],
    ['PUT', '/metrics', 405],
    ['DELETE', '/metrics', 405],
    ['OPTIONS', '/metrics', 405],
    ['POST', '/nothing', 404],
    ['PATCH', '/dashboard/x', 405],
  ])('%s %s is answered by %i, body or not', async (method, path, status) => {
    for (const body of [null, 'x'.repeat(100_000)]) {
      const answer = await operatorFetch(hub.url + path, { method, body });
      expect(answer.status).toBe(status);
      if (status === 405) expect(answer.headers.get('allow')).toMatch(/GET|POST/);
    }
  });

  test('a request behind one with a body that no route took is answered on the same connection', async () => {
    const body = 'GET /metrics HTTP/1.1\r\nHost: localhost\r\n\r\n';
    const text = await exchangeRaw(
      hub.port,
      `POST /nothing HTTP/1.1\r\nHost: localhost\r\nContent-Length: ${body.length}\r\n\r\n${body}${get('/healthz')}`,
      400,
    );

    expect(text.match(/HTTP\/1\.1 \d{3}/g)).toEqual(['HTTP/1.1 404', 'HTTP/1.1 200']);
    expect(text).toContain('"status":"ok"');
  });

  test('every query that history cannot use is a 400 that says why', async () => {
    await push({ hostname: 'queried', client_id: 'c', metrics: { load: 1 } });
    for (const query of [
      'limit=0',
      'limit=-1',
      'limit=1e9',
      'limit=ten',
      'limit=1.5',
      'start=yesterday',
      'start=-1',
      'start=9e99',
      'start=200&end=100',
      'start=0&end=3000000000',
      'envelope=2',
      "start=1'%20or%20'1'='1",
    ]) {
      const answer = await operatorFetch(`${hub.url}/fetch/history/queried/load?${query}`);
      expect([query, answer.status]).toEqual([query, 400]);
      expect(await answer.json()).toEqual({ error: expect.stringMatching(/^Cannot read /) });
    }
    expect(await getJson('/fetch/history/queried/no_such_metric')).toEqual([]);
  });

  test('a pushed body is stored when it is answered, and comes back under the names it had', async () => {
    const at = Math.floor(seconds()) - 100;
    const names = [
      'load',
      'CPU Usage %',
      'disk/var',
      'größe',
      'a{b',
      '<img src=x onerror=alert(1)>',
      'disk{device="vda"}',
    ];
    const metrics = Object.fromEntries(names.map((name, index) => [name, { value: index + 0.5, timestamp: at }]));
    const body = { hostname: 'Büro 1/2', client_id: 'c', tags: { site: 'north' }, metrics };
    expect(await push(body)).toMatchObject({ status: 200, answer: { status: 'received' } });

    const latest = (await getJson(`/fetch/latest?host=${encodeURIComponent('Büro 1/2')}`)) as Record<
      string,
      { metrics: object; tags: object; timestamp: number }
    >;
    const shown = latest['Büro 1/2']!;
    expect([shown.tags, shown.timestamp, Object.keys(shown.metrics).sort()]).toEqual([
      { site: 'north' },
      at,
      [...names].sort(),
    ]);
    for (const name of names) {
      const path = `/fetch/history/${encodeURIComponent('Büro 1/2')}/${encodeURIComponent(name)}`;
      expect(await getJson(path)).toEqual([[at, metrics[name]!.value]]);
    }
    expect(await getJson(`/fetch/history/${encodeURIComponent('Büro 1/2')}/disk/var?envelope=1`)).toEqual([
      [at, 2.5, 2.5, 2.5],
    ]);
    const [stored] = await database.sql`
      select b.ticks, h.kind from batch b join host h on h.id = b.host where h.name = 'Büro 1/2'`;
    expect(stored).toEqual({ ticks: 1, kind: 'push' });
  });

  test('bare numbers pushed one after the other are each stored and shown', async () => {
    for (const value of [1, 2, 3]) {
      await push({ hostname: 'bare', client_id: 'c', metrics: { load: value } });
      expect(await getJson('/fetch/latest?host=bare')).toMatchObject({ bare: { metrics: { load: value } } });
    }
    expect(
      await database.sql`select count(*)::int from batch b join host h on h.id = b.host where h.name = 'bare'`,
    ).toEqual([{ count: 3 }]);
  });

  test.each([
    ['broken JSON', '{', {}, 400],
    ['too large', `{"x":"${'x'.repeat(1024 * 1024)}"}`, {}, 413],
    ['no JSON by its type', '{}', { 'content-type': 'text/plain' }, 415],
    ['a form', 'a=b', { 'content-type': 'application/x-www-form-urlencoded' }, 415],
    ['JSON by a longer type', '{}', { 'content-type': 'application/jsonp' }, 415],
    ['a page of another site', '{}', { origin: 'http://evil.example' }, 403],
    ['a page without an origin', '{}', { origin: 'null' }, 403],
    ['a page of another site by its fetch', '{}', { 'sec-fetch-site': 'cross-site' }, 403],
    ['a long key', '{"hostname":"a","client_id":"c","metrics":{"a":1}}', { 'idempotency-key': 'k'.repeat(201) }, 400],
    ['NUL in a tag', { hostname: 'nul', client_id: 'c', tags: { a: 'x\0' }, metrics: { a: 1 } }, {}, 400],
    ['deep nesting', '['.repeat(100_000), {}, 400],
  ])('a push that is %s is refused', async (_, body, headers, status) => {
    const refused = await push(body, headers as Record<string, string>);

    expect([refused.status, refused.answer]).toEqual([status, { error: expect.stringMatching(/^Cannot /) }]);
  });
});

describe('strange requests', () => {
  test('a Host header that is not ours is refused, except for probes and scrapers', async () => {
    for (const [host, status] of [
      ['evil.example', 403],
      ['localhost.evil.example', 403],
      ['metrics.example.org', 200],
      ['127.0.0.1:1', 200],
      ['[::1]', 200],
    ] as const) {
      expect([
        host,
        (await raw(get('/fetch/hosts', [`Host: ${host}`, `Authorization: ${operatorHeaders.authorization}`]))).status,
      ]).toEqual([host, status]);
    }
    expect((await raw(get('/healthz', ['Host: evil.example']))).status).toBe(200);
    expect((await raw(get('/fetch/hosts', ['Host: evil.example', 'X-Forwarded-Host: localhost']))).status).toBe(403);
  });

  test.each([
    '/dashboard/../secret.txt',
    '/dashboard/../../package.json',
    '/dashboard/%2e%2e/secret.txt',
    '/dashboard/%252e%252e/secret.txt',
    '/dashboard/..%2fsecret.txt',
    '/dashboard/..\\secret.txt',
    '/dashboard//etc/passwd',
    '/dashboard/assets/../index.html',
    '/dashboard/index.html%00.js',
    '//dashboard/../secret.txt',
  ])('no file outside the dashboard is served by %s', async (path) => {
    const answer = await raw(get(path));

    expect(answer.status).toBe(404);
    expect(answer.body).not.toContain('not to be served');
  });

  test('pages come with a policy that lets nothing in from elsewhere', async () => {
    const { headers } = await operatorFetch(`${hub.url}/dashboard`);
    const policy = headers.get('content-security-policy')!;
    for (const part of [
      "default-src 'self'",
      "script-src 'self'",
      "object-src 'none'",
      "base-uri 'none'",
      "frame-ancestors 'none'",
    ])
      expect(policy).toContain(part);
    expect(policy).not.toContain('unsafe');
    expect(headers.get('cache-control')).toBe('no-cache');
    const asset = await operatorFetch(`${hub.url}/dashboard/assets/app-1a2b.js`);
    expect(asset.headers.get('cache-control')).toContain('immutable');
  });

  test('a browser gets files compressed, and nothing but a 304 of a page that it has', async () => {
    const asset = await operatorFetch(`${hub.url}/dashboard/assets/app-1a2b.js`, {
      headers: { 'accept-encoding': 'br, gzip' },
    });
    expect([asset.headers.get('content-encoding'), await asset.text()]).toEqual(['gzip', 'export {};']);
    const etag = (await operatorFetch(`${hub.url}/dashboard`)).headers.get('etag');
    const answer = await raw(get('/dashboard', ['Host: localhost', `If-None-Match: ${etag}`]));

    expect(answer).toMatchObject({ status: 304, body: '' });
    expect(answer.head).toContain(`etag: ${etag}`.toLowerCase());
    expect(answer.head).not.toContain('content-length');
  });

  test.each([
    ['no HTTP at all', '\x16\x03\x01\x02\x00\x01\x00\x01\xfc\x03\x03'],
    ['two lengths', 'POST /metrics HTTP/1.1\r\nHost: localhost\r\nContent-Length: 5\r\nContent-Length: 6\r\n\r\nhello'],
    [
      'a length and chunks',
      'POST /metrics HTTP/1.1\r\nHost: localhost\r\nContent-Length: 5\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n\r\n',
    ],
    [
      'a chunk of 2^64 bytes',
      'POST /metrics HTTP/1.1\r\nHost: localhost\r\nTransfer-Encoding: chunked\r\n\r\nffffffffffffffff1\r\n',
    ],
    ['a header of 64 KB', `GET / HTTP/1.1\r\nHost: localhost\r\nX: ${'x'.repeat(65_536)}\r\n\r\n`],
    ['two hundred headers', `GET / HTTP/1.1\r\nHost: localhost\r\n${'X: y\r\n'.repeat(200)}\r\n`],
    ['no host', 'GET /fetch/hosts HTTP/1.1\r\n\r\n'],
    ['HTTP/1.0', 'GET /fetch/hosts HTTP/1.0\r\n\r\n'],
  ])('%s is no 200', async (_, request) => {
    const text = await exchangeRaw(hub.port, Buffer.from(request, 'latin1'), 300);

    expect(text).not.toMatch(/HTTP\/1\.[01] 2/);
    await hub.answers();
  });

  test('a client that goes away in the middle of any request leaves the hub as it was', async () => {
    const body = JSON.stringify({ hostname: 'leaver', client_id: 'c', metrics: { load: 1 } });
    const post = `POST /metrics HTTP/1.1\r\nHost: localhost\r\nContent-Type: application/json\r\nContent-Length: ${body.length}\r\n\r\n${body}`;
    const upgrade = (path: string, more: string) =>
      `GET ${path} HTTP/1.1\r\nHost: localhost\r\nUpgrade: websocket\r\nConnection: Upgrade\r\nSec-WebSocket-Version: 13\r\nSec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\r\n${more}\r\n`;
    const requests = [
      ...[
        '/',
        '/dashboard',
        '/healthz',
        '/metrics',
        '/fetch/latest',
        '/fetch/hosts',
        '/fetch/history/queried/load',
        '/api/v1/openapi.json',
        '/nothing',
      ].map((path) => get(path)),
      post,
      upgrade('/agent', `Authorization: Bearer ${'t'.repeat(43)}\r\nSec-WebSocket-Protocol: pulsewire.v1\r\n`),
      upgrade('/live', 'Origin: http://localhost\r\nSec-WebSocket-Protocol: pulsewire-live.v1\r\n'),
    ];
    await Promise.all(
      requests.flatMap((request) =>
        [0.3, 0.8, 0.97, 1, 1, 1].map(async (part, round) => {
          const socket = connectTcp(hub.port, '127.0.0.1');
          socket.on('error', () => {});
          await new Promise((settle) => socket.once('connect', settle));
          socket.write(request.slice(0, Math.floor(request.length * part)));
          // At once, in the next turn, and while the database is asked.
          if (round > 3) await delay(round === 4 ? 1 : 4);
          socket.resetAndDestroy();
        }),
      ),
    );

    await hub.answers();
    expect(await getJson('/fetch/latest?host=queried')).toMatchObject({ queried: {} });
    expect(hub.text).not.toMatch(/"level":"(error|fatal)"/);
  });
});

describe('/agent', () => {
  test.each([
    ['without a token', null, {}, 401],
    ['with a token that nobody has', 't'.repeat(43), {}, 401],
    ['with a token of 1 MB', 'x'.repeat(1024 * 1024), {}, 0],
    ['with a token of 600 characters', 'x'.repeat(600), {}, 401],
    ['with a password', null, { authorization: 'Basic dXNlcjpwYXNz' }, 401],
    ['from a page', enrolmentKey, { origin: 'http://localhost' }, 403],
  ] as const)('an upgrade %s is refused', async (_, token, headers, status) => {
    const ending = await agentOf(token, { headers: { ...headers } }).ended;

    // A header of a megabyte is cut off before there is an answer.
    if (status === 0) expect(ending).not.toMatchObject({ status: 101 });
    else expect(ending).toEqual({ status });
    // What the library says of an answer that is not written as it should be.
    expect(hub.text).not.toContain('Warning: uWS');
  });

  test.each(['/agent', '/live'])('an upgrade of %s by another version of WebSocket is refused', async (path) => {
    const answer = await raw(
      `GET ${path} HTTP/1.1\r\nHost: localhost\r\nOrigin: http://localhost\r\nUpgrade: websocket\r\nConnection: Upgrade\r\nSec-WebSocket-Version: 8\r\nSec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\r\n\r\n`,
    );

    expect([403, 426]).toContain(answer.status);
  });

  test('another subprotocol is refused, and compression declined', async () => {
    expect(await agentOf(enrolmentKey, { protocol: 'mqtt' }).ended).toEqual({ status: 400 });
    const agent = agentOf(enrolmentKey);
    await agent.greet({ agentId: someId('9'), hostName: 'plain', machineId: 'm9' });
    expect(agent.socket.extensions).toBe('');
  });

  const notHello: readonly (readonly [string, Message | Uint8Array | string, number])[] = [
    ['text', 'hello', 1003],
    ['no bytes', new Uint8Array(0), 1007],
    ['no message', Uint8Array.of(0xc1, 1, 2), 1007],
    ['an unknown kind', Uint8Array.of(0x91, 0x63), 1007],
    ['a bin of 4 GB that is not there', Uint8Array.of(0x92, 0x01, 0xc6, 0xff, 0xff, 0xff, 0xff), 1007],
    ['more than 256 KiB', new Uint8Array(256 * 1024 + 1), 1009],
    [
      'a tick before the hello',
      { kind: 'frame', ordinal: 1, seq: 1, layoutId: '00'.repeat(8), timeMs: 1, column: column([1]) },
      4400,
    ],
    ['a message that only hubs send', { kind: 'credit', bytes: 1 }, 1007],
    ['a hello of another version', helloOf({ version: 999 }), 4426],
  ];
  test.each(notHello)('%s closes the connection', async (_, message, code) => {
    const agent = agentOf(enrolmentKey);
    await agent.send(message);
    const ending = await agent.ended;

    // The library ends a connection that sends too much without a word.
    expect(code === 1009 ? [1006, 1009] : [code]).toContain('code' in ending ? ending.code : ending.status);
    await hub.answers();
  });

  test('no hello within 5 s closes the connection', async () => {
    const startedMs = performance.now();
    expect(await agentOf(enrolmentKey).ended).toMatchObject({ code: 4400 });
    expect(performance.now() - startedMs).toBeLessThan(7_000);
  });

  test('a token is for its own agent, the key gives no second one after it was used, and a second hello is one too many', async () => {
    const first = agentOf(enrolmentKey);
    const { token, hostName } = await first.greet({ agentId: someId('1'), hostName: 'token host', machineId: 'm1' });
    expect([typeof token, hostName]).toEqual(['string', 'token host']);
    first.close();
    await first.ended;

    const thief = agentOf(token);
    await thief.send(helloOf({ agentId: someId('2') }));
    expect(await thief.ended).toMatchObject({ code: 4401 });
    const own = agentOf(token);
    expect((await own.greet({ agentId: someId('1'), hostName: 'token host', machineId: 'm1' })).token).toBeNull();
    await own.send(helloOf({ agentId: someId('1') }));
    expect(await own.ended).toMatchObject({ code: 4400 });
    const again = agentOf(enrolmentKey);
    await again.send(helloOf({ agentId: someId('1'), hostName: 'token host', machineId: 'm1' }));
    expect(await again.ended).toMatchObject({ code: 4401 });
  });

  test('a clone is turned away while the first answers', async () => {
    const hello = { agentId: someId('3'), hostName: 'cloned', machineId: 'm3' };
    const first = agentOf(enrolmentKey);
    const { token } = await first.greet(hello);
    const clone = agentOf(token);
    await clone.send(helloOf(hello));

    expect(await clone.ended).toMatchObject({ code: 4409 });
    expect(first.socket.readyState).toBe(WebSocket.OPEN);
  });

  test('what an agent says of itself is cleaned, so that it can be stored and shown', async () => {
    const agent = agentOf(enrolmentKey);
    const welcome = await agent.greet({
      agentId: someId('4'),
      hostName: ' <b>\u202eweb</b>\n',
      machineId: 'm\t4',
      tags: { 'ro\nle': 'x\u0007y' },
      facts: { interval_ms: '1e308' },
    });

    expect(welcome.hostName).toBe('<b>web</b>');
    expect(await getJson('/fetch/hosts?host=%3Cb%3Eweb%3C/b%3E')).toMatchObject({
      '<b>web</b>': { tags: { 'ro\ufffdle': 'x\ufffdy' } },
    });
  });

  test('ticks are shown at once, stored within the batch age, and acknowledged', async () => {
    const agent = agentOf(enrolmentKey);
    const { streams } = await agent.greet({ agentId: someId('5'), hostName: 'ticking', machineId: 'm5' });
    const { ordinal } = streams![0]!;
    await agent.sendTicks(ordinal, gauges(['a', 'b']), { first: 1, last: 5 });
    await agent.next('ack', (ack) => ack.storedSeq === 5);

    expect(await getJson('/fetch/latest?host=ticking')).toMatchObject({ ticking: { metrics: { a: 50, b: 51 } } });
    expect(((await getJson('/fetch/history/ticking/a')) as unknown[][]).map(([, value]) => value)).toEqual([
      10, 20, 30, 40, 50,
    ]);
    expect(await push({ hostname: 'ticking', client_id: 'c', metrics: { a: 1 } })).toMatchObject({ status: 409 });
  });
});

describe('/live', () => {
  function view(headers: Record<string, string> = { origin: hub.url }, protocol = viewerSubprotocol) {
    const socket = new WebSocket(`${hub.url.replace('http', 'ws')}/live`, protocol, {
      headers: { ...operatorHeaders, ...headers },
    });
    const ended = new Promise<number>((settle) => {
      socket.on('unexpected-response', (_, response) => settle(response.statusCode ?? 0));
      socket.on('close', (code) => settle(code));
      socket.on('error', () => {});
    });
    const opened = new Promise((settle) => socket.once('open', settle));
    return { socket, ended, opened };
  }

  test.each([
    ['no origin', {}],
    ['another origin', { origin: 'http://evil.example' }],
    ['the origin null', { origin: 'null' }],
    ['a name that is not ours', { origin: 'http://evil.example', host: 'evil.example' }],
  ])('a page with %s is refused', async (_, headers) => {
    expect(await view(headers).ended).toBe(403);
  });

  test('an agent is refused', async () => {
    expect(await view({ origin: hub.url }, 'pulsewire.v1').ended).toBe(400);
  });

  const subscription = (count: number): Message => ({
    kind: 'subscribe',
    hostIds: Array.from({ length: count }, (_, index) => index + 1),
    windowMs: 60_000,
  });
  const refusals: readonly (readonly [string, () => Uint8Array | string, number])[] = [
    ['text', () => 'subscribe', 1003],
    ['more than 64 KiB', () => new Uint8Array(64 * 1024 + 1), 1009],
    ['a message that only agents send', () => encodeMessage({ kind: 'bye' }), 1007],
    [
      'a watch of 17 series',
      () =>
        encodeMessage({
          kind: 'watch',
          keys: Array.from({ length: 17 }, (_, index) => `m${index}`),
          hostIds: null,
          othersMs: 0,
        }),
      4400,
    ],
    ['a million hosts', () => Uint8Array.of(0x93, 32, 0xdd, 0x00, 0x0f, 0x42, 0x40), 1007],
  ];
  test.each(refusals)('%s closes the connection', async (_, message, code) => {
    const { socket, ended, opened } = view();
    await opened;
    socket.send(message());

    expect(code === 1009 ? [1006, 1009] : [code]).toContain(await ended);
  });

  test('unknown hosts are passed over', async () => {
    const { socket, opened } = view();
    await opened;
    socket.send(
      encodeMessage(
        subscription(1_000).kind === 'subscribe'
          ? { kind: 'subscribe', hostIds: [987_654], windowMs: 1 }
          : subscription(1),
      ),
    );
    await hub.answers();
    await delay(50);
    expect(socket.readyState).toBe(WebSocket.OPEN);
    socket.terminate();
  });
});

describe('the process', () => {
  test('says which settings are wrong and ends with 2', async () => {
    const broken = await start({
      settings: { colour: 'red', batchAgeMs: 'soon' },
      databaseUrl: 'mysql://u:hunter2@h/d',
    });
    expect(await broken.exited).toBe(2);
    for (const name of ['colour', 'batchAgeMs', 'DATABASE_URL']) expect(broken.text).toContain(name);
    expect(broken.text).not.toMatch(/hunter2|\n {4}at /);
  });

  test('says that another hub has its port and ends with 2, leaving the other alone', async () => {
    const second = await start({ settings: { port: hub.port } });
    expect(await second.exited).toBe(2);
    expect(second.text).toContain(
      `${hub.port}, where another Pulsewire seems to run: stop it, or give this one a "port"`,
    );
    expect(second.text).not.toMatch(/\n {4}at /);
    await hub.answers();
  });

  test('does not take any other program that holds its port for a hub', async () => {
    const other = createServer((socket) => socket.end('HTTP/1.1 200 OK\r\ncontent-length: 2\r\n\r\nok'));
    await new Promise<void>((listening) => other.listen(0, '127.0.0.1', listening));
    const { port } = other.address() as AddressInfo;
    const late = await start({ settings: { port } });
    expect(await late.exited).toBe(2);
    expect(late.text).toContain(`${port}, which another program may hold`);
    other.close();
  });

  test('listens on every address, of both families, when told so', async () => {
    const wide = await start({ settings: { host: '::', allowPlain: true } });
    await wide.answers();
    expect((await operatorFetch(`http://[::1]:${wide.port}/fetch/hosts`)).status).toBe(200);
    expect(wide.text).toContain('http://[::1]:');
  });

  test('starts without its database, says so, and is well when it comes', async () => {
    const mine = new DatabaseGate(database.connection);
    mine.port = await freePort();
    const early = await start({ databaseUrl: mine.url });
    await early.answers(503);
    const latest = await operatorFetch(`${early.url}/fetch/latest`);
    expect([latest.status, latest.headers.get('retry-after')]).toEqual([503, '5']);
    expect(await latest.json()).toEqual({ error: expect.stringContaining('ECONNREFUSED') });
    expect((await operatorFetch(`${early.url}/dashboard`)).status).toBe(200);
    expect((await operatorFetch(`${early.url}/metrics`)).status).toBe(200);
    expect(await agentOf(enrolmentKey, { url: early.url }).ended).toEqual({ status: 503 });

    await mine.open();
    await early.answers(200);
    expect(await early.stop()).toBe(0);
    await mine.close();
    expect(early.text).not.toContain(database.connection.password);
  });

  test('serves on while its database is away, and stores all of it when it is back', async () => {
    const mine = new DatabaseGate(database.connection);
    await mine.open();
    const own = await start({ databaseUrl: mine.url });
    await own.answers();
    const agent = agentOf(enrolmentKey, { url: own.url });
    const { streams } = await agent.greet({ agentId: someId('6'), hostName: 'patient', machineId: 'm6' });
    const layout = gauges(['a']);
    await agent.sendTicks(streams![0]!.ordinal, layout, { first: 1, last: 3 });
    await agent.next('ack', (ack) => ack.storedSeq === 3);
    await mine.close();
    await agent.sendTicks(streams![0]!.ordinal, layout, { first: 4, last: 9 });
    await shows(own, 'patient', { a: 90 });
    const history = await operatorFetch(`${own.url}/fetch/history/patient/a`);
    expect([history.status, history.headers.get('retry-after')]).toEqual([503, '10']);
    const pushed = await operatorFetch(`${own.url}/metrics`, {
      method: 'POST',
      headers: { 'content-type': 'application/json' },
      body: JSON.stringify({ hostname: 'impatient', client_id: 'c', metrics: { a: 1 } }),
    });
    expect([pushed.status, pushed.headers.get('retry-after')]).toEqual([503, '10']);

    await mine.open();
    await agent.next('ack', (ack) => ack.storedSeq === 9);
    const [stored] = await database.sql`
      select stored_seq::int, stored_ticks::int, (select sum(ticks)::int from batch b where b.stream = s.id) as ticks
      from stream s join host h on h.id = s.host where h.name = 'patient'`;
    expect(stored).toEqual({ stored_seq: 9, stored_ticks: 9, ticks: 9 });
    await own.stop();
    await mine.close();
  });

  test('SIGTERM stores everything that was accepted, acknowledges it, and says 1012', async () => {
    const own = await start({ settings: { batchAgeMs: 60_000 } });
    await own.answers();
    const agent = agentOf(enrolmentKey, { url: own.url });
    const { streams } = await agent.greet({ agentId: someId('7'), hostName: 'stopped', machineId: 'm7' });
    await agent.sendTicks(streams![0]!.ordinal, gauges(['a', 'b', 'c']), { first: 1, last: 30 });
    // Shown means accepted.
    await shows(own, 'stopped', { a: 300, b: 301, c: 302 });
    expect(await own.stop()).toBe(0);

    expect(await agent.ended).toMatchObject({ code: 1012 });
    expect(await agent.next('ack', (ack) => ack.storedSeq === 30)).toBeDefined();
    expect(
      await database.sql`
      select sum(ticks)::int as ticks from batch b join host h on h.id = b.host where h.name = 'stopped'`,
    ).toEqual([{ ticks: 30 }]);
  });

  test('SIGTERM ends in time under load', async () => {
    const own = await start({});
    await own.answers();
    const agent = agentOf(enrolmentKey, { url: own.url });
    const { streams } = await agent.greet({ agentId: someId('8'), hostName: 'busy', machineId: 'm8' });
    await agent.sendTicks(streams![0]!.ordinal, gauges(['a']), { first: 1, last: 1 });
    let seq = 1;
    const load = setInterval(() => {
      seq += 1;
      void agent.send({
        kind: 'frame',
        ordinal: streams![0]!.ordinal,
        seq,
        layoutId: gauges(['a']).id,
        timeMs: Date.now() + seq,
        column: column([seq]),
      });
    }, 1);
    await agent.next('ack', (ack) => ack.storedSeq > 100);
    const startedMs = performance.now();
    const code = await own.stop();
    clearInterval(load);

    expect([code, performance.now() - startedMs < 5_000]).toEqual([0, true]);
    expect(own.text).not.toContain('hub.stopped-undrained');
  });

  test('kill -9 loses nothing that was acknowledged, and the next start goes on with the PostgreSQL that is left', async () => {
    const dataFolder = mkdtempSync(join(tmpdir(), 'pulsewire-kill-'));
    chmodSync(dataFolder, 0o755);
    const options = { databaseUrl: null, dataFolder: join(dataFolder, 'data'), settings: { port: await freePort() } };
    try {
      const first = await start(options);
      await first.answers();
      const agent = agentOf(enrolmentKey, { url: first.url });
      const { token, streams, hubId } = await agent.greet();
      await agent.sendTicks(streams![0]!.ordinal, gauges(['a']), { first: 1, last: 7 });
      await agent.next('ack', (ack) => ack.storedSeq === 7);
      await operatorFetch(`${first.url}/metrics`, {
        method: 'POST',
        headers: { 'content-type': 'application/json' },
        body: JSON.stringify({ hostname: 'pushed', client_id: 'c', metrics: { 'CPU %': 12 } }),
      });
      await first.stop('SIGKILL');

      const second = await start(options);
      await second.answers();
      expect(second.text).toMatch(/adopted/);
      const again = agentOf(token, { url: second.url });
      const welcome = await again.greet({ hubId, streams: [offerOf(someId('e'), 8)] });
      expect([welcome.hubId, welcome.streams![0]!.storedSeq]).toEqual([hubId, 7]);
      const history = (await (await operatorFetch(`${second.url}/fetch/history/web/a`)).json()) as unknown[];
      expect(history).toHaveLength(7);
      expect(await (await operatorFetch(`${second.url}/fetch/latest?host=pushed`)).json()).toMatchObject({
        pushed: { metrics: { 'CPU %': 12 } },
      });
      expect(await second.stop()).toBe(0);
      for (const text of [first.text, second.text]) expect(text).not.toContain(token);
    } finally {
      rmSync(dataFolder, { recursive: true, force: true });
    }
  });

  test('nothing secret has come into the log', () => {
    expect(hub.isRunning).toBe(true);
    expect(hub.text).toContain('agent.connected');
    for (const secret of [enrolmentKey, database.connection.password, 't'.repeat(43)])
      expect(hub.text).not.toContain(secret);
    // One JSON line each: no name of a host or tag breaks out of its line.
    for (const line of hub.text.trim().split('\n'))
      expect(() => JSON.parse(line.startsWith('{') ? line : '{}')).not.toThrow();
  });
});
