import { afterEach, beforeEach, expect, test, vi } from 'vitest';
import { encodeQueryColumns, type QueriedSeries } from '#core/query-columns.ts';
import type { SparkWant } from '../model/alerts/spark-plan.ts';
import { nowMs } from '../testing/alert-samples.ts';
import { alertWorld } from '../testing/alert-world.ts';
import { AlertSparks } from './alert-sparks.ts';

const page = { hidden: false };

beforeEach(() => {
  page.hidden = false;
  vi.stubGlobal('document', page);
});
afterEach(() => {
  vi.unstubAllGlobals();
});

function answerOf(samples: Readonly<Record<string, readonly [number, number][]>>): Uint8Array {
  const series = Object.entries(samples).map(([host, pairs]): QueriedSeries => {
    const times = Float64Array.from(pairs, ([agoS]) => nowMs - agoS * 1_000);
    const values = Float64Array.from(pairs, ([, value]) => value);
    const content = { kind: 'samples', samples: { times, values } } as const;
    return { host, series: 'load_1m', unit: '1', kind: 'gauge', intervalMs: 1_000, content };
  });
  const since = { raw: null, minute: null, hour: null };
  const rest = {
    startMs: 0,
    endMs: nowMs,
    tier: 'raw',
    coarserBy: null,
    sinceMs: since,
    gaps: [],
    unmatched: [],
  } as const;
  return encodeQueryColumns({ ...rest, series });
}

function want(host: string, change: Partial<SparkWant> = {}): SparkWant {
  const span = { fromMs: nowMs - 900_000, toMs: null, spanMs: 900_000 };
  return { key: host, host, series: 'load_1m', ...span, isRate: false, averageMs: 0, ...change };
}

async function sparksUnderTest(samples: Parameters<typeof answerOf>[0]) {
  const world = await alertWorld({ 'POST /api/v1/query': answerOf(samples) }, nowMs);
  const sparks = new AlertSparks(world.dashboard);
  sparks.open();
  return { world, sparks };
}

test('AlertSparks asks once for all rows in sight that want the same, then for the newest alone', async () => {
  const { world, sparks } = await sparksUnderTest({ a: [[2, 5]], b: [[2, 6]] });
  sparks.show(want('a'));
  sparks.show(want('b'));
  expect(sparks.trackOf('a')).toBeNull();
  await world.pass(1);
  expect(world.asked).toHaveLength(1);
  expect([sparks.newestOf('a'), sparks.newestOf('b')]).toEqual([5, 6]);
  world.answers = {
    'POST /api/v1/query': answerOf({
      a: [
        [2, 5],
        [0, 9],
      ],
      b: [[2, 6]],
    }),
  };
  await world.pass(2);
  expect(sparks.trackOf('a')?.values).toEqual([5, 9]);
  expect(sparks.trackOf('b')?.values).toEqual([6]);
});

test('AlertSparks asks for nothing out of sight, and keeps what it has for when it comes back', async () => {
  const { world, sparks } = await sparksUnderTest({ a: [[2, 5]] });
  sparks.show(want('a'));
  await world.pass(1);
  sparks.hide('a');
  const before = world.asked.length;
  await world.pass(90);
  expect(world.asked).toHaveLength(before);
  expect(sparks.newestOf('a')).toBe(5);
  page.hidden = true;
  sparks.show(want('a'));
  await world.pass(90);
  expect(world.asked).toHaveLength(before);
});

test('AlertSparks asks once for a span that stands still', async () => {
  const { world, sparks } = await sparksUnderTest({ a: [[2, 5]] });
  sparks.show(want('a', { toMs: nowMs - 60_000 }));
  await world.pass(90);
  expect(world.asked).toHaveLength(1);
});

test('AlertSparks knows that a series without samples has none, and forgets another series of the same row', async () => {
  const { world, sparks } = await sparksUnderTest({ a: [[2, 5]] });
  sparks.show(want('b'));
  await world.pass(1);
  expect(sparks.trackOf('b')).toMatchObject({ values: [] });
  expect(sparks.newestOf('b')).toBeUndefined();
  sparks.show(want('a'));
  await world.pass(60);
  sparks.show(want('a', { series: 'load_5m' }));
  expect(sparks.trackOf('a')).toBeNull();
});

test('AlertSparks has the value of now of an alert that is open, and that of its last change before it is known', async () => {
  const { world, sparks } = await sparksUnderTest({ a: [[2, 5]] });
  const item = { key: 'a', phase: 'firing', series: 'load_1m', value: 9 } as const;
  sparks.show(want('a'));
  expect(sparks.valueOf(item)).toBe(9);
  await world.pass(1);
  expect(sparks.valueOf(item)).toBe(5);
  expect(sparks.valueOf({ ...item, phase: 'resolved' })).toBe(9);
});
