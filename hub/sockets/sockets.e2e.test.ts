/** The sockets by themselves, with an engine of a few lines: what of the network a hub must survive, whoever sends it. */
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { connect as connectTcp, type Socket } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as delay } from 'node:timers/promises';
import { connect as connectTls } from 'node:tls';
import { pino } from 'pino';
import { afterAll, afterEach, beforeAll, describe, expect, test } from 'vitest';
import { type ClientOptions, WebSocket } from 'ws';
import { agentSubprotocol, viewerSubprotocol } from '#core/message.ts';
import { contentSecurityPolicy } from '#core/page-policy.ts';
import type { Actor } from '../access/actor.ts';
import { Access } from '../access/site.ts';
import { jsonAnswer, type Route } from '../http.ts';
import { type DoorLimits, Doorman, type LimitName } from '../network/doorman.ts';
import type { Protection } from '../network/listening.ts';
import { TrustedProxies } from '../network/peer-address.ts';
import { burstSec } from '../network/rate-bucket.ts';
import { Sockets } from '../sockets.ts';
import { exchangeRaw, freePort } from '../testing/hub-process.ts';
import {
  renewedCertificate,
  renewedCertificateKey,
  testCertificate,
  testCertificateKey,
} from '../testing/tls-certificate.ts';

const limits: DoorLimits = {
  connectionsMax: 200,
  connectionsPerAddressMax: 3,
  connectionsPerAddressPerSecMax: 50,
  requestsPerAddressPerSecMax: 5,
  agentMessagesPerSecMax: 20,
  agentBytesPerSecMax: 100_000,
  viewersPerPersonMax: 2,
  viewerMessagesPerSecMax: 5,
};

const read = { method: 'get', access: 'public', isChange: false, action: null, bodyBytesMax: 0 } as const;
const routes: readonly Route[] = [
  { ...read, path: '/who', answer: ({ credentials: { address, isSecure } }) => jsonAnswer({ address, isSecure }) },
  {
    ...read,
    path: '/fails',
    answer: () => {
      throw new Error('secret of the hub');
    },
  },
  {
    ...read,
    path: '/page',
    answer: () => ({ status: 200, type: 'text/html', headers: { 'cache-control': 'no-cache' }, body: '' }),
  },
  {
    ...read,
    method: 'post',
    path: '/post',
    isChange: true,
    bodyBytesMax: 1_000,
    answer: ({ body }) => jsonAnswer(body.byteLength),
  },
  {
    ...read,
    method: 'post',
    path: '/admin',
    access: 'admin',
    isChange: true,
    bodyBytesMax: 1_000,
    answer: ({ actor }) => jsonAnswer(actor.kind),
  },
];

/** A hub of nothing but sockets, in this process. */
class SocketsFixture {
  readonly lines: Record<string, unknown>[] = [];
  readonly limited: [LimitName, string][] = [];
  readonly addresses: string[] = [];
  receivedCount = 0;
  readonly doorman = new Doorman({
    limits,
    // It stands still, so that bounds are met exactly.
    nowMs: () => 0,
    onLimited: (limit, address) => this.limited.push([limit, address]),
  });
  readonly sockets: Sockets<null>;
  actor: Actor = { kind: 'anonymous', canRead: true };
  identifiedCount = 0;
  port = 0;

  constructor(
    options: { proxies?: string[]; protection?: Protection; certificate?: { certFile: string; keyFile: string } } = {},
  ) {
    this.sockets = new Sockets<null>({
      agents: {
        authenticate: async () => ({ credential: null }),
        opened: ({ address }) => this.addresses.push(address),
        received: () => {
          this.receivedCount += 1;
        },
        ponged: () => {},
        closed: () => {},
      },
      viewers: {
        opened: (socket) => socket.subscribe('all'),
        received: () => {
          this.receivedCount += 1;
        },
        drained: () => {},
        dropped: () => {},
        closed: () => {},
      },
      routes,
      access: new Access(['hub.test', 'hooks.test']),
      gate: {
        identify: () => {
          this.identifiedCount += 1;
          return this.actor;
        },
        checkChange: () => {},
      },
      audit: async () => {},
      doorman: this.doorman,
      proxies: new TrustedProxies(options.proxies ?? []),
      protection: options.protection ?? 'loopback',
      certificate: options.certificate ?? null,
      log: pino({}, { write: (line: string) => this.lines.push(JSON.parse(line)) }),
      onRefused: () => {},
    });
  }

