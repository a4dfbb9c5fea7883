/**
 * A query's answer under the names that people know: of hosts, and of series as their clients gave them.
 */
import { dayStartMs } from '#core/calendar.ts';
import type { QueriedAnswer } from '#core/query-columns.ts';
import { matcherOf } from '#core/series-pattern.ts';
import { pushedNameOf } from '../push-body.ts';
import type { QueryAnswer } from './query.ts';
import type { QueryRequest } from './query-request.ts';

/** Below every day: nothing has gone of a tier that has no floor. */
const noFloor = -1_000_000;

/** Series in the order of hosts asked for, then by name. */
export function namedAnswer(answer: QueryAnswer, request: Pick<QueryRequest, 'hosts' | 'patterns'>): QueriedAnswer {
  const hosts = new Map(request.hosts.map((host) => [host.hostId, host]));
  const nameOf = (hostId: number) => hosts.get(hostId)!.name;
  const series = answer.series.map(({ hostId, series: { key, unit, kind }, intervalMs, content }) => {
    const shown = hosts.get(hostId)!.isPushed ? pushedNameOf(key) : key;
    return { host: nameOf(hostId), series: shown, unit, kind, intervalMs, content };
  });
  const order = new Map(request.hosts.map(({ name }, index) => [name, index]));
  series.sort((a, b) => order.get(a.host)! - order.get(b.host)! || (a.series < b.series ? -1 : 1));
  const keys = answer.series.flatMap(({ series: { key } }) => [key, pushedNameOf(key)]);
  const sinceOf = (day: number) => (day <= noFloor ? null : dayStartMs(day));
  const { startMs, endMs, tier, coarserBy, floors } = answer;
  return {
    startMs,
    endMs,
    tier,
    coarserBy,
    sinceMs: { raw: sinceOf(floors.raw), minute: sinceOf(floors.minute), hour: sinceOf(floors.hour) },
    series,
    gaps: answer.gaps.map(({ hostId, ...gap }) => ({ host: nameOf(hostId), ...gap })),
    unmatched: request.patterns.filter((pattern) => !keys.some(matcherOf([pattern]))),
  };
}
