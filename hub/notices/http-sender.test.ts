import { createServer, type RequestListener, type Server } from 'node:http';
import { createServer as createSecureServer } from 'node:https';
import { createServer as createTcpServer, type Socket } from 'node:net';
import { afterEach, describe, expect, test } from 'vitest';
import { testCertificate, testCertificateKey } from '../testing/tls-certificate.ts';
import { AddressGuard, type Resolve } from './address-guard.ts';
import { type HttpRequest, HttpSender, parseRetryAfter, retryAfterMsMax } from './http-sender.ts';

const closers: (() => void)[] = [];
afterEach(() => {
  for (const close of closers.splice(0)) close();
});

const nowMs = 1_700_000_000_000;
const loopback: Resolve = async () => ['127.0.0.1'];

/** Listens on loopback until the end of the test. */
function listen(server: Server | ReturnType<typeof createTcpServer>): Promise<number> {
  return new Promise((resolve) => {
    const sockets = new Set<Socket>();
    server.on('connection', (socket: Socket) => sockets.add(socket));
    closers.push(() => {
      server.close();
      for (const socket of sockets) socket.destroy();
    });
    server.listen(0, '127.0.0.1', () => resolve((server.address() as { port: number }).port));
  });
}

const serve = (listener: RequestListener) => listen(createServer(listener));
/** A server that answers by hand. */
const serveRaw = (onSocket: (socket: Socket) => void) =>
  listen(createTcpServer((socket) => onSocket(socket.on('error', () => {}))));

function senderOf(
  options: { readonly targets?: readonly string[]; readonly resolve?: Resolve; timeoutMs?: number } = {},
) {
  const { targets = ['127.0.0.1', 'hooks.test'], resolve = loopback, timeoutMs = 5_000 } = options;
  const guard = new AddressGuard({ internalTargets: targets, resolve });
  return new HttpSender({ guard, nowMs: () => nowMs, timeoutMs, ca: testCertificate });
}

const post = (url: string, body = '{}'): HttpRequest => ({ method: 'POST', url, headers: {}, body });

