/**
 * Alerts and downtimes in the shapes of old clients. What is made here is a rule or a downtime as any other; what cannot be said in
 * these shapes (rules for many hosts, other conditions) is not listed here, and stays out of reach.
 */
import { z } from 'zod';
import type { Downtime } from '#core/downtime.ts';
import type { HostSelector, Rule } from '#core/rule-spec.ts';
import type { AuditNote } from '../../access/audit.ts';
import type { Engine } from '../../engine.ts';
import { HttpError, type HttpRequest, jsonAnswer, type Route } from '../../http.ts';
import { bodyError, parseBody } from '../../json-body.ts';
import { pushedKeyOf, pushedNameOf } from '../../push-body.ts';
import type { StoredAlert } from '../../store/alerts/alerts.ts';
import { durationSeconds, visibleLine } from '../alert-schemas.ts';
import { ruleDetail } from '../audit-details.ts';
import { downtimeSpecOf } from '../downtime-body.ts';
import type { EngineOf } from '../fetch.ts';
import { listAnswer } from '../list-answer.ts';
import { parseQuery } from '../schemas.ts';
import { hostFilter } from './alerts.ts';
import { authorOf, change, orAway, read } from './common.ts';
import { noteDowntime, noteKnownDowntime } from './downtimes.ts';
import { noteRuleChange, parseRule } from './rules.ts';

const hostName = z.string().min(1).max(255);
const intId = z
  .int()
  .min(1)
  .max(2 ** 31 - 1);
const epochSeconds = z.number().min(0).max(1e11);

export const oldRuleBody = z.strictObject({
  hostname: hostName,
  metric_name: z
    .string()
    .min(1)
    .max(1_100)
    .refine((name) => !name.includes('*'), 'one series is wanted: globs are for /api/v1/rules')
    .describe('Canonical series key, or a name'),
  condition: z.enum(['above', 'below']),
  threshold: z.number(),
  duration: durationSeconds.describe('Seconds'),
});
export const oldRuleAnswer = z.object({
  id: z.number().int(),
  hostname: z.string(),
  metric_name: z.string(),
  condition: z.enum(['above', 'below']),
  threshold: z.number(),
  duration: z.number(),
  enabled: z.boolean(),
});
export const oldIdBody = z.strictObject({ id: intId });
export const oldStateBody = z.strictObject({ id: intId, enabled: z.boolean() });
export const oldDowntimeBody = z.strictObject({
  hostname: hostName,
  start_time: epochSeconds,
  end_time: epochSeconds,
});
export const oldDowntimeAnswer = z.object({
  id: z.number().int(),
  hostname: z.string(),
  start_time: z.number(),
  end_time: z.number(),
});
export const hostnameQuery = z.object({ hostname: visibleLine(255).optional().describe('Only of this host') });
export const oldDowntimeQuery = z.object({
  hostname: z.string().max(255).optional().describe('Name of the host; "all" or absent: of all hosts'),
  all: z.string().max(10).optional(),
});
export const recentAlertsQuery = hostnameQuery.extend({
  limit: z.coerce.number().int().min(1).max(1_000).default(10),
});
export const recentAlertAnswer = z.object({
  id: z.number().int(),
  hostname: z.string(),
  metric_name: z.string().describe('Canonical series key; the name of the rule for the host itself'),
  timestamp: z.number().describe('Epoch seconds'),
  value: z.number().nullable(),
  condition: z.string(),
  threshold: z.number().nullable(),
  state: z.enum(['firing', 'resolved']),
  end: z.number().nullable().describe('Epoch seconds; null while it fires'),
});
export const successAnswer = z.object({ status: z.literal('success') });
export const createdAnswer = successAnswer.extend({ id: z.number().int() });

const success = { status: 'success' } as const;

