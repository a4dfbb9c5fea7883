import { describe, expect, test } from 'vitest';
import { encodeQueryColumns, type QueriedSeries } from '#core/query-columns.ts';
import { rollUp } from '#core/rollup.ts';
import type { Layout } from '#core/series.ts';
import { HubClient } from '../api/client.ts';
import { Dashboard } from '../dashboard.ts';
import { SessionBook } from '../live/session-book.ts';
import { createChartData } from '../model/charts/chart-data.ts';
import type { Chart, Line } from '../model/charts/charts.ts';
import type { TimeRange } from '../model/time-range.ts';
import { SeriesWindow } from './series-window.ts';

const startMs = Date.UTC(2026, 10, 18, 14, 0, 0);
const dayMs = 86_400_000;
const day: TimeRange = { kind: 'live', spanMs: dayMs };
const week: TimeRange = { kind: 'live', spanMs: 7 * dayMs };
const live: TimeRange = { kind: 'live', spanMs: 300_000 };
const layout: Layout = {
  id: 'one',
  intervalMs: 1_000,
  series: ['a', 'b', 'c'].map((key) => ({ key, unit: '1', kind: 'gauge', every: 1 })),
};

interface Asked {
  readonly hosts: readonly string[];
  readonly series: readonly string[];
  readonly start: number;
  readonly end: number;
  readonly step?: number;
  readonly raw?: boolean;
}

function line(key: string, host: string | null = null): Line {
  return { key, host, name: key, color: 'c1', dash: 0, isBelow: false };
}

function chartOf(...lines: readonly Line[]): Chart {
  const shape = { id: 'x', title: 'X', note: '', kind: 'line', unit: '1', factor: 1, min: null, max: null } as const;
  return { ...shape, maxKey: null, lines };
}

/** A hub whose series have the value 1 each second, for ever. */
function answerTo({ hosts, series, start, end, step }: Asked): Response {
  const times = Float64Array.from(
    { length: Math.min(2_000, end - start) },
    (_, index) => Math.ceil(start + index) * 1_000,
  );
  const values = new Float64Array(times.length).fill(1);
  const stepMs = (step ?? 0) * 1_000;
  const content: QueriedSeries['content'] =
    stepMs === 0
      ? { kind: 'samples', samples: { times, values } }
      : {
          kind: 'buckets',
          stepMs,
          buckets: rollUp(
            Float64Array.from({ length: (end - start) / step! }, (_, index) => (start + index * step!) * 1_000),
            new Float64Array(Math.ceil((end - start) / step!)).fill(1),
            stepMs,
          ),
        };
  const found = hosts.flatMap((host) =>
    series.map((key): QueriedSeries => ({ host, series: key, unit: '1', kind: 'gauge', intervalMs: 1_000, content })),
  );
  const bytes = encodeQueryColumns({
    startMs: start * 1_000,
    endMs: end * 1_000,
    tier: 'raw',
    coarserBy: null,
    sinceMs: { raw: null, minute: null, hour: null },
    series: found,
    gaps: [],
    unmatched: [],
  });
  return new Response(bytes as Uint8Array<ArrayBuffer>);
}

