import { setTimeout as delay } from 'node:timers/promises';
import type postgres from 'postgres';
import { expect, test } from 'vitest';
import { dayOf } from '#core/calendar.ts';
import { itemCrc } from '#core/stream/item.ts';
import { withDatabase } from '../testing/database.ts';
import { cellOf, flightLayout, flightOf, timeOf, withRunner } from '../testing/flight-fixture.ts';
import { DatabaseGate } from '../testing/hub-process.ts';
import { type OpenedStream, openTestEpoch, openTestStream } from '../testing/ingest-fixture.ts';
import { readNumbers } from '../testing/query-fixture.ts';
import { column, gauges } from '../testing/ticks.ts';
import type { StoreConnection } from './connect.ts';

const urlOf = (url: string): StoreConnection => ({ url, path: null, username: '', password: '', database: '' });
const range = (first: number, last: number) => Array.from({ length: last - first + 1 }, (_, index) => first + index);

/** The seqs that are stored of series "a", by their values; each must stand at its time. */
async function storedSeqs(sql: postgres.Sql, hostId: number): Promise<number[]> {
  const { times, values } = await readNumbers(sql, hostId, 'a');
  return Array.from(values, (value, index) => {
    expect(times[index]).toBe(timeOf(value / 10));
    return value / 10;
  });
}

/** Holds a lock on `batch` until it is released: the ingest statement waits in the middle. */
async function blockBatches(sql: postgres.Sql): Promise<() => Promise<void>> {
  const held = await sql.reserve();
  await held`begin`;
  await held`lock table batch in access exclusive mode`;
  return async () => {
    await held`rollback`;
    held.release();
  };
}

async function waitingPid(sql: postgres.Sql): Promise<number> {
  for (;;) {
    const [row] = await sql<{ pid: number }[]>`
      select pid from pg_stat_activity where application_name = 'pulsewire ingest' and wait_event_type = 'Lock' and datname = current_database()`;
    if (row !== undefined) return row.pid;
    await delay(10);
  }
}

test('a flight of ticks, replays and gaps of several streams and layouts is stored as it was', () =>
  withDatabase(async ({ sql, connection }) => {
    const one = await openTestStream(sql);
    const two = await openTestStream(sql);
    const other = gauges(['b', 'a', 'c']);
    await withRunner({ url: null, ...connection }, async (runner, told) => {
      const answer = await runner.run(
        flightOf([
          { kind: 'ticks', stream: one, seqs: { first: 1, last: 10 } },
          { kind: 'replay', stream: two, seqs: { first: 1, last: 40 } },
          { kind: 'gap', stream: one, seqs: { first: 11, last: 13 } },
          { kind: 'ticks', stream: one, seqs: { first: 14, last: 15 }, layout: other },
        ]),
      );
      const crcOf = (seq: number, layout = flightLayout) =>
        itemCrc({
          kind: 'tick',
          seq,
          timeMs: timeOf(seq),
          layoutId: layout.id,
          column: column(layout.series.map((_, place) => cellOf(seq, place))),
        });

      expect(answer.refused).toEqual([]);
      expect(answer.outcomes).toEqual([
        {
          kind: 'stored',
          streamId: one.streamId,
          lease: one.lease,
          storedSeq: 15,
          storedCrc: crcOf(15, other),
          gapTicks: 3,
        },
        { kind: 'stored', streamId: two.streamId, lease: two.lease, storedSeq: 40, storedCrc: crcOf(40), gapTicks: 0 },
      ]);
      expect(told.replayed).toEqual([{ hostId: two.hostId, toMs: timeOf(40) }]);
    });
    expect(await storedSeqs(sql, two.hostId)).toEqual(range(1, 40));
    const { times, values } = await readNumbers(sql, one.hostId, 'a');
    expect(Array.from(times)).toEqual([...range(1, 10), 14, 15].map(timeOf));
    expect(Array.from(values)).toEqual([...range(1, 10).map((seq) => cellOf(seq, 0)), cellOf(14, 1), cellOf(15, 1)]);
  }));

test('what straddles the stored seq is cut there: ticks, replays and gaps', () =>
  withDatabase(async ({ sql, connection }) => {
    await withRunner({ url: null, ...connection }, async (runner) => {
      for (const kind of ['ticks', 'replay', 'gap'] as const) {
        const stream = await openTestStream(sql);
        await runner.run(flightOf([{ kind, stream, seqs: { first: 1, last: 5 } }]));
        const before = runner.cutBatches;
        const answer = await runner.run(
          flightOf([
            { kind, stream, seqs: { first: 3, last: 9 } },
            { kind: 'ticks', stream, seqs: { first: 10, last: 12 } },
          ]),
        );

        expect(answer.outcomes).toMatchObject([{ storedSeq: 12, gapTicks: kind === 'gap' ? 9 : 0 }]);
        expect(runner.cutBatches - before).toBe(1);
        expect(await storedSeqs(sql, stream.hostId)).toEqual(kind === 'gap' ? [10, 11, 12] : range(1, 12));
      }
    });
  }));