  listen(port = 0): this {
    this.port = this.sockets.listen('127.0.0.1', port)!;
    return this;
  }

  /** A request from this address, as a proxy passes it on. */
  async ask(path: string, address: string, headers: Record<string, string> = {}): Promise<Response> {
    return await fetch(`http://127.0.0.1:${this.port}${path}`, { headers: { 'x-forwarded-for': address, ...headers } });
  }

  /** Of the hub's own page, by this kind of socket. */
  origin(scheme: 'ws' | 'wss'): string {
    return `${scheme.replace('ws', 'http')}://localhost:${this.port}`;
  }

  open(
    path: '/agent' | '/live',
    options: ClientOptions & { readonly scheme?: 'ws' | 'wss'; readonly from?: string } = {},
  ): TestSocket {
    const { scheme = 'ws', from, headers, ...rest } = options;
    const own = path === '/agent' ? { authorization: 'Bearer x' } : { origin: this.origin(scheme) };
    return new TestSocket(
      new WebSocket(
        `${scheme}://localhost:${this.port}${path}`,
        path === '/agent' ? agentSubprotocol : viewerSubprotocol,
        {
          ...rest,
          headers: { ...own, ...(from === undefined ? {} : { 'x-forwarded-for': from }), ...headers },
        },
      ),
    );
  }
}

class TestSocket {
  readonly ws: WebSocket;
  readonly received: string[] = [];
  readonly opened: Promise<unknown>;
  /** The close code, or the status of an upgrade that was refused, negative. */
  readonly ended: Promise<number>;
  /** 101 once it is open, or how it was refused. */
  readonly answered: Promise<number>;
  /** What a refusal says of when to come back; null for nothing. */
  retryAfter: string | null = null;

  constructor(ws: WebSocket) {
    this.ws = ws;
    open.push(this);
    ws.on('message', (bytes) => this.received.push(String(bytes)));
    this.opened = new Promise((resolve) => ws.on('open', resolve));
    this.ended = new Promise((resolve) => {
      ws.on('unexpected-response', (_, response) => {
        this.retryAfter = response.headers['retry-after'] ?? null;
        resolve(-response.statusCode!);
      });
      ws.on('close', resolve);
      ws.on('error', () => {});
    });
    this.answered = Promise.race([this.opened.then(() => 101), this.ended]);
  }
}

const open: TestSocket[] = [];
const raws: Socket[] = [];
afterEach(async () => {
  for (const { ws } of open.splice(0)) ws.terminate();
  for (const raw of raws.splice(0)) raw.destroy();
});

const from = '203.0.113.9';

