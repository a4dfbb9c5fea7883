/**
 * Hosts by REST: what is known of each, and what people do to them. The old paths and `/api/v1` are the same functions.
 */
import type { z } from 'zod';
import { unknownHostError } from '../hosts.ts';
import { HttpError, type HttpRequest, jsonAnswer, type Route } from '../http.ts';
import { parseBody } from '../json-body.ts';
import type { Host } from '../registry.ts';
import { type EngineOf, secondsOf, selectHosts } from './fetch.ts';
import { decodePart } from './history.ts';
import { type hostAnswer, hostPatchBody, removeHostBody, updateTagsBody } from './schemas.ts';

/** 64 tags of the longest name and value, each character escaped as six bytes, are 115 KiB. */
const bodyBytesMax = 128 * 1024;

export function hostRoutes(engineOf: EngineOf): Route[] {
  const read = { method: 'get', isChange: false, bodyBytesMax: 0 } as const;
  const change = { method: 'post', isChange: true, bodyBytesMax } as const;
  return [
    {
      ...read,
      path: '/api/v1/hosts',
      answer: (request) => {
        const hosts: [string, unknown][] = [];
        for (const host of selectHosts(engineOf(), request)) hosts.push([host.identity.name, shownHost(host)]);
        return jsonAnswer(Object.fromEntries(hosts));
      },
    },
    {
      ...read,
      path: '/api/v1/hosts/*',
      answer: (request) => {
        const hostName = hostNameOf(request);
        const host = engineOf().registry.byName(hostName);
        if (host === undefined) throw unknownHostError(hostName);
        return jsonAnswer(shownHost(host));
      },
    },
    {
      ...change,
      method: 'patch',
      path: '/api/v1/hosts/*',
      answer: async (request) => {
        const hostName = hostNameOf(request);
        const { name = null, alias = null, tags = null } = parseBody(hostPatchBody, request.body, 'change host');
        const edit = { hostName, newName: name, alias, peopleTags: tags };
        return jsonAnswer(shownHost(await engineOf().hosts.edit(edit)));
      },
    },
    {
      ...change,
      method: 'delete',
      path: '/api/v1/hosts/*',
      bodyBytesMax: 0,
      answer: (request) => remove(engineOf, hostNameOf(request)),
    },
    {
      ...change,
      path: '/update_tags',
      answer: async (request) => {
        const { hostname: hostName, tags } = parseBody(updateTagsBody, request.body, 'update tags');
        await engineOf().hosts.edit({ hostName, newName: null, alias: null, peopleTags: tags });
        return jsonAnswer({ message: 'Tags updated successfully' });
      },
    },
    {
      ...change,
      path: '/remove_host',
      answer: (request) => remove(engineOf, parseBody(removeHostBody, request.body, 'remove host').hostname),
    },
  ];
}

async function remove(engineOf: EngineOf, hostName: string) {
  await engineOf().hosts.remove(hostName);
  return jsonAnswer({ status: 'success', message: `Host ${hostName} removed successfully` });
}

/** The name behind the route's path. */
function hostNameOf({ rest }: HttpRequest): string {
  const [part = '', ...more] = rest;
  if (part !== '' && more.length === 0) return decodePart(part);
  throw new HttpError(404, 'Cannot find host: the path is /api/v1/hosts/<host>, percent-encoded');
}

function shownHost(host: Host): z.infer<typeof hostAnswer> {
  const { identity } = host;
  return {
    id: identity.hostId,
    name: identity.name,
    alias: identity.alias,
    kind: identity.kind,
    tags: identity.tags,
    agent_tags: identity.agentTags,
    people_tags: identity.peopleTags,
    facts: identity.facts,
    agent_version: identity.agentVersion,
    interval: identity.intervalMs / 1_000,
    first_seen: identity.createdMs / 1_000,
    last_seen: secondsOf(host.lastMs),
    status: host.state,
  };
}
