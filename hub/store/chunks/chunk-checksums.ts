/**
 * CRCs of ticks that have been compacted, by the runs of their chunks.
 *
 * A CRC covers the tick's own layout, and a chunk has the union of several: so each tick is given the smallest stored
 * layout that has all that the tick has, in the chunk's order. That is the tick's own but for rare cases (a series that
 * changed its unit, or one that had ended and was still listed); then there is no CRC for it, and the agent takes the
 * row for another. Columns are read one at a time and each tick's CRC goes on with its eight bytes, so that nothing
 * is held but the CRCs and a bit a cell.
 */
import { createHash } from 'node:crypto';
import { absenceAt } from '#core/absence.ts';
import { crc32c } from '#core/crc32c.ts';
import { decodeRuns } from '#core/runs.ts';
import { createLayout, type Layout, type Series } from '#core/series.ts';
import { tickCrcHead } from '#core/stream/item.ts';
import type { ChecksumRequest } from '../checksums.ts';
import type { Sql } from '../connect.ts';
import { readLayouts } from '../layouts.ts';
import { ChunkReader, type ChunkRow } from './chunk-ticks.ts';

interface ChosenTick {
  readonly seq: number;
  readonly timeMs: number;
  /** Place in the chunk. */
  readonly at: number;
}

/** Calls `onCrc` for each seq of the request that is in a chunk and whose layout can be told. */
export async function readChunkChecksums(
  sql: Sql,
  request: ChecksumRequest,
  onCrc: (seq: number, crc: number) => void,
): Promise<void> {
  const { streamId, firstSeq, count } = request;
  const isAsked = (seq: number) => seq >= firstSeq && seq < firstSeq + count;
  const heads = await sql<{ host: number; day: number; id: string; ticks: number; runs: Uint8Array }[]>`
    select c.host, c.day, c.id, c.ticks, c.runs from stream s join chunk c on c.host = s.host and c.tier = 0 and c.part = 0
    where s.id = ${streamId}`;
  for (const { host, day, id, ticks, runs } of heads) {
    const isIn = decodeRuns(runs, ticks).some(
      (run) => run.streamId === streamId && run.firstSeq < firstSeq + count && run.firstSeq + run.count > firstSeq,
    );
    if (!isIn) continue;
    // A second part has series beyond those of any tick's layout: such ticks are told apart no further.
    const rows = await sql<ChunkRow[]>`
      select ticks, encode(layout, 'hex') as layout, runs, offsets, data from chunk
      where host = ${host} and tier = 0 and day = ${day} and id = ${id} order by part`;
    const [row] = rows;
    if (row === undefined || rows.length > 1) continue;
    const layout = (await readLayouts(sql, [row.layout])).get(row.layout)!;
    const reader = new ChunkReader(row, layout.series.length);
    const chosen = reader
      .choose((tick) => tick.streamId === streamId && isAsked(tick.seq))
      .flatMap((run) =>
        Array.from({ length: run.count }, (_, index): ChosenTick => {
          const at = run.from + index;
          return { seq: run.firstSeq + index, timeMs: reader.times[at]! - request.shiftMs, at };
        }),
      );
    const own = await ownLayouts(sql, { layout, presence: presenceOf(reader, layout, chosen) });
    addCrcs(reader, { layout, chosen, own, onCrc });
  }
}

/** For each tick, which columns are not gone, as text of one character a column. */
function presenceOf(reader: ChunkReader, layout: Layout, chosen: readonly ChosenTick[]): string[] {
  const width = layout.series.length;
  const bits = chosen.map(() => Buffer.alloc(Math.ceil(width / 8)));
  for (let place = 0; place < width; place += 1) {
    const column = reader.column(place).bits;
    const words = new Uint32Array(column.buffer, column.byteOffset, column.length);
    chosen.forEach(({ at }, index) => {
      if (absenceAt(words, at) !== 'gone') bits[index]![place >> 3]! |= 1 << (place & 7);
    });
  }
  return bits.map((own) => own.toString('latin1'));
}

/** The stored layout of each tick, as places in the chunk's; null where none fits. */
async function ownLayouts(
  sql: Sql,
  { layout, presence }: { readonly layout: Layout; readonly presence: readonly string[] },
): Promise<({ readonly id: string; readonly places: ReadonlySet<number> } | null)[]> {
  const { intervalMs, series } = layout;
  const distinct = new Map([...new Set(presence)].map((bits) => [bits, placesIn(bits, series.length)]));
  const candidates = new Map<string, readonly number[]>();
  const offer = (places: readonly number[]) => {
    const own = places.map((place): Series => series[place]!);
    candidates.set(createLayout({ intervalMs, series: own }, sha256).id, places);
  };
  offer([...series.keys()]);
  for (const places of distinct.values()) {
    offer(places);
    // In a run series are only appended: the layout may reach from the first to the last that is there.
    offer(Array.from({ length: (places.at(-1) ?? -1) + 1 }, (_, place) => place));
  }
  const stored = await readLayouts(sql, [...candidates.keys()]);
  const known = [...candidates]
    .filter(([id]) => stored.has(id))
    .map(([id, places]) => ({ id, places: new Set(places) }))
    .sort((a, b) => a.places.size - b.places.size);
  const found = new Map(
    [...distinct].map(([bits, places]) => [
      bits,
      known.find((one) => places.every((place) => one.places.has(place))) ?? null,
    ]),
  );
  return presence.map((bits) => found.get(bits)!);
}

function placesIn(bits: string, width: number): number[] {
  const places: number[] = [];
  for (let place = 0; place < width; place += 1)
    if ((bits.charCodeAt(place >> 3) & (1 << (place & 7))) !== 0) places.push(place);
  return places;
}

function addCrcs(
  reader: ChunkReader,
  of: {
    readonly layout: Layout;
    readonly chosen: readonly ChosenTick[];
    readonly own: Awaited<ReturnType<typeof ownLayouts>>;
    readonly onCrc: (seq: number, crc: number) => void;
  },
): void {
  const crcs = of.chosen.map(({ seq, timeMs }, index) => {
    const own = of.own[index];
    return own == null ? 0 : crc32c(tickCrcHead({ seq, timeMs, layoutId: own.id }));
  });
  for (let place = 0; place < of.layout.series.length; place += 1) {
    const { values } = reader.column(place);
    const bytes = new Uint8Array(values.buffer, values.byteOffset, values.byteLength);
    of.chosen.forEach(({ at }, index) => {
      if (of.own[index]?.places.has(place) === true)
        crcs[index] = crc32c(bytes.subarray(at * 8, at * 8 + 8), crcs[index]!);
    });
  }
  of.chosen.forEach(({ seq }, index) => {
    if (of.own[index] != null) of.onCrc(seq, crcs[index]! || 1);
  });
}

function sha256(bytes: Uint8Array): Uint8Array {
  return createHash('sha256').update(bytes).digest();
}
