import { expect, test } from 'vitest';
import { itemCrc } from '#core/stream/item.ts';
import { withDatabase } from '../testing/database.ts';
import { cellOf, flightLayout, flightOf, timeOf, withRunner } from '../testing/flight-fixture.ts';
import { openTestStream } from '../testing/ingest-fixture.ts';
import { column } from '../testing/ticks.ts';
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
