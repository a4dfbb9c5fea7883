/** The hub as a process: what becomes of days that are too old, from the push to what the page shows. */
import { afterAll, beforeAll, expect, test } from 'vitest';
import { encodeLayout } from '#core/series.ts';
import { createTestDatabase, type TestDatabase } from './testing/database.ts';
import {
  buildHub,
  DatabaseGate,
  enrolmentKey,
  type HubBundle,
  type HubProcess,
  operatorFetch,
  startHub,
} from './testing/hub-process.ts';
import { offerOf, someId, TestAgent } from './testing/test-agent.ts';
import { column, gauges } from './testing/ticks.ts';

const daySeconds = 86_400;
const today = Math.floor(Date.now() / 1_000 / daySeconds);
const noonOf = (day: number) => (day + 0.5) * daySeconds;
/** With today 17 days: two are older than the fourteen before today. */
const oldest = today - 16;
const floor = today - 14;

let bundle: HubBundle;
let database: TestDatabase & { drop(): Promise<void> };
let gate: DatabaseGate;
let hub: HubProcess;

beforeAll(async () => {
  bundle = await buildHub();
  database = await createTestDatabase();
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

async function push(hostname: string, day: number): Promise<{ readonly code: number; readonly answer: unknown }> {
  const metrics = { load: { value: day, timestamp: noonOf(day) } };
  const answer = await operatorFetch(`${hub.url}/metrics`, {
    method: 'POST',
    headers: { 'content-type': 'application/json' },
    body: JSON.stringify({ hostname, client_id: 'c', metrics }),
  });
  return { code: answer.status, answer: await answer.json() };
}

async function getJson(path: string): Promise<Record<string, unknown>> {
  const answer = await operatorFetch(hub.url + path);
  expect([path, answer.status]).toEqual([path, 200]);
  return (await answer.json()) as Record<string, unknown>;
}

/** Compacts, rolls up, and lets go of what is too old. */
async function aggregate(): Promise<void> {
  const answer = await operatorFetch(`${hub.url}/aggregate?wait=1`, { method: 'POST' });
  expect([answer.status, await answer.json()]).toEqual([200, { status: 'Data aggregation triggered successfully' }]);
}

test('days older than raw is kept for go when they are rolled up, and their minutes still answer', async () => {
  for (let day = oldest; day < today; day += 1) expect(await push('web', day)).toMatchObject({ code: 200 });
  const partitions = () => database.sql<{ day: number }[]>`
    select substring(relname from 11)::int as day from pg_class
    where relname ~ '^chunk_raw_[0-9]+$' and relkind = 'r' order by 1`;

  await aggregate();
  await aggregate();

  expect((await partitions())[0]).toEqual({ day: floor });
  expect(await database.sql`select count(*)::int as n from chunk where tier = 0 and host = 1`).toEqual([{ n: 14 }]);
  const old = await getJson(`/fetch/history/web/load?start=${oldest * daySeconds}&end=${(oldest + 1) * daySeconds}`);
  expect((old as unknown as number[][]).map(([, value]) => value)).toEqual([oldest]);
});

test('what is stored is told, and how far it reaches back', async () => {
  const storage = await getJson('/api/v1/storage');

  expect(storage).toMatchObject({
    batches: { count: 0 },
    storage_bytes_max: null,
    disk_free_bytes: null,
    warnings: [],
    retention: { hold: null, dropped_partitions: 2 },
    compaction: { is_running: false, hosts: expect.any(Number) },
  });
  expect(storage['tiers']).toMatchObject([
    { tier: 'raw', oldest: noonOf(floor), floor: floor * daySeconds, samples: 14, keep_days: 14, is_shortened: false },
    { tier: 'minute', floor: null, samples: 16, keep_days: 90 },
    { tier: 'hour', floor: null, keep_days: 1_096 },
  ]);
  const metrics = await (await operatorFetch(`${hub.url}/metrics`)).text();
  expect(metrics).toContain(`pulsewire_hub_tier_floor_timestamp_seconds{tier="raw"} ${floor * daySeconds}`);
  expect(metrics).toContain('pulsewire_hub_dropped_partitions_total 2');
});

test('a push into a day that has gone is refused, with what is kept', async () => {
  expect(await push('web', floor - 1)).toEqual({
    code: 400,
    answer: {
      error: `Cannot accept metrics: timestamps lie within what is kept, from ${floor * daySeconds} on: got ${noonOf(floor - 1)}`,
    },
  });
});

test('ticks of a day that has gone are acknowledged as a gap, and those behind them are stored', async () => {
  const agent = new TestAgent(hub.url, enrolmentKey);
  // Of an earlier boot, whose times the hub must believe.
  const bootId = someId('9');
  const { streams } = await agent.greet({
    hostName: 'late',
    streams: [{ ...offerOf(someId('e')), bootId, startWallMs: 1 }],
  });
  const { ordinal } = streams![0]!;
  const layout = gauges(['a']);
  const { id: layoutId } = layout;
  await agent.send({ kind: 'layout', layoutId, page: 0, pageCount: 1, bytes: encodeLayout(layout) });
  const midnightMs = floor * daySeconds * 1_000;
  for (const [index, timeMs] of [midnightMs - 2_000, midnightMs - 1_000, midnightMs].entries())
    await agent.send({ kind: 'frame', ordinal, seq: index + 1, layoutId, timeMs, column: column([index]) });

  expect(await agent.next('ack', ({ storedSeq }) => storedSeq === 3)).toMatchObject({ gapTicks: 2 });

  expect(await database.sql`select first_seq::int, last_seq::int, reason, to_ms from gap`).toEqual([
    { first_seq: 1, last_seq: 2, reason: 'expired', to_ms: midnightMs - 1_000 },
  ]);
  expect(await (await operatorFetch(`${hub.url}/metrics`)).text()).toContain('pulsewire_hub_ticks_expired_total 2');
  agent.close();
});
