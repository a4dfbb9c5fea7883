/**
 * Which series there are: of one host with units and newest values, which is what a page shows of it, and of many hosts
 * together, to choose from. From memory, but for hosts that are away.
 */
import { z } from 'zod';
import { type HostMatcher, hostMatcherOf } from '#core/selector.ts';
import type { Layout, Series } from '#core/series.ts';
import { nameOfKey } from '#core/series-pattern.ts';
import type { Engine } from '../engine.ts';
import { type HttpAnswer, type HttpRequest, jsonAnswer, type Route } from '../http.ts';
import { bodyError } from '../json-body.ts';
import { latestValues } from '../latest.ts';
import type { Host } from '../registry.ts';
import { orAway } from './alerts/common.ts';
import { type EngineOf, nextTurn, secondsOf, turnMsMax } from './fetch.ts';
import { parseQuery } from './schemas.ts';

const key = z.string().describe('Canonical key');
const unit = z.string();
const kind = z.enum(['gauge', 'counter']);

/** Series of one host. */
export const hostSeriesAnswer = z.object({
  host: z.string(),
  interval: z.number().describe('Seconds between ticks'),
  time: z.number().nullable().describe('Of the newest tick, epoch seconds; null when none is known'),
  source: z.enum(['memory', 'stored']).describe('stored: the host is away, and its newest values are not known'),
  series: z
    .array(
      z.object({
        key,
        unit,
        kind,
        interval: z.number().describe('Seconds between values: a multiple of that of the ticks'),
        value: z.number().nullable().describe('The newest; null where it failed or is not known'),
      }),
    )
    .describe('In the order of the newest tick'),
});

const shownMax = 5_000;
const patternsMax = 100;

export const seriesQuery = z.object({
  name: z.string().optional().describe('Names of hosts, or globs; as often as wanted, none means all'),
  tag: z.string().optional().describe('"name=value", all of which a host must have; the value may be a glob'),
  not_name: z.string().optional().describe('Left out: names or globs'),
  not_tag: z.string().optional().describe('Left out: hosts with one of these tags'),
  search: z.string().max(500).default('').describe('Words that must all be in the key, in any order and case'),
  by: z.enum(['key', 'name']).default('key').describe('name: all label sets of a metric as one'),
  limit: z.coerce.number().int().min(1).max(shownMax).default(1_000),
});

/** Series of many hosts. */
export const seriesAnswer = z.object({
  hosts: z.number().int().describe('Hosts that were meant and have ticks in memory'),
  series: z
    .array(
      z.object({
        key: z.string().describe('Canonical key, or the name of the metric'),
        unit,
        kind,
        hosts: z.number().int().describe('How many have it'),
      }),
    )
    .describe('By key'),
  is_cut: z.boolean().describe('Whether there are more than the limit'),
});

export function seriesRoute(engineOf: EngineOf): Route {
  return {
    ...{ method: 'get', access: 'viewer', isChange: false, action: null, bodyBytesMax: 0, path: '/api/v1/series' },
    answer: (request) => answerSeries(engineOf(), request),
  };
}

/** Throws HttpError 503 when the host has nothing in memory and the database is away. */
export async function answerHostSeries(engine: Engine, host: Host): Promise<HttpAnswer> {
  const { name, kind: hostKind, intervalMs, hostId } = host.identity;
  const newest = host.ring.newest();
  if (newest !== null) {
    // Bodies that are pushed need not have all names: the newest value of a name may be of an earlier one.
    const values = hostKind === 'push' ? await engine.pusher.latest(name) : latestValues(host.ring);
    return jsonAnswer(shown(newest.layout, { host: name, timeMs: host.lastMs, values }));
  }
  const stored = await orAway(engine.archive.call('newestLayout', hostId), 'list series');
  if (stored === null)
    return jsonAnswer({ host: name, interval: intervalMs / 1_000, time: null, source: 'stored', series: [] });
  const layout = engine.intake.layouts.decode(stored.bytes, stored.id);
  return jsonAnswer(shown(layout, { host: name, timeMs: stored.timeMs, values: null }));
}

function shown(
  layout: Layout,
  of: { readonly host: string; readonly timeMs: number; readonly values: ReadonlyMap<string, number> | null },
): z.infer<typeof hostSeriesAnswer> {
  return {
    host: of.host,
    interval: layout.intervalMs / 1_000,
    time: secondsOf(of.timeMs),
    source: of.values === null ? 'stored' : 'memory',
    series: layout.series.map((series) => ({
      key: series.key,
      unit: series.unit,
      kind: series.kind,
      interval: (layout.intervalMs * series.every) / 1_000,
      value: of.values?.get(series.key) ?? null,
    })),
  };
}

/** Equal machines share a layout, so it is layouts that are gone through; and in turns, as there may be one for each host. */
async function answerSeries(engine: Engine, request: HttpRequest): Promise<HttpAnswer> {
  const { search, by, limit } = parseQuery(seriesQuery, request.query);
  const isMeant = matcherOf(request.query);
  const words = search.toLowerCase().split(/\s+/);
  const counts = new Map<Layout, number>();
  let hostCount = 0;
  for (const host of engine.registry.hosts()) {
    const newest = host.ring.newest();
    if (newest === null || !isMeant(host.identity)) continue;
    hostCount += 1;
    counts.set(newest.layout, (counts.get(newest.layout) ?? 0) + 1);
  }
  const found = new Map<string, { readonly series: Series; hosts: number }>();
  let turnMs = performance.now();
  for (const [layout, count] of counts) {
    const own = new Map(layout.series.map((series) => [by === 'key' ? series.key : nameOfKey(series.key), series]));
    for (const [name, series] of own) {
      const entry = found.get(name);
      if (entry === undefined) found.set(name, { series, hosts: count });
      else entry.hosts += count;
    }
    if (performance.now() - turnMs < turnMsMax) continue;
    await nextTurn();
    turnMs = performance.now();
  }
  const matching = [...found].filter(([name]) => words.every((word) => name.toLowerCase().includes(word)));
  matching.sort(([a], [b]) => (a < b ? -1 : 1));
  const answer: z.infer<typeof seriesAnswer> = {
    hosts: hostCount,
    series: matching
      .slice(0, limit)
      .map(([name, { series, hosts }]) => ({ key: name, unit: series.unit, kind: series.kind, hosts })),
    is_cut: matching.length > limit,
  };
  return jsonAnswer(answer);
}

/** Throws HttpError 400. */
function matcherOf(query: URLSearchParams): HostMatcher {
  const act = 'list series';
  const patterns = (field: string) => {
    const all = query.getAll(field);
    if (all.length > patternsMax || all.some((text) => text.length > 1_100))
      throw bodyError(act, [`${field}: at most ${patternsMax} are allowed, of 1,100 characters each`]);
    return all;
  };
  const pairs = (field: string) =>
    Object.fromEntries(
      patterns(field).map((text) => {
        const at = text.indexOf('=');
        return at < 0 ? [text, '*'] : [text.slice(0, at), text.slice(at + 1)];
      }),
    );
  return hostMatcherOf({
    names: patterns('name'),
    notNames: patterns('not_name'),
    tags: pairs('tag'),
    notTags: pairs('not_tag'),
  });
}
