import { setTimeout as delay } from 'node:timers/promises';
import { describe, expect, test } from 'vitest';
import { decodeQueryColumns, type QueriedSeries } from '#core/query-columns.ts';
import { itemCrc } from '#core/stream/item.ts';
import { runBacktest } from './archive/backtest.ts';
import { answerQuery, exportPart } from './archive/query-service.ts';
import { Upkeep } from './archive/upkeep.ts';
import { History, type HistoryQuery } from './history.ts';
import type { StreamEntry } from './intake/host-intake.ts';
import { Intake } from './intake/intake.ts';
import type { Sql } from './store/connect.ts';
import { PendingSamples } from './store/pending.ts';
import { withDatabase } from './testing/database.ts';
import { flightOf, timeOf, withRunner } from './testing/flight-fixture.ts';
import { type OpenedStream, openTestEpoch, openTestStream } from './testing/ingest-fixture.ts';
import { queryPorts } from './testing/query-fixture.ts';
import { column, gauges, sha256 } from './testing/ticks.ts';

const never = new AbortController().signal;
const hostOf = (hostId: number) => ({ hostId, name: `host-${hostId}`, isPushed: false, intervalMs: 1_000 });

function queryOf(hostId: number, query: Partial<HistoryQuery>): HistoryQuery {
  return {
    hosts: [hostOf(hostId)],
    patterns: ['a'],
    startMs: timeOf(0),
    endMs: timeOf(1e6),
    resolution: { kind: 'raw' },
    wantsGaps: false,
    ...query,
  };
}

/** History of what is stored, memory being empty. */
function historyOf(sql: Sql): History {
  const ports = queryPorts(sql);
  return new History({
    intake: new Intake(
      { onTick: () => {}, flush: () => {} },
      { batchAgeMs: 1e9, flushDelayMs: 1e9, queuedBytesMax: 1e8 },
    ),
    pending: async () => [],
    query: (query, signal) => answerQuery(ports, query, signal),
    exportPart: (part, signal) => exportPart(ports, part, signal),
    backtest: (request, signal) => runBacktest(ports, request, signal),
  });
}

async function readColumns(history: History, query: HistoryQuery): Promise<readonly QueriedSeries[]> {
  return decodeQueryColumns(await history.read(query, 'columns', never)).series;
}

function samplesOf({ content }: QueriedSeries): { readonly times: number[]; readonly values: number[] } {
  if (content.kind !== 'samples') throw new Error('samples were asked for');
  return { times: [...content.samples.times], values: [...content.samples.values] };
}

async function textOf(parts: AsyncIterable<Uint8Array>): Promise<string> {
  let text = '';
  for await (const part of parts) text += new TextDecoder().decode(part);
  return text;
}

