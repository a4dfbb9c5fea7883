/**
 * `POST /api/v1/rules/backtest`: what a rule would have said of the past, by the very evaluator of the live stream.
 */
import type { z } from 'zod';
import type { RuleSpec } from '#core/rule-spec.ts';
import { hostMatcherOf, seriesMatcherOf } from '#core/selector.ts';
import type { Layout } from '#core/series.ts';
import type { BacktestAnswer } from '../archive/backtest-request.ts';
import type { Span } from '../archive/query-request.ts';
import type { Engine } from '../engine.ts';
import { type HttpAnswer, HttpError, type HttpRequest, jsonAnswer, type Route } from '../http.ts';
import { bodyError, parseBody } from '../json-body.ts';
import { type backtestAnswer, backtestBody } from './backtest-schemas.ts';
import type { EngineOf } from './fetch.ts';
import { checkSpan, queriedHost } from './query.ts';
import { draftOf } from './rule-body.ts';

const bodyBytesMax = 256 * 1024;
const defaultSpanMs = 86_400_000;
/** Of more series the last seconds, which are not stored yet, are left out: each of them is a dozen pieces of memory. */
const memorySeriesMax = 2_000;

export function backtestRoute(engineOf: EngineOf): Route {
  return {
    method: 'post',
    path: '/api/v1/rules/backtest',
    // It changes nothing, but a page of another site has no business to keep the database busy.
    access: 'viewer',
    isChange: true,
    action: null,
    bodyBytesMax,
    answer: (request) => answerBacktest(engineOf(), request),
  };
}

async function answerBacktest(engine: Engine, request: HttpRequest): Promise<HttpAnswer> {
  const body = parseBody(backtestBody, request.body, 'back-test rule');
  const spec = specOf(body.rule);
  const patterns = patternsOf(spec);
  const isMeant = hostMatcherOf(spec.hosts);
  const hosts = [...engine.registry.hosts()]
    .filter(({ identity }) => isMeant(identity))
    .map((host) => ({ ...queriedHost(host, patterns), tags: host.identity.tags }));
  const isFew = countSeries(engine, spec) <= memorySeriesMax;
  const test = { spec, hosts, patterns: isFew ? patterns : [], ...spanOf(body), rawSamplesMax: body.raw_samples };
  return jsonAnswer(shown(await engine.history.backtest(test, request.signal)));
}

function specOf(body: z.infer<typeof backtestBody>['rule']): RuleSpec {
  const drafted = draftOf(body);
  if (drafted.kind === 'refused') throw bodyError('back-test rule', drafted.problems);
  return drafted.draft.spec;
}

/** Series that the rule means as hosts have them now. */
function countSeries(engine: Engine, { hosts, subject }: RuleSpec): number {
  if (!('series' in subject)) return 0;
  const isHostMeant = hostMatcherOf(hosts);
  const isMeant = seriesMatcherOf(subject.series);
  const byLayout = new Map<Layout, number>();
  let count = 0;
  for (const { identity, ring } of engine.registry.hosts()) {
    const layout = ring.newest()?.layout;
    if (layout === undefined || !isHostMeant(identity)) continue;
    const known = byLayout.get(layout) ?? layout.series.reduce((sum, { key }) => sum + (isMeant(key) ? 1 : 0), 0);
    byLayout.set(layout, known);
    count += known;
  }
  return count;
}

/** What is taken from memory: names are looked for with any labels, and labels are looked at later. */
function patternsOf({ subject }: RuleSpec): readonly string[] {
  if (subject.kind !== 'series' && subject.kind !== 'silence')
    throw new HttpError(
      400,
      'Cannot back-test rule: only what is stored can be looked at again, not whether a host was down or its clock off',
    );
  const { patterns } = subject.series;
  if (patterns.length === 0) return ['*'];
  return patterns.flatMap((pattern) => (/[*{]/.test(pattern) ? [pattern] : [pattern, `${pattern}{*`]));
}

/** What is to come is no part of it. */
function spanOf({ start, end }: z.infer<typeof backtestBody>): Span {
  const endMs = Math.min(Date.now(), (end ?? Number.POSITIVE_INFINITY) * 1_000);
  const startMs = start === undefined ? endMs - defaultSpanMs : start * 1_000;
  if (startMs >= endMs)
    throw new HttpError(
      400,
      `Cannot back-test rule: the start must be before the end and before now: got ${startMs / 1_000} and ${endMs / 1_000}`,
    );
  checkSpan({ startMs, endMs });
  return { startMs, endMs };
}

function shown(answer: BacktestAnswer): z.infer<typeof backtestAnswer> {
  const spanShown = ({ startMs, endMs }: Span) => ({ start: startMs / 1_000, end: endMs / 1_000 });
  return {
    ...spanShown(answer),
    fired: answer.fired,
    firing_seconds: answer.firingMs / 1_000,
    hosts: answer.hostCount,
    judged_series: answer.seriesCount,
    fired_series: answer.firedSeriesCount,
    series: answer.series.map(({ host, series, fired, firingMs, firstMs, lastMs }) => {
      return { host, series, fired, firing_seconds: firingMs / 1_000, first: firstMs / 1_000, last: lastMs / 1_000 };
    }),
    marks: answer.marks.map((mark) => ({ host: mark.host, ...spanShown(mark), series: mark.series })),
    marks_in_all: answer.markCount,
    holes: answer.holes.map((hole) => ({ host: hole.host, ...spanShown(hole) })),
    holes_in_all: answer.holeCount,
    tier: answer.tier,
    coarser_by: answer.coarserBy,
    approximate: answer.isApproximate,
    samples_read: answer.samplesRead,
    seconds: Math.round(answer.durationMs) / 1_000,
  };
}
