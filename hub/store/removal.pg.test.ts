import type postgres from 'postgres';
import { describe, expect, test } from 'vitest';
import { withDatabase } from '../testing/database.ts';
import { batchRow, gapRow, type OpenedStream, openTestStream, rowBytes } from '../testing/ingest-fixture.ts';
import { ensurePartitions } from './chunks/partitions.ts';
import { removeHost } from './host-edits.ts';
import { ingest } from './ingest.ts';
import { Removal } from './removal.ts';

const day = 20_000;
const noPause = async () => {};

/** So many rows of each kind, of one host. */
async function fill(sql: postgres.Sql, { hostId, streamId }: OpenedStream, count: number): Promise<void> {
  await ensurePartitions(sql, [{ tier: 'raw', fromDay: day, toDay: day + 2 }]);
  await sql`
    insert into batch (host, stream, first_seq, last_seq, layout, ticks, from_ms, to_ms, offsets, data)
    select ${hostId}, ${streamId}, n, n, '\\x00000000000000aa', 1, n, n, '\\x09', '\\x01' from generate_series(1, ${count}) n`;
  await sql`
    insert into chunk (host, tier, day, id, part, ticks, samples, from_ms, to_ms, layout, runs, offsets, data)
    select ${hostId}, 0, ${day} + n % 3, n, 0, 1, 1, n, n, '\\x00000000000000aa', '\\x', '\\x09', '\\x01' from generate_series(1, ${count}) n`;
  await sql`
    insert into gap (host, stream, first_seq, last_seq, reason, from_ms, to_ms)
    select ${hostId}, ${streamId}, n, n, 'spool_full', n, n from generate_series(1, ${count}) n`;
  await sql`insert into day (host, day) select ${hostId}, ${day} + n from generate_series(1, ${count}) n`;
}

async function counts(sql: postgres.Sql, hostId: number) {
  const [row] = await sql<{ hosts: number; batches: number; chunks: number; gaps: number; days: number }[]>`
    select (select count(*)::int from host where id = ${hostId}) as hosts, (select count(*)::int from batch where host = ${hostId}) as batches,
      (select count(*)::int from chunk where host = ${hostId}) as chunks, (select count(*)::int from gap where host = ${hostId}) as gaps,
      (select count(*)::int from day where host = ${hostId}) as days`;
  return row!;
}

const none = { hosts: 0, batches: 0, chunks: 0, gaps: 0, days: 0 };

describe('run()', () => {
  test('removes all rows of removed hosts in slices, the host last, and no other row', () =>
    withDatabase(async ({ sql }) => {
      const [doomed, other] = [await openTestStream(sql, 'doomed'), await openTestStream(sql, 'other')];
      await fill(sql, doomed, 1_201);
      await fill(sql, other, 5);
      await removeHost(sql, 'doomed');
      let pauses = 0;
      const removal = new Removal(sql, async () => {
        pauses += 1;
        expect(await counts(sql, doomed.hostId)).toMatchObject({ hosts: 1 });
      });
      await removal.run();

      expect(await counts(sql, doomed.hostId)).toEqual(none);
      expect(await counts(sql, other.hostId)).toEqual({ hosts: 1, batches: 5, chunks: 5, gaps: 5, days: 5 });
      // 2 full slices of 500 batches and 24 of 50 chunks.
      expect([pauses, removal.counters]).toEqual([26, { hostsLeft: 0, removedRows: 4 * 1_201 }]);
    }));

  test('goes on where another run ended', () =>
    withDatabase(async ({ sql }) => {
      const doomed = await openTestStream(sql, 'doomed');
      await fill(sql, doomed, 600);
      await removeHost(sql, 'doomed');
      const cut = new Removal(sql, () => Promise.reject(new Error('the hub was killed')));
      await expect(cut.run()).rejects.toThrow('killed');
      expect(await counts(sql, doomed.hostId)).toMatchObject({ hosts: 1, batches: 100 });

      await new Removal(sql, noPause).run();
      expect(await counts(sql, doomed.hostId)).toEqual(none);
      // The one that was cut short can be asked again, too.
      await cut.run();
    }));

  test('of several hubs at once ends with nothing left', () =>
    withDatabase(async ({ sql }) => {
      const hosts: OpenedStream[] = [];
      for (const name of ['a', 'b', 'c']) {
        const host = await openTestStream(sql, name);
        await fill(sql, host, 700);
        hosts.push(host);
        await removeHost(sql, name);
      }
      const removals = [1, 2, 3].map(() => new Removal(sql, noPause));
      await Promise.all(removals.map((removal) => removal.run()));
      // A hub that found rows in another's hands leaves them to it.
      await removals[0]!.run();

      for (const { hostId } of hosts) expect(await counts(sql, hostId)).toEqual(none);
      const removed = removals.reduce((sum, removal) => sum + removal.counters.removedRows, 0);
      expect(removed).toBe(3 * 4 * 700);
    }));

  test('finds what compaction has made of batches meanwhile', () =>
    withDatabase(async ({ sql }) => {
      const doomed = await openTestStream(sql, 'doomed');
      await fill(sql, doomed, 60);
      const [{ ids } = { ids: [] }] = await sql<{ ids: string[] }[]>`
        insert into batch (host, stream, first_seq, last_seq, layout, ticks, from_ms, to_ms, offsets, data)
        select ${doomed.hostId}, ${doomed.streamId}, n, n, '\\x00000000000000aa', 1, n, n, '\\x09', '\\x01' from generate_series(1000, 1400) n
        returning array[id] as ids`;
      await removeHost(sql, 'doomed');
      // A rival holds the chunk that it makes of one batch until the first slices are through.
      const rival = await sql.reserve();
      await rival`begin`;
      await rival`
        select compact_batches(${doomed.hostId}, ${`{${ids.join(',')}}`}::int8[], '{}', '{}',
          array[(1, ${day}, 0, 1, 1, 0, 0, '00000000000000aa', 1, 0, 1, 1, 1, 1)::chunk_row], '\\x', '\\x09', '\\x01')`;
      const removal = new Removal(sql, noPause);
      await removal.run();
      expect(await counts(sql, doomed.hostId)).toMatchObject({ hosts: 1, batches: 1, chunks: 0 });
      expect(removal.counters.hostsLeft).toBe(1);
      await rival`commit`;
      rival.release();

      await removal.run();
      expect(await counts(sql, doomed.hostId)).toEqual(none);
    }));

  test('while data of the host and of others is being stored leaves nothing of it and loses nothing of theirs', () =>
    withDatabase(async ({ sql }) => {
      const doomed = await openTestStream(sql, 'doomed');
      const other = await openTestStream(sql, 'other');
      const removal = new Removal(sql, noPause);
      for (let seq = 1; seq <= 40; seq += 2) {
        const store = ingest(
          sql,
          [doomed, other].flatMap((stream) => [batchRow(stream, seq, seq), gapRow(stream, seq + 1, seq + 1)]),
          rowBytes,
        );
        const work = seq === 21 ? [store, removeHost(sql, 'doomed')] : [store];
        if (seq > 21) work.push(removal.run() as never);
        await Promise.all(work);
      }
      await removal.run();

      expect(await counts(sql, doomed.hostId)).toEqual(none);
      expect(await counts(sql, other.hostId)).toMatchObject({ hosts: 1, batches: 20, gaps: 20 });
      expect(await sql`select stored_seq::int, stored_ticks::int, gap_ticks::int from stream`).toEqual([
        { stored_seq: 40, stored_ticks: 20, gap_ticks: 20 },
      ]);
    }));
});
