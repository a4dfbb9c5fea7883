import { describe, expect, test } from 'vitest';
import { dayMs, dayOf } from '#core/calendar.ts';
import type { Layout } from '#core/series.ts';
import type { Sql } from '../store/connect.ts';
import { withDatabase } from '../testing/database.ts';
import { HistoryWorld, seeded } from '../testing/history-world.ts';
import { queryPorts } from '../testing/query-fixture.ts';
import { gauges, sha256 } from '../testing/ticks.ts';
import type { QueryPorts } from './known-blocks.ts';
import { runQuery } from './query.ts';
import type { QueryRequest, Resolution } from './query-request.ts';
import { Upkeep } from './upkeep.ts';

const never = new AbortController().signal;
/** The last two days of a month and the first of the next. */
const startMs = Date.UTC(2026, 2, 30);
const layout = gauges(['a', 'b'], { intervalMs: 10_000 });

function requestOf(world: HistoryWorld, request: Partial<QueryRequest>): QueryRequest {
  return {
    hosts: [{ hostId: world.hostId, name: 'web', isPushed: false, intervalMs: 10_000 }],
    patterns: ['a', 'b'],
    startMs,
    endMs: startMs + 3 * dayMs,
    resolution: { kind: 'points', pointsMax: 100, prefersSamples: false },
    wantsGaps: false,
    parts: [],
    ...request,
  };
}

/** Runs compaction and rollups as they are due at `nowMs`. */
async function upkeep(sql: Sql, nowMs: number): Promise<void> {
  await new Upkeep(sql, { sha256 }).run({ nowMs, all: true });
}

/** Any span and any resolution, by chance. */
function randomRequest(random: () => number): Pick<QueryRequest, 'startMs' | 'endMs' | 'resolution'> {
  const widthMs = [60_000, 3_600_000, dayMs, 3 * dayMs][Math.floor(random() * 4)]! * (0.2 + random());
  const fromMs = startMs - 3_600_000 + Math.floor(random() * 3 * dayMs);
  const edge = random() < 0.3 ? 60_000 : 1;
  const kinds: readonly Resolution[] = [
    { kind: 'points', pointsMax: 2 + Math.floor(random() * 400), prefersSamples: random() < 0.5 },
    { kind: 'step', stepMs: [1_000, 30_000, 60_000, 90_000, 600_000, 3_600_000, 7_200_000][Math.floor(random() * 7)]! },
    { kind: 'raw' },
  ];
  return {
    startMs: Math.floor(fromMs / edge) * edge,
    endMs: Math.floor((fromMs + widthMs) / edge) * edge + edge,
    resolution: kinds[Math.floor(random() * 3)]!,
  };
}

async function expectTruth(
  ports: QueryPorts,
  world: HistoryWorld,
  options: { readonly count: number; readonly seed: number },
): Promise<Set<string>> {
  const random = seeded(options.seed);
  const tiersUsed = new Set<string>();
  for (let index = 0; index < options.count; index += 1) {
    const request = requestOf(world, randomRequest(random));
    const answer = await runQuery(ports, request, never);
    tiersUsed.add(answer.tier);
    for (const key of ['a', 'b']) {
      const own = answer.series.find(({ series }) => series.key === key);
      const problem =
        own === undefined
          ? world.samples(key, request).times.length === 0
            ? null
            : 'no answer'
          : world.problemOf(own, request);
      const { startMs: from, endMs: to, resolution } = request;
      expect({ from, to, resolution, tier: answer.tier, key, problem }).toMatchObject({ problem: null });
    }
  }
  return tiersUsed;
}

