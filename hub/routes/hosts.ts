/**
 * Hosts by REST: what is known of each, and what people do to them. The old paths and `/api/v1` are the same functions.
 */
import type { z } from 'zod';
import { unknownHostError } from '../hosts.ts';
import { HttpError, type HttpRequest, jsonAnswer, type Route } from '../http.ts';
import { parseBody } from '../json-body.ts';
import type { Host } from '../registry.ts';
import { type AuditDetail, hostDetail } from './audit-details.ts';
import { type EngineOf, secondsOf, selectHosts } from './fetch.ts';
import { decodePart } from './history.ts';
import { mapAnswer } from './list-answer.ts';
import { type hostAnswer, hostPatchBody, type hostProcessesAnswer, removeHostBody, updateTagsBody } from './schemas.ts';
import { answerHostSeries } from './series.ts';

/** 64 tags of the longest name and value, each character escaped as six bytes, are 115 KiB. */
const bodyBytesMax = 128 * 1024;

export function hostRoutes(engineOf: EngineOf): Route[] {
  const read = { method: 'get', access: 'viewer', isChange: false, action: null, bodyBytesMax: 0 } as const;
  const change = { method: 'post', access: 'editor', isChange: true, bodyBytesMax } as const;
  return [
    {
      ...read,
      path: '/api/v1/hosts',
      answer: (request) =>
        mapAnswer([...selectHosts(engineOf(), request)], (host) => [host.identity.name, shownHost(host)]),
    },
    {
      ...read,
      path: '/api/v1/hosts/*',
      answer: (request) => {
        const [name = '', part = '', ...more] = request.rest;
        const isPart = more.length === 0 && (part === 'series' || part === 'processes');
        const hostName = hostNameOf(isPart ? { rest: [name] } : request);
        const host = engineOf().registry.byName(hostName);
        if (host === undefined) throw unknownHostError(hostName);
        if (!isPart) return jsonAnswer(shownHost(host));
        return part === 'series' ? answerHostSeries(engineOf(), host) : jsonAnswer(shownProcesses(host));
      },
    },
    {
      ...change,
      method: 'patch',
      action: 'host.changed',
      path: '/api/v1/hosts/*',
      answer: async (request) => {
        const hostName = hostNameOf(request);
        const { name = null, alias = null, tags = null } = parseBody(hostPatchBody, request.body, 'change host');
        request.note.object = hostName;
        request.note.detail = { name, alias, tags, ...beforeOf(engineOf, hostName) };
        const edit = { hostName, newName: name, alias, peopleTags: tags };
        return jsonAnswer(shownHost(await engineOf().hosts.edit(edit)));
      },
    },
    {
      ...change,
      method: 'delete',
      access: 'admin',
      action: 'host.removed',
      path: '/api/v1/hosts/*',
      bodyBytesMax: 0,
      answer: (request) => remove(engineOf, request, hostNameOf(request)),
    },
    {
      ...change,
      action: 'host.changed',
      path: '/update_tags',
      answer: async (request) => {
        const { hostname: hostName, tags } = parseBody(updateTagsBody, request.body, 'update tags');
        request.note.object = hostName;
        request.note.detail = { tags, ...beforeOf(engineOf, hostName) };
        await engineOf().hosts.edit({ hostName, newName: null, alias: null, peopleTags: tags });
        return jsonAnswer({ message: 'Tags updated successfully' });
      },
    },
    {
      ...change,
      access: 'admin',
      action: 'host.removed',
      path: '/remove_host',
      answer: (request) => remove(engineOf, request, parseBody(removeHostBody, request.body, 'remove host').hostname),
    },
  ];
}

async function remove(engineOf: EngineOf, { note }: HttpRequest, hostName: string) {
  note.object = hostName;
  const host = engineOf().registry.byName(hostName);
  if (host !== undefined) note.detail = hostDetail(host.identity);
  await engineOf().hosts.remove(hostName);
  return jsonAnswer({ status: 'success', message: `Host ${hostName} removed successfully` });
}

/** Nothing for a host that is not there. */
function beforeOf(engineOf: EngineOf, hostName: string): { readonly before?: AuditDetail } {
  const host = engineOf().registry.byName(hostName);
  return host === undefined ? {} : { before: hostDetail(host.identity) };
}

/** The name behind the route's path. */
function hostNameOf({ rest }: Pick<HttpRequest, 'rest'>): string {
  const [part = '', ...more] = rest;
  if (part !== '' && more.length === 0) return decodePart(part);
  throw new HttpError(404, 'Cannot find host: the path is /api/v1/hosts/<host>, percent-encoded');
}

function shownProcesses({ top }: Host): z.infer<typeof hostProcessesAnswer> {
  return {
    time: top === null ? null : top.atMs / 1_000,
    processes: (top?.processes ?? []).map(({ pid, name, cpuPercent, memoryBytes, user }) => ({
      ...{ pid, name, user },
      cpu_percent: cpuPercent,
      memory_bytes: memoryBytes,
    })),
  };
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
    downtime_until: secondsOf(host.downtimeUntilMs),
  };
}