describe('History', () => {
  test('finds a series in any layout, by its key or a pattern, and streams that overlap in order of time', () =>
    withDatabase(async ({ sql, connection }) => {
      const first = await openTestStream(sql);
      const second = await openTestEpoch(sql, first.hostId, 'c'.repeat(32));
      await withRunner({ url: null, ...connection }, (runner) =>
        runner.run(
          flightOf([
            { kind: 'ticks', stream: first, seqs: { first: 1, last: 3 } },
            { kind: 'replay', stream: first, seqs: { first: 4, last: 6 }, layout: gauges(['b', 'x{l="1"}', 'a']) },
            { kind: 'ticks', stream: second, seqs: { first: 1, last: 2 } },
          ]),
        ),
      );
      const history = historyOf(sql);
      const read = async (patterns: string[], query: Partial<HistoryQuery> = {}) =>
        (await readColumns(history, queryOf(first.hostId, { patterns, ...query }))).map((series) => [
          series.series,
          samplesOf(series).values,
        ]);

      expect(await read(['a'])).toEqual([['a', [10, 10, 20, 20, 30, 42, 52, 62]]]);
      expect(await read(['x*'])).toEqual([['x{l="1"}', [41, 51, 61]]]);
      expect(await read(['b', 'a'], { startMs: timeOf(3), endMs: timeOf(5) })).toEqual([
        ['a', [30, 42]],
        ['b', [31, 40]],
      ]);
      expect(await read(['none', 'n*'])).toEqual([]);
    }));

  test('answers several hosts at once, in the order asked for, with gaps and what was not found', () =>
    withDatabase(async ({ sql, connection }) => {
      const [one, two] = [await openTestStream(sql, 'one'), await openTestStream(sql, 'two')];
      await withRunner({ url: null, ...connection }, (runner) =>
        runner.run(
          flightOf([
            { kind: 'ticks', stream: one, seqs: { first: 1, last: 2 } },
            { kind: 'gap', stream: one, seqs: { first: 3, last: 5 } },
            { kind: 'ticks', stream: two, seqs: { first: 1, last: 1 } },
          ]),
        ),
      );
      const hosts = [two, one].map(({ hostId }) => hostOf(hostId));
      const query = queryOf(0, { hosts, patterns: ['a', 'nothing'], wantsGaps: true });
      const answer = JSON.parse(new TextDecoder().decode(await historyOf(sql).read(query, 'json', never)));

      expect(answer).toMatchObject({
        tier: 'raw',
        coarser_by: null,
        since: { raw: null, minute: null, hour: null },
        unmatched: ['nothing'],
        gaps: [
          {
            host: `host-${one.hostId}`,
            start: timeOf(3) / 1_000,
            end: timeOf(5) / 1_000,
            reason: 'spool_full',
            ticks: 3,
          },
        ],
        series: [
          { host: `host-${two.hostId}`, series: 'a', step: 0, times: [timeOf(1) / 1_000], values: [10] },
          { host: `host-${one.hostId}`, series: 'a', step: 0, values: [10, 20] },
        ],
      });
    }));

  test('exports in parts what a query would give, with text that no spreadsheet runs', () =>
    withDatabase(async ({ sql, connection }) => {
      const stream = await openTestStream(sql);
      await withRunner({ url: null, ...connection }, (runner) =>
        runner.run(
          flightOf([{ kind: 'ticks', stream, seqs: { first: 1, last: 1_500 }, layout: gauges(['=cmd()', 'a,b']) }]),
        ),
      );
      const query = queryOf(stream.hostId, { patterns: ['=cmd()', 'a,b'], endMs: timeOf(2_000) });
      const lines = (await textOf(historyOf(sql).export(query, never))).trimEnd().split('\n');
      const iso = (seq: number) => `${new Date(timeOf(seq)).toISOString()},${timeOf(seq) / 1_000}`;

      expect(lines).toHaveLength(3_000);
      expect(lines.filter((line) => line.includes("'=cmd()"))[1_499]).toBe(
        `${iso(1_500)},host-${stream.hostId},'=cmd(),15000,,,,,,0`,
      );
      expect(lines).toContain(`${iso(7)},host-${stream.hostId},"a,b",71,,,,,,0`);
      const steps = { ...query, patterns: ['a,b'], resolution: { kind: 'step', stepMs: 7_000 } } as const;
      const buckets = (await textOf(historyOf(sql).export(steps, never))).trimEnd().split('\n');
      const counts = buckets.map((line) => Number(line.split(',').at(-2)));
      expect([counts.length, counts.reduce((sum, count) => sum + count, 0)]).toEqual([215, 1_500]);
    }));

  test('exports each bucket in one piece, whatever the steps of the series are', () =>
    withDatabase(async ({ sql, connection }) => {
      const stream = await openTestStream(sql);
      const layout = gauges(['a', 'b', 'c'], { every: { b: 10, c: 4 } });
      await withRunner({ url: null, ...connection }, (runner) =>
        runner.run(flightOf([{ kind: 'ticks', stream, seqs: { first: 1, last: 8_000 }, layout }])),
      );
      const query = queryOf(stream.hostId, {
        patterns: ['a', 'b', 'c'],
        startMs: timeOf(1) + 300,
        endMs: timeOf(7_999) + 300,
        resolution: { kind: 'step', stepMs: 7_000 },
      });
      const rows = (await textOf(historyOf(sql).export(query, never))).trimEnd().split('\n');
      const cells = rows.map((row) => row.split(','));

      expect(new Set(cells.map((row) => `${row[3]} ${row[1]}`)).size).toBe(rows.length);
      for (const [key, step] of [
        ['a', '7'],
        ['b', '10'],
        ['c', '8'],
      ]) {
        const own = cells.filter((row) => row[3] === key);
        expect([key, new Set(own.map((row) => row[10]))]).toEqual([key, new Set([step])]);
        expect(own.reduce((sum, row) => sum + Number(row[9]), 0)).toBe(7_998);
      }
    }));
});

/** A tick every 100 s, so that a test of seconds reaches over days. */
const slowLayout = gauges(['a', 'b'], { intervalMs: 100_000 });
const slowTimeOf = (seq: number) => timeOf(0) + seq * 100_000;
const ticksMax = 1_600;

/** Whether buckets are those of ticks 1 to n, n being as many as they count. */
function problemOfBuckets({ content }: QueriedSeries): string | null {
  if (content.kind !== 'buckets') return 'buckets were asked for';
  const { stepMs, buckets } = content;
  const { starts, min, max, sum, count } = buckets;
  let seq = 0;
  for (const [index, start] of starts.entries()) {
    const from = seq + 1;
    while (slowTimeOf(seq + 1) < start + stepMs && seq - from + 1 < count[index]!) seq += 1;
    const ticks = seq - from + 1;
    const wantedSum = (from + seq) * ticks * 5;
    const isSame =
      slowTimeOf(from) >= start &&
      count[index] === ticks &&
      min[index] === from * 10 &&
      max[index] === seq * 10 &&
      sum[index] === wantedSum;
    if (!isSame) return `bucket ${start} from seq ${from}: got count ${count[index]}, ${min[index]} to ${max[index]}`;
    const isLast = index === starts.length - 1;
    if (!isLast && slowTimeOf(seq + 1) < start + stepMs) return `seq ${seq + 1} is missing`;
  }
  return null;
}