describe('runQuery()', () => {
  test('gives what the ticks say, whatever the span, the resolution and the place where they are kept', () =>
    withDatabase(async ({ sql }) => {
      const world = await HistoryWorld.create(sql, 1);
      const ports = queryPorts(sql);
      const other: Layout = gauges(['b', 'c', 'a'], { intervalMs: 10_000 });
      await world.addSpan(layout, { startMs: startMs + 7_003, endMs: startMs + dayMs });
      await expectTruth(ports, world, { count: 12, seed: 1 });
      await world.addSpan(other, { startMs: startMs + dayMs + 3_600_000, endMs: startMs + 2.2 * dayMs });
      await upkeep(sql, startMs + 2.2 * dayMs);
      expect(await expectTruth(ports, world, { count: 40, seed: 2 })).toEqual(new Set(['raw', 'minute', 'hour']));
      // Late ticks for a day that is rolled up, first as batches, then in chunks that its rollup does not know.
      await world.addSpan(layout, { startMs: startMs + 40_000_003, endMs: startMs + 41_000_000 });
      await world.addSpan(layout, { startMs: startMs + 2.2 * dayMs, endMs: startMs + 2.4 * dayMs });
      await expectTruth(ports, world, { count: 24, seed: 3 });
      await upkeep(sql, startMs);
      await expectTruth(ports, world, { count: 24, seed: 4 });
      await upkeep(sql, startMs + 3 * dayMs);
      await expectTruth(ports, world, { count: 24, seed: 5 });
    }));

  test('goes to a coarser tier where raw has gone, takes whole buckets at the edge, and says so', () =>
    withDatabase(async ({ sql }) => {
      const world = await HistoryWorld.create(sql, 2);
      const ports = queryPorts(sql);
      await world.addSpan(layout, { startMs, endMs: startMs + 2 * dayMs });
      await upkeep(sql, startMs + 3 * dayMs);
      const day = dayOf(startMs);
      const span = { startMs: startMs + 3_630_500, endMs: startMs + 1.5 * dayMs + 500 };
      const ask = (resolution: Resolution) => runQuery(ports, requestOf(world, { ...span, resolution }), never);
      const problems = (answer: Awaited<ReturnType<typeof ask>>, fromMs: number) =>
        answer.series.map((series) => world.problemOf(series, { ...span, startMs: fromMs }));

      expect(await ask({ kind: 'step', stepMs: 30_000 })).toMatchObject({ tier: 'raw', coarserBy: null });
      await sql`insert into floor values (0, ${day + 1})`;
      await sql`delete from chunk where tier = 0 and day = ${day}`;
      const minutes = await ask({ kind: 'step', stepMs: 30_000 });
      expect(minutes).toMatchObject({ tier: 'minute', coarserBy: 'retention', floors: { raw: day + 1 } });
      expect(problems(minutes, startMs + 3_600_000)).toEqual([null, null]);
      const samples = await ask({ kind: 'raw' });
      expect(samples).toMatchObject({ tier: 'raw', coarserBy: null });
      expect(problems(samples, startMs + dayMs)).toEqual([null, null]);
      await sql`insert into floor values (1, ${day + 1})`;
      await sql`delete from chunk where tier = 1 and day = ${day}`;
      const hours = await ask({ kind: 'step', stepMs: 60_000 });
      expect(hours).toMatchObject({ tier: 'hour', coarserBy: 'retention' });
      expect(problems(hours, startMs + 3_600_000)).toEqual([null, null]);
    }));

  test('refuses what would be too much, by its content and not by its span', () =>
    withDatabase(async ({ sql }) => {
      const world = await HistoryWorld.create(sql, 3);
      const ports = queryPorts(sql);
      await world.addSpan(gauges(['a', 'b'], { intervalMs: 1_000 }), { startMs, endMs: startMs + 60_000 });
      await upkeep(sql, startMs + 60_000);
      const sparse = requestOf(world, { endMs: startMs + 3_000 * dayMs, resolution: { kind: 'raw' } });
      expect((await runQuery(ports, sparse, never)).series).toHaveLength(2);
      await sql`update chunk set ticks = 2_000_000_000 where tier = 0`;
      await expect(runQuery(ports, sparse, never)).rejects.toThrow(
        /^Cannot answer query: at most \d+ stored values may be read/,
      );
    }));

  test('gives samples where they are no more than the points, whatever tier the span would have', () =>
    withDatabase(async ({ sql }) => {
      const world = await HistoryWorld.create(sql, 4);
      const ports = queryPorts(sql);
      const hourly = gauges(['a', 'b'], { intervalMs: 3_600_000 });
      await world.addSpan(hourly, { startMs: startMs + 1_234, endMs: startMs + 2 * dayMs });
      await upkeep(sql, startMs + 3 * dayMs);
      const request = requestOf(world, { resolution: { kind: 'points', pointsMax: 100, prefersSamples: true } });
      const { series } = await runQuery(ports, request, never);

      expect(series.map(({ content }) => content.kind)).toEqual(['samples', 'samples']);
      expect(series.map((one) => world.problemOf(one, request))).toEqual([null, null]);
      const [one] = (
        await runQuery(ports, { ...request, resolution: { kind: 'points', pointsMax: 1, prefersSamples: true } }, never)
      ).series;
      expect(one!.content.kind === 'buckets' && one!.content.buckets.starts.length).toBe(1);
    }));

  test('has no step that is finer than a series, though rollups do not say how often it comes', () =>
    withDatabase(async ({ sql }) => {
      const world = await HistoryWorld.create(sql, 5);
      await world.addSpan(gauges(['a', 'b'], { intervalMs: 300_000 }), { startMs, endMs: startMs + dayMs });
      await upkeep(sql, startMs + 2 * dayMs);
      const host = {
        hostId: world.hostId,
        name: 'web',
        isPushed: false,
        intervalMs: 60_000,
        everyOf: new Map([['a', 5]]),
      };
      const request = requestOf(world, {
        hosts: [host],
        endMs: startMs + dayMs,
        resolution: { kind: 'step', stepMs: 60_000 },
      });
      const { tier, series } = await runQuery(queryPorts(sql), request, never);
      const steps = new Map(
        series.map(({ series: { key }, intervalMs, content }) => [
          key,
          [intervalMs, content.kind === 'buckets' && content.stepMs],
        ]),
      );

      expect([tier, steps.get('a'), steps.get('b')]).toEqual(['minute', [300_000, 300_000], [60_000, 60_000]]);
      expect(series.map((one) => world.problemOf(one, request))).toEqual([null, null]);
    }));
});
