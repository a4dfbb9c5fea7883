import { beforeEach, describe, expect, test } from 'vitest';
import { encodeQueryColumns, type QueriedSeries } from '#core/query-columns.ts';
import { anyHost } from '#core/rule-spec.ts';
import { HubClient } from '../api/client.ts';
import { Fleet } from './fleet.ts';
import { MatchingSeries, queryPatterns } from './matching-series.ts';
import { labelChoicesOf, metricChoicesOf } from './metric-choices.ts';

interface Query {
  readonly hosts: readonly string[];
  readonly series: readonly string[];
}

const buckets = (min: number[], max: number[], sum: number[], count: number[]): QueriedSeries['content'] => ({
  kind: 'buckets',
  stepMs: 60_000,
  buckets: {
    starts: Float64Array.from(min, (_, index) => index * 60_000),
    min: Float64Array.from(min),
    max: Float64Array.from(max),
    sum: Float64Array.from(sum),
    count: Float64Array.from(count),
  },
});

/** A hub with these series of each host, and how it is asked. */
class World {
  readonly queries: Query[] = [];
  readonly fleet = new Fleet();
  keys: readonly string[] = ['disk{device="vda"}', 'disk{device="sda"}'];
  status = 200;
  #timers: (() => void)[] = [];
  readonly matching = new MatchingSeries({
    client: new HubClient(async (_, init) => {
      const query: Query = JSON.parse(String(init?.body));
      this.queries.push(query);
      if (this.status !== 200) return new Response('{"error":"Cannot query: too much"}', { status: this.status });
      const series = query.hosts.flatMap((host) =>
        this.keys.map((key): QueriedSeries => {
          const content = buckets([1, 5], [9, 6], [8, 11], [2, 2]);
          return { host, series: key, unit: 'percent', kind: 'gauge', intervalMs: 1_000, content };
        }),
      );
      const sinceMs = { raw: null, minute: null, hour: null };
      const answer = {
        startMs: 0,
        endMs: 1,
        tier: 'raw' as const,
        coarserBy: null,
        sinceMs,
        gaps: [],
        unmatched: [],
        series,
      };
      return new Response(new Uint8Array(encodeQueryColumns(answer)));
    }),
    fleet: this.fleet,
    hubMs: () => 1_000_000,
    after: (_, callback) => {
      this.#timers.push(callback);
      return () => {
        this.#timers = this.#timers.filter((one) => one !== callback);
      };
    },
    background: (work) => void work,
  });

  hosts(...names: string[]): void {
    const row = { alias: '', state: 'up' as const, intervalMs: 1_000, lastMs: 1, facts: {}, downtimeUntilMs: 0 };
    const hosts = names.map((name, index) => ({
      ...row,
      hostId: index + 1,
      name,
      tags: { role: name.split('-')[0]! },
    }));
    this.fleet.acceptHosts({ kind: 'hosts', hosts, removed: [] });
  }

  /** Timers go off, and answers come. */
  async settle(): Promise<void> {
    for (const timer of this.#timers.splice(0)) timer();
    await new Promise((resolve) => setImmediate(resolve));
  }

  want(patterns: readonly string[], labels: Record<string, string> = {}, tags: Record<string, string> = {}): void {
    this.matching.want({ hosts: { ...anyHost, tags }, series: { patterns, labels } });
  }
}

let world: World;

beforeEach(() => {
  world = new World();
  world.hosts('web-1', 'db-1');
});

describe('MatchingSeries', () => {
  test('finds the series of the hosts that are meant, with unit, newest and extremes', async () => {
    world.want(['disk'], {}, { role: 'web' });
    expect([world.matching.isLoading, world.matching.hostNames]).toEqual([true, ['web-1']]);
    await world.settle();
    expect(world.queries).toMatchObject([{ hosts: ['web-1'], series: ['disk', 'disk{*'] }]);
    expect(world.matching.found[0]).toEqual({
      host: 'web-1',
      key: 'disk{device="vda"}',
      unit: 'percent',
      newest: 5.5,
      lowest: 1,
      highest: 9,
    });
    expect(world.matching.isLoading).toBe(false);
  });

  test('leaves out what labels do not mean', async () => {
    world.want(['disk'], { device: 's*' }, { role: 'web' });
    await world.settle();
    expect(world.matching.found.map(({ key }) => key)).toEqual(['disk{device="sda"}']);
  });

  test('asks again when a host comes, and not when nothing has changed', async () => {
    world.want(['disk']);
    await world.settle();
    world.want(['disk']);
    world.hosts('web-1', 'db-1');
    await world.settle();
    expect(world.queries).toHaveLength(1);
    world.hosts('web-1', 'db-1', 'web-2');
    await world.settle();
    expect(world.queries[1]?.hosts).toEqual(['db-1', 'web-1', 'web-2']);
  });

  test('says why nothing is known, and can be asked again', async () => {
    world.status = 503;
    world.want(['disk']);
    await world.settle();
    expect([world.matching.found, world.matching.why]).toEqual([[], 'Cannot query: too much']);
    world.status = 200;
    world.matching.retry();
    await world.settle();
    expect([world.matching.found.length, world.matching.why]).toEqual([4, null]);
  });

  test('looks at fewer hosts where there are too many series', async () => {
    world.hosts(...Array.from({ length: 8 }, (_, index) => `web-${index}`));
    world.status = 400;
    world.want(['*']);
    await world.settle();
    expect(world.queries.map(({ hosts }) => hosts.length)).toEqual([8, 5]);
  });

  test('asks for nothing where no host is meant', async () => {
    world.want(['disk'], {}, { role: 'mail' });
    await world.settle();
    expect([world.queries, world.matching.found, world.matching.isLoading]).toEqual([[], [], false]);
  });
});

test('queryPatterns() means every label set of a name', () => {
  expect(queryPatterns(['a', 'b*', 'c{x="1"}'])).toEqual(['a', 'a{*', 'b*', 'c{x="1"}']);
  expect(queryPatterns([])).toEqual(['*']);
});

test('metricChoicesOf() has names first and keys of those with labels behind them', () => {
  expect(metricChoicesOf(['disk_used_percent{device="vdb"}', 'disk_used_percent{device="vda"}', 'load'])).toEqual([
    { value: 'disk_used_percent', hint: '2 series a host' },
    { value: 'load', hint: '' },
    { value: 'disk_used_percent{device="vda"}', hint: 'percent' },
    { value: 'disk_used_percent{device="vdb"}', hint: 'percent' },
  ]);
});

test('labelChoicesOf() has each pair once', () => {
  expect(labelChoicesOf(['a{x="1",y="2"}', 'b{x="1"}', 'c'])).toEqual([{ value: 'x=1' }, { value: 'y=2' }]);
});
