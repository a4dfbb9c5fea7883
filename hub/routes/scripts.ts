/**
 * Signed scripts by REST: what there is, uploading and removing, and how they stand at each agent. The old paths take and
 * give signed texts where they had code that nobody signed.
 */
import type { z } from 'zod';
import { signedTextBytesMax } from '#core/limits.ts';
import { parseSignedText } from '#core/signed-script.ts';
import { actorName } from '../access/actor.ts';
import { checkOwnClient } from '../access/own-client.ts';
import type { Engine } from '../engine.ts';
import { unknownHostError } from '../hosts.ts';
import { HttpError, type HttpRequest, jsonAnswer, type Route } from '../http.ts';
import { parseBody } from '../json-body.ts';
import { orAway } from './alerts/common.ts';
import type { EngineOf } from './fetch.ts';
import { decodePart } from './history.ts';
import { parseQuery } from './schemas.ts';
import {
  fetchMetricsQuery,
  type scriptAnswer,
  scriptBody,
  type scriptListAnswer,
  shownDoor,
  shownManifest,
  shownReport,
  shownTimes,
  uploadMetricBody,
} from './script-schemas.ts';

/** The text with each character escaped as six bytes. */
const bodyBytesMax = 8 * signedTextBytesMax;
const read = { method: 'get', access: 'admin', isChange: false, action: null, bodyBytesMax: 0 } as const;
const change = { method: 'post', access: 'admin', isChange: true, bodyBytesMax } as const;

export function scriptRoutes(engineOf: EngineOf): Route[] {
  return [
    { ...read, path: '/api/v1/scripts', answer: () => answerList(engineOf()) },
    {
      ...read,
      path: '/api/v1/scripts/*',
      answer: (request) => {
        const name = nameOf(request);
        // Names of scripts begin with a letter.
        return name === '.agents' ? answerDoors(engineOf()) : answerScript(engineOf(), name);
      },
    },
    {
      ...change,
      action: 'script.uploaded',
      path: '/api/v1/scripts',
      answer: async (request) => {
        const { text } = parseBody(scriptBody, request.body, 'upload script');
        const { manifest, isNew } = await upload(engineOf(), request, text);
        return jsonAnswer(shownManifest(manifest), isNew ? 201 : 200);
      },
    },
    {
      ...change,
      method: 'delete',
      action: 'script.removed',
      path: '/api/v1/scripts/*',
      bodyBytesMax: 0,
      answer: async (request) => {
        const name = nameOf(request);
        request.note.object = name;
        await engineOf().scriptBook.remove(name);
        return jsonAnswer({ status: 'success' });
      },
    },
    {
      ...read,
      // Code is for those who could run it: clients with a token that pushes, and editors.
      access: 'push',
      path: '/fetch_metrics',
      answer: (request) => {
        const { client_id: clientId } = parseQuery(fetchMetricsQuery, request.query);
        checkOwnClient(request.actor, clientId, 'fetch metrics');
        const engine = engineOf();
        const host = engine.registry.byName(clientId);
        if (host === undefined) throw unknownHostError(clientId);
        const scripts = engine.scriptBook.scriptsOf(host.identity).filter(({ kind }) => kind === 'script');
        return jsonAnswer(Object.fromEntries(scripts.map(({ name, text }) => [name, text])));
      },
    },
    {
      ...change,
      action: 'script.uploaded',
      path: '/admin/upload_metric',
      answer: async (request) => {
        const { name, code, tags } = parseBody(uploadMetricBody, request.body, 'upload metric');
        request.note.object = name;
        checkSame(code, { name, tags });
        await upload(engineOf(), request, code);
        return jsonAnswer({ message: `Metric '${name}' uploaded successfully` });
      },
    },
  ];
}

