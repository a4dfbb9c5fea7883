import { describe, expect, test } from 'vitest';
import { dayMs, dayOf } from '#core/calendar.ts';
import { rollUp } from '#core/rollup.ts';
import { judgeValue, limitsOf, newMachine } from '#core/rule.ts';
import { anyHost, type RuleCondition, type RuleSpec, type RuleSubject } from '#core/rule-spec.ts';
import type { Sql } from '../store/connect.ts';
import { storeBatch } from '../testing/batch-fixture.ts';
import { withDatabase } from '../testing/database.ts';
import { HistoryWorld } from '../testing/history-world.ts';
import { openTestStream } from '../testing/ingest-fixture.ts';
import { queryPorts } from '../testing/query-fixture.ts';
import { gauges, sha256 } from '../testing/ticks.ts';
import { runBacktest } from './backtest.ts';
import type { BacktestAnswer, BacktestedHost, BacktestRequest } from './backtest-request.ts';
import type { Span } from './query-request.ts';
import { SeriesTrial } from './series-trial.ts';
import { Upkeep } from './upkeep.ts';

const never = new AbortController().signal;
const startMs = Date.UTC(2026, 2, 30);
const layout = gauges(['a', 'b{disk="x"}', 'b{disk="y"}'], { intervalMs: 10_000 });
const above600: RuleCondition = { kind: 'above', threshold: 600, recovery: 300 };

function rule(subject: Partial<Extract<RuleSubject, { kind: 'series' }>>, parts: Partial<RuleSpec> = {}): RuleSpec {
  return {
    subject: {
      kind: 'series',
      series: { patterns: ['a'], labels: {} },
      input: { kind: 'value' },
      condition: above600,
      noDataIntervals: null,
      ...subject,
    },
    hosts: anyHost,
    forMs: 10_000,
    keepFiringMs: 0,
    severity: 'warning',
    summary: '',
    message: '',
    channels: null,
    groupBy: [],
    repeatMs: null,
    escalations: [],
    overrides: [],
    ...parts,
  };
}

function hostOf(hostId: number, name = 'web', tags: Record<string, string> = {}): BacktestedHost {
  return { hostId, name, tags, isPushed: false, intervalMs: 10_000 };
}

function request(
  spec: RuleSpec,
  hosts: readonly BacktestedHost[],
  parts: Partial<BacktestRequest> = {},
): BacktestRequest {
  return { spec, hosts, startMs, endMs: startMs + 3 * dayMs, rawSamplesMax: 10_000_000, parts: [], ...parts };
}

async function upkeep(sql: Sql, nowMs: number): Promise<void> {
  await new Upkeep(sql, { sha256 }).run({ nowMs, all: true });
}

/** What the machine says of the ticks as they were, in order of time. */
function expectedMarks(world: HistoryWorld, key: string, span: Span): readonly Span[] {
  const limits = limitsOf(above600, { forMs: 10_000, keepFiringMs: 0 });
  const { times, values } = world.samples(key, span);
  const machine = newMachine();
  const marks: Span[] = [];
  let firedMs = Number.NaN;
  times.forEach((timeMs, index) => {
    const outcome = judgeValue(machine, limits, { timeMs, ordinal: 1, value: values[index]! });
    if (outcome === 'fired') firedMs = timeMs;
    if (outcome === 'resolved') marks.push({ startMs: firedMs, endMs: timeMs });
  });
  if (machine.phase === 'firing') marks.push({ startMs: firedMs, endMs: span.endMs });
  return marks;
}

function marksOf(answer: BacktestAnswer, series: string): readonly Span[] {
  return answer.marks
    .filter((mark) => mark.series === series)
    .map(({ startMs: from, endMs: to }) => ({ startMs: from, endMs: to }));
}