describe('behind a trusted proxy', () => {
  let hub: SocketsFixture;
  beforeAll(() => {
    hub = new SocketsFixture({ proxies: ['127.0.0.1'] }).listen();
  });
  afterAll(() => hub.sockets.close());
  const settled = () => expect.poll(() => hub.doorman.addressSocketsMost).toBe(0);

  test('the client is whom the proxy says, and not whom the client says', async () => {
    const answers = await Promise.all([
      hub.ask('/who', `127.0.0.1, ${from}`, { 'x-forwarded-proto': 'https' }),
      hub.ask('/who', from, { 'x-forwarded-proto': 'http' }),
      hub.ask('/who', 'nonsense'),
    ]);
    expect(await Promise.all(answers.map((answer) => answer.json()))).toEqual([
      { address: from, isSecure: true },
      { address: from, isSecure: false },
      { address: '127.0.0.1', isSecure: false },
    ]);
    const agent = hub.open('/agent', { from: `198.51.100.1, ${from}` });
    await agent.opened;
    expect(hub.addresses).toEqual([from]);
    agent.ws.close();
    await settled();
  });

  test('a proxy that adds a line of its own is believed more than the line before it', async () => {
    const request = `GET /who HTTP/1.1\r\nHost: localhost\r\nX-Forwarded-For: 198.51.100.1\r\nX-Forwarded-For: ${from}\r\nConnection: close\r\n\r\n`;
    expect(await exchangeRaw(hub.port, request)).toContain(`"address":"${from}"`);
  });

  test('only a page that came by the same scheme as its socket opens one, as far as the proxy says', async () => {
    const statuses: number[] = [];
    for (const [proto, scheme] of [
      ...[['https', 'wss'] as const, ['https', 'ws'] as const, ['http', 'ws'] as const, ['http', 'wss'] as const],
      ...[['', 'ws'] as const, ['', 'wss'] as const],
    ]) {
      const socket = hub.open('/live', { from, headers: { 'x-forwarded-proto': proto, origin: hub.origin(scheme) } });
      statuses.push(await socket.answered);
      socket.ws.close();
      await settled();
    }
    expect(statuses).toEqual([101, -403, 101, -403, 101, 101]);
  });

  test('only a page that came by the same scheme as its request changes anything', async () => {
    const url = `127.0.0.1:${hub.port}`;
    const statusBy = async (proto: string, origin: string) => {
      const headers = { 'x-forwarded-for': '203.0.113.60', 'x-forwarded-proto': proto, origin };
      const json = { 'content-type': 'application/json' };
      return (await fetch(`http://${url}/post`, { method: 'POST', headers: { ...json, ...headers }, body: '{}' }))
        .status;
    };
    expect([
      await statusBy('https', `https://${url}`),
      await statusBy('https', `http://${url}`),
      await statusBy('http', `https://${url}`),
      await statusBy('', `https://${url}`),
    ]).toEqual([200, 403, 403, 200]);
  });

  test('one address has so many sockets and no more, whatever they are', async () => {
    const first = [hub.open('/agent', { from }), hub.open('/agent', { from }), hub.open('/live', { from })];
    await Promise.all(first.map(({ opened }) => opened));
    const refused = [hub.open('/agent', { from }), hub.open('/live', { from })];
    expect(await Promise.all(refused.map(({ ended }) => ended))).toEqual([-429, -429]);
    await hub.open('/agent', { from: '203.0.113.10' }).opened;
    first[0]!.ws.close();
    await first[0]!.ended;
    await expect.poll(() => hub.doorman.addressSocketsMost).toBe(2);
    await hub.open('/agent', { from }).opened;
    for (const { ws } of open) ws.close();
    await settled();
  });

  test('one who is not signed in has so many dashboards and no more', async () => {
    const first = [hub.open('/live', { from }), hub.open('/live', { from })];
    await Promise.all(first.map(({ opened }) => opened));
    expect(await hub.open('/live', { from }).ended).toBe(-429);
    for (const { ws } of first) ws.close();
    await settled();
    await hub.open('/live', { from }).opened;
    const network = [hub.open('/live', { from: '2001:db8::1' }), hub.open('/live', { from: '2001:db8::2' })];
    await Promise.all(network.map(({ opened }) => opened));
    expect(await hub.open('/live', { from: '2001:db8::3' }).answered).toBe(-429);
    for (const { ws } of open) ws.close();
    await settled();
  });

  test('requests of one address beyond its rate get a 429, and nobody else does', async () => {
    const allowed = limits.requestsPerAddressPerSecMax * burstSec;
    for (let index = 0; index < allowed; index += 1) expect((await hub.ask('/who', '203.0.113.50')).status).toBe(200);
    const refused = await hub.ask('/who', '203.0.113.50');
    expect([refused.status, refused.headers.get('retry-after')]).toEqual([429, '1']);
    expect(await refused.json()).toEqual({ error: expect.stringMatching(/^Cannot answer: too many requests/) });
    expect((await hub.ask('/who', '203.0.113.51')).status).toBe(200);
    const post =
      'POST /post HTTP/1.1\r\nHost: localhost\r\nX-Forwarded-For: 203.0.113.50\r\nContent-Length: 10\r\n\r\n';
    expect(await exchangeRaw(hub.port, `${post}0123456789`, 400)).toContain('HTTP/1.1 429');
    const agent = hub.open('/agent', { from: '203.0.113.50' });
    expect([await agent.ended, agent.retryAfter]).toEqual([-429, '1']);
  });
});

