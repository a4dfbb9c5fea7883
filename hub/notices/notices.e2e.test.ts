/** Notices by the built hub: its archive thread, its settings, its log and metrics, and what a kill leaves. */
import { createHmac, randomBytes, scryptSync } from 'node:crypto';
import { createServer, type ServerResponse } from 'node:http';
import { setTimeout as delay } from 'node:timers/promises';
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, test } from 'vitest';
import { SecretBox } from '../secret-box.ts';
import { createTestDatabase, type TestDatabase } from '../testing/database.ts';
import {
  buildHub,
  DatabaseGate,
  type HubBundle,
  type HubProcess,
  operatorFetch,
  startHub,
} from '../testing/hub-process.ts';
import { addChannel, addNotice } from '../testing/outbox-fixture.ts';

/** In the environment, in the database and in requests; nowhere else. */
const secretKey = randomBytes(24).toString('base64url');
const canary = randomBytes(24).toString('base64url');
const box = new SecretBox(scryptSync(secretKey, 'pulsewire secret key', 32, { N: 2 ** 14, r: 8, p: 1 }));
const patienceMs = 20_000;

let bundle: HubBundle;
let database: TestDatabase & { drop(): Promise<void> };
let gate: DatabaseGate;
let url = '';
let channelId = 0;
const hubs: HubProcess[] = [];
const received: { readonly key: string; readonly events: readonly string[]; readonly isSigned: boolean }[] = [];
let answer: (response: ServerResponse) => void = (response) => void response.end();

const receiver = createServer((request, response) => {
  const chunks: Buffer[] = [];
  request.on('data', (chunk: Buffer) => chunks.push(chunk));
  request.on('end', () => {
    const body = Buffer.concat(chunks).toString();
    const { key, events } = JSON.parse(body) as { key: string; events: { key: string }[] };
    const text = `${String(request.headers['x-pulsewire-timestamp'])}.${body}`;
    const signature = `sha256=${createHmac('sha256', canary).update(text).digest('hex')}`;
    const isSigned = request.headers['x-pulsewire-signature'] === signature;
    received.push({ key, events: events.map((event) => event.key), isSigned });
    answer(response);
  });
});

beforeAll(async () => {
  bundle = await buildHub();
  await new Promise<void>((resolve) => receiver.listen(0, '127.0.0.1', resolve));
  url = `http://127.0.0.1:${(receiver.address() as { port: number }).port}`;
});

afterAll(() => {
  receiver.closeAllConnections();
  receiver.close();
  bundle.remove();
});

beforeEach(async () => {
  database = await createTestDatabase();
  gate = new DatabaseGate(database.connection);
  await gate.open();
  received.length = 0;
  answer = (response) => void response.end();
  const settings = box.sealSettings('webhook', { url: `${url}/${canary}`, secret: canary });
  channelId = await addChannel(database.sql, { settings });
});

afterEach(async () => {
  for (const hub of hubs.splice(0)) if (hub.isRunning) await hub.stop('SIGKILL');
  await gate.close();
  await database.drop();
});

async function start(settings: Readonly<Record<string, unknown>> = {}): Promise<HubProcess> {
  const hub = await startHub({
    bundle,
    databaseUrl: gate.url,
    settings: { internalTargets: ['127.0.0.1'], logLevel: 'debug', watchdogUrl: `${url}/${canary}`, ...settings },
    env: { PULSEWIRE_SECRET_KEY: secretKey },
  });
  hubs.push(hub);
  return await hub.answers();
}

async function until(what: string, isSo: () => Promise<boolean> | boolean): Promise<void> {
  const endMs = performance.now() + patienceMs;
  while (!(await isSo())) {
    if (performance.now() > endMs) throw new Error(`Waited too long until ${what}`);
    await delay(20);
  }
}

const rowsIn = async (state: string) => (await database.sql`select from outbox where state = ${state}`).length;

describe('a hub', () => {
  test('sends what waits when it starts, signed, and shows its secrets nowhere', async () => {
    await addNotice(database.sql, { channelId });
    const hub = await start();
    await until('it is sent', async () => (await rowsIn('sent')) === 1);
    expect(received).toEqual([{ key: expect.any(String), events: ['a.1.fired'], isSigned: true }]);

    answer = (response) => void response.writeHead(500).end();
    await addNotice(database.sql, { channelId, series: 'b' });
    await until(
      'it has failed',
      async () => (await database.sql`select from outbox where attempts > 0 and state = 'waiting'`).length > 0,
    );
    const metrics = await (await operatorFetch(`${hub.url}/metrics`)).text();
    expect(metrics).toMatch(/^pulsewire_hub_notice_messages_sent_total 1$/m);
    expect(metrics).toMatch(/^pulsewire_hub_notice_tries_failed_total [1-9]/m);
    expect(metrics).toMatch(/^pulsewire_hub_notices_waiting 1$/m);
    const shown = [metrics];
    for (const path of ['/api/v1/channels', '/api/v1/alerts', '/api/v1/notices', '/api/v1/openapi.json'])
      shown.push(await (await operatorFetch(hub.url + path)).text());
    expect(await hub.stop()).toBe(0);

    const [dump] =
      await database.sql`select json_agg(c)::text as c, (select json_agg(o)::text from outbox o) as o from channel c`;
    expect(hub.text).toContain('"channel.failed"');
    expect(hub.text).toContain('"watchdogUrl":"(secret)"');
    for (const text of [hub.text, ...shown, JSON.stringify(dump)]) {
      expect(text).not.toContain(canary);
      expect(text).not.toContain(secretKey);
    }
  });

  test('that is killed while it sends leaves the same message, under the same key, to the next', async () => {
    const hub = await start();
    answer = () => {
      hub.child.kill('SIGKILL');
    };
    await addNotice(database.sql, { channelId });
    await addNotice(database.sql, { channelId, series: 'b' });
    await until('it is dead', () => !hub.isRunning);
    expect([await rowsIn('sending'), received.length]).toEqual([2, 1]);

    answer = (response) => void response.end();
    // As if the minute of the lease had passed.
    await database.sql`update channel set leased_until = now()`;
    await database.sql`update outbox set leased_until = now()`;
    await start();
    await until('it is sent', async () => (await rowsIn('sent')) === 2);
    expect(received[1]).toEqual(received[0]);
    expect(received).toHaveLength(2);
  });

  test('stops in time although a receiver hangs, and leaves its notices to the next', async () => {
    const hub = await start();
    answer = () => {};
    await addNotice(database.sql, { channelId });
    await until('it is being sent', () => received.length === 1);
    const startMs = performance.now();
    expect(await hub.stop()).toBe(0);
    expect(performance.now() - startMs).toBeLessThan(10_000);
    expect(await rowsIn('sending')).toBe(1);
  });

  test('refuses internal targets that are none, with all its problems', async () => {
    const hub = await startHub({ bundle, databaseUrl: gate.url, settings: { internalTargets: ['http://mail'] } });
    hubs.push(hub);
    expect(await hub.exited).toBe(2);
    expect(hub.text).toContain('"internalTargets" must hold "host" or "host:port": got "http://mail"');
  });
});
