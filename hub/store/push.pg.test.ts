import type postgres from 'postgres';
import { describe, expect, test } from 'vitest';
import { encodeLayout } from '#core/series.ts';
import { withDatabase } from '../testing/database.ts';
import { withRunner } from '../testing/flight-fixture.ts';
import { nextEpoch } from '../testing/ingest-fixture.ts';
import { readNumbers } from '../testing/query-fixture.ts';
import { gauges } from '../testing/ticks.ts';
import type { FlightRunner } from './flight-runner.ts';
import { dropOldPushStreams, type PushRequest, storePush } from './push.ts';
import { readLatest, readRecent } from './recent.ts';

const layout = gauges(['a', 'b']);

function bodyOf(options: Partial<PushRequest> & { readonly first?: number } = {}): PushRequest {
  const { first = 1, ...rest } = options;
  return {
    hostName: 'web',
    tags: {},
    epoch: nextEpoch(),
    isRepeatable: true,
    layout: { id: layout.id, bytes: encodeLayout(layout) },
    layoutId: layout.id,
    intervalMs: 60_000,
    columnCount: 2,
    times: Float64Array.of(first * 1_000, first * 1_000 + 500),
    values: Float64Array.of(first, Number.NaN, first + 0.5, -first),
    ...rest,
  };
}

function withStore(use: (sql: postgres.Sql, runner: FlightRunner) => Promise<void>): Promise<void> {
  return withDatabase(({ sql, connection }) => withRunner({ url: null, ...connection }, (runner) => use(sql, runner)));
}

async function stored(sql: postgres.Sql, hostId: number): Promise<number[]> {
  const { values } = await readNumbers(sql, hostId, 'a');
  return Array.from(values);
}

describe('storePush()', () => {
  test('stores a body as a stream of its own', () =>
    withStore(async (sql, runner) => {
      const answer = await storePush(sql, runner, bodyOf({ tags: { site: 'n' } }));

      expect(answer).toMatchObject({
        kind: 'stored',
        host: { name: 'web', tags: { site: 'n' } },
        ordinal: 1,
        isRepeat: false,
      });
      expect(await sql`select kind, agent_tags, interval_ms, agent_id from host`).toEqual([
        { kind: 'push', agent_tags: { site: 'n' }, interval_ms: 60_000, agent_id: null },
      ]);
      expect(answer.kind === 'stored' && (await stored(sql, answer.host.hostId))).toEqual([1, 1.5]);
    }));

  test('recognises a retry by its epoch, even where it is cut differently, and stores other bodies', () =>
    withStore(async (sql, runner) => {
      const body = bodyOf();
      await storePush(sql, runner, body);
      for (const retry of [
        body,
        bodyOf({ epoch: body.epoch, times: Float64Array.of(1, 2, 3), values: new Float64Array(6) }),
      ]) {
        expect(await storePush(sql, runner, retry)).toMatchObject({ kind: 'stored', ordinal: 1, isRepeat: true });
      }
      expect(await storePush(sql, runner, bodyOf({ first: 9 }))).toMatchObject({ ordinal: 2, isRepeat: false });
      expect(await sql`select sum(ticks)::int from batch`).toEqual([{ sum: 4 }]);
    }));

  test('lets the row of a body that cannot be repeated go, while ordinals rise on', () =>
    withStore(async (sql, runner) => {
      const ordinals: number[] = [];
      for (const first of [1, 2, 3]) {
        const answer = await storePush(sql, runner, bodyOf({ first, isRepeatable: false }));
        if (answer.kind === 'stored') ordinals.push(answer.ordinal);
      }
      expect(ordinals).toEqual([1, 2, 3]);
      expect(await sql`select count(*)::int from stream`).toEqual([{ count: 0 }]);
    }));

  test('of the same body many times at once stores it once, and answers all', () =>
    withStore(async (sql, runner) => {
      const body = bodyOf();
      const answers = await Promise.all([1, 2, 3, 4].map(() => storePush(sql, runner, body)));

      expect(answers.filter((answer) => answer.kind === 'stored' && answer.ordinal === 1)).toHaveLength(4);
      expect(await sql`select sum(ticks)::int from batch`).toEqual([{ sum: 2 }]);
    }));

  test('of many bodies of a new host at once makes one host', () =>
    withStore(async (sql, runner) => {
      const answers = await Promise.all(
        Array.from({ length: 12 }, (_, index) => storePush(sql, runner, bodyOf({ first: index + 1 }))),
      );

      expect(new Set(answers.map((answer) => (answer.kind === 'stored' ? answer.host.hostId : 0))).size).toBe(1);
      expect(answers.map((answer) => (answer.kind === 'stored' ? answer.ordinal : 0)).sort((a, b) => a - b)).toEqual(
        Array.from({ length: 12 }, (_, index) => index + 1),
      );
    }));

  test('leaves the name of an agent alone', () =>
    withStore(async (sql, runner) => {
      await sql`insert into host (name, kind, agent_tags) values ('web', 'agent', '{"a": "b"}')`;

      expect(await storePush(sql, runner, bodyOf({ tags: { a: 'x' } }))).toEqual({ kind: 'taken' });
      expect(await sql`select kind, agent_tags from host`).toEqual([{ kind: 'agent', agent_tags: { a: 'b' } }]);
    }));

  test('gathers the tags of a host, and starts anew when there are too many', () =>
    withStore(async (sql, runner) => {
      const tagsOf = async () => (await sql<{ agent_tags: object }[]>`select agent_tags from host`)[0]!.agent_tags;
      await storePush(sql, runner, bodyOf({ tags: { a: '1' } }));
      await storePush(sql, runner, bodyOf({ tags: { b: '2' } }));
      expect(await tagsOf()).toEqual({ a: '1', b: '2' });
      const many = Object.fromEntries(Array.from({ length: 63 }, (_, index) => [`t${index}`, 'x']));
      await storePush(sql, runner, bodyOf({ tags: many }));
      expect(await tagsOf()).toEqual(many);
    }));

  test('says what the database can never take, and is not taken for weather', () =>
    withStore(async (sql, runner) => {
      expect(await storePush(sql, runner, bodyOf({ tags: { a: '\0' } }))).toMatchObject({ kind: 'unusable' });
      expect(await storePush(sql, runner, bodyOf({ hostName: 'x'.repeat(300) }))).toMatchObject({ kind: 'unusable' });
    }));

  test('does not answer for a host that was removed', () =>
    withStore(async (sql, runner) => {
      await storePush(sql, runner, bodyOf());
      await sql`update host set removed_at = now()`;

      expect(await storePush(sql, runner, bodyOf())).toMatchObject({ kind: 'stored', ordinal: 1 });
      expect(await sql`select count(*)::int from host`).toEqual([{ count: 2 }]);
    }));
});

