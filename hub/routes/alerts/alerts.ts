/**
 * Alerts by REST: lists, one, why somebody was told of it or nobody, acknowledging; and the notices that wait, went out,
 * or could not.
 */
import { z } from 'zod';
import { severities } from '#core/rule-spec.ts';
import type { Engine } from '../../engine.ts';
import { HttpError, type HttpRequest, jsonAnswer, type Route } from '../../http.ts';
import { bodyError, parseBody } from '../../json-body.ts';
import { visibleLine, visibleText } from '../alert-schemas.ts';
import type { EngineOf } from '../fetch.ts';
import { parseQuery } from '../schemas.ts';
import { alertAnswerOf, alertStates, listedNoticeOf, openAlertAnswerOf, traceAnswerOf } from './alert-answers.ts';
import { authorOf, change, noSuchPath, orAway, placeOf, read } from './common.ts';

const id = z.coerce.number().int().min(1).max(1e15);
const seconds = z.coerce.number().min(0).max(1e11);
const limit = z.coerce.number().int().min(1).max(1_000).default(100);

export const alertsQuery = z.object({
  state: z
    .enum([...alertStates, 'open'])
    .optional()
    .describe('pending and open (pending or firing) are what the hub holds in memory; firing and resolved are stored'),
  host: visibleLine(255).optional().describe('Name of the host'),
  rule: id.optional().describe('Id of the rule'),
  severity: z.string().max(100).optional().describe('One, or several with commas between'),
  acknowledged: z.enum(['0', '1']).optional(),
  since: seconds.optional().describe('Epoch seconds: those that were open then or fired later'),
  until: seconds.optional().describe('Epoch seconds: those that fired before'),
  limit,
  before: id.optional().describe('"next" of the answer before'),
});

export const noticesQuery = z.object({
  state: z.enum(['waiting', 'sent', 'dead']).optional(),
  channel: z.coerce
    .number()
    .int()
    .min(1)
    .max(2 ** 31 - 1)
    .optional()
    .describe('Id of the channel'),
  limit,
  before: id.optional().describe('"next" of the answer before'),
});

export const acknowledgeBody = z.strictObject({
  by: visibleLine(200).default('').describe('Who, when it is no person who is signed in: theirs is their own name'),
  comment: visibleText(1_000).default(''),
});

export function alertRoutes(engineOf: EngineOf): Route[] {
  return [
    { ...read, path: '/api/v1/alerts', answer: (request) => answerAlerts(engineOf(), request) },
    {
      ...read,
      path: '/api/v1/alerts/*',
      answer: (request) => {
        const { id: alertId, action } = placeOf(request, 'alert');
        if (action === 'trace') return answerTrace(engineOf(), alertId);
        if (action !== '' || request.rest.length > 1) throw noSuchPath('alert', action);
        return answerAlert(engineOf(), alertId);
      },
    },
    {
      ...change,
      action: 'alert.acknowledged',
      path: '/api/v1/alerts/*',
      answer: (request) => answerAcknowledge(engineOf(), request),
    },
    { ...read, path: '/api/v1/notices', answer: (request) => answerNotices(engineOf(), request) },
    {
      ...change,
      bodyBytesMax: 0,
      action: 'notice.retried',
      path: '/api/v1/notices/*',
      answer: (request) => answerRetry(engineOf(), request),
    },
  ];
}

async function answerAlerts(engine: Engine, request: HttpRequest) {
  const query = parseQuery(alertsQuery, request.query);
  const levels = severitiesOf(query.severity);
  if (query.state === 'pending' || query.state === 'open') return answerOpen(engine, { ...query, levels });
  const alerts = await orAway(
    engine.archive.call('alerts', {
      state: query.state ?? null,
      ...hostFilter(engine, query.host),
      ruleId: query.rule ?? null,
      severities: levels,
      isAcknowledged: query.acknowledged === undefined ? null : query.acknowledged === '1',
      sinceMs: query.since === undefined ? null : query.since * 1_000,
      untilMs: query.until === undefined ? null : query.until * 1_000,
      beforeId: query.before ?? null,
      countMax: query.limit,
    }),
    'list alerts',
  );
  const next = alerts.length < query.limit ? null : alerts[alerts.length - 1]!.id;
  return jsonAnswer({ alerts: alerts.map(alertAnswerOf), next });
}

/**
 * By the id of a host that there is: its alerts from before it got its name, and none of another that had the name. A host
 * that is no more is found by the name that it had.
 */
export function hostFilter(
  engine: Engine,
  hostName: string | undefined,
): { readonly hostName: string | null; readonly hostId: number | null } {
  const host = hostName === undefined ? undefined : engine.registry.byName(hostName);
  if (host !== undefined) return { hostName: null, hostId: host.identity.hostId };
  return { hostName: hostName ?? null, hostId: null };
}