describe('what peers send', () => {
  let hub: SocketsFixture;
  beforeAll(() => {
    hub = new SocketsFixture().listen();
  });
  afterAll(() => hub.sockets.close());

  test('forged addresses and schemes of those who are no proxy are ignored', async () => {
    const answer = await hub.ask('/who', from, { 'x-forwarded-proto': 'https', forwarded: `for=${from};proto=https` });
    expect(await answer.json()).toEqual({ address: '127.0.0.1', isSecure: false });
    expect(answer.headers.get('strict-transport-security')).toBe(null);
  });

  test.each(['/who', '/page', '/nothing', '/fails', '/agent'])('every answer has the headers: %s', async (path) => {
    const { headers } = await fetch(`http://127.0.0.1:${hub.port}${path}`);
    expect(Object.fromEntries(headers)).toMatchObject({
      'content-security-policy': contentSecurityPolicy,
      'x-content-type-options': 'nosniff',
      'referrer-policy': 'no-referrer',
      'permissions-policy': expect.stringContaining('camera=()'),
      'cross-origin-opener-policy': 'same-origin',
      'cross-origin-resource-policy': 'same-origin',
      'cache-control': path === '/page' ? 'no-cache' : 'no-store',
    });
    expect(contentSecurityPolicy).toMatch(/^default-src 'self'; script-src 'self'; object-src 'none'; base-uri 'none'/);
    expect(contentSecurityPolicy).toMatch(/frame-ancestors 'none'; require-trusted-types-for 'script'/);
  });

  test('a fault of the hub says a reference to its log, and nothing else', async () => {
    const answer = await fetch(`http://127.0.0.1:${hub.port}/fails?x=%0d%0a{"level":"fatal"}`);
    const { error } = (await answer.json()) as { readonly error: string };
    const reference = /^Cannot answer: the hub failed; its log says why, under the reference ([0-9a-f]{12})$/.exec(
      error,
    )?.[1];
    expect(answer.status).toBe(500);
    expect(hub.lines.filter((line) => line['reference'] === reference)).toMatchObject([
      { msg: 'request.failed', path: '/fails', err: { message: 'secret of the hub' } },
    ]);
  });

  test.each([
    ['agent_messages', '/agent', 201, 1],
    ['agent_bytes', '/agent', 11, 100_000],
    ['viewer_messages', '/live', 51, 1],
  ] as const)('too much of %s closes with 4429', async (limit, path, count, bytes) => {
    const receivedBefore = hub.receivedCount;
    const socket = hub.open(path);
    await socket.opened;
    for (let index = 0; index < count; index += 1) socket.ws.send(new Uint8Array(bytes));
    expect(await socket.ended).toBe(4429);
    expect(hub.limited.at(-1)).toEqual([limit, '127.0.0.1']);
    expect(hub.receivedCount - receivedBefore).toBe(count - 1);
  });

  test.each(['ping', 'pong'] as const)('a flood of %ss closes with 4429', async (kind) => {
    for (const path of ['/agent', '/live'] as const) {
      const socket = hub.open(path);
      await socket.opened;
      for (let index = 0; index < 201; index += 1) socket.ws[kind]();
      expect(await socket.ended).toBe(4429);
    }
  });

  test('connections beyond the number in all are cut, and taken again when others have gone', async () => {
    await expect.poll(() => hub.doorman.connectionCount).toBeLessThan(20);
    const connect = () => {
      const raw = connectTcp(hub.port, '127.0.0.1');
      raw.on('error', () => {});
      raws.push(raw);
      return raw;
    };
    for (let index = 0; index < limits.connectionsMax; index += 1) connect();
    await expect.poll(() => hub.limited.filter(([limit]) => limit === 'connections').length).toBeGreaterThan(0);
    const late = connect();
    await new Promise((resolve) => late.once('close', resolve));
    expect(hub.doorman.connectionCount).toBeLessThanOrEqual(limits.connectionsMax);
    for (const raw of raws.splice(0)) raw.destroy();
    await expect
      .poll(async () => (await fetch(`http://127.0.0.1:${hub.port}/who`).catch(() => null))?.status)
      .toBe(200);
  });
});

/** A frame as RFC 6455 (5.2) has it; a client's is masked. */
function frame(
  opcode: number,
  payload: Uint8Array,
  { fin = true, mask = true, rsv = 0, length = payload.byteLength } = {},
): Buffer {
  const head = [(fin ? 0x80 : 0) | (rsv << 4) | opcode];
  const flag = mask ? 0x80 : 0;
  if (length < 126) head.push(flag | length);
  else if (length < 65_536) head.push(flag | 126, length >> 8, length & 255);
  else
    head.push(flag | 127, 0, 0, 0, 0, (length >>> 24) & 255, (length >> 16) & 255, (length >> 8) & 255, length & 255);
  // A mask of zeros leaves the payload as it is.
  return Buffer.concat([Buffer.from(head), mask ? Buffer.alloc(4) : Buffer.alloc(0), payload]);
}

