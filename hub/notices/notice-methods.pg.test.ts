/** Delivery with nothing faked: rows in PostgreSQL, receivers on loopback that fail in every way, and senders that are killed. */
import { createHmac } from 'node:crypto';
import { createServer, type IncomingMessage, type ServerResponse } from 'node:http';
import { setTimeout as sleep } from 'node:timers/promises';
import { pino } from 'pino';
import postgres from 'postgres';
import { afterEach, expect, test } from 'vitest';
import { SecretBox } from '../secret-box.ts';
import { type TestDatabase, withDatabase } from '../testing/database.ts';
import { startMailServer } from '../testing/mail-server.ts';
import { addChannel, addNotice } from '../testing/outbox-fixture.ts';
import type { ChannelKind, ChannelSettings } from './channel.ts';
import { noticeMethods } from './notice-methods.ts';

const secretKey = new Uint8Array(32).fill(1);
const box = new SecretBox(secretKey);
const patienceMs = 30_000;

const closers: (() => Promise<void> | void)[] = [];
afterEach(async () => {
  for (const close of closers.splice(0).reverse()) await close();
});

interface Received {
  readonly key: string;
  readonly events: readonly string[];
}

type Answer = (response: ServerResponse, request: IncomingMessage) => void;
const take: Answer = (response) => response.end();

