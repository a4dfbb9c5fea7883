/** What is compared: metrics by their names for people, their scales, and which series a choice means. Pure. */
import { parseSeriesKey } from '#core/series.ts';
import { nameOfKey } from '#core/series-pattern.ts';
import { sectionRules } from '../charts/chart-rules.ts';
import { compareNames, unitOfKey } from '../names.ts';

export interface MetricScale {
  /** Unit of the shown values: those of the series times `factor`. */
  readonly unit: string;
  readonly factor: number;
  readonly min: number | null;
  readonly max: number | null;
}

/** Words that are not written as they are spoken. */
const words: Readonly<Record<string, string>> = {
  cpu: 'CPU',
  io: 'IO',
  irq: 'IRQ',
  softirq: 'soft IRQ',
  iowait: 'IO wait',
  tcp: 'TCP',
  udp: 'UDP',
  tls: 'TLS',
  http: 'HTTP',
  inodes: 'inodes',
  '1m': '1\u202fm',
  '5m': '5\u202fm',
  '15m': '15\u202fm',
};
/** What stands in the unit, and not in the title. */
const endings = /_(percent|bytes_per_sec|per_sec|bytes|ms|seconds|celsius)$/;
/** Rates of bytes that people know in bits. */
const inBits = /^network_.*_bytes_per_sec$/;
/** Percentages of a whole: two charts of them can be compared when both show the whole. */
const ofWhole = /(^|_)(used|busy)(_max)?_percent$/;

/** "CPU used", "Disk busy nvme0n1"; a name that is no identifier stays as it is. */
export function metricTitle(metric: string): string {
  const parsed = parseSeriesKey(metric);
  const name = parsed?.name ?? metric;
  const values = Object.values(parsed?.labels ?? {});
  return [/^[a-z][a-z0-9_]*$/.test(name) ? spoken(name) : name, ...values].join(' ');
}

function spoken(name: string): string {
  const text = name
    .replace(endings, '')
    .split('_')
    .map((word) => words[word] ?? word)
    .join(' ');
  return text.charAt(0).toUpperCase() + text.slice(1);
}

/** `unit` is that of the series; '' when it is not known. */
export function scaleOf(metric: string, unit: string): MetricScale {
  const name = nameOfKey(metric);
  const rule = sectionRules
    .flatMap(({ charts }) => charts)
    .find(({ lines }) => lines.some((line) => line.metric === name));
  if (inBits.test(name)) return { unit: 'bits/s', factor: 8, min: 0, max: null };
  return {
    unit: rule?.unit ?? (unit === '' ? unitOfKey(metric) : unit),
    factor: rule?.factor ?? 1,
    min: ofWhole.test(name) || rule?.kind === 'stack' || rule?.kind === 'mirror' ? 0 : (rule?.min ?? null),
    max: ofWhole.test(name) ? 100 : (rule?.max ?? null),
  };
}

/** Whether a series is meant by a choice: a key itself, or a name with any labels. */
export function isMeant(metric: string, key: string): boolean {
  return key === metric || (key.startsWith(metric) && key.charAt(metric.length) === '{');
}

/** The choice as patterns of a query. */
export function patternsOf(metric: string): readonly string[] {
  return metric.endsWith('}') ? [metric] : [metric, `${metric}{*`];
}

/** What tells lines of one host apart: label values of its key; '' where the metric has one series a host. */
export function labelsText(metric: string, key: string): string {
  if (key === metric) return '';
  return Object.values(parseSeriesKey(key)?.labels ?? {}).join(' ');
}

export interface CountedKey {
  readonly key: string;
  readonly unit: string;
  /** Hosts that have it. */
  readonly hostCount: number;
}

export interface MetricChoice {
  readonly metric: string;
  readonly unit: string;
  readonly hostCount: number;
  /** Different series that it means, over all hosts. */
  readonly seriesCount: number;
}

/** Everything that may be compared: whole metrics by name, then each single series of those with labels. */
export function metricChoices(keys: readonly CountedKey[], names: readonly CountedKey[]): MetricChoice[] {
  const perName = new Map<string, number>();
  for (const { key } of keys) perName.set(nameOfKey(key), (perName.get(nameOfKey(key)) ?? 0) + 1);
  const known = new Set(keys.map(({ key }) => key));
  const choiceOf = ({ key, unit, hostCount }: CountedKey, seriesCount: number): MetricChoice => ({
    metric: key,
    unit: unit === '' ? unitOfKey(key) : unit,
    hostCount,
    seriesCount,
  });
  return [
    ...keys.map((key) => choiceOf(key, 1)),
    ...names.filter(({ key }) => !known.has(key)).map((name) => choiceOf(name, perName.get(name.key) ?? 1)),
  ].sort((a, b) => Number(a.metric.endsWith('}')) - Number(b.metric.endsWith('}')) || compareNames(a.metric, b.metric));
}

/** What people look at beside a metric, the first first; other metrics fill up where hosts have none of these. */
const companions = [
  'cpu_used_percent',
  'memory_used_percent',
  'load_1m',
  'network_transmit_total_bytes_per_sec',
  'disk_busy_max_percent',
  'pressure_io_some_percent',
];

/** At most `count` metrics beside `metric`: with one series a host, so that a host has one line in each chart. */
export function companionsOf(choices: readonly MetricChoice[], metric: string, count: number): MetricChoice[] {
  const name = nameOfKey(metric);
  const single = choices.filter((choice) => choice.seriesCount === 1 && nameOfKey(choice.metric) === choice.metric);
  const others = single.filter((choice) => choice.metric !== name);
  const placeOf = ({ metric: other }: MetricChoice) => {
    const place = companions.indexOf(other);
    return place < 0 ? companions.length : place;
  };
  return others.sort((a, b) => placeOf(a) - placeOf(b) || b.hostCount - a.hostCount).slice(0, count);
}