export function oldShapeRoutes(engineOf: EngineOf): Route[] {
  return [
    {
      ...read,
      path: '/alert_config',
      answer: (request) => {
        const { hostname } = parseQuery(hostnameQuery, request.query);
        const shown = engineOf().alertBook.definitions.rules.flatMap((rule) => oldRuleOf(rule) ?? []);
        return listAnswer(
          shown.filter((rule) => hostname === undefined || rule.hostname === hostname),
          (rule) => rule,
        );
      },
    },
    { ...change, action: 'rule.created', path: '/alert_config', answer: (request) => createRule(engineOf(), request) },
    {
      ...change,
      method: 'delete',
      action: 'rule.removed',
      path: '/alert_config',
      answer: async (request) => {
        const act = 'remove rule';
        const { id } = parseBody(oldIdBody, request.body, act);
        noteKnownRule(engineOf(), request.note, id);
        requireOldRule(engineOf(), { id, act });
        await engineOf().alertBook.removeRule(id);
        return jsonAnswer(success);
      },
    },
    {
      ...change,
      action: 'rule.changed',
      path: '/alert_state',
      answer: async (request) => {
        const act = 'change rule';
        const { id, enabled } = parseBody(oldStateBody, request.body, act);
        noteKnownRule(engineOf(), request.note, id);
        requireOldRule(engineOf(), { id, act });
        const become = (before: Rule) => {
          const draft = { ...before, isEnabled: enabled };
          noteRuleChange(request.note, { before, draft, changed: ['enabled'] });
          return draft;
        };
        await engineOf().alertBook.editRule(id, { version: null, change: become });
        return jsonAnswer(success);
      },
    },
    {
      ...read,
      path: '/downtime',
      answer: (request) => {
        const { hostname = 'all', all } = parseQuery(oldDowntimeQuery, request.query);
        const shown = engineOf()
          .alertBook.definitions.downtimes.flatMap((downtime) => oldDowntimeOf(downtime) ?? [])
          .filter((downtime) => all !== undefined || hostname === 'all' || downtime.hostname === hostname)
          .sort((a, b) => b.start_time - a.start_time || b.id - a.id);
        return listAnswer(shown, (downtime) => downtime);
      },
    },
    {
      ...change,
      action: 'downtime.created',
      path: '/downtime',
      answer: (request) => createDowntime(engineOf(), request),
    },
    {
      ...change,
      method: 'delete',
      action: 'downtime.removed',
      path: '/downtime',
      answer: async (request) => {
        const act = 'remove downtime';
        const { id } = parseBody(oldIdBody, request.body, act);
        noteKnownDowntime(request.note, engineOf().alertBook, id);
        const downtime = engineOf().alertBook.definitions.downtimes.find((one) => one.id === id);
        if (downtime !== undefined && oldDowntimeOf(downtime) === null) throw outOfReachError(act, id);
        await engineOf().alertBook.removeDowntime(id);
        return jsonAnswer(success);
      },
    },
    { ...read, path: '/fetch/recent_alerts', answer: (request) => recentAlerts(engineOf(), request) },
  ];
}

async function createRule(engine: Engine, request: HttpRequest) {
  const act = 'create rule';
  const { hostname, metric_name, condition, threshold, duration } = parseBody(oldRuleBody, request.body, act);
  request.note.object = hostname;
  const isPushed = requireHost(engine, hostname).identity.kind === 'push';
  const metric = isPushed ? (pushedKeyOf(metric_name) ?? metric_name) : metric_name;
  const body = { metric, condition, threshold, for: duration, hosts: { names: [hostname] } };
  const { draft } = parseRule(body, act);
  request.note.object = draft.name;
  request.note.detail = ruleDetail(draft);
  const rule = await engine.alertBook.createRule(draft, { isNamed: false });
  const { id } = rule;
  request.note.object = rule.name;
  request.note.detail = { id, ...ruleDetail(rule) };
  return jsonAnswer({ ...success, id });
}

async function createDowntime(engine: Engine, request: HttpRequest) {
  const act = 'create downtime';
  const { hostname, start_time: start, end_time: end } = parseBody(oldDowntimeBody, request.body, act);
  request.note.object = hostname;
  requireHost(engine, hostname);
  const hosts = { names: [hostname], tags: {}, not_names: [], not_tags: {} };
  const drafted = downtimeSpecOf({ hosts, start, end, author: authorOf(request, ''), reason: '' });
  if (drafted.kind === 'refused') throw bodyError(act, drafted.problems);
  noteDowntime(request.note, drafted);
  const downtime = await engine.alertBook.createDowntime(drafted.spec);
  noteDowntime(request.note, downtime);
  const { id } = downtime;
  return jsonAnswer({ ...success, id });
}

