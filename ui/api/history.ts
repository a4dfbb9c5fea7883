/**
 * History by REST: several series of several hosts over any span, as columns. What a bucket, a tier and `coarser_by`
 * are stands in `docs/api.md`.
 */
import type { QueriedAnswer } from '#core/query-columns.ts';
import { decodeAnswer } from '../history/decode.ts';
import type { Asked, AskOptions, HubClient } from './client.ts';

export interface HistoryQuery {
  /** Names of hosts, 1..100. */
  readonly hosts: readonly string[];
  /** Series keys or patterns, 1..100: all of them of each host. */
  readonly series: readonly string[];
  /** Epoch ms; the end does not belong to the span. */
  readonly startMs: number;
  readonly endMs: number;
  /** Buckets a series at most; null: the samples themselves. */
  readonly points: number | null;
  /** Width of a bucket instead of `points`, ms. */
  readonly stepMs?: number;
}

/** The caller owns the answer. */
export async function readHistory(
  client: HubClient,
  query: HistoryQuery,
  options: AskOptions = {},
): Promise<Asked<QueriedAnswer>> {
  const asked = await client.postForBytes('/api/v1/query', bodyOf(query), options);
  if (asked.kind === 'failed') return asked;
  const answer = await decodeAnswer(asked.value);
  if (answer !== null) return { kind: 'ok', value: answer };
  return { kind: 'failed', why: 'The hub answered something that is no history. Reload the page.', status: null };
}

function bodyOf({ hosts, series, startMs, endMs, points, stepMs }: HistoryQuery): unknown {
  return {
    hosts,
    series,
    start: startMs / 1_000,
    end: endMs / 1_000,
    format: 'columns',
    gaps: true,
    ...(stepMs !== undefined ? { step: stepMs / 1_000 } : points === null ? { raw: true } : { points }),
  };
}