/** From memory, also while the database is away; what has happened to each is read, as long as that answers. */
async function answerOpen(
  engine: Engine,
  query: z.infer<typeof alertsQuery> & { readonly levels: readonly (typeof severities)[number][] },
) {
  const open = engine.alerts.openAlerts();
  if (open === null)
    throw new HttpError(503, 'Cannot list alerts: the hub reads its rules first', { 'retry-after': '1' });
  const rows = open
    .map((row) => ({ row, hostName: engine.registry.host(row.hostId)?.identity.name ?? '' }))
    .filter(
      ({ row, hostName }) =>
        (query.state === 'open' || row.phase === 'pending') &&
        (query.host === undefined || hostName === query.host) &&
        (query.rule === undefined || row.ruleId === query.rule) &&
        (query.levels.length === 0 || query.levels.includes(row.severity)) &&
        (query.acknowledged === undefined || row.isAcknowledged === (query.acknowledged === '1')),
    )
    .sort((a, b) => b.row.sinceMs - a.row.sinceMs)
    .slice(0, query.limit);
  const ids = rows.flatMap(({ row }) => row.alertId ?? []);
  const isAsked = ids.length > 0 && engine.status().storage !== 'away';
  const stored = isAsked ? await engine.archive.call('alertsById', ids).catch(() => []) : [];
  const byId = new Map(stored.map((alert) => [alert.id, alert]));
  const alerts = rows.map(({ row, hostName }) =>
    openAlertAnswerOf(row, { hostName, stored: (row.alertId !== null && byId.get(row.alertId)) || null }),
  );
  return jsonAnswer({ alerts, next: null });
}

function severitiesOf(text: string | undefined): readonly (typeof severities)[number][] {
  const wanted = (text ?? '').split(',').filter((one) => one !== '');
  const known = wanted.flatMap((one) => severities.find((severity) => severity === one) ?? []);
  if (known.length < wanted.length)
    throw new HttpError(400, `Cannot read query: severity: ${severities.join(', ')} are wanted`);
  return known;
}

async function answerAlert(engine: Engine, alertId: number) {
  const alert = await orAway(engine.archive.call('alert', alertId), 'find alert');
  if (alert === null) throw unknownError('alert', alertId);
  return jsonAnswer(alertAnswerOf(alert));
}

async function answerTrace(engine: Engine, alertId: number) {
  const trace = await orAway(engine.archive.call('alertTrace', alertId), 'find alert');
  if (trace === null) throw unknownError('alert', alertId);
  return jsonAnswer(traceAnswerOf(trace));
}

/** Asked again it answers the same: the first to acknowledge counts. */
async function answerAcknowledge(engine: Engine, request: HttpRequest) {
  const { id: alertId, action } = placeOf(request, 'alert');
  if (action !== 'ack') throw noSuchPath('alert', action);
  const act = 'acknowledge alert';
  const { by, comment } = parseBody(acknowledgeBody, request.body, act);
  const author = authorOf(request, by);
  if (author.trim() === '') throw bodyError(act, ['by: a name is wanted']);
  request.note.detail = { id: alertId, by: author, comment };
  const done = await orAway(engine.storage.call('acknowledge', { alertId, by: author, comment }), act);
  if (done === null) throw unknownError('alert', alertId);
  engine.alerts.alerting.acknowledged(alertId);
  const { ruleName, hostName, series, firedMs } = done.alert;
  request.note.object = hostName === '' ? ruleName : `${ruleName} on ${hostName}`;
  request.note.detail = { ...request.note.detail, series, fired: new Date(firedMs).toISOString() };
  return jsonAnswer(alertAnswerOf(done.alert));
}

async function answerNotices(engine: Engine, request: HttpRequest) {
  const { state = null, channel = null, limit: countMax, before = null } = parseQuery(noticesQuery, request.query);
  const query = { state, channelId: channel, beforeId: before, countMax };
  const notices = await orAway(engine.archive.call('notices', query), 'list notices');
  const next = notices.length < countMax ? null : notices[notices.length - 1]!.id;
  return jsonAnswer({ notices: notices.map(listedNoticeOf), next });
}

async function answerRetry(engine: Engine, request: HttpRequest) {
  const { id: noticeId, action } = placeOf(request, 'notice');
  if (action !== 'retry') throw noSuchPath('notice', action);
  const outcome = await orAway(engine.storage.call('retryNotice', noticeId), 'retry notice');
  if (outcome === 'unknown') throw unknownError('notice', noticeId);
  if (outcome === 'notDead')
    throw new HttpError(409, 'Cannot retry notice: it must have been given up: got another one');
  engine.chores.pokeNotices();
  return jsonAnswer({ status: 'waiting' });
}

function unknownError(what: string, wantedId: number): HttpError {
  return new HttpError(404, `Cannot find ${what}: it must be there: got id ${wantedId}`);
}