const bytes = (count: number) => new Uint8Array(count).fill(1);

describe('WebSockets by hand', () => {
  let hub: SocketsFixture;
  beforeAll(() => {
    hub = new SocketsFixture().listen();
  });
  afterAll(() => hub.sockets.close());

  const upgrade = (headers: readonly string[] = []) =>
    [
      'GET /agent HTTP/1.1',
      'Host: localhost',
      'Connection: Upgrade',
      'Upgrade: websocket',
      'Sec-WebSocket-Key: MTIzNDU2Nzg5MDEyMzQ1Ng==',
      'Sec-WebSocket-Version: 13',
      `Sec-WebSocket-Protocol: ${agentSubprotocol}`,
      'Authorization: Bearer x',
      ...headers,
      '',
      '',
    ].join('\r\n');

  /** An upgraded connection, what it answers, and when it is over. */
  async function upgraded(): Promise<{
    readonly raw: Socket;
    readonly text: () => string;
    readonly closed: Promise<unknown>;
  }> {
    const raw = connectTcp(hub.port, '127.0.0.1');
    raws.push(raw);
    raw.on('error', () => {});
    let text = '';
    raw.on('data', (part) => {
      text += part.toString('latin1');
    });
    const closed = new Promise((resolve) => raw.once('close', resolve));
    raw.write(upgrade());
    await expect.poll(() => text).toContain('\r\n\r\n');
    expect(text).toMatch(/^HTTP\/1\.1 101/);
    text = '';
    return { raw, text: () => text, closed };
  }

  test('compression that is offered is declined', async () => {
    const answer = await exchangeRaw(
      hub.port,
      upgrade(['Sec-WebSocket-Extensions: permessage-deflate; client_max_window_bits']),
      300,
    );
    expect(answer).toMatch(/^HTTP\/1\.1 101/);
    expect(answer.toLowerCase()).not.toContain('sec-websocket-extensions');
  });

  test.each([
    ['a message that says to be too long', [frame(2, bytes(10), { length: 256 * 1024 + 1 })]],
    ['parts that are too long together', [frame(2, bytes(200_000), { fin: false }), frame(0, bytes(100_000))]],
    ['a length of 2^63', [Buffer.from([0x82, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0, 0, 0, 0])]],
    ['an unknown opcode', [frame(3, bytes(1))]],
    ['a reserved bit', [frame(2, bytes(1), { rsv: 4 })]],
    ['a ping that is too long', [frame(9, bytes(126))]],
    ['a ping in parts', [frame(9, bytes(1), { fin: false })]],
    ['a next part of nothing', [frame(0, bytes(1))]],
    ['a close with half a code', [frame(8, bytes(1))]],
    ['a close with a code that is not for the wire', [frame(8, Uint8Array.from([1005 >> 8, 1005 & 255]))]],
    ['a close with a reason that is no text', [frame(8, Uint8Array.from([3, 232, 0xff, 0xfe]))]],
    ['text that is no text', [frame(1, Uint8Array.from([0xff, 0xfe]))]],
  ])('%s ends the connection, and nothing is taken of it', async (_, frames) => {
    const receivedBefore = hub.receivedCount;
    const { raw, closed } = await upgraded();
    for (const one of frames) raw.write(one);
    await closed;
    expect(hub.receivedCount).toBe(receivedBefore);
  });

  test('frames without a mask are never taken for messages', async () => {
    const receivedBefore = hub.receivedCount;
    const { raw } = await upgraded();
    raw.write(frame(2, bytes(4), { mask: false }));
    await delay(100);
    expect(hub.receivedCount).toBe(receivedBefore);
  });

  test('a hundred thousand parts of a byte each, and of none, cost no memory and nobody else', async () => {
    const { raw, closed } = await upgraded();
    const parts = Buffer.concat(
      Array.from({ length: 100_000 }, (_, index) => frame(0, bytes(index % 2), { fin: false })),
    );
    const before = process.memoryUsage().rss;
    raw.write(frame(2, bytes(1), { fin: false }));
    for (let index = 0; index < 10; index += 1) raw.write(parts);
    // 500,001 bytes in all: more than a message may have.
    await closed;
    expect(process.memoryUsage().rss - before).toBeLessThan(64 * 1024 * 1024);
    expect((await fetch(`http://127.0.0.1:${hub.port}/who`)).status).toBe(200);
  });

  test.each([
    ['no key', upgrade().replace(/Sec-WebSocket-Key.*\r\n/, ''), /^HTTP\/1\.1 (?:4\d\d|101)/],
    ['no version', upgrade().replace(/Sec-WebSocket-Version.*\r\n/, ''), /^HTTP\/1\.1 426/],
    ['another path', upgrade().replace('/agent', '/other'), /^HTTP\/1\.1 404/],
    ['HTTP/1.0', upgrade().replace('HTTP/1.1', 'HTTP/1.0'), /^(?:HTTP\/1\.1 (?:4\d\d|505)|$)/],
    ['no host', upgrade().replace(/Host.*\r\n/, ''), /^(?:HTTP\/1\.1 4\d\d|$)/],
    [
      'two hundred headers',
      upgrade(Array.from({ length: 200 }, (_, index) => `X-${index}: a`)),
      /^(?:HTTP\/1\.1 4\d\d|$)/,
    ],
    ['a header of 64 KB', upgrade([`X-Long: ${'x'.repeat(65_536)}`]), /^(?:HTTP\/1\.1 4\d\d|$)/],
    ['no HTTP', 'hello\r\n\r\n', /^(?:HTTP\/1\.1 [45]\d\d|$)/],
  ])('a request with %s is refused', async (name, request, pattern) => {
    expect([name, (await exchangeRaw(hub.port, request, 500)).split('\r\n')[0]]).toEqual([
      name,
      expect.stringMatching(pattern),
    ]);
    expect((await fetch(`http://127.0.0.1:${hub.port}/who`)).status).toBe(200);
  });

  const hidden = 'GET /who HTTP/1.1\r\nHost: localhost\r\n\r\n';
  test.each([
    ['both lengths', 'Content-Length: 6\r\nTransfer-Encoding: chunked', `0\r\n\r\n${hidden}`],
    ['two lengths', `Content-Length: 0\r\nContent-Length: ${hidden.length}`, hidden],
    ['two hosts', 'Host: evil.example\r\nContent-Length: 0', hidden],
    ['two lengths that agree', 'Content-Length: 0\r\nContent-Length: 0', hidden],
    ['a length with a sign', `Content-Length: +${hidden.length}`, hidden],
    ['an encoding nobody knows', 'Transfer-Encoding: xchunked', `0\r\n\r\n${hidden}`],
    ['a chunk whose size is beyond 64 bits', 'Transfer-Encoding: chunked', `10000000000000001\r\n${hidden}`],
  ])('a body with %s smuggles no second request past a proxy', async (_, headers, body) => {
    const answer = await exchangeRaw(
      hub.port,
      `POST /post HTTP/1.1\r\nHost: localhost\r\nContent-Type: application/json\r\n${headers}\r\n\r\n${body}`,
      500,
    );
    expect(answer).not.toContain('"address"');
    expect(answer).toMatch(/^(?:HTTP\/1\.1 4\d\d|$)/);
  });

  const admin: Actor = { kind: 'person', personId: 1, name: 'Ann', role: 'admin', sessionId: 1 };
  test.each<[string, Actor, number]>([
    ['is still an admin', admin, 200],
    ['has been demoted', { ...admin, role: 'viewer' }, 403],
    ['has been removed', { kind: 'anonymous', canRead: true }, 401],
  ])('a body that comes late is judged by what its sender may then: who %s', async (_, then, status) => {
    hub.actor = admin;
    const seenCount = hub.identifiedCount;
    const raw = connectTcp(hub.port, '127.0.0.1');
    raws.push(raw);
    raw.on('error', () => {});
    const answered = new Promise<string>((resolve) => raw.once('data', (data) => resolve(String(data))));
    const head = 'Host: localhost\r\nContent-Type: application/json\r\nContent-Length: 2';
    raw.write(`POST /admin HTTP/1.1\r\n${head}\r\n\r\n{`);
    await expect.poll(() => hub.identifiedCount).toBe(seenCount + 1);
    hub.actor = then;
    raw.write('}');
    expect(await answered).toMatch(new RegExp(`^HTTP/1\\.1 ${status} `));
    hub.actor = { kind: 'anonymous', canRead: true };
  });

  test('a head that comes a byte at a time is not waited for longer than 20 s', { timeout: 40_000 }, async () => {
    const raw = connectTcp(hub.port, '127.0.0.1');
    raws.push(raw);
    raw.on('error', () => {});
    const closed = new Promise((resolve) => raw.once('close', resolve));
    raw.write('GET /who HTTP/1.1\r\nHost: localhost\r\nX-Slow: ');
    const trickle = setInterval(() => raw.write('x'), 500);
    const startedMs = performance.now();
    await closed;
    clearInterval(trickle);
    expect(performance.now() - startedMs).toBeLessThan(20_000);
  });
});

