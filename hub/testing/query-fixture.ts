/**
 * Queries without threads: the engine of the archive thread on a connection of a test.
 */
import type { Samples } from '#core/sample-parts.ts';
import type { QueryPorts } from '../archive/known-blocks.ts';
import { LayoutBook } from '../archive/layout-book.ts';
import { runQuery } from '../archive/query.ts';
import { readBlocks } from '../store/chunks/read-blocks.ts';
import type { Sql } from '../store/connect.ts';
import { LayoutCache } from '../store/layout-cache.ts';

export function queryPorts(sql: Sql): QueryPorts {
  const cache = new LayoutCache(sql);
  return {
    read: (request, signal) => readBlocks(sql, request, signal),
    readLayouts: (ids) => cache.read(ids),
    layouts: new LayoutBook(),
  };
}

/** Every number that is stored of one series, in order of time. */
export async function readNumbers(sql: Sql, hostId: number, key: string): Promise<Samples> {
  const request = {
    hosts: [{ hostId, name: 'host', isPushed: false, intervalMs: 1_000 }],
    patterns: [key],
    startMs: 0,
    endMs: 1e14,
    resolution: { kind: 'raw' },
    wantsGaps: false,
    parts: [],
  } as const;
  const { series } = await runQuery(queryPorts(sql), request, new AbortController().signal);
  const content = series[0]?.content;
  return content?.kind === 'samples' ? content.samples : { times: new Float64Array(0), values: new Float64Array(0) };
}