function setUp(options: { readonly range?: TimeRange; readonly host?: string | null } = {}) {
  let nowMs = startMs;
  const asked: Asked[] = [];
  const waiting: (() => void)[] = [];
  const works: Promise<void>[] = [];
  const hub = { isBroken: false, isSlow: false };
  const dashboard = new Dashboard({
    url: 'ws://hub/live',
    session: new SessionBook(),
    openSocket: () => ({ close: () => {} }) as unknown as WebSocket,
    nowMs: () => nowMs,
    random: () => 0.5,
    after: () => () => {},
    client: new HubClient(async (_, init) => {
      const body = JSON.parse(String(init?.body)) as Asked;
      asked.push(body);
      if (hub.isSlow) {
        await new Promise<void>((resolve, reject) => {
          waiting.push(resolve);
          init?.signal?.addEventListener('abort', () => reject(new DOMException('ended', 'AbortError')));
        });
      }
      return hub.isBroken ? Response.json({ error: 'The database is away' }, { status: 503 }) : answerTo(body);
    }),
    api: { readFleet: async () => 'failed', readStorage: async () => 'failed' },
    inflate: async (bytes) => bytes,
    background: (work) => works.push(work),
  });
  dashboard.clock.observe(nowMs, nowMs);
  const { range = live, host = 'web-01' } = options;
  const source = new SeriesWindow({ dashboard, range, host });
  let changes = 0;
  source.changed.subscribe(() => {
    changes += 1;
  });
  return {
    ...{ dashboard, source, asked, hub, waiting },
    changes: () => changes,
    /** Ticks of a host, one a second, up to now. */
    tick(name: string, seconds: number) {
      const { stream } = dashboard.open(name);
      for (let second = seconds; second >= 1; second -= 1)
        stream.acceptPolled(nowMs - (second - 1) * 1_000, layout, Float64Array.of(2, 2, 2));
    },
    async pass(seconds: number) {
      nowMs += seconds * 1_000;
      dashboard.ticked.announce();
      await settled();
    },
    async settled() {
      await settled();
    },
    draw(...lines: readonly Line[]) {
      const chart = chartOf(...lines);
      const data = createChartData(chart);
      source.fill(data, chart);
      return data;
    },
  };
}

/** Until all that needs no clock is done. */
async function settled(): Promise<void> {
  for (let round = 0; round < 30; round += 1) await Promise.resolve();
  await new Promise((resolve) => setImmediate(resolve));
  for (let round = 0; round < 30; round += 1) await Promise.resolve();
}

