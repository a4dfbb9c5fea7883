import { describe, expect, test } from 'vitest';
import { createApi, parseHosts, parseLatest, parseStorage } from './api.ts';
import { fakeStorage } from './testing/fake-storage.ts';

function apiAnswering(answer: (path: string) => Response | Promise<Response>) {
  return createApi(async (input) => answer(String(input)));
}

describe('parseHosts()', () => {
  test('takes what is as expected and leaves out the rest', () => {
    const body = {
      a: { tags: { env: 'prod', odd: 1 }, status: 'stale', last_seen: 1.5 },
      b: { status: 'x', last_seen: null },
      c: 7,
    };
    expect([...parseHosts(body)]).toEqual([
      ['a', { state: 'stale', tags: { env: 'prod' }, lastMs: 1_500 }],
      ['b', { state: 'never', tags: {}, lastMs: 0 }],
      ['c', { state: 'never', tags: {}, lastMs: 0 }],
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
  test('gives both answers and the clock of the hub', async () => {
    const api = apiAnswering((path) =>
      Response.json(
        path === '/fetch/hosts' ? { a: { status: 'up', last_seen: 2 } } : { a: { metrics: { x: 1 }, timestamp: 2 } },
        {
          headers: { date: 'Mon, 09 Nov 2026 10:12:05 GMT' },
        },
      ),
    );
    expect(await api.readFleet()).toEqual({
      hosts: new Map([['a', { state: 'up', tags: {}, lastMs: 2_000 }]]),
      latest: new Map([['a', { timeMs: 2_000, values: new Map([['x', 1]]) }]]),
      hubMs: Date.UTC(2026, 10, 9, 10, 12, 5),
    });
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
