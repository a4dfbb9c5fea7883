/** `/api/v1/rules/backtest` as a stranger may use it: right, wrong, and gone before the answer. */
import { connect } from 'node:net';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { storeBatch } from './testing/batch-fixture.ts';
import { createTestDatabase, type TestDatabase } from './testing/database.ts';
import {
  buildHub,
  DatabaseGate,
  type HubBundle,
  type HubProcess,
  operatorFetch,
  startHub,
} from './testing/hub-process.ts';
import { openTestStream } from './testing/ingest-fixture.ts';
import { gauges } from './testing/ticks.ts';

let bundle: HubBundle;
let database: TestDatabase & { drop(): Promise<void> };
let gate: DatabaseGate;
let hub: HubProcess;

const layout = gauges(['load', 'disk_used_percent{mount="/"}', 'disk_used_percent{mount="/home"}']);
const tickCount = 8_000;
const endSec = Math.floor(Date.now() / 1_000) - 60;
const startSec = endSec - tickCount;

beforeAll(async () => {
  bundle = await buildHub();
  database = await createTestDatabase();
  const { sql } = database;
  const web = await openTestStream(sql, 'web');
  await openTestStream(sql, 'empty');
  const times = Float64Array.from({ length: tickCount }, (_, tick) => (startSec + tick) * 1_000);
  // "/" is full from second 1,000 to 2,000 and from 3,000 to 3,010, "/home" never.
  const used = (tick: number) => ((tick >= 1_000 && tick < 2_000) || (tick >= 3_000 && tick < 3_010) ? 95 : 50);
  const values = Float64Array.from({ length: tickCount * 3 }, (_, at) => (at % 3 === 1 ? used(Math.floor(at / 3)) : 1));
  await storeBatch(sql, { ...web, firstSeq: 1, layout, times, values });
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

const rule = { metric: 'disk_used_percent', condition: 'above', threshold: 90, for: 60, keep_firing: 0 };
const span = { start: startSec, end: endSec };

const post = (body: unknown, headers: Record<string, string> = {}) =>
  operatorFetch(`${hub.url}/api/v1/rules/backtest`, {
    method: 'POST',
    headers: { 'content-type': 'application/json', ...headers },
    body: typeof body === 'string' ? body : JSON.stringify(body),
  });

describe('/api/v1/rules/backtest', () => {
  test('says what a rule would have said', async () => {
    const answer = await post({ rule, ...span });
    const json = await answer.json();
    const mark = {
      host: 'web',
      series: 'disk_used_percent{mount="/"}',
      start: startSec + 1_060,
      end: startSec + 2_000,
    };

    expect(answer.status).toBe(200);
    expect(json).toMatchObject({
      ...span,
      fired: 1,
      firing_seconds: 940,
      hosts: 2,
      judged_series: 2,
      fired_series: 1,
      marks: [mark],
      marks_in_all: 1,
      holes: [{ host: 'empty', ...span }],
      tier: 'raw',
      coarser_by: null,
      approximate: false,
      samples_read: 2 * tickCount,
    });
    expect(json).toMatchObject({ series: [{ fired: 1, first: mark.start, last: mark.start }] });
  });

  test('judges what labels, hosts and overrides say', async () => {
    const fired = async (parts: object) => {
      const { hosts, judged_series, fired } = (await (
        await post({ rule: { ...rule, ...parts }, ...span })
      ).json()) as Record<string, unknown>;
      return [hosts, judged_series, fired];
    };
    expect(await fired({ for: 0 })).toEqual([2, 2, 2]);
    expect(await fired({ for: 0, labels: { mount: '/home' } })).toEqual([2, 1, 0]);
    expect(await fired({ hosts: { names: ['em*'] } })).toEqual([1, 0, 0]);
    expect(await fired({ overrides: [{ hosts: { names: ['web'] }, for: 0 }] })).toEqual([2, 2, 2]);
    expect(await fired({ overrides: [{ hosts: { names: ['web'] }, enabled: false }] })).toEqual([1, 0, 0]);
    expect(await fired({ for: 0, input: { average: 2_000 } })).toEqual([2, 2, 0]);
  });

  test('looks at minutes when asked for less', async () => {
    expect(await (await post({ rule, ...span, raw_samples: 0 })).json()).toMatchObject({
      tier: 'minute',
      coarser_by: 'limit',
      approximate: true,
      fired: 1,
    });
  });

  test.each<[object | string, RegExp]>([
    ['{', /JSON/],
    [{}, /rule/],
    [{ rule: { ...rule, threshold: undefined } }, /threshold/],
    [{ rule: { ...rule, recovery: 95 } }, /must not be above it: got 95/],
    [{ rule: { ...rule, input: { rate: 1 } } }, /a window is from 2 s/],
    [{ rule: { ...rule, metric: [] } }, /a rule on values must say of which series/],
    [{ rule: { ...rule, message: '{{x}}' } }, /a template may name/],
    [{ rule: { kind: 'host_down' } }, /only what is stored can be looked at again/],
    [{ rule: { kind: 'clock_skew' } }, /only what is stored can be looked at again/],
    [{ rule: { kind: 'silence' }, ...span, raw_samples: 0 }, /silence is only seen in raw ticks/],
    [{ rule, start: endSec, end: startSec }, /the start must be before the end/],
    [{ rule, start: endSec + 1e6 }, /before now/],
    [{ rule, start: 0 }, /days at once/],
    [{ rule, raw_samples: 1e9 }, /raw_samples/],
    [{ rule, more: 1 }, /more/],
  ])('refuses %j', async (body, problem) => {
    const answer = await post(body);
    const { error } = (await answer.json()) as { readonly error: string };
    expect([answer.status, error]).toEqual([400, expect.stringMatching(problem)]);
  });

  test('refuses pages of other sites, and bodies that are not JSON', async () => {
    expect((await post({ rule, ...span }, { origin: 'https://evil.example' })).status).toBe(403);
    expect((await post({ rule, ...span }, { 'content-type': 'text/plain' })).status).toBe(415);
  });

  test('runs one at a time and lets four wait; a client that goes leaves its place', async () => {
    const { port } = new URL(hub.url);
    const body = JSON.stringify({ rule, ...span });
    const head = `POST /api/v1/rules/backtest HTTP/1.1\r\nhost: localhost:${port}\r\ncontent-type: application/json\r\ncontent-length: ${body.length}\r\n\r\n`;
    const gone = Array.from({ length: 3 }, () => {
      const socket = connect(Number(port), '127.0.0.1', () => socket.write(head + body, () => socket.destroy()));
      return new Promise((resolve) => socket.once('close', resolve));
    });
    await Promise.all(gone);
    const statuses = await Promise.all(Array.from({ length: 12 }, async () => (await post({ rule, ...span })).status));
    expect(statuses.filter((status) => status === 200).length).toBeGreaterThanOrEqual(5);
    expect(statuses.every((status) => status === 200 || status === 503)).toBe(true);
    expect((await post({ rule, ...span })).status).toBe(200);
  });
});