describe('SeriesWindow', () => {
  test('asks for nothing while the ring has it all', async () => {
    const { source, tick, asked, settled: done, draw } = setUp();
    tick('web-01', 320);
    source.want({}, [line('a')]);
    await done();

    expect(asked).toEqual([]);
    expect(draw(line('a')).times.length).toBeGreaterThan(298);
    expect(source.state).toEqual({ kind: 'ready' });
  });

  test('asks once for all lines that are shown, from the first bucket to what has come in', async () => {
    const { source, tick, asked, settled: done, draw } = setUp({ range: day });
    tick('web-01', 320);
    source.want({}, [line('a'), line('b')]);
    source.want({}, [line('b'), line('c')]);
    expect(source.state).toEqual({ kind: 'loading' });
    await done();

    expect(asked).toEqual([
      {
        ...{ hosts: ['web-01'], series: ['a', 'b', 'c'], format: 'columns', gaps: true, step: 300 },
        start: Math.floor(source.window.fromMs / 300_000 - 1) * 300,
        end: startMs / 1_000 - 2,
      },
    ]);
    expect(source.state).toEqual({ kind: 'ready' });
    const data = draw(line('a'));
    // One bucket on each side of the window, and the one that runs.
    expect(data.times.length - dayMs / 300_000).toBeOneOf([2, 3]);
    expect([data.stepMs, data.gaps]).toEqual([300_000, []]);
  });

  test('does not ask for what nobody shows any more', async () => {
    const { source, asked, settled: done } = setUp({ range: day });
    const owner = {};
    source.want(owner, [line('a')]);
    source.want(owner, []);
    await done();

    expect(asked).toEqual([]);
  });

  test('drops what comes for a span that is no longer shown', async () => {
    const { source, hub, asked, waiting, settled: done } = setUp({ range: day });
    hub.isSlow = true;
    source.want({}, [line('a')]);
    await done();
    source.show(week);
    await done();
    for (const answer of waiting) answer();
    await done();

    expect(asked.map(({ step }) => step)).toEqual([300, 1_800]);
    expect([source.facts?.stepMs, source.state.kind]).toEqual([1_800_000, 'ready']);
  });

  test('finds a span again without asking, and shows the one before until another is there', async () => {
    const { source, hub, asked, settled: done, draw } = setUp({ range: day });
    source.want({}, [line('a')]);
    await done();
    hub.isSlow = true;
    source.show(week);
    await done();
    expect([draw(line('a')).stepMs, source.state.kind]).toEqual([300_000, 'loading']);
    source.show(day);
    await done();

    expect(asked.length).toBe(2);
    expect(source.state.kind).toBe('ready');
  });

  test('says what could not be loaded, asks again when told to, and by itself after a while', async () => {
    const { source, hub, asked, pass, settled: done } = setUp({ range: day });
    hub.isBroken = true;
    source.want({}, [line('a')]);
    await done();
    const failed = { kind: 'failed', why: 'Could not load 1\u202fd. The database is away' };
    expect(source.stateOf([line('a')])).toEqual(failed);
    await pass(1);
    expect(asked.length).toBe(1);
    source.retry();
    await done();
    expect([asked.length, source.stateOf([line('a')])]).toEqual([2, failed]);
    hub.isBroken = false;
    await pass(70);

    expect([asked.length, source.state.kind]).toEqual([3, 'ready']);
  });

  test('a fixed window stands still and asks for a little on each side, so that a pan asks for nothing', async () => {
    const window = { fromMs: startMs - 7_200_000, toMs: startMs - 3_600_000 };
    const { source, tick, asked, pass, settled: done, changes } = setUp({ range: { kind: 'fixed', ...window } });
    source.want({}, [line('a')]);
    await done();
    expect(asked.map(({ start, end }) => [start, end])).toEqual([
      [(window.fromMs - 1_800_000) / 1_000 - 10, (window.toMs + 1_800_000) / 1_000],
    ]);
    const before = changes();
    for (let second = 0; second < 5; second += 1) {
      tick('web-01', 1);
      await pass(1);
    }
    expect([source.window, changes() - before]).toEqual([{ kind: 'fixed', ...window }, 0]);
    source.show({ kind: 'fixed', fromMs: window.fromMs - 900_000, toMs: window.toMs - 900_000 });
    await done();

    expect(asked.length).toBe(1);
  });

  test('a day is drawn again once a minute, an hour with each tick', async () => {
    for (const [spanMs, expected] of [
      [dayMs, 1],
      [3_600_000, 60],
    ] as const) {
      const { source, tick, pass, changes, settled: done } = setUp({ range: { kind: 'live', spanMs } });
      tick('web-01', 320);
      source.want({}, [line('a')]);
      await done();
      const before = changes();
      for (let second = 0; second < 60; second += 1) {
        await pass(1);
        tick('web-01', 1);
      }
      expect([spanMs, changes() - before]).toEqual([spanMs, expected]);
    }
  });

  test('renews the end of what it knows long before the ring runs out of it', async () => {
    const { source, tick, asked, pass, settled: done } = setUp({ range: day });
    tick('web-01', 320);
    source.want({}, [line('a')]);
    await done();
    for (let second = 0; second < 130; second += 1) {
      await pass(1);
      tick('web-01', 1);
    }

    expect(asked.length).toBe(2);
    // From the beginning of the bucket that was not whole.
    expect(asked[1]!.start % 300).toBe(0);
    expect(asked[1]!.end - asked[1]!.start).toBeLessThan(600);
  });

  test('follows few hosts live, and asks storage again where they are many', async () => {
    const {
      source,
      dashboard,
      asked,
      pass,
      settled: done,
    } = setUp({ range: { kind: 'live', spanMs: 3_600_000 }, host: null });
    const isOpen = (name: string) => {
      const open = dashboard.open(name);
      dashboard.close(open);
      return open.viewCount > 0;
    };
    const few = {};
    source.want(few, [line('a', 'web-01'), line('a', 'web-02')]);
    await done();
    expect([isOpen('web-01'), isOpen('web-02'), asked.map(({ hosts }) => hosts)]).toEqual([
      true,
      true,
      [['web-01', 'web-02']],
    ]);
    source.want(
      few,
      Array.from({ length: 20 }, (_, index) => line('a', `web-${index}`)),
    );
    await done();
    const before = asked.length;
    expect(isOpen('web-01')).toBe(false);
    await pass(4);
    expect(asked.length).toBe(before);
    await pass(10);

    expect(asked.length).toBeGreaterThan(before);
  });

  test('reads as fine as the widest plot that shows it', async () => {
    const { source } = setUp({ range: day });
    const [one, other] = [{}, {}];
    source.want(one, [line('a')]);
    source.want(other, [line('a')]);
    source.fit(one, 530);
    source.fit(other, 1_300);
    source.fit(one, 530);
    expect(source.stepMs).toBe(120_000);
    source.want(other, []);
    expect(source.stepMs).toBe(300_000);
  });
});
