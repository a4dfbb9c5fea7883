import { expect, test } from 'vitest';
import { Ring } from '#core/ring.ts';
import { decodeLayout } from '#core/series.ts';
import { Upkeep } from '../archive/upkeep.ts';
import { withDatabase } from '../testing/database.ts';
import { cellOf, flightOf, timeOf, withRunner } from '../testing/flight-fixture.ts';
import { openTestEpoch, openTestStream } from '../testing/ingest-fixture.ts';
import { gauges, sha256 } from '../testing/ticks.ts';
import { readHosts } from './admission.ts';
import { readLatest, readRecent } from './recent.ts';

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

test('readRecent() and readLatest() find what has been compacted, in the layout of the series that are there', () =>
  withDatabase(async ({ sql, connection }) => {
    const first = await openTestStream(sql);
    const second = await openTestEpoch(sql, first.hostId, 'd'.repeat(32));
    await withRunner({ url: null, ...connection }, async (runner) => {
      await runner.run(
        flightOf([
          { kind: 'ticks', stream: first, seqs: { first: 1, last: 10 }, layout: gauges(['old', 'a']) },
          { kind: 'ticks', stream: second, seqs: { first: 1, last: 25 } },
        ]),
      );
      await new Upkeep(sql, { sha256 }).run({ nowMs: timeOf(30), all: true });
      await runner.run(flightOf([{ kind: 'ticks', stream: second, seqs: { first: 26, last: 28 } }]));
    });
    const { blocks, layouts } = await readRecent(sql, { hostId: first.hostId, sinceMs: timeOf(15) });

    expect(layouts.map(({ id, bytes }) => decodeLayout(bytes, id).series.map(({ key }) => key))).toContainEqual([
      'a',
      'b',
    ]);
    const ticks = blocks.flatMap(({ ordinal, firstSeq, times, values }) =>
      Array.from(times, (timeMs, tick) => ({
        ordinal,
        seq: firstSeq + tick,
        timeMs,
        values: [...values.subarray(tick * 2, tick * 2 + 2)],
      })),
    );
    expect(ticks).toEqual(
      Array.from({ length: 14 }, (_, index) => {
        const seq = 15 + index;
        return { ordinal: 2, seq, timeMs: timeOf(seq), values: [cellOf(seq, 0), cellOf(seq, 1)] };
      }),
    );
    expect((await readLatest(sql, first.hostId)).sort((a, b) => (a.key < b.key ? -1 : 1))).toEqual([
      { key: 'a', timeMs: timeOf(28), value: cellOf(28, 0) },
      { key: 'b', timeMs: timeOf(28), value: cellOf(28, 1) },
      { key: 'old', timeMs: timeOf(10), value: cellOf(10, 0) },
    ]);
    const { hosts } = await readHosts(sql);
    expect(hosts.map(({ lastMs }) => lastMs)).toEqual([timeOf(28)]);
    await sql`delete from batch`;
    expect((await readHosts(sql)).hosts.map(({ lastMs }) => lastMs)).toEqual([timeOf(25)]);
  }));