async function upload(engine: Engine, request: HttpRequest, text: string) {
  const parsed = parseSignedText(text);
  if ('manifest' in parsed) {
    const { name, kind, version, key } = parsed.manifest;
    request.note.object = name;
    request.note.detail = { kind, version, publisher: `ed25519:${key}` };
  }
  return await engine.scriptBook.upload(text, actorName(request.actor));
}

/** What stands beside the text must be what is signed in it. A text that is not signed is refused by the upload. */
function checkSame(
  code: string,
  { name, tags }: { readonly name: string; readonly tags: Readonly<Record<string, string>> },
): void {
  const parsed = parseSignedText(code);
  if ('problem' in parsed) return;
  const { manifest } = parsed;
  if (manifest.name !== name)
    throw new HttpError(
      400,
      `Cannot upload metric: "name" must be the one that is signed, ${JSON.stringify(manifest.name)}: got ${JSON.stringify(name)}`,
    );
  const targets: readonly string[] = manifest.kind === 'script' ? manifest.targets : [];
  const other = Object.entries(tags).find(([tag, value]) => !targets.includes(`tag:${tag}=${value}`));
  if (other !== undefined)
    throw new HttpError(
      400,
      `Cannot upload metric: "tags" must be among the targets that are signed (${targets.join(', ').slice(0, 500)}): got ${JSON.stringify(other.join('=').slice(0, 100))}`,
    );
}

async function answerList(engine: Engine) {
  const reports = await orAway(engine.storage.call('reportedScripts', null), 'list scripts');
  const { scripts } = engine.scriptBook;
  const list = scripts
    // A name whose script was removed is shown by its revocation.
    .filter(({ kind, name }) => kind === 'script' || !scripts.some((one) => one.name === name && one.kind === 'script'))
    .map((script) => {
      const revocation = scripts.find(({ name, kind }) => name === script.name && kind === 'revocation');
      const agents: Record<string, number> = {};
      for (const { name, state } of reports) if (name === script.name) agents[state] = (agents[state] ?? 0) + 1;
      return {
        ...shownManifest(script.manifest),
        ...shownTimes(script),
        revoked_version: revocation?.version ?? 0,
        agents,
      };
    });
  return jsonAnswer(list satisfies z.infer<typeof scriptListAnswer>);
}

async function answerScript(engine: Engine, name: string) {
  const versions = await engine.scriptBook.versions(name);
  const reports = await orAway(engine.storage.call('scriptReports', name), 'find script');
  const answer = {
    name,
    versions: versions.flatMap((version) => {
      const parsed = parseSignedText(version.text);
      if ('problem' in parsed) return [];
      const removed = version.removedMs === null ? null : version.removedMs / 1_000;
      return [{ ...shownManifest(parsed.manifest), ...shownTimes(version), removed, code: parsed.code }];
    }),
    agents: reports.flatMap((report) => {
      const host = engine.registry.host(report.hostId);
      return host === undefined ? [] : [shownReport(report, host.identity.name)];
    }),
    hosts: [...engine.registry.hosts()]
      .filter(({ identity }) => identity.kind === 'agent')
      .filter(({ identity }) => engine.scriptBook.scriptsOf(identity).some((one) => one.name === name))
      .map(({ identity }) => identity.name)
      .sort(),
  };
  return jsonAnswer(answer satisfies z.infer<typeof scriptAnswer>);
}

async function answerDoors(engine: Engine) {
  const doors = await orAway(engine.storage.call('scriptDoors', null), 'list agents');
  return jsonAnswer(
    doors.flatMap((door) => {
      const host = engine.registry.host(door.hostId);
      return host === undefined ? [] : [shownDoor(door, host.identity.name)];
    }),
  );
}

/** The name behind the route's path. */
function nameOf({ rest }: Pick<HttpRequest, 'rest'>): string {
  const [part = '', ...more] = rest;
  if (part !== '' && more.length === 0) return decodePart(part);
  throw new HttpError(404, 'Cannot find script: the path is /api/v1/scripts/<name>');
}
