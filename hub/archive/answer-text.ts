/**
 * Answers as text: JSON for `/api/v1/query`, the old shape of `/fetch/history`, and lines of CSV. Times are epoch
 * seconds; CSV has UTC in ISO 8601 as well, which spreadsheets read.
 */
import type { QueriedAnswer, QueriedSeries } from '#core/query-columns.ts';
import type { Buckets } from '#core/rollup.ts';

/** The average is held between minimum and maximum: rounding takes it out, and the sum of huge values is infinite. */
export function averageAt({ min, max, sum, count }: Buckets, index: number): number {
  return Math.min(max[index]!, Math.max(min[index]!, sum[index]! / count[index]!));
}

/** Parts of a JSON text, so that a caller may give way between them. */
export function* jsonTexts(answer: QueriedAnswer): Generator<string> {
  const { sinceMs, coarserBy, tier, unmatched } = answer;
  const since = { raw: seconds(sinceMs.raw), minute: seconds(sinceMs.minute), hour: seconds(sinceMs.hour) };
  const span = { start: answer.startMs / 1_000, end: answer.endMs / 1_000 };
  const gaps = answer.gaps.map(({ host, fromMs, toMs, reason, tickCount }) => {
    return { host, start: fromMs / 1_000, end: toMs / 1_000, reason, ticks: tickCount };
  });
  const head = JSON.stringify({ ...span, tier, coarser_by: coarserBy, since, unmatched, gaps });
  yield `${head.slice(0, -1)},"series":[`;
  for (const [index, series] of answer.series.entries())
    yield (index === 0 ? '' : ',') + JSON.stringify(jsonSeries(series));
  yield ']}';
}

function jsonSeries({ host, series, unit, kind, intervalMs, content }: QueriedSeries): unknown {
  const shape = { host, series, unit, kind, interval: intervalMs / 1_000 };
  if (content.kind === 'samples') {
    const { times, values } = content.samples;
    return { ...shape, step: 0, times: Array.from(times, toSeconds), values: Array.from(values) };
  }
  const { buckets, stepMs } = content;
  return {
    ...shape,
    step: stepMs / 1_000,
    times: Array.from(buckets.starts, toSeconds),
    avg: Array.from(buckets.starts, (_, index) => averageAt(buckets, index)),
    min: Array.from(buckets.min),
    max: Array.from(buckets.max),
    sum: Array.from(buckets.sum),
    count: Array.from(buckets.count),
  };
}

/** A stretch this many intervals long without a value is a gap. */
const gapIntervals = 3;

/**
 * `[[seconds, value], …]` in order of time, with one null behind the last value before a gap; `envelope` adds minimum
 * and maximum.
 */
export function pointsText(series: QueriedSeries | undefined, options: { readonly envelope: boolean }): string {
  if (series === undefined) return '[]';
  const { intervalMs, content } = series;
  const times = content.kind === 'samples' ? content.samples.times : content.buckets.starts;
  const gapMs = Math.max(intervalMs * gapIntervals, content.kind === 'samples' ? 0 : content.stepMs);
  const stepMs = content.kind === 'samples' ? intervalMs : Math.max(intervalMs, content.stepMs);
  const rows: string[] = [];
  for (let index = 0; index < times.length; index += 1) {
    const timeMs = times[index]!;
    if (index > 0 && timeMs - times[index - 1]! > gapMs)
      rows.push(rowText((times[index - 1]! + stepMs) / 1_000, options.envelope ? [null, null, null] : [null]));
    if (content.kind === 'samples') {
      const value = content.samples.values[index]!;
      rows.push(rowText(timeMs / 1_000, options.envelope ? [value, value, value] : [value]));
    } else {
      const { buckets } = content;
      const average = averageAt(buckets, index);
      const values = options.envelope ? [average, buckets.min[index]!, buckets.max[index]!] : [average];
      rows.push(rowText(timeMs / 1_000, values));
    }
  }
  return `[${rows.join(',')}]`;
}

function rowText(atSec: number, values: readonly (number | null)[]): string {
  return `[${atSec},${values.map((value) => (value === null || !Number.isFinite(value) ? 'null' : String(value))).join(',')}]`;
}

/** First line of a CSV answer; of samples only value is filled, of buckets all but value. */
export const csvHead = 'time,seconds,host,series,value,avg,min,max,sum,count,step\n';

/** One line a sample or bucket. */
export function csvText({ host, series, content }: QueriedSeries): string {
  const lines: string[] = [];
  const names = `${csvCell(host)},${csvCell(series)}`;
  if (content.kind === 'samples') {
    const { times, values } = content.samples;
    for (let index = 0; index < times.length; index += 1)
      lines.push(`${csvTime(times[index]!)},${names},${values[index]!},,,,,,0\n`);
    return lines.join('');
  }
  const { buckets, stepMs } = content;
  const { starts, min, max, sum, count } = buckets;
  for (let index = 0; index < starts.length; index += 1)
    lines.push(
      `${csvTime(starts[index]!)},${names},,${averageAt(buckets, index)},${min[index]!},${max[index]!},${sum[index]!},${count[index]!},${stepMs / 1_000}\n`,
    );
  return lines.join('');
}

function csvTime(atMs: number): string {
  return `${new Date(atMs).toISOString()},${atMs / 1_000}`;
}

/** A text cell. One that a spreadsheet would take for a formula gets an apostrophe before it. */
export function csvCell(text: string): string {
  const safe = /^[=+\-@\t\r]/.test(text) ? `'${text}` : text;
  return /[",\r\n]/.test(safe) ? `"${safe.replaceAll('"', '""')}"` : safe;
}

function toSeconds(ms: number): number {
  return ms / 1_000;
}

function seconds(ms: number | null): number | null {
  return ms === null ? null : ms / 1_000;
}