describe('over TLS', () => {
  let folder: string;
  let hub: SocketsFixture;
  beforeAll(async () => {
    folder = mkdtempSync(join(tmpdir(), 'pulsewire-tls-'));
    put(testCertificate, testCertificateKey);
    const certificate = { certFile: join(folder, 'hub.pem'), keyFile: join(folder, 'hub.key') };
    hub = new SocketsFixture({ protection: 'tls', certificate }).listen();
  });
  afterAll(() => {
    hub.sockets.close();
    rmSync(folder, { recursive: true });
  });

  function put(cert: string, key: string): void {
    writeFileSync(join(folder, 'hub.pem'), cert);
    writeFileSync(join(folder, 'hub.key'), key, { mode: 0o600 });
  }

  /** The name in the certificate that a new connection is shown, and what is answered there. */
  function ask(
    host: string,
    options: { maxVersion?: 'TLSv1.1' | 'TLSv1.2'; servername?: string } = {},
  ): Promise<{ name: string; text: string }> {
    return new Promise((resolve, reject) => {
      const socket = connectTls({
        ...{ port: hub.port, host: '127.0.0.1', ca: [testCertificate, renewedCertificate], rejectUnauthorized: false },
        ...(options.maxVersion === 'TLSv1.1' ? { minVersion: 'TLSv1', ciphers: 'DEFAULT@SECLEVEL=0' } : {}),
        ...options,
      });
      let text = '';
      let name = '';
      socket.on('secureConnect', () => {
        name = String(socket.getPeerCertificate().subject.CN);
        socket.write(`GET /who HTTP/1.1\r\nHost: ${host}\r\nConnection: close\r\n\r\n`);
      });
      socket.on('data', (part) => {
        text += part.toString();
        if (text.includes('isSecure')) socket.end();
      });
      socket.on('error', reject);
      socket.on('close', () => resolve({ name, text }));
    });
  }

  test('answers say that the client is secure, and tell browsers to stay so, but not on this machine itself', async () => {
    const { name, text } = await ask('hooks.test:8888');
    expect(name).toBe('Pulsewire test');
    expect(text).toContain('"isSecure":true');
    expect(text).toContain('strict-transport-security: max-age=31536000');
    for (const host of ['localhost:8888', '127.0.0.1', '[::1]:8888'])
      expect((await ask(host)).text).not.toContain('strict-transport-security');
  });

  test('TLS 1.2 is spoken, TLS 1.1 and plain HTTP are not', async () => {
    expect((await ask('localhost', { maxVersion: 'TLSv1.2' })).text).toContain('HTTP/1.1 200');
    await expect(ask('localhost', { maxVersion: 'TLSv1.1' })).rejects.toThrow(/protocol version/);
    expect(await exchangeRaw(hub.port, 'GET /who HTTP/1.1\r\nHost: localhost\r\n\r\n', 300)).toBe('');
  });

  test('a page that came without TLS, and so may be by anybody on the way, opens no socket', async () => {
    const ca = [testCertificate];
    const plain = { origin: hub.origin('ws') };
    expect(await hub.open('/live', { scheme: 'wss', ca, headers: plain }).answered).toBe(-403);
    expect(await hub.open('/live', { scheme: 'wss', ca }).answered).toBe(101);
    for (const { ws } of open) ws.close();
    await expect.poll(() => hub.doorman.addressSocketsMost).toBe(0);
  });

  test('a renewed certificate is shown to whoever connects from then on, by name or not, and nobody is cut off', async () => {
    const wss = { scheme: 'wss' as const, ca: [testCertificate, renewedCertificate] };
    const [agent, before] = [hub.open('/agent', wss), hub.open('/live', wss)];
    await Promise.all([agent.opened, before.opened]);
    put(renewedCertificate, renewedCertificateKey);
    expect(hub.sockets.renewCertificate()).toBe(true);
    const after = hub.open('/live', wss);
    await after.opened;
    expect((await ask('localhost')).name).toBe('Pulsewire test, renewed');
    expect((await ask('localhost', { servername: 'hub.test' })).name).toBe('Pulsewire test, renewed');

    hub.sockets.publish('all', Buffer.from('tick'));
    await expect.poll(() => [before.received, after.received]).toEqual([['tick'], ['tick']]);
    const receivedBefore = hub.receivedCount;
    agent.ws.send(bytes(1));
    await expect.poll(() => hub.receivedCount).toBe(receivedBefore + 1);
    expect(hub.doorman.addressSocketsMost).toBe(3);
  });

  test('a pair that cannot be used changes nothing', async () => {
    put(testCertificate, renewedCertificateKey);
    expect(hub.sockets.renewCertificate()).toBe(false);
    expect((await ask('localhost')).name).toBe('Pulsewire test, renewed');
  });

  test('a second hub cannot take the port, before and after a renewal', async () => {
    put(testCertificate, testCertificateKey);
    const rival = new SocketsFixture();
    expect(rival.sockets.listen('127.0.0.1', hub.port)).toBe(null);
    expect(hub.sockets.renewCertificate()).toBe(true);
    expect(rival.sockets.listen('127.0.0.1', hub.port)).toBe(null);
    rival.sockets.close();
  });

  test('connections of the certificate before the last few are asked to come back', async () => {
    const wss = { scheme: 'wss' as const, ca: [testCertificate] };
    const sockets: TestSocket[] = [];
    for (let index = 0; index < 6; index += 1) {
      sockets.push(hub.open('/agent', wss));
      await sockets.at(-1)!.opened;
      expect(hub.sockets.renewCertificate()).toBe(true);
    }
    await Promise.all([sockets[0]!.ended, sockets[1]!.ended]);
    expect(sockets[5]!.ws.readyState).toBe(WebSocket.OPEN);
  });
});