describe('runBacktest()', () => {
  test('says of raw what the machine says of the ticks, wherever they are kept', () =>
    withDatabase(async ({ sql }) => {
      const world = await HistoryWorld.create(sql, 1);
      const ports = queryPorts(sql);
      const hosts = [hostOf(world.hostId)];
      await world.addSpan(layout, { startMs: startMs + 7_003, endMs: startMs + 0.1 * dayMs });
      const check = async (span: Span) => {
        const answer = await runBacktest(ports, request(rule({}), hosts, span), never);
        const expected = expectedMarks(world, 'a', span);
        expect(answer).toMatchObject({
          tier: 'raw',
          coarserBy: null,
          isApproximate: false,
          hostCount: 1,
          seriesCount: 1,
          fired: expected.length,
          firingMs: expected.reduce((sum, mark) => sum + mark.endMs - mark.startMs, 0),
        });
        expect(marksOf(answer, 'a')).toEqual(expected.slice(0, 1_000));
        expect(expected.length).toBeGreaterThan(5);
      };
      const span = { startMs, endMs: startMs + 0.4 * dayMs };
      await check({ startMs: startMs + 1_000_000, endMs: startMs + 0.1 * dayMs });
      await upkeep(sql, startMs + dayMs);
      // A layout with the series at another place, and late ticks among those in chunks.
      await world.addSpan(gauges(['c', 'a'], { intervalMs: 10_000 }), {
        startMs: startMs + 0.2 * dayMs,
        endMs: startMs + 0.35 * dayMs,
      });
      await world.addSpan(layout, { startMs: startMs + 5_000_001, endMs: startMs + 6_000_000 });
      await check(span);
      await upkeep(sql, startMs + dayMs);
      await check(span);
    }));

  test('judges minimum and maximum of minutes where there is too much, and says so', () =>
    withDatabase(async ({ sql }) => {
      const world = await HistoryWorld.create(sql, 2);
      const ports = queryPorts(sql);
      const span = { startMs, endMs: startMs + dayMs };
      await world.addSpan(layout, { startMs: startMs + 7_003, endMs: startMs + 0.5 * dayMs });
      await upkeep(sql, startMs + 3 * dayMs);
      const spec = rule({ condition: { kind: 'above', threshold: 600, recovery: 0 } }, { forMs: 0 });
      const answer = await runBacktest(
        ports,
        request(spec, [hostOf(world.hostId)], { ...span, rawSamplesMax: 1_000 }),
        never,
      );

      const { times, values } = world.samples('a', span);
      const limits = limitsOf({ kind: 'above', threshold: 600, recovery: 0 }, { forMs: 0, keepFiringMs: 0 });
      const trial = new SeriesTrial(
        { kind: 'series', limits, input: { kind: 'value' }, silentIntervals: null },
        startMs,
      );
      trial.addBuckets(rollUp(times, values, 60_000), { stepMs: 60_000, intervalMs: 10_000 });
      trial.end(span.endMs);
      expect(answer).toMatchObject({
        tier: 'minute',
        coarserBy: 'limit',
        isApproximate: true,
        fired: trial.firings.length,
      });
      expect(marksOf(answer, 'a')).toEqual(trial.firings.slice(0, 1_000));
      expect(trial.firings.length).toBeGreaterThan(10);
      expect(answer.samplesRead).toBe(2 * 720);
    }));

  test('judges minutes where raw has gone', () =>
    withDatabase(async ({ sql }) => {
      const world = await HistoryWorld.create(sql, 3);
      await world.addSpan(layout, { startMs, endMs: startMs + 0.2 * dayMs });
      await upkeep(sql, startMs + 3 * dayMs);
      const ask = (spec: RuleSpec) => runBacktest(queryPorts(sql), request(spec, [hostOf(world.hostId)]), never);
      const day = dayOf(startMs);
      await sql`insert into floor values (0, ${day + 1})`;
      await sql`delete from chunk where tier = 0 and day = ${day}`;
      const answer = await ask(rule({}, { forMs: 0 }));
      expect(answer).toMatchObject({ tier: 'minute', coarserBy: 'retention', isApproximate: true, seriesCount: 1 });
      expect(answer.fired).toBeGreaterThan(10);

      const silence = {
        ...rule({}),
        subject: { kind: 'silence', series: { patterns: [], labels: {} }, intervals: 3 },
      } as const;
      await expect(ask(silence)).rejects.toThrow('Cannot back-test rule: silence is only seen in raw ticks');
    }));

  test('counts by host and series, applies overrides, and names times without data', () =>
    withDatabase(async ({ sql }) => {
      const web = await HistoryWorld.create(sql, 4);
      const other = await openTestStream(sql, 'other');
      await web.addSpan(layout, { startMs, endMs: startMs + 0.1 * dayMs });
      const times = Float64Array.from({ length: 60 }, (_, tick) => startMs + tick * 10_000);
      const values = Float64Array.from({ length: 180 }, (_, at) => (at % 3 === 1 ? 700 : at < 90 ? 700 : 0));
      await storeBatch(sql, { ...other, firstSeq: 1, layout, times, values });
      const hosts = [
        hostOf(web.hostId, 'web'),
        hostOf(other.hostId, 'other', { site: 'Berlin' }),
        hostOf(other.hostId + 1_000, 'empty'),
      ];
      const span = { startMs, endMs: startMs + 0.1 * dayMs };
      const overrides = [
        { hosts: { ...anyHost, names: ['web'] }, isEnabled: false },
        { hosts: { ...anyHost, tags: { site: 'Ber*' } }, forMs: 60_000 },
      ];
      const spec = rule({ series: { patterns: ['b'], labels: { disk: '*' } } }, { overrides });
      const answer = await runBacktest(queryPorts(sql), request(spec, hosts, span), never);

      expect(answer).toMatchObject({ hostCount: 2, seriesCount: 2, fired: 2, markCount: 2, firedSeriesCount: 2 });
      expect(answer.series).toEqual([
        {
          host: 'other',
          series: 'b{disk="x"}',
          fired: 1,
          firingMs: span.endMs - startMs - 60_000,
          firstMs: startMs + 60_000,
          lastMs: startMs + 60_000,
        },
        {
          host: 'other',
          series: 'b{disk="y"}',
          fired: 1,
          firingMs: 240_000,
          firstMs: startMs + 60_000,
          lastMs: startMs + 60_000,
        },
      ]);
      expect(answer.holes).toEqual([
        { host: 'other', startMs: startMs + 590_000, endMs: span.endMs },
        { host: 'empty', ...span },
      ]);
    }));

  test('takes from memory what the snapshot does not have, and nothing twice', () =>
    withDatabase(async ({ sql }) => {
      const stream = await openTestStream(sql, 'web');
      const times = Float64Array.from({ length: 10 }, (_, tick) => startMs + tick * 10_000);
      await storeBatch(sql, { ...stream, firstSeq: 1, layout, times, values: new Float64Array(30).fill(700) });
      // As everything that is stored moves it; the test's batches do not.
      await sql`update stream set stored_seq = 10, stored_ticks = 10 where id = ${stream.streamId}`;
      const part = {
        streamId: stream.streamId,
        hostId: stream.hostId,
        firstSeq: 5,
        times: Float64Array.from({ length: 10 }, (_, tick) => startMs + (tick + 4) * 10_000),
        values: Float64Array.of(0, 0, 0, 0, 0, 0, 700, 700, 0, 700),
        series: layout.series[0]!,
        intervalMs: 10_000,
      };
      const unmeant = { ...part, series: layout.series[1]!, values: new Float64Array(10).fill(9_999) };
      const span = { startMs, endMs: startMs + 200_000 };
      const asked = request(rule({}), [hostOf(stream.hostId)], { ...span, parts: [part, unmeant] });
      const answer = await runBacktest(queryPorts(sql), asked, never);
      expect([answer.seriesCount, marksOf(answer, 'a')]).toEqual([
        1,
        [{ startMs: startMs + 10_000, endMs: startMs + 120_000 }],
      ]);
    }));

  test('says the same when it has to read in small pieces', () =>
    withDatabase(async ({ sql }) => {
      const one = await HistoryWorld.create(sql, 6);
      const other = new HistoryWorld(sql, { ...(await openTestStream(sql, 'other')), seed: 7 });
      for (const world of [one, other])
        await world.addSpan(layout, { startMs: startMs + 7_003, endMs: startMs + 0.3 * dayMs });
      await upkeep(sql, startMs + 2 * dayMs);
      const ports = queryPorts(sql);
      let pieces = 0;
      const read: typeof ports.read = async (asked, signal) => {
        const stored = await ports.read(asked, signal);
        if (asked.samplesMax < 0) return stored;
        pieces += 1;
        const { plan, hostIds } = asked;
        const isLarge = hostIds.length > 1 || plan.endMs - plan.startMs > 10_000_000;
        return isLarge ? { ...stored, sampleCount: 1e9, blocks: [] } : stored;
      };
      const asked = request(rule({}, { forMs: 0 }), [hostOf(one.hostId, 'one'), hostOf(other.hostId, 'other')], {
        endMs: startMs + 0.4 * dayMs,
      });
      for (const rawSamplesMax of [10_000_000, 0]) {
        const {
          durationMs: _,
          samplesRead: __,
          ...whole
        } = await runBacktest(ports, { ...asked, rawSamplesMax }, never);
        const found = await runBacktest({ ...ports, read }, { ...asked, rawSamplesMax }, never);
        expect(found).toMatchObject({ ...whole });
        expect(whole.fired).toBeGreaterThan(5);
      }
      expect(pieces).toBeGreaterThan(20);
    }));

  test('ends when whoever asked has gone', () =>
    withDatabase(async ({ sql }) => {
      const world = await HistoryWorld.create(sql, 5);
      await world.addSpan(layout, { startMs, endMs: startMs + 0.1 * dayMs });
      const cancelled = new AbortController();
      const ports = queryPorts(sql);
      let reads = 0;
      const read: typeof ports.read = async (...args) => {
        reads += 1;
        if (reads === 3) cancelled.abort(new Error('gone'));
        return await ports.read(...args);
      };
      const asked = request(rule({}), [hostOf(world.hostId)]);
      await expect(runBacktest({ ...ports, read }, asked, cancelled.signal)).rejects.toThrow();
    }));

  test('refuses rules that look at nothing that is stored', () =>
    withDatabase(async ({ sql }) => {
      const spec = { ...rule({}), subject: { kind: 'hostDown', afterMs: 10_000 } } as const;
      await expect(runBacktest(queryPorts(sql), request(spec, []), never)).rejects.toMatchObject({
        code: 'ERR_QUERY_LIMIT',
      });
    }));
});
