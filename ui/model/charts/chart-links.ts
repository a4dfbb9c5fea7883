/** Where a chart leads: its values as a file, its metric in a comparison and in a rule. Pure. */
import { nameOfKey } from '#core/series-pattern.ts';
import { type CompareRoute, compareRoute, type RuleRoute, ruleRoute } from '../route.ts';
import type { TimeRange } from '../time-range.ts';
import type { Window } from './chart-data.ts';
import type { Chart } from './charts.ts';

/** A hub takes heads of 4 KiB; the browser's own lines need the rest. */
const queryCharactersMax = 2_500;
/** As many hosts and series as one request may name. */
const namesMax = 100;

export interface CsvLink {
  readonly href: string;
  /** Name of the file. */
  readonly file: string;
  /** Hosts that did not fit into one request. */
  readonly leftOutCount: number;
}

export interface ChartPlace {
  /** Host of lines that name none. */
  readonly host: string;
  readonly window: Window;
  /** Width of a bucket, ms; 0 for the samples themselves. */
  readonly stepMs: number;
}

/** The values that the chart shows as CSV: its lines, its window, its step. */
export function csvLink(chart: Chart, { host, window, stepMs }: ChartPlace): CsvLink {
  const hosts = [...new Set(chart.lines.map((line) => line.host ?? host))].filter(Boolean);
  const keys = [...new Set(chart.lines.filter((line) => line.host !== '').map(({ key }) => key))].slice(0, namesMax);
  const query = new URLSearchParams({
    format: 'csv',
    start: String(Math.floor(window.fromMs / 1_000)),
    end: String(Math.ceil(window.toMs / 1_000)),
    ...(stepMs > 0 ? { step: String(stepMs / 1_000) } : { raw: '1' }),
  });
  for (const key of keys) query.append('series', key);
  let named = 0;
  let length = query.toString().length;
  for (const name of hosts.slice(0, namesMax)) {
    length += encodeURIComponent(name).length + '&host='.length;
    if (length > queryCharactersMax && named > 0) break;
    query.append('host', name);
    named += 1;
  }
  const from = new Date(window.fromMs).toISOString().slice(0, 16).replace(':', '');
  const file = `${`${hosts.length === 1 ? hosts[0] : 'hosts'} ${chart.title} ${from}`.replace(/[^\p{L}\p{N}.-]+/gu, '-')}.csv`;
  return { href: `/api/v1/query?${query}`, file, leftOutCount: hosts.length - named };
}

/** What a chart is about: the key of its one line, the name that all its lines share, or its first line. */
export function metricOf({ lines }: Pick<Chart, 'lines'>): string {
  const first = lines[0]?.key ?? '';
  if (lines.length < 2 || lines.every(({ key }) => key === first)) return first;
  const name = nameOfKey(first);
  return lines.every(({ key }) => nameOfKey(key) === name) ? name : first;
}

/** The comparison that begins with this chart. */
export function compareRouteOf(chart: Chart, host: string, range: TimeRange): CompareRoute {
  return { ...compareRoute, hosts: host === '' ? [] : [host], metric: metricOf(chart), range };
}

export function ruleRouteOf(chart: Chart, host: string): RuleRoute {
  return { ...ruleRoute, host, metric: metricOf(chart) };
}
