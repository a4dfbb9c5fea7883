/**
 * `/api/v1/query`: several series of several hosts in one request, as JSON, as columns for programs that draw, or as
 * CSV that is written while it is read.
 */

import type { z } from 'zod';
import { dayMs } from '#core/calendar.ts';
import { matcherOf } from '#core/series-pattern.ts';
import { csvHead } from '../archive/answer-text.ts';
import type { QueriedHost, Resolution, Span } from '../archive/query-request.ts';
import type { Engine } from '../engine.ts';
import type { HistoryQuery } from '../history.ts';
import { unknownHostError } from '../hosts.ts';
import { type HttpAnswer, HttpError, type HttpRequest, type Route } from '../http.ts';
import { issueWords } from '../issue-words.ts';
import { parseBody } from '../json-body.ts';
import { pushedKeyOf } from '../push-body.ts';
import type { Host } from '../registry.ts';
import type { EngineOf } from './fetch.ts';
import { queryBody, queryParameters, queryPointsMax } from './query-schemas.ts';
import { problemsText } from './schemas.ts';

/** The widest span of one request: longer than anything is kept by default. */
const spanMsMax = 3_700 * dayMs;
/** Points of all series that a request may ask for. */
const pointsMax = 1_000_000;
const bodyBytesMax = 256 * 1024;

export function queryRoutes(engineOf: EngineOf): Route[] {
  const path = '/api/v1/query';
  return [
    {
      method: 'get',
      path,
      access: 'viewer',
      isChange: false,
      action: null,
      bodyBytesMax: 0,
      answer: (request) => answerQuery(engineOf(), request, parametersOf(request.query)),
    },
    {
      method: 'post',
      path,
      // It changes nothing, but a page of another site has no business to keep the database busy.
      access: 'viewer',
      isChange: true,
      action: null,
      bodyBytesMax,
      answer: (request) => answerQuery(engineOf(), request, parseBody(queryBody, request.body, 'read query')),
    },
  ];
}

type QueryInput = z.infer<typeof queryBody>;

function parametersOf(parameters: URLSearchParams): QueryInput {
  const { host: hosts, series, ...rest } = listsOf(parameters);
  const single = Object.fromEntries(
    Object.entries(rest).map(([name, values]) => {
      if (values.length === 1) return [name, values[0]];
      throw new HttpError(
        400,
        `Cannot read query: ${JSON.stringify(name.slice(0, 100))} may stand once: got ${values.length}`,
      );
    }),
  );
  const parsed = queryParameters.safeParse(
    { ...single, hosts: hosts ?? [], series: series ?? [] },
    { error: issueWords },
  );
  if (!parsed.success) throw new HttpError(400, `Cannot read query: ${problemsText(parsed.error)}`);
  return parsed.data;
}

function listsOf(parameters: URLSearchParams): Record<string, string[]> {
  const lists: Record<string, string[]> = Object.create(null);
  for (const [name, value] of parameters) (lists[name] ??= []).push(value);
  return lists;
}

async function answerQuery(engine: Engine, request: HttpRequest, input: QueryInput): Promise<HttpAnswer> {
  const { format } = input;
  const query = historyQueryOf(engine, input);
  if (format === 'csv') {
    const headers = { 'content-disposition': 'attachment; filename="pulsewire.csv"' };
    return { status: 200, type: 'text/csv; charset=utf-8', headers, body: csvOf(engine, query, request.signal) };
  }
  const type = format === 'columns' ? 'application/vnd.pulsewire.columns' : 'application/json; charset=utf-8';
  return bytesAnswer(engine, await engine.history.read(query, format, request.signal), type);
}

async function* csvOf(engine: Engine, query: HistoryQuery, signal: AbortSignal): AsyncGenerator<Uint8Array> {
  const parts = engine.history.export(query, signal);
  // The first part is read before the head is given out: what is wrong with the query is still a clean answer.
  const first = await parts.next();
  yield new TextEncoder().encode(csvHead);
  if (first.done === true) return;
  yield first.value;
  yield* parts;
}

/** An answer whose bytes count as held until they are sent. */
export function bytesAnswer(engine: Engine, body: Uint8Array, type: string): HttpAnswer {
  const { slots } = engine.history;
  slots.heldBytes += body.byteLength;
  return {
    status: 200,
    type,
    body,
    settled: () => {
      slots.heldBytes -= body.byteLength;
    },
  };
}

function historyQueryOf(engine: Engine, input: QueryInput): HistoryQuery {
  const hosts = [...new Set(input.hosts)].map((name) => {
    const host = engine.registry.byName(name);
    if (host === undefined) throw unknownHostError(name);
    return host;
  });
  const hasPushed = hosts.some(({ identity }) => identity.kind === 'push');
  const patterns = [
    ...new Set(input.series.map((key) => (hasPushed && !key.includes('*') ? (pushedKeyOf(key) ?? key) : key))),
  ];
  const endMs = (input.end ?? Date.now() / 1_000) * 1_000;
  const startMs = input.start === undefined ? endMs - 3_600_000 : input.start * 1_000;
  checkSpan({ startMs, endMs });
  const resolution = resolutionOf(input);
  if (input.format !== 'csv') checkPoints(resolution, { startMs, endMs, seriesCount: hosts.length * patterns.length });
  return {
    hosts: hosts.map((host) => queriedHost(host, patterns)),
    patterns,
    startMs,
    endMs,
    resolution,
    wantsGaps: input.gaps,
  };
}

function resolutionOf({ points, step, raw }: QueryInput): Resolution {
  if ([points !== undefined, step !== undefined, raw].filter(Boolean).length > 1)
    throw new HttpError(400, 'Cannot read query: only one of points, step and raw may be asked for: got more');
  if (raw) return { kind: 'raw' };
  if (step !== undefined) return { kind: 'step', stepMs: Math.round(step * 1_000) };
  return { kind: 'points', pointsMax: points ?? 500, prefersSamples: false };
}

function checkPoints(resolution: Resolution, of: Span & { readonly seriesCount: number }): void {
  if (resolution.kind === 'raw') return;
  const each = resolution.kind === 'points' ? resolution.pointsMax : (of.endMs - of.startMs) / resolution.stepMs;
  if (each > queryPointsMax)
    throw new HttpError(
      400,
      `Cannot read query: at most ${queryPointsMax} points a series are given: got ${Math.ceil(each)}: ask for a longer step, or CSV`,
    );
  if (each * of.seriesCount > pointsMax)
    throw new HttpError(
      400,
      `Cannot read query: at most ${pointsMax} points in all are given: got ${Math.ceil(each * of.seriesCount)}`,
    );
}

/** Refuses a span that is none, or too long. */
export function checkSpan({ startMs, endMs }: Span): void {
  if (startMs > endMs)
    throw new HttpError(
      400,
      `Cannot read history: start must not be after end: got ${startMs / 1_000} and ${endMs / 1_000}`,
    );
  if (endMs - startMs > spanMsMax)
    throw new HttpError(
      400,
      `Cannot read history: at most ${spanMsMax / dayMs} days at once: got ${(endMs - startMs) / dayMs}`,
    );
}

/** A host as the archive thread wants it, with what its newest layout says of the series asked for. */
export function queriedHost(host: Host, patterns: readonly string[]): QueriedHost {
  const { hostId, name, kind, intervalMs } = host.identity;
  const isAsked = matcherOf(patterns);
  const everyOf = new Map<string, number>();
  for (const { key, every } of host.ring.newest()?.layout.series ?? [])
    if (every > 1 && isAsked(key)) everyOf.set(key, every);
  return { hostId, name, isPushed: kind === 'push', intervalMs, everyOf };
}
