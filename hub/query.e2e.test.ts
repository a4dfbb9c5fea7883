/** `/api/v1/query` as a stranger may use it: right, wrong, slow, and gone before the answer. */
import { connect } from 'node:net';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { decodeQueryColumns } from '#core/query-columns.ts';
import { storeBatch } from './testing/batch-fixture.ts';
import { createTestDatabase, type TestDatabase } from './testing/database.ts';
import {
  buildHub,
  DatabaseGate,
  type HubBundle,
  type HubProcess,
  operatorFetch,
  operatorHeaders,
  startHub,
} from './testing/hub-process.ts';
import { openTestStream } from './testing/ingest-fixture.ts';
import { gauges } from './testing/ticks.ts';

let bundle: HubBundle;
let database: TestDatabase & { drop(): Promise<void> };
let gate: DatabaseGate;
let hub: HubProcess;

const layout = gauges(['load', 'disk_used_bytes{device="vda"}', 'disk_free_bytes{device="vda"}']);
const tickCount = 200_000;
/** Seconds at which the ticks of "web" end. */
const endSec = Math.floor(Date.now() / 1_000) - 60;
const startSec = endSec - tickCount;

beforeAll(async () => {
  bundle = await buildHub();
  database = await createTestDatabase();
  const { sql } = database;
  const web = await openTestStream(sql, 'web');
  await openTestStream(sql, 'empty');
  for (let first = 0; first < tickCount; first += 8_000) {
    const times = Float64Array.from({ length: 8_000 }, (_, tick) => (startSec + first + tick) * 1_000);
    const values = Float64Array.from({ length: 24_000 }, (_, at) => first + Math.floor(at / 3) + (at % 3) / 10);
    await storeBatch(sql, { ...web, firstSeq: first + 1, layout, times, values });
  }
  await sql`insert into gap (host, stream, first_seq, last_seq, reason, from_ms, to_ms)
    values (${web.hostId}, ${web.streamId}, ${tickCount + 1}, ${tickCount + 9}, 'spool_full', ${(endSec - 9) * 1_000}, ${(endSec - 1) * 1_000})`;
  gate = new DatabaseGate(database.connection);
  await gate.open();
  hub = await startHub({ bundle, databaseUrl: gate.url });
  await hub.answers();
});

afterAll(async () => {
  if (hub?.isRunning) await hub.stop('SIGKILL');
  await gate?.close();
  await database?.drop();
  bundle?.remove();
});

const get = (query: string) => operatorFetch(`${hub.url}/api/v1/query?${query}`);
const post = (body: unknown, headers: Record<string, string> = {}) =>
  operatorFetch(`${hub.url}/api/v1/query`, {
    method: 'POST',
    headers: { 'content-type': 'application/json', ...headers },
    body: typeof body === 'string' ? body : JSON.stringify(body),
  });

async function metric(name: string): Promise<number> {
  const text = await (await operatorFetch(`${hub.url}/metrics`)).text();
  return Number(new RegExp(`^pulsewire_hub_${name} (.*)$`, 'm').exec(text)?.[1]);
}

