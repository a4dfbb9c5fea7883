/** Notes on charts against the built hub: by REST as scripts make them, and told to the pages that are open. */
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { WebSocket } from 'ws';
import { decodeToViewer } from '#core/codec.ts';
import { viewerSubprotocol } from '#core/message.ts';
import { createTestDatabase, type TestDatabase } from './testing/database.ts';
import {
  buildHub,
  DatabaseGate,
  type HubBundle,
  type HubProcess,
  operatorHeaders,
  startHub,
} from './testing/hub-process.ts';

let bundle: HubBundle;
let database: TestDatabase & { drop(): Promise<void> };
let gate: DatabaseGate;
let hub: HubProcess;

beforeAll(async () => {
  bundle = await buildHub();
  database = await createTestDatabase();
  gate = new DatabaseGate(database.connection);
  await gate.open();
  hub = await (await startHub({ bundle, databaseUrl: gate.url })).answers();
  await hub.ask('POST', '/metrics', { hostname: 'shop-1', client_id: 'c', metrics: { a: 1 }, tags: { role: 'shop' } });
});

afterAll(async () => {
  if (hub?.isRunning) await hub.stop('SIGKILL');
  await gate?.close();
  await database?.drop();
  bundle?.remove();
});

const json = { 'content-type': 'application/json' };
const refused = { error: expect.stringMatching(/^Cannot /) };

interface NoteAnswer {
  readonly id: number;
  readonly text: string;
}

const post = (body: unknown, headers: Record<string, string> = {}) =>
  hub.ask<NoteAnswer>('POST', '/api/v1/notes', body, { ...json, ...headers });
const textsOf = async (query: string) =>
  (await hub.ask<{ notes: NoteAnswer[] }>('GET', `/api/v1/notes?${query}`)).body.notes.map(({ text }) => text);

describe('notes', () => {
  test('a script posts one now; the same key is the same note; and it is on the charts of its hosts', async () => {
    const body = { text: 'Shop 4.2', hosts: { tags: { role: 'shop' } }, author: 'ci' };
    const nowSec = Date.now() / 1_000;
    const made = await post(body, { 'idempotency-key': 'deploy-1' });
    expect(made).toEqual({
      status: 201,
      body: {
        id: expect.any(Number),
        at: expect.closeTo(nowSec, -1),
        until: null,
        text: 'Shop 4.2',
        hosts: { names: [], tags: { role: 'shop' }, not_names: [], not_tags: {} },
        author: 'ci',
        created: expect.closeTo(nowSec, -1),
      },
    });
    expect(await post({ ...body, text: 'again' }, { 'idempotency-key': 'deploy-1' })).toEqual({ ...made, status: 200 });
    expect(await textsOf('host=shop-1')).toEqual(['Shop 4.2']);
    expect(await textsOf('host=nobody')).toEqual([]);
  });

  test('are changed, found by time, and removed', async () => {
    const { body } = await post({ text: 'freeze', at: '2026-01-01T00:00:00+01:00', until: 1_767_312_000 });
    const path = `/api/v1/notes/${body.id}`;
    expect(await hub.ask('GET', path)).toMatchObject({
      status: 200,
      body: { at: 1_767_222_000, until: 1_767_312_000 },
    });
    const changed = await hub.ask('PATCH', path, { text: 'frozen\nstill', until: null, hosts: { names: ['shop-*'] } });
    expect(changed.body).toMatchObject({ text: 'frozen\nstill', at: 1_767_222_000, until: null });
    expect(await textsOf('start=1767222000&end=1767222001&host=shop-1')).toEqual(['frozen\nstill']);
    expect(await textsOf('start=1767222001&end=1767300000')).toEqual([]);
    expect(await hub.ask('DELETE', path)).toEqual({ status: 200, body: { status: 'success' } });
    expect(await hub.ask('GET', path)).toEqual({ status: 404, body: refused });
  });

  test('every open page is told of a change', async () => {
    const socket = new WebSocket(`${hub.url.replace('http', 'ws')}/live`, viewerSubprotocol, {
      headers: { ...operatorHeaders, origin: hub.url },
    });
    let toldCount = 0;
    socket.on('message', (bytes: Buffer) => {
      if (decodeToViewer(bytes).kind === 'notes') toldCount += 1;
    });
    await new Promise((resolve) => socket.once('message', resolve));
    const { body } = await post({ text: 'told' });
    await expect.poll(() => toldCount).toBe(1);
    await hub.ask('DELETE', `/api/v1/notes/${body.id}`);
    await expect.poll(() => toldCount, { timeout: 5_000 }).toBe(2);
    socket.terminate();
  });

  test.each([
    ['POST', '', {}, 400],
    ['POST', '', { text: ' \n ' }, 400],
    ['POST', '', { text: 'x'.repeat(1_001) }, 400],
    ['POST', '', { text: 'a\u0007b' }, 400],
    ['POST', '', { text: 'x', at: 'yesterday' }, 400],
    ['POST', '', { text: 'x', at: 2_000, until: 1_000 }, 400],
    ['POST', '', { text: 'x', hosts: { name: ['a'] } }, 400],
    ['POST', '', { text: 'x', hosts: { names: Array.from({ length: 1_001 }, () => 'a') } }, 400],
    ['POST', '', { text: 'x', id: 7 }, 400],
    ['POST', '', '{"text":"x","__proto__":{}}', 400],
    ['PATCH', '/1', {}, 400],
    ['PATCH', '/999999', { text: 'x' }, 404],
    ['PATCH', '/99999999999', { text: 'x' }, 404],
    ['DELETE', '/999999', null, 404],
    ['GET', '/x', null, 404],
    ['GET', '?limit=1001', null, 400],
    ['GET', '?start=2&end=2', null, 400],
    ['PUT', '', { text: 'x' }, 405],
  ])('%s /api/v1/notes%s of %j is answered by %i', async (method, path, body, status) => {
    expect(await hub.ask(method, `/api/v1/notes${path}`, body)).toEqual({ status, body: refused });
  });

  test('a key that is too long and a page of another site are refused', async () => {
    expect((await post({ text: 'x' }, { 'idempotency-key': 'k'.repeat(201) })).status).toBe(400);
    expect((await post({ text: 'x' }, { origin: 'http://evil.example' })).status).toBe(403);
  });

  test('while the database is away they are refused, and told when to ask again', async () => {
    await gate.close();
    expect(await post({ text: 'x' })).toEqual({ status: 503, body: refused });
    await gate.open();
    await expect.poll(async () => (await post({ text: 'back' })).status, { timeout: 20_000 }).toBe(201);
  });
});
