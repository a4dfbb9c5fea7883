import { expect, test } from 'vitest';
import { Ring } from '#core/ring.ts';
import { decodeLayout } from '#core/series.ts';
import { withDatabase } from '../testing/database.ts';
import { flightOf, timeOf, withRunner } from '../testing/flight-fixture.ts';
import { openTestEpoch, openTestStream } from '../testing/ingest-fixture.ts';
import { gauges } from '../testing/ticks.ts';
import { readRecent } from './recent.ts';

test('readRecent() gives the last minutes in the order of streams, for a ring to take', () =>
  withDatabase(async ({ sql, connection }) => {
    const first = await openTestStream(sql);
    const second = await openTestEpoch(sql, first.hostId, 'd'.repeat(32));
    const strangers = await openTestStream(sql);
    const wide = gauges(['a', 'b', 'c']);
    await withRunner({ url: null, ...connection }, (runner) =>
      runner.run(
        flightOf([
          { kind: 'ticks', stream: strangers, seqs: { first: 1, last: 9 } },
          { kind: 'ticks', stream: first, seqs: { first: 1, last: 10 } },
          { kind: 'gap', stream: first, seqs: { first: 11, last: 12 } },
          { kind: 'replay', stream: first, seqs: { first: 13, last: 20 } },
          { kind: 'ticks', stream: second, seqs: { first: 1, last: 3 } },
          { kind: 'ticks', stream: second, seqs: { first: 4, last: 25 }, layout: wide },
        ]),
      ),
    );
    const { blocks, layouts } = await readRecent(sql, { hostId: first.hostId, sinceMs: timeOf(9) });
    const byId = new Map(layouts.map(({ id, bytes }) => [id, decodeLayout(bytes, id)]));
    const ring = new Ring({ windowMs: 1e9, ticksMax: 1_000 });
    for (const { ordinal, firstSeq, layoutId, times, values } of blocks) {
      const layout = byId.get(layoutId)!;
      const rowBytes = layout.series.length * 8;
      times.forEach((timeMs, tick) => {
        const column = new Uint8Array(values.buffer, values.byteOffset + tick * rowBytes, rowBytes);
        expect(ring.push({ ordinal, seq: firstSeq + tick, timeMs, layout, column })).toBe('newest');
      });
    }

    expect([...new Set(blocks.map((block) => block.ordinal))]).toEqual([1, 2]);
    // The batch that reaches into the window comes whole; of the second stream, whose first batch lies before it, the rest.
    expect(ring.count).toBe(10 + 8 + 22);
    expect(ring.newest()).toMatchObject({ ordinal: 2, seq: 25, timeMs: timeOf(25) });
  }));
