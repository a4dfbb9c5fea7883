/**
 * Settings of agents by REST: one host's, all versions of them, and one change for many hosts.
 */
import type { z } from 'zod';
import { type AgentSettings, patchedSettings, settingsJson } from '#core/agent-settings.ts';
import { hostMatcherOf } from '#core/selector.ts';
import { actorName } from '../../access/actor.ts';
import type { Engine } from '../../engine.ts';
import { unknownHostError } from '../../hosts.ts';
import { type HttpAnswer, HttpError, type HttpRequest, jsonAnswer, type Route } from '../../http.ts';
import { bodyError, parseBody } from '../../json-body.ts';
import type { Host } from '../../registry.ts';
import type { ChangeOutcome, HeldSettings } from '../../settings/settings-book.ts';
import { orAway } from '../alerts/common.ts';
import type { EngineOf } from '../fetch.ts';
import { decodePart } from '../history.ts';
import { listAnswer } from '../list-answer.ts';
import {
  type settingsAnswer,
  settingsBody,
  settingsBulkBody,
  type settingsConflictAnswer,
  type settingsOutcomesAnswer,
} from './schemas.ts';

const bodyBytesMax = 64 * 1024;
const path = '/api/v1/hosts/:host/settings';

export function settingsRoutes(engineOf: EngineOf): Route[] {
  const read = { method: 'get', access: 'viewer', isChange: false, action: null, bodyBytesMax: 0 } as const;
  const change = { access: 'admin', isChange: true, action: 'settings.changed', bodyBytesMax } as const;
  return [
    { ...read, path, answer: (request) => answerSettings(engineOf(), agentHostOf(engineOf(), request)) },
    {
      ...read,
      path: `${path}/versions`,
      answer: async (request) => {
        const engine = engineOf();
        const { hostId } = agentHostOf(engine, request).identity;
        const versions = await orAway(engine.settings.versions(hostId), 'read settings');
        return listAnswer(versions, shownVersion);
      },
    },
    {
      ...change,
      method: 'put',
      path,
      answer: (request) => changeOne(engineOf(), request, (_before, settings) => settings),
    },
    { ...change, method: 'patch', path, answer: (request) => changeOne(engineOf(), request, patchedSettings) },
    { ...change, method: 'patch', path: '/api/v1/settings', answer: (request) => changeMany(engineOf(), request) },
  ];
}

type Becoming = (before: AgentSettings, given: Readonly<Record<string, unknown>>) => unknown;

async function changeOne(engine: Engine, request: HttpRequest, become: Becoming): Promise<HttpAnswer> {
  const host = agentHostOf(engine, request);
  const { hostId, name } = host.identity;
  const { version = null, settings } = parseBody(settingsBody, request.body, 'change settings');
  request.note.object = name;
  request.note.detail = { settings };
  const wanted = { hostId, version, become: (before: AgentSettings) => become(before, settings) };
  const changed = loaded(engine).change([wanted], actorName(request.actor));
  const outcome = (await orAway(changed, 'change settings'))[0]!;
  switch (outcome.kind) {
    case 'refused':
      throw bodyError('change settings', outcome.problems);
    case 'conflict': {
      const error = conflictText(outcome.held);
      const answer: z.infer<typeof settingsConflictAnswer> = {
        ...{ error, code: 'settings_changed', version: outcome.held.version },
      };
      return jsonAnswer(answer, 409);
    }
    case 'changed':
      request.note.detail = { settings, version: outcome.held.version };
      return await answerSettings(engine, host);
    case 'unchanged':
      return await answerSettings(engine, host);
  }
}

async function changeMany(engine: Engine, request: HttpRequest): Promise<HttpAnswer> {
  const { hosts: selector, settings } = parseBody(settingsBulkBody, request.body, 'change settings');
  const { names, tags, not_names: notNames, not_tags: notTags } = selector;
  const isMeant = hostMatcherOf({ names, tags, notNames, notTags });
  const hosts = [...engine.registry.hosts()].filter(({ identity }) => isMeant(identity));
  if (hosts.length === 0) throw new HttpError(404, 'Cannot change settings: no host is meant by this selector');
  request.note.object = `${hosts.length} hosts`;
  const agents = hosts.filter(({ identity }) => identity.kind === 'agent');
  const wanted = agents.map(({ identity: { hostId } }) => ({
    ...{ hostId, version: null },
    become: (before: AgentSettings) => patchedSettings(before, settings),
  }));
  const changed = await orAway(loaded(engine).change(wanted, actorName(request.actor)), 'change settings');
  const outcomes = new Map(agents.map((host, index) => [host, changed[index]!]));
  const counts: Record<string, number> = {};
  for (const { kind } of changed) counts[kind] = (counts[kind] ?? 0) + 1;
  request.note.detail = { hosts: selector, settings, ...counts };
  const answer: z.infer<typeof settingsOutcomesAnswer> = {
    outcomes: hosts.map((host) => ({ host: host.identity.name, ...shownOutcome(outcomes.get(host) ?? null) })),
  };
  return jsonAnswer(answer);
}

/** null: it has no agent. */
function shownOutcome(outcome: ChangeOutcome | null) {
  switch (outcome?.kind) {
    case undefined:
      return { outcome: 'refused' as const, version: 0, why: noAgent };
    case 'changed':
    case 'unchanged':
      return { outcome: outcome.kind, version: outcome.held.version, why: '' };
    case 'conflict':
      return { outcome: outcome.kind, version: outcome.held.version, why: conflictText(outcome.held) };
    case 'refused':
      return { outcome: outcome.kind, version: 0, why: `Cannot change settings: ${outcome.problems.join('; ')}` };
  }
}

async function answerSettings(engine: Engine, { identity }: Host): Promise<HttpAnswer> {
  const { hostId, name } = identity;
  const report = await orAway(loaded(engine).report(hostId), 'read settings');
  const held = engine.settings.of(hostId);
  const answer: z.infer<typeof settingsAnswer> = {
    host: name,
    version: held.version,
    settings: settingsJson(held.settings),
    changed: held.version === 0 ? null : held.changedMs / 1_000,
    changed_by: held.changedBy,
    state: engine.settings.standing(hostId),
    report:
      report === null
        ? null
        : {
            ...{ version: report.version, state: report.state, why: report.why, time: report.reportedMs / 1_000 },
            pinned: [...report.pinned],
            effective: report.effective as z.infer<typeof settingsAnswer>['settings'],
          },
  };
  return jsonAnswer(answer);
}

function shownVersion({ version, settings, changedMs, changedBy }: HeldSettings) {
  return { version, settings: settingsJson(settings), changed: changedMs / 1_000, changed_by: changedBy };
}

const noAgent = 'Cannot change settings: the host has no agent';

/** Throws HttpError: 404 for a host that there is not, 409 for one that pushes by itself. */
function agentHostOf(engine: Engine, { rest }: HttpRequest): Host {
  const name = decodePart(rest[0] ?? '');
  const host = engine.registry.byName(name);
  if (host === undefined) throw unknownHostError(name);
  if (host.identity.kind !== 'agent') throw new HttpError(409, noAgent);
  return host;
}

/** Throws HttpError 503 until what is set has been read. */
function loaded({ settings }: Engine): Engine['settings'] {
  if (settings.isLoaded) return settings;
  throw new HttpError(503, 'Cannot answer about settings: they have not been read yet', { 'retry-after': '2' });
}

function conflictText({ version }: HeldSettings): string {
  return `Cannot change settings: somebody else has changed them: the newest version is ${version}`;
}