test('a batch above a hole is left to the agent, and a repeated flight stores nothing twice', () =>
  withDatabase(async ({ sql, connection }) => {
    const stream = await openTestStream(sql);
    await withRunner({ url: null, ...connection }, async (runner) => {
      const flight = () =>
        flightOf([
          { kind: 'ticks', stream, seqs: { first: 1, last: 4 } },
          { kind: 'ticks', stream, seqs: { first: 6, last: 9 } },
        ]);
      for (let times = 0; times < 2; times += 1) {
        expect((await runner.run(flight())).outcomes).toMatchObject([{ storedSeq: 4 }]);
        expect(await storedSeqs(sql, stream.hostId)).toEqual(range(1, 4));
      }
    });
  }));

test('a stream at fault is singled out, and all others are stored', () =>
  withDatabase(async ({ sql, connection }) => {
    const streams: OpenedStream[] = [];
    for (let count = 0; count < 7; count += 1) streams.push(await openTestStream(sql));
    // A host id that no integer of the database can hold.
    const faulty = { ...streams[4]!, hostId: 2 ** 40 };
    const broken = streams[5]!;
    await withRunner({ url: null, ...connection }, async (runner, told) => {
      const seqs = { first: 1, last: 3 };
      const answer = await runner.run(
        flightOf([
          ...streams.slice(0, 4).map((stream) => ({ kind: 'ticks', stream, seqs }) as const),
          { kind: 'ticks', stream: faulty, seqs },
          { kind: 'broken', stream: broken, seqs },
          { kind: 'ticks', stream: broken, seqs: { first: 4, last: 6 } },
          { kind: 'replay', stream: streams[6]!, seqs },
        ]),
      );

      const stored = [0, 1, 2, 3, 6].map((index) => streams[index]!);
      expect(answer.outcomes.map((outcome) => outcome.streamId).sort()).toEqual(
        stored.map((one) => one.streamId).sort(),
      );
      expect(answer.refused).toMatchObject([
        { streamId: broken.streamId, seq: null, why: expect.stringMatching(/^[A-Z]|invalid/) },
        { streamId: faulty.streamId, seq: 1, why: expect.stringContaining('22003') },
      ]);
      for (const { hostId } of stored) expect(await storedSeqs(sql, hostId)).toEqual([1, 2, 3]);
      expect(told.replayed).toEqual([{ hostId: streams[6]!.hostId, toMs: timeOf(3) }]);
    });
  }));

test('what came over an earlier link is left out, and the answer tells the lease that holds', () =>
  withDatabase(async ({ sql, connection }) => {
    const old = await openTestEpoch(sql, (await openTestStream(sql)).hostId, 'f'.repeat(32));
    const now = await openTestEpoch(sql, old.hostId, 'f'.repeat(32));
    await withRunner({ url: null, ...connection }, async (runner) => {
      const seqs = { first: 1, last: 3 };
      const late = await runner.run(flightOf([{ kind: 'ticks', stream: old, seqs }]));
      expect(late.outcomes).toMatchObject([{ lease: now.lease, storedSeq: 0 }]);
      expect(runner.statementCount).toBe(1);
      expect((await runner.run(flightOf([{ kind: 'ticks', stream: now, seqs }]))).outcomes).toMatchObject([
        { storedSeq: 3 },
      ]);
    });
    expect(await storedSeqs(sql, old.hostId)).toEqual([1, 2, 3]);
  }));

test('a removed stream is gone, the others are stored', () =>
  withDatabase(async ({ sql, connection }) => {
    const gone = await openTestStream(sql);
    const kept = await openTestStream(sql);
    await sql`delete from stream where id = ${gone.streamId}`;
    await withRunner({ url: null, ...connection }, async (runner) => {
      const seqs = { first: 1, last: 3 };
      const answer = await runner.run(flightOf([gone, kept].map((stream) => ({ kind: 'ticks', stream, seqs }))));
      expect(answer.outcomes).toMatchObject([
        { kind: 'gone', streamId: gone.streamId },
        { kind: 'stored', storedSeq: 3 },
      ]);
    });
  }));

test('a backend that is ended in the middle of the statement is replaced, and all is stored exactly once', () =>
  withDatabase(async ({ sql, connection }) => {
    const stream = await openTestStream(sql);
    await withRunner({ url: null, ...connection }, async (runner, told) => {
      const release = await blockBatches(sql);
      const running = runner.run(flightOf([{ kind: 'ticks', stream, seqs: { first: 1, last: 20 } }]));
      await sql`select pg_terminate_backend(${await waitingPid(sql)})`;
      await release();
      expect((await running).outcomes).toMatchObject([{ storedSeq: 20 }]);
      expect(told.health).toEqual(['away', 'well']);
    });
    expect(await storedSeqs(sql, stream.hostId)).toEqual(range(1, 20));
  }));

