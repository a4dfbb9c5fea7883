/** What a metric is called in a sentence, and what a rule compares it in. Pure. */
import { parseSeriesKey } from '#core/series.ts';
import { unitOfKey } from '../names.ts';

/** Where its own name would read badly. */
const titles: Readonly<Record<string, string>> = {
  cpu_used_percent: 'CPU',
  cpu_mode_percent: 'CPU mode',
  memory_used_percent: 'Memory',
  swap_used_percent: 'Swap',
  swap_in_bytes_per_sec: 'Swap in',
  swap_out_bytes_per_sec: 'Swap out',
  filesystem_used_percent: 'Filesystem use',
  filesystem_inodes_used_percent: 'Inodes used',
  load_1m: 'Load of 1 m',
  load_5m: 'Load of 5 m',
  load_15m: 'Load of 15 m',
};
const unitEnding = /_(?:percent|bytes_per_sec|per_sec|bytes|ms|seconds|celsius)$/;
const shortWords = /\b(cpu|io|tcp|udp|irq|gpu)\b/gi;

/** "CPU", "Disk busy vda", "queue_*" as it is. `pattern` is a name, a key or a glob. */
export function metricTitle(pattern: string): string {
  const parsed = pattern.includes('*') ? null : parseSeriesKey(pattern);
  if (parsed === null || !/^[a-z][a-z0-9_]*$/.test(parsed.name)) return pattern;
  const labels = Object.values(parsed.labels).join(' ');
  const title = titles[parsed.name] ?? titleOf(parsed.name);
  return labels === '' ? title : `${title} ${labels}`;
}

function titleOf(name: string): string {
  const words = name.replace(unitEnding, '').replaceAll('_', ' ');
  const spoken = words.replace(shortWords, (word) => word.toUpperCase());
  return spoken[0]!.toUpperCase() + spoken.slice(1);
}

/** Titles of several: "CPU, Memory and 2 more". */
export function metricTitles(patterns: readonly string[]): string {
  if (patterns.length <= 2) return patterns.map(metricTitle).join(' or ');
  return `${metricTitle(patterns[0]!)}, ${metricTitle(patterns[1]!)} and ${patterns.length - 2} more`;
}

/** Unit that all of the patterns tell by their names; '' when they do not. */
export function unitOfPatterns(patterns: readonly string[]): string {
  const units = new Set(patterns.map((pattern) => unitOfKey(pattern.replace(/\*+$/, ''))));
  return units.size === 1 ? [...units][0]! : '';
}
