/**
 * Which series there are, by REST: of one host with units and newest values, and of many hosts to choose from.
 */
import type { HostSelector } from '#core/rule-spec.ts';
import type { Series } from '#core/series.ts';
import type { Asked, AskOptions, HubClient } from './client.ts';
import { fieldsOf, listOf, msOf, numberOf, textOf, wordOf } from './parse.ts';

export interface ListedSeries {
  readonly key: string;
  readonly unit: string;
  readonly kind: Series['kind'];
}

export interface HostSeries extends ListedSeries {
  readonly intervalMs: number;
  /** The newest; null where it failed or is not known. */
  readonly value: number | null;
}

export interface HostSeriesList {
  readonly intervalMs: number;
  /** Of the newest tick, epoch ms; null when none is known. */
  readonly timeMs: number | null;
  /** `stored`: the host is away, and its newest values are not known. */
  readonly source: 'memory' | 'stored';
  /** In the order of the newest tick. */
  readonly series: readonly HostSeries[];
}

export interface CountedSeries extends ListedSeries {
  /** How many of the hosts have it. */
  readonly hostCount: number;
}

export interface SeriesChoice {
  /** Hosts that were meant and have ticks. */
  readonly hostCount: number;
  /** By key. */
  readonly series: readonly CountedSeries[];
  /** Whether there are more than `countMax`. */
  readonly isCut: boolean;
}

export interface SeriesQuery {
  readonly hosts: HostSelector;
  /** Words that must all be in the key. */
  readonly search?: string;
  /** `name`: all label sets of a metric as one, whose name is the key then. */
  readonly by?: 'key' | 'name';
  readonly countMax?: number;
}

const kinds = ['gauge', 'counter'] as const;

export async function readHostSeries(
  client: HubClient,
  hostName: string,
  options: AskOptions = {},
): Promise<Asked<HostSeriesList>> {
  const asked = await client.getJson(`/api/v1/hosts/${encodeURIComponent(hostName)}/series`, options);
  return asked.kind === 'failed' ? asked : { kind: 'ok', value: parseHostSeries(asked.value.body) };
}

export async function readSeriesChoice(
  client: HubClient,
  query: SeriesQuery,
  options: AskOptions = {},
): Promise<Asked<SeriesChoice>> {
  const asked = await client.getJson(`/api/v1/series?${queryTextOf(query)}`, options);
  return asked.kind === 'failed' ? asked : { kind: 'ok', value: parseChoice(asked.value.body) };
}

function queryTextOf({ hosts, search = '', by = 'key', countMax = 1_000 }: SeriesQuery): string {
  const query = new URLSearchParams({ search, by, limit: String(countMax) });
  for (const name of hosts.names) query.append('name', name);
  for (const name of hosts.notNames) query.append('not_name', name);
  for (const [name, value] of Object.entries(hosts.tags)) query.append('tag', `${name}=${value}`);
  for (const [name, value] of Object.entries(hosts.notTags)) query.append('not_tag', `${name}=${value}`);
  return query.toString();
}

function parseHostSeries(body: unknown): HostSeriesList {
  const fields = fieldsOf(body);
  const intervalMs = msOf(fields.get('interval')) ?? 1_000;
  return {
    intervalMs,
    timeMs: msOf(fields.get('time')),
    source: wordOf(['memory', 'stored'], fields.get('source')) ?? 'stored',
    series: listOf(fields.get('series')).flatMap((row) => {
      const series = fieldsOf(row);
      const interval = msOf(series.get('interval')) ?? intervalMs;
      return listedOf(series).map((listed) => ({
        ...listed,
        intervalMs: interval,
        value: numberOf(series.get('value')),
      }));
    }),
  };
}

function parseChoice(body: unknown): SeriesChoice {
  const fields = fieldsOf(body);
  return {
    hostCount: numberOf(fields.get('hosts')) ?? 0,
    series: listOf(fields.get('series')).flatMap((row) => {
      const series = fieldsOf(row);
      return listedOf(series).map((listed) => ({ ...listed, hostCount: numberOf(series.get('hosts')) ?? 0 }));
    }),
    isCut: fields.get('is_cut') === true,
  };
}

/** None for a row without a key. */
function listedOf(fields: ReadonlyMap<string, unknown>): ListedSeries[] {
  const key = textOf(fields.get('key'));
  if (key === '') return [];
  return [{ key, unit: textOf(fields.get('unit')), kind: wordOf(kinds, fields.get('kind')) ?? 'gauge' }];
}
