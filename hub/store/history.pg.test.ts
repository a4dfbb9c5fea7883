import { setTimeout as delay } from 'node:timers/promises';
import { describe, expect, test } from 'vitest';
import { absenceAt, wordsOf } from '#core/absence.ts';
import { itemCrc } from '#core/stream/item.ts';
import { History } from '../history.ts';
import type { StreamEntry } from '../intake/host-intake.ts';
import { Intake } from '../intake/intake.ts';
import { withDatabase } from '../testing/database.ts';
import { cellOf, flightLayout, flightOf, timeOf, withRunner } from '../testing/flight-fixture.ts';
import { openTestEpoch, openTestStream } from '../testing/ingest-fixture.ts';
import { column, gauges } from '../testing/ticks.ts';
import { readHistory, readSamples } from './history.ts';
import { PendingSamples } from './pending.ts';

const everything = { startMs: 0, endMs: 1e15, parts: [] };

describe('readSamples()', () => {
  test('cuts one series out of batches of any layout, and passes over those without it', () =>
    withDatabase(async ({ sql, connection }) => {
      const stream = await openTestStream(sql);
      const seqsOf = (first: number) => ({ first, last: first + 4 });
      const many = gauges(Array.from({ length: 300 }, (_, index) => `m${index}`));
      await withRunner({ url: null, ...connection }, (runner) =>
        runner.run(
          flightOf([
            { kind: 'ticks', stream, seqs: seqsOf(1) },
            { kind: 'ticks', stream, seqs: seqsOf(6), layout: gauges(['x']) },
            { kind: 'replay', stream, seqs: seqsOf(11), layout: gauges(['b', 'x', 'a']) },
            { kind: 'ticks', stream, seqs: seqsOf(16), layout: many },
          ]),
        ),
      );
      const read = async (key: string) =>
        Array.from((await readSamples(sql, { hostId: stream.hostId, key, ...everything })).values);
      const seqs = (first: number) => Array.from({ length: 5 }, (_, index) => first + index);

      expect(await read('a')).toEqual([
        ...seqs(1).map((seq) => cellOf(seq, 0)),
        ...seqs(11).map((seq) => cellOf(seq, 2)),
      ]);
      expect(await read('x')).toEqual([
        ...seqs(6).map((seq) => cellOf(seq, 0)),
        ...seqs(11).map((seq) => cellOf(seq, 1)),
      ]);
      expect(await read('m299')).toEqual(seqs(16).map((seq) => cellOf(seq, 299)));
      expect(await read('none')).toEqual([]);
    }));

  test('is cut to its span and keeps streams that overlap in order of time', () =>
    withDatabase(async ({ sql, connection }) => {
      const first = await openTestStream(sql);
      const second = await openTestEpoch(sql, first.hostId, 'c'.repeat(32));
      await withRunner({ url: null, ...connection }, (runner) =>
        runner.run(
          flightOf([
            { kind: 'ticks', stream: first, seqs: { first: 1, last: 6 } },
            { kind: 'ticks', stream: second, seqs: { first: 1, last: 8 } },
          ]),
        ),
      );
      const { times } = await readSamples(sql, {
        hostId: first.hostId,
        key: 'a',
        startMs: timeOf(5),
        endMs: timeOf(7),
        parts: [],
      });
      expect(Array.from(times)).toEqual([timeOf(5), timeOf(5), timeOf(6), timeOf(6), timeOf(7)]);
    }));

  test('has absences as they were, and readHistory() no points for them', () =>
    withDatabase(async ({ sql }) => {
      const { hostId } = await openTestStream(sql);
      const values = new Float64Array(column([1, 'failed', 'gone', 2]).buffer);
      const part = { streamId: 1, firstSeq: 1, times: Float64Array.from([1, 2, 3, 4], timeOf), values };
      const request = { ...everything, hostId, key: 'a', parts: [part], pointsMax: 10, intervalMs: 1_000 };
      const samples = await readSamples(sql, request);

      expect([0, 1, 2, 3].map((index) => absenceAt(wordsOf(samples.values), index))).toEqual([
        null,
        'failed',
        'gone',
        null,
      ]);
      expect((await readHistory(sql, request)).map((point) => point.value)).toEqual([1, 2]);
    }));
});

test('a read while ticks move from open to sealed to flight to stored meets each exactly once', () =>
  withDatabase(async ({ sql, connection }) => {
    const opened = await openTestStream(sql);
    await withRunner({ url: null, ...connection }, async (runner) => {
      const pending = new PendingSamples();
      const intake: Intake = new Intake(
        {
          onTick: () => {},
          flush: (flight) => {
            pending.learn(flight);
            void runner.run(flight).then((answer) => intake.settled(answer, nowMs));
          },
        },
        { batchAgeMs: 40, flushDelayMs: 20, queuedBytesMax: 1e8 },
      );
      let nowMs = 0;
      const shape = { id: opened.streamId, epoch: 'e'.repeat(32), ordinal: 1, storedSeq: 0, storedCrc: null };
      const entry: StreamEntry = intake.opened(opened.hostId, [
        { ...shape, gapTicks: 0, shiftMs: 0, lease: opened.lease },
      ])[0]!;
      intake.host(opened.hostId).addLayout(flightLayout, 100);
      const history = new History({
        intake,
        pending: async (request) => pending.read(runner.pending, request),
        stored: (request) => readHistory(sql, request),
      });

      let seq = 0;
      const add = () => {
        seq += 1;
        nowMs += 10;
        entry.stream.accept(seq);
        const cells = column([cellOf(seq, 0), cellOf(seq, 1)]);
        intake.addTick(entry, { seq, timeMs: timeOf(seq), layout: flightLayout, column: cells }, nowMs);
        intake.poll(nowMs);
      };
      let readCount = 0;
      const readAll = async () => {
        const before = seq;
        const points = await history.read({
          hostId: opened.hostId,
          key: 'b',
          startMs: timeOf(0),
          endMs: timeOf(1e6),
          pointsMax: 1e6,
          intervalMs: 1_000,
        });
        const seqs = points.map((point) => (point.value! - 1) / 10);
        expect(seqs).toEqual(Array.from({ length: seqs.length }, (_, index) => index + 1));
        expect(seqs.length).toBeGreaterThanOrEqual(before);
        readCount += 1;
      };
      const adding = (async () => {
        while (seq < 1_500) {
          add();
          // So that reads meet every place that a tick can be in.
          if (seq % 3 === 0) await delay(1);
        }
      })();
      while (seq < 1_500) await Promise.all([readAll(), readAll()]);
      await adding;
      intake.sealAll(nowMs);
      intake.poll(nowMs);
      await expect.poll(() => intake.isIdle).toBe(true);
      await readAll();

      expect(readCount).toBeGreaterThan(10);
      const crc = itemCrc({
        kind: 'tick',
        seq,
        timeMs: timeOf(seq),
        layoutId: flightLayout.id,
        column: column([cellOf(seq, 0), cellOf(seq, 1)]),
      });
      expect(await sql`select stored_seq::int, stored_crc::float8 from stream`).toEqual([
        { stored_seq: 1_500, stored_crc: crc },
      ]);
    });
  }));
