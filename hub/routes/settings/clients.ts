/**
 * Configuration of clients that push: the old paths that they ask, and the same by `/api/v1`.
 */
import { isDeepStrictEqual } from 'node:util';
import type { z } from 'zod';
import { checkOwnClient } from '../../access/own-client.ts';
import { HttpError, type HttpRequest, jsonAnswer, type Route } from '../../http.ts';
import { parseBody } from '../../json-body.ts';
import { configOf } from '../../settings/clients.ts';
import type { Client } from '../../store/settings/clients.ts';
import { orAway } from '../alerts/common.ts';
import type { EngineOf } from '../fetch.ts';
import { decodePart } from '../history.ts';
import { listAnswer } from '../list-answer.ts';
import { parseQuery } from '../schemas.ts';
import {
  type clientAnswer,
  clientBody,
  type clientConfigAnswer,
  clientQuery,
  clientsQuery,
  registerClientBody,
  type unknownClientAnswer,
  updateClientBody,
} from './schemas.ts';

const bodyBytesMax = 64 * 1024;
/** Times travel as seconds with fractions: a client that repeats one has lost less than this of it. */
const timeToleranceMs = 1;

export function clientRoutes(engineOf: EngineOf): Route[] {
  const read = { method: 'get', access: 'admin', isChange: false, action: null, bodyBytesMax: 0 } as const;
  const change = { method: 'put', access: 'admin', isChange: true, action: 'client.changed', bodyBytesMax } as const;
  return [
    {
      ...read,
      access: 'push',
      path: '/client_config',
      answer: async ({ query, actor }) => {
        const { client_id: id, last_update: lastUpdate = null } = parseQuery(clientQuery, query);
        checkOwnClient(actor, id, 'read configuration');
        const client = await orAway(engineOf().clients.find(id), 'read configuration');
        return client === null ? unknownClient() : jsonAnswer(configAnswerOf(client, lastUpdate));
      },
    },
    {
      ...{ method: 'post', access: 'push', isChange: true, action: null, bodyBytesMax, path: '/client_config' },
      answer: async (request) => {
        const { client_id: id, config, tags } = parseBody(registerClientBody, request.body, 'register client');
        checkOwnClient(request.actor, id, 'register client');
        const before = await orAway(engineOf().clients.find(id), 'register client');
        const client = await orAway(engineOf().clients.register({ id, config, tags }), 'register client');
        if (client === null) throw new HttpError(409, 'Cannot register client: there are too many clients');
        // Clients register at each start; only what becomes another is written down.
        if (before === null || !isSame(before, client)) {
          noteChange(request, id);
          request.note.action = 'client.changed';
        }
        return jsonAnswer({ status: 'success', message: 'Client registered successfully' });
      },
    },
    {
      ...change,
      method: 'post',
      path: '/admin/update_client',
      answer: async (request) => {
        const { client_id: id, config } = parseBody(updateClientBody, request.body, 'change client');
        noteChange(request, id);
        const changed = await orAway(engineOf().clients.configure({ id, version: null, config }), 'change client');
        return changed === 'unknown' ? unknownClient() : jsonAnswer({ message: `Client ${id} updated successfully` });
      },
    },
    {
      ...read,
      path: '/api/v1/clients',
      answer: async ({ query }) => {
        const { after, limit: countMax } = parseQuery(clientsQuery, query);
        return listAnswer(await orAway(engineOf().clients.list({ after, countMax }), 'read clients'), shownClient);
      },
    },
    {
      ...read,
      path: '/api/v1/clients/*',
      answer: async (request) => {
        const id = idOf(request);
        const client = await orAway(engineOf().clients.find(id), 'read client');
        if (client === null) throw unknownError(id);
        return jsonAnswer(shownClient(client));
      },
    },
    {
      ...change,
      path: '/api/v1/clients/*',
      answer: async (request) => {
        const id = idOf(request);
        const { version = null, config } = parseBody(clientBody, request.body, 'change client');
        noteChange(request, id);
        const changed = await orAway(engineOf().clients.configure({ id, version, config }), 'change client');
        if (changed === 'unknown') throw unknownError(id);
        if (changed === 'changed')
          throw new HttpError(409, 'Cannot change client: somebody else has changed it: read it again');
        return jsonAnswer(shownClient(changed));
      },
    },
    {
      ...change,
      method: 'delete',
      action: 'client.removed',
      bodyBytesMax: 0,
      path: '/api/v1/clients/*',
      answer: async (request) => {
        const id = idOf(request);
        noteChange(request, id);
        if (!(await orAway(engineOf().clients.remove(id), 'remove client'))) throw unknownError(id);
        return jsonAnswer({ status: 'success' });
      },
    },
  ];
}

function configAnswerOf(client: Client, lastUpdate: number | null): z.infer<typeof clientConfigAnswer> {
  const isNew = lastUpdate === null || client.changedMs - lastUpdate * 1_000 > timeToleranceMs;
  return {
    status: isNew ? 'update_available' : 'no_update',
    config: configOf(client),
    last_update: client.changedMs / 1_000,
  };
}

/** Whether a client says the same of itself. */
function isSame(before: Client, after: Client): boolean {
  return isDeepStrictEqual([before.ownConfig, before.tags], [after.ownConfig, after.tags]);
}

function unknownClient() {
  const answer: z.infer<typeof unknownClientAnswer> = { status: 'unknown_client' };
  return jsonAnswer(answer, 404);
}

function unknownError(id: string): HttpError {
  return new HttpError(404, `Cannot find client: got ${JSON.stringify(id.slice(0, 80))}`);
}

/** The configuration of a client may hold anything, secrets too: the audit log has only whose it is. */
function noteChange({ note }: HttpRequest, id: string): void {
  note.object = id;
}

function idOf({ rest }: HttpRequest): string {
  const [part = '', ...more] = rest;
  if (part !== '' && more.length === 0) return decodePart(part);
  throw new HttpError(404, 'Cannot find client: the path is /api/v1/clients/<client>, percent-encoded');
}

function shownClient(client: Client): z.infer<typeof clientAnswer> {
  return {
    id: client.id,
    tags: client.tags,
    config: configOf(client),
    own_config: client.ownConfig,
    people_config: client.peopleConfig,
    version: client.version,
    registered: client.registeredMs === null ? null : client.registeredMs / 1_000,
    changed: client.changedMs / 1_000,
  };
}
