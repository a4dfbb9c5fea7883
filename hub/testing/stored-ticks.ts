/**
 * Everything that is stored of a host
 * tick by tick, with the bits of each value.
 */
import { decodeBlockTimes, decodeOffsets } from '#core/block.ts';
import { decodeColumn } from '#core/column.ts';
import { decodeRuns, type Run } from '#core/runs.ts';
import { unpackColumn } from '../archive/packed-column.ts';
import type { Sql } from '../store/connect.ts';
import { readLayouts } from '../store/layouts.ts';

export interface StoredTick {
  readonly streamId: number;
  readonly seq: number;
  readonly timeMs: number;
  /** Bits of each value that is not *gone*, by key; a tick says nothing of what its host does not have. */
  readonly cells: ReadonlyMap<string, bigint>;
  readonly place: 'batch' | 'chunk';
}

const goneBits = 0x7ff8_0000_0000_0002n;

/** All ticks of a host in order of (stream, seq). What is stored twice is there twice. */
export async function readStoredTicks(sql: Sql, hostId: number): Promise<StoredTick[]> {
  const rows = await sql<
    {
      place: 'batch' | 'chunk';
      part: number;
      runs: Uint8Array | null;
      stream: string;
      first_seq: string;
      ticks: number;
      layout: string;
      offsets: Uint8Array;
      data: Uint8Array;
      id: string;
    }[]
  >`
    select 'batch' as place, id, 0 as part, null as runs, stream, first_seq, ticks, encode(layout, 'hex') as layout, offsets, data
    from batch where host = ${hostId}
    union all select 'chunk', id, part, runs, 0, 0, ticks, encode(layout, 'hex'), offsets, data
    from chunk where host = ${hostId} and tier = 0 order by place, id, part`;
  const layouts = await readLayouts(sql, [...new Set(rows.map(({ layout }) => layout))]);
  const ticks = new Map<
    string,
    { streamId: number; seq: number; timeMs: number; cells: Map<string, bigint>; place: 'batch' | 'chunk' }
  >();
  for (const row of rows) {
    const { series } = layouts.get(row.layout)!;
    const offsets = decodeOffsets(row.offsets, series.length, row.data.byteLength);
    const times = decodeBlockTimes(row.data.subarray(0, offsets[0]!));
    const runs: Run[] =
      row.runs === null
        ? [{ streamId: Number(row.stream), firstSeq: Number(row.first_seq), count: row.ticks }]
        : decodeRuns(row.runs, row.ticks);
    const seqs = runs.flatMap(({ streamId, firstSeq, count }) =>
      Array.from({ length: count }, (_, index) => ({ streamId, seq: firstSeq + index })),
    );
    const own = seqs.map(({ streamId, seq }, index) => {
      const key = `${row.place}/${row.id}/${index}`;
      const tick = ticks.get(key) ?? { streamId, seq, timeMs: times[index]!, cells: new Map(), place: row.place };
      ticks.set(key, tick);
      return tick;
    });
    const column = new Float64Array(row.ticks);
    const bits = new BigUint64Array(column.buffer);
    series.forEach(({ key }, place) => {
      const bytes = row.data.subarray(offsets[place]!, offsets[place + 1]!);
      decodeColumn(unpackColumn(bytes, 1 << 20), column);
      own.forEach((tick, index) => {
        if (bits[index] !== goneBits) tick.cells.set(key, bits[index]!);
      });
    });
  }
  return [...ticks.values()].sort((a, b) => a.streamId - b.streamId || a.seq - b.seq);
}
