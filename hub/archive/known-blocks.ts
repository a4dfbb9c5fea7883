/**
 * What queries and back-tests have in common: blocks of one snapshot whose layouts are all known, and what memory holds
 * beyond that snapshot.
 */
import type { Samples } from '#core/sample-parts.ts';
import { mergeParts } from '#core/sample-parts.ts';
import type { Layout, LayoutId } from '#core/series.ts';
import { lowerBound } from './block-reading.ts';
import type { LayoutBook } from './layout-book.ts';
import type { MemoryPart, Span } from './query-request.ts';
import type { SeriesNumbering } from './series-numbering.ts';
import type { BlocksRequest, ReadBlocks, StoredBlocks } from './stored-blocks.ts';

export interface QueryPorts {
  readonly read: ReadBlocks;
  readonly readLayouts: (ids: readonly LayoutId[]) => Promise<ReadonlyMap<LayoutId, Layout>>;
  readonly layouts: LayoutBook;
}

/** What was asked for is more than one request may have. Its message is for whoever asked. */
export class QueryLimitError extends Error {
  override readonly name = 'QueryLimitError';
  readonly code = 'ERR_QUERY_LIMIT';
}

/** The layouts of a host are learnt by one statement, a change in between costs another. */
const triesMax = 8;

/** Reads with the layouts that are known, learns those that are not, and reads again. `ask` is called at each try. */
export async function readKnown(
  ports: QueryPorts,
  {
    numbering,
    hostIds,
    ask,
  }: {
    readonly numbering: SeriesNumbering;
    readonly hostIds: readonly number[];
    readonly ask: () => Omit<BlocksRequest, 'layouts' | 'hostIds'>;
  },
  signal: AbortSignal,
): Promise<StoredBlocks> {
  const { layouts } = ports;
  for (let tries = 0; tries < triesMax; tries += 1) {
    for (const hostId of hostIds) for (const layout of layouts.of(hostId)) numbering.add(layout);
    const stored = await ports.read({ ...ask(), hostIds, layouts: numbering.layouts() }, signal);
    if (stored.unknown.length === 0) return stored;
    const found = await ports.readLayouts([...new Set(stored.unknown.map(({ layoutId }) => layoutId))]);
    for (const { hostId, layoutId } of stored.unknown) {
      // A block whose layout is nowhere has series that nobody knows: the same as none.
      layouts.learn(hostId, found.get(layoutId) ?? { id: layoutId, intervalMs: 1, series: [] });
    }
  }
  throw new QueryLimitError('Cannot answer query: the layouts of its hosts must hold still: got new ones at each try');
}

/** What memory holds and the snapshot does not, in order of time, cut to the span. */
export function unstoredOf(
  parts: readonly MemoryPart[],
  { stored, span }: { readonly stored: StoredBlocks; readonly span: Span },
): Samples {
  const unstored = parts.flatMap(({ streamId, firstSeq, times, values }) => {
    // The row of a push goes once it is stored, that of an agent with its host.
    const storedSeq = stored.storedSeqs.get(streamId) ?? Number.POSITIVE_INFINITY;
    const skip = Math.max(0, storedSeq + 1 - firstSeq);
    if (skip >= times.length) return [];
    return [{ streamId, firstSeq: firstSeq + skip, times: times.subarray(skip), values: values.subarray(skip) }];
  });
  const { times, values } = mergeParts(unstored, span);
  const to = lowerBound(times, span.endMs);
  return { times: times.subarray(0, to), values: values.subarray(0, to) };
}