test('a hub behind a proxy alone is not to be reached around it', async () => {
  const port = await freePort();
  const hub = new SocketsFixture({ proxies: ['10.0.0.1'], protection: 'proxied' });
  // Whoever comes from this machine may always: so this asks by an address of the machine that is not loopback.
  const { networkInterfaces } = await import('node:os');
  const own = Object.values(networkInterfaces())
    .flat()
    .find((one) => one?.family === 'IPv4' && !one.internal)?.address;
  expect(hub.sockets.listen('0.0.0.0', port)).toBe(port);
  expect((await fetch(`http://127.0.0.1:${port}/who`)).status).toBe(200);
  if (own !== undefined) {
    const answer = await fetch(`http://${own}:${port}/who`, { headers: { 'x-forwarded-proto': 'https' } });
    expect([answer.status, await answer.json()]).toEqual([
      403,
      { error: expect.stringContaining('through its proxy') },
    ]);
    const agent = new TestSocket(
      new WebSocket(`ws://${own}:${port}/agent`, agentSubprotocol, { headers: { authorization: 'Bearer x' } }),
    );
    expect(await agent.ended).toBe(-403);
  }
  hub.sockets.close();
});

test('a hub behind a proxy alone answers nobody who came to the proxy without TLS', async () => {
  const hub = new SocketsFixture({ proxies: ['127.0.0.1'], protection: 'proxied' }).listen();
  const statusBy = async (headers: Record<string, string>) => (await hub.ask('/who', from, headers)).status;
  expect([
    await statusBy({ 'x-forwarded-proto': 'https' }),
    await statusBy({ 'x-forwarded-proto': 'http' }),
    await statusBy({}),
  ]).toEqual([200, 403, 403]);
  // Nothing heals that but a person: an agent stays away for as long as it does after any refusal of that kind.
  const agent = hub.open('/agent', { from });
  expect([await agent.ended, agent.retryAfter]).toEqual([-403, null]);
  hub.sockets.close();
});
