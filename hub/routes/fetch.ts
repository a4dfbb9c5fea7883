/**
 * Reading by REST: newest values, hosts, and the history of one series. The old paths and `/api/v1` are the same.
 */
import type { Point } from '#core/resample.ts';
import type { Engine } from '../engine.ts';
import { type HttpAnswer, HttpError, type HttpRequest, jsonAnswer, type Route } from '../http.ts';
import { latestValues } from '../latest.ts';
import { pushedKeyOf, pushedNameOf } from '../push-body.ts';
import type { Host } from '../registry.ts';
import { historyQuery, hostsQuery, parseQuery } from './schemas.ts';

/** The engine, or an HttpError 503 while the database has not been reached yet. */
export type EngineOf = () => Engine;

/** The widest span that one request may ask raw data for: a year at the default retention is what is there anyway. */
const spanMsMax = 400 * 86_400_000;
/** A turn of the event loop by our own work. */
const turnMsMax = 4;

export function fetchRoutes(engineOf: EngineOf): Route[] {
  const read = { method: 'get', isChange: false, bodyBytesMax: 0 } as const;
  const latest = (request: HttpRequest) => answerLatest(engineOf(), request);
  const hosts = (request: HttpRequest) => answerHosts(engineOf(), request);
  const history = (request: HttpRequest) => answerHistory(engineOf(), request);
  return [
    { ...read, path: '/fetch/latest', answer: latest },
    { ...read, path: '/api/v1/latest', answer: latest },
    { ...read, path: '/fetch/hosts', answer: hosts },
    { ...read, path: '/api/v1/hosts', answer: hosts },
    { ...read, path: '/fetch/history/*', answer: history },
    { ...read, path: '/api/v1/history/*', answer: history },
  ];
}

/** A fleet is written host by host, and gives way: ticks of others must not wait for it. */
async function answerLatest(engine: Engine, request: HttpRequest): Promise<HttpAnswer> {
  const members: string[] = [];
  let turnMs = performance.now();
  for (const host of [...selectHosts(engine, request)]) {
    const { name, tags, kind } = host.identity;
    const values = kind === 'push' ? await engine.pusher.latest(name) : latestValues(host.ring);
    const metrics = Object.fromEntries(Array.from(values, ([key, value]) => [shownName(kind, key), value]));
    members.push(`${JSON.stringify(name)}:${JSON.stringify({ metrics, tags, timestamp: secondsOf(host.lastMs) })}`);
    if (performance.now() - turnMs < turnMsMax) continue;
    await nextTurn();
    turnMs = performance.now();
  }
  return { ...jsonAnswer(null), body: `{${members.join(',')}}` };
}

/** Clients that push get their names back as they gave them. */
function shownName(kind: Host['identity']['kind'], key: string): string {
  return kind === 'push' ? pushedNameOf(key) : key;
}

function answerHosts(engine: Engine, request: HttpRequest): HttpAnswer {
  const answer: Record<string, unknown> = Object.create(null);
  for (const host of selectHosts(engine, request)) {
    answer[host.identity.name] = { tags: host.identity.tags, status: host.state, last_seen: secondsOf(host.lastMs) };
  }
  return jsonAnswer(answer);
}

async function answerHistory(engine: Engine, request: HttpRequest): Promise<HttpAnswer> {
  const [rawHost = '', ...keyParts] = request.rest;
  // Clients that do not encode slashes mean the same.
  const rawKey = keyParts.join('/');
  if (rawHost === '' || rawKey === '') {
    throw new HttpError(404, 'Cannot find history: the path is /fetch/history/<host>/<metric>, both percent-encoded');
  }
  const query = parseQuery(historyQuery, request.query);
  const host = engine.registry.byName(decodePart(rawHost));
  if (host === undefined)
    throw new HttpError(404, `Cannot find host: got ${JSON.stringify(decodePart(rawHost).slice(0, 200))}`);
  const metric = decodePart(rawKey);
  const key = host.identity.kind === 'push' ? (pushedKeyOf(metric) ?? metric) : metric;
  const endMs = query.end === undefined ? Date.now() : query.end * 1_000;
  const startMs = query.start === undefined ? endMs - 3_600_000 : query.start * 1_000;
  if (startMs > endMs)
    throw new HttpError(
      400,
      `Cannot read history: start must not be after end: got ${startMs / 1_000} and ${endMs / 1_000}`,
    );
  if (endMs - startMs > spanMsMax)
    throw new HttpError(
      400,
      `Cannot read history: at most ${spanMsMax / 86_400_000} days at once: got ${(endMs - startMs) / 86_400_000}`,
    );

  const { hostId, intervalMs } = host.identity;
  const every = host.ring.newest()?.layout.series.find((series) => series.key === key)?.every ?? 1;
  const points = await readPoints(engine, {
    hostId,
    key,
    startMs,
    endMs,
    pointsMax: query.limit,
    intervalMs: intervalMs * every,
  });
  const rows = points.map(({ timeMs, value, min, max }) =>
    query.envelope === '1' ? [timeMs / 1_000, value, min, max] : [timeMs / 1_000, value],
  );
  return jsonAnswer(rows);
}

async function readPoints(engine: Engine, span: Parameters<Engine['history']['read']>[0]): Promise<Point[]> {
  try {
    return await engine.history.read(span);
  } catch {
    throw new HttpError(503, 'Cannot read history: the database is away', { 'retry-after': '10' });
  }
}

function* selectHosts(engine: Engine, request: HttpRequest): Generator<Host> {
  const { host: name, tag } = parseQuery(hostsQuery, request.query);
  const [tagName, tagValue] = tag === undefined ? [] : splitTag(tag);
  for (const host of engine.registry.hosts()) {
    if (name !== undefined && host.identity.name !== name) continue;
    const own = tagName === undefined ? undefined : host.identity.tags[tagName];
    if (tagName !== undefined && (own === undefined || (tagValue !== undefined && own !== tagValue))) continue;
    yield host;
  }
}

function splitTag(tag: string): [string, string?] {
  const at = tag.indexOf('=');
  return at < 0 ? [tag] : [tag.slice(0, at), tag.slice(at + 1)];
}

function decodePart(part: string): string {
  try {
    return decodeURIComponent(part);
  } catch {
    throw new HttpError(
      400,
      `Cannot read path: it must be percent-encoded UTF-8: got ${JSON.stringify(part.slice(0, 100))}`,
    );
  }
}

function secondsOf(ms: number): number | null {
  return ms === 0 ? null : ms / 1_000;
}

function nextTurn(): Promise<void> {
  return new Promise((resolve) => {
    setImmediate(resolve);
  });
}
