import { expect, test } from 'vitest';
import { AuditNote } from '../../access/audit.ts';
import type { HttpRequest } from '../../http.ts';
import type { Client } from '../../store/settings/clients.ts';
import type { EngineOf } from '../fetch.ts';
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
  const request = { note, body: Buffer.from(JSON.stringify(body)) } as unknown as HttpRequest;
  expect([name, await route.answer(request)]).toMatchObject([name, { status: 200 }]);
  expect([note.action, note.object]).toEqual([action, action === null ? '' : 'backup']);
});
