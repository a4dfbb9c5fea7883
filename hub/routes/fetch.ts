/**
 * Reading by REST: newest values and hosts. The old paths and `/api/v1` are the same.
 */
import type { Engine } from '../engine.ts';
import { type HttpAnswer, HttpError, type HttpRequest, jsonAnswer, type Route } from '../http.ts';
import { latestValues } from '../latest.ts';
import { pushedNameOf } from '../push-body.ts';
import type { Host } from '../registry.ts';
import { mapAnswer } from './list-answer.ts';
import { hostsQuery, parseQuery } from './schemas.ts';

/** The engine, or an HttpError 503 while the database has not been reached yet. */
export type EngineOf = () => Engine;

const latestSeriesMax = 64;
/** A turn of the event loop by our own work. */
export const turnMsMax = 4;

export function fetchRoutes(engineOf: EngineOf): Route[] {
  const read = { method: 'get', access: 'viewer', isChange: false, action: null, bodyBytesMax: 0 } as const;
  const latest = (request: HttpRequest) => answerLatest(engineOf(), request);
  const hosts = (request: HttpRequest) => answerHosts(engineOf(), request);
  return [
    { ...read, path: '/fetch/latest', answer: latest },
    { ...read, path: '/api/v1/latest', answer: latest },
    { ...read, path: '/fetch/hosts', answer: hosts },
  ];
}

/** A fleet is written host by host, and gives way: ticks of others must not wait for it. */
async function answerLatest(engine: Engine, request: HttpRequest): Promise<HttpAnswer> {
  const wanted = wantedSeries(request.query);
  const members: string[] = [];
  let turnMs = performance.now();
  for (const host of [...selectHosts(engine, request)]) {
    const { name, tags, kind } = host.identity;
    const values = kind === 'push' ? await engine.pusher.latest(name) : latestValues(host.ring, wanted);
    const metrics: Record<string, number> = Object.create(null);
    for (const [key, value] of values) if (wanted?.has(key) !== false) metrics[shownName(kind, key)] = value;
    members.push(`${JSON.stringify(name)}:${JSON.stringify({ metrics, tags, timestamp: secondsOf(host.lastMs) })}`);
    if (performance.now() - turnMs < turnMsMax) continue;
    await nextTurn();
    turnMs = performance.now();
  }
  return { ...jsonAnswer(null), body: `{${members.join(',')}}` };
}

/** Keys that are asked for; null for all. Throws HttpError 400. */
function wantedSeries(query: URLSearchParams): ReadonlySet<string> | null {
  const keys = query.getAll('series');
  if (keys.length > latestSeriesMax)
    throw new HttpError(400, `Cannot read query: series: at most ${latestSeriesMax} are allowed: got ${keys.length}`);
  return keys.length === 0 ? null : new Set(keys);
}

/** Clients that push get their names back as they gave them. */
function shownName(kind: Host['identity']['kind'], key: string): string {
  return kind === 'push' ? pushedNameOf(key) : key;
}

function answerHosts(engine: Engine, request: HttpRequest): Promise<HttpAnswer> {
  return mapAnswer([...selectHosts(engine, request)], ({ identity, state, lastMs, downtimeUntilMs }) => [
    identity.name,
    {
      ...{ alias: identity.alias, tags: identity.tags, status: state },
      last_seen: secondsOf(lastMs),
      downtime_until: secondsOf(downtimeUntilMs),
    },
  ]);
}

/** The hosts that a request asks for. */
export function* selectHosts(engine: Engine, request: HttpRequest): Generator<Host> {
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

/** Epoch seconds; null for 0, which stands for never and for none. */
export function secondsOf(ms: number): number | null {
  return ms === 0 ? null : ms / 1_000;
}

export function nextTurn(): Promise<void> {
  return new Promise((resolve) => {
    setImmediate(resolve);
  });
}