describe('/api/v1/query', () => {
  test('answers GET and POST alike: buckets of series by key and pattern, gaps, and what was not found', async () => {
    const answer = await get(
      `host=web&host=empty&series=load&series=disk_*_bytes&series=none&start=${startSec + 10}&end=${startSec + 40}&step=10&gaps=1`,
    );
    const body = { hosts: ['web', 'empty'], series: ['load', 'disk_*_bytes', 'none'] };
    const span = { start: startSec + 10, end: startSec + 40, step: 10, gaps: true };
    const json = (await answer.json()) as { readonly series: readonly Record<string, unknown>[] };

    expect(answer.status).toBe(200);
    expect(await (await post({ ...body, ...span })).json()).toEqual(json);
    expect(json).toMatchObject({ tier: 'raw', coarser_by: null, unmatched: ['none'], gaps: [] });
    expect(json.series.map(({ series }) => series)).toEqual([
      'disk_free_bytes{device="vda"}',
      'disk_used_bytes{device="vda"}',
      'load',
    ]);
    const load = json.series[2] as { readonly count: number[]; readonly sum: number[]; readonly times: number[] };
    expect(load).toMatchObject({ host: 'web', unit: '', kind: 'gauge', interval: 1, step: 10 });
    expect(load.count.reduce((sum, count) => sum + count, 0)).toBe(30);
    expect(load.sum.reduce((all, sum) => all + sum, 0)).toBe((10 + 39) * 15);
    expect(load.times.every((time) => time % 10 === 0)).toBe(true);
  });

  test('gives columns for programs that draw, raw samples when asked, and gaps', async () => {
    const answer = await post({
      hosts: ['web'],
      series: ['load'],
      start: endSec - 10,
      end: endSec,
      raw: true,
      gaps: true,
      format: 'columns',
    });
    const decoded = decodeQueryColumns(new Uint8Array(await answer.arrayBuffer()));

    expect(answer.headers.get('content-type')).toBe('application/vnd.pulsewire.columns');
    expect(decoded.gaps).toEqual([
      { host: 'web', fromMs: (endSec - 9) * 1_000, toMs: (endSec - 1) * 1_000, reason: 'spool_full', tickCount: 9 },
    ]);
    expect(decoded.series[0]!.content).toEqual({
      kind: 'samples',
      samples: {
        times: Float64Array.from({ length: 10 }, (_, index) => (endSec - 10 + index) * 1_000),
        values: Float64Array.from({ length: 10 }, (_, index) => tickCount - 10 + index),
      },
    });
  });

  test.each([
    ['', /hosts/],
    ['host=web', /series/],
    ['series=load', /hosts/],
    ['host=web&series=load&points=0', /points/],
    ['host=web&series=load&points=20000', /points/],
    ['host=web&series=load&step=0', /step/],
    ['host=web&series=load&step=1&points=5', /only one/],
    ['host=web&series=load&start=5&end=4', /start must not be after end/],
    ['host=web&series=load&start=0&end=9e10', /days at once/],
    ['host=web&series=load&start=x', /start/],
    ['host=web&series=load&format=xml', /format/],
    ['host=web&series=load&sort=1', /sort/],
    ['host=web&series=load&end=1&end=2', /may stand once/],
    ['host=web&series=load&start=0&end=100000&step=1', /at most 10000 points a series/],
    [`host=web${'&series=x'.repeat(101)}`, /series/],
    ["host=web&series=load&points=1'or'1'='1", /points/],
  ])('GET ?%s is a 400 that says why', async (query, why) => {
    const answer = await get(query);
    const { error } = (await answer.json()) as { readonly error: string };
    expect([answer.status, error]).toEqual([400, expect.stringMatching(why)]);
  });

  test.each([
    ['not json', '{', {}, 400],
    ['a list', '[]', {}, 400],
    ['an unknown field', { hosts: ['web'], series: ['load'], isAdmin: true }, {}, 400],
    ['a host instead of hosts', { hosts: 'web', series: ['load'] }, {}, 400],
    ['a __proto__', '{"hosts":["web"],"series":["load"],"__proto__":{"raw":true}}', {}, 400],
    [
      'too many points in all',
      { hosts: ['web', 'empty'], series: Array.from({ length: 99 }, (_, i) => `s${i}`), points: 9_000 },
      {},
      400,
    ],
    ['another type', '{}', { 'content-type': 'text/plain' }, 415],
    ['another site', { hosts: ['web'], series: ['load'] }, { 'sec-fetch-site': 'cross-site' }, 403],
    ['a body beyond bounds', `"${'x'.repeat(300_000)}"`, {}, 413],
    ['a host that is not there', { hosts: ['web', 'nobody'], series: ['load'] }, {}, 404],
  ])('POST of %s is refused', async (_, body, headers, status) => {
    const answer = await post(body, headers as Record<string, string>);
    expect([answer.status, await answer.json()]).toEqual([status, { error: expect.stringMatching(/^Cannot /) }]);
  });

  test('refuses more samples than one answer may hold, and CSV has them all', async () => {
    const query = `host=web&series=*&start=${startSec}&end=${endSec}&raw=1`;
    const twice = await get(`${query}&series=load`);
    expect(twice.status).toBe(200);
    expect(((await twice.json()) as { series: { times: number[] }[] }).series.map(({ times }) => times.length)).toEqual(
      Array(3).fill(tickCount),
    );
    const answer = await get(`${query}&format=csv`);
    expect(answer.headers.get('content-type')).toBe('text/csv; charset=utf-8');
    const text = await answer.text();
    const lines = text.trimEnd().split('\n');

    expect(lines[0]).toBe('time,seconds,host,series,value,avg,min,max,sum,count,step');
    expect(lines.length).toBe(1 + 3 * tickCount);
    const seen = new Set(lines.filter((line) => line.includes(',load,')).map((line) => line.split(',')[4]));
    expect(seen.size).toBe(tickCount);
  });

  test('reads on only as fast as its client, and stops when that has gone', async () => {
    const before = await metric('queries_total');
    const socket = connect(hub.port, '127.0.0.1');
    socket.pause();
    socket.write(
      `GET /api/v1/query?host=web&series=*&start=${startSec}&end=${endSec}&raw=1&format=csv HTTP/1.1\r\nHost: localhost\r\nAuthorization: ${operatorHeaders.authorization}\r\n\r\n`,
    );
    const partsRead = async () => (await metric('queries_total')) - before;
    await expect.poll(partsRead).toBeGreaterThan(0);
    // The sockets' own buffers take some MB of the 38; what comes after that waits.
    let last = -1;
    await expect
      .poll(
        async () => {
          const now = await partsRead();
          const isStill = now === last;
          last = now;
          return isStill;
        },
        { interval: 500, timeout: 20_000 },
      )
      .toBe(true);
    expect(last).toBeLessThan(10);
    socket.destroy();
    const next = await get('host=web&series=load&points=10');
    expect(next.status).toBe(200);
    expect(await metric('queries_running')).toBe(0);
  });

  test('ends its statement in the database when its client goes', async () => {
    const { sql } = database;
    const held = await sql.reserve();
    await held`begin`;
    await held`lock table batch in access exclusive mode`;
    const active = async () =>
      // What a session of another role is about is not to be seen, but that it waits for the lock is.
      (
        await sql<{ count: number }[]>`select count(distinct a.pid)::int as count
          from pg_stat_activity a join pg_locks l on l.pid = a.pid and not l.granted
          where a.datname = current_database() and a.application_name = 'pulsewire query'`
      )[0]!.count;
    const leaving = new AbortController();
    const asked = operatorFetch(`${hub.url}/api/v1/query?host=web&series=load`, { signal: leaving.signal }).catch(
      () => 'gone',
    );
    await expect.poll(active, { timeout: 10_000 }).toBe(1);
    leaving.abort();

    expect(await asked).toBe('gone');
    await expect.poll(active, { timeout: 10_000 }).toBe(0);
    await held`rollback`;
    held.release();
    expect(await metric('queries_running')).toBe(0);
  });

  test('says so while the database is away', async () => {
    await gate.close();
    const answer = await get('host=web&series=load');
    expect([answer.status, answer.headers.get('retry-after')]).toEqual([503, '10']);
    const csv = await get('host=web&series=load&format=csv');
    expect([csv.status, csv.headers.get('content-type')]).toEqual([503, 'application/json; charset=utf-8']);
    await gate.open();
  });
});
