import { describe, expect, test } from 'vitest';
import { HubClient } from './client.ts';

function clientOf(answer: () => Response | Promise<Response>, seen: [string, RequestInit | undefined][] = []) {
  return new HubClient(async (path, init) => {
    seen.push([String(path), init]);
    return answer();
  });
}

describe('HubClient', () => {
  test('gives the body of an answer, and the clock in its head', async () => {
    const headers = { date: 'Wed, 18 Nov 2026 14:32:05 GMT' };
    const client = clientOf(() => new Response('{"a":1}', { headers }));
    expect(await client.getJson('/x')).toEqual({
      kind: 'ok',
      value: { body: { a: 1 }, hubMs: Date.UTC(2026, 10, 18, 14, 32, 5) },
    });
  });

  test('sends changes as JSON, which the hub asks for', async () => {
    const seen: [string, RequestInit | undefined][] = [];
    await clientOf(() => new Response(''), seen).sendJson('PATCH', '/x', { alias: 'y' });
    expect(seen[0]![1]).toMatchObject({
      method: 'PATCH',
      body: '{"alias":"y"}',
      headers: { 'content-type': 'application/json' },
    });
  });

  test('sends changes with what proves that they come from this page, and says when the hub answers 401', async () => {
    const seen: (HeadersInit | undefined)[] = [];
    let doubted = 0;
    const client = new HubClient(
      async (_, init) => {
        seen.push(init?.headers);
        return new Response('{"error":"unknown"}', { status: 401 });
      },
      {
        csrf: () => 'c5',
        unknown: () => {
          doubted += 1;
        },
      },
    );
    expect(await client.sendJson('POST', '/x', {})).toMatchObject({ status: 401 });
    expect(await client.postForBytes('/x', {})).toMatchObject({ status: 401 });
    expect(await client.getJson('/x')).toMatchObject({ status: 401 });
    await client.sendJson('POST', '/x', {}, { isRefusalOwn: true });
    expect(doubted).toBe(3);
    expect(seen.map((headers) => new Headers(headers).get('x-csrf-token'))).toEqual(['c5', 'c5', null, 'c5']);
  });

  test('takes an answer without content for null', async () => {
    const client = clientOf(() => new Response('', { status: 200 }));
    expect(await client.sendJson('DELETE', '/x', {})).toEqual({ kind: 'ok', value: { body: null, hubMs: null } });
  });

  test('gives bytes as they are', async () => {
    const client = clientOf(() => new Response(Uint8Array.of(1, 2, 255)));
    expect(await client.postForBytes('/x', {})).toEqual({ kind: 'ok', value: Uint8Array.of(1, 2, 255) });
  });

  test.each([
    [new Response('{"error":"Cannot find \\"x\\""}', { status: 404 }), 'Cannot find "x"', 404],
    [new Response('<html>bad gateway', { status: 502 }), 'The hub answered 502.', 502],
    [new Response('null', { status: 500 }), 'The hub answered 500.', 500],
    [new Response('oops'), 'The hub answered something that is no JSON.', null],
  ])('says why there is no value: %#', async (answer, why, status) => {
    expect(await clientOf(() => answer).getJson('/x')).toEqual({ kind: 'failed', why, status });
  });

  test.each([
    [new TypeError('fetch failed'), /cannot be reached/],
    [new DOMException('late', 'TimeoutError'), /did not answer within 10 s/],
    [new DOMException('gone', 'AbortError'), /cannot be reached/],
  ])('takes %s for weather', async (error, why) => {
    const client = clientOf(() => Promise.reject(error));
    expect(await client.getJson('/x')).toEqual({ kind: 'failed', why: expect.stringMatching(why), status: null });
  });

  test('promises to try again for what is read only: a change that did not get through is up to people', async () => {
    const client = clientOf(() => Promise.reject(new TypeError('fetch failed')));
    const changed = { kind: 'failed', why: 'The hub cannot be reached. Try again when it answers.', status: null };
    expect(await client.sendJson('POST', '/x', {})).toEqual(changed);
    expect(await client.getJson('/x')).toMatchObject({ why: expect.stringMatching(/It is tried again/) });
  });

  test('throws what is our own bug', async () => {
    await expect(clientOf(() => Promise.reject(new RangeError('bug'))).getJson('/x')).rejects.toThrow('bug');
  });
});
