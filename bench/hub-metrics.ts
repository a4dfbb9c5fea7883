/**
 * What the hub counts about itself, read as a scraper would: counters, and histograms between two readings.
 */

import { request } from 'node:http';
import { benchOperatorHeaders } from './hub-process.ts';

/** Values by name with labels, as they stand in the text. */
export type Metrics = ReadonlyMap<string, number>;

export async function readMetrics(port: number): Promise<Metrics> {
  const answer = await fetch(`http://127.0.0.1:${port}/metrics`, { headers: benchOperatorHeaders });
  return parseMetrics(await answer.text());
}

/** Parses the text format of Prometheus. */
export function parseMetrics(text: string): Metrics {
  const metrics = new Map<string, number>();
  for (const line of text.split('\n')) {
    const space = line.lastIndexOf(' ');
    if (space > 0 && !line.startsWith('#')) metrics.set(line.slice(0, space), Number(line.slice(space + 1)));
  }
  return metrics;
}

/** What has come to a counter; NaN when it is not told. */
export function counterBetween(before: Metrics, after: Metrics, name: string): number {
  return (after.get(name) ?? Number.NaN) - (before.get(name) ?? Number.NaN);
}

/**
 * The quantile of what has come to a histogram, straight between the bounds of its bucket as Prometheus reckons; the highest
 * bound where it lies above that, NaN when nothing has come.
 */
export function quantileBetween(
  before: Metrics,
  after: Metrics,
  of: { readonly name: string; readonly ratio: number },
): number {
  const prefix = `${of.name}_bucket{le="`;
  const buckets = Array.from(after.keys())
    .filter((name) => name.startsWith(prefix))
    .map((name) => ({
      bound: Number(name.slice(prefix.length, -2).replace('+Inf', 'Infinity')),
      count: counterBetween(before, after, name),
    }))
    .sort((a, b) => a.bound - b.bound);
  const rank = of.ratio * (buckets.at(-1)?.count ?? 0);
  if (rank === 0) return Number.NaN;
  const index = buckets.findIndex(({ count }) => count >= rank);
  const { bound, count } = buckets[index]!;
  const below = buckets[index - 1] ?? { bound: 0, count: 0 };
  if (!Number.isFinite(bound)) return below.bound;
  return below.bound + ((rank - below.count) / (count - below.count)) * (bound - below.bound);
}

/**
 * Compacts and rolls up all there is (`POST /aggregate?wait=1`), however long it takes; after the run that is under way, if one is.
 * Rejects when the hub says that it could not.
 */
export async function aggregate(port: number): Promise<void> {
  for (;;) {
    const { status, body } = await post(port, '/aggregate?wait=1');
    if (status !== 200) throw new Error(`Cannot aggregate: the hub must do it: got ${status} ${body}`);
    if (!body.includes('running already')) return;
    await new Promise((resolve) => setTimeout(resolve, 200));
  }
}

/** `fetch` gives up after five minutes without an answer. */
function post(port: number, path: string): Promise<{ readonly status: number; readonly body: string }> {
  return new Promise((resolve, reject) => {
    const call = request({ host: '127.0.0.1', port, path, method: 'POST', headers: benchOperatorHeaders }, (answer) => {
      let body = '';
      answer.setEncoding('utf8').on('data', (text: string) => {
        body += text;
      });
      answer.on('end', () => resolve({ status: answer.statusCode ?? 0, body }));
      answer.on('error', reject);
    });
    call.on('error', reject);
    call.end();
  });
}
