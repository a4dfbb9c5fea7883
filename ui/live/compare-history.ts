/**
 * History of one metric of any number of hosts: as many requests as it takes, since one takes a hundred hosts. All or
 * nothing: a comparison in which some hosts are missing for a reason of ours would be a lie.
 */

import type { QueriedAnswer, QueriedSeries } from '#core/query-columns.ts';
import { anyHost } from '#core/rule-spec.ts';
import type { Asked, AskOptions, HubClient } from '../api/client.ts';
import { readHistory } from '../api/history.ts';
import { readSeriesChoice } from '../api/series.ts';
import { type MetricChoice, metricChoices, patternsOf } from '../model/compare/metrics.ts';
import { compareNames } from '../model/names.ts';
import { spread } from './metric-names.ts';

export type ComparedSeries = QueriedSeries;

export interface CompareQuery {
  readonly hosts: readonly string[];
  readonly metric: string;
  /** Epoch ms; the end does not belong to the span. */
  readonly startMs: number;
  readonly endMs: number;
  readonly stepMs: number;
}

export interface CompareHistory {
  /** In the order of the hosts, those of one host by name. */
  readonly series: readonly ComparedSeries[];
  readonly coarserBy: QueriedAnswer['coarserBy'];
}

const hostsPerRequest = 100;

export async function readCompared(
  client: HubClient,
  { hosts, metric, startMs, endMs, stepMs }: CompareQuery,
  options: AskOptions,
): Promise<Asked<CompareHistory>> {
  const parts = Array.from({ length: Math.ceil(hosts.length / hostsPerRequest) }, (_, part) =>
    hosts.slice(part * hostsPerRequest, (part + 1) * hostsPerRequest),
  );
  const series = patternsOf(metric);
  const answers = await Promise.all(
    parts.map((part) => readHistory(client, { hosts: part, series, startMs, endMs, points: null, stepMs }, options)),
  );
  const found: QueriedSeries[] = [];
  let coarserBy: QueriedAnswer['coarserBy'] = null;
  for (const answer of answers) {
    if (answer.kind === 'failed') return answer;
    found.push(...answer.value.series);
    coarserBy ??= answer.value.coarserBy;
  }
  const places = new Map(hosts.map((host, place) => [host, place]));
  const placeOf = ({ host }: QueriedSeries) => places.get(host) ?? hosts.length;
  found.sort((a, b) => placeOf(a) - placeOf(b) || compareNames(a.series, b.series));
  return { kind: 'ok', value: { series: found, coarserBy } };
}

/** What may be compared of these hosts. */
export async function readMetricChoices(
  client: HubClient,
  hosts: readonly string[],
  options: AskOptions,
): Promise<Asked<MetricChoice[]>> {
  const selector = { ...anyHost, names: spread(hosts) };
  const [keys, metrics] = await Promise.all([
    readSeriesChoice(client, { hosts: selector, by: 'key' }, options),
    readSeriesChoice(client, { hosts: selector, by: 'name' }, options),
  ]);
  if (keys.kind === 'failed') return keys;
  if (metrics.kind === 'failed') return metrics;
  return { kind: 'ok', value: metricChoices(keys.value.series, metrics.value.series) };
}