async function withIntake(
  { sql, opened }: { readonly sql: Sql; readonly opened: OpenedStream },
  runner: Parameters<Parameters<typeof withRunner>[1]>[0],
) {
  const pending = new PendingSamples();
  const clock = { nowMs: 0 };
  const intake: Intake = new Intake(
    {
      onTick: () => {},
      flush: (flight) => {
        pending.learn(flight);
        void runner.run(flight).then((answer) => intake.settled(answer, clock.nowMs));
      },
    },
    { batchAgeMs: 40, flushDelayMs: 20, queuedBytesMax: 1e8 },
  );
  const shape = { id: opened.streamId, epoch: 'e'.repeat(32), ordinal: 1, storedSeq: 0, storedCrc: null };
  const entry: StreamEntry = intake.opened(opened.hostId, [
    { ...shape, gapTicks: 0, shiftMs: 0, lease: opened.lease },
  ])[0]!;
  intake.host(opened.hostId).addLayout(slowLayout, 100);
  const ports = queryPorts(sql);
  const history = new History({
    intake,
    pending: async (request) => pending.read(runner.pending, request),
    query: (query, signal) => answerQuery(ports, query, signal),
    exportPart: (part, signal) => exportPart(ports, part, signal),
    backtest: (request, signal) => runBacktest(ports, request, signal),
  });
  return { intake, entry, history, clock };
}

test('a read while ticks arrive, flush, compact and roll up meets each exactly once', () =>
  withDatabase(async ({ sql, connection }) => {
    const opened = await openTestStream(sql);
    await withRunner({ url: null, ...connection }, async (runner) => {
      const { intake, entry, history, clock } = await withIntake({ sql, opened }, runner);
      const upkeep = new Upkeep(sql, { sha256 });
      let seq = 0;
      const add = () => {
        seq += 1;
        clock.nowMs += 10;
        entry.stream.accept(seq);
        const cells = column([seq * 10, seq * 10 + 1]);
        intake.addTick(entry, { seq, timeMs: slowTimeOf(seq), layout: slowLayout, column: cells }, clock.nowMs);
        intake.poll(clock.nowMs);
      };
      const span = { startMs: slowTimeOf(0), endMs: slowTimeOf(1e5) };
      const readRaw = async () => {
        const before = seq;
        const [series] = await readColumns(history, queryOf(opened.hostId, span));
        const seqs = series === undefined ? [] : samplesOf(series).values.map((value) => value / 10);
        expect(seqs).toEqual(Array.from({ length: seqs.length }, (_, index) => index + 1));
        expect(seqs.length).toBeGreaterThanOrEqual(before);
      };
      let readCount = 0;
      const readBuckets = async () => {
        const before = seq;
        const stepMs = [300_000, 3_600_000, 7_200_000][readCount % 3]!;
        const resolution = { kind: 'step', stepMs } as const;
        const [series] = await readColumns(history, queryOf(opened.hostId, { ...span, resolution }));
        readCount += 1;
        if (series === undefined) return;
        expect(problemOfBuckets(series)).toBeNull();
        if (series.content.kind !== 'buckets') return;
        const counted = series.content.buckets.count.reduce((sum, count) => sum + count, 0);
        expect(counted).toBeGreaterThanOrEqual(before);
      };
      const adding = (async () => {
        while (seq < ticksMax) {
          add();
          // So that reads meet every place that a tick can be in.
          if (seq % 3 === 0) await delay(1);
        }
      })();
      const keeping = (async () => {
        while (seq < ticksMax) {
          await upkeep.run({ nowMs: slowTimeOf(seq), all: true });
          await delay(1);
        }
      })();
      while (seq < ticksMax) await Promise.all([readRaw(), readBuckets()]);
      await Promise.all([adding, keeping]);
      intake.sealAll(clock.nowMs);
      intake.poll(clock.nowMs);
      await expect.poll(() => intake.isIdle).toBe(true);
      await upkeep.run({ nowMs: slowTimeOf(seq), all: true });
      await Promise.all([readRaw(), readBuckets(), readBuckets(), readBuckets()]);

      expect(readCount).toBeGreaterThan(5);
      const { compaction, rollups } = upkeep.report;
      expect([compaction.ticks >= ticksMax, rollups.days >= 1]).toEqual([true, true]);
      const crc = itemCrc({
        kind: 'tick',
        seq,
        timeMs: slowTimeOf(seq),
        layoutId: slowLayout.id,
        column: column([seq * 10, seq * 10 + 1]),
      });
      expect(await sql`select stored_seq::int, stored_crc::float8 from stream`).toEqual([
        { stored_seq: ticksMax, stored_crc: crc },
      ]);
    });
  }));