/** As it is before something is done to it; one that only another hub knows yet is noted by its id. */
function noteKnownRule({ alertBook }: Engine, note: AuditNote, id: number): void {
  note.detail = { id };
  const rule = alertBook.isLoaded ? alertBook.definitions.rules.find((one) => one.id === id) : undefined;
  if (rule === undefined) return;
  note.object = rule.name;
  note.detail = { id, ...ruleDetail(rule) };
}

/** Old clients look for these very words. */
function requireHost(engine: Engine, name: string) {
  const host = engine.registry.byName(name);
  if (host === undefined) throw new HttpError(404, 'Host not found');
  return host;
}

/**
 * An old client knows ids of its own rules only: one of another rule is a mistake that could cost the rule "Host down".
 * That a rule is the file's is said by whoever changes it.
 */
function requireOldRule(engine: Engine, { id, act }: { readonly id: number; readonly act: string }): void {
  const rule = engine.alertBook.definitions.rules.find((one) => one.id === id);
  if (rule !== undefined && rule.origin !== 'file' && oldRuleOf(rule) === null) throw outOfReachError(act, id);
}

function outOfReachError(act: string, id: number): HttpError {
  return new HttpError(404, `Cannot ${act}: it must be one that this path lists: got id ${id}`);
}

async function recentAlerts(engine: Engine, request: HttpRequest) {
  const { hostname, limit } = parseQuery(recentAlertsQuery, request.query);
  const query = {
    state: null,
    ...hostFilter(engine, hostname),
    ruleId: null,
    severities: [],
    isAcknowledged: null,
    sinceMs: null,
    untilMs: null,
    beforeId: null,
    countMax: limit,
  };
  return jsonAnswer((await orAway(engine.archive.call('alerts', query), 'list alerts')).map(recentAlertOf));
}

function recentAlertOf(alert: StoredAlert): z.infer<typeof recentAlertAnswer> {
  const { id, series, firedTickMs, firedValue, condition, threshold, resolvedTickMs } = alert;
  return {
    id,
    hostname: alert.hostName,
    metric_name: series === '' ? alert.ruleName : pushedNameOf(series),
    timestamp: firedTickMs / 1_000,
    value: firedValue,
    // "above 90" of today is "above" there, beside its threshold.
    condition: condition.split(' ')[0]!,
    threshold,
    state: alert.resolvedMs === null ? 'firing' : 'resolved',
    end: resolvedTickMs === null ? null : resolvedTickMs / 1_000,
  };
}

/** null for a rule that these shapes cannot say. */
function oldRuleOf({ id, spec, isEnabled }: Rule): z.infer<typeof oldRuleAnswer> | null {
  const { subject } = spec;
  const hostname = onlyHostOf(spec.hosts);
  if (hostname === null || subject.kind !== 'series' || subject.condition.kind === 'outside') return null;
  const { series, input, condition } = subject;
  const [pattern, ...others] = series.patterns;
  const isOne = pattern !== undefined && others.length === 0 && Object.keys(series.labels).length === 0;
  if (!isOne || pattern.includes('*') || input.kind !== 'value') return null;
  return {
    id,
    hostname,
    metric_name: pushedNameOf(pattern),
    condition: condition.kind,
    threshold: condition.threshold,
    duration: spec.forMs / 1_000,
    enabled: isEnabled,
  };
}

function oldDowntimeOf({ id, spec }: Downtime): z.infer<typeof oldDowntimeAnswer> | null {
  const hostname = onlyHostOf(spec.hosts);
  if (hostname === null || spec.schedule.kind !== 'once') return null;
  const { startMs, endMs } = spec.schedule;
  return { id, hostname, start_time: startMs / 1_000, end_time: endMs / 1_000 };
}

/** The name, of a selector that means one host by it and nothing else. */
function onlyHostOf({ names, tags, notNames, notTags }: HostSelector): string | null {
  const [name, ...more] = names;
  const others = [...more, ...Object.keys(tags), ...notNames, ...Object.keys(notTags)];
  return name !== undefined && others.length === 0 && !name.includes('*') ? name : null;
}