describe('send()', () => {
  test('sends method, headers and body, and no cookie', async () => {
    const seen: unknown[] = [];
    const port = await serve((request, response) => {
      const chunks: Buffer[] = [];
      request.on('data', (chunk: Buffer) => chunks.push(chunk));
      request.on('end', () => {
        seen.push([request.method, request.url, request.headers, Buffer.concat(chunks).toString()]);
        response.writeHead(200, { 'set-cookie': 'a=b' }).end('a body that nobody is shown');
      });
    });
    const sender = senderOf();
    const request = {
      ...post(`http://127.0.0.1:${port}/x?y=z`, '{"ä":1}'),
      headers: { 'content-type': 'application/json' },
    };

    expect(await sender.send(request)).toEqual({ kind: 'sent', answer: 'HTTP 200' });
    await sender.send(request);
    const headers = {
      host: `127.0.0.1:${port}`,
      connection: 'close',
      'content-length': '8',
      'content-type': 'application/json',
      'user-agent': 'Pulsewire',
    };
    const expected = ['POST', '/x?y=z', headers, '{"ä":1}'];
    expect(seen).toEqual([expected, expected]);
  });

  test('connects to the address that was checked, under the name that was given', async () => {
    const hosts: unknown[] = [];
    const port = await serve((request, response) => {
      hosts.push(request.headers.host);
      response.end();
    });
    const answers = [['127.0.0.1'], ['203.0.113.1']];
    const sender = senderOf({ resolve: async () => answers.shift()! });

    expect(await sender.send(post(`http://hooks.test:${port}/`))).toMatchObject({ kind: 'sent' });
    expect([hosts, answers]).toEqual([[`hooks.test:${port}`], [['203.0.113.1']]]);
  });

  test('is not fooled by a name that changes its mind: what it was checked as is what it connects to', async () => {
    let requests = 0;
    const port = await serve((_, response) => {
      requests += 1;
      response.end();
    });
    // Public when it is checked, ourselves when it would be asked again.
    const answers = [['192.0.2.255'], ['127.0.0.1'], ['127.0.0.1']];
    const sender = senderOf({ targets: ['192.0.2.255'], resolve: async () => answers.shift()!, timeoutMs: 300 });

    expect(await sender.send(post(`http://rebound.example:${port}/`))).toMatchObject({ kind: 'failed' });
    expect(requests).toBe(0);
    // The other way round: asked twice in two sends, checked in both.
    expect(await sender.send(post(`http://rebound.example:${port}/`))).toMatchObject({
      kind: 'failed',
      answer: expect.stringMatching(/got "rebound.example", port \d+, at an internal address/),
    });
    expect(requests).toBe(0);
  });

  test('speaks TLS to the name, and refuses a certificate of another one', async () => {
    const names: unknown[] = [];
    const server = createSecureServer({ cert: testCertificate, key: testCertificateKey }, (request, response) => {
      names.push((request.socket as unknown as { servername: unknown }).servername);
      response.end();
    });
    const port = await listen(server as unknown as Server);

    expect(await senderOf().send(post(`https://hooks.test:${port}/`))).toEqual({ kind: 'sent', answer: 'HTTP 200' });
    expect(names).toEqual(['hooks.test']);
    expect(await senderOf({ targets: ['other.test'] }).send(post(`https://other.test:${port}/`))).toEqual({
      kind: 'failed',
      answer: 'Connection failed: ERR_TLS_CERT_ALTNAME_INVALID',
      retryAfterMs: null,
      isOfMessage: false,
      mayHaveArrived: false,
    });
  });

  test.each([301, 302, 307, 308])('does not follow a redirect (%i)', async (status) => {
    let requests = 0;
    const port = await serve((_, response) => {
      requests += 1;
      response.writeHead(status, { location: `http://127.0.0.1:${port}/elsewhere` }).end();
    });
    expect(await senderOf().send(post(`http://127.0.0.1:${port}/`))).toEqual({
      kind: 'failed',
      answer: `HTTP ${status}: redirects are not followed`,
      retryAfterMs: null,
      isOfMessage: false,
      mayHaveArrived: false,
    });
    expect(requests).toBe(1);
  });

  test.each([
    [400, true, false],
    [401, false, false],
    [404, false, false],
    [413, true, false],
    [429, false, false],
    [500, false, true],
    [502, false, true],
    [503, false, true],
  ])('answers %i: of the message %s, may have arrived %s', async (status, isOfMessage, mayHaveArrived) => {
    const port = await serve((_, response) => response.writeHead(status).end('hunter2'));
    expect(await senderOf().send(post(`http://127.0.0.1:${port}/`))).toEqual({
      kind: 'failed',
      answer: `HTTP ${status}`,
      retryAfterMs: null,
      isOfMessage,
      mayHaveArrived,
    });
  });

  test('hears when it is asked to wait', async () => {
    const port = await serve((_, response) => response.writeHead(429, { 'retry-after': '120' }).end());
    expect(await senderOf().send(post(`http://127.0.0.1:${port}/`))).toMatchObject({ retryAfterMs: 120_000 });
  });

  test('stops reading an answer without an end, and has its status', async () => {
    let sentBytes = 0;
    const closed = new Promise<void>((resolve) => {
      void serve((_, response) => {
        response.writeHead(200);
        const block = Buffer.alloc(64 * 1024, 'x');
        const write = () => {
          for (;;) {
            sentBytes += block.length;
            if (!response.write(block)) break;
          }
        };
        response.on('drain', write).on('close', resolve);
        write();
      }).then(async (port) => {
        expect(await senderOf().send(post(`http://127.0.0.1:${port}/`))).toEqual({ kind: 'sent', answer: 'HTTP 200' });
      });
    });
    await closed;
    // What the kernel holds on both sides, and no more.
    expect(sentBytes).toBeLessThan(64 * 1024 * 1024);
  });

  test('gives up on a receiver that never answers, and says that it may have arrived', async () => {
    const port = await serve(() => {});
    expect(await senderOf({ timeoutMs: 200 }).send(post(`http://127.0.0.1:${port}/`))).toEqual({
      kind: 'failed',
      answer: 'No answer in time',
      retryAfterMs: null,
      isOfMessage: false,
      mayHaveArrived: true,
    });
  });

  test('gives up on headers that drip, in the same time', async () => {
    const port = await serveRaw((socket) => {
      const timer = setInterval(() => socket.write('x'), 10);
      socket.write('HTTP/1.1 200 OK\r\nx: ');
      socket.on('close', () => clearInterval(timer));
    });
    expect(await senderOf({ timeoutMs: 200 }).send(post(`http://127.0.0.1:${port}/`))).toMatchObject({
      answer: 'No answer in time',
      mayHaveArrived: true,
    });
  });

  test('takes the status of an answer whose body drips for ever', async () => {
    const port = await serve((_, response) => {
      const timer = setInterval(() => response.write('x'), 10);
      response.on('close', () => clearInterval(timer));
    });
    expect(await senderOf({ timeoutMs: 200 }).send(post(`http://127.0.0.1:${port}/`))).toEqual({
      kind: 'sent',
      answer: 'HTTP 200',
    });
  });

  test('gives up on a name that is never resolved', async () => {
    const sender = senderOf({ resolve: () => new Promise(() => {}), timeoutMs: 50 });
    expect(await sender.send(post('http://hooks.test/'))).toMatchObject({
      answer: 'No answer in time',
      mayHaveArrived: false,
    });
  });

  test('tells a connection that is cut after the request from one that is refused', async () => {
    const port = await serveRaw((socket) => socket.once('data', () => socket.destroy()));
    expect(await senderOf().send(post(`http://127.0.0.1:${port}/`))).toMatchObject({
      answer: 'Connection failed: ECONNRESET',
      mayHaveArrived: true,
    });
    for (const close of closers.splice(0)) close();
    expect(await senderOf().send(post(`http://127.0.0.1:${port}/`))).toMatchObject({
      answer: 'Connection failed: ECONNREFUSED',
      mayHaveArrived: false,
    });
  });

  test('survives an answer that is no HTTP, and headers without an end', async () => {
    const garbage = await serveRaw((socket) => socket.end('220 mail.test ESMTP\r\n'));
    const endless = await serveRaw((socket) => socket.write(`HTTP/1.1 200 OK\r\nx: ${'x'.repeat(100_000)}`));
    expect(await senderOf().send(post(`http://127.0.0.1:${garbage}/`))).toMatchObject({
      answer: expect.stringMatching(/^Connection failed: HPE_/),
    });
    expect(await senderOf().send(post(`http://127.0.0.1:${endless}/`))).toMatchObject({
      answer: 'Connection failed: HPE_HEADER_OVERFLOW',
    });
  });

  test.each([
    'http://127.0.0.1:PORT/',
    'http://127.1:PORT/',
    'http://0x7f.1:PORT/',
    'http://2130706433:PORT/',
    'http://[::ffff:127.0.0.1]:PORT/',
    'http://[64:ff9b::7f00:1]:PORT/',
    'http://169.254.169.254/latest/meta-data/',
    'http://localhost:PORT/',
    'file:///etc/passwd',
    'gopher://127.0.0.1:PORT/',
    'http://user:hunter2@hooks.test:PORT/',
  ])('sends nothing to %s unless it is listed', async (template) => {
    let requests = 0;
    const port = await serve((_, response) => {
      requests += 1;
      response.end();
    });
    const outcome = await senderOf({ targets: [] }).send(post(template.replace('PORT', String(port))));
    expect(outcome).toMatchObject({ kind: 'failed', answer: expect.stringMatching(/^Cannot send: /) });
    expect(JSON.stringify(outcome)).not.toContain('hunter2');
    expect(requests).toBe(0);
  });
});

test.each([
  [null, null],
  ['', null],
  ['soon', null],
  ['0', 0],
  ['7', 7_000],
  [' 7 ', 7_000],
  ['9999999999', retryAfterMsMax],
  ['-5', null],
  [new Date(nowMs + 90_000).toUTCString(), 90_000],
  [new Date(nowMs - 90_000).toUTCString(), 0],
])('parseRetryAfter(%j) is %j', (text, ms) => {
  expect(parseRetryAfter(text, nowMs)).toBe(ms);
});
