import { describe, expect, test } from 'vitest';
import { withDatabase } from '../testing/database.ts';
import {
  batchRow,
  gapRow,
  nextEpoch,
  type OpenedStream,
  openTestEpoch,
  openTestStream,
  rowBytes,
} from '../testing/ingest-fixture.ts';
import { ingest } from './ingest.ts';

describe('ingest()', () => {
  test('stores the unbroken chain of batches and gaps behind the stored seq, and its accounting', () =>
    withDatabase(async ({ sql }) => {
      const stream = await openTestStream(sql);

      const answer = await ingest(
        sql,
        [batchRow(stream, 1, 10), gapRow(stream, 11, 14), batchRow(stream, 15, 20)],
        rowBytes,
      );

      const { streamId, lease } = stream;
      expect(answer).toEqual([{ streamId, lease, storedSeq: 20, storedCrc: 20, gapTicks: 4 }]);
      expect(
        await sql`select first_seq::int, last_seq::int, ticks, encode(layout, 'hex') as layout, encode(data, 'hex') as data, encode(offsets, 'hex') as offsets from batch order by first_seq`,
      ).toEqual([
        {
          first_seq: 1,
          last_seq: 10,
          ticks: 10,
          layout: '00000000000000aa',
          data: '01020304',
          offsets: '0909',
        },
        {
          first_seq: 15,
          last_seq: 20,
          ticks: 6,
          layout: '00000000000000aa',
          data: '01020304',
          offsets: '0909',
        },
      ]);
      expect(await sql`select first_seq::int, last_seq::int, reason from gap`).toEqual([
        { first_seq: 11, last_seq: 14, reason: 'spool_full' },
      ]);
      expect(await sql`select stored_ticks::int, gap_ticks::int from stream`).toEqual([
        { stored_ticks: 16, gap_ticks: 4 },
      ]);
    }));

  test('stores nothing the second time', () =>
    withDatabase(async ({ sql }) => {
      const stream = await openTestStream(sql);
      const rows = [batchRow(stream, 1, 10), gapRow(stream, 11, 12)];
      const first = await ingest(sql, rows, rowBytes);

      expect(await ingest(sql, rows, rowBytes)).toEqual(first);
      expect(await sql`select count(*)::int from batch`).toEqual([{ count: 1 }]);
      expect(await sql`select count(*)::int from gap`).toEqual([{ count: 1 }]);
    }));

  test('leaves out what lies behind a hole, a straddling batch, and all that follows it', () =>
    withDatabase(async ({ sql }) => {
      const holed = await openTestStream(sql);
      const straddled = await openTestStream(sql);
      await ingest(sql, [batchRow(straddled, 1, 5)], rowBytes);

      const answer = await ingest(
        sql,
        [batchRow(holed, 1, 3), batchRow(holed, 5, 6), batchRow(straddled, 4, 8), batchRow(straddled, 9, 9)],
        rowBytes,
      );

      expect(Object.fromEntries(answer.map((one) => [one.streamId, one.storedSeq]))).toEqual({
        [holed.streamId]: 3,
        [straddled.streamId]: 5,
      });
      expect(await sql`select stream::int, first_seq::int from batch order by stream, first_seq`).toEqual([
        { stream: holed.streamId, first_seq: 1 },
        { stream: straddled.streamId, first_seq: 1 },
      ]);
    }));

  test('leaves out rows of an earlier lease and says which lease stands', () =>
    withDatabase(async ({ sql }) => {
      const epoch = nextEpoch();
      const [host] = await sql<{ id: number }[]>`insert into host (name, kind) values ('leased', 'agent') returning id`;
      const before = await openTestEpoch(sql, host!.id, epoch);
      const after = await openTestEpoch(sql, host!.id, epoch);

      expect(before.streamId).toBe(after.streamId);
      expect(await ingest(sql, [batchRow(before, 1, 3)], rowBytes)).toEqual([
        { streamId: after.streamId, lease: after.lease, storedSeq: 0, storedCrc: null, gapTicks: 0 },
      ]);
      expect(await sql`select count(*)::int from batch`).toEqual([{ count: 0 }]);
    }));

  test('names no stream that was removed', () =>
    withDatabase(async ({ sql }) => {
      const kept = await openTestStream(sql);
      const removed = await openTestStream(sql);
      await sql`delete from stream where id = ${removed.streamId}`;

      const answer = await ingest(sql, [batchRow(kept, 1, 2), batchRow(removed, 1, 2)], rowBytes);

      expect(answer.map((one) => one.streamId)).toEqual([kept.streamId]);
    }));

  test('is refused whole by the accounting when a batch does not hold the ticks that its seqs promise', () =>
    withDatabase(async ({ sql }) => {
      const stream = await openTestStream(sql);

      await expect(ingest(sql, [batchRow(stream, 1, 10, { tickCount: 9 })], rowBytes)).rejects.toThrow(
        /stream_accounting/,
      );
      expect(await sql`select count(*)::int from batch`).toEqual([{ count: 0 }]);
    }));

  test('stores each seq once when rivals send overlapping chains at the same time', () =>
    withDatabase(async ({ sql }) => {
      const streams: OpenedStream[] = [];
      for (const number of [1, 2, 3, 4]) streams.push(await openTestStream(sql, `rival-${number}`));
      const rounds = Array.from({ length: 12 }, (_, round) => {
        const ordered = round % 2 === 0 ? streams : [...streams].reverse();
        return ordered.flatMap((stream) => [
          batchRow(stream, round * 5 + 1, round * 5 + 5),
          batchRow(stream, round * 5 + 6, round * 5 + 10),
        ]);
      });
      for (const rows of rounds) await Promise.all([0, 1, 2].map(() => ingest(sql, rows, rowBytes)));

      // Round n overlaps round n + 1 by half, so each stream ends with every seq once.
      const covered = await sql`
        select stream, sum(last_seq - first_seq + 1)::int as seqs, max(last_seq)::int as last from batch group by stream order by stream`;
      expect(covered).toEqual(streams.map(({ streamId }) => ({ stream: String(streamId), seqs: 65, last: 65 })));
      expect(await sql`select distinct stored_seq::int, stored_ticks::int from stream`).toEqual([
        { stored_seq: 65, stored_ticks: 65 },
      ]);
    }));

  test('keeps the accounting when rivals store neighbouring batches of a stream at the same time', () =>
    withDatabase(async ({ sql }) => {
      for (let round = 0; round < 10; round += 1) {
        const streams = [await openTestStream(sql, `a-${round}`), await openTestStream(sql, `b-${round}`)];
        const seqs = Array.from({ length: 12 }, (_, index) => index + 1);
        await Promise.all(
          seqs.map((seq) =>
            ingest(
              sql,
              streams.map((stream) => batchRow(stream, seq, seq)),
              rowBytes,
            ),
          ),
        );
      }
      const wrong = await sql`
        select s.id from stream s where s.stored_ticks <> (select coalesce(sum(b.ticks), 0) from batch b where b.stream = s.id)`;
      expect(wrong).toEqual([]);
    }));
});
