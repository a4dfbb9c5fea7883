/**
 * Stored batches decoded back into ticks, for scenarios that compare what is stored with what was made.
 */
import { decodeBlock } from '#core/block.ts';
import { blockColumnsMax, blockTicksMax } from '#core/limits.ts';
import { decodeLayout, type Layout } from '#core/series.ts';
import type { Sql } from './database.ts';
import { columnOf, type Dataset } from './dataset.ts';
import type { StoredTick } from './kill-check.ts';

/** How a stored tick of a simulated agent differs from the data set; empty when none does. */
export function contentProblems(
  stored: readonly StoredTick[],
  made: { readonly dataset: Dataset; readonly host: number; readonly firstMs: number; readonly intervalMs: number },
): string[] {
  const problems: string[] = [];
  for (const { seq, timeMs, column } of stored) {
    const wanted = columnOf(made.dataset, made.host, seq - 1);
    const wantedMs = made.firstMs + (seq - 1) * made.intervalMs;
    if (timeMs !== wantedMs) problems.push(`host ${made.host}, seq ${seq}: time must be ${wantedMs}: got ${timeMs}`);
    if (Buffer.compare(column, wanted) !== 0) problems.push(`host ${made.host}, seq ${seq}: other values are stored`);
  }
  return problems.slice(0, 5);
}

interface BatchRow {
  readonly epoch: string;
  readonly first_seq: string;
  readonly ticks: number;
  readonly layout: string;
  readonly shift_ms: number;
  readonly offsets: Buffer;
  readonly data: Buffer;
}

/** Every stored tick of a host, in the order of its streams and seqs. `counterKey` is the series whose number is wanted. */
export async function readStoredTicks(
  sql: Sql,
  { hostName, counterKey = '' }: { readonly hostName: string; readonly counterKey?: string },
): Promise<StoredTick[]> {
  const layouts = await readLayouts(sql);
  const ticks: StoredTick[] = [];
  const rows = sql<BatchRow[]>`
    select encode(s.epoch, 'hex') as epoch, b.first_seq, b.ticks, encode(b.layout, 'hex') as layout, s.shift_ms,
      b.offsets, b.data
    from batch b join stream s on s.id = b.stream join host h on h.id = s.host
    where h.name = ${hostName} order by s.ordinal, b.first_seq, b.id`;
  for await (const page of rows.cursor(200)) {
    for (const row of page) ticks.push(...decodeBatch(row, layouts.get(row.layout), counterKey));
  }
  return ticks;
}

function decodeBatch(row: BatchRow, layout: Layout | undefined, counterKey: string): StoredTick[] {
  if (layout === undefined)
    throw new Error(`Cannot decode batch: its layout must be stored: got none of ${row.layout}`);
  const columnCount = layout.series.length;
  const block = decodeBlock(row, { tickCount: row.ticks, columnCount }, blockTicksMax * blockColumnsMax);
  const counterAt = layout.series.findIndex((series) => series.key === counterKey);
  return Array.from({ length: row.ticks }, (_, tick) => {
    const values = block.values.subarray(tick * columnCount, (tick + 1) * columnCount);
    const counter = values[counterAt] ?? Number.NaN;
    return {
      epoch: row.epoch,
      seq: Number(row.first_seq) + tick,
      timeMs: block.times[tick]! - row.shift_ms,
      layoutId: row.layout,
      column: new Uint8Array(values.buffer, values.byteOffset, values.byteLength),
      counter: Number.isNaN(counter) ? null : counter,
    };
  });
}

async function readLayouts(sql: Sql): Promise<Map<string, Layout>> {
  const rows = await sql<{ id: string; body: Buffer }[]>`select encode(id, 'hex') as id, body from layout`;
  return new Map(rows.map((row) => [row.id, decodeLayout(row.body, row.id)]));
}
