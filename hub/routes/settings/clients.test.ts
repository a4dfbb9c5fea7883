import { describe, expect, test } from 'vitest';
import type { Actor } from '../../access/actor.ts';
import { AuditNote } from '../../access/audit.ts';
import type { HttpRequest } from '../../http.ts';
import type { Client } from '../../store/settings/clients.ts';
import type { EngineOf } from '../fetch.ts';
import { pushRoute } from '../push.ts';
import { scriptRoutes } from '../scripts.ts';
import { clientRoutes } from './clients.ts';

const known: Client = {
  ...{ id: 'backup', tags: { site: 'home' }, ownConfig: { every: 5 }, peopleConfig: null },
  ...{ version: 1, registeredMs: 0, changedMs: 0 },
};

test.each([
  ['new', null, {}, 'client.changed'],
  ['what it was', known, {}, null],
  ['of another configuration', known, { config: { every: 6 } }, 'client.changed'],
  ['of other tags', known, { tags: {} }, 'client.changed'],
])('a client that registers is written down when it is %s', async (name, before, said, action) => {
  const body = { client_id: 'backup', config: { every: 5 }, tags: { site: 'home' }, ...said };
  const clients = {
    find: async () => before,
    register: async () => ({ ...known, ownConfig: body.config, tags: body.tags }),
  };
  const route = clientRoutes((() => ({ clients })) as unknown as EngineOf).find(
    ({ path, method }) => path === '/client_config' && method === 'post',
  )!;
  const note = new AuditNote();
  const actor: Actor = { kind: 'operator' };
  const request = { note, actor, body: Buffer.from(JSON.stringify(body)) } as unknown as HttpRequest;
  expect([name, await route.answer(request)]).toMatchObject([name, { status: 200 }]);
  expect([note.action, note.object]).toEqual([action, action === null ? '' : 'backup']);
});

describe('a token that is for one client', () => {
  const tokenOf = (clientId: string | null): Actor => ({
    ...{ kind: 'token', tokenId: 1, name: 'ci', scope: 'push', clientId },
  });
  /** Whoever gets here was let through. */
  const reached = () => {
    throw new Error('reached');
  };
  const engineOf = (() => {
    const behind = new Proxy({}, { get: reached });
    return { clients: behind, pusher: behind, registry: behind };
  }) as unknown as EngineOf;
  const routes = [...clientRoutes(engineOf), ...scriptRoutes(engineOf), pushRoute(engineOf)];

  /** Each way in that says as which client it comes. */
  const ways: readonly (readonly [string, (clientId: string) => object])[] = [
    ['get /client_config', (client_id) => ({ query: new URLSearchParams({ client_id }) })],
    ['get /fetch_metrics', (client_id) => ({ query: new URLSearchParams({ client_id }) })],
    ['post /client_config', (client_id) => ({ body: { client_id, config: {}, tags: {} } })],
    ['post /metrics', (client_id) => ({ body: { hostname: 'web', client_id, metrics: { a: 1 } } })],
  ];

  async function come(way: string, actor: Actor, said: object): Promise<unknown> {
    const route = routes.find(({ method, path }) => `${method} ${path}` === way)!;
    const body = 'body' in said ? Buffer.from(JSON.stringify(said.body)) : new Uint8Array(0);
    const request = { note: new AuditNote(), header: () => '', ...said, actor, body } as unknown as HttpRequest;
    try {
      return await route.answer(request);
    } catch (error) {
      return error;
    }
  }

  test('is all the routes that tokens that push may use', () => {
    const open = routes.filter(({ access }) => access === 'push').map(({ method, path }) => `${method} ${path}`);
    expect(open.sort()).toEqual(ways.map(([way]) => way).sort());
  });

  test.each(ways)('%s: comes as that client and as no other, whether there is one or not', async (way, said) => {
    expect(await come(way, tokenOf('backup'), said('backup'))).toMatchObject({ message: 'reached' });
    for (const other of ['shop', 'Backup', 'backup ', 'b'])
      expect(await come(way, tokenOf('backup'), said(other))).toMatchObject({
        status: 403,
        message: expect.stringMatching(/^Cannot .*: client_id: the token is for the client "backup" alone: got "/),
      });
  });

  test.each(ways)('%s: others come as whom they say', async (way, said) => {
    const editor: Actor = { kind: 'person', personId: 1, name: 'ann', role: 'editor', sessionId: 1 };
    for (const actor of [tokenOf(null), editor, { kind: 'operator' } as const])
      expect(await come(way, actor, said('shop'))).toMatchObject({ message: 'reached' });
  });
});
