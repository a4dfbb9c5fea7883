/**
 * The audit log, the hub's health, and the secrets of a hub, against the built hub: what is written down of whom, what nobody can
 * change, and that no secret is to be found anywhere that it does not belong.
 */
import { mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { readSnapshot } from './store/backup/snapshot.ts';
import { connect } from './store/connect.ts';
import { createTestDatabase, type TestDatabase } from './testing/database.ts';
import {
  buildHub,
  DatabaseGate,
  enrolmentKey,
  exchangeRaw,
  type HubBundle,
  type HubProcess,
  operatorFetch,
  operatorKey,
  startHub,
} from './testing/hub-process.ts';

interface Entry {
  readonly id: number;
  readonly at: number;
  readonly actor: { readonly kind: string; readonly id: number | null; readonly name: string };
  readonly action: string;
  readonly object: string;
  readonly result: string;
  readonly status: number | null;
  readonly address: string;
  readonly user_agent: string;
  readonly detail: Readonly<Record<string, unknown>>;
  readonly repeats: number;
}

const json = { 'content-type': 'application/json' };
/** Each is looked for everywhere: nothing but the place that it is for may hold it. */
const canary = {
  channel: 'canary-channel-secret-0815',
  password: 'canary password of somebody 99',
  wrongPassword: 'canary wrong password 77',
  unknownToken: 'canary-unknown-token-1234567890',
};
let bundle: HubBundle;
let database: TestDatabase & { drop(): Promise<void> };
let gate: DatabaseGate;
let hub: HubProcess;
let dataFolder: string;

beforeAll(async () => {
  bundle = await buildHub();
  database = await createTestDatabase();
  gate = new DatabaseGate(database.connection);
  await gate.open();
  dataFolder = mkdtempSync(join(tmpdir(), 'pulsewire-audit-'));
  hub = await (
    await startHub({ bundle, databaseUrl: gate.url, dataFolder, settings: { logLevel: 'debug' } })
  ).answers();
});

afterAll(async () => {
  if (hub?.isRunning) await hub.stop('SIGKILL');
  await gate?.close();
  await database?.drop();
  bundle?.remove();
  rmSync(dataFolder, { recursive: true, force: true });
});

async function entries(query = ''): Promise<Entry[]> {
  const { status, body } = await hub.ask<{ entries: Entry[] }>('GET', `/api/v1/audit?limit=1000&${query}`);
  expect([query, status]).toEqual([query, 200]);
  return body.entries;
}

const makeNote = (text: string, headers: Record<string, string> = {}) =>
  hub.ask<{ id: number }>('POST', '/api/v1/notes', { text }, { ...json, ...headers });

describe('the audit log', () => {
  test('says who did what from where, and how it ended, before the answer is out', async () => {
    const { status } = await makeNote('Shop 4.2', { 'user-agent': 'deploy/1.0' });
    expect(status).toBe(201);
    const [newest] = await entries();
    expect(newest).toMatchObject({
      ...{
        actor: { kind: 'operator', id: null, name: 'operator' },
        action: 'note.created',
        result: 'done',
        status: 201,
      },
      ...{ address: '127.0.0.1', user_agent: 'deploy/1.0', repeats: 1 },
    });
    expect(Math.abs(newest!.at - Date.now() / 1_000)).toBeLessThan(60);
    expect(await entries('action=hub.started')).toMatchObject([
      { actor: { kind: 'hub' }, result: 'done', status: null },
    ]);
  });

  test('says what was muted, and what there was before it was removed, by the old paths too', async () => {
    const pushed = { hostname: 'web-1', client_id: 'c', metrics: { load: 1 } };
    expect((await hub.ask('POST', '/metrics', pushed)).status).toBe(200);
    const done = async (method: string, path: string, body: unknown = null) => {
      const answer = await hub.ask<{ id: number }>(method, path, body);
      expect([method, path, answer.body, answer.status < 300]).toEqual([method, path, answer.body, true]);
      return answer.body.id;
    };
    const hourMs = 3_600_000;
    const startMs = Math.ceil(Date.now() / hourMs) * hourMs + 24 * hourMs;
    const end = new Date(startMs + hourMs).toISOString();
    const span = { start: new Date(startMs).toISOString(), end };
    const hosts = { names: ['web-1'] };

    const silence = await done('POST', '/api/v1/silences', { rules: ['*'], until: end });
    await done('DELETE', `/api/v1/silences/${silence}`);
    const downtime = await done('POST', '/api/v1/downtimes', { hosts: { tags: { role: 'db' } }, ...span });
    await done('PATCH', `/api/v1/downtimes/${downtime}`, { hosts: {} });
    await done('DELETE', `/api/v1/downtimes/${downtime}`);
    const [start_time, end_time] = [startMs / 1_000, (startMs + hourMs) / 1_000];
    const old = await done('POST', '/downtime', { hostname: 'web-1', start_time, end_time });
    await done('DELETE', '/downtime', { id: old });
    const limit = { metric_name: 'load', condition: 'above', threshold: 5, duration: 1 };
    const rule = await done('POST', '/alert_config', { hostname: 'web-1', ...limit });
    await done('POST', '/alert_state', { id: rule, enabled: false });
    await done('DELETE', '/alert_config', { id: rule });
    const note = await done('POST', '/api/v1/notes', { text: 'Shop 4.3', hosts });
    await done('PATCH', `/api/v1/notes/${note}`, { text: 'Shop 4.4' });
    await done('DELETE', `/api/v1/notes/${note}`);
    await done('POST', '/update_tags', { hostname: 'web-1', tags: { role: 'db' } });
    await done('POST', '/remove_host', { hostname: 'web-1' });
    expect((await hub.ask('DELETE', '/api/v1/downtimes/999999')).status).toBe(404);

    const isSilent = { object: '* on all hosts', detail: { id: silence, hosts: 'all', rules: ['*'], end } };
    const ofTags = { id: downtime, hosts: { tags: ['role=db'] }, ...span };
    const ofOne = { id: old, hosts: { names: ['web-1'] }, ...span };
    const ofRule = { id: rule, hosts: { names: ['web-1'] }, kind: 'series', condition: { threshold: 5 } };
    const ofNote = { id: note, hosts: { names: ['web-1'] }, text: 'Shop 4.3' };
    const newest = await entries();
    const shown = newest.slice(0, newest.findIndex(({ action }) => action === 'silence.created') + 1).reverse();
    expect(shown.filter(({ action }) => !action.startsWith('metrics'))).toMatchObject([
      { action: 'silence.created', ...isSilent },
      { action: 'silence.removed', ...isSilent },
      { action: 'downtime.created', object: 'tag role=db', detail: ofTags },
      { action: 'downtime.changed', object: 'tag role=db', detail: { ...ofTags, becomes: { hosts: 'all', ...span } } },
      { action: 'downtime.removed', object: 'all hosts', detail: { id: downtime, hosts: 'all', ...span } },
      { action: 'downtime.created', object: 'web-1', detail: ofOne },
      { action: 'downtime.removed', object: 'web-1', detail: ofOne },
      { action: 'rule.created', object: expect.stringContaining('load'), detail: { ...ofRule, enabled: true } },
      { action: 'rule.changed', detail: { ...ofRule, changed: ['enabled'], becomes: { enabled: false } } },
      { action: 'rule.removed', object: expect.stringContaining('load'), detail: { ...ofRule, enabled: false } },
      { action: 'note.created', object: 'Shop 4.3', detail: ofNote },
      { action: 'note.changed', object: 'Shop 4.3', detail: { ...ofNote, becomes: { text: 'Shop 4.4' } } },
      { action: 'note.removed', object: 'Shop 4.4', detail: { ...ofNote, text: 'Shop 4.4' } },
      { action: 'host.changed', object: 'web-1', detail: { tags: { role: 'db' }, before: { kind: 'push' } } },
      { action: 'host.removed', object: 'web-1', detail: { kind: 'push', tags: ['role=db'] } },
      { action: 'downtime.removed', status: 404, detail: { id: 999_999 } },
    ]);
  });

  test('says what was refused, to strangers too, and no more of a flood than its count', async () => {
    expect((await hub.ask('POST', '/api/v1/notes', { text: '' })).status).toBe(400);
    for (let index = 0; index < 60; index += 1) {
      const answer = await fetch(`${hub.url}/api/v1/notes`, { method: 'POST', headers: json, body: '{"text":"x"}' });
      expect([401, 429]).toContain(answer.status);
      await answer.text();
    }
    const refused = await entries('result=refused&action=note');
    expect(refused.some(({ actor, status }) => actor.kind === 'operator' && status === 400)).toBe(true);
    const strangers = refused.filter(({ actor }) => actor.kind === 'anonymous');
    expect(strangers.length).toBeGreaterThan(0);
    expect(strangers.length).toBeLessThanOrEqual(21);
  });

  test('takes what reaches it in headers and names as text', async () => {
    const agent = "x', (select pg_sleep(20))) -- $1 \\'; drop table audit; --";
    const answer = await exchangeRaw(
      hub.port,
      `POST /api/v1/notes HTTP/1.1\r\nHost: localhost\r\nUser-Agent: ${agent}\r\nX-Forwarded-For: 1' || pg_sleep(20) --\r\n` +
        `Authorization: Bearer ${operatorKey}\r\nContent-Type: application/json\r\nContent-Length: 12\r\n\r\n{"text":"a"}`,
      5_000,
    );
    expect(answer).toContain(' 201 ');
    const [newest] = await entries('action=note.created');
    expect(newest).toMatchObject({ user_agent: agent, address: '127.0.0.1' });
    for (const text of ["' or 1=1 --", '%', '_', '\\', '"', '$$', "'); select pg_sleep(20); --"]) {
      const asked = encodeURIComponent(text);
      for (const field of ['q', 'actor', 'object', 'address']) await entries(`${field}=${asked}`);
      expect((await hub.ask('GET', `/api/v1/audit?action=${asked}`)).status).toBe(400);
      expect((await hub.ask('GET', `/api/v1/audit?before=${asked}`)).status).toBe(400);
    }
  });

  test('is read page by page', async () => {
    const all = await entries();
    const seen: number[] = [];
    for (let next: number | null = null; ; ) {
      const before: string = next === null ? '' : `&before=${next}`;
      const page = await hub.ask<{ entries: Entry[]; next: number | null }>('GET', `/api/v1/audit?limit=7${before}`);
      seen.push(...page.body.entries.map(({ id }) => id));
      next = page.body.next;
      if (next === null) break;
    }
    expect(seen).toEqual(all.map(({ id }) => id));
  });

  test('is taken away as CSV without formulas and as JSON lines, which is written down', async () => {
    await makeNote('x', { 'user-agent': '=HYPERLINK("http://evil.example","click")' });
    const csv = await operatorFetch(`${hub.url}/api/v1/audit/export?format=csv&action=note`);
    expect(csv.headers.get('content-disposition')).toMatch(/^attachment; filename="pulsewire-audit-[\d-]+\.csv"$/);
    const text = await csv.text();
    expect(text.startsWith('id,time,actor_kind,')).toBe(true);
    expect(text).toContain(`"'=HYPERLINK(""http://evil.example"",""click"")"`);
    expect(text).not.toMatch(/(^|,|")=/m);
    const lines = await (await operatorFetch(`${hub.url}/api/v1/audit/export?format=ndjson`)).text();
    const parsed = lines
      .trimEnd()
      .split('\n')
      .map((line) => JSON.parse(line) as Entry);
    // That it was taken is written down as it goes out, and so is not in it.
    expect(parsed.map(({ id }) => id)).toEqual((await entries()).map(({ id }) => id).slice(1));
    expect(await entries('action=audit.exported')).toMatchObject([
      { object: 'ndjson' },
      { object: 'csv', detail: { action: 'note' } },
    ]);
  });

  test('is for admins alone', async () => {
    for (const path of ['/api/v1/audit', '/api/v1/audit/actions', '/api/v1/audit/export', '/api/v1/health']) {
      const answer = await fetch(hub.url + path);
      expect([path, answer.status]).toEqual([path, 401]);
      await answer.text();
    }
  });

  test('keeps what happens while the database is away, and writes it when it is back', async () => {
    await gate.close();
    await expect.poll(async () => (await makeNote('while away', { 'user-agent': 'away/1' })).status).toBe(503);
    await gate.open();
    await expect
      .poll(async () => (await entries('action=note.created&result=failed')).map(({ user_agent }) => user_agent), {
        timeout: 60_000,
      })
      .toContain('away/1');
  });
});

test('the hub says how it is: versions, threads, bounds, the role that it works as', async () => {
  const { body } = await hub.ask<Record<string, unknown>>('GET', '/api/v1/health');
  expect(body).toMatchObject({
    versions: { node: process.version, postgresql: expect.stringMatching(/^1[5-9]/), schema: expect.any(Number) },
    threads: [{ name: 'main' }, { name: 'storage' }, { name: 'archive' }],
    database: { kind: 'external', role: 'pulsewire_hub', has_own_role: true, is_superuser: false, weak: [] },
    audit: { lost: 0 },
  });
  const names = (body['bounds'] as { name: string; value: number; max: number }[]).map(({ name }) => name);
  expect(names).toEqual(
    expect.arrayContaining(['queued_bytes', 'ring_bytes', 'audit_queued_entries', 'database_connections']),
  );
});

test('no secret is in a log, an answer, an export, an error, a table, or a backup', async () => {
  const channel = { name: 'c', kind: 'webhook', settings: { url: `https://example.org/${canary.channel}` } };
  await hub.ask('POST', '/api/v1/channels', channel);
  const person = { name: 'eve', role: 'admin', password: canary.password };
  expect((await hub.ask('POST', '/api/v1/people', person)).status).toBe(201);
  const token = await hub.ask<{ token: string }>('POST', '/api/v1/tokens', { name: 't', scope: 'read' });
  expect(token.status).toBe(201);
  const signIn = (password: string) =>
    fetch(`${hub.url}/api/v1/session`, {
      method: 'POST',
      headers: json,
      body: JSON.stringify({ name: 'eve', password }),
    });
  const cookie = (await signIn(canary.password)).headers.get('set-cookie') ?? '';
  const session = /=([\w-]{20,})/.exec(cookie)?.[1] ?? '';
  expect(session).not.toBe('');
  await (await signIn(canary.wrongPassword)).text();
  await (
    await fetch(`${hub.url}/api/v1/hosts`, { headers: { authorization: `Bearer ${canary.unknownToken}` } })
  ).text();

  const paths = [
    ...[
      '/api/v1/audit?limit=1000',
      '/api/v1/audit/export?format=csv',
      '/api/v1/audit/export?format=ndjson',
      '/api/v1/health',
      '/api/v1/people',
      '/api/v1/tokens',
    ],
    ...['/api/v1/channels', '/api/v1/hosts', '/api/v1/session', '/api/v1/openapi.json', '/metrics', '/api/v1/storage'],
    ...['/healthz', '/api/v1/rules', '/api/v1/notices', '/api/v1/nothing', '/api/v1/people/999999', '/api/v1/tokens/x'],
  ];
  const answers: [string, string][] = [];
  for (const path of paths) answers.push([path, await (await operatorFetch(hub.url + path)).text()]);
  const tables: [string, string][] = [];
  const names = await database.sql<{ name: string }[]>`
    select relname as name from pg_class where relnamespace = 'public'::regnamespace and relkind = 'r'`;
  for (const { name } of names) {
    const [row] = await database.sql.unsafe<{ text: string }[]>(
      `select coalesce(string_agg(t::text, E'\\n'), '') as text from "${name}" t`,
    );
    // Bytes are shown as hex: a secret that was stored as bytes is looked for as that too.
    tables.push([`table ${name}`, row!.text]);
  }
  const backup: Uint8Array[] = [];
  const reader = connect(
    { url: null, ...database.connection },
    { connectionCount: 1, name: 'test', statementMsMax: 60_000 },
  );
  for await (const part of readSnapshot(reader)) if (part.kind === 'rows') backup.push(part.bytes);
  await reader.end();
  const copied = Buffer.concat(backup).toString();
  expect(copied).toContain('person.created');
  const { password } = database.connection;
  const hubPassword = database.hubConnection.password;
  const secrets = {
    ...{ ...canary, enrolmentKey, operatorKey, password, hubPassword, session, token: token.body.token },
    fileKey: readFileSync(join(dataFolder, 'secret-key'), 'utf8').trim(),
    personPassword: canary.password,
  };
  const places = [...answers, ...tables, ['the log', hub.text] as const, ['a backup', copied] as const];
  for (const [name, secret] of Object.entries(secrets)) {
    expect(secret.length).toBeGreaterThan(12);
    const hex = Buffer.from(secret).toString('hex');
    for (const [place, text] of places) {
      expect([name, place, text.includes(secret) || text.includes(hex)]).toEqual([name, place, false]);
    }
  }
  const setCookie = cookie.toLowerCase();
  expect(setCookie).toContain('httponly');
});
