import { expect, test } from 'vitest';
import { itemCrc } from '#core/stream/item.ts';
import { Upkeep } from '../archive/upkeep.ts';
import { withDatabase } from '../testing/database.ts';
import { cellOf, flightLayout, flightOf, timeOf, withRunner } from '../testing/flight-fixture.ts';
import { openTestStream } from '../testing/ingest-fixture.ts';
import { column, gauges, sha256 } from '../testing/ticks.ts';
import { readChecksums } from './checksums.ts';

test('readChecksums() gives what the agent has of each seq, and 0 where none is stored', () =>
  withDatabase(async ({ sql, connection }) => {
    const stream = await openTestStream(sql);
    await withRunner({ url: null, ...connection }, (runner) =>
      runner.run(
        flightOf([
          { kind: 'ticks', stream, seqs: { first: 1, last: 4 } },
          { kind: 'gap', stream, seqs: { first: 5, last: 6 } },
          { kind: 'replay', stream, seqs: { first: 7, last: 12 } },
        ]),
      ),
    );
    // The agent's clock was an hour slow: what is stored has been shifted.
    const shiftMs = 3_600_000;
    const read = await readChecksums(sql, { streamId: stream.streamId, shiftMs, firstSeq: 3, count: 12 });
    const crcOf = (seq: number) =>
      itemCrc({
        kind: 'tick',
        seq,
        timeMs: timeOf(seq) - shiftMs,
        layoutId: flightLayout.id,
        column: column([cellOf(seq, 0), cellOf(seq, 1)]),
      });

    expect(Array.from(new Uint32Array(read.buffer))).toEqual([
      crcOf(3),
      crcOf(4),
      0,
      0,
      ...[7, 8, 9, 10, 11, 12].map(crcOf),
      0,
      0,
    ]);
  }));

test('readChecksums() gives the same after the ticks have been compacted, whatever layouts they were in', () =>
  withDatabase(async ({ sql, connection }) => {
    const stream = await openTestStream(sql);
    const layouts = [flightLayout, gauges(['a', 'b', 'c']), gauges(['b', 'c', 'd'])];
    const other = await openTestStream(sql);
    await withRunner({ url: null, ...connection }, (runner) =>
      runner.run(
        flightOf([
          { kind: 'ticks', stream: other, seqs: { first: 1, last: 9 } },
          ...layouts.map((layout, index) => ({
            kind: 'ticks' as const,
            stream,
            seqs: { first: index * 10 + 1, last: index * 10 + 10 },
            layout,
          })),
          { kind: 'gap', stream, seqs: { first: 31, last: 32 } },
        ]),
      ),
    );
    const request = { streamId: stream.streamId, shiftMs: 5_000, firstSeq: 3, count: 32 };
    const before = await readChecksums(sql, request);
    await new Upkeep(sql, { sha256 }).run({ nowMs: timeOf(50), all: true });

    expect(await sql`select count(*)::int from batch`).toEqual([{ count: 0 }]);
    expect(new Uint32Array(before.buffer).filter((crc) => crc !== 0)).toHaveLength(28);
    expect(await readChecksums(sql, request)).toEqual(before);
  }));
