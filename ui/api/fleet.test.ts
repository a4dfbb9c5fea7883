import { describe, expect, test } from 'vitest';
import { overviewKeys } from '../model/overview/metrics.ts';
import { fakeStorage } from '../testing/fake-storage.ts';
import { HubClient } from './client.ts';
import { createApi, parseHosts, parseLatest, parseStorage } from './fleet.ts';

function apiAnswering(answer: (path: string) => Response | Promise<Response>) {
  return createApi(new HubClient(async (input) => answer(String(input))));
}

const unknownHost = {
  ...{ id: null, alias: '', state: 'never', tags: {}, facts: {} },
  ...{ intervalMs: 1_000, lastMs: 0, downtimeUntilMs: 0 },
};

describe('parseHosts()', () => {
  test('takes what is as expected and leaves out the rest', () => {
    const body = {
      a: {
        ...{ id: 4, alias: 'A', tags: { env: 'prod', odd: 1 }, facts: { os: 'x', odd: 1 }, status: 'stale' },
        ...{ interval: 10, last_seen: 1.5, downtime_until: 60 },
      },
      b: { status: 'x', last_seen: null, downtime_until: null },
      c: 7,
    };
    expect([...parseHosts(body)]).toEqual([
      [
        'a',
        {
          ...{ id: 4, alias: 'A', state: 'stale', tags: { env: 'prod' }, facts: { os: 'x' } },
          ...{ intervalMs: 10_000, lastMs: 1_500, downtimeUntilMs: 60_000 },
        },
      ],
      ['b', unknownHost],
      ['c', unknownHost],
    ]);
    expect([...parseHosts([1]), ...parseHosts(null)]).toEqual([]);
  });
});

describe('parseLatest()', () => {
  test('leaves out hosts without a time and values that are no numbers', () => {
    const latest = parseLatest({ a: { metrics: { x: 1, y: null }, timestamp: 2 }, b: { metrics: { x: 1 } } });
    expect([...latest]).toEqual([['a', { timeMs: 2_000, values: new Map([['x', 1]]) }]]);
  });
});

describe('parseStorage()', () => {
  test('takes what the hub says, with times in ms', () => {
    const figures = parseStorage(fakeStorage(1_000_000_000_000, true));

    expect(figures).toMatchObject({ batchCount: 41_600, warnings: ['budget', 'disk'], diskFreeBytes: 0.7 * 1024 ** 3 });
    expect(figures.retention).toMatchObject({ lastMs: 1_000_000_000_000 - 1_260_000, hold: 'needed' });
    expect(figures.compaction).toMatchObject({ isRunning: false, batches: 96_212, chunks: 1_204 });
    expect(figures.tiers.map(({ tier, keepDays, isShortened }) => [tier, keepDays, isShortened])).toEqual([
      ['raw', 14, true],
      ['minute', 90, false],
      ['hour', 1_096, false],
    ]);
  });

  test('leaves out what is not as expected', () => {
    const figures = parseStorage({
      tiers: [{ tier: 'week' }, 7, { tier: 'raw', bytes: 'x' }],
      warnings: 'disk',
      retention: { hold: 'x' },
    });

    expect(figures.tiers).toEqual([
      { tier: 'raw', bytes: 0, samples: 0, oldestMs: null, keepDays: 0, isShortened: false },
    ]);
    expect(figures).toMatchObject({ warnings: [], storageBytesMax: null, retention: { lastMs: null, hold: null } });
  });
});

describe('readStorage()', () => {
  test('fails with the answer', async () => {
    expect(await apiAnswering(() => Response.json(fakeStorage(0, false))).readStorage()).toMatchObject({
      batchCount: 41_600,
    });
    expect(await apiAnswering(() => new Response('', { status: 503 })).readStorage()).toBe('failed');
  });
});

describe('readFleet()', () => {
  const latestPath = `/fetch/latest?${overviewKeys.map((key) => `series=${key}`).join('&')}`;
  const answers: Readonly<Record<string, unknown>> = {
    '/api/v1/hosts': { a: { status: 'up', last_seen: 2 } },
    [latestPath]: { a: { metrics: { x: 1 }, timestamp: 2 } },
    '/api/v1/alerts?state=open&limit=1000': { alerts: [] },
  };

  test('gives hosts, newest values, open alerts and the clock of the hub', async () => {
    const headers = { date: 'Mon, 09 Nov 2026 10:12:05 GMT' };
    const api = apiAnswering((path) => Response.json(answers[path], { headers }));
    expect(await api.readFleet()).toEqual({
      hosts: new Map([['a', { ...unknownHost, state: 'up', lastMs: 2_000 }]]),
      latest: new Map([['a', { timeMs: 2_000, values: new Map([['x', 1]]) }]]),
      alerts: [],
      hubMs: Date.UTC(2026, 10, 9, 10, 12, 5),
    });
  });

  test('does without alerts when only they cannot be told', async () => {
    const api = apiAnswering((path) =>
      path.startsWith('/api/v1/alerts') ? new Response('', { status: 503 }) : Response.json(answers[path]),
    );
    expect(await api.readFleet()).toMatchObject({ alerts: null });
  });

  test.each([
    ['no network', () => Promise.reject(new TypeError('fetch failed'))],
    ['no answer in time', () => Promise.reject(new DOMException('late', 'TimeoutError'))],
    ['an error of the hub', () => new Response('', { status: 503 })],
    ['something that is no JSON', () => new Response('<html>')],
  ])('says that %s has failed', async (_, answer) => {
    expect(await apiAnswering(answer).readFleet()).toBe('failed');
  });
});