test('a connection that breaks with the statement under way leaves no doubt: its backend is ended before the next try', () =>
  withDatabase(async ({ sql, connection }) => {
    const stream = await openTestStream(sql);
    const gate = new DatabaseGate(connection);
    await gate.open();
    await withRunner(urlOf(gate.url), async (runner) => {
      const release = await blockBatches(sql);
      const running = runner.run(flightOf([{ kind: 'ticks', stream, seqs: { first: 1, last: 20 } }]));
      const pid = await waitingPid(sql);
      await gate.close();
      await gate.open();
      // The server has not noticed: the first statement still waits for its lock, until it is ended.
      const again = async () => (await waitingPid(sql)) !== pid;
      await expect.poll(again, { timeout: 20_000 }).toBe(true);
      await release();
      expect((await running).outcomes).toMatchObject([{ storedSeq: 20 }]);
    });
    await gate.close();
    expect(await storedSeqs(sql, stream.hostId)).toEqual(range(1, 20));
    expect(await sql`select stored_ticks::int from stream where id = ${stream.streamId}`).toEqual([
      { stored_ticks: 20 },
    ]);
  }));

test('connections that break at any moment lose nothing and store nothing twice', () =>
  withDatabase(async ({ sql, connection }) => {
    const stream = await openTestStream(sql);
    const gate = new DatabaseGate(connection);
    await gate.open();
    await withRunner(urlOf(gate.url), async (runner) => {
      const flights = Array.from({ length: 60 }, (_, index) =>
        runner.run(flightOf([{ kind: 'ticks', stream, seqs: { first: index * 10 + 1, last: index * 10 + 10 } }])),
      );
      for (const pauseMs of [3, 17, 40, 8, 25]) {
        await delay(pauseMs);
        await gate.close();
        await gate.open();
      }
      const answers = await Promise.all(flights);
      expect(answers.at(-1)!.outcomes).toMatchObject([{ storedSeq: 600 }]);
    });
    await gate.close();
    expect(await storedSeqs(sql, stream.hostId)).toEqual(range(1, 600));
  }));

test('a stop ends what waits for a database that does not come back', () =>
  withDatabase(async ({ sql, connection }) => {
    const stream = await openTestStream(sql);
    const gate = new DatabaseGate(connection);
    await gate.open();
    await gate.close();
    let running: Promise<unknown> = Promise.resolve();
    await withRunner(urlOf(gate.url), async (runner) => {
      running = runner
        .run(flightOf([{ kind: 'ticks', stream, seqs: { first: 1, last: 2 } }]))
        .catch((error: unknown) => error);
      await delay(50);
    });
    expect(await running).toBeInstanceOf(Error);
  }));

test.each(['ticks', 'replay'] as const)(
  '%s from before the floor become a gap in their place, and the rest is stored',
  (kind) =>
    withDatabase(async ({ sql, connection }) => {
      const stream = await openTestStream(sql);
      // The day after that of the first ticks begins at seq 6,400.
      const floorDay = dayOf(timeOf(1)) + 1;
      await withRunner({ url: null, ...connection }, async (runner) => {
        runner.setFloor(floorDay);
        const answer = await runner.run(
          flightOf([
            { kind: 'gap', stream, seqs: { first: 1, last: 6_380 } },
            { kind, stream, seqs: { first: 6_381, last: 6_390 } },
            { kind, stream, seqs: { first: 6_391, last: 6_409 } },
            { kind, stream, seqs: { first: 6_410, last: 6_412 } },
          ]),
        );

        expect(answer.outcomes).toMatchObject([{ kind: 'stored', storedSeq: 6_412, gapTicks: 6_399 }]);
        expect(await storedSeqs(sql, stream.hostId)).toEqual(range(6_400, 6_412));
        expect(
          await sql`select first_seq::int, last_seq::int, reason, from_ms, to_ms from gap order by first_seq offset 1`,
        ).toEqual([
          { first_seq: 6_381, last_seq: 6_390, reason: 'expired', from_ms: timeOf(6_381), to_ms: timeOf(6_390) },
          { first_seq: 6_391, last_seq: 6_399, reason: 'expired', from_ms: timeOf(6_391), to_ms: timeOf(6_399) },
        ]);
        expect(runner.expiredTicks).toBe(19);
      });
    }),
);

test('a stream whose newest tick has expired has the checksum that its agent expects', () =>
  withDatabase(async ({ sql, connection }) => {
    const stream = await openTestStream(sql);
    await withRunner({ url: null, ...connection }, async (runner) => {
      runner.setFloor(dayOf(timeOf(1)) + 1);
      const answer = await runner.run(flightOf([{ kind: 'ticks', stream, seqs: { first: 1, last: 3 } }]));

      const cells = column([cellOf(3, 0), cellOf(3, 1)]);
      const crc = itemCrc({ kind: 'tick', seq: 3, timeMs: timeOf(3), layoutId: flightLayout.id, column: cells });
      expect(answer.outcomes).toMatchObject([{ storedSeq: 3, storedCrc: crc, gapTicks: 3 }]);
    });
  }));