test('dropOldPushStreams() drops rows of a day ago, of hosts that push alone', () =>
  withStore(async (sql, runner) => {
    await storePush(sql, runner, bodyOf());
    await sql`insert into host (name, kind) values ('agent', 'agent')`;
    await sql`insert into stream (host, epoch, ordinal, first_seq, stored_seq)
      select id, decode(${nextEpoch()}, 'hex'), 1, 1, 0 from host where kind = 'agent'`;
    await sql`update stream set stored_at = now() - interval '25 hours'`;
    await storePush(sql, runner, bodyOf());

    expect(await dropOldPushStreams(sql)).toBe(1);
    expect(await sql`select kind from stream s join host h on h.id = s.host order by kind`).toEqual([
      { kind: 'agent' },
      { kind: 'push' },
    ]);
  }));

test('readLatest() and readRecent() find what was pushed, whether its row is there or not', () =>
  withStore(async (sql, runner) => {
    for (const [first, isRepeatable] of [
      [50, false],
      [10, true],
      [20, false],
      [30, true],
    ] as const) {
      await storePush(sql, runner, bodyOf({ first, isRepeatable }));
    }
    const other = gauges(['c']);
    const layoutOf = { layout: { id: other.id, bytes: encodeLayout(other) }, layoutId: other.id, columnCount: 1 };
    await storePush(sql, runner, bodyOf({ ...layoutOf, times: Float64Array.of(5_000), values: Float64Array.of(7) }));
    const [host] = await sql<{ id: number }[]>`select id from host`;

    const latest = await readLatest(sql, host!.id);
    expect(latest.sort((x, y) => x.key.localeCompare(y.key))).toEqual([
      { key: 'a', timeMs: 50_500, value: 50.5 },
      { key: 'b', timeMs: 50_500, value: -50 },
      { key: 'c', timeMs: 5_000, value: 7 },
    ]);
    const { blocks, layouts } = await readRecent(sql, { hostId: host!.id, sinceMs: 10_000 });
    expect(blocks.map(({ ordinal, times }) => [ordinal, times[0]])).toEqual([
      [0, 20_000],
      [0, 50_000],
      [2, 10_000],
      [4, 30_000],
    ]);
    expect(layouts.map((one) => one.id)).toEqual([layout.id]);
  }));