/** A receiver that drops what it knows by its key, and answers as it is told, then well. */
async function startReceiver(answers: Answer[], secret = 'hunter2') {
  const received: Received[] = [];
  const known = new Set<string>();
  const server = createServer((request, response) => {
    const chunks: Buffer[] = [];
    request.on('data', (chunk: Buffer) => chunks.push(chunk));
    request.on('end', () => {
      const body = Buffer.concat(chunks).toString();
      const signed = `${String(request.headers['x-pulsewire-timestamp'])}.${body}`;
      const signature = `sha256=${createHmac('sha256', secret).update(signed).digest('hex')}`;
      if (request.headers['x-pulsewire-signature'] !== signature) throw new Error('a signature that does not fit');
      const { key, events } = JSON.parse(body) as { key: string; events: { key: string }[] };
      if (request.headers['idempotency-key'] !== key) throw new Error('a key that does not fit');
      received.push({ key, events: events.map((event) => event.key) });
      (answers.shift() ?? take)(response, request);
      known.add(key);
    });
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  closers.push(() => {
    server.closeAllConnections();
    server.close();
  });
  const url = `http://127.0.0.1:${(server.address() as { port: number }).port}/hook`;
  /** What has had an effect: the events of messages whose key was new. */
  const effective = () => {
    const keys = new Set<string>();
    return received.flatMap(({ key, events }) => {
      if (keys.has(key)) return [];
      keys.add(key);
      return events;
    });
  };
  return { url, received, effective };
}

function start({ connection }: TestDatabase) {
  const sql = postgres({ ...connection, max: 2, onnotice: () => {} });
  const lines: string[] = [];
  const methods = noticeMethods(sql, {
    settings: { intervalMs: 0, internalTargets: ['127.0.0.1'], watchdogUrl: null },
    secretKey,
    log: pino({ level: 'debug', base: null }, { write: (line: string) => lines.push(line) }),
  });
  let isOver = false;
  const end = async () => {
    if (isOver) return;
    isOver = true;
    await methods.stopNotices(null);
    await sql.end({ timeout: 1 });
  };
  closers.push(end);
  return { ...methods, lines, end };
}

function addSealed<K extends ChannelKind>(
  sql: postgres.Sql,
  kind: K,
  settings: ChannelSettings<K>,
  name: string = kind,
) {
  return addChannel(sql, { name, kind, settings: box.sealSettings(kind, settings) });
}

async function until(what: string, isSo: () => Promise<boolean> | boolean): Promise<void> {
  const endMs = performance.now() + patienceMs;
  while (!(await isSo())) {
    if (performance.now() > endMs) throw new Error(`Waited too long until ${what}`);
    await sleep(20);
  }
}

const allSent = (sql: postgres.Sql) => async () => (await sql`select from outbox where state <> 'sent'`).length === 0;

test('a notice goes from its row to a webhook and to a mail server', () =>
  withDatabase(async (database) => {
    const { sql } = database;
    const receiver = await startReceiver([]);
    const mail = await startMailServer({ security: 'none', password: 'hunter2' });
    closers.push(mail.close);
    const settings = {
      host: '127.0.0.1',
      port: mail.port,
      security: 'none',
      username: 'hub',
      password: 'hunter2',
      from: 'hub@example.com',
      to: ['ops@example.com'],
    } as const;
    const hook = await addSealed(sql, 'webhook', { url: receiver.url, secret: 'hunter2' });
    const post = await addSealed(sql, 'email', { ...settings, to: [...settings.to] });
    const methods = start(database);
    for (const channelId of [hook, post]) await addNotice(sql, { channelId });
    await methods.pokeNotices(0);
    await until('both are sent', allSent(sql));

    expect(receiver.effective()).toEqual(['a.1.fired']);
    expect(mail.mails).toHaveLength(1);
    expect(mail.mails[0]!.text).toContain('Disk nearly full on web-1');
    const rows = await sql<{ tries: { answer: string }[] }[]>`select tries from outbox order by id`;
    expect(rows.map(({ tries }) => tries.map(({ answer }) => answer))).toEqual([['HTTP 200'], ['SMTP 250']]);
    expect(await methods.noticesReport(null)).toMatchObject({ sentMessages: 2, failedTries: 0, waitingCount: 0 });
    // Neither the log nor the database has a secret.
    const dump = JSON.stringify(
      await sql`select c.settings, o.tries from channel c left join outbox o on o.channel = c.id`,
    );
    expect(methods.lines.join('') + dump).not.toMatch(/hunter2|\/hook/);
  }));

test('a receiver that fails in every way has each notice once in the end, and others are not held up', () =>
  withDatabase(async (database) => {
    const { sql } = database;
    const status =
      (code: number, headers: Record<string, string> = {}): Answer =>
      (response) =>
        void response.writeHead(code, headers).end();
    const sick = await startReceiver([
      status(503),
      status(429, { 'retry-after': '1' }),
      // Cut, although it has been taken.
      (response) => void response.destroy(),
      status(302, { location: 'http://127.0.0.1/' }),
    ]);
    const well = await startReceiver([]);
    const sickId = await addSealed(sql, 'webhook', { url: sick.url, secret: 'hunter2' }, 'sick');
    const wellId = await addSealed(sql, 'webhook', { url: well.url, secret: 'hunter2' }, 'well');
    const methods = start(database);
    for (const channelId of [sickId, wellId])
      for (const [series, group] of [
        ['a', 'x'],
        ['b', 'x'],
        ['c', 'y'],
      ] as const)
        await addNotice(sql, { channelId, series, groupKey: group });
    await methods.pokeNotices(0);
    await until('the other one has all', () => well.effective().length === 3);
    await addNotice(sql, { channelId: sickId, series: 'a', seq: 2, kind: 'resolved', groupKey: 'x' });
    await methods.pokeNotices(0);
    // Waits of its tries come to some 20 s at most: what is due is pulled forward.
    await until('all are sent', async () => {
      await sql`update outbox set due_at = now() where state = 'waiting' and due_at > now() + interval '2 s'`;
      await sql`update channel set leased_until = now() where leased_until > now() + interval '2 s' and not exists (
        select from outbox o where o.channel = channel.id and o.state = 'sending')`;
      await methods.pokeNotices(0);
      return allSent(sql)();
    });

    expect(sick.effective().sort()).toEqual(['a.1.fired', 'a.2.resolved', 'b.1.fired', 'c.1.fired']);
    const order = sick.effective();
    expect(order.indexOf('a.1.fired')).toBeLessThan(order.indexOf('a.2.resolved'));
    expect(well.effective()).toHaveLength(3);
    expect(methods.lines.filter((line) => line.includes('"channel.failed"'))).toHaveLength(1);
    expect(methods.lines.filter((line) => line.includes('"channel.recovered"'))).toHaveLength(1);
  }));

test('a sender that is killed between send and settle leaves the same message, under the same key, to the next', () =>
  withDatabase(async (database) => {
    const { sql } = database;
    let killer: () => Promise<unknown> = async () => {};
    let answer = () => {};
    const receiver = await startReceiver([
      (response) => {
        answer = () => response.end();
        void killer();
      },
    ]);
    const channelId = await addSealed(sql, 'webhook', { url: receiver.url, secret: 'hunter2' });
    // A connection of its own, which goes as at a kill: nothing it wanted to write is written.
    const doomedSql = postgres({
      ...database.connection,
      max: 2,
      onnotice: () => {},
      connection: { application_name: 'doomed' },
    });
    const doomed = noticeMethods(doomedSql, {
      settings: { intervalMs: 0, internalTargets: ['127.0.0.1'], watchdogUrl: null },
      secretKey,
      log: pino({ level: 'silent' }),
    });
    killer = () => doomedSql.end({ timeout: 0 });
    await addNotice(sql, { channelId });
    await addNotice(sql, { channelId, series: 'b' });
    await doomed.pokeNotices(0);
    await until('the first has sent', () => receiver.received.length === 1);
    answer();
    await doomed.stopNotices(null);
    expect((await sql`select state from outbox`).map((row) => row['state'])).toEqual(['sending', 'sending']);

    await addNotice(sql, { channelId, series: 'c' });
    const next = start(database);
    // As if a minute had passed.
    await sql`update channel set leased_until = now()`;
    await sql`update outbox set leased_until = now() where state = 'sending'`;
    await next.pokeNotices(0);
    await until('the next has sent', allSent(sql));
    const [first, second, third] = receiver.received;
    expect(second).toEqual(first);
    expect(third).toEqual({ key: expect.not.stringContaining(first!.key), events: ['c.1.fired'] });
    expect(receiver.effective().sort()).toEqual(['a.1.fired', 'b.1.fired', 'c.1.fired']);
  }));

test('two hubs on one database send every notice once', () =>
  withDatabase(async (database) => {
    const { sql } = database;
    const receivers = await Promise.all([startReceiver([]), startReceiver([]), startReceiver([])]);
    const hubs = [start(database), start(database)];
    const ids: number[] = [];
    for (const [index, { url }] of receivers.entries())
      ids.push(await addSealed(sql, 'webhook', { url, secret: 'hunter2' }, `${index}`));
    for (let n = 0; n < 20; n += 1) {
      for (const channelId of ids) await addNotice(sql, { channelId, series: `${n}`, groupKey: `${n % 3}` });
      for (const hub of hubs) await hub.pokeNotices(0);
    }
    await until('all are sent', allSent(sql));
    for (const { received } of receivers) expect(received.flatMap(({ events }) => events)).toHaveLength(20);
  }));

test('a channel whose secret was sealed with another key fails with words that say so, and is dead when it is closed', () =>
  withDatabase(async (database) => {
    const { sql } = database;
    const other = new SecretBox(new Uint8Array(32));
    const settings = other.sealSettings('webhook', { url: 'http://127.0.0.1/hunter2', secret: null });
    const channelId = await addChannel(sql, { settings });
    const methods = start(database);
    await addNotice(sql, { channelId });
    await methods.pokeNotices(0);
    await until('it has failed', async () => (await sql`select from outbox where attempts > 0`).length > 0);
    const [row] = await sql<{ tries: { answer: string }[] }[]>`select tries from outbox`;
    expect(row!.tries[0]!.answer).toMatch(/^Cannot open a secret: it must have been sealed with this hub's secret key/);

    await sql`update channel set removed_at = now(), leased_until = now()`;
    await sql`update outbox set due_at = now()`;
    await methods.pokeNotices(0);
    await until('it is dead', async () => (await sql`select from outbox where state = 'dead'`).length > 0);
    expect(await methods.noticesReport(null)).toMatchObject({ deadNotices: 1, deadCount: 1, waitingCount: 0 });
  }));

test('sendDirect() sends at once', () =>
  withDatabase(async (database) => {
    const receiver = await startReceiver([]);
    const methods = start(database);
    const channel = {
      kind: 'webhook',
      sealedSettings: box.sealSettings('webhook', { url: receiver.url, secret: 'hunter2' }),
    } as const;
    const message = { key: 'k', groupKey: 'storage', events: [], omittedCount: 0 };
    expect(await methods.sendDirect({ channel, message })).toEqual({ kind: 'sent', answer: 'HTTP 200' });
    expect(receiver.received).toEqual([{ key: 'k', events: [] }]);
    await methods.watchdog(true);
    expect(await methods.noticesReport(null)).toMatchObject({ directMessages: 1, watchdogPings: 0 });
  }));
