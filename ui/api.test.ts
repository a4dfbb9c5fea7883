import { describe, expect, test } from 'vitest';
import { createApi, parseHosts, parseLatest } from './api.ts';

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
