/**
 * The history of one series in the old shape, on the old path and on `/api/v1`.
 */
import type { Engine } from '../engine.ts';
import { unknownHostError } from '../hosts.ts';
import { type HttpAnswer, HttpError, type HttpRequest, type Route } from '../http.ts';
import { pushedKeyOf } from '../push-body.ts';
import type { EngineOf } from './fetch.ts';
import { bytesAnswer, checkSpan, queriedHost } from './query.ts';
import { historyQuery, parseQuery } from './schemas.ts';

export function historyRoutes(engineOf: EngineOf): Route[] {
  const read = { method: 'get', access: 'viewer', isChange: false, action: null, bodyBytesMax: 0 } as const;
  const answer = (request: HttpRequest) => answerHistory(engineOf(), request);
  return [
    { ...read, path: '/fetch/history/*', answer },
    { ...read, path: '/api/v1/history/*', answer },
  ];
}

async function answerHistory(engine: Engine, request: HttpRequest): Promise<HttpAnswer> {
  const [rawHost = '', ...keyParts] = request.rest;
  // Clients that do not encode slashes mean the same.
  const rawKey = keyParts.join('/');
  if (rawHost === '' || rawKey === '') {
    throw new HttpError(404, 'Cannot find history: the path is /fetch/history/<host>/<metric>, both percent-encoded');
  }
  const query = parseQuery(historyQuery, request.query);
  const name = decodePart(rawHost);
  const host = engine.registry.byName(name);
  if (host === undefined) throw unknownHostError(name);
  const metric = decodePart(rawKey);
  const key = host.identity.kind === 'push' ? (pushedKeyOf(metric) ?? metric) : metric;
  const endMs = query.end === undefined ? Date.now() : query.end * 1_000;
  const startMs = query.start === undefined ? endMs - 3_600_000 : query.start * 1_000;
  checkSpan({ startMs, endMs });
  const asked = {
    hosts: [queriedHost(host, [key])],
    patterns: [key],
    startMs,
    // Here, other than in the rest of the hub, the end belongs to the span.
    endMs: endMs + 1,
    resolution: { kind: 'points', pointsMax: query.limit, prefersSamples: true },
    wantsGaps: false,
  } as const;
  const format = query.envelope === '1' ? 'envelope' : 'points';
  return bytesAnswer(
    engine,
    await engine.history.read(asked, format, request.signal),
    'application/json; charset=utf-8',
  );
}

/** A percent-encoded part of a path. Throws HttpError 400. */
export function decodePart(part: string): string {
  try {
    return decodeURIComponent(part);
  } catch {
    throw new HttpError(
      400,
      `Cannot read path: it must be percent-encoded UTF-8: got ${JSON.stringify(part.slice(0, 100))}`,
    );
  }
}
